"""What a person may do on a network against abuse: mute, block, close a thread, hide a reply, report, shields up.

Owns which deeds each network has and how they are said to it. Promises that every deed is one person's word (nothing
here acts by itself), that :func:`act` gives back the deed that undoes it wherever the network allows that, and that
doing the same twice does no harm. Speaks through the account's own session (``bluesky_publish``, ``mastodon_publish``),
so that tokens stay where they are. Never decides, never deletes anybody's post.

Sources: lexicons app.bsky.graph.muteActor, app.bsky.graph.block, app.bsky.feed.threadgate and
com.atproto.moderation.createReport of bluesky-social/atproto; https://docs.joinmastodon.org/methods/accounts/,
/reports/ and /notifications/.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from kalkan.errors import InvalidInput, NetworkError
from kalkan.networks.bluesky_publish import BlueskyPublisher
from kalkan.networks.mastodon_publish import MastodonPublisher
from kalkan.networks.publishing import Publisher

UNDOES: Final = {
    "mute": "unmute", "unmute": "mute", "block": "unblock", "unblock": "block", "gate_thread": "ungate_thread",
    "ungate_thread": "gate_thread", "hide_reply": "unhide_reply", "unhide_reply": "hide_reply",
    "shields_up": "shields_down", "shields_down": "shields_up",
}  # fmt: skip
"""Which deed undoes which; a report is undone by none."""
DEEDS: Final[Mapping[str, frozenset[str]]] = {
    "bluesky": frozenset(
        {"mute", "unmute", "block", "unblock", "gate_thread", "ungate_thread", "hide_reply", "unhide_reply", "report"}
    ),
    "mastodon": frozenset({"mute", "unmute", "block", "unblock", "report", "shields_up", "shields_down"}),
}
"""What each network lets a client do."""
ALLOWED: Final = ("mentioned", "following", "followers")
"""Who may still answer in a closed thread; nobody where none is named."""
WHYS: Final = ("spam", "rude", "threat", "other")
"""What a report may be for."""
SHIELDS: Final[Mapping[str, str]] = {
    "for_not_following": "filter", "for_not_followers": "filter", "for_new_accounts": "filter",
    "for_private_mentions": "filter", "for_limited_accounts": "drop",
}  # fmt: skip
"""Mastodon's notification policy while shields are up: kept aside, not lost; only limited accounts are dropped."""
_POLICY: Final = "/api/v2/notifications/policy"
_GATE: Final = "app.bsky.feed.threadgate"
_BLOCK: Final = "app.bsky.graph.block"


@dataclass(frozen=True, kw_only=True, slots=True)
class Deed:
    """One thing to do. ``account`` is an author's id (DID, account address), ``post`` a post's, ``thread`` its root's.

    ``before`` is what the network had before, as :func:`act` gave it; an undoing deed carries it.
    """

    kind: str
    account: str = ""
    handle: str = ""  # Mastodon finds accounts by it
    post: str = ""
    thread: str = ""
    allow: tuple[str, ...] = ()  # of ALLOWED, for a closed thread
    seconds: int = 0  # how long a mute lasts where the network can end it; 0 = until it is undone
    why: str = "other"
    comment: str = ""
    before: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """What was done, and what undoes it (None: the network allows no undoing)."""

    deed: Deed
    at: datetime
    undo: Deed | None


def act(deed: Deed, session: Publisher, *, now: datetime) -> Done:
    """Do ``deed`` for the account of ``session``, on a person's word.

    :raises InvalidInput: the network has no such deed, or something it needs is missing.
    :raises NetworkError: the network refused it or could not be reached.
    """
    if deed.kind not in DEEDS.get(session.network, frozenset()):
        raise InvalidInput("deed_not_here", network=session.network, kind=deed.kind)
    if set(deed.allow) - set(ALLOWED) or deed.why not in WHYS:
        raise InvalidInput("deed_incomplete", kind=deed.kind, missing="allow, why")
    if isinstance(session, BlueskyPublisher):
        before = _BLUESKY[deed.kind](deed, session, now)
    elif isinstance(session, MastodonPublisher):
        before = _MASTODON[deed.kind](deed, session, now)
    else:
        raise InvalidInput("deed_not_here", network=session.network, kind=deed.kind)
    return Done(deed=deed, at=now.astimezone(UTC), undo=_undoing(deed, before))


def _undoing(deed: Deed, before: str) -> Deed | None:
    if deed.kind not in UNDOES:
        return None
    return Deed(
        kind=UNDOES[deed.kind], account=deed.account, handle=deed.handle, post=deed.post, thread=deed.thread,
        allow=deed.allow, seconds=deed.seconds, before=before,
    )  # fmt: skip


