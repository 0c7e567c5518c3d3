"""Bluesky, heard through Jetstream: every public post, without an account.

Owns which instance is listened to, from where, and what could not be had again. Promises that a listener that goes on
from the cursor of its last stored batch misses nothing the network can still give, and gets a :class:`Gap` for what it
cannot. Never writes to Bluesky, never asks for anything that is not public, never keeps state beyond the cursor.

Going on: an instance numbers its events for itself, so its number is good only there; anywhere else (another instance,
the older wire, a number the instance does not know) we go back a minute by the clock and let the archive drop what
comes twice.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlencode, urlsplit

import msgspec

from kalkan.errors import ArchiveDamaged, InvalidInput, NetworkError
from kalkan.networks.base import Coverage, Kind, Limits, Option
from kalkan.networks.bluesky_records import POST
from kalkan.networks.jetstream import LIKE, REPOST, Counted, Decoder, Heard
from kalkan.networks.websocket import Refusal, Stream, open_stream
from kalkan.posts import Batch, Gap

INSTANCES: Final = tuple(f"wss://jetstream{n}.us-{coast}.bsky.network" for coast in ("east", "west") for n in (1, 2))
"""The public instances that Bluesky runs."""

REPLAY: Final = timedelta(hours=36)  # what an instance keeps for replay unless its operator says otherwise
_OVERLAP: Final = timedelta(seconds=60)
_SLACK: Final = timedelta(minutes=5)  # all of Bluesky is never silent that long, so what is missing then is lost
_NOT_HERE: Final = (200, 400, 404, 405, 406, 410, 426, 501)  # answers of a server that does not know the newer wire
_MOST_DIDS: Final = 10_000
_WAIT, _LINGER = 0.9, 0.25  # seconds for the first event, and to gather more once there is one
_DID: Final = re.compile(r"did:[a-z]+:[A-Za-z0-9._:%-]+", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class _Position(msgspec.Struct, frozen=True):
    """What a cursor says. ``seq`` counts on ``instance`` alone, ``time_us`` (microseconds since 1970) everywhere."""

    instance: str
    time_us: int
    seq: int | None = None

    @property
    def time(self) -> datetime:
        return _moment(self.time_us)

    def written(self) -> str:
        return msgspec.json.encode(self).decode()


class Bluesky:
    """A listener on Jetstream. See :class:`kalkan.networks.base.Network` for what its methods owe."""

    name = "bluesky"
    limits = Limits(graphemes=300, bytes=3000, images=4, replay_hours=REPLAY / timedelta(hours=1))

    def __init__(
        self,
        source: str,
        *,
        instances: Sequence[str] = INSTANCES,
        wanted_dids: Sequence[str] = (),
        max_rows: int = 20_000,
        replay: timedelta = timedelta(0),
    ) -> None:
        """Listen to ``instances`` (ws or wss addresses, in order of preference).

        ``wanted_dids`` narrows to these accounts; ``replay`` is how far back a listener without a cursor begins.
        """
        self.source = source
        self._instances = tuple(instances)
        self._dids = tuple(wanted_dids)
        self._max_rows = max_rows
        self._replay = replay
        self._decoder = Decoder(source)
        self._watched: frozenset[str] = frozenset()
        self._stream: Stream | None = None
        self._instance = ""
        self._wires: dict[str, int] = {}  # which wire worked last, by instance
        self._blocked: dict[str, datetime] = {}  # until when an instance asked to be left alone
        self._failures: Counter[str] = Counter()
        self._here: _Position | None = None  # where the open stream is; survives a change of subscription
        self._since: _Position | None = None  # what was asked for, until the first event shows what was given
        self._by_number = False
        self._outdated = False
        self._delivered = False  # whether the open stream has brought anything
        self._high: _Position | None = None  # the latest event that was ever handed out
        self._floor = Counted()
        self._too_slow = False
        self._requests = 0

    def poll(self, cursor: str | None, *, now: datetime) -> Batch:
        """What came since ``cursor``: see the base. A first call without a cursor begins ``now`` (less ``replay``).

        :raises NetworkError: no instance could be reached, all asked for patience, or the stream ended.
        :raises ArchiveDamaged: the cursor is none of ours.
        """
        while True:
            if self._stream is None:
                self._join(self._here or _position(cursor), now)
            assert self._stream is not None
            had = self._stream.bytes
            frames = self._stream.drain(most=self._max_rows, wait=_WAIT, linger=_LINGER)
            if not frames and self._stream.fault is not None:
                raise self._ended(self._stream.fault)
            heard = self._decoder.read(
                frames, wire=self._wires[self._instance], now=now, watched=self._watched, counted=self._floor
            )
            if not self._misplaced(heard):
                return self._batch(heard, read=self._stream.bytes - had, now=now)
            self._leave()

    def watch(self, post_ids: frozenset[str]) -> None:
        """Count likes, reposts, replies and quotes of ``post_ids`` as they pass; see the base."""
        subscribed, self._watched = bool(self._watched), post_ids
        if bool(post_ids) != subscribed and self._stream is not None:
            self._leave()  # what is sent depends on it; the next poll goes on from the very place we are at

    def close(self) -> None:
        """Hang up."""
        self._leave()

    def _join(self, since: _Position | None, now: datetime) -> None:
        instance = self._choose(since, now)
        by_number = since is not None and since.instance == instance and since.seq is not None
        by_number = by_number and self._wires.get(instance, 2) == 2 and not self._outdated
        replaying = since is not None or self._replay > timedelta(0)
        start = since or _Position(instance=instance, time_us=_micros(now - self._replay))
        for wire in (2, 1) if self._wires.get(instance, 2) == 2 else (1,):
            answer = self._open(instance, wire, start if replaying else None, by_number, now)
            if isinstance(answer, Refusal) and by_number and _named(answer) == "CursorTooOld":
                by_number, self._outdated = False, True
                answer = self._open(instance, wire, start, False, now)
            if isinstance(answer, Stream):
                self._wires[instance] = wire
                break
            by_number = False  # the older wire goes by the clock
            if wire == 1 or answer.status not in _NOT_HERE:
                raise self._refused(instance, answer, now)
        assert isinstance(answer, Stream)
        self._stream, self._instance, self._by_number = answer, instance, by_number
        self._floor = self._counted(since, by_number)
        self._since, self._delivered, self._too_slow = since, False, False
        if since is None:  # a first start: what came before was never promised, so it can be no gap
            self._here = None if replaying else start
        else:
            self._here = since if since.instance == instance else _Position(instance=instance, time_us=since.time_us)

    def _open(
        self, instance: str, wire: int, since: _Position | None, by_number: bool, now: datetime
    ) -> Stream | Refusal:
        collections = [POST, LIKE, REPOST] if self._watched else [POST]
        if wire == 2:
            path = "/xrpc/network.bsky.jetstream.subscribeEvents"
            query = [("kinds", "commit"), ("kinds", "account")]
            query += [("collections", name) for name in collections] + [("dids", did) for did in self._dids]
        else:
            path = "/subscribe"
            query = [("wantedCollections", name) for name in collections]
            query += [("wantedDids", did) for did in self._dids]
        if since is not None:
            back = since.time_us - _OVERLAP // timedelta(microseconds=1)
            query.append(("cursor", str(since.seq if by_number else back)))
        self._requests += 1
        try:
            return open_stream(
                f"{instance}{path}?{urlencode(query)}",
                now=now,
                subprotocols=("xrpc.v1.json",) if wire == 2 else (),
            )
        except NetworkError as error:
            self._failures[instance] += 1
            raise NetworkError("bluesky_unreachable", instance=instance, detail=error.params["detail"]) from error

    def _choose(self, since: _Position | None, now: datetime) -> str:
        """The instance to try: not blocked, failed least, and best the one whose numbers the cursor knows."""
        preferred = since.instance if since else self._instances[0]
        able = [name for name in self._instances if self._blocked.get(name, now) <= now]
        if not able:
            until = min(self._blocked.values())
            raise NetworkError("bluesky_busy", retry_after=(until - now).total_seconds(), instance=self._instances[0])
        return min(able, key=lambda name: (self._failures[name], name != preferred))

    def _refused(self, instance: str, answer: Refusal, now: datetime) -> NetworkError:
        self._failures[instance] += 1
        if answer.retry_after is not None:
            self._blocked[instance] = now + timedelta(seconds=answer.retry_after)
        others = any(self._blocked.get(name, now) <= now for name in self._instances if name != instance)
        wish = None if others else answer.retry_after
        if answer.status in (408, 429) or answer.status >= 500:
            return NetworkError("bluesky_busy", retry_after=wish, instance=instance)
        detail = f"{answer.status} {_named(answer)}".strip()
        return NetworkError(
            "bluesky_refused",
            permanent=answer.status == 400 and not others,
            retry_after=wish,
            instance=instance,
            detail=detail,
        )

    def _ended(self, fault: str) -> NetworkError:
        self._leave()
        self._here = None  # after a fault only what the archive holds is sure
        if not self._delivered:  # else it only hung up: it still knows our number, so it is asked first
            self._failures[self._instance] += 1
        if self._too_slow:
            return NetworkError("bluesky_too_slow", instance=self._instance)
        return NetworkError("bluesky_ended", instance=self._instance, detail=fault)

    def _leave(self) -> None:
        if self._stream is not None:
            self._stream.close()
        self._stream = None

    def _counted(self, since: _Position | None, by_number: bool) -> Counted:
        """Up to where counting has come: likes have no rows of their own that the archive could tell apart."""
        high = self._high
        if since is None:
            return Counted()
        if by_number:
            return Counted(seq=max(since.seq or 0, high.seq or 0 if high and high.instance == since.instance else 0))
        return Counted(time_us=max(since.time_us, high.time_us if high else 0))

    def _misplaced(self, heard: Heard) -> bool:
        """Whether the instance's numbers turn out not to be those the cursor meant: then go by the clock instead."""
        if self._since is None or not self._by_number:
            return False
        if "FutureCursor" not in heard.notices:
            if heard.first_seq is None or heard.first_us is None or self._since.seq is None:
                return False
            late = _moment(heard.first_us) - self._since.time
            if heard.first_seq >= self._since.seq and (late <= _SLACK or self._dids):
                return False
        self._here = _Position(instance=self._since.instance, time_us=self._since.time_us)
        return True

    def _batch(self, heard: Heard, *, read: int, now: datetime) -> Batch:
        gaps: tuple[Gap, ...] = ()
        self._outdated |= "OutdatedCursor" in heard.notices
        if "ConsumerTooSlow" in heard.notices:
            self._too_slow = True
        if heard.first_us is not None and heard.last_us is not None:
            gaps = self._missing(_moment(heard.first_us), now)
            before = self._here.time_us if self._here else 0
            self._here = _Position(instance=self._instance, time_us=max(heard.last_us, before), seq=heard.last_seq)
            self._high = self._here
            if self._wires[self._instance] == 1:  # it repeats itself, so counting goes on from the latest only
                self._floor = Counted(time_us=self._here.time_us)
            self._failures[self._instance] = 0
            self._since, self._outdated, self._delivered = None, False, True
        requests, self._requests = self._requests, 0
        return Batch(
            posts=heard.posts,
            gone=heard.gone,
            counts=heard.counts,
            gaps=gaps,
            rejects=heard.rejects,
            cursor=self._here.written() if self._here else None,
            heard_until=_moment(heard.last_us) if heard.last_us is not None else None,
            frames=heard.frames,
            bytes=read,
            requests=requests,
        )

    def _missing(self, first: datetime, now: datetime) -> tuple[Gap, ...]:
        """What lies between where we wanted to go on and the first event given.

        An instance clamps to its replay window, on the older wire without a word. Within the window a late first
        event means loss only where silence is impossible.
        """
        since = self._since
        if since is None or first <= since.time:
            return ()
        told = self._outdated or now - since.time > REPLAY
        silent = first - since.time > _SLACK and not self._dids
        return (Gap(since=since.time, until=first, why="clamped"),) if told or silent else ()


