"""The brand's part: how much of the talk is about us, how people speak of us and our peers, and how our acts fared.

Asks :mod:`kalkan.figures`, which is the only place that counts posts. Promises that ours and each peer's are counted
from the same posts with the same question, and that nothing is compared with a time in which nobody listened, or which
another reader read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from kalkan import figures
from kalkan.brands import Brand
from kalkan.figures import Ask, Figures, Where
from kalkan.figures.estimate import Estimate
from kalkan.index.lines import Line, number, part
from kalkan.index.periods import Period
from kalkan.posts import ABOUT

MOOD: Final = ("negative", "positive", "praise")
_MEASURES: Final = ("authors", *MOOD)


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """Counts of one period: of us, and of each peer by its watch; and whether it can be set beside another."""

    own: Figures
    peers: Figures | None

    def authors(self, peer: str = "") -> int:
        """How many authors speak of us, or of ``peer``."""
        return self.count("authors", peer)[0]

    def count(self, measure: str, peer: str = "") -> tuple[int, int]:
        """Authors of that measure, and of how many."""
        found = self.own if not peer else self.peers
        for row in found.rows if found else ():
            if row.measure == measure and row.key == (peer or None):
                return row.count, row.n
        return 0, 0


def heard(brand: Brand, archive: figures.Archive, since: datetime, until: datetime, **given: object) -> Heard:
    """What was said of us and our peers from ``since`` until ``until``; ``given``: zone and reading of the question."""
    ask = Ask(
        since=since, until=until, measures=_MEASURES, where=Where(brand=brand.slug, kinds=ABOUT), **given  # type: ignore[arg-type]
    )  # fmt: skip
    peers = peers_of(brand)
    return Heard(
        own=figures.answer(ask, archive),
        peers=figures.answer(replace(ask, by="watch", where=Where(brand=brand.slug, kinds=("peer",), watches=peers)),
                             archive) if peers else None,
    )  # fmt: skip


def peers_of(brand: Brand) -> tuple[str, ...]:
    """The peers of a brand, as they are watched."""
    return tuple(dict.fromkeys(watch.text for watch in brand.watches if watch.kind == "peer"))


def voice(
    brand: Brand,
    archive: figures.Archive,
    period: Period,
    *,
    zone: str,
    reading: tuple[str, ...] = (),
    honest: Mapping[str, Estimate] | None = None,
) -> tuple[tuple[Line, ...], Heard]:
    """Lines of share of voice, mood and thanks, and what they were counted from."""
    now = heard(brand, archive, period.since, period.until, zone=zone, reading=reading)
    before = None
    if listened(brand, archive, period, zone=zone):
        before = heard(brand, archive, period.was_since, period.was_until, zone=zone, reading=reading)
    alike = before if before is not None and now.own.recipes == before.own.recipes else None
    peers = peers_of(brand)
    lines = [_mentioners(now, before, period)]
    if peers:
        lines += [_voice(name, peers, now, before) for name in ("", *peers)]
    for measure in ("negative", "positive"):
        lines += [_mood(measure, name, now, alike, honest or {}) for name in ("", *peers)]
    lines.append(_mood("praise", "", now, alike, {}))
    return tuple(lines), now


def listened(brand: Brand, archive: figures.Archive, period: Period, *, zone: str) -> bool:
    """Whether we listened through the period before: the question asked from its end has it as its own "before"."""
    length = period.was_until - period.was_since
    ask = Ask(
        since=period.was_until, until=period.was_until + length, measures=("authors",), compare="before",
        where=Where(brand=brand.slug), zone=zone,
    )  # fmt: skip
    return figures.answer(ask, archive).coverage.before_heard


def _question(found: Figures, peer: str, measure: str | None = None) -> Ask:
    if not peer:
        return found.ask.behind(measure)
    return found.ask.behind(measure, watches=(peer,))


def _mentioners(now: Heard, was: Heard | None, period: Period) -> Line:
    return number(
        "mentioners", now.authors(), was=was.authors() if was else None, scale=period.scale,
        ask=_question(now.own, ""),
    )  # fmt: skip


def _voice(name: str, peers: Sequence[str], now: Heard, was: Heard | None) -> Line:
    def counted(one: Heard) -> tuple[int, int]:
        return one.authors(name), one.authors() + sum(one.authors(peer) for peer in peers)

    source = now.peers if name and now.peers else now.own
    return part("voice_share", *counted(now), was=counted(was) if was else None, of=name, ask=_question(source, name))


def _mood(measure: str, name: str, now: Heard, was: Heard | None, honest: Mapping[str, Estimate]) -> Line:
    source = now.peers if name and now.peers else now.own
    figure = "thanks" if measure == "praise" else measure
    line = part(
        figure, *now.count(measure, name), was=was.count(measure, name) if was else None, of=name,
        ask=_question(source, name, measure), how="uncorrected",
    )  # fmt: skip
    known = honest.get(measure) if not name else None
    if known is None:
        return line
    return replace(
        line, value=known.value, interval=known.interval, how=known.how, counted=known.counted, labels=known.labels,
        was=None, clear=None,  # the time before was counted by the reader alone: it is not set beside a corrected share
    )  # fmt: skip


def acts(verdicts: Mapping[str, int]) -> tuple[Line, ...]:
    """A line for each verdict that our acts got, in the order they are told; none where nothing was done."""
    order = ("praised", "mixed", "called_out", "ignored", "too_few", "silent")
    return tuple(
        Line(
            figure="acts", of=name, value=float(verdicts[name]), count=verdicts[name], n=sum(verdicts.values()),
            verdict=name,
        )
        for name in order
        if verdicts.get(name)
    )  # fmt: skip
