"""Publishing on Mastodon, and every server that speaks its API: posts, threads, replies, pictures with alt texts.

Owns the form of a status and the search for one that may be out. Promises that a posting is one status: it is sent
under an ``Idempotency-Key``, which a server remembers for an hour (no policy lets anything be sent that late), and
before a second try the account's own newest statuses are read. Never sends the token to another host than its own.

Sources: https://docs.joinmastodon.org/methods/statuses/, /media/, /oauth/, /instance/, /api/rate-limits/.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import regex

from kalkan.drafts import Media, Receipt, Variant
from kalkan.errors import InvalidInput, NetworkError
from kalkan.networks.addresses import check_address
from kalkan.networks.base import Option
from kalkan.networks.http import Answer, Door
from kalkan.networks.markup import plain
from kalkan.networks.publishing import (
    REFUSALS,
    Allowance,
    Credentials,
    Identity,
    Keep,
    Posting,
    PostLimits,
    Problem,
    PublishKind,
    Unsure,
    problems,
    write,
)
from kalkan.networks.statuses import local_id, moment, uri_of
from kalkan.text import graphemes, urls

SCOPES: Final = "read:accounts read:statuses read:search write:statuses write:media"
LIMITS: Final = PostLimits(
    graphemes=500,
    images=4,
    image_bytes=16_777_216,
    alt=1500,
    warnings=True,
    visibilities=("public", "unlisted"),
)
LINK: Final = 23  # signs that any web address counts, unless the server says otherwise
PAGES: Final = 3  # of the account's own statuses, searched for one that may be out
_ASK_AGAIN: Final = timedelta(hours=1)
_SKEW: Final = timedelta(seconds=5)
_REMOTE: Final = regex.compile(r"(?<![\w/])@(\w+(?:[\w.-]+\w)?)@[\w.-]+[\w]", regex.IGNORECASE)


def count(text: str, *, link: int = LINK) -> int:
    """How many signs a server counts: a web address as ``link``, a mention without its server."""
    length = graphemes(_REMOTE.sub(r"@\1", text))
    return length + sum(link - graphemes(url) for url in urls(text) if "://" in url)


class MastodonPublisher:
    """One account. See :class:`kalkan.networks.publishing.Publisher` for what its methods owe."""

    network = "mastodon"

    def __init__(self, account: str, credentials: Credentials, *, keep: Keep, loopback: bool = False) -> None:
        self.account = account
        self._server = credentials["server"].rstrip("/")
        self._token = credentials["token"]
        self._door = Door(allow_private=loopback, total_s=60.0)
        self._allowance = Allowance()
        self._until: datetime | None = None  # the server has no patience left before then
        self._limits: tuple[datetime, PostLimits, int] | None = None
        self._me: dict[str, Any] | None = None
        self._keep = keep  # a token that is not renewed leaves nothing to keep

    def identify(self, *, now: datetime) -> Identity:
        """See :meth:`Publisher.identify`."""
        self._me = self._asked("/api/v1/accounts/verify_credentials", now=now)
        return _identity(self._me, self._server)

    def limits(self, *, now: datetime) -> PostLimits:
        """See :meth:`Publisher.limits`; a server that says nothing has Mastodon's own."""
        return self._known(now)[0]

    def check(self, variant: Variant, *, now: datetime) -> tuple[Problem, ...]:
        """See :meth:`Publisher.check`."""
        limits, link = self._known(now)
        found = problems(variant, limits, lambda text: count(text, link=link))
        if variant.reply_to and urlsplit(variant.reply_to).scheme not in ("https", "http"):
            found = (*found, Problem(code="reply_elsewhere", part=0, params={"network": "Mastodon"}))
        return found

    def upload(self, media: Media, data: bytes, *, now: datetime) -> str:
        """A medium with its description; the server may still be working on it when this returns."""
        boundary = hashlib.sha256(media.sha256.encode() + data[:64]).hexdigest()
        body = _form(boundary, media, data)
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        answer = self._tell("POST", "/api/v2/media", body, now=now, headers=headers)
        told = self._read(answer)
        number = local_id(told)
        if number is None:
            raise Unsure("answer_unreadable", host=self._server, detail="media")
        return json.dumps({"id": number, "ready": answer.status != 202})

    def send(self, posting: Posting, *, now: datetime) -> Receipt:
        """See :meth:`Publisher.send`."""
        if self._until is not None and now < self._until:
            wait = (self._until - now).total_seconds()
            raise NetworkError("rate_limited", retry_after=wait, host=self._server, status=429)
        variant, post = posting.variant, posting.post
        body: dict[str, Any] = {"status": post.text, "visibility": variant.visibility}
        if posting.uploads:
            body["media_ids"] = [self._ready(ref, now) for ref in posting.uploads]
        if variant.lang:
            body["language"] = variant.lang
        if variant.warning:
            body |= {"spoiler_text": variant.warning, "sensitive": True}
        if answered := self._answered(posting, now):
            body["in_reply_to_id"] = answered
        headers = {"Idempotency-Key": posting.key, "Content-Type": "application/json"}
        content = json.dumps(body, ensure_ascii=False).encode()
        told = self._read(self._tell("POST", "/api/v1/statuses", content, now=now, headers=headers))
        return _receipt(told, now)

    def look_up(self, posting: Posting, *, now: datetime) -> Receipt | None:
        """See :meth:`Publisher.look_up`: the account's own statuses since the first try, compared word for word."""
        answered = self._answered(posting, now)
        older: dict[str, str] = {}
        for _ in range(PAGES):
            path = f"/api/v1/accounts/{self._own_id(now)}/statuses"
            answer = self._ask(path, {"limit": "40", "exclude_reblogs": "true", **older}, now=now)
            page = self._list(answer)
            since = posting.at + _ahead(answer, now) - _SKEW
            for status in page:
                written = moment(status.get("created_at"))
                if written is None or written < since:
                    continue
                if self._same(status, posting, answered, now):
                    return _receipt(status, now, found=True)
            last = local_id(page[-1]) if page else None
            if last is None or (moment(page[-1].get("created_at")) or since) < since:
                return None
            older = {"max_id": last}
        return None

    def take_down(self, receipt: Receipt, *, now: datetime) -> None:
        """See :meth:`Publisher.take_down`."""
        if not receipt.ref.isalnum():
            raise InvalidInput("post_not_ours", id=receipt.id)
        answer = self._tell("DELETE", f"/api/v1/statuses/{receipt.ref}", b"", now=now, headers={})
        if answer.status not in (404, 410):
            self._read(answer)

    def allowance(self) -> Allowance:
        """See :meth:`Publisher.allowance`."""
        return self._allowance

    def close(self) -> None:
        """See :meth:`Publisher.close`."""
        self._door.close()

    # -- what a posting needs ----------------------------------------------------------------------------------------

    def _ready(self, ref: str, now: datetime) -> str:
        """The number of an uploaded medium that the server has done with."""
        told = json.loads(ref)
        number = str(told["id"])
        if not told["ready"]:
            answer = self._ask(f"/api/v1/media/{number}", {}, now=now)
            if answer.status == 206:
                raise NetworkError("media_not_ready", retry_after=3.0, server=self._server)
            self._read(answer)
        return number

    def _answered(self, posting: Posting, now: datetime) -> str:
        """The server's own number of the status that a posting answers; empty where it answers none."""
        if posting.place.parent is not None:
            return posting.place.parent.ref
        if not posting.place.reply_to:
            return ""
        uri = posting.place.reply_to
        number = self._number_here(uri, now)
        if number is None:
            params = {"q": uri, "resolve": "true", "type": "statuses", "limit": "1"}
            told = self._asked("/api/v2/search", params, now=now).get("statuses")
            first = told[0] if isinstance(told, list) and told else None
            number = local_id(first)
        if number is None:
            raise NetworkError("reply_target_gone", permanent=True, id=uri)
        return number

    def _number_here(self, uri: str, now: datetime) -> str | None:
        """The number in an address of this very server, if that status stands there under it."""
        parts = urlsplit(uri)
        number = local_id({"id": parts.path.rstrip("/").rpartition("/")[2]})
        if number is None or parts.netloc != urlsplit(self._server).netloc:
            return None
        answer = self._ask(f"/api/v1/statuses/{number}", {}, now=now)
        if answer.status == 404:
            return None
        told = self._read(answer)
        return number if uri in (told.get("uri"), told.get("url")) else None

    def _same(self, status: Mapping[str, Any], posting: Posting, answered: str, now: datetime) -> bool:
        """Whether ``status`` is what ``posting`` made: the same answer, as many media, the same words."""
        media = status.get("media_attachments")
        if str(status.get("in_reply_to_id") or "") != answered or len(media or ()) != len(posting.uploads):
            return False
        number = local_id(status)
        answer = self._ask(f"/api/v1/statuses/{number}/source", {}, now=now)
        if answer.status < 400:
            told = self._read(answer)
            return _even(str(told.get("text", ""))) == _even(posting.post.text)
        shown = plain(str(status.get("content", ""))).text  # a server that does not tell the source
        return _bare(shown) == _bare(posting.post.text)

    def _own_id(self, now: datetime) -> str:
        if self._me is None:
            self.identify(now=now)
        assert self._me is not None
        return str(local_id(self._me))

    def _known(self, now: datetime) -> tuple[PostLimits, int]:
        """Limits, and what a link counts; asked of the server once an hour."""
        if self._limits is None or now >= self._limits[0] + _ASK_AGAIN:
            answer = self._ask("/api/v2/instance", {}, now=now)
            if answer.status == 404:
                answer = self._ask("/api/v1/instance", {}, now=now)
            told = self._read(answer).get("configuration")
            self._limits = (now, *_limits(told if isinstance(told, dict) else {}))
        return self._limits[1], self._limits[2]

    # -- the wire ----------------------------------------------------------------------------------------------------

    def _asked(self, path: str, params: Mapping[str, str] | None = None, *, now: datetime) -> dict[str, Any]:
        return self._read(self._ask(path, params or {}, now=now))

    def _ask(self, path: str, params: Mapping[str, str], *, now: datetime) -> Answer:
        headers = {"Authorization": f"Bearer {self._token}"}
        answer = self._door.get(self._server + path, now=now, params=params, headers=headers, accept=_SAID)
        return self._count(answer, now)

    def _tell(self, method: str, path: str, body: bytes, *, now: datetime, headers: Mapping[str, str]) -> Answer:
        sent = {**headers, "Authorization": f"Bearer {self._token}"}
        return self._count(write(self._door, method, self._server + path, body, now=now, headers=sent), now)

    def _count(self, answer: Answer, now: datetime) -> Answer:
        if answer.rate is not None:
            self._allowance = Allowance(remaining=answer.rate.remaining, reset=answer.rate.reset)
            self._until = now + timedelta(seconds=answer.rate.reset) if answer.rate.remaining == 0 else None
        return answer

    def _read(self, answer: Answer) -> dict[str, Any]:
        return _read(answer, self._server)

    def _list(self, answer: Answer) -> list[dict[str, Any]]:
        if answer.status >= 400:
            self._read(answer)
        try:
            told = json.loads(answer.body)
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, list):
            raise NetworkError("answer_unreadable", host=self._server, detail="not a list")
        return [status for status in told if isinstance(status, dict)]


