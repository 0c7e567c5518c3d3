"""Notifications of a connected account: who mentioned it, answered it or quoted it, as posts like any other.

Owns the reading of both networks' lists and the position in them. Promises that going on from the cursor of what was
stored misses nothing that the network still gives (what it does not give any more is a :class:`~kalkan.posts.Gap`),
that a post has the same id here and in what a listener hears, and that only public posts come through: private
mentions, likes, reposts and follows are passed over. Never marks anything as read, never writes to a network.

Sources: lexicons app.bsky.notification.listNotifications and app.bsky.feed.getPosts of bluesky-social/atproto;
https://docs.joinmastodon.org/methods/notifications/ and /methods/statuses/#context.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import msgspec

from kalkan.errors import ArchiveDamaged, InvalidInput, NetworkError
from kalkan.networks.bluesky_publish import BlueskyPublisher
from kalkan.networks.bluesky_records import FAULTS, MOST, attachments, claimed, read_post, thread
from kalkan.networks.mastodon_publish import MastodonPublisher
from kalkan.networks.publishing import Publisher
from kalkan.networks.statuses import LocalIds, Unreadable, local_id, moment, order, read_status
from kalkan.posts import Batch, Gap, Post, Reject, posts_table

NETWORKS: Final = frozenset({"bluesky", "mastodon"})
"""Where notifications can be asked for."""
FIRST: Final = timedelta(days=3)
"""How far back the first look goes."""
PAGES: Final = 10  # of one look; what is left comes with the next, or is told as a gap
AROUND: Final = 20  # conversations fetched beside them in one look
_BLUESKY: Final[Mapping[str, str]] = {"reply": "reply", "quote": "quote", "mention": "handle"}
_MASTODON: Final[Mapping[str, str]] = {"mention": "handle", "quote": "quote"}
_OVERLAP: Final = timedelta(minutes=10)  # the index that lists them is not strictly in order
_POST: Final = re.compile(
    r"at://(did:[a-z]+:[A-Za-z0-9._:%-]+)/app\.bsky\.feed\.post/[A-Za-z0-9._:~-]{1,512}", re.ASCII
)
_LONGEST: Final = 100_000  # signs of one text


@dataclass(frozen=True, kw_only=True, slots=True)
class Notified:
    """One look: posts with where to go on, and how each that is for us ties to us (reply, quote, handle).

    Posts of ``batch`` that ``kinds`` does not name are what stands around those: the posts they answer.
    """

    batch: Batch
    kinds: Mapping[str, str] = field(default_factory=dict)


def source_of(account: str) -> str:
    """The name under which the archive knows what an account was told: "bluesky:notifications:did:plc:…"."""
    network, _, own = account.partition(":")
    return f"{network}:notifications:{own}"


def poll(session: Publisher, cursor: str | None, *, now: datetime) -> Notified:
    """What the account of ``session`` was told since ``cursor`` (None: the last three days).

    :raises NetworkError: the network refused or could not be reached; the same cursor serves again.
    :raises InvalidInput: its network has no such list (``notifications_not_here``).
    :raises ArchiveDamaged: the cursor is none of ours.
    """
    if isinstance(session, BlueskyPublisher):
        return _bluesky(session, cursor, now)
    if isinstance(session, MastodonPublisher):
        return _mastodon(session, cursor, now)
    raise InvalidInput("notifications_not_here", network=session.network)


@dataclass(slots=True)
class _Look:
    """What one look gathers."""

    source: str
    now: datetime
    posts: dict[str, Post] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    faults: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    requests: int = 0

    def reject(self, kind: str, entry: object) -> None:
        self.faults[kind] += 1
        self.examples.setdefault(kind, repr(entry)[:200])

    def done(self, cursor: str, gaps: tuple[Gap, ...] = ()) -> Notified:
        rejects = tuple(Reject(kind=kind, n=n, example=self.examples[kind]) for kind, n in sorted(self.faults.items()))
        batch = Batch(posts=posts_table(self.posts.values()), gaps=gaps, rejects=rejects, cursor=cursor,
                      requests=self.requests)  # fmt: skip
        return Notified(batch=batch, kinds=self.kinds)


# ---------------------------------------------------------------------------------------------- Bluesky


def _bluesky(session: BlueskyPublisher, cursor: str | None, now: datetime) -> Notified:
    """Page back from the newest to where the last look began, with a little overlap: the archive drops repeats."""
    look = _Look(source_of(session.account), now)
    until = _moment_of(cursor)
    since = until - _OVERLAP if until else now - FIRST
    pairs = [("limit", "100"), *(("reasons", name) for name in _BLUESKY)]
    newest, oldest, older = until, now, ""
    gaps: tuple[Gap, ...] = ()
    for page in range(PAGES + 1):
        if page == PAGES:
            gaps = (Gap(since=since, until=oldest, why="clamped"),) if until else ()
            break
        query = urlencode([*pairs, *([("cursor", older)] if older else [])])
        told = session.asked(f"app.bsky.notification.listNotifications?{query}", {}, now=now)
        look.requests += 1
        entries = _dicts(told.get("notifications"))
        for entry in entries:
            at = _indexed(entry, now)
            newest, oldest = max(newest or at, at), min(oldest, at)
            if at >= since and entry.get("reason") in _BLUESKY:
                _take_bluesky(entry, look, kind=_BLUESKY[entry["reason"]])
        older = str(told.get("cursor") or "")
        if not older or not entries or oldest < since:
            break
    _around_bluesky(session, look)
    return look.done(json.dumps({"until": (newest or now).isoformat()}), gaps)


def _take_bluesky(entry: Mapping[str, Any], look: _Look, *, kind: str) -> None:
    post = _bluesky_post(entry, look)
    if post is not None:
        look.posts[post.id] = post
        if kind:
            look.kinds[post.id] = kind


def _bluesky_post(entry: Mapping[str, Any], look: _Look) -> Post | None:
    """A notification or a post view as a post; None where it cannot be one."""
    uri, author = str(entry.get("uri", "")), entry.get("author")
    found = _POST.fullmatch(uri)
    author = author if isinstance(author, dict) else {}
    if found is None or author.get("did") != found[1]:
        look.reject("bluesky_post_unreadable", entry)
        return None
    try:
        record = read_post(msgspec.json.encode(entry.get("record")))
    except (*FAULTS, TypeError):
        look.reject("bluesky_post_unreadable", entry)
        return None
    if len(record.text) > _LONGEST:
        look.reject("bluesky_post_too_long", uri)
        return None
    media, (above, root) = attachments(record), thread(record.reply) if record.reply else (None, None)
    micros = claimed(record.created_at) if record.created_at else None
    return Post(
        id=uri, network="bluesky", source=look.source, author_id=found[1], author_handle=_text(author.get("handle")),
        author_name=_text(author.get("displayName")), text=record.text, seen_at=_indexed(entry, look.now),
        created_at=datetime.fromtimestamp(micros / 1e6, UTC) if micros is not None else None,
        langs=tuple(lang.lower() for lang in (record.langs or ())[:MOST]), reply_to=above, root=root,
        quote_of=media.quote, url=f"https://bsky.app/profile/{found[1]}/post/{uri.rpartition('/')[2]}",
        links=tuple(media.links), tags=tuple(media.tags), handles=tuple(media.handles), media=media.media,
        media_alts=tuple(media.alts),
        labels=tuple(label.val for label in record.labels.values[:MOST]) if record.labels else (),
    )  # fmt: skip


def _around_bluesky(session: BlueskyPublisher, look: _Look) -> None:
    """The posts they answer and the posts that began their threads, as far as the network shows them to us."""
    wanted = [uri for post in look.posts.values() for uri in (post.root, post.reply_to, post.quote_of)]
    missing = [uri for uri in dict.fromkeys(wanted) if uri and uri not in look.posts and _POST.fullmatch(uri)][:25]
    if not missing:
        return
    query = urlencode([("uris", uri) for uri in missing])
    try:
        told = session.asked(f"app.bsky.feed.getPosts?{query}", {}, now=look.now)
    except NetworkError:
        return  # what stands around them is a help, not what was asked for
    finally:
        look.requests += 1
    for entry in _dicts(told.get("posts")):
        if entry.get("uri") in missing:
            _take_bluesky(entry, look, kind="")


def _indexed(entry: Mapping[str, Any], now: datetime) -> datetime:
    """When the network knew of it; now where it does not say, or says what cannot be."""
    return min(moment(entry.get("indexedAt")) or now, now)


def _moment_of(cursor: str | None) -> datetime | None:
    if cursor is None:
        return None
    try:
        return datetime.fromisoformat(json.loads(cursor)["until"])
    except (ValueError, KeyError, TypeError) as error:
        raise ArchiveDamaged("cursor_unreadable", network="bluesky", cursor=cursor[:200]) from error


# ---------------------------------------------------------------------------------------------- Mastodon


def _mastodon(session: MastodonPublisher, cursor: str | None, now: datetime) -> Notified:
    """Page forward from the last one taken: a page that follows right after a number leaves out nothing."""
    look, ids = _Look(source_of(session.account), now), LocalIds()
    host = urlsplit(session.account.partition(":")[2]).hostname or ""
    entries, last = _forward(session, _number_of(cursor), look) if cursor else _first(session, look)
    own = str(session.asked("/api/v1/accounts/verify_credentials", now=now).get("id", "")) if entries else ""
    read: Callable[[object], Post] = lambda status: read_status(status, host=host, source=look.source, now=now, ids=ids)  # noqa: E731
    answers = []
    for entry in entries:
        status = entry.get("status")
        if entry.get("type") not in _MASTODON or not isinstance(status, dict):
            continue
        try:
            post = read(status)
        except Unreadable as fault:
            if fault.kind != "not_public":  # a private mention is nobody's business but theirs
                look.reject(fault.kind, entry)
            continue
        answered = entry["type"] == "mention" and str(status.get("in_reply_to_account_id") or "") == own != ""
        look.posts[post.id], look.kinds[post.id] = post, "reply" if answered else _MASTODON[entry["type"]]
        if post.reply_to is not None:
            answers.append((local_id(status), post.id))
    for number, post_id in answers[:AROUND]:
        _around_mastodon(session, number, post_id, look, read)
    return look.done(json.dumps({"after": last}))


def _first(session: MastodonPublisher, look: _Look) -> tuple[list[dict[str, Any]], str]:
    """The newest ones, back to where a first look ends; and the newest number."""
    found: list[dict[str, Any]] = []
    newest, below = "0", ""
    for _ in range(PAGES):
        page = _page(session, look, [("max_id", below)] if below else [])
        young = [entry for entry in page if (moment(entry.get("created_at")) or look.now) >= look.now - FIRST]
        found += young
        numbers = _numbers(page)
        newest = max([newest, *numbers], key=order)
        if not numbers or len(young) < len(page):
            break
        below = min(numbers, key=order)
    return found, newest


def _forward(session: MastodonPublisher, after: str, look: _Look) -> tuple[list[dict[str, Any]], str]:
    found: list[dict[str, Any]] = []
    for _ in range(PAGES):
        page = _page(session, look, [("min_id", after)])
        numbers = [number for number in _numbers(page) if order(number) > order(after)]
        if not numbers:
            break
        found += page
        after = max(numbers, key=order)
    return found, after


def _page(session: MastodonPublisher, look: _Look, where: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    pairs = [("limit", "40"), *(("types[]", name) for name in _MASTODON), *where]
    look.requests += 1
    told = session.asked(f"/api/v1/notifications?{urlencode(pairs)}", now=look.now)
    if not isinstance(told, list):
        raise NetworkError("answer_unreadable", host=session.account, detail="notifications")
    return _dicts(told)


def _around_mastodon(
    session: MastodonPublisher, number: str | None, post_id: str, look: _Look, read: Callable[[object], Post]
) -> None:
    """The posts above an answer, by their lasting names; the server names parents by its own numbers only."""
    if number is None:
        return
    try:
        told = session.asked(f"/api/v1/statuses/{number}/context", now=look.now)
    except NetworkError:
        return
    finally:
        look.requests += 1
    above = ""
    for status in _dicts(told.get("ancestors") if isinstance(told, dict) else None):
        try:
            post = read(status)
        except Unreadable:
            above = ""
            continue
        look.posts.setdefault(post.id, post)
        above = post.id
    post = look.posts[post_id]
    if above and post.reply_to is not None and not post.reply_to.startswith("http"):
        look.posts[post_id] = replace(post, reply_to=above)


def _numbers(page: Iterable[Mapping[str, Any]]) -> list[str]:
    return [number for entry in page if (number := local_id(entry)) is not None]


def _number_of(cursor: str) -> str:
    try:
        return str(json.loads(cursor)["after"])
    except (ValueError, KeyError, TypeError) as error:
        raise ArchiveDamaged("cursor_unreadable", network="mastodon", cursor=cursor[:200]) from error


def _dicts(value: object) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value[:500] or None if isinstance(value, str) else None
