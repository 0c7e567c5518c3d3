"""The demo's clicks and conversions: made up like the town, and marked so wherever they are shown.

Promises that nothing is made twice, that no real row is ever touched or mixed up with these, and never touches an
install that is no demo.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from django.db import transaction

from kalkan import index
from kalkan.desk.jobs import Work
from kalkan.desk.models import Brand, Draft, LeadDay, LeadEvent, LeadLink

_DAYS: Final = 56
# campaign, the demo's draft it belongs to, where it leads, opens a day, of them in a visit, in a conversion
_TOLD: Final = (
    ("orchard", "Where our hazelnuts come from", "https://findik.example/bahce", 46, 0.82, 0.011),
    ("breakfast", "Sunday breakfast", "https://findik.example/kahvalti", 21, 0.78, 0.018),
    ("black-friday", "Efsane Cuma opens early", "https://findik.example/efsane", 64, 0.88, 0.043),
)
_WORTH: Final = Decimal("189.90")


def seed(work: Work) -> None:
    """The worker's job in a demo: make the numbers once."""
    if not work.config.demo:
        return
    brand = Brand.objects.filter(slug="findik").first()
    drafts = {row.title: row for row in Draft.objects.filter(brand=brand)} if brand else {}
    if brand is None or not drafts or LeadLink.objects.filter(brand=brand, demo=True).exists():
        return
    with transaction.atomic():
        for told in _TOLD:
            _campaign(brand, drafts.get(told[1]), told, now=work.now())


def _campaign(
    brand: Brand, draft: Draft | None, told: tuple[str, str, str, int, float, float], *, now: datetime
) -> None:
    name, _title, url, usual, visiting, buying = told
    tags = {"campaign": name, "source": "bluesky", "medium": "social"}
    row = LeadLink.objects.create(
        brand=brand, code=index.code(_chooser(name)), target=index.target(url, tags=tags), draft=draft, made_at=now,
        demo=True, **tags,
    )  # fmt: skip
    days, events = [], []
    for back in range(_DAYS):
        day = (now - timedelta(days=back)).date()
        opens = round(usual * (0.6 + 0.8 * _chance(name, day.isoformat())) * (1.6 if day.weekday() >= 5 else 1.0))
        days.append(LeadDay(link=row, day=day, opens=opens, machines=opens // 7))
        at = datetime.combine(day, time(12), UTC)
        visits, bought = round(opens * visiting), round(opens * buying * (0.5 + _chance(name, f"b{day}")))
        for kind, n in (("click", visits), ("conversion", bought)):
            events.append(
                LeadEvent(
                    brand=brand, key=f"demo:{name}:{kind}:{day}", kind=kind, at=min(at, now), n=n, demo=True,
                    value=_WORTH * n if kind == "conversion" else None, currency="TRY" if kind == "conversion" else "",
                    **tags,
                )
            )  # fmt: skip
    LeadDay.objects.bulk_create(days)
    LeadEvent.objects.bulk_create(events, ignore_conflicts=True)


def _chance(*parts: str) -> float:
    """A number from 0 to 1 that is always the same for the same words."""
    return int.from_bytes(hashlib.sha256(" ".join(parts).encode()).digest()[:4], "big") / 2**32


def _chooser(name: str) -> index.links.Chooser:
    """Signs that look random and are the same each time: the demo's pictures stay as they are."""
    place = [0]

    def choose(signs: str) -> str:
        place[0] += 1
        return signs[int(_chance(name, str(place[0])) * len(signs))]

    return choose