_SAID: Final = REFUSALS - {429}


def _read(answer: Answer, server: str) -> dict[str, Any]:
    """What an answer says, or the fault it tells."""
    try:
        told = json.loads(answer.body or b"{}")
    except (ValueError, RecursionError):
        told = None
    if answer.status < 400:
        if not isinstance(told, dict):
            raise Unsure("answer_unreadable", host=server, detail="JSON")
        return told
    detail = str(told.get("error", ""))[:200] if isinstance(told, dict) else ""
    if answer.status in (401, 403):
        raise NetworkError("account_refused", permanent=True, server=server, detail=detail)
    if answer.status == 429:
        wait = answer.rate.reset if answer.rate else float(answer.headers.get("retry-after", "") or 60.0)
        raise NetworkError("rate_limited", retry_after=max(wait, 1.0), host=server, status=429)
    raise NetworkError("publish_refused", permanent=True, server=server, detail=detail or str(answer.status))


def _ahead(answer: Answer, now: datetime) -> timedelta:
    """How far the server's clock is ahead of ours."""
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")) - now
    except (ValueError, TypeError):
        return timedelta(0)


def _limits(told: Mapping[str, Any]) -> tuple[PostLimits, int]:
    statuses, media = _part(told, "statuses"), _part(told, "media_attachments")

    def number(of: Any, name: str, default: int | None) -> int | None:
        value = of.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else default

    kinds = media.get("supported_mime_types")
    mimes = frozenset(str(one) for one in kinds) if isinstance(kinds, list) and kinds else LIMITS.mimes
    limits = PostLimits(
        graphemes=number(statuses, "max_characters", LIMITS.graphemes),
        images=number(statuses, "max_media_attachments", LIMITS.images) or LIMITS.images,
        image_bytes=number(media, "image_size_limit", LIMITS.image_bytes),
        alt=number(media, "description_limit", LIMITS.alt),
        mimes=LIMITS.mimes & mimes,
        warnings=True,
        visibilities=LIMITS.visibilities,
    )
    return limits, number(statuses, "characters_reserved_per_url", LINK) or LINK


