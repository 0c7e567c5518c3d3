"""Today and the lists of posts in a real browser: nothing axe objects to, a phone, and newer posts that wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kalkan.desk import shelf
from tests.desk.conftest import Cast
from tests.desk.test_browser import chromium, page, pytestmark, sign_in, violations
from tests.desk.test_today import stored, week
from tests.telling.shelf import mention

__all__ = ["chromium", "page", "pytestmark"]


def fill(now: datetime) -> None:
    """Two weeks of mentions that end at ``now``."""
    rows = [*week(120, angry=70), *week(90, days_ago=7.2, angry=5, tag="was")]
    posts, mentions = stored(rows, moved=now)
    shelf.opened().append("test:1", posts, now=now, mentions=mentions)


@pytest.mark.parametrize("address", ["/", "/?period=24h", "/posts/", "/posts/?reads=anger"])
def test_for_everybody_and_on_a_phone(page: Any, cast: Cast, address: str) -> None:
    fill(datetime.now(UTC))
    sign_in(page, "ayse@example.com")
    page.goto(address)
    page.get_by_text("Newest mentions" if "posts" not in address else "newest first").first.wait_for()
    assert violations(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    if address == "/":
        bars = page.locator("table.shares svg.iv")
        assert bars.count() == 14 and all(bars.nth(i).is_visible() for i in range(14))


def test_newer_posts_wait_and_nothing_moves(page: Any, cast: Cast) -> None:
    now = datetime.now(UTC)
    fill(now - timedelta(minutes=5))
    sign_in(page, "ayse@example.com")
    page.goto("/")
    where = page.locator("#h-rise").bounding_box()
    posts, mentions = stored([mention(id="at://late", text="Fındık bugün geldi", at=now)])
    shelf.opened().append("test:2", posts, now=now, mentions=mentions)
    link = page.get_by_role("link", name="1 newer")
    link.wait_for(timeout=9_000)
    assert not page.get_by_text("Fındık bugün geldi").is_visible()
    assert page.locator("#h-rise").bounding_box() == where
    link.click()
    page.get_by_text("Fındık bugün geldi").first.wait_for(timeout=5_000)


def test_an_empty_desk_fills_by_itself(page: Any, cast: Cast) -> None:
    sign_in(page, "ayse@example.com")
    page.goto("/")
    page.get_by_text("Nobody spoke of you").wait_for()
    fill(datetime.now(UTC))
    page.get_by_text("Fındık hakkında 0 numaralı söz").first.wait_for(timeout=9_000)