def _need(deed: Deed, *names: str) -> None:
    missing = [name for name in names if not getattr(deed, name)]
    if missing:
        raise InvalidInput("deed_incomplete", kind=deed.kind, missing=", ".join(missing))


# ---------------------------------------------------------------------------------------------- Bluesky


def _bluesky_mute(deed: Deed, session: BlueskyPublisher, now: datetime) -> str:
    _need(deed, "account")
    session.told(f"app.bsky.graph.{deed.kind}Actor", {"actor": deed.account}, now=now)
    return ""


def _bluesky_block(deed: Deed, session: BlueskyPublisher, now: datetime) -> str:
    """A block is a record of ours: its address is what unblocking needs."""
    _need(deed, "account")
    record = {"$type": _BLOCK, "subject": deed.account, "createdAt": _stamp(now)}
    made = session.told(
        "com.atproto.repo.createRecord", {"repo": _own(session, now), "collection": _BLOCK, "record": record}, now=now
    )
    return str(made["uri"])


def _bluesky_unblock(deed: Deed, session: BlueskyPublisher, now: datetime) -> str:
    _need(deed, "before")
    repo, collection, rkey = _parts(deed.before)
    session.told("com.atproto.repo.deleteRecord", {"repo": repo, "collection": collection, "rkey": rkey}, now=now)
    return ""


def _bluesky_gate(deed: Deed, session: BlueskyPublisher, now: datetime) -> str:
    """Close a thread of ours, or put back the gate it had before (``before``: its JSON, or "none")."""
    thread = deed.thread or deed.post
    _mine(deed, thread, session, now)
    was = _gate(thread, session, now)
    if deed.kind == "ungate_thread":
        old = json.loads(deed.before) if deed.before else None
        wanted = {**old, "hiddenReplies": was.get("hiddenReplies", [])} if old and was else old
        if wanted is None and was and was.get("hiddenReplies"):
            wanted = {name: value for name, value in was.items() if name != "allow"}
        _put_gate(thread, wanted, session, now)
    else:
        rules = {"mentioned": "mentionRule", "following": "followingRule", "followers": "followerRule"}
        allow = [{"$type": f"{_GATE}#{rules[one]}"} for one in deed.allow]
        _put_gate(thread, {**(was or _new_gate(thread, now)), "allow": allow}, session, now)
    return json.dumps(was) if was else ""


def _bluesky_reply(deed: Deed, session: BlueskyPublisher, now: datetime) -> str:
    """Hide or show one answer in a thread of ours: it stays on the network, one click away."""
    _need(deed, "post", "thread")
    _mine(deed, deed.thread, session, now)
    gate = _gate(deed.thread, session, now) or _new_gate(deed.thread, now)
    hidden = [one for one in gate.get("hiddenReplies", []) if one != deed.post]
    if deed.kind == "hide_reply":
        hidden.append(deed.post)
    _put_gate(deed.thread, {**gate, "hiddenReplies": hidden}, session, now)
    return ""


def _bluesky_report(deed: Deed, session: BlueskyPublisher, now: datetime) -> str:
    reasons = {"spam": "reasonSpam", "rude": "reasonRude", "threat": "reasonViolation", "other": "reasonOther"}
    if deed.post:
        found = session.asked("app.bsky.feed.getPosts", {"uris": deed.post}, now=now).get("posts")
        if not isinstance(found, list) or not found:
            raise NetworkError("post_gone", permanent=True, id=deed.post)
        subject = {"$type": "com.atproto.repo.strongRef", "uri": deed.post, "cid": str(found[0]["cid"])}
    else:
        _need(deed, "account")
        subject = {"$type": "com.atproto.admin.defs#repoRef", "did": deed.account}
    body = {"reasonType": f"com.atproto.moderation.defs#{reasons[deed.why]}", "subject": subject}
    session.told(
        "com.atproto.moderation.createReport", body | ({"reason": deed.comment} if deed.comment else {}), now=now
    )
    return ""


def _gate(thread: str, session: BlueskyPublisher, now: datetime) -> dict[str, Any] | None:
    """The gate that stands before a thread; None where it is open."""
    repo, _, rkey = _parts(thread)
    where = {"repo": repo, "collection": _GATE, "rkey": rkey}
    try:
        found = session.asked("com.atproto.repo.getRecord", where, now=now).get("value")
    except NetworkError as error:
        if error.code != "not_found":
            raise
        return None
    return dict(found) if isinstance(found, dict) else None


def _put_gate(thread: str, gate: Mapping[str, Any] | None, session: BlueskyPublisher, now: datetime) -> None:
    repo, _, rkey = _parts(thread)
    where = {"repo": repo, "collection": _GATE, "rkey": rkey}
    if gate is None:
        session.told("com.atproto.repo.deleteRecord", where, now=now)
    else:
        session.told("com.atproto.repo.putRecord", {**where, "record": dict(gate)}, now=now)


