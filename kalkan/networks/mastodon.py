"""Mastodon, and every server that speaks its API: public and hashtag timelines, by polling or by streaming.

Owns where we are in each timeline and how what a server sends becomes rows. Promises that nothing a timeline still
shows is skipped: pages are walked forward from the oldest (``min_id``), a broken stream is followed by walking what
it missed, and a second, slower walk (the *sweep*) collects posts that reached the server late, because servers file
them under the number of the time they were written, behind us (Mastodon::Snowflake). Keeps public and unlisted posts
only. Never asks for more than the server's own rate headers leave, and never sends the token to another domain.
"""

from __future__ import annotations

import json
import queue
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from kalkan import posts
from kalkan.errors import InvalidInput, NetworkError
from kalkan.networks.addresses import check_address
from kalkan.networks.base import Coverage, Kind, Limits, Option
from kalkan.networks.http import Answer, Door
from kalkan.networks.statuses import LocalIds, Unreadable, count_row, local_id, moment, order, read_status, uri_of
from kalkan.networks.streams import Ear, Event, Heard
from kalkan.networks.timelines import Line, Take, names_of

PAGE: Final = 40  # the most a server gives at once
LATE: Final = timedelta(minutes=10)  # how late a post may arrive and still be collected by the sweep
REQUESTS_A_POLL: Final = 8
LOOKS_A_POLL: Final = 3
LOOK_AGAIN: Final = timedelta(minutes=5)
ASK_AGAIN: Final = timedelta(hours=1)  # a timeline that was refused
SWEEP_AGAIN: Final = timedelta(seconds=60)
LEAVE_REQUESTS: Final = 5  # of the server's allowance, for the people who use the same account or address
WAIT_S: Final = 5.0
EVENTS_A_POLL: Final = 2000
LISTEN_S: Final = 1.0
SILENCE_S: Final = 60.0  # servers send a heartbeat every 15 s
MAILBOX: Final = 5000
_CLOSED: Final = frozenset({"network_unauthorized", "network_forbidden", "not_found", "request_refused"})
_NEVER: Final = "never told"


