"""The “Wrong?” menu in a real browser: by keyboard alone, in the row, nothing axe objects to, narrow and wide."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from kalkan.desk import shelf
from kalkan.desk.models import Correction
from tests.desk.conftest import Cast
from tests.desk.test_browser import chromium, page, sign_in, violations  # noqa: F401 - fixtures
from tests.desk.test_today import stored
from tests.telling.shelf import mention

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium"),
]


def test_a_reading_is_corrected_by_keyboard_where_it_stands(page: Any, cast: Cast) -> None:  # noqa: F811
    now = timezone.now().replace(microsecond=0)
    rows = [
        mention(id=f"at://p{n}", at=now - timedelta(hours=n + 1), text=f"Fındık ezmesi {n}", feeling="anger")
        for n in range(3)
    ]
    posts, mentions = stored(rows)
    shelf.opened().append("test", posts, now=now, mentions=mentions)
    sign_in(page, cast.ayse.email)
    page.goto("/posts/")
    address = page.url
    second = page.locator("li.post").nth(1)
    second.get_by_role("link", name="Wrong?").focus()
    page.keyboard.press("Enter")
    menu = second.get_by_role("group", name="What is right?")
    menu.wait_for()
    page.locator(".correct.open:focus").wait_for()
    page.keyboard.press("Tab")
    page.locator("button[value='sentiment:negative']:focus").wait_for()
    assert violations(page) == []
    menu.get_by_role("button", name="joy").focus()
    page.keyboard.press("Enter")
    menu.get_by_text("corrected by Ayşe Y. (Feeling: joy)").wait_for()
    page.locator("button[value='feeling:joy']:focus").wait_for()
    assert menu.get_by_role("button", name="joy").get_attribute("aria-pressed") == "true"
    menu.get_by_role("link", name="Close").focus()
    page.keyboard.press("Enter")
    menu.wait_for(state="detached")
    assert second.get_by_text("corrected by Ayşe Y. (Feeling: joy)").is_visible()
    page.locator("a.wrong:focus").wait_for()
    assert page.url == address
    assert Correction.objects.get().became == "joy"
    page.set_viewport_size({"width": 360, "height": 800})
    page.locator("li.post").nth(0).get_by_role("link", name="Wrong?").click()
    page.locator("li.post").nth(0).get_by_role("group", name="What is right?").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    page.goto("/settings/readings/")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
