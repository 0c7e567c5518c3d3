"""One Mastodon status, as any server that speaks the Mastodon API sends it, into a post.

Promises that a post's id is the status URI, so that the same post heard from two servers is one post, and that only
public and unlisted statuses become posts. Takes every field for what a stranger may have put there: a field of the
wrong kind is as good as missing, and only a status without identity or author is refused, by
:class:`Unreadable`. Never asks a server anything.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from kalkan.networks.markup import clean, is_link, plain
from kalkan.posts import Post

PUBLIC: Final = frozenset({"public", "unlisted"})
_LONGEST_ID: Final = 2000
_MOST: Final = 50  # of any list in a status; servers allow fewer


class Unreadable(Exception):
    """A status that cannot become a post; ``kind`` says why."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class LocalIds:
    """What a server's own numbers stand for: it deletes and threads by number, and posts are known by URI.

    Bounded: the oldest are forgotten first.
    """

    def __init__(self, most: int = 100_000) -> None:
        self._uris: OrderedDict[str, str] = OrderedDict()
        self._locals: dict[str, str] = {}
        self._most = most

    def learn(self, local: str, uri: str) -> None:
        """Remember that the server calls ``uri`` by ``local``."""
        before = self._uris.pop(local, None)
        if before is not None and before != uri:
            self._locals.pop(before, None)
        self._uris[local] = uri
        self._locals[uri] = local
        if len(self._uris) > self._most:
            _, forgotten = self._uris.popitem(last=False)
            self._locals.pop(forgotten, None)

    def uri(self, local: str) -> str | None:
        """The status URI behind the server's number, if it was seen."""
        return self._uris.get(local)

    def local(self, uri: str) -> str | None:
        """The server's number for a status URI, if it was seen."""
        return self._locals.get(uri)


def read_status(status: object, *, host: str, source: str, now: datetime, ids: LocalIds) -> Post:
    """``status`` as a post heard at ``now`` from the server ``host``.

    ``reply_to`` is the parent's status URI where the parent was seen, else ``host/number``: the server names parents
    by its own number only. A quote is named by URI the same way.

    :raises Unreadable: ``not_a_status``, ``no_id``, ``no_author``, ``reblog``, ``not_public``.
    """
    if not isinstance(status, dict):
        raise Unreadable("not_a_status")
    if isinstance(status.get("reblog"), dict):
        raise Unreadable("reblog")
    if _string(status.get("visibility")) not in PUBLIC:
        raise Unreadable("not_public")
    uri = uri_of(status)
    account = status.get("account")
    if not isinstance(account, dict) or not _string(account.get("acct")):
        raise Unreadable("no_author")
    author_id, handle, name = _author(account, host)
    local = local_id(status)
    if local:
        ids.learn(local, uri)
    quote_of = _quote(status.get("quote"), host, ids)
    content = plain(_string(status.get("content")), without_quote=quote_of is not None)
    media = _dicts(status.get("media_attachments"))
    poll = status.get("poll")
    created = moment(status.get("created_at"))
    return Post(
        id=uri,
        network="mastodon",
        source=source,
        author_id=author_id,
        author_handle=handle,
        author_name=name,
        text=content.text,
        seen_at=now,
        created_at=created,
        edited_at=moment(status.get("edited_at")),
        langs=_langs(status.get("language")),
        reply_to=_named(status.get("in_reply_to_id"), host, ids),
        quote_of=quote_of,
        url=_link(status.get("url")),
        warning=clean(_string(status.get("spoiler_text"))[:5000]) or None,
        links=content.links,
        tags=_texts(status.get("tags"), "name"),
        handles=tuple(_handle(entry, host) for entry in _dicts(status.get("mentions")) if _string(entry.get("acct"))),
        media=len(media) + content.images,
        media_alts=(*_texts(media, "description"), *content.alts),
        labels=_labels(status, account),
        poll=_texts(poll.get("options"), "title") if isinstance(poll, dict) else (),
    )


