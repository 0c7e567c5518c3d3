"""Stories and alarms in a real browser: keys, a judgement, settings, a phone, light and dark, and axe."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from kalkan.desk import stories
from kalkan.desk.models import AlarmWish, Watch
from kalkan.stories.record import PileOn
from tests.desk import test_stories as told
from tests.desk.conftest import Cast
from tests.desk.test_browser import chromium, page, sign_in, violations

__all__ = ["chromium", "page"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium"),
]


def test_stories_and_alarms(page: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now().replace(second=0, microsecond=0)
    monkeypatch.setattr(told, "NOW", now)
    monkeypatch.setattr(told, "BEGAN", now - timedelta(hours=3))
    Watch.objects.create(brand=cast.findik, kind="peer", text="Çotanak")
    pile_on = PileOn(kinds=("in_step",), since=now - timedelta(hours=2), until=now, authors=26, posts=80, of=60)
    row = told.a_story(pile_on=pile_on)
    told.enter(row, alarms=[told.an_alarm(row, at=now - timedelta(hours=2))], ids={row.id: told.keep_posts()})

    sign_in(page, "ayse@example.com")
    page.get_by_role("link", name=row.title).wait_for()  # the rising stories stand on Today
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url("**/stories/")
    assert page.get_by_role("heading", name="1 story is rising").is_visible()
    assert violations(page) == []
    page.get_by_role("combobox", name="Gravity").select_option("3")
    page.get_by_role("button", name="Narrow").click()
    page.get_by_text("None of the last seven days is like that").wait_for()
    page.get_by_role("link", name="Show all").click()
    page.get_by_role("link", name=row.title).click()
    page.get_by_role("heading", name=row.title).wait_for()
    page.get_by_text("As a table").first.click()
    assert page.get_by_role("region", name="As a table").first.is_visible(), "the curve's twin"
    assert violations(page) == []
    page.get_by_role("button", name="Not worth it").click()
    page.wait_for_url("**#alarm-1")
    assert page.get_by_role("button", name="Not worth it").get_attribute("aria-pressed") == "true"
    found = stories.opened().alarm(1)
    assert found is not None and found.judged == "false"
    page.keyboard.press("Escape")
    page.wait_for_url("**/stories/")

    page.goto("/alarms/")
    assert violations(page) == []
    page.get_by_role("button", name="Mark all as read").click()
    page.get_by_role("heading", name="No new alarm").wait_for()
    page.get_by_role("link", name="Settings").last.click()
    page.get_by_label("Tell me by e-mail").check()
    page.get_by_label("Quiet from").fill("22:00")
    page.get_by_label("Quiet until").fill("07:00")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved.").wait_for()
    page.get_by_role("textbox", name="Address").fill("http://10.0.0.1/")
    page.get_by_role("textbox", name="Name", exact=True).fill("Chat")
    page.get_by_role("button", name="Add the address").click()
    page.get_by_text("leads into a private network").wait_for()
    assert violations(page) == []
    assert AlarmWish.objects.get(person=cast.ayse).quiet_from is not None

    page.set_viewport_size({"width": 360, "height": 740})
    for address in ("/stories/", f"/stories/{row.id}/", f"/stories/{row.id}/posts/", "/alarms/", "/settings/alarms/"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, address
    page.goto(f"/stories/{row.id}/")
    page.keyboard.press("w")
    page.wait_for_url("**/drafts/**")
