"""The shield's audit at the desk: a blind sample of what it folded and of what it left, and what people said of it.

Promises that whoever marks sees neither what the shield did nor whose post it is, that the draw depends on the seed
alone, and that every figure carries its counts and its interval.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Final

import pyarrow as pa

from kalkan import figures
from kalkan.desk import inbox
from kalkan.desk.models import Brand, Item, Person, ShieldAudit
from kalkan.figures import intervals
from kalkan.shield import audit

SPAN: Final = timedelta(days=28)
EACH: Final = 60  # folded ones, and as many untouched ones
_MOST: Final = 50_000


def draw(brand: Brand, *, seed: int, now: datetime) -> tuple[list[list[int | bool]], int, int]:
    """A sample of the last four weeks: units [item, folded, whole] in mixed order, and of how many of each kind.

    Items stand for themselves by their numbers; held ones are left out: nobody is made to read a threat.
    """
    rows = Item.objects.filter(brand=brand, at__gte=now - SPAN).exclude(place="hold").order_by("-at", "id")
    found = list(rows.values_list("pk", "place", "whole")[:_MOST])
    table = pa.table({"id": [str(pk) for pk, _, _ in found], "place": [place for _, place, _ in found]})
    drawn = audit.sample(table, n=EACH, seed=seed)
    whole = {str(pk): bool(each) for pk, _, each in found}
    units: list[list[int | bool]] = [[int(one), one in drawn.folded, whole[one]] for one in drawn.ids]
    return units, drawn.folded_of, drawn.untouched_of


def next_unit(row: ShieldAudit, person: Person, archive: figures.Archive) -> tuple[Item, str] | None:
    """The next item that ``person`` has not marked, with its whole text; what is gone is passed over."""
    done = set(row.marks.filter(person=person).values_list("unit", flat=True))
    left = [int(unit[0]) for unit in row.units if int(unit[0]) not in done]
    for begin in range(0, len(left), 20):
        some = left[begin : begin + 20]
        items = {item.pk: item for item in Item.objects.filter(pk__in=some, brand=row.brand).select_related("brand")}
        words = inbox.words_of(list(items.values()), archive)
        for pk in some:
            item = items.get(pk)
            if item is not None and item.post in words:
                return item, str(words[item.post]["text"])
    return None


def measured(rows: list[ShieldAudit]) -> audit.Measured:
    """The figures of ``rows`` together: each unit once, as the first who could say said it."""
    marks = []
    for row in rows:
        told = {int(unit[0]): (bool(unit[1]), bool(unit[2])) for unit in row.units}
        seen: set[int] = set()
        for one in row.marks.exclude(abuse=None):
            if one.unit in seen or one.unit not in told:
                continue
            seen.add(one.unit)
            folded, whole = told[one.unit]
            marks.append(audit.Mark(folded=folded, whole=whole, abuse=bool(one.abuse), criticism=bool(one.criticism)))
    return audit.measure(marks, interval=intervals.share)


def seed() -> int:
    """A seed for a draw, kept with it."""
    return random.SystemRandom().getrandbits(62)