def uri_of(status: Mapping[str, Any]) -> str:
    """The status URI, or its address where a server sends no URI.

    :raises Unreadable: ``no_id``.
    """
    for name in ("uri", "url"):
        value = status.get(name)
        if isinstance(value, str) and 0 < len(value) <= _LONGEST_ID and value.isprintable():
            return value
    raise Unreadable("no_id")


def local_id(status: object) -> str | None:
    """The server's own number for a status (a string of letters and digits), if it has a usable one."""
    value = status.get("id") if isinstance(status, dict) else None
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**40:
        value = str(value)
    return value if isinstance(value, str) and 0 < len(value) <= 64 and value.isascii() and value.isalnum() else None


def order(local: str) -> tuple[int, str]:
    """A sort key for a server's numbers: snowflakes and flakes grow in length first, then letter by letter."""
    return len(local), local


def moment(value: object) -> datetime | None:
    """An ISO 8601 time in UTC; None for anything else. A time without a zone is UTC."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        when = datetime.fromisoformat(value)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def count_row(status: Mapping[str, Any], post_id: str, now: datetime) -> dict[str, object]:
    """The server's own figures for a post as a row of :data:`kalkan.posts.COUNTS`, mode "total"."""
    return {
        "post_id": post_id,
        "network": "mastodon",
        "at": now,
        "mode": "total",
        "likes": _figure(status.get("favourites_count")),
        "reposts": _figure(status.get("reblogs_count")),
        "replies": _figure(status.get("replies_count")),
        "quotes": _figure(status.get("quotes_count")),
    }


def _author(account: Mapping[str, Any], host: str) -> tuple[str, str, str | None]:
    """Account URI (or address, or handle), handle, and the name it shows."""
    handle = _handle(account, host)
    address = _link(account.get("uri")) or _link(account.get("url"))
    return address or handle, handle, clean(_string(account.get("display_name"))[:500]) or None


def _handle(account: Mapping[str, Any], host: str) -> str:
    """``name@host``: servers leave out the host of their own people, so it is taken from the account's address."""
    acct = clean(_string(account.get("acct"))[:300]).replace(" ", "").lstrip("@")
    if "@" in acct:
        return acct
    try:
        home = urlsplit(_string(account.get("uri")) or _string(account.get("url"))).hostname
    except ValueError:
        home = None
    return f"{acct}@{clean(home or host)[:253]}"


def _quote(quote: object, host: str, ids: LocalIds) -> str | None:
    if not isinstance(quote, dict):
        return None
    quoted = quote.get("quoted_status")
    if isinstance(quoted, dict):
        try:
            return uri_of(quoted)
        except Unreadable:
            return _named(quoted.get("id"), host, ids)
    return _named(quote.get("quoted_status_id"), host, ids)


def _named(local: object, host: str, ids: LocalIds) -> str | None:
    number = local_id({"id": local})
    return (ids.uri(number) or f"{host}/{number}") if number else None


def _labels(status: Mapping[str, Any], account: Mapping[str, Any]) -> tuple[str, ...]:
    said = {"sensitive": status.get("sensitive"), "bot": account.get("bot"), "noindex": account.get("noindex")}
    return tuple(name for name, value in said.items() if value is True)


def _langs(value: object) -> tuple[str, ...]:
    tag = _string(value).strip().lower()
    return (tag,) if 2 <= len(tag) <= 35 and tag.isascii() and tag.replace("-", "").isalnum() else ()


def _texts(entries: object, name: str) -> tuple[str, ...]:
    found = (clean(_string(entry.get(name))[:5000]) for entry in _dicts(entries))
    return tuple(text for text in found if text)


def _dicts(value: object) -> list[dict[str, Any]]:
    return [entry for entry in value[:_MOST] if isinstance(entry, dict)] if isinstance(value, list) else []


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _link(value: object) -> str | None:
    return value if isinstance(value, str) and is_link(value) else None


def _figure(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**62 else None