def _position(cursor: str | None) -> _Position | None:
    if cursor is None:
        return None
    try:
        return msgspec.json.decode(cursor, type=_Position)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise ArchiveDamaged("cursor_unreadable", network="bluesky", cursor=cursor[:200]) from error


def _named(answer: Refusal) -> str:
    """The error's name in an XRPC envelope; empty where there is none."""
    try:
        return str(msgspec.json.decode(answer.body, type=dict[str, object]).get("error", ""))[:80]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _lines(options: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(options.get(name, "").replace(",", " ").split()))


def _address(given: str) -> str:
    """An instance as a person writes it, as an address of scheme, host and port."""
    try:
        parts = urlsplit(given if "://" in given else f"wss://{given}")
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:
        raise InvalidInput("bluesky_instance_invalid", value=given[:200]) from error
    if parts.scheme not in ("ws", "wss") or not parts.hostname or parts.username:
        raise InvalidInput("bluesky_instance_invalid", value=given[:200])
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}"


def _number(options: Mapping[str, str], name: str, default: int, most: int) -> int:
    given = options.get(name, "").strip()
    if not given:
        return default
    if not given.isascii() or not given.isdigit() or not 0 <= int(given[:12]) <= most:
        raise InvalidInput("option_not_a_number", name=name, value=given[:80], most=most)
    return int(given)


