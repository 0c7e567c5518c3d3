"""How acts were received, asked of the archive, and what is kept of it in a case.

Voices are mentions in the 48 h after an act that answer or quote its post, or speak of it in the words the team gave.
Promises counts of authors with the question behind them, and that a case keeps numbers and questions, never people's
words: what is erased is gone from cases too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import pyarrow as pa

from kalkan import brief as briefs
from kalkan import figures, voice
from kalkan.desk.models import Act, Brand, Case
from kalkan.figures import Interval
from kalkan.posts import ABOUT
from kalkan.reception import Reception, received, stances
from kalkan.text import fold

WINDOW: Final = timedelta(hours=48)
_USUAL_DAYS: Final = 14
_NAMED: Final = 2_500  # voices whose ids a brief carries
_COLUMNS: Final = 'id, network, author_id, text, lang, "at", p_praise, p_complaint, p_negative, p_irony, p_ask'


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """An act with its reception, the voices it was counted from, and how long after the event it came."""

    act: Act
    reception: Reception
    stances: dict[str, int]
    quotes: tuple[voice.Quote, ...]
    until: datetime
    over: bool  # whether the 48 h are over
    after: timedelta | None
    ids: tuple[str, ...] = ()  # of the voices; none where they are too many to name


def received_by(act: Act, archive: figures.Archive, *, now: datetime) -> Received:
    """The reception of ``act`` as of ``now``."""
    until = min(act.at + WINDOW, max(now, act.at + timedelta(seconds=1)))
    voices = _voices(act, archive, act.at, until) if act.spoke else None
    told = stances(voices) if voices is not None else {}
    return Received(
        act=act,
        reception=received(told, acted=act.spoke, usual=_usual(act, archive) if now >= act.at + WINDOW else None),
        stances=told,
        quotes=voice.quotes(_calm(voices), 3) if voices is not None else (),
        until=until,
        over=now >= act.at + WINDOW,
        after=act.at - act.event_at if act.event_at and act.spoke else None,
        ids=tuple(voices["id"].to_pylist()) if voices is not None and voices.num_rows <= _NAMED else (),
    )


def _about(act: Act) -> tuple[str, list[Any]]:
    """The mentions that are about who acted."""
    if act.who:
        return "brand = ? AND kind = 'peer' AND watch = ?", [act.brand.slug, act.who]
    return f"brand = ? AND kind IN ({', '.join('?' * len(ABOUT))})", [act.brand.slug, *ABOUT]


def _voices(act: Act, archive: figures.Archive, since: datetime, until: datetime) -> pa.Table:
    about, given = _about(act)
    ties, more = [], []  # type: list[str], list[Any]
    if act.post:
        ties.append("(reply_to = ? OR root = ? OR quote_of = ?)")
        more += [act.post] * 3
    for word in act.words:
        ties.append("contains(folded, ?)")
        more.append(fold(word))
    tie = f" AND ({' OR '.join(ties)})" if ties else ""
    sql = (
        f'SELECT {_COLUMNS} FROM mentions WHERE {about}{tie} AND "at" >= ?::TIMESTAMPTZ AND "at" < ?::TIMESTAMPTZ'
        f' AND id <> ? ORDER BY "at", id'
    )
    return archive.query(sql, [*given, *more, since, until, act.post], since=since, until=until, tables=("mentions",))


def _calm(voices: pa.Table) -> pa.Table:
    """Voices that take a side first: they tell what the reception was about."""
    sides = [
        max(praise or 0, complaint or 0, negative or 0) >= 0.5
        for praise, complaint, negative in zip(
            *(voices[name].to_pylist() for name in ("p_praise", "p_complaint", "p_negative")), strict=True
        )
    ]
    chosen = voices.filter(pa.array(sides, pa.bool_()))
    return chosen if chosen.num_rows else voices


def _usual(act: Act, archive: figures.Archive) -> int:
    """How many different authors speak of who acted in 48 h, as a rule: the mean of the fortnight before."""
    about, given = _about(act)
    since = act.at - timedelta(days=_USUAL_DAYS)
    found = archive.query(
        'SELECT count(*)::BIGINT AS n FROM (SELECT DISTINCT author_id, epoch_us("at") // 172800000000 AS span'
        f' FROM mentions WHERE {about} AND "at" >= ?::TIMESTAMPTZ AND "at" < ?::TIMESTAMPTZ)',
        [*given, since, act.at],
        since=since,
        until=act.at,
        tables=("mentions",),
    )
    return round(int(found["n"][0].as_py()) / (_USUAL_DAYS / 2))


def snapshot(found: Iterable[Received], *, now: datetime) -> tuple[dict[str, Any], str]:
    """What a case keeps: numbers, verdicts and ids, with their digest. Nobody's words, nobody's name."""
    kept = {
        "kept_at": now.isoformat(),
        "acts": [
            {
                "who": one.act.who,
                "text": one.act.text,
                "at": one.act.at.isoformat(),
                "after_hours": round(one.after.total_seconds() / 3600, 1) if one.after is not None else None,
                "reception": asdict(one.reception),
                "stances": one.stances,
                "quotes": [quote.id for quote in one.quotes],
                "unseen": one.act.unseen,
                "event": one.act.event,
                "until": one.until.isoformat(),
            }
            for one in found
        ],
    }
    return kept, digest(kept)


def case_file(row: Case, *, lang: str, zone: str, now: datetime) -> briefs.Brief:
    """The case file of ``row``, from what it kept."""
    return briefs.case_file(
        brand=row.brand.name,
        title=row.title,
        lesson=row.lesson,
        acts=[_kept(one) for one in row.snapshot["acts"]],
        kept_at=row.made_at,
        made_at=now.replace(microsecond=0),
        zone=zone,
        lang=lang,
        by=row.made_by.name if row.made_by else "",
    )


def _kept(plain: dict[str, Any]) -> briefs.Kept:
    said, hours = plain["reception"], plain["after_hours"]
    return briefs.Kept(
        who=plain["who"], text=plain["text"], at=datetime.fromisoformat(plain["at"]), verdict=said["verdict"],
        authors=said["authors"], sides=said["sides"], share=said["share"], low=said["low"], high=said["high"],
        after=None if hours is None else timedelta(hours=hours), stances=plain["stances"],
        whys=tuple((why, n) for why, n in said["whys"]), unseen=plain.get("unseen", ""),
    )  # fmt: skip


def digest(kept: dict[str, Any]) -> str:
    """SHA-256 over the canonical form of a snapshot."""
    return sha256(json.dumps(kept, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def for_brief(
    brand: Brand, archive: figures.Archive, *, since: datetime, until: datetime, now: datetime
) -> list[briefs.Act]:
    """Acts of a period as the brief tells them: ours and our peers'."""
    rows = Act.objects.filter(brand=brand, at__gte=since, at__lt=until).select_related("brand").order_by("at", "id")
    told = []
    for row in rows[:12]:
        one = received_by(row, archive, now=now)
        said = one.reception
        told.append(
            briefs.Act(
                brand=row.who or brand.name,
                text=row.text,
                at=row.at,
                verdict=said.verdict,
                share=Interval(said.low, said.high) if said.share is not None and said.verdict != "too_few" else None,
                value=said.share if said.verdict != "too_few" else None,
                n=said.sides,
                why=row.unseen if said.verdict == "silent" else "",
                ids=one.ids,
                own=not row.who,
            )
        )
    return told
