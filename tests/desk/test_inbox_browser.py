"""A day at the inbox in a real browser: a question answered, an insult folded and opened, the dose, done, a threat."""

from __future__ import annotations

import dataclasses
import shutil
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from kalkan.desk import inbox, shelf
from kalkan.desk.models import Draft, Evidence, Item, Opened
from tests.desk.conftest import Cast
from tests.desk.test_browser import chromium, page, sign_in, violations
from tests.desk.test_inbox import INSULT, work
from tests.desk.test_today import stored
from tests.telling.shelf import mention

__all__ = ["chromium", "page"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium"),
]
THREAT = "I will burn your shop down tonight"


def test_a_day_at_the_inbox(page: Any, cast: Cast) -> None:
    now = timezone.now().replace(microsecond=0)
    told = [
        ("can", INSULT, "tr", {"complaint": 0.9, "ask": 0.9, "offensive": 0.9, "negative": 0.95}),
        ("ada", "Which shops in Leeds still have the old size?", "en", {"question": 0.95}),
        ("bek", "Is the jar made of glass?", "en", {"question": 0.95}),
        ("hit", THREAT, "en", {"threat": 0.99, "offensive": 0.95, "targeted": 0.95, "negative": 0.95}),
    ]
    rows = [
        mention(id=f"at://{name}", author_id=f"did:plc:{name}", author_handle=f"{name}.example", text=text, lang=lang,
                at=now - timedelta(minutes=30 + n), p=p)
        for n, (name, text, lang, p) in enumerate(told)
    ]  # fmt: skip
    posts, mentions = stored(rows)
    shelf.opened().append("test", posts, now=now, mentions=mentions)
    inbox.take_in(dataclasses.replace(work(), now=timezone.now))
    Item.objects.filter(post="at://hit").update(place="hold", kind="threat", content="threat", whole=True, needs=False)
    sign_in(page, cast.ayse.email)
    page.set_viewport_size({"width": 1440, "height": 1000})
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url("**/inbox/")
    assert violations(page) == []

    page.goto(f"/inbox/{Item.objects.get(post='at://can').pk}/")
    fold = page.locator(".this details.fold")
    assert "şerefsiz" in (fold.text_content() or "") and fold.get_attribute("open") is None, "folded"
    page.keyboard.press("o")
    page.locator(".this details.fold[open]").wait_for()
    page.locator("#dose").get_by_text("1 posts").wait_for()
    assert Opened.objects.get().characters > 5
    assert violations(page) == []
    page.keyboard.press("d")
    page.wait_for_url("**/inbox/?*")
    assert Item.objects.get(post="at://can").state == "done"

    page.get_by_role("link", name="Which shops in Leeds").click()
    page.wait_for_url("**/inbox/*/**")
    page.keyboard.press("r")
    page.keyboard.type("In all three, on Briggate and in Headingley.")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/drafts/*/")
    assert Item.objects.get(post="at://ada").draft == Draft.objects.get()

    page.goto("/inbox/?view=held")
    assert page.get_by_text(THREAT).count() == 0
    page.get_by_label("Why it is kept").fill("Told to the police")
    page.get_by_role("button", name="Open it and keep it as evidence").click()
    page.get_by_text("Kept as evidence under").wait_for()
    assert Evidence.objects.get().body["post"]["text"] == THREAT
    for address in ("/inbox/evidence/", "/shield/", "/inbox/care/", "/inbox/answers/", "/inbox/asks/", "/inbox/deeds/"):
        page.goto(address)
        assert violations(page) == [], address

    page.set_viewport_size({"width": 360, "height": 740})
    one = f"/inbox/{Item.objects.get(post='at://bek').pk}/"
    for address in ("/inbox/", one, "/inbox/care/", "/shield/", "/inbox/evidence/"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, address
    page.goto(one)
    assert page.get_by_role("heading", name="Inbox").is_visible() is False, "a phone shows the list or one conversation"
    page.locator(".back a").click()
    page.get_by_role("heading", name="Inbox").wait_for()
