"""What is listened to, in words: each source joined with what its listener last said of itself.

Promises to say when a listener is silent, and never to call something heard that was not. Outside data (a status file)
may be of any shape: what is not as it should be is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from kalkan import plugins, sentences
from kalkan.desk.models import Source
from kalkan.errors import PluginError

SILENT_AFTER: Final = timedelta(seconds=30)
TITLES: Final = {"bluesky": "Bluesky", "mastodon": "Mastodon"}
_STATES: Final[dict[str, tuple[str, str | Promise]]] = {
    "listening": ("go", gettext_lazy("listening")),
    "starting": ("care", gettext_lazy("starting")),
    "waiting": ("care", gettext_lazy("waiting")),
    "failed": ("hold", gettext_lazy("stopped")),
    "silent": ("hold", gettext_lazy("no word")),
    "off": ("off", gettext_lazy("switched off")),
    "new": ("care", gettext_lazy("not started yet")),
}
_GAPS: Final = {
    "clamped": gettext_lazy("the network does not replay that far back"),
    "offline": gettext_lazy("Kalkan was not running"),
    "rate_limited": gettext_lazy("the network asked for less"),
    "refused": gettext_lazy("the network refused"),
}
_KINDS: Final = {
    "bluesky_frame_unreadable": gettext_lazy("frame cannot be read"),
    "bluesky_frame_time": gettext_lazy("frame without a usable time"),
    "bluesky_post_unreadable": gettext_lazy("post cannot be read"),
    "bluesky_post_too_long": gettext_lazy("post is too long"),
    "delete_of_unknown": gettext_lazy("deletion of a post that is not here"),
    "entry_unreadable": gettext_lazy("entry of a feed cannot be read"),
    "event_too_large": gettext_lazy("event is too large"),
    "not_json": gettext_lazy("no JSON"),
    "timeline_refused": gettext_lazy("server does not show this timeline"),
    "not_a_status": gettext_lazy("no post"),
    "not_public": gettext_lazy("not public"),
    "no_author": gettext_lazy("without an author"),
    "no_id": gettext_lazy("without a name of its own"),
    "reblog": gettext_lazy("repost that cannot be read"),
    "bad_row": gettext_lazy("row cannot be read"),
    "bad_shape": gettext_lazy("not of the expected shape"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejected:
    """Rows of one kind that were kept out."""

    kind: str
    n: int
    example: str
    last: datetime | None

    @property
    def words(self) -> str:
        """The kind in words, or as the network's own code where nobody found words for it."""
        if self.kind.startswith("feed_"):
            return _("feed does not answer as it should")
        return str(_KINDS.get(self.kind, self.kind.replace("_", " ")))


@dataclass(frozen=True, kw_only=True, slots=True)
class Missed:
    """A stretch that could not be had."""

    since: datetime
    until: datetime
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """One source as the desk tells it."""

    source: str
    network: str
    title: str
    coverage: str
    state: str
    shape: str  # go, care, hold, off
    word: str
    row: Source | None = None
    updated_at: datetime | None = None
    since: datetime | None = None
    retry_at: datetime | None = None
    behind: float | None = None
    posts: int = 0
    mentions: int = 0
    duplicates: int = 0
    rate: float = 0.0
    requests: int = 0
    bytes: int = 0
    cost_usd: float = 0.0
    fault: str = ""
    rejects: tuple[Rejected, ...] = ()
    gaps: tuple[Missed, ...] = field(default=())

    @property
    def rejected(self) -> int:
        """How many rows were kept out."""
        return sum(each.n for each in self.rejects)


def heard(rows: Iterable[Source], words: Mapping[str, Mapping[str, Any]], *, now: datetime) -> tuple[Heard, ...]:
    """Every source, and what was heard by listeners that stand in no table (imports), as of ``now``."""
    found = [_one(row.source, row, words.get(row.source), now) for row in rows]
    known = {each.source for each in found}
    found += [_one(name, None, word, now) for name, word in words.items() if name not in known]
    return tuple(found)


def title_of(network: str) -> str:
    """A network's own name."""
    if network in TITLES:
        return TITLES[network]
    if network == "feeds":
        return _("Feeds")
    if network == "files":
        return _("Files")
    try:
        return str(plugins.load("kalkan.networks", network).title)
    except (PluginError, AttributeError):
        return network


def coverage_words(network: str, coverage: Mapping[str, Any]) -> str:
    """What of ``network`` is seen, from a coverage ``{"code", "params"}``."""
    params = coverage.get("params")
    params = params if isinstance(params, Mapping) else {}
    host = str(params.get("server") or "").split("//")[-1].strip("/") or title_of(network)
    n = _many(params, "hashtags", "feeds", "n")
    match coverage.get("code"):
        case "all_public":
            return _("all public posts of %(title)s") % {"title": title_of(network)}
        case "instance_public":
            public = _("public posts that %(host)s shows") % {"host": host}
            tagged = ngettext("%(n)d hashtag", "%(n)d hashtags", n) % {"n": n}
            return f"{public}, {tagged}" if n else public
        case "hashtags":
            return ngettext("%(n)d hashtag, as %(host)s sees it", "%(n)d hashtags, as %(host)s sees them", n) % {
                "n": n,
                "host": host,
            }
        case "feed" | "feeds":
            return ngettext("%(n)d feed", "%(n)d feeds", n) % {"n": n}
        case "accounts":
            return _("chosen accounts only")
        case "import":
            return _("what was in the files")
    return ""


