"""A new colleague's whole way in a real browser: invited, an account, the limits of a role, a second factor, a code."""

from __future__ import annotations

import time
from typing import Any

import pytest

from kalkan.desk import access, totp
from kalkan.desk.actions import team
from kalkan.desk.models import Membership, Person
from tests.desk.conftest import PASSWORD, Cast
from tests.desk.test_browser import chromium, page, pytestmark, sign_in, violations

__all__ = ["chromium", "page", "pytestmark"]


def sideways(page: Any) -> int:
    """How far the page reaches beyond a phone, in pixels."""
    page.set_viewport_size({"width": 360, "height": 740})
    wide = int(page.evaluate("document.documentElement.scrollWidth"))
    page.set_viewport_size({"width": 1280, "height": 900})
    return max(0, wide - 360)


def now_code(secret: str, ahead: int = 0) -> str:
    return totp.code(secret, int(time.time()) // totp.STEP + ahead)


def test_from_the_invitation_to_the_code(page: Any, chromium: Any, live_server: Any, cast: Cast) -> None:
    sign_in(page, "ayse@example.com")
    page.goto("/settings/")
    page.get_by_role("link", name="Team", exact=True).click()
    page.get_by_label("E-mail").fill("deniz@example.com")
    page.get_by_label("Part on the team").last.select_option("viewer")
    page.get_by_role("button", name="Make the link").click()
    field = page.get_by_label("Link for deniz@example.com")
    assert violations(page) == [] and sideways(page) == 0
    link = field.input_value()
    page.get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Copied").wait_for()

    context = chromium.new_context(
        base_url=live_server.url, locale="en-GB", timezone_id="Europe/Berlin", reduced_motion="reduce"
    )
    theirs = context.new_page()
    theirs.goto(link)
    assert violations(theirs) == [] and sideways(theirs) == 0
    theirs.get_by_label("Your name").fill("Deniz Ş.")
    theirs.get_by_label("Password").fill(PASSWORD)
    theirs.get_by_role("button", name="Make the account and join").click()
    theirs.wait_for_url(f"{live_server.url}/")
    deniz = Person.objects.get(email="deniz@example.com")
    assert (deniz.zone, access.role_for(deniz, cast.findik)) == ("Europe/Berlin", "viewer")
    theirs.goto("/team/")
    assert theirs.get_by_text("Only owners may change the team.").is_visible()
    assert theirs.get_by_role("button", name="Make the link").count() == 0
    assert theirs.get_by_role("link", name="Who did what").count() == 0
    assert violations(theirs) == []
    assert context.request.get(f"{live_server.url}/audit/").status == 403
    assert context.request.get(link).status == 410, "once"

    theirs.get_by_role("link", name="Sign-in and sessions").click()
    theirs.get_by_role("button", name="Switch on…").click()
    secret = theirs.locator(".secret").inner_text().replace(" ", "")
    assert violations(theirs) == [] and sideways(theirs) == 0
    theirs.get_by_label("Code", exact=True).fill(now_code(secret))
    theirs.get_by_role("button", name="Switch on", exact=True).click()
    theirs.locator(".codes").wait_for()
    codes = theirs.locator(".codes code").all_inner_texts()
    assert len(codes) == 10
    assert violations(theirs) == [] and sideways(theirs) == 0
    theirs.get_by_role("link", name="I have kept them").click()
    assert theirs.get_by_text("10 recovery codes are left").is_visible()
    assert violations(theirs) == []
    theirs.get_by_role("button", name="Sign out").click()
    theirs.get_by_label("E-mail").fill("deniz@example.com")
    theirs.get_by_label("Password").fill(PASSWORD)
    theirs.get_by_role("button", name="Sign in").click()
    theirs.get_by_role("heading", name="Now the code from your phone").wait_for()
    assert violations(theirs) == [] and sideways(theirs) == 0
    theirs.get_by_label("Code", exact=True).fill(now_code(secret, 1))
    theirs.get_by_role("button", name="Sign in").click()
    theirs.wait_for_url(f"{live_server.url}/")
    context.close()

    page.goto("/audit/")
    assert page.get_by_text("Joined the team").is_visible()
    assert violations(page) == [] and sideways(page) == 0


@pytest.mark.parametrize("address", ["/brand/add/", "/settings/security/", "/settings/", "/team/", "REMOVE", "INVITED"])
def test_pages_for_everybody(page: Any, cast: Cast, address: str) -> None:
    from django.utils import timezone

    made = team.invite(cast.ayse, cast.findik, email="x@example.com", role="writer", lang="tr", now=timezone.now())
    row = Membership.objects.get(person=cast.bora)
    if address == "INVITED":
        address = f"/invited/{access.word_of(made)}/"
        assert page.goto(address).status == 200
        assert page.evaluate("document.documentElement.lang") == "tr"
    sign_in(page, "ayse@example.com")
    page.goto(f"/team/{row.pk}/remove/" if address == "REMOVE" else address)
    assert violations(page) == [] and sideways(page) == 0
    page.get_by_role("button", name="Türkçe").click()
    page.locator("html[lang=tr]").wait_for()
    assert violations(page) == [] and sideways(page) == 0


def test_a_session_is_ended_from_elsewhere(page: Any, chromium: Any, live_server: Any, cast: Cast) -> None:
    sign_in(page, "ayse@example.com")
    other = chromium.new_context(base_url=live_server.url, locale="en-GB")
    tab = other.new_page()
    sign_in(tab, "ayse@example.com")
    tab.goto("/watches/")
    page.goto("/settings/security/")
    page.get_by_role("button", name="End all others").click()
    page.get_by_text("All other browsers are signed out.").wait_for()
    tab.goto("/watches/")
    assert "/sign-in/" in tab.url
    other.close()