class Mastodon:
    """One listener on one server. See :class:`kalkan.networks.base.Network` for what it owes."""

    name = "mastodon"
    limits = Limits(graphemes=500, images=4, requests=300, per_seconds=300.0)

    def __init__(
        self,
        source: str,
        *,
        server: str,
        lines: tuple[str, ...],
        token: str | None = None,
        loopback: bool = False,
        wait_s: float = WAIT_S,
        look_again: timedelta = LOOK_AGAIN,
        tick: Callable[[], float] = time.monotonic,
    ) -> None:
        self.source = source
        self._server = server.rstrip("/")
        self._host = urlsplit(self._server).hostname or self._server
        self._loopback = loopback
        self._token = token
        self._door = Door(allow_private=loopback, total_s=30.0)
        self._lines = [Line(name) for name in lines]
        self._turn = 0
        self._wait_s = wait_s * max(1.0, len(lines) / 2)  # 300 requests in 5 minutes are for all timelines together
        self._look_again = look_again
        self._tick = tick
        self._ids = LocalIds()
        self._told: str | None = _NEVER
        self._fault: NetworkError | None = None
        self._quiet_until: datetime | None = None
        self._patience: tuple[datetime, NetworkError] | None = None
        self._refusal: NetworkError | None = None
        self._watched: dict[str, datetime | None] = {}
        self._went: set[str] = set()
        self._look_due: datetime | None = None
        self._edits: dict[str, datetime] = {}
        self._streaming = token is not None
        self._ears: list[Ear] = []
        self._silent: set[str] = set()  # ears that have not opened yet
        self._mailbox: queue.Queue[Heard] = queue.Queue(maxsize=MAILBOX)

    def poll(self, cursor: str | None, *, now: datetime) -> posts.Batch:
        """See :meth:`kalkan.networks.base.Network.poll`. Returns at once when there is something, else within 1 s."""
        if self._patience is not None and now < self._patience[0]:
            raise self._still_waiting(now)
        if self._fault is not None:
            fault, self._fault = self._fault, None
            raise self._fall_silent(fault, now)
        if not self._ears and cursor != self._told:
            self._resume(cursor)
        before = self._metered()
        take = Take(now)
        try:
            more = self._step(take)
        except NetworkError as fault:
            if take.empty:
                raise self._fall_silent(fault, now) from fault
            self._fault, more = fault, True
        batch = self._batch(take, more, before)
        self._told = batch.cursor
        return batch

    def watch(self, post_ids: frozenset[str]) -> None:
        """Look at these posts again every few minutes: their counts, edits, and whether they are still there."""
        self._watched = {post_id: self._watched.get(post_id) for post_id in post_ids}
        self._went &= post_ids
        self._edits = {post_id: at for post_id, at in self._edits.items() if post_id in post_ids}

    def close(self) -> None:
        """Let go of every connection and thread."""
        self._hang_up()
        self._door.close()

    # -- where we are ------------------------------------------------------------------------------------------------

    def _cursor(self) -> str:
        lines = {line.name: {"head": line.head, "sweep": line.sweep} for line in self._lines if line.head}
        return json.dumps({"v": 1, "lines": lines}, separators=(",", ":"), sort_keys=True)

    def _resume(self, cursor: str | None) -> None:
        """Stand where ``cursor`` says. One we cannot read is as none: the newest page is the start."""
        try:
            told = json.loads(cursor or "{}")["lines"]
        except (ValueError, KeyError, TypeError):
            told = {}
        for line in self._lines:
            at = told.get(line.name) if isinstance(told, dict) else None
            at = at if isinstance(at, dict) else {}
            line.head = line.walk = local_id({"id": at.get("head")})
            line.sweep = local_id({"id": at.get("sweep")}) or line.head
            line.behind, line.sweep_due = True, None
            line.heard.clear()

    def _fall_silent(self, fault: NetworkError, now: datetime) -> NetworkError:
        """After a fault everything is taken up again from the cursor that the archive holds."""
        self._hang_up()
        self._told = _NEVER
        if fault.retry_after is not None:
            self._patience = now + timedelta(seconds=fault.retry_after), fault
        return fault

    def _still_waiting(self, now: datetime) -> NetworkError:
        """The server asked for patience: until then it is not asked again, whoever polls."""
        assert self._patience is not None
        until, fault = self._patience
        told = NetworkError(fault.code, permanent=fault.permanent, retry_after=(until - now).total_seconds())
        told.params = fault.params
        return told

    # -- one poll ----------------------------------------------------------------------------------------------------

    def _step(self, take: Take) -> bool:
        """Gather; returns whether there is more to be had at once."""
        if self._streaming:
            self._listen(take)
        if self._quiet_until is None or take.now >= self._quiet_until:
            self._quiet_until = None
            if not self._silent:  # a stream must be open before we walk up to it, or what comes between would be lost
                self._walk(take)
            if not any(line.behind for line in self._open_lines(take.now)):
                self._look(take)
        quiet = self._quiet_until is not None
        return bool(self._ears) or (not quiet and any(line.behind for line in self._open_lines(take.now)))

    def _open_lines(self, now: datetime) -> list[Line]:
        """The timelines the server does not refuse, starting with another one each time."""
        turned = self._lines[self._turn :] + self._lines[: self._turn]
        return [line for line in turned if line.refused_at is None or now >= line.refused_at + ASK_AGAIN]

    def _walk(self, take: Take) -> None:
        """Walk every timeline forward, then sweep, within a few requests."""
        if self._refusal is not None and not self._open_lines(take.now):
            raise self._refusal
        left = REQUESTS_A_POLL
        for line in self._open_lines(take.now):
            if not self._ears:
                line.behind = True
            while line.behind and left > 0 and self._quiet_until is None:
                left -= 1
                try:
                    line.behind = self._forward(line, take)
                    line.refused_at = None
                except NetworkError as fault:
                    self._refuse(line, fault, take)
                    break
        for line in self._open_lines(take.now):
            due = not self._ears and not line.behind and line.head and take.now >= (line.sweep_due or take.now)
            if due and left > 0 and self._quiet_until is None:
                left -= 1
                self._sweep(line, take)
        self._turn = (self._turn + 1) % len(self._lines)

    def _forward(self, line: Line, take: Take) -> bool:
        """Walk one page forward; returns whether there is more."""
        first, before = line.walk is None, line.walk
        page = self._page(line, line.walk, take)
        numbers = self._take_all(page, take)
        if numbers:
            newest = max(numbers, key=order)
            if line.walk is None or order(newest) > order(line.walk):
                line.walk = newest
            line.advance(newest)
            if line.sweep is None:
                line.sweep = min(numbers, key=order)
        elif first:
            line.walk = line.head = line.sweep = "0"  # an empty timeline: whatever comes is newer
        return not first and len(page) >= PAGE and line.walk != before

    def _sweep(self, line: Line, take: Take) -> None:
        """Walk again what is older than :data:`LATE`: whoever arrived late is there by now."""
        page = self._page(line, line.sweep, take)
        settled = [entry for entry in page if (_written(entry) or take.now) <= take.now - LATE]
        numbers = self._take_all(settled, take)
        if numbers:
            line.sweep = max(numbers, key=order)
        full = len(page) >= PAGE and len(settled) == len(page) and numbers
        line.sweep_due = take.now if full else take.now + SWEEP_AGAIN

    def _refuse(self, line: Line, fault: NetworkError, take: Take) -> None:
        """One timeline that a server does not show is left alone for an hour; when it shows none, that is a fault."""
        if fault.code not in _CLOSED:
            raise fault
        line.refused_at = take.now
        if all(other.refused_at is not None for other in self._lines):
            code = "timeline_refused" if self._token is None else "token_refused"
            status = fault.params.get("status", "")
            self._refusal = NetworkError(code, permanent=True, server=self._host, timeline=line.name, status=status)
            raise self._refusal from fault
        take.reject("timeline_refused", line.name)

    def _page(self, line: Line, since: str | None, take: Take) -> list[Any]:
        path, params = line.page
        after = {"min_id": since} if since else {}
        page = self._json(self._ask(path, {**params, "limit": str(PAGE), **after}, take))
        if not isinstance(page, list):
            raise NetworkError("answer_unreadable", host=self._host, detail="not a list")
        return page

    def _ask(self, path: str, params: Mapping[str, str], take: Take, accept: frozenset[int] = frozenset()) -> Answer:
        """One request; when the server says that few are left, the next ones wait until it counts anew."""
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        answer = self._door.get(self._server + path, now=take.now, params=params, headers=headers, accept=accept)
        if answer.rate is not None and answer.rate.remaining < LEAVE_REQUESTS:
            self._quiet_until = take.now + timedelta(seconds=max(answer.rate.reset, 1.0))
        return answer

    def _json(self, answer: Answer) -> Any:
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError) as error:
            raise NetworkError("answer_unreadable", host=self._host, detail="JSON") from error

    # -- rows --------------------------------------------------------------------------------------------------------

    def _take_all(self, page: list[Any], take: Take) -> list[str]:
        """Take every status of a page; returns the numbers that could be read, of refused ones too."""
        for entry in page:
            self._take(entry, take)
        return [number for number in map(local_id, page) if number]

    def _take(self, entry: object, take: Take) -> posts.Post | None:
        take.frames += 1
        try:
            post = read_status(entry, host=self._host, source=self.source, now=take.now, ids=self._ids)
        except Unreadable as fault:
            if fault.kind == "reblog":
                self._count_reblog(entry, take)
            else:
                take.reject(fault.kind, "" if fault.kind == "not_public" else repr(entry)[:200])
            return None
        take.posts[post.id, post.edited_at] = post
        if post.created_at is not None:
            take.newest = max(take.newest or post.created_at, post.created_at)
        return post

    def _count_reblog(self, entry: Any, take: Take) -> None:
        """A reblog is no post; for a watched post it is counted as one repost seen."""
        try:
            post_id = uri_of(entry["reblog"])
        except Unreadable:
            return
        if post_id in self._watched:
            row = {"post_id": post_id, "network": "mastodon", "at": take.now, "mode": "seen", "reposts": 1}
            take.counts.append(row)

    def _look(self, take: Take) -> None:
        """Look again at a few watched posts: their counts, a newer version, or that they are gone."""
        if self._look_due is not None and take.now < self._look_due:
            return
        watched = ((post_id, at) for post_id, at in self._watched.items() if post_id not in self._went)
        due = [post_id for post_id, at in watched if at is None or take.now >= at + self._look_again]
        for post_id in due[:LOOKS_A_POLL]:
            self._look_due = take.now + timedelta(seconds=2 * self._wait_s)
            if self._quiet_until is not None:
                return
            self._watched[post_id] = take.now
            number = self._ids.local(post_id) or self._number_in(post_id)
            if number is None:
                continue
            answer = self._ask(f"/api/v1/statuses/{number}", {}, take, frozenset({401, 403, 404, 410}))
            if answer.status in (404, 410):
                take.go(post_id)
                self._went.add(post_id)
            elif answer.status == 200:
                self._looked(post_id, self._json(answer), take)

    def _looked(self, post_id: str, entry: Any, take: Take) -> None:
        if not isinstance(entry, dict) or entry.get("uri") != post_id:
            return
        take.counts.append(count_row(entry, post_id, take.now))
        edited = moment(entry.get("edited_at"))
        if edited is not None and self._edits.get(post_id) != edited and self._take(entry, take):
            self._edits[post_id] = edited

    def _number_in(self, post_id: str) -> str | None:
        """The number in a status URI of this very server, which is the server's own (``…/statuses/NUMBER``)."""
        parts = urlsplit(post_id)
        last = parts.path.rsplit("/", 1)[-1]
        return last if parts.hostname == self._host and last.isdigit() and len(last) <= 20 else None

    def _batch(self, take: Take, more: bool, before: tuple[int, int]) -> posts.Batch:
        wait = 0.0 if more else self._wait_s
        if self._quiet_until is not None and not self._ears:
            wait = max(wait, (self._quiet_until - take.now).total_seconds())
        caught_up = not any(line.behind for line in self._open_lines(take.now))
        requests, size = self._metered()
        return take.batch(
            cursor=self._cursor(),
            wait=wait,
            heard_until=take.now if caught_up else take.newest,
            requests=max(requests - before[0], 0),
            size=max(size - before[1], 0),
        )

    def _metered(self) -> tuple[int, int]:
        meters = [self._door.meter, *(ear.meter for ear in self._ears)]
        return sum(meter.requests for meter in meters), sum(meter.bytes for meter in meters)

    # -- streams -----------------------------------------------------------------------------------------------------

    def _listen(self, take: Take) -> None:
        """Open the streams if they are not, and take what they have, waiting up to a second for the first of it."""
        if not self._ears:
            self._open_ears(take)
        until = self._tick() + LISTEN_S
        for _ in range(EVENTS_A_POLL):
            idle = take.empty and not (not self._silent and any(line.behind for line in self._lines))
            try:
                heard = self._mailbox.get(timeout=max(until - self._tick(), 0.001) if idle else 0.001)
            except queue.Empty:
                break
            if heard.fault is not None:
                self._lost(heard.fault)
                break
            if heard.event is None:
                self._silent.discard(heard.ear)
            else:
                self._hear(next(line for line in self._lines if line.name == heard.ear), heard.event, take)
        for line in self._lines:
            while not line.behind and line.heard and line.heard[0][0] <= take.now - LATE:
                number = line.heard.popleft()[1]
                line.sweep = number if line.sweep is None else max(line.sweep, number, key=order)

    def _open_ears(self, take: Take) -> None:
        base = self._streaming_at(take)
        headers = {"Authorization": f"Bearer {self._token}"}
        for line in self._lines:
            path, params = line.stream
            door = Door(allow_private=self._loopback, read_s=SILENCE_S)
            url = base + path
            ear = Ear(line.name, door, self._mailbox, url=url, params=params, headers=headers, now=take.now)
            self._ears.append(ear)
            line.behind, line.walk = True, line.sweep or line.head
        self._silent = {line.name for line in self._lines}

    def _streaming_at(self, take: Take) -> str:
        """Where the server streams: large ones do it under another name of the same domain, and say so."""
        try:
            about = self._json(self._ask("/api/v2/instance", {}, take))
            told = about["configuration"]["urls"]["streaming"]
            parts = urlsplit(told)
            host, port = parts.hostname or "", parts.port
        except (NetworkError, KeyError, TypeError, ValueError, AttributeError):
            return self._server
        if parts.scheme not in ("wss", "https") or not host.endswith("." + self._host):
            return self._server
        return f"https://{host}" + (f":{port}" if port else "")

    def _hear(self, line: Line, event: Event, take: Take) -> None:
        name = event.name.replace("_", ".")  # status.update; some servers write status_update
        if name not in ("update", "status.update", "delete"):
            return
        if event.data is None:
            take.reject("event_too_large", name)
            return
        if name == "delete":
            number = local_id({"id": event.data.strip()})
            post_id = self._ids.uri(number) if number else None
            if post_id is None:
                take.reject("delete_of_unknown", event.data)
            else:
                take.go(post_id)
            return
        try:
            entry = json.loads(event.data)
        except (ValueError, RecursionError):
            take.frames += 1
            take.reject("not_json", event.data)
            return
        self._take(entry, take)
        number = local_id(entry)
        if number and name == "update":
            line.heard.append((take.now, number))
            if not line.behind:
                line.advance(number)

    def _lost(self, fault: NetworkError) -> None:
        """A stream ended. Where a server does not stream at all, polling goes on in its place."""
        if fault.permanent:
            self._streaming = False
            self._hang_up()
            for line in self._lines:
                line.walk = line.sweep or line.head
            return
        raise fault

    def _hang_up(self) -> None:
        for ear in self._ears:
            ear.close()
        self._ears, self._silent = [], set()
        self._mailbox = queue.Queue(maxsize=MAILBOX)


