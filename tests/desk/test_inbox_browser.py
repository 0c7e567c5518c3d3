"""A whole day at the inbox in a real browser: question, insult, threat, hand-over, shields up on the town’s servers."""

from __future__ import annotations

import dataclasses
import shutil
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from kalkan.desk import inbox, piles, shelf
from kalkan.desk.actions import care
from kalkan.desk.models import Draft, Duty, Evidence, Item, KeptAsk, Membership, NetworkDeed, Opened, PileOn
from kalkan.world.world import did
from tests.desk.conftest import Cast
from tests.desk.test_browser import chromium, page, sign_in, violations
from tests.desk.test_inbox import INSULT, work
from tests.desk.test_today import stored
from tests.desk.town import open_town
from tests.telling.shelf import mention

__all__ = ["chromium", "page"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium"),
]
THREAT = "I will burn your shop down tonight"
QUESTION = {"question": 0.95}
ABUSE = {"offensive": 0.95, "targeted": 0.9, "negative": 0.95}


def heard(now: Any) -> None:
    """What came in: an insult around a grievance, questions, a threat, an ask of three, a pile-on."""
    told = [
        ("can", INSULT, "tr", {"complaint": 0.9, "ask": 0.9, "offensive": 0.9, "negative": 0.95}),
        ("ada", "Which shops in Leeds still have the old size?", "en", QUESTION),
        ("naz", "Is the jar made of glass?", "en", QUESTION),
        ("hit", THREAT, "en", {"threat": 0.99, **ABUSE}),
        *((f"ask{n}", "Please print the palm oil share on the label", "en", {"ask": 0.95}) for n in range(3)),
        *((f"troll{n}", "You are all stupid pigs at Fındık, drop dead today", "en", ABUSE) for n in range(13)),
    ]
    rows = [
        mention(id=f"at://{name}", author_id=did(name), author_handle=f"{name}.example", text=text, lang=lang,
                at=now - timedelta(minutes=30 + n), p=p)
        for n, (name, text, lang, p) in enumerate(told)
    ]  # fmt: skip
    posts, mentions = stored(rows)
    shelf.opened().append("test", posts, now=now, mentions=mentions)
    job = dataclasses.replace(work(), now=timezone.now)
    inbox.take_in(job)
    Item.objects.filter(post="at://hit").update(place="hold", kind="threat", content="threat", whole=True, needs=False)
    piles.gather(job)


def of(name: str) -> Item:
    return Item.objects.get(post=f"at://{name}")


def test_a_day_at_the_inbox(page: Any, cast: Cast) -> None:
    now = timezone.now().replace(microsecond=0)
    heard(now)
    Membership.objects.filter(person=cast.bora).update(role="moderator")
    Duty.objects.create(brand=cast.findik, person=cast.bora, begins="00:00", ends="23:59")
    sign_in(page, cast.ayse.email)
    page.set_viewport_size({"width": 1440, "height": 1000})
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url("**/inbox/")
    assert violations(page) == []

    page.goto(f"/inbox/{of('can').pk}/")
    fold = page.locator(".this details.fold")
    assert "şerefsiz" in (fold.text_content() or "") and fold.get_attribute("open") is None, "folded"
    page.keyboard.press("o")
    page.locator(".this details.fold[open]").wait_for()
    page.locator("#dose").get_by_text("1 posts").wait_for()
    assert Opened.objects.get().characters > 5
    assert violations(page) == []
    page.keyboard.press("d")
    page.wait_for_url("**/inbox/?*")
    assert of("can").state == "done"

    page.get_by_role("link", name="Which shops in Leeds").click()
    page.wait_for_url("**/inbox/*/**")
    page.keyboard.press("r")
    page.keyboard.type("In all three, on Briggate and in Headingley.")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/drafts/*/")
    assert of("ada").draft == Draft.objects.get() and of("ada").replying

    page.goto(f"/inbox/{of('naz').pk}/")
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.wait_for_url("**/drafts/")
    assert of("naz").state == "open", "g d goes to the drafts and finishes nothing"
    page.goto(f"/inbox/{of('naz').pk}/")
    page.keyboard.press("a")
    page.get_by_role("button", name="Hand over").click()
    page.wait_for_url("**/inbox/")
    assert of("naz").assignee == cast.bora

    page.goto("/inbox/?view=held")
    assert page.get_by_text(THREAT).count() == 0
    page.get_by_label("Why it is kept").fill("Told to the police")
    page.get_by_role("button", name="Open it and keep it as evidence").click()
    page.get_by_text("Kept as evidence under").wait_for()
    assert (Evidence.objects.get().body or {})["post"]["text"] == THREAT
    with page.expect_download() as bundle:
        page.goto("/inbox/evidence/")
        page.get_by_role("button", name="Export all that is held").click()
    assert bundle.value.suggested_filename.endswith(".zip")

    with open_town(now) as town:
        for network in ("bluesky", "mastodon"):
            town.connect(cast.ayse, cast.findik, network)
        page.goto("/inbox/deeds/")
        page.get_by_role("button", name="Shields up").click()
        page.get_by_text("up", exact=True).wait_for()
        assert town.mastodon.guards.policies["shop-m"]["for_not_following"] == "filter"
        assert violations(page) == []
        page.get_by_role("button", name="Undo").click()
        page.locator(".meta", has_text="undone").wait_for()
        assert town.mastodon.guards.policies["shop-m"]["for_not_following"] == "accept"
        page.goto(f"/inbox/{of('naz').pk}/")
        page.get_by_label("What to do on the network").select_option("mute")
        page.get_by_role("button", name="Do it", exact=True).click()
        page.get_by_text("Mute them:").wait_for()
        assert town.pds.guards.muted == {did("shop"): {did("naz")}}
        assert NetworkDeed.objects.count() == 2

    pages_with_content(page, cast, now)


def pages_with_content(page: Any, cast: Cast, now: Any) -> None:
    """Axe over every page of the area while there is something on it, and none of them wider than a phone."""
    audit = care.begin_audit(cast.ayse, cast.findik, seed=4, now=now)
    page.goto("/inbox/asks/")
    page.get_by_label("Pass on to").first.fill("Packaging")
    page.get_by_role("button", name="Pass on").first.click()
    page.wait_for_url("**/asks/*/")
    one, pile, ask = (f"/inbox/{of('naz').pk}/", f"/inbox/pile-on/{PileOn.objects.get().pk}/",
                      f"/inbox/asks/{KeptAsk.objects.get().pk}/")  # fmt: skip
    for address in (pile, ask, "/inbox/asks/", f"/shield/audit/{audit.pk}/", "/shield/", "/inbox/evidence/",
                    "/inbox/care/", "/inbox/answers/"):  # fmt: skip
        page.goto(address)
        assert violations(page) == [], address
    page.set_viewport_size({"width": 360, "height": 740})
    for address in ("/inbox/", one, pile, "/inbox/care/", "/shield/", "/inbox/evidence/", "/inbox/deeds/"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, address
    page.goto(one)
    assert page.get_by_role("heading", name="Inbox").is_visible() is False, "a phone shows the list or one conversation"
    page.locator(".back a").click()
    page.get_by_role("heading", name="Inbox").wait_for()
