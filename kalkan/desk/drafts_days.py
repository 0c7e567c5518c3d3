"""The calendar: days with what is planned, what is kept in the brand's markets, and pauses.

Promises that an observance only ever warns: nothing here suggests to post on a day. Never writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from kalkan import room
from kalkan.desk import drafts_telling, formats
from kalkan.desk.models import Brand, Draft, Mourning, Pause

_SHOWN: Final = ("draft", "submitted", "changes", "approved", "scheduled", "sending", "sent", "held", "failed")
_LONG: Final = timedelta(days=8)
_HOURS: Final = timedelta(hours=6)
_DAYS: Final = {
    "en": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    "tr": ["Pzt", "Sal", "Çar", "Per", "Cum", "Cmt", "Paz"],
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """An observance on a day. ``quiet``: nothing that a post would offend against."""

    name: str
    where: str
    quiet: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """A draft on its day, or the time that the room check proposes for one."""

    pk: int
    title: str
    hour: str
    verdict: str = ""
    verdict_word: str = ""
    state_word: str = ""
    done: bool = False
    proposed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Day:
    """One day of the calendar."""

    date: date
    name: str
    weekend: bool
    today: bool
    outside: bool = False
    marks: tuple[Mark, ...] = ()
    plans: tuple[Plan, ...] = ()
    pauses: tuple[str, ...] = field(default=())


def start_of(day: date) -> datetime:
    """The first moment of ``day`` on the reader's clock."""
    return datetime.combine(day, time(0), tzinfo=timezone.get_current_timezone())


def week_of(at: datetime) -> list[date]:
    """The seven days, Monday first, that ``at`` falls into."""
    here = formats.local(at).date()
    first = here - timedelta(days=here.weekday())
    return [first + timedelta(days=n) for n in range(7)]


def month_of(year: int, month: int) -> list[date]:
    """Whole weeks that hold the month."""
    first = date(year, month, 1)
    after = date(year + month // 12, month % 12 + 1, 1)
    begin = first - timedelta(days=first.weekday())
    count = -(-(after - begin).days // 7) * 7
    return [begin + timedelta(days=n) for n in range(count)]


def days(
    brand: Brand,
    dates: Sequence[date],
    drafts: Iterable[Draft],
    *,
    now: datetime,
    month: int = 0,
    proposed: tuple[int, datetime] | None = None,
) -> tuple[Day, ...]:
    """The calendar of ``brand`` for ``dates``; ``proposed`` is a draft and the time that is proposed for it."""
    begins, until = start_of(dates[0]), start_of(dates[-1] + timedelta(days=1))
    kept = observed(brand, begins, until)
    pauses = list(Pause.objects.filter(brand=brand, began_at__lt=until).exclude(ended_at__lt=begins))
    plans: dict[date, list[tuple[datetime, Plan]]] = {}
    for row in drafts:
        if row.planned_at is not None and row.state in _SHOWN:
            here = formats.local(row.planned_at)
            plans.setdefault(here.date(), []).append((here, _plan(row)))
    if proposed is not None:
        here = formats.local(proposed[1])
        mark = Plan(pk=0, title="", hour=formats.clock(proposed[1]), proposed=True)
        plans.setdefault(here.date(), []).append((here, mark))
    return tuple(
        _day(
            day,
            kept,
            sorted(plans.get(day, []), key=lambda pair: pair[0]),
            pauses,
            now=now,
            month=month,
            first=day == dates[0],
        )
        for day in dates
    )


def _day(
    day: date,
    kept: Sequence[room.Observance],
    plans: Sequence[tuple[datetime, Plan]],
    pauses: Sequence[Pause],
    *,
    now: datetime,
    month: int,
    first: bool,
) -> Day:
    begin, end = start_of(day), start_of(day + timedelta(days=1))
    short = f"{_DAYS[formats.language()][day.weekday()]} {day.day}"
    return Day(
        date=day,
        name=short,
        weekend=day.weekday() > 4,
        today=day == formats.local(now).date(),
        outside=bool(month) and day.month != month,
        marks=tuple(_mark(each) for each in kept if _falls_on(each, begin, end, first=first)),
        plans=tuple(plan for _at, plan in plans),
        pauses=tuple(
            _pause(row) for row in pauses if row.began_at < end and (row.ended_at or max(row.until, now)) > begin
        ),
    )


def _falls_on(each: room.Observance, begin: datetime, end: datetime, *, first: bool) -> bool:
    """Whether a day is one that ``each`` is kept on: not by the few hours that another zone's day reaches into it.

    What is kept for weeks is named on its first day, or on the first day of the page.
    """
    overlap = min(each.until, end) - max(each.begins, begin)
    if overlap <= timedelta(0):
        return False
    whole = each.until - each.begins
    if whole > _LONG:
        return first or begin <= each.begins < end
    return overlap >= min(_HOURS, whole / 2)


def _plan(row: Draft) -> Plan:
    assert row.planned_at is not None
    done = row.state in ("sent", "held", "failed")
    return Plan(
        pk=row.pk, title=row.title, hour=formats.clock(row.planned_at), verdict="" if done else row.verdict,
        verdict_word=drafts_telling.verdict_word(row.verdict), done=done,
        state_word=drafts_telling.state_word(row.state) if row.state != "draft" else "",
    )  # fmt: skip


def _pause(row: Pause) -> str:
    return _("paused: %(market)s") % {"market": row.market} if row.market else _("paused")


def _mark(each: room.Observance) -> Mark:
    name = each.name_tr if formats.language() == "tr" and each.name_tr else each.name
    return Mark(
        name=name + (f", {', '.join(each.markets)}" if each.markets else ""),
        where=", ".join(each.markets),
        quiet=each.kind not in ("remembrance", "mourning"),
    )


def observed(brand: Brand, begins: datetime, until: datetime) -> tuple[room.Observance, ...]:
    """What is kept in the markets of ``brand`` between two moments: the calendar's days and declared mourning."""
    told = tuple(
        room.declared(
            row.name, begins=row.begins, until=row.until, markets=(row.market,) if row.market else (), name_tr=row.name
        )
        for row in Mourning.objects.filter(brand=brand, begins__lt=until, until__gt=begins)
    )
    found: Any = room.observances(begins, until, markets=tuple(brand.markets))
    return (*told, *found)