def _new_gate(thread: str, now: datetime) -> dict[str, Any]:
    return {"$type": _GATE, "post": thread, "createdAt": _stamp(now)}


def _mine(deed: Deed, thread: str, session: BlueskyPublisher, now: datetime) -> None:
    """Only whoever began a thread may close it."""
    if not thread or _parts(thread)[0] != _own(session, now):
        raise InvalidInput("deed_not_ours", kind=deed.kind, post=thread)


def _own(session: BlueskyPublisher, now: datetime) -> str:
    return session.identify(now=now).account.partition(":")[2]


def _parts(uri: str) -> tuple[str, str, str]:
    parts = uri.removeprefix("at://").split("/")
    if not uri.startswith("at://") or len(parts) != 3:
        raise InvalidInput("deed_address_wrong", address=uri)
    return parts[0], parts[1], parts[2]


def _stamp(now: datetime) -> str:
    return now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# ---------------------------------------------------------------------------------------------- Mastodon


def _mastodon_account(deed: Deed, session: MastodonPublisher, now: datetime) -> str:
    """Mute, unmute, block or unblock an account."""
    number = _number(deed, session, now)
    body = {"notifications": "true"} if deed.kind == "mute" else {}
    if deed.kind == "mute" and deed.seconds:
        body["duration"] = str(deed.seconds)
    session.told("POST", f"/api/v1/accounts/{number}/{deed.kind}", body, now=now)
    return ""


def _mastodon_report(deed: Deed, session: MastodonPublisher, now: datetime) -> str:
    categories = {"spam": "spam", "rude": "violation", "threat": "violation", "other": "other"}
    body = {
        "account_id": _number(deed, session, now),
        "category": categories[deed.why],
        "comment": deed.comment[:1000],
        "forward": "false",
    }
    number = urlsplit(deed.post).path.rstrip("/").rpartition("/")[2]
    if number.isascii() and number.isdigit():
        body["status_ids[]"] = number
    session.told("POST", "/api/v1/reports", body, now=now)
    return ""


def _mastodon_shields(deed: Deed, session: MastodonPublisher, now: datetime) -> str:
    """Put the notification policy up, or back to what it was; filtered ones wait in the server's own list."""
    told = session.asked(_POLICY, now=now)
    if not isinstance(told, dict):
        raise NetworkError("answer_unreadable", host=session.account, detail="policy")
    was = {name: str(told[name]) for name in SHIELDS if name in told}
    wanted = dict(SHIELDS) if deed.kind == "shields_up" else json.loads(deed.before or "{}")
    if deed.kind == "shields_down" and not wanted:
        wanted = dict.fromkeys(SHIELDS, "accept")
    session.told("PATCH", _POLICY, {name: value for name, value in wanted.items() if name in SHIELDS}, now=now)
    return json.dumps(was)


def _number(deed: Deed, session: MastodonPublisher, now: datetime) -> str:
    """The server's own number of an account."""
    name = deed.handle.lstrip("@") or deed.account
    if not name:
        _need(deed, "handle")
    params = {"q": name, "type": "accounts", "resolve": "true", "limit": "5"}
    told = session.asked("/api/v2/search", params, now=now)
    found = told.get("accounts") if isinstance(told, dict) else None
    for one in found if isinstance(found, list) else []:
        known = {str(one.get(field, "")).lower() for field in ("acct", "uri", "url")}
        if {name.lower(), name.partition("@")[0].lower() if _local(name, session) else name.lower()} & known:
            return str(one["id"])
    raise NetworkError("account_not_found", permanent=True, account=name)


def _local(name: str, session: MastodonPublisher) -> bool:
    """Whether ``name@server`` is of the account's own server, which leaves the server out."""
    server = urlsplit(session.account.partition(":")[2]).hostname or ""
    return name.partition("@")[2].lower() == server.lower()


_BLUESKY: Final[Mapping[str, Callable[[Deed, BlueskyPublisher, datetime], str]]] = {
    "mute": _bluesky_mute, "unmute": _bluesky_mute, "block": _bluesky_block, "unblock": _bluesky_unblock,
    "gate_thread": _bluesky_gate, "ungate_thread": _bluesky_gate, "hide_reply": _bluesky_reply,
    "unhide_reply": _bluesky_reply, "report": _bluesky_report,
}  # fmt: skip
_MASTODON: Final[Mapping[str, Callable[[Deed, MastodonPublisher, datetime], str]]] = {
    "mute": _mastodon_account, "unmute": _mastodon_account, "block": _mastodon_account, "unblock": _mastodon_account,
    "report": _mastodon_report, "shields_up": _mastodon_shields, "shields_down": _mastodon_shields,
}  # fmt: skip