def _part(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = told.get(name)
    return found if isinstance(found, dict) else {}


def _receipt(status: Mapping[str, Any], now: datetime, *, found: bool = False) -> Receipt:
    number, at = local_id(status), moment(status.get("created_at"))
    if number is None:
        raise Unsure("answer_unreadable", host="", detail="status")
    return Receipt(id=uri_of(status), at=at or now, url=str(status.get("url") or ""), ref=number, found=found)


def _identity(told: Mapping[str, Any], server: str) -> Identity:
    user = str(told.get("acct") or told.get("username") or "")
    address = str(told.get("uri") or told.get("url") or "")
    host = urlsplit(server).hostname or server
    return Identity(
        account=f"mastodon:{address}",
        handle=user if "@" in user else f"{user}@{host}",
        name=str(told.get("display_name") or ""),
        url=str(told.get("url") or ""),
    )


def _even(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _bare(text: str) -> str:
    return regex.sub(r"\s+", " ", _REMOTE.sub(r"@\1", text)).strip()


def _form(boundary: str, media: Media, data: bytes) -> bytes:
    """``multipart/form-data`` with the file and its description (RFC 7578)."""
    name = f"{media.sha256[:16]}.{media.mime.rpartition('/')[2]}"
    lines = [
        f"--{boundary}",
        'Content-Disposition: form-data; name="description"',
        "Content-Type: text/plain; charset=utf-8",
        "",
        media.alt,
        f"--{boundary}",
        f'Content-Disposition: form-data; name="file"; filename="{name}"',
        f"Content-Type: {media.mime}",
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + data + f"\r\n--{boundary}--\r\n".encode()


# -- signing in --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class SignIn:
    """Where to send a person so that their server asks them, and what to keep (sealed) until they come back."""

    url: str
    secrets: Mapping[str, str]


def begin_sign_in(
    server: str, *, redirect: str, state: str, verifier: str, now: datetime, loopback: bool = False
) -> SignIn:
    """Make Kalkan known to ``server`` and begin OAuth (authorization code with PKCE).

    ``state`` and ``verifier`` (43 to 128 signs of A–Z a–z 0–9 - . _ ~) are random; ``redirect`` is where the server
    sends the person back to, with ``code`` and ``state`` in the query, or ``urn:ietf:wg:oauth:2.0:oob`` to show a code.

    :raises InvalidInput: ``server`` is no address.
    """
    server = (server if "://" in server else f"https://{server}").rstrip("/")
    check_address(server, allow_private=loopback)
    body = {"client_name": "Kalkan", "redirect_uris": redirect, "scopes": SCOPES}
    told = _post(server, "/api/v1/apps", body, now=now, loopback=loopback)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": str(told.get("client_id", "")),
        "redirect_uri": redirect,
        "scope": SCOPES,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    secrets = {
        "server": server,
        "client_id": query["client_id"],
        "client_secret": str(told.get("client_secret", "")),
        "redirect": redirect,
        "verifier": verifier,
    }
    return SignIn(url=f"{server}/oauth/authorize?{urlencode(query, quote_via=quote)}", secrets=secrets)


def finish_sign_in(
    secrets: Mapping[str, str], code: str, *, now: datetime, loopback: bool = False
) -> tuple[Identity, dict[str, str]]:
    """The account and the credentials to seal, for the ``code`` that the person came back with.

    :raises NetworkError: the server does not take it.
    """
    body = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": secrets["client_id"],
        "client_secret": secrets["client_secret"],
        "redirect_uri": secrets["redirect"],
        "code_verifier": secrets["verifier"],
        "scope": SCOPES,
    }
    told = _post(secrets["server"], "/oauth/token", body, now=now, loopback=loopback)
    return connect(
        {"server": secrets["server"], "token": str(told.get("access_token", ""))}, now=now, loopback=loopback
    )


def _post(server: str, path: str, body: Mapping[str, str], *, now: datetime, loopback: bool) -> dict[str, Any]:
    door = Door(allow_private=loopback)
    try:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return _read(write(door, "POST", server + path, urlencode(body).encode(), now=now, headers=headers), server)
    finally:
        door.close()


def connect(options: Mapping[str, str], *, now: datetime, loopback: bool = False) -> tuple[Identity, dict[str, str]]:
    """Whom a ``token`` of a ``server`` speaks for, and the credentials to seal.

    :raises InvalidInput: something is missing, or the address is none.
    :raises NetworkError: ``account_refused`` where the token does not work.
    """
    for name in ("server", "token"):
        if not options.get(name, "").strip():
            raise InvalidInput("option_missing", network="Mastodon", option=name)
    server = options["server"].strip().rstrip("/")
    server = server if "://" in server else f"https://{server}"
    check_address(server, allow_private=loopback)
    held = {"server": server, "token": options["token"].strip()}
    publisher = MastodonPublisher("", held, keep=lambda new: None, loopback=loopback)
    try:
        return publisher.identify(now=now), held
    finally:
        publisher.close()


def open_publisher(account: str, credentials: Credentials, *, keep: Keep, loopback: bool = False) -> MastodonPublisher:
    """The account's publisher; connects nowhere yet.

    :raises InvalidInput: ``account_unreadable``: these are not credentials of :func:`connect`.
    """
    if not credentials.get("server") or not credentials.get("token"):
        raise InvalidInput("account_unreadable")
    return MastodonPublisher(account, credentials, keep=keep, loopback=loopback)


PUBLISH: Final = PublishKind(
    name="mastodon",
    title="Mastodon",
    options=(
        Option(name="server", kind="url", required=True),
        Option(name="token", kind="secret", required=True),
    ),
    connect=connect,
    limits=LIMITS,
    count=count,
    open=open_publisher,
)
