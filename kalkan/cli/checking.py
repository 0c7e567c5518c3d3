"""``kalkan check``: would this draft go down well in this room? A file of posts, or the live archive.

Owns the files it takes and what it prints; joins stories and posts for :mod:`kalkan.room`, which knows neither file nor
archive. Fields of a file that are not known are left alone.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kalkan.errors import InvalidInput
from kalkan.room import BrandFacts, Draft, Fact, Room, Verdict, check, plain, room_from_posts, story_from
from kalkan.room.calendar import declared
from kalkan.room.shapes import Observance
from kalkan.sentences import say

if TYPE_CHECKING:
    import pyarrow as pa

_HOURS: Final = 24 * 8
_LIVE: Final = 24
_LANG: Final = {"english": "en", "turkish": "tr", "türkçe": "tr", "ingilizce": "en"}
_MARKET: Final = {"UK": "GB", "EN": "GB"}


def run(parsed: argparse.Namespace, lang: str) -> int:
    """``kalkan check DRAFT [--room FILE] [--brand FILE] [--at TIME] [--json]``."""
    given = _json(parsed.draft)
    draft = draft_of(given)
    brand, mournings = brand_of(_json(parsed.brand) if parsed.brand else given)
    at = _time(parsed.at, "--at") if parsed.at else None
    room, at = _room(parsed, at, draft, mournings)
    hours = float(given.get("view_hours") or 24)
    verdict = check(draft, brand=brand, room=room, at=at, view_hours=hours)
    if parsed.json:
        print(json.dumps(told(verdict, lang), ensure_ascii=False))
    else:
        print("\n".join(lines(verdict, lang)))
    return 0


# ------------------------------------------------------------------------------------------------ what comes in


def draft_of(given: Mapping[str, Any]) -> Draft:
    """A draft from JSON: text, lang?, kind?, planned_at?, media_alts?, links?, tags?, reply_to?, act?.

    :raises InvalidInput: it is no such draft.
    """
    text = given.get("text", given.get("draft_text", ""))
    act = str(given.get("act") or "post")
    if not isinstance(text, str) or (not text.strip() and act != "silence"):
        raise InvalidInput("draft_no_text")
    planned = given.get("planned_at")
    return Draft(
        text=text, lang=_lang(given.get("lang") or given.get("language")), kind=_word(given.get("kind")),
        planned_at=_time(planned, "planned_at") if planned else None, media_alts=_words(given.get("media_alts")),
        links=_words(given.get("links")), tags=_words(given.get("tags")), reply_to=_word(given.get("reply_to")),
        act=act,
    )  # fmt: skip


def brand_of(given: Mapping[str, Any]) -> tuple[BrandFacts, tuple[Observance, ...]]:
    """Brand facts from JSON, and mourning declared by hand (``mournings``: name, from, to).

    Lists are taken as lists, single words too: name (or brand), names, sector, markets (or country), langs (or
    language), sells, tags, peers, peers_spoke, facts: ``[{"id", "kind", "text", "topics", "at", "until"}]``; ``crises``
    and ``record`` may hold plain sentences.
    """
    facts = [_fact(one, at) for at, one in enumerate(given.get("facts") or ())]
    for key, kind in (("crises", "crisis"), ("open_issues", "crisis"), ("gaps", "gap"), ("acts", "act")):
        facts += [_fact(one, f"{key}-{at}", kind) for at, one in enumerate(_many(given.get(key)))]
    markets = tuple(
        _MARKET.get(one.upper(), one.upper()) for one in _words(given.get("markets") or given.get("country"))
    )
    langs = _words(given.get("langs") or given.get("lang") or given.get("language"))
    spoke = given.get("peers_spoke")
    brand = BrandFacts(
        name=str(given.get("name") or given.get("brand") or ""), names=_words(given.get("names")),
        sector=str(given.get("sector") or ""), markets=markets,
        langs=tuple(found for one in langs if (found := _lang(one))), sells=_words(given.get("sells")),
        facts=tuple(facts), tags=_words(given.get("tags_used") or (given.get("tags") if "text" not in given else ())),
        peers=_words(given.get("peers")), peers_spoke=None if spoke is None else _words(spoke),
    )  # fmt: skip
    mournings = tuple(
        declared(
            str(one.get("name") or "mourning"), begins=_time(one.get("from"), "mournings"),
            until=_time(one.get("to"), "mournings"), markets=_words(one.get("markets")) or markets,
        )
        for one in _many(given.get("mournings"))
        if isinstance(one, Mapping)
    )  # fmt: skip
    return brand, mournings


def _fact(one: Any, at: object, kind: str = "act") -> Fact:
    if not isinstance(one, Mapping):
        return Fact(id=str(at), kind=kind, text=str(one))
    kind = str(one.get("kind") or kind)
    return Fact(
        id=str(one.get("id") or at), kind=kind, text=str(one.get("text") or one.get("name") or ""),
        topics=_words(one.get("topics")), at=_time(one["at"], "facts") if one.get("at") else None,
        until=_time(one["until"], "facts") if one.get("until") else None,
    )  # fmt: skip


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _words(value: Any) -> tuple[str, ...]:
    return tuple(str(one) for one in _many(value) if isinstance(one, str | int) and str(one).strip())


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _lang(value: Any) -> str | None:
    if not isinstance(value, str) or not value.strip():
        return None
    plain_ = value.strip().lower()
    return _LANG.get(plain_, plain_.replace("_", "-").split("-")[0])


def _time(value: Any, field: str) -> datetime:
    """An aware time; one without a zone is UTC.

    :raises InvalidInput: it is no time.
    """
    try:
        found = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError as error:
        raise InvalidInput("time_unreadable", field=field, given=str(value)[:60]) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _json(path: str) -> dict[str, Any]:
    """A JSON object from a file, or from a pipe ("-").

    :raises InvalidInput: there is none.
    """
    if path != "-" and not Path(path).is_file():
        raise InvalidInput("file_missing", path=path)
    raw = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    try:
        found = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InvalidInput("file_unreadable", path=Path(path).name, detail=str(error)[:200]) from error
    if not isinstance(found, dict):
        raise InvalidInput("file_unreadable", path=Path(path).name, detail="not an object")
    return found


# ------------------------------------------------------------------------------------------------ the room


def _room(
    parsed: argparse.Namespace, at: datetime | None, draft: Draft, mournings: tuple[Observance, ...]
) -> tuple[Room, datetime]:
    if parsed.room:
        return _room_of_file(Path(parsed.room), at, draft, mournings)
    moment = at or datetime.now(UTC)
    return live_room(parsed.data, moment, mournings), moment


def _room_of_file(
    path: Path, at: datetime | None, draft: Draft, mournings: tuple[Observance, ...]
) -> tuple[Room, datetime]:
    """The posts of a file up to the moment of the check (``at``, else when the draft is planned, else the last post),
    and the stories that a replay of them tells."""
    import pyarrow.compute as pc

    from kalkan.stories import replay
    from kalkan.stories.files import posts_at

    posts, _ = posts_at(path)
    last = pc.max(posts["at"]).as_py() if posts.num_rows else None
    moment = at or draft.planned_at or last or datetime.now(UTC)
    known = posts.filter(pc.fill_null(pc.less_equal(posts["at"], moment), True))
    newest: dict[str, Any] = {}
    for alarm in replay(known):
        newest[alarm.story] = alarm
    stories = tuple(story_from(alarm) for alarm in newest.values())
    return room_from_posts(
        known, at=moment, hours=_HOURS, stories=stories, mournings=mournings, coverage=path.name
    ), moment


def live_room(data: str | None, at: datetime, mournings: tuple[Observance, ...] = ()) -> Room:
    """What was heard in the last day, and the stories that are followed."""
    from kalkan import archive as archives
    from kalkan import config as settings
    from kalkan.stories import book

    config = settings.load(os.environ, data=data)
    archive = archives.open(config.archive, create=False)
    posts: pa.Table = archive.query(
        'SELECT id, text, "at", author_id, lang FROM posts',
        since=at - timedelta(hours=_LIVE),
        until=at,
        tables=("posts",),
    )
    rows = book.open(config.stories).stories(since=at - timedelta(hours=72)) if config.stories.exists() else ()
    return room_from_posts(
        posts, at=at, hours=_LIVE, stories=tuple(story_from(row) for row in rows), mournings=mournings
    )


# ------------------------------------------------------------------------------------------------ what goes out


def told(verdict: Verdict, lang: str) -> dict[str, Any]:
    """A verdict as the JSON that ``kalkan check --json`` promises."""
    return {
        "verdict": verdict.verdict,
        "reasons": [
            {
                "code": one.code,
                "why": say(one.why, one.params, lang=lang),
                "strength": one.strength,
                "evidence": [plain(proof) for proof in one.evidence],
                "marks": plain(one.marks),
            }
            for one in verdict.findings
        ],
        "released": [
            {
                "code": one.code,
                "rule": one.released.rule,
                "why": say(f"room_release_{one.released.rule}", {}, lang=lang),
            }
            for one in verdict.released
            if one.released is not None
        ],
        "proposals": [
            {"kind": one.kind, "why": say(one.why, one.params, lang=lang), "until": plain(one.until), "whom": one.whom}
            for one in verdict.proposals
        ],
        "kinds": list(verdict.kinds),
        "risk": verdict.risk,
        "at": plain(verdict.at),
        "in_view_until": plain(verdict.in_view_until),
        "digest": verdict.digest,
        "rules": verdict.rules,
        "room": {
            "posts": verdict.room.posts,
            "from": plain(verdict.room.begins),
            "to": plain(verdict.room.until),
            "stories": [plain(one) for one in verdict.room.stories],
            "observances": [plain(one) for one in verdict.room.observances],
            "coverage": verdict.room.coverage,
        },
    }


def lines(verdict: Verdict, lang: str) -> list[str]:
    """A verdict for people: what it says, why, on what grounds, what to do."""
    out = [say(f"room_verdict_{verdict.verdict}", {}, lang=lang)]
    for one in verdict.findings:
        out.append(f"  {one.strength.upper():<4}  {one.code}: {say(one.why, one.params, lang=lang)}")
        for proof in one.evidence:
            opened = ", ".join(proof.posts) or (plain(proof.at) or "")
            out.append(f"        {proof.kind} {proof.id}  {proof.title}  {opened}".rstrip())
    for one in verdict.released:
        if one.released is not None:
            out.append(f"  go    {one.code}: {say(f'room_release_{one.released.rule}', {}, lang=lang)}")
    out += [f"  →  {say(one.why, one.params, lang=lang)}" for one in verdict.proposals]
    return out
