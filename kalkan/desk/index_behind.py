"""What stands behind the numbers of the index that are no posts: items of the inbox, drafts, the ledger, clicks.

Promises the very rows that were counted (:mod:`kalkan.desk.indexing` chooses them) and none of what people wrote: the
words are asked for where a row leads. Never counts and never writes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

import numpy as np
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalkan.desk import access, drafts_ledger, drafts_telling, formats, inbox, index_showing, indexing
from kalkan.desk.heard import title_of
from kalkan.desk.models import Brand, Item, LeadEvent, LedgerEntry
from kalkan.index import DEFINITIONS, Period
from kalkan.reception import received
from kalkan.shield.hours import worked_minutes

MOST: Final = 500
CAMPAIGN: Final = "campaign"
"""Not a figure: all that came of one campaign."""
_KINDS: Final[dict[str, Any]] = {
    "question": gettext_lazy("question"), "ask": gettext_lazy("ask"), "complaint": gettext_lazy("complaint"),
    "criticism": gettext_lazy("criticism"), "praise": gettext_lazy("praise"),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One cell: words, perhaps a link; ``plain`` is what a CSV says where that is more exact."""

    words: str
    url: str = ""
    plain: Any = None
    right: bool = False


Rows = list[tuple[Cell, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Behind:
    """A table of what was counted. ``n``: how many there are; at most :data:`MOST` are shown."""

    head: tuple[str, ...]
    rows: Rows
    n: int


def behind(brand: Brand, period: Period, figure: str, of: str) -> Behind | None:
    """The rows behind ``figure``; None where its rows are posts, or it is none of ours."""
    section = DEFINITIONS[figure].section if figure in DEFINITIONS else figure
    find = {"service": _items, "community": _replies, "mix": _drafts, "learning": _learned, "leads": _leads}.get(
        section
    )
    if figure == CAMPAIGN:
        find = _campaign
    return find(brand, period, figure, of) if find else None


def _at(at: datetime | None) -> Cell:
    if at is None:
        return Cell(words="–", plain="")
    return Cell(words=f"{formats.day(at)} {formats.clock(at)}", plain=at.astimezone(UTC).isoformat())


def _n(value: int) -> Cell:
    return Cell(words=formats.number(value), plain=value, right=True)


def _kind(item: Item) -> Cell:
    return Cell(words=str(_KINDS.get(item.kind, item.kind)), url=reverse("item", args=(item.pk,)), plain=item.kind)


def _items(brand: Brand, period: Period, figure: str, of: str) -> Behind:
    found = indexing.needed(brand, period)
    if figure == "asks_answered":
        found = found.filter(kind__in=indexing.ASKS)
    if figure in ("first_reply", "first_reply_p90"):
        found = found.exclude(answered_at=None)
    items = list(found[:MOST])
    spent = _worked(brand, items)
    rows: Rows = []
    for item, minutes in zip(items, spent, strict=True):
        took = (
            Cell(words=formats.span(minutes * 60), plain=round(minutes, 1), right=True) if minutes is not None else None
        )
        rows.append(
            (_at(item.at), _kind(item), Cell(words=title_of(item.network), plain=item.network), _at(item.answered_at),
             took or Cell(words="", right=True), _at(item.done_at))
        )  # fmt: skip
    head = (_("Came"), _("What"), _("Network"), _("First reply"), _("Business time"), _("Solved"))
    return Behind(head=head, rows=rows, n=found.count())


def _worked(brand: Brand, items: list[Item]) -> list[float | None]:
    """Business minutes from each item to its reply."""

    def moments(of: Iterable[datetime | None]) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
        return np.array([at.astimezone(UTC).replace(tzinfo=None) if at else None for at in of], "datetime64[us]")

    hours = inbox.hours_of(access.inbox_rules(brand))
    found = worked_minutes(moments(one.at for one in items), moments(one.answered_at for one in items), hours=hours)
    return [None if np.isnan(one) else float(one) for one in found]


def _replies(brand: Brand, period: Period, figure: str, of: str) -> Behind:
    found = indexing.replied(brand, period)
    items = list(found[:MOST])
    if figure == "conversations":
        items = list({item.root: item for item in reversed(items)}.values())[::-1]
    n = found.order_by().values("root").distinct().count() if figure == "conversations" else found.count()
    rows: Rows = [
        (_at(item.answered_at), _kind(item), Cell(words=title_of(item.network), plain=item.network), _at(item.at))
        for item in items
    ]
    return Behind(head=(_("Replied"), _("What"), _("Network"), _("Came")), rows=rows, n=n)


def _drafts(brand: Brand, period: Period, figure: str, of: str) -> Behind:
    looks = indexing.sent(brand, period)
    drafts = [row for row in indexing.out(brand, period) if not of or (row.pillar or "other") == of]
    rows: Rows = []
    for row in drafts[:MOST]:
        one = looks[row.pk]
        rest = max(0, one.authors - one.good - one.against)
        verdict = received({"praise": one.good, "call_out": one.against, "none": rest}).verdict
        word, _tone = index_showing.VERDICTS[verdict]
        rows.append(
            (_at(row.sent_at), Cell(words=row.title, url=reverse("draft", args=(row.pk,))),
             Cell(words=str(index_showing.PILLARS[row.pillar or "other"]), plain=row.pillar),
             _n(one.good), _n(one.against), _n(one.authors), Cell(words=str(word), plain=verdict))
        )  # fmt: skip
    head = (_("Out"), _("Draft"), _("Kind"), _("Praise"), _("Against"), _("Answered it"), _("Reception"))
    return Behind(head=head, rows=rows, n=len(drafts))


def _learned(brand: Brand, period: Period, figure: str, of: str) -> Behind:
    by: dict[str, list[LedgerEntry]] = {}
    for row in indexing.settled(brand, period):
        by.setdefault(row.about, []).append(row)
    rows: Rows = []
    for entries in by.values():
        tally = _tally(entries, figure, period)
        if tally is None:
            continue
        draft = next((row.draft for row in entries if row.draft is not None), None)
        verdict = next((str(row.body.get("verdict", "")) for row in reversed(entries) if row.kind == "advice"), "")
        taken = next((str(row.body.get("reception", "")) for row in reversed(entries) if row.kind == "outcome"), "")
        rows.append(
            (Cell(words=draft.title if draft else entries[0].about,
                  url=f"{reverse('ledger')}?{urlencode({'draft': draft.pk})}" if draft else ""),
             Cell(words=drafts_telling.verdict_word(verdict) if verdict else "–", plain=verdict),
             Cell(words=str(drafts_ledger.RECEPTIONS.get(taken, taken)) or "–", plain=taken),
             Cell(words=_("yes") if tally else _("no"), plain=int(tally)))
        )  # fmt: skip
    head = (_("Draft"), _("Room check"), _("How it was received"), _("Counts for it"))
    return Behind(head=head, rows=rows[:MOST], n=len(rows))


def _tally(entries: list[LedgerEntry], figure: str, period: Period) -> bool | None:
    """Whether this draft counts for the figure, and to which side; None: it is not counted at all."""
    if figure == "hindsight":
        since, until = indexing.edges(period)
        said = [
            row.body.get("right") for row in entries
            if row.kind == "hindsight" and since <= datetime.fromisoformat(row.at) < until
        ]  # fmt: skip
        return said[-1] == "yes" if said else None
    found = drafts_ledger.score(entries)
    one = {"upheld": found.upheld, "overruled_well": found.overruled_well, "go_well": found.go_well}[figure]
    return bool(one.count) if one.n else None


def _leads(brand: Brand, period: Period, figure: str, of: str) -> Behind:
    if figure == "opens":
        days = indexing.opened(brand, period).select_related("link")
        rows: Rows = [
            (Cell(words=formats.number(one.day.day) + " " + _month(one.day.month), plain=one.day.isoformat()),
             Cell(words=one.link.campaign, url=_to_campaign(period, one.link.campaign)),
             Cell(words=f"/go/{one.link.code}", url=f"{reverse('leads')}#link-{one.link.pk}"),
             _n(one.opens), _n(one.machines))
            for one in days[:MOST]
        ]  # fmt: skip
        head = (_("Day"), _("Campaign"), _("Link"), _("Opens"), _("By machines, not counted"))
        return Behind(head=head, rows=rows, n=days.count())
    found = indexing.events(brand, period).select_related("file", "hook").order_by("-at", "-id")
    if figure in ("visits", "conversions"):
        found = found.filter(kind="click" if figure == "visits" else "conversion")
    elif figure == "value":
        found = found.filter(kind="conversion", currency=of).exclude(value=None)
    return Behind(head=_event_head(), rows=[_event(one, period) for one in found[:MOST]], n=found.count())


def _event_head() -> tuple[str, ...]:
    return (_("When"), _("Campaign"), _("Source"), _("Medium"), _("What"), _("How many"), _("Value"), _("Came in by"))


def _event(one: LeadEvent, period: Period) -> tuple[Cell, ...]:
    origin = one.file.name if one.file else one.hook.name if one.hook else _("the demo, made up") if one.demo else "–"
    worth = index_showing.money(one.value, one.currency) if one.value is not None else ""
    return (
        _at(one.at), Cell(words=one.campaign, url=_to_campaign(period, one.campaign)), Cell(words=one.source),
        Cell(words=one.medium), Cell(words=_("visit") if one.kind == "click" else _("conversion"), plain=one.kind),
        _n(one.n), Cell(words=worth, plain=str(one.value or ""), right=True), Cell(words=origin),
    )  # fmt: skip


def _campaign(brand: Brand, period: Period, figure: str, of: str) -> Behind:
    days = indexing.opened(brand, period).filter(link__campaign=of).select_related("link")
    rows: Rows = [
        (Cell(words=formats.number(one.day.day) + " " + _month(one.day.month), plain=one.day.isoformat()),
         Cell(words=of), Cell(words=one.link.source), Cell(words=one.link.medium), Cell(words=_("opens of our link")),
         _n(one.opens), Cell(words="", right=True), Cell(words=f"/go/{one.link.code}"))
        for one in days[:MOST]
    ]  # fmt: skip
    found = indexing.events(brand, period).filter(campaign=of).select_related("file", "hook").order_by("-at", "-id")
    rows += [_event(one, period) for one in found[: MOST - len(rows)]]
    return Behind(head=_event_head(), rows=rows, n=days.count() + found.count())


def _to_campaign(period: Period, name: str) -> str:
    return f"{reverse('index_behind', args=(period.name, CAMPAIGN))}?{urlencode({'of': name})}"


def _month(month: int) -> str:
    return formats.MONTHS[formats.language()].split()[month - 1]