def _many(params: Mapping[str, Any], *names: str) -> int:
    """How many things the first of ``names`` holds: a number, a list, or text with commas."""
    value = next((params[name] for name in names if params.get(name)), 0)
    if isinstance(value, str):
        return len([part for part in value.split(",") if part.strip()]) if not value.isdigit() else int(value)
    return len(value) if isinstance(value, (list, tuple)) else _number(value)


def _one(name: str, row: Source | None, word: Mapping[str, Any] | None, now: datetime) -> Heard:
    network = row.network if row else str((word or {}).get("network") or name.split(":")[0])
    word = word or {}
    updated = _time(word.get("updated_at"))
    state = _state(row, word, updated, now)
    shape, said = _STATES.get(state, _STATES["waiting"])
    coverage = word.get("coverage")
    until = _time(word.get("heard_until"))
    return Heard(
        source=name,
        network=network,
        title=_title(row, word, network),
        coverage=coverage_words(network, coverage) if isinstance(coverage, Mapping) else _planned(row),
        state=state,
        shape=shape,
        word=str(said),
        row=row,
        updated_at=updated,
        since=_time(word.get("since")),
        retry_at=_time(word.get("retry_at")) if state == "waiting" else None,
        behind=max(0.0, (now - until).total_seconds()) if until and state == "listening" else None,
        posts=_number(word.get("posts_total")),
        mentions=_number(word.get("mentions_total")),
        duplicates=_number(word.get("duplicates_total")),
        rate=_real(word.get("posts_per_s")) if state == "listening" else 0.0,
        requests=_number(word.get("requests")),
        bytes=_number(word.get("bytes")),
        cost_usd=_real(word.get("cost_usd")),
        fault="" if state in {"off", "silent"} else _fault(word.get("error")),
        rejects=_rejects(word.get("rejects")),
        gaps=_gaps(word.get("gaps")),
    )


def _state(row: Source | None, word: Mapping[str, Any], updated: datetime | None, now: datetime) -> str:
    if row is not None and not row.enabled:
        return "off"
    if not word:
        return "new"
    said = str(word.get("state"))
    if row is not None and (updated is None or now - updated > SILENT_AFTER):
        return "silent"
    if row is not None and said == "off":
        return "new"  # switched on here, not yet noticed there
    return said if said in _STATES else "waiting"


def _title(row: Source | None, word: Mapping[str, Any], network: str) -> str:
    if row is not None and row.title:
        return row.title
    host = str(row.options.get("server", "")).split("//")[-1] if row else ""
    own = title_of(network)
    return f"{own}, {host}" if host else own if row else str(word.get("title") or own)


def _planned(row: Source | None) -> str:
    """The coverage that the plug-in promises, before its listener said anything."""
    if row is None:
        return ""
    try:
        found = plugins.load("kalkan.networks", row.network).coverage(row.options)
        return coverage_words(row.network, {"code": found.code, "params": found.params})
    except Exception:  # a plug-in's own fault is told by its listener; here it only leaves a word out
        return ""


def _rejects(found: Any) -> tuple[Rejected, ...]:
    if not isinstance(found, Mapping):
        return ()
    rows = [
        Rejected(
            kind=str(kind),
            n=_number(each.get("n")),
            example=str(each.get("example") or ""),
            last=_time(each.get("last")),
        )
        for kind, each in found.items()
        if isinstance(each, Mapping)
    ]
    return tuple(sorted(rows, key=lambda each: -each.n))


def _gaps(found: Any) -> tuple[Missed, ...]:
    rows = []
    for each in found if isinstance(found, list) else ():
        since, until = (_time(each.get(name)) if isinstance(each, Mapping) else None for name in ("since", "until"))
        if since and until:
            rows.append(
                Missed(since=since, until=until, why=str(_GAPS.get(str(each.get("why")), each.get("why") or "")))
            )
    return tuple(sorted(rows, key=lambda each: each.since, reverse=True)[:5])


def _fault(found: Any) -> str:
    """What a listener could not do, as a sentence; nothing for nothing."""
    if not isinstance(found, Mapping):
        return ""
    kind, params = str(found.get("code")), found.get("params")
    return sentences.say(kind, params if isinstance(params, Mapping) else {}, lang=(get_language() or "en")[:2])


def _time(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None


def _number(value: Any) -> int:
    return int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e15 else 0


def _real(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) and abs(value) < 1e15 else 0.0
