"""Publishing on Bluesky with an app password: posts, threads, replies, pictures with alt texts, link cards.

Owns the session (made once, refreshed, never made anew while a refresh will do: making sessions is what servers ration
most) and the record of a post. Promises that a posting is one record under one key, made from the posting alone:
``putRecord`` with ``swapRecord: null`` puts it there only where nothing stands, so that a second try can never make a
second post or change the first. Never reads timelines.

Sources: lexicons com.atproto.server.*, com.atproto.repo.*, app.bsky.feed.post, app.bsky.embed.* of
github.com/bluesky-social/atproto; https://docs.bsky.app/docs/advanced-guides/rate-limits (create = 3 points).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from kalkan.drafts import Media, Receipt, Variant
from kalkan.errors import InvalidInput, KalkanError, NetworkError
from kalkan.networks.base import Option
from kalkan.networks.bluesky_text import facets
from kalkan.networks.http import Answer, Door
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
    secure,
    write,
)
from kalkan.text import display_host, graphemes

SERVICE: Final = "https://bsky.social"
POST: Final = "app.bsky.feed.post"
LIMITS: Final = PostLimits(graphemes=300, bytes=3000, images=4, image_bytes=1_000_000, alt=2000, cards=True)
CREATE: Final = 3  # points that making one record costs
_SIGNS: Final = "234567abcdefghijklmnopqrstuvwxyz"
_URI: Final = re.compile(r"at://(did:[a-z]+:[A-Za-z0-9._:%-]+)/([a-zA-Z0-9.-]+)/([A-Za-z0-9._:~-]{1,512})", re.ASCII)
_TOKEN_FAULTS: Final = frozenset({"ExpiredToken", "InvalidToken", "AuthMissing", "AuthenticationRequired"})
_NO_ACCOUNT: Final = frozenset({"AccountTakedown", "AccountDeactivated", "AccountSuspended"})


def record_key(posting: Posting) -> str:
    """The record key of a posting: a TID of the moment it was first tried and of its key; the same every time.

    13 signs: 53 bits of microseconds since 1970, 10 bits that tell writers apart (https://atproto.com/specs/tid).
    """
    micros = round(posting.at.timestamp() * 1_000_000)
    clock = int.from_bytes(hashlib.sha256(posting.key.encode()).digest()[:2], "big") & 1023
    number = (micros << 10 | clock) & (2**63 - 1)
    return "".join(_SIGNS[number >> shift & 31] for shift in range(60, -1, -5))


class BlueskyPublisher:
    """One account. See :class:`kalkan.networks.publishing.Publisher` for what its methods owe."""

    network = "bluesky"

    def __init__(self, account: str, credentials: Credentials, *, keep: Keep, loopback: bool = False) -> None:
        self.account = account
        self._held = dict(credentials)
        self._keep = keep
        self._door = Door(allow_private=loopback, total_s=60.0)
        self._allowance = Allowance()
        self._until: datetime | None = None
        self._dids: dict[str, str | None] = {}

    def identify(self, *, now: datetime) -> Identity:
        """See :meth:`Publisher.identify`."""
        told = self.asked("com.atproto.server.getSession", {}, now=now)
        if told.get("active") is False:
            raise NetworkError(
                "account_refused", permanent=True, server=self._server, detail=str(told.get("status", ""))
            )
        return _identity(told)

    def limits(self, *, now: datetime) -> PostLimits:
        """The lexicon's; servers have none of their own."""
        return LIMITS

    def check(self, variant: Variant, *, now: datetime) -> tuple[Problem, ...]:
        """See :meth:`Publisher.check`."""
        found = problems(variant, LIMITS, graphemes)
        if variant.reply_to and _URI.fullmatch(variant.reply_to) is None:
            found = (*found, Problem(code="reply_elsewhere", part=0, params={"network": "Bluesky"}))
        return found

    def upload(self, media: Media, data: bytes, *, now: datetime) -> str:
        """A blob; the server forgets it when no record comes to hold it."""
        told = self.told("com.atproto.repo.uploadBlob", data, now=now, mime=media.mime)
        return json.dumps(told["blob"], sort_keys=True)

    def send(self, posting: Posting, *, now: datetime) -> Receipt:
        """See :meth:`Publisher.send`."""
        if self._until is not None and now < self._until and (self._allowance.remaining or 0) < 1:
            wait = (self._until - now).total_seconds()
            raise NetworkError("rate_limited", retry_after=wait, host=self._server, status=429)
        rkey = record_key(posting)
        body = {"repo": self._did, "collection": POST, "rkey": rkey, "swapRecord": None}
        record = self._record(posting, now)
        try:
            told = self.told("com.atproto.repo.putRecord", body | {"record": record}, now=now)
        except _Taken as error:
            found = self.look_up(posting, now=now)
            if found is None:
                raise Unsure("publish_unsure", server=self._server) from error
            return found
        return self._receipt(str(told["uri"]), str(told["cid"]), rkey, now)

    def look_up(self, posting: Posting, *, now: datetime) -> Receipt | None:
        """See :meth:`Publisher.look_up`."""
        rkey = record_key(posting)
        told = self._record_at(self._did, POST, rkey, now)
        if told is None:
            return None
        if told["value"].get("text") != posting.post.text:
            raise NetworkError("publish_other_post", permanent=True, uri=str(told["uri"]))
        return self._receipt(str(told["uri"]), str(told["cid"]), rkey, posting.at, found=True)

    def take_down(self, receipt: Receipt, *, now: datetime) -> None:
        """See :meth:`Publisher.take_down`."""
        match = _URI.fullmatch(receipt.id)
        if match is None or match.group(1) != self._did:
            raise InvalidInput("post_not_ours", id=receipt.id)
        body = {"repo": self._did, "collection": match.group(2), "rkey": match.group(3)}
        self.told("com.atproto.repo.deleteRecord", body, now=now)

    def allowance(self) -> Allowance:
        """See :meth:`Publisher.allowance`."""
        return self._allowance

    def close(self) -> None:
        """See :meth:`Publisher.close`."""
        self._door.close()

    # -- the record --------------------------------------------------------------------------------------------------

    def _record(self, posting: Posting, now: datetime) -> dict[str, Any]:
        post = posting.post
        at = posting.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        record: dict[str, Any] = {"$type": POST, "text": post.text, "createdAt": at}
        if posting.variant.lang:
            record["langs"] = [posting.variant.lang]
        if found := facets(post.text, lambda handle: self._resolve(handle, now)):
            record["facets"] = found
        if embed := _embed(posting):
            record["embed"] = embed
        if reply := self._reply(posting, now):
            record["reply"] = reply
        return record

    def _reply(self, posting: Posting, now: datetime) -> dict[str, Any] | None:
        place = posting.place
        answered = self._answered(place.reply_to, now) if place.reply_to else None
        if place.parent is None:
            return answered
        assert place.root is not None
        root = answered["root"] if answered else _strong(place.root)
        return {"root": root, "parent": _strong(place.parent)}

    def _answered(self, uri: str, now: datetime) -> dict[str, Any]:
        match = _URI.fullmatch(uri)
        told = self._record_at(match[1], match[2], match[3], now) if match else None
        if told is None:
            raise NetworkError("reply_target_gone", permanent=True, id=uri)
        parent = {"uri": str(told["uri"]), "cid": str(told["cid"])}
        above = told["value"].get("reply")
        root = above.get("root") if isinstance(above, dict) else None
        known = isinstance(root, dict) and {"uri", "cid"} <= set(root)
        return {"root": {"uri": root["uri"], "cid": root["cid"]} if root and known else parent, "parent": parent}

    def _resolve(self, handle: str, now: datetime) -> str | None:
        if handle not in self._dids:
            try:
                told = self.asked("com.atproto.identity.resolveHandle", {"handle": handle}, now=now)
                self._dids[handle] = str(told["did"]) if "did" in told else None
            except NetworkError as error:
                if not error.permanent:
                    raise
                self._dids[handle] = None  # nobody has that name: it stays text
        return self._dids[handle]

    def _record_at(self, repo: str, collection: str, rkey: str, now: datetime) -> dict[str, Any] | None:
        params = {"repo": repo, "collection": collection, "rkey": rkey}
        try:
            told = self.asked("com.atproto.repo.getRecord", params, now=now)
        except _Missing:
            return None
        if not isinstance(told.get("value"), dict) or "cid" not in told:
            raise NetworkError("answer_unreadable", host=self._server, detail="getRecord")
        return told

    def _receipt(self, uri: str, cid: str, rkey: str, at: datetime, *, found: bool = False) -> Receipt:
        name = self._held.get("handle") or self._did
        return Receipt(id=uri, at=at, url=f"https://bsky.app/profile/{name}/post/{rkey}", ref=cid, found=found)

    # -- the wire ----------------------------------------------------------------------------------------------------

    @property
    def _did(self) -> str:
        return self._held["did"]

    @property
    def _server(self) -> str:
        return self._held.get("pds") or self._held.get("service") or SERVICE

    def asked(self, method: str, params: Mapping[str, str], *, now: datetime) -> dict[str, Any]:
        """A question to the account\'s server with the account\'s session: ``GET /xrpc/method``, its answer as JSON."""
        url = f"{self._server}/xrpc/{method}" + (f"?{urlencode(params)}" if params else "")

        def ask(token: str) -> Answer:
            return self._door.get(url, now=now, headers=_bearer(token), accept=REFUSALS)

        return self._signed(ask, now)

    def told(self, method: str, body: bytes | Mapping[str, Any], *, now: datetime, mime: str = "") -> dict[str, Any]:
        """A word to the server: ``POST /xrpc/method``.

        :raises Unsure: it may have acted on it.
        :raises NetworkError: it has not.
        """
        content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        url = f"{self._server}/xrpc/{method}"

        def tell(token: str) -> Answer:
            headers = _bearer(token) | {"Content-Type": mime or "application/json"}
            return write(self._door, "POST", url, content, now=now, headers=headers)

        return self._signed(tell, now)

    def _signed(self, call: Any, now: datetime) -> dict[str, Any]:
        """Do ``call`` with the session's token; with a fresh one where that is refused for its age."""
        if not self._held.get("access"):
            self._refresh(now)
        answer = call(self._held["access"])
        if answer.status in (400, 401) and _error(answer)[0] in _TOKEN_FAULTS:
            self._refresh(now)
            answer = call(self._held["access"])
        self._count(answer, now)
        return _read(answer, self._server)

    def _refresh(self, now: datetime) -> None:
        """A fresh session from the refresh token; from the app password only where that does not work any more."""
        told = None
        if self._held.get("refresh"):
            url = f"{self._server}/xrpc/com.atproto.server.refreshSession"
            answer = write(self._door, "POST", url, b"", now=now, headers=_bearer(self._held["refresh"]))
            told = _read(answer, self._server) if answer.status < 400 else None
            if told is None and answer.status not in (400, 401):
                _read(answer, self._server)
        if told is None:
            told = _session(self._door, self._held, now)
        self._held |= _kept(told, self._server)
        self._keep(dict(self._held))

    def _count(self, answer: Answer, now: datetime) -> None:
        left, reset = answer.headers.get("ratelimit-remaining", ""), answer.headers.get("ratelimit-reset", "")
        if left.isdigit() and reset.isdigit():
            wait = max(int(reset) - now.timestamp(), 0.0)
            self._allowance = Allowance(remaining=int(left) // CREATE, reset=wait)
            self._until = datetime.fromtimestamp(int(reset), UTC)


class _Taken(NetworkError):
    """Under that key something stands already."""


class _Missing(NetworkError):
    """There is no such record."""


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _json(answer: Answer) -> dict[str, Any]:
    try:
        told = json.loads(answer.body or b"{}")
    except (ValueError, RecursionError):
        told = None
    return told if isinstance(told, dict) else {}


def _error(answer: Answer) -> tuple[str, str]:
    told = _json(answer)
    return str(told.get("error", "")), str(told.get("message", ""))[:200]


def _read(answer: Answer, server: str) -> dict[str, Any]:
    """What an answer says, or the fault it tells."""
    if answer.status < 400:
        told = _json(answer)
        if not told and answer.body.strip() not in (b"", b"{}"):
            raise Unsure("answer_unreadable", host=server, detail="JSON")
        return told
    name, words = _error(answer)
    detail = ": ".join(part for part in (name, words) if part)
    if name == "InvalidSwap":
        raise _Taken("publish_unsure", server=server)
    if name == "RecordNotFound":
        raise _Missing("not_found", permanent=True, host=server, status=answer.status)
    if answer.status == 429:
        reset, sent = answer.headers.get("ratelimit-reset", ""), answer.headers.get("date", "")
        wait = float(reset) - _seconds(sent) if reset.isdigit() and sent else None
        raise NetworkError("rate_limited", retry_after=max(wait, 1.0) if wait else 60.0, host=server, status=429)
    if answer.status == 401 or name in _TOKEN_FAULTS | _NO_ACCOUNT | {"AuthFactorTokenRequired"}:
        raise NetworkError("account_refused", permanent=True, server=server, detail=detail)
    raise NetworkError("publish_refused", permanent=True, server=server, detail=detail)


def _seconds(date: str) -> float:
    from email.utils import parsedate_to_datetime

    return parsedate_to_datetime(date).timestamp()


def _strong(receipt: Receipt) -> dict[str, str]:
    return {"uri": receipt.id, "cid": receipt.ref}


def _embed(posting: Posting) -> dict[str, Any] | None:
    post = posting.post
    if post.media:
        images = []
        for medium, ref in zip(post.media, posting.uploads, strict=True):
            image: dict[str, Any] = {"alt": medium.alt, "image": json.loads(ref)}
            if medium.width and medium.height:
                image["aspectRatio"] = {"width": medium.width, "height": medium.height}
            images.append(image)
        return {"$type": "app.bsky.embed.images", "images": images}
    if post.card:
        card = {"uri": post.card, "title": display_host(post.card), "description": ""}
        return {"$type": "app.bsky.embed.external", "external": card}
    return None


def _session(door: Door, held: Credentials, now: datetime) -> dict[str, Any]:
    """A new session from the app password."""
    service = held.get("service") or SERVICE
    if not held.get("password"):
        raise NetworkError("account_refused", permanent=True, server=service, detail="")
    name = held.get("did") or held.get("handle", "")
    body = json.dumps({"identifier": name, "password": held["password"]}).encode()
    url = f"{service}/xrpc/com.atproto.server.createSession"
    return _read(write(door, "POST", url, body, now=now, headers={"Content-Type": "application/json"}), service)


def _kept(told: Mapping[str, Any], server: str) -> dict[str, str]:
    """Of a session's answer, what is kept."""
    try:
        kept = {
            "access": told["accessJwt"],
            "refresh": told["refreshJwt"],
            "did": told["did"],
            "handle": told["handle"],
        }
    except KeyError as error:
        raise NetworkError("answer_unreadable", host=server, detail=str(error)) from error
    document = told.get("didDoc")
    services = document.get("service") if isinstance(document, dict) else None
    for service in services if isinstance(services, list) else ():
        if isinstance(service, dict) and str(service.get("id", "")).endswith("#atproto_pds"):
            endpoint = str(service.get("serviceEndpoint", "")).rstrip("/")
            if endpoint.startswith("https://") or not server.startswith("https://"):  # never down to plain HTTP
                kept["pds"] = endpoint
    return {name: str(value) for name, value in kept.items() if value}


def _identity(told: Mapping[str, Any]) -> Identity:
    did, handle = str(told.get("did", "")), str(told.get("handle", ""))
    return Identity(account=f"bluesky:{did}", handle=handle, url=f"https://bsky.app/profile/{handle}")


def connect(options: Mapping[str, str], *, now: datetime, loopback: bool = False) -> tuple[Identity, dict[str, str]]:
    """Sign in with what a person typed (``handle``, ``password``: an app password, ``service``) and keep the session.

    :raises InvalidInput: something is missing, or the address is none.
    :raises NetworkError: ``account_refused`` where the name or the password is wrong.
    """
    held = {name: options.get(name, "").strip() for name in ("handle", "password", "service")}
    held["handle"] = held["handle"].lstrip("@")
    held["service"] = (held["service"] or SERVICE).rstrip("/")
    for name in ("handle", "password"):
        if not held[name]:
            raise InvalidInput("option_missing", network="Bluesky", option=name)
    secure(held["service"], loopback=loopback)
    door = Door(allow_private=loopback)
    try:
        told = _session(door, held, now)
        held |= _kept(told, held["service"])
        return _identity(told), held
    except KalkanError:
        raise
    finally:
        door.close()


def open_publisher(account: str, credentials: Credentials, *, keep: Keep, loopback: bool = False) -> BlueskyPublisher:
    """The account's publisher; connects nowhere yet.

    :raises InvalidInput: ``account_unreadable``: these are not credentials of :func:`connect`.
    """
    if not credentials.get("did"):
        raise InvalidInput("account_unreadable")
    return BlueskyPublisher(account, credentials, keep=keep, loopback=loopback)


PUBLISH: Final = PublishKind(
    name="bluesky",
    title="Bluesky",
    options=(
        Option(name="handle", required=True),
        Option(name="password", kind="secret", required=True),
        Option(name="service", kind="url", default=SERVICE),
    ),
    connect=connect,
    limits=LIMITS,
    count=graphemes,
    open=open_publisher,
)
