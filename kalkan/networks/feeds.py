"""Feeds: RSS, Atom, and what video channels offer as feeds.

Owns when each feed is asked again and what of it was seen. Promises that a broken feed never stops the others: it is
counted, its health says why, and it is asked more and more rarely until it answers. Asks politely: only when
due, only for what changed (ETag, Last-Modified), and later when the server or the feed itself says so. Never follows
anything inside an entry: pictures and pages stay where they are.
"""

from __future__ import annotations

import calendar
import io
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import feedparser
import xxhash

from kalkan import posts
from kalkan.errors import InvalidInput, NetworkError
from kalkan.networks.addresses import check_address
from kalkan.networks.base import Coverage, Kind, Limits, Option
from kalkan.networks.http import Answer, Door
from kalkan.networks.markup import clean, is_link, plain

FEEDS_A_POLL: Final = 4
EVERY: Final = timedelta(minutes=5)
LONGEST: Final = timedelta(hours=6)
LONGEST_MAX_AGE: Final = timedelta(hours=1)  # caches are set up for pages, not for feeds
PERMANENT: Final = timedelta(hours=1)
MAX_FEED: Final = 4 << 20
MAX_TEXT: Final = 5000
REMEMBERED: Final = 500
_CHANNEL: Final = re.compile(r"https://(?:www\.|m\.)?youtube\.com/channel/(UC[\w-]{10,40})/?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """How one feed is: ``fault`` is the code of what went wrong last, None when it answered well."""

    url: str
    title: str | None
    fault: str | None
    failures: int
    answered_at: datetime | None
    due_at: datetime | None


@dataclass(slots=True)
class _Feed:
    url: str
    etag: str | None = None
    modified: str | None = None
    seen: dict[str, str] = field(default_factory=dict)  # entry → version of its text
    title: str | None = None
    due: datetime | None = None
    failures: int = 0
    fault: str | None = None
    answered: datetime | None = None


@dataclass(slots=True)
class _Take:
    now: datetime
    posts: list[posts.Post] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def reject(self, kind: str, example: str) -> None:
        self.faults[kind] += 1
        self.examples.setdefault(kind, example[:200])


class Feeds:
    """One listener over a list of feeds. See :class:`kalkan.networks.base.Network` for what it owes."""

    name = "feeds"
    limits = Limits()

    def __init__(self, source: str, *, urls: tuple[str, ...], loopback: bool = False, every: timedelta = EVERY) -> None:
        self.source = source
        self._feeds = [_Feed(url) for url in urls]
        self._door = Door(allow_private=loopback, max_bytes=MAX_FEED, total_s=30.0)
        self._every = every
        self._told: str | None = None

    def poll(self, cursor: str | None, *, now: datetime) -> posts.Batch:
        """Ask a few of the feeds that are due. Raises nothing: one feed's fault is its own."""
        if cursor != self._told:
            self._resume(cursor)
        before = self._door.meter.requests, self._door.meter.bytes
        take = _Take(now)
        due = sorted((feed for feed in self._feeds if _due(feed, now)), key=lambda feed: feed.due or _EPOCH)
        for feed in due[:FEEDS_A_POLL]:
            self._ask(feed, take)
        self._told = self._cursor()
        return posts.Batch(
            posts=posts.posts_table(take.posts),
            rejects=tuple(
                posts.Reject(kind=kind, n=n, example=take.examples[kind]) for kind, n in sorted(take.faults.items())
            ),
            cursor=self._told,
            wait=self._wait(now),
            heard_until=min((feed.answered for feed in self._feeds if feed.answered), default=None),
            frames=len(take.posts) + sum(take.faults.values()),
            requests=self._door.meter.requests - before[0],
            bytes=self._door.meter.bytes - before[1],
        )

    def watch(self, post_ids: frozenset[str]) -> None:
        """Feeds tell no counts."""

    def close(self) -> None:
        """Let go of connections."""
        self._door.close()

    def health(self) -> tuple[Health, ...]:
        """How every feed is, in the order they were given."""
        return tuple(
            Health(
                url=feed.url,
                title=feed.title,
                fault=feed.fault,
                failures=feed.failures,
                answered_at=feed.answered,
                due_at=feed.due,
            )
            for feed in self._feeds
        )

    def _wait(self, now: datetime) -> float:
        if any(_due(feed, now) for feed in self._feeds):
            return 0.0
        ahead = min((feed.due - now for feed in self._feeds if feed.due), default=self._every)
        return min(max(ahead.total_seconds(), 1.0), 60.0)

    def _cursor(self) -> str:
        told = {
            feed.url: {"etag": feed.etag, "modified": feed.modified, "seen": feed.seen}
            for feed in self._feeds
            if feed.seen or feed.etag or feed.modified
        }
        return json.dumps({"v": 1, "feeds": told}, separators=(",", ":"))

    def _resume(self, cursor: str | None) -> None:
        try:
            told = json.loads(cursor or "{}")["feeds"]
        except (ValueError, KeyError, TypeError):
            told = {}
        for feed in self._feeds:
            at = told.get(feed.url) if isinstance(told, dict) else None
            at = at if isinstance(at, dict) else {}
            seen = at.get("seen")
            feed.etag, feed.modified = _short(at.get("etag")), _short(at.get("modified"))
            feed.seen = {str(key): str(value) for key, value in seen.items()} if isinstance(seen, dict) else {}

    def _ask(self, feed: _Feed, take: _Take) -> None:
        try:
            answer = self._door.get(feed.url, now=take.now, etag=feed.etag, modified=feed.modified)
            found = None if answer.unchanged else _parsed(answer, feed.url)
        except NetworkError as fault:
            self._failed(feed, fault, take)
            return
        feed.failures, feed.fault, feed.answered = 0, None, take.now
        feed.due = take.now + _interval(answer, found, self._every)
        if found is None:
            return
        feed.etag, feed.modified = _short(answer.headers.get("etag")), _short(answer.headers.get("last-modified"))
        feed.title = _text(dict.get(found.feed, "title"), dict.get(found.feed, "title_detail"))[:300] or None
        self._take_all(feed, found, take)

    def _failed(self, feed: _Feed, fault: NetworkError, take: _Take) -> None:
        feed.failures += 1
        feed.fault = fault.code
        delay = min(self._every * 2 ** min(feed.failures, 8), LONGEST)
        if fault.permanent:
            delay = max(delay, PERMANENT)
        if fault.retry_after is not None:
            delay = max(delay, timedelta(seconds=fault.retry_after))
        feed.due = take.now + delay
        take.reject(f"feed_{fault.code}", feed.url)

    def _take_all(self, feed: _Feed, found: Any, take: _Take) -> None:
        seen: dict[str, str] = {}
        langs = _langs(dict.get(found.feed, "language"))
        for entry in found.entries[:REMEMBERED]:
            try:
                post, updated = _read_entry(entry, feed, self.source, langs, take.now)
            except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as fault:
                take.reject("entry_unreadable", f"{feed.url}: {type(fault).__name__}")
                continue
            key, version = _digest(post.id), _digest(post.text)[:8]
            known = feed.seen.get(key)
            if key in seen:
                continue
            if known is None:
                take.posts.append(post)
            elif known != version:
                if updated is None:  # texts that change without a word on it are mostly counters and adverts
                    version = known
                else:
                    take.posts.append(_edited(post, updated, take.now))
            seen[key] = version
        kept = {key: version for key, version in feed.seen.items() if key not in seen}
        feed.seen = dict([*seen.items(), *kept.items()][:REMEMBERED])


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _due(feed: _Feed, now: datetime) -> bool:
    return feed.due is None or now >= feed.due


def _parsed(answer: Answer, url: str) -> Any:
    """The feed in ``answer``. The declared charset is passed on, the declared type is not: half of them are wrong."""
    charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", answer.headers.get("content-type", ""), re.IGNORECASE)
    kind = "application/xml" + (f"; charset={charset[1]}" if charset else "")
    headers = {"content-type": kind}  # without a location, so that an entry's id stays as it was written
    try:
        found = feedparser.parse(io.BytesIO(answer.body), response_headers=headers, sanitize_html=False)
    except Exception as error:  # a parser of broken XML meets what nobody thought of; the feed is at fault, not Kalkan
        raise NetworkError("feed_unreadable", url=url, detail=type(error).__name__) from error
    if not found.entries and not found.get("version"):
        raise NetworkError("not_a_feed", url=url)
    return found


def _interval(answer: Answer, found: Any, every: timedelta) -> timedelta:
    """When to ask again: not before ``ttl`` (RSS, minutes) or ``max-age`` say, within reason."""
    wait = every
    ttl = str(dict.get(found.feed, "ttl") or "") if found is not None else ""
    if ttl.isascii() and ttl.isdigit() and len(ttl) < 7:
        wait = max(wait, min(timedelta(minutes=int(ttl)), LONGEST))
    age = re.search(r"max-age=(\d{1,8})", answer.headers.get("cache-control", ""))
    if age:
        wait = max(wait, min(timedelta(seconds=int(age[1])), LONGEST_MAX_AGE))
    return wait


def _read_entry(
    entry: Any, feed: _Feed, source: str, langs: tuple[str, ...], now: datetime
) -> tuple[posts.Post, datetime | None]:
    """An entry as a post, and when it says it was updated after being published.

    :raises ValueError: it says nothing.
    """
    title = _text(dict.get(entry, "title"), dict.get(entry, "title_detail"))[:1000]
    body, detail = dict.get(entry, "summary"), dict.get(entry, "summary_detail")
    if detail is None and dict.get(entry, "content"):
        detail = entry["content"][0]
        body = detail.get("value")
    said = plain(str(body or "")) if _is_html(detail) else None
    summary = said.text if said else clean(str(body or ""))
    text = summary if summary.startswith(title) else f"{title}\n{summary}"
    text = _cut(text.strip())
    if not text:
        raise ValueError("empty")
    given = dict.get(entry, "link")
    address = urljoin(feed.url, given) if isinstance(given, str) and given.strip() else ""
    link = address if is_link(address) else None
    published = _moment(dict.get(entry, "published_parsed"))
    updated = _moment(dict.get(entry, "updated_parsed"))
    enclosures = [one for one in dict.get(entry, "links") or () if one.get("rel") == "enclosure"]
    media = len(enclosures) or len(dict.get(entry, "media_content") or ())
    post = posts.Post(
        id=_name(entry, feed.url, link, text),
        network="feeds",
        source=source,
        author_id=feed.url,
        author_name=feed.title,
        text=text,
        langs=langs,
        seen_at=now,
        created_at=published or updated,
        url=link,
        links=tuple(dict.fromkeys([*([link] if link else []), *(said.links if said else ())])),
        tags=tuple(dict.fromkeys(filter(None, (_tag(tag) for tag in (dict.get(entry, "tags") or ())[:50])))),
        media=min(media + (said.images if said else 0), 1000),
        media_alts=said.alts[:50] if said else (),
    )
    return post, updated if updated is not None and updated != published else None


def _name(entry: Any, feed_url: str, link: str | None, text: str) -> str:
    """A name no other feed can take: its own only where it is an address on the feed's own host, else behind the
    feed's address."""
    given = dict.get(entry, "id") or link
    if not isinstance(given, str) or not given.strip():
        return f"{feed_url}#{_digest(text)}"
    given = clean(given)[:1000]
    try:
        own = is_link(given) and _home(given) == _home(feed_url)
    except ValueError:
        own = False
    return given if own else f"{feed_url}#{given}"


def _digest(text: str) -> str:
    return xxhash.xxh3_64_hexdigest(text.encode("utf-8", "replace"))[:12]


def _home(address: str) -> str:
    return (urlsplit(address).hostname or "").removeprefix("www.")


def _edited(post: posts.Post, updated: datetime, now: datetime) -> posts.Post:
    fields = {name: getattr(post, name) for name in post.__dataclass_fields__}
    return posts.Post(**{**fields, "edited_at": min(updated, now)})


def _text(value: object, detail: object) -> str:
    if not isinstance(value, str):
        return ""
    return " ".join((plain(value).text if _is_html(detail) else clean(value)).split())


def _is_html(detail: object) -> bool:
    return isinstance(detail, dict) and "html" in str(detail.get("type"))


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1].rstrip() + "…"


