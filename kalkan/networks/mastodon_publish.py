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
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from kalkan.drafts import Media, Receipt, Variant
from kalkan.errors import InvalidInput, NetworkError
from kalkan.networks.base import Option
from kalkan.networks.http import Answer, Door
from kalkan.networks.markup import plain
from kalkan.networks.mastodon_words import (
    LIMITS,
    ahead,
    bare,
    count,
    even,
    form,
    identity_of,
    limits_of,
    read,
    receipt_of,
)
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
from kalkan.networks.statuses import local_id, moment

SCOPES: Final = (
    "read:accounts read:statuses read:search read:notifications "
    "write:statuses write:media write:mutes write:blocks write:reports write:notifications"
)
PAGES: Final = 3  # of the account's own statuses, searched for one that may be out
_ASK_AGAIN: Final = timedelta(hours=1)
_SKEW: Final = timedelta(seconds=5)


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
        return identity_of(self._me, self._server)

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
        body = form(boundary, media, data)
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
        return receipt_of(told, now)

    def look_up(self, posting: Posting, *, now: datetime) -> Receipt | None:
        """See :meth:`Publisher.look_up`: the account's own statuses since the first try, compared word for word."""
        try:
            answered: str | None = self._answered(posting, now)
        except NetworkError as error:
            if not error.permanent:
                raise
            answered = None  # what it answered is gone since; the answer may stand all the same
        older: dict[str, str] = {}
        for _ in range(PAGES):
            path = f"/api/v1/accounts/{self._own_id(now)}/statuses"
            answer = self._ask(path, {"limit": "40", "exclude_reblogs": "true", **older}, now=now)
            page = self._list(answer)
            since = posting.at + ahead(answer, now) - _SKEW
            for status in page:
                written = moment(status.get("created_at"))
                if written is None or written < since:
                    continue
                if self._same(status, posting, answered, now):
                    return receipt_of(status, now, found=True)
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

    def _same(self, status: Mapping[str, Any], posting: Posting, answered: str | None, now: datetime) -> bool:
        """Whether ``status`` is what ``posting`` made: the same answer, as many media, the same words."""
        media = status.get("media_attachments")
        if answered is not None and str(status.get("in_reply_to_id") or "") != answered:
            return False
        if len(media or ()) != len(posting.post.media):
            return False
        number = local_id(status)
        answer = self._ask(f"/api/v1/statuses/{number}/source", {}, now=now)
        if answer.status < 400:
            told = self._read(answer)
            return even(str(told.get("text", ""))) == even(posting.post.text)
        shown = plain(str(status.get("content", ""))).text  # a server that does not tell the source
        return bare(shown) == bare(posting.post.text)

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
            self._limits = (now, *limits_of(told if isinstance(told, dict) else {}))
        return self._limits[1], self._limits[2]

    # -- the wire ----------------------------------------------------------------------------------------------------

    def asked(self, path: str, params: Mapping[str, str] | None = None, *, now: datetime) -> Any:
        """A question to the account's server with the account's token: ``GET path``, its answer as JSON."""
        answer = self._ask(path, params or {}, now=now)
        if answer.status >= 400:
            self._read(answer)
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError) as error:
            raise NetworkError("answer_unreadable", host=self._server, detail="JSON") from error

    def told(self, verb: str, path: str, body: Mapping[str, str], *, now: datetime) -> dict[str, Any]:
        """A word to the server: ``verb`` (POST, PUT, PATCH, DELETE) ``path`` with ``body`` as a form.

        :raises Unsure: it may have acted on it.
        :raises NetworkError: it has not.
        """
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._read(self._tell(verb, path, urlencode(body).encode(), now=now, headers=headers))

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
        return read(answer, self._server)

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
    secure(server, loopback=loopback)
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
        return read(write(door, "POST", server + path, urlencode(body).encode(), now=now, headers=headers), server)
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
    secure(server, loopback=loopback)
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