def _open(source: str, options: Mapping[str, str]) -> Bluesky:
    dids = _lines(options, "wanted_dids")
    if len(dids) > _MOST_DIDS:
        raise InvalidInput("bluesky_too_many_accounts", n=len(dids), most=_MOST_DIDS)
    for did in dids:
        if not _DID.fullmatch(did):
            raise InvalidInput("bluesky_account_invalid", value=did[:200])
    return Bluesky(
        source,
        instances=[_address(given) for given in _lines(options, "instances")] or INSTANCES,
        wanted_dids=dids,
        max_rows=max(1, _number(options, "max_rows", 20_000, 1_000_000)),
        replay=timedelta(hours=_number(options, "replay_hours", 0, 24 * 366)),
    )


def _coverage(options: Mapping[str, str]) -> Coverage:
    dids = _lines(options, "wanted_dids")
    return Coverage(code="accounts", params={"n": len(dids)}) if dids else Coverage(code="all_public")


KIND: Final = Kind(
    name="bluesky",
    title="Bluesky",
    options=(
        Option(name="instances", kind="list"),
        Option(name="wanted_dids", kind="list"),
        Option(name="max_rows", default="20000"),
        Option(name="replay_hours", default="0"),
    ),
    open=_open,
    coverage=_coverage,
)