def _tag(tag: Any) -> str:
    term = tag.get("term")
    return clean(term)[:100] if isinstance(term, str) else ""


def _langs(value: object) -> tuple[str, ...]:
    tag = str(value or "").strip().lower()
    return (tag,) if 2 <= len(tag) <= 35 and tag.isascii() and tag.replace("-", "").isalnum() else ()


def _short(value: object) -> str | None:
    """A validator as it may be sent back in a header."""
    sound = isinstance(value, str) and 0 < len(value) <= 300 and value.isascii() and value.isprintable()
    return str(value) if sound else None


def _moment(value: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(calendar.timegm(value), tz=UTC) if value else None
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _urls(options: Mapping[str, str], *, loopback: bool) -> tuple[str, ...]:
    found = []
    for typed in options.get("feeds", "").split():
        channel = _CHANNEL.fullmatch(typed)
        if channel:
            typed = f"https://www.youtube.com/feeds/videos.xml?channel_id={channel[1]}"
        if "://" not in typed:
            typed = f"https://{typed}"
        check_address(typed, allow_private=loopback)
        found.append(typed)
    if not found:
        raise InvalidInput("option_missing", network="Feeds", option="feeds")
    return tuple(dict.fromkeys(found))


def open_feeds(source: str, options: Mapping[str, str]) -> Feeds:
    """A listener for the addresses in ``options["feeds"]``, one a line; asks nothing yet.

    A YouTube channel's page stands for its feed. ``loopback`` = "yes" lets servers on this machine be asked.

    :raises InvalidInput: no address, or one that may not be asked.
    """
    loopback = options.get("loopback", "").strip().lower() in ("1", "yes", "true", "on")
    every = timedelta(seconds=15) if loopback else EVERY
    return Feeds(source, urls=_urls(options, loopback=loopback), loopback=loopback, every=every)


def coverage(options: Mapping[str, str]) -> Coverage:
    """Feeds are seen whole, so far as each of them goes back."""
    return Coverage(code="feed", params={"feeds": len(options.get("feeds", "").split())})


KIND: Final = Kind(
    name="feeds",
    title="RSS / Atom",
    options=(Option(name="feeds", kind="list", required=True),),
    open=open_feeds,
    coverage=coverage,
)
