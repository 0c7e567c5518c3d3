"""The desk in a real browser: the first run, keys, live parts, a phone, light and dark, and nothing axe objects to."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from kalkan.desk.actions import sources
from tests.desk.conftest import PASSWORD, Cast
from tests.desk.test_listening import status

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium"),
]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
ARGUMENTS += ["--disable-sync", "--no-first-run"]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One browser for all tests of this file."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Any, live_server: Any) -> Iterator[Any]:
    """A tab that fails the test when the page complains."""
    context = chromium.new_context(
        base_url=live_server.url, locale="en-GB", timezone_id="Europe/Istanbul", reduced_motion="reduce"
    )
    tab = context.new_page()
    complaints: list[str] = []
    tab.on("console", lambda word: complaints.append(word.text) if word.type in {"error", "warning"} else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    yield tab
    context.close()
    assert complaints == []


def sign_in(page: Any, email: str) -> None:
    """Through the form, as people do."""
    page.goto("/sign-in/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)


def violations(page: Any) -> list[str]:
    """What axe objects to, in the light and in the dark."""
    from axe_playwright_python.sync_playwright import Axe

    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        only = {"runOnly": ["color-contrast"]} if scheme == "dark" else {}  # all else is alike in the dark
        for each in Axe().run(page, options={"resultTypes": ["violations"], **only}).response["violations"]:
            found.append(f"{scheme} {each['id']}: {[node['html'][:120] for node in each['nodes']]}")
    return found


def test_the_first_run(page: Any) -> None:
    page.goto("/")
    assert violations(page) == []
    page.get_by_label("Your name").fill("Ayşe Y.")
    page.get_by_label("E-mail").fill("ayse@example.com")
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Go on").click()
    assert page.get_by_text("One thing below needs another look").is_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/setup/brand/")
    assert violations(page) == []
    page.get_by_label("Name of the brand").fill("Fındık")
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/setup/networks/")
    assert violations(page) == []
    page.get_by_role("button", name="Start listening").click()
    page.wait_for_url("**/")
    from kalkan.desk.models import Person, Source

    assert Person.objects.get().zone == "Europe/Istanbul", "as the browser said"
    assert [row.source for row in Source.objects.all()] == ["bluesky:jetstream"]


def test_what_is_listened_to_lives(page: Any, cast: Cast) -> None:
    sources.add(cast.ayse, "bluesky", options={})
    folder: Path = django_settings.CONFIG.status
    folder.mkdir()

    def put(posts: int) -> None:
        now = timezone.now().isoformat()
        word = status(posts_total=posts, updated_at=now, heard_until=now)
        (folder / "b.json").write_text(json.dumps(word))

    put(1_000)
    sign_in(page, "ayse@example.com")
    page.goto("/listening/")
    assert page.get_by_text("1,000").is_visible()
    assert violations(page) == []
    put(2_345)
    page.get_by_text("2,345").wait_for(timeout=9_000)
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("address", ["/watches/", "/settings/", "/inbox/", "/listening/add/mastodon/"])
def test_pages_for_everybody(page: Any, cast: Cast, address: str) -> None:
    sign_in(page, "ayse@example.com")
    page.goto(address)
    assert violations(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("document.querySelector('.rail [aria-current]')?.checkVisibility() ?? true")


def test_sign_in_and_keys(page: Any, cast: Cast) -> None:
    page.goto("/sign-in/")
    assert violations(page) == []
    sign_in(page, "ayse@example.com")
    page.goto("/inbox/")
    page.keyboard.press("g")
    page.keyboard.press("w")
    page.wait_for_url("**/watches/")
    page.get_by_label("Names").focus()
    page.keyboard.type("gh?")
    assert page.url.endswith("/watches/"), "never while typing"
    assert not page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    assert not page.locator("#keys").is_visible()
    page.keyboard.press("?")
    page.get_by_label("Single keys are on").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_timeout(300)
    assert page.url.endswith("/watches/"), "switched off"


def test_the_skip_link_and_the_language(page: Any, cast: Cast) -> None:
    sign_in(page, "ayse@example.com")
    page.goto("/settings/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.get_by_role("button", name="Türkçe").click()
    page.get_by_role("heading", name="Ayarlar", level=1).wait_for()
    assert page.evaluate("document.documentElement.lang") == "tr"
    assert violations(page) == []
