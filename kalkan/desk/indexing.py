"""The index of a brand for a month or year, gathered from the archive, the inbox, drafts, the ledger and the leads.

Owns which rows of the desk count for which figure, and the rows that stand behind each. Promises that what is behind a
number is exactly what it was counted from. Never reckons: that is :mod:`kalkan.index`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings
from django.db.models import Count, Q, QuerySet, Sum

from kalkan import figures, index
from kalkan.desk import access, drafts_ledger, drafts_outcomes, inbox, labelling, receptions, rereading
from kalkan.desk.models import Act, Brand, Draft, Item, LeadDay, LeadEvent, LedgerEntry, Outcome, Version
from kalkan.figures import Ask, Where
from kalkan.index import Campaign, Heard, Line, Period, Sent, Talked, Waited
from kalkan.index import periods as spans
from kalkan.index.lines import part
from kalkan.posts import ABOUT

ASKS: Final = ("question", "ask")
_MOST: Final = 200_000
_ACTS: Final = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """One month of the charts; None where nothing was heard."""

    period: Period
    voice: Line | None
    negative: Line | None
    opens: int
    conversions: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """An index: its lines in order, campaigns, months, and what it speaks for."""

    brand: Brand
    period: Period
    lines: tuple[Line, ...]
    campaigns: tuple[Campaign, ...]
    points: tuple[Point, ...]
    heard: Heard
    listened: bool  # through the period before
    demo: bool  # some of the leads are made up
    made_at: datetime
    peers: tuple[str, ...]
    goal: timedelta
    zone: str

    def of(self, figure: str) -> tuple[Line, ...]:
        """The lines of one figure."""
        return tuple(line for line in self.lines if line.figure == figure)

    def one(self, figure: str, of: str = "") -> Line | None:
        """One line; None where it was not counted."""
        return next((line for line in self.lines if line.figure == figure and line.of == of), None)


def compose(brand: Brand, archive: figures.Archive, period: Period, *, now: datetime, months: bool = True) -> Made:
    """The index of ``brand`` for ``period`` as of ``now``; ``months`` with the months around it."""
    core, zone = brand.as_brand(), period.zone
    reading = rereading.preferred(settings.CONFIG, brand.slug)
    ask = Ask(
        since=period.since, until=period.until, measures=("negative", "positive"),
        where=Where(brand=brand.slug, kinds=ABOUT), zone=zone, reading=reading,
    )  # fmt: skip
    honest = labelling.fitting(brand, ask, archive, now=now)
    voice, heard = index.voice(core, archive, period, zone=zone, reading=reading, honest=honest)
    rules = access.inbox_rules(brand)
    goal = timedelta(minutes=rules.goal_minutes)
    reach = _reach(brand, period)
    ours = campaigns(brand, period)
    theirs = campaigns(brand, period, before=True) if reach["leads"] else None
    then = waited(brand, period, before=True) if reach["inbox"] else None
    talk = talked(brand, period, before=True) if reach["inbox"] else None
    told = tuple(sent(brand, period, before=True).values()) if reach["drafts"] else None
    lines = (
        *voice,
        *index.acts(acts(brand, archive, period, now=now)),
        *index.leads(ours, theirs, period),
        *index.service(waited(brand, period), then, period, at=now, hours=inbox.hours_of(rules), goal=goal),
        *index.community(talked(brand, period), talk, period),
        *index.mix(tuple(sent(brand, period).values()), told),
        *index.learning(learned(brand, period), learned(brand, period, before=True) if reach["drafts"] else None),
    )
    peers = index.peers_of(core)
    return Made(
        brand=brand, period=period, lines=_ordered(lines), campaigns=tuple(ours),
        points=_points(brand, archive, period, heard, now=now, reading=reading) if months else (), heard=heard,
        listened=any(line.was is not None for line in voice),
        demo=demo(brand, period), made_at=now, peers=peers, goal=goal, zone=zone,
    )  # fmt: skip


def _reach(brand: Brand, period: Period) -> dict[str, bool]:
    """Whether the desk's own records reach back over the period before: some stand in its first fourteenth or earlier.

    Without them a nought would not say that nothing was, but that nobody wrote it down.
    """
    limit = period.was_since + (period.was_until - period.was_since) / 14
    return {
        "inbox": Item.objects.filter(brand=brand, at__lt=limit).exists(),
        "drafts": Draft.objects.filter(brand=brand, made_at__lt=limit).exists(),
        "leads": LeadEvent.objects.filter(brand=brand, at__lt=limit).exists()
        or LeadDay.objects.filter(link__brand=brand, day__lt=limit.date() + timedelta(days=1)).exists(),
    }


def _ordered(lines: Iterable[Line]) -> tuple[Line, ...]:
    place = {name: at for at, name in enumerate(index.DEFINITIONS)}
    sections = {name: at for at, name in enumerate(index.SECTIONS)}
    return tuple(sorted(lines, key=lambda line: (sections[line.definition.section], place[line.figure])))


def both_ask(brand: Brand, period: Period, peer: str) -> Ask:
    """Posts that are ours and name ``peer`` too."""
    return Ask(
        since=period.since, until=period.until, measures=("authors",), zone=period.zone,
        where=Where(brand=brand.slug, kinds=ABOUT, says=peer),
    )  # fmt: skip


def _points(
    brand: Brand, archive: figures.Archive, period: Period, heard: Heard, *, now: datetime, reading: tuple[str, ...]
) -> tuple[Point, ...]:
    """The months of the charts, from the first in which anything was heard."""
    core, points = brand.as_brand(), []
    peers = index.peers_of(core)
    months = spans.months(period, now=now)
    told_in = _told_in(brand, archive, months)
    for month in months:
        if (month.since, month.until) == (period.since, period.until):
            found = heard
        elif month.name in told_in:
            found = index.heard(core, archive, month.since, month.until, zone=month.zone, reading=reading)
        else:
            found = None
        rows = campaigns(brand, month)
        points.append(_point(month, found, peers, rows))
    first = next((at for at, one in enumerate(points) if one.negative or one.opens or one.conversions), len(points))
    return tuple(points[first:])


def _told_in(brand: Brand, archive: figures.Archive, months: Sequence[Period]) -> set[str]:
    """The months in which anything was heard of the brand and its peers, from one question."""
    ask = Ask(
        since=months[0].since, until=months[-1].until, measures=("authors",), by="day", zone=months[0].zone,
        where=Where(brand=brand.slug),
    )  # fmt: skip
    place = ZoneInfo(months[0].zone)
    days = (figures.moment(row.key).astimezone(place) for row in figures.answer(ask, archive).rows if row.count)
    return {f"{day:%Y-%m}" for day in days}


def _point(month: Period, found: Heard | None, peers: Sequence[str], rows: Sequence[Campaign]) -> Point:
    told = found is not None and found.authors() > 0
    whole = found.authors() + sum(found.authors(peer) for peer in peers) if found is not None else 0
    return Point(
        period=month,
        voice=part("voice_share", found.authors(), whole) if found is not None and told and peers else None,
        negative=part("negative", *found.count("negative")) if found is not None and told else None,
        opens=sum(row.opens for row in rows), conversions=sum(row.conversions or 0 for row in rows),
    )  # fmt: skip


# — which rows —


def edges(period: Period, *, before: bool = False) -> tuple[datetime, datetime]:
    """The moments of the period, or of what it is set beside."""
    return (period.was_since, period.was_until) if before else (period.since, period.until)


def days(period: Period, *, before: bool = False) -> tuple[date, date]:
    """Its days on its own clock: the first, and the first after it."""
    since, until = edges(period, before=before)
    place = ZoneInfo(period.zone)
    last = (until - timedelta(microseconds=1)).astimezone(place).date()
    return since.astimezone(place).date(), last + timedelta(days=1)


def needed(brand: Brand, period: Period, *, before: bool = False) -> QuerySet[Item]:
    """Posts of the period that needed a person, oldest first."""
    since, until = edges(period, before=before)
    return Item.objects.filter(brand=brand, needs=True, at__gte=since, at__lt=until).order_by("at", "id")


def waited(brand: Brand, period: Period, *, before: bool = False) -> Waited:
    """The same as arrays."""
    rows = list(needed(brand, period, before=before).values_list("at", "answered_at", "done_at", "kind")[:_MOST])

    def moments(of: Iterable[datetime | None]) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
        return np.array([at.astimezone(UTC).replace(tzinfo=None) if at else None for at in of], "datetime64[us]")

    return Waited(
        heard=moments(row[0] for row in rows),
        answered=moments(row[1] for row in rows),
        resolved=moments(row[2] for row in rows),
        asks=np.array([row[3] in ASKS for row in rows], bool),
    )


def replied(brand: Brand, period: Period, *, before: bool = False) -> QuerySet[Item]:
    """Posts that got their first reply in the period."""
    since, until = edges(period, before=before)
    return Item.objects.filter(brand=brand, answered_at__gte=since, answered_at__lt=until).order_by("answered_at", "id")


def talked(brand: Brand, period: Period, *, before: bool = False) -> Talked:
    """How many they are, and in how many threads."""
    found = (
        replied(brand, period, before=before).order_by().aggregate(n=Count("id"), threads=Count("root", distinct=True))
    )
    return Talked(replies=found["n"], threads=found["threads"])


def out(brand: Brand, period: Period, *, before: bool = False) -> list[Draft]:
    """Drafts that went out in the period and are no replies, oldest first."""
    since, until = edges(period, before=before)
    rows = list(Draft.objects.filter(brand=brand, sent_at__gte=since, sent_at__lt=until).order_by("sent_at", "id"))
    kept = Version.objects.filter(draft__in=rows).order_by("n").values_list("draft_id", "content")
    answers = {pk for pk, content in dict(kept).items() if (content.get("typed") or {}).get("reply_to")}
    answers |= set(Item.objects.filter(draft__in=rows).values_list("draft_id", flat=True))
    return [row for row in rows if row.pk not in answers]


def sent(brand: Brand, period: Period, *, before: bool = False) -> dict[int, Sent]:
    """Draft → its kind and the last look at how it was received."""
    rows = out(brand, period, before=before)
    looks: dict[int, Mapping[str, Any]] = {}
    for look in Outcome.objects.filter(draft__in=rows).exclude(done_at=None).order_by("due_at"):
        if look.found:
            looks[look.draft_id] = look.found
    made = {}
    for row in rows:
        body = looks.get(row.pk)
        good, against, rest = drafts_outcomes.sides(body) if body else (0, 0, 0)
        made[row.pk] = Sent(pillar=row.pillar, good=good, against=against, authors=good + against + rest)
    return made


def acts(brand: Brand, archive: figures.Archive, period: Period, *, now: datetime) -> dict[str, int]:
    """Verdict → how many of our own acts of the period got it."""
    since, until = edges(period)
    found: dict[str, int] = {}
    for row in Act.objects.filter(brand=brand, who="", at__gte=since, at__lt=until)[:_ACTS]:
        verdict = receptions.received_by(row, archive, now=now).reception.verdict
        found[verdict] = found.get(verdict, 0) + 1
    return found


def settled(brand: Brand, period: Period, *, before: bool = False) -> list[LedgerEntry]:
    """All entries about drafts that were sent or decided on in the period, oldest first."""
    since, until = (one.astimezone(UTC).isoformat(timespec="microseconds") for one in edges(period, before=before))
    turned = Q(kind="sent") | Q(kind="decision") | Q(kind="hindsight")
    near = LedgerEntry.objects.filter(turned, brand=brand, at__gte=since[:19], at__lt=until[:19])
    names = set(near.values_list("about", flat=True))
    if not names:
        return []
    return list(LedgerEntry.objects.filter(brand=brand, about__in=names).select_related("draft").order_by("seq"))


def learned(brand: Brand, period: Period, *, before: bool = False) -> dict[str, tuple[int, int]]:
    """The room check's record over those drafts, and what people thought of the decision afterwards."""
    rows = settled(brand, period, before=before)
    found = drafts_ledger.score(rows)
    since, until = edges(period, before=before)
    back = [
        row.body.get("right") for row in rows
        if row.kind == "hindsight" and since <= datetime.fromisoformat(row.at) < until
    ]  # fmt: skip
    return {
        "upheld": (found.upheld.count, found.upheld.n),
        "overruled_well": (found.overruled_well.count, found.overruled_well.n),
        "go_well": (found.go_well.count, found.go_well.n),
        "hindsight": (sum(one == "yes" for one in back), len(back)),
    }