def _written(entry: object) -> datetime | None:
    return moment(entry.get("created_at")) if isinstance(entry, dict) else None


def _server(options: Mapping[str, str], *, loopback: bool) -> str:
    """The server's address from what a person typed: ``example.social`` is enough."""
    typed = options.get("server", "").strip().rstrip("/")
    if not typed:
        raise InvalidInput("option_missing", network="Mastodon", option="server")
    if "://" not in typed:
        typed = f"https://{typed}"
    url = check_address(typed, allow_private=loopback)
    token = options.get("token", "").strip()
    if not (token.isascii() and token.isprintable()):
        raise InvalidInput("token_unreadable", network="Mastodon")
    if token and url.scheme != "https" and not loopback:
        raise InvalidInput("token_needs_https", server=url.host)
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def open_mastodon(source: str, options: Mapping[str, str]) -> Mastodon:
    """A listener for ``options``; asks nothing yet. ``loopback`` = "yes" lets a server on this machine be asked.

    :raises InvalidInput: an option is missing or wrong.
    """
    loopback = options.get("loopback", "").strip().lower() in ("1", "yes", "true", "on")
    return Mastodon(
        source,
        server=_server(options, loopback=loopback),
        lines=names_of(options),
        token=options.get("token", "").strip() or None,
        loopback=loopback,
        wait_s=1.0 if loopback else WAIT_S,
        look_again=timedelta(seconds=10) if loopback else LOOK_AGAIN,
    )


def coverage(options: Mapping[str, str]) -> Coverage:
    """What of Mastodon is seen: one server's public posts, or hashtags as one server knows them."""
    server = options.get("server", "").strip().removeprefix("https://").rstrip("/")
    tags = options.get("hashtags", "").replace(",", " ").split()
    if options.get("timeline", "").strip().lower() == "none":
        return Coverage(code="hashtags", params={"server": server, "hashtags": ", ".join(tags)})
    return Coverage(code="instance_public", params={"server": server})


KIND: Final = Kind(
    name="mastodon",
    title="Mastodon",
    options=(
        Option(name="server", kind="url", required=True),
        Option(name="timeline", default="public"),
        Option(name="hashtags", kind="list"),
        Option(name="token", kind="secret"),
    ),
    open=open_mastodon,
    coverage=coverage,
)
