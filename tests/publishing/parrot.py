"""A network that lives in a list: takes posts, breaks on demand, and forgets nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from kalkan.drafts import Media, Receipt, Variant
from kalkan.errors import NetworkError
from kalkan.networks.publishing import Allowance, Identity, Posting, PostLimits, Problem, Unsure, problems

LIMITS = PostLimits(graphemes=100, alt=100)


class Killed(BaseException):
    """The process ends here, as by SIGKILL."""


@dataclass
class Posted:
    """One post that is out."""

    key: str
    account: str
    text: str
    at: datetime
    parent: str
    uploads: tuple[str, ...]


@dataclass
class Parrot:
    """The network. ``faults`` are called in turn, one a request, and may raise; ``tick`` goes round each request."""

    posts: list[Posted] = field(default_factory=list)
    faults: list[Callable[[], None]] = field(default_factory=list)
    lost: list[bool] = field(default_factory=list)  # for the next sends: whether the answer is lost after it was taken
    asked: list[str] = field(default_factory=list)
    tick: Callable[[str], None] = lambda name: None
    identity: str = ""
    keyed: bool = True  # whether a second post under a key is the first again

    def request(self, name: str) -> None:
        self.asked.append(name)
        self.tick(f"before {name}")
        if self.faults:
            self.faults.pop(0)()

    def open(self, network: str, account: str) -> Speaker:
        return Speaker(self, account)


class Speaker:
    """One account on it."""

    network = "bluesky"

    def __init__(self, parrot: Parrot, account: str) -> None:
        self.parrot = parrot
        self.account = account

    def identify(self, *, now: datetime) -> Identity:
        self.parrot.request("identify")
        return Identity(account=self.parrot.identity or self.account, handle="findik")

    def limits(self, *, now: datetime) -> PostLimits:
        return LIMITS

    def check(self, variant: Variant, *, now: datetime) -> tuple[Problem, ...]:
        return problems(variant, LIMITS, len)

    def upload(self, media: Media, data: bytes, *, now: datetime) -> str:
        self.parrot.request("upload")
        self.parrot.tick("after upload")
        return f"blob:{media.sha256[:8]}"

    def send(self, posting: Posting, *, now: datetime) -> Receipt:
        self.parrot.request("send")
        known = [post for post in self.parrot.posts if post.key == posting.key and post.account == self.account]
        if not (known and self.parrot.keyed):
            parent = posting.place.parent.id if posting.place.parent else posting.place.reply_to
            post = Posted(posting.key, self.account, posting.post.text, now, parent, posting.uploads)
            self.parrot.posts.append(post)
        self.parrot.tick("after send")
        if self.parrot.lost and self.parrot.lost.pop(0):
            raise Unsure("answer_timeout", host="parrot.test")
        return Receipt(id=f"at://{posting.key}", at=now, ref=posting.key)

    def look_up(self, posting: Posting, *, now: datetime) -> Receipt | None:
        self.parrot.request("look_up")
        for post in self.parrot.posts:
            if post.key == posting.key and post.account == self.account:
                return Receipt(id=f"at://{posting.key}", at=post.at, ref=posting.key, found=True)
        return None

    def take_down(self, receipt: Receipt, *, now: datetime) -> None:
        self.parrot.request("take_down")

    def allowance(self) -> Allowance:
        return Allowance()

    def close(self) -> None:
        pass


def down() -> None:
    """The host cannot be reached."""
    raise NetworkError("host_unreachable", host="parrot.test")


def refusing() -> None:
    """The network will never take it."""
    raise NetworkError("publish_refused", permanent=True, server="parrot.test", detail="no")


def limited(seconds: float) -> Callable[[], None]:
    """Too many requests."""

    def fault() -> None:
        raise NetworkError("rate_limited", retry_after=seconds, host="parrot.test", status=429)

    return fault
