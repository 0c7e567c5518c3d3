"""What the tests of drafts share: a larger team, an account, a network that takes posts into a list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client

from kalkan.desk import vault
from kalkan.desk.models import Account, Draft, Membership, Person
from kalkan.drafts import Media, Receipt, Variant
from kalkan.errors import NetworkError
from kalkan.networks.publishing import Allowance, Identity, Posting, PostLimits, Problem
from tests.desk.conftest import Cast, person

KEY = "a key for tests that is long enough to be one"


@dataclass
class Team:
    """Who does what for Fındık."""

    owner: Person
    approver: Person
    writer: Person
    moderator: Person
    viewer: Person


def team(cast: Cast) -> Team:
    """Ayşe owns, Bora looks on; three more."""
    found = {
        role: person(role.title(), f"{role}@example.com", lang="en") for role in ("approver", "writer", "moderator")
    }
    for role, who in found.items():
        Membership.objects.create(person=who, brand=cast.findik, role=role)
    return Team(cast.ayse, found["approver"], found["writer"], found["moderator"], cast.bora)


def account(cast: Cast, network: str = "bluesky", **more: Any) -> Account:
    """A connected account of Fındık."""
    told = {
        "server": "https://social.example",
        "handle": "findik.example",
        "account_id": f"{network}:findik",
        "sealed": vault.seal({"token": "x"}, key=KEY),
    } | more
    return Account.objects.create(brand=cast.findik, network=network, added_by=cast.ayse, **told)


def begun(browser: Client) -> Draft:
    """A new draft, through the button."""
    answer = browser.post("/drafts/new/")
    assert answer.status_code == 302
    return Draft.objects.get(pk=int(answer["Location"].strip("/").split("/")[-1]))


def write(browser: Client, draft: Draft, text: str, **more: Any) -> Any:
    """Save ``text`` for every account."""
    draft.refresh_from_db()
    keys = [str(pk) for pk in Account.objects.filter(removed_at=None).values_list("pk", flat=True)]
    told: dict[str, Any] = {"from": str(draft.version), "title": "Kavanoz"}
    for key in keys or ["bluesky", "mastodon"]:
        told |= {f"text-{key}": text, f"use-{key}": "1", f"lang-{key}": "tr"}
    return browser.post(f"/drafts/{draft.pk}/", told | more)


def submitted(browser: Client, text: str = "Kahvaltıda ne var?", **more: Any) -> Draft:
    """A draft that waits for approval."""
    draft = begun(browser)
    answer = write(browser, draft, text, then="submit", **more)
    assert answer.status_code == 302, answer.content.decode()
    draft.refresh_from_db()
    assert draft.state == "submitted"
    return draft


@dataclass
class FakeNetwork:
    """A network that takes posts into a list, or fails as it is told."""

    out: list[Posting] = field(default_factory=list)
    fault: NetworkError | None = None
    network: str = "bluesky"
    account: str = "bluesky:findik"

    def identify(self, *, now: datetime) -> Identity:
        if self.fault:
            raise self.fault
        return Identity(account=self.account, handle="findik.example")

    def limits(self, *, now: datetime) -> PostLimits:
        return PostLimits(graphemes=300)

    def check(self, variant: Variant, *, now: datetime) -> tuple[Problem, ...]:
        return ()

    def upload(self, media: Media, data: bytes, *, now: datetime) -> str:
        return media.sha256

    def send(self, posting: Posting, *, now: datetime) -> Receipt:
        if self.fault:
            raise self.fault
        self.out.append(posting)
        return Receipt(id=f"at://findik/{len(self.out)}", at=now, url=f"https://social.example/{len(self.out)}")

    def look_up(self, posting: Posting, *, now: datetime) -> Receipt | None:
        return None

    def take_down(self, receipt: Receipt, *, now: datetime) -> None:
        self.out.clear()

    def allowance(self) -> Allowance:
        return Allowance()

    def close(self) -> None:
        pass


def clock_at(at: datetime) -> Callable[[], datetime]:
    """A clock that stands at ``at``."""
    return lambda: at


def in_minutes(n: float) -> datetime:
    """A moment that many minutes from now."""
    return datetime.now(UTC) + timedelta(minutes=n)