def opened(brand: Brand, period: Period, *, before: bool = False) -> QuerySet[LeadDay]:
    """Opens of our links by link and day."""
    first, end = days(period, before=before)
    return LeadDay.objects.filter(link__brand=brand, day__gte=first, day__lt=end).order_by("day", "link_id")


def events(brand: Brand, period: Period, *, before: bool = False) -> QuerySet[LeadEvent]:
    """Clicks and conversions that were brought in."""
    since, until = edges(period, before=before)
    return LeadEvent.objects.filter(brand=brand, at__gte=since, at__lt=until)


def campaigns(brand: Brand, period: Period, *, before: bool = False) -> list[Campaign]:
    """What came of each campaign, those with most first."""
    opens = {
        row["link__campaign"]: row
        for row in opened(brand, period, before=before).order_by().values("link__campaign").annotate(
            n=Sum("opens"), links=Count("link", distinct=True)
        )
    }  # fmt: skip
    rows = events(brand, period, before=before).order_by()
    counted: dict[tuple[str, str], int] = {}
    for row in rows.values("campaign", "kind").annotate(total=Sum("n")):
        counted[row["campaign"], row["kind"]] = row["total"]
    money: dict[str, dict[str, Decimal]] = {}
    valued = rows.filter(kind="conversion").exclude(value=None)
    for one in valued.values("campaign", "currency").annotate(total=Sum("value")):
        money.setdefault(one["campaign"], {})[one["currency"]] = one["total"]
    names = {*opens, *(name for name, _kind in counted)}
    made = [
        Campaign(
            name=name, opens=opens[name]["n"] if name in opens else 0, visits=counted.get((name, "click")),
            conversions=counted.get((name, "conversion")), value=money.get(name, {}),
            links=opens[name]["links"] if name in opens else 0,
        )
        for name in names
    ]  # fmt: skip
    return sorted(made, key=lambda one: (-(one.conversions or 0), -(one.visits or 0), -one.opens, one.name))


def demo(brand: Brand, period: Period) -> bool:
    """Whether some of its leads are made up, in a demo."""
    return opened(brand, period).filter(link__demo=True).exists() or events(brand, period).filter(demo=True).exists()
