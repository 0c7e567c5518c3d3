"""The second factor: codes of the standard, asked after the password, taken once, guessed slowly, recovered from."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from kalkan.desk import access, rescue, totp
from kalkan.desk.actions import people, second_factor
from kalkan.desk.models import Audit, Person, RecoveryCode, SecondFactor, SignIn
from kalkan.desk.views.security import picture
from kalkan.errors import Refused
from tests.desk.conftest import PASSWORD, Cast, signed_in

RFC = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("at", "code"),  # RFC 6238, appendix B, SHA-1, the last six of its eight digits
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_vectors_of_the_standard(at: int, code: str) -> None:
    assert totp.code(RFC, at // totp.STEP) == code
    assert totp.step_of(RFC, code, at=at, after=0) == at // totp.STEP


def test_a_clock_may_be_one_step_off_and_no_more() -> None:
    at = 1_800_000_000
    for off, found in ((-60, False), (-30, True), (0, True), (30, True), (60, False)):
        typed = totp.code(RFC, (at + off) // 30)
        assert (totp.step_of(RFC, typed, at=at, after=0) is not None) is found


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "२८७०८२", "28708²"])
def test_what_is_no_code_is_wrong(typed: str) -> None:
    assert totp.step_of(RFC, typed, at=59, after=0) is None


def test_the_address_for_phones() -> None:
    parts = urlsplit(totp.address(RFC, account="ayşe+x@example.com"))
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert parts.path == "/Kalkan%3Aay%C5%9Fe%2Bx%40example.com"
    assert parse_qs(parts.query) == {"secret": [RFC], "issuer": ["Kalkan"], "digits": ["6"], "period": ["30"]}
    assert len({totp.new_secret() for _ in range(20)}) == 20 and len(base64.b32decode(totp.new_secret())) == 20


def test_the_picture_is_the_code() -> None:
    import segno

    drawn = picture("otpauth://totp/x")
    size = drawn["size"]
    assert isinstance(size, int)
    grid = [[0] * size for _ in range(size)]
    for run in str(drawn["path"]).removesuffix("z").split("z"):
        x, rest = run.removeprefix("M").split(" ")
        y, rest = rest.split("h")
        for n in range(int(rest.split("v")[0])):
            grid[int(y)][int(x) + n] = 1
    found = [row[4:-4] for row in grid[4:-4]]
    assert found == [list(row) for row in segno.make("otpauth://totp/x", error="m", micro=False).matrix]


def switch_on(who: Person, now: datetime) -> tuple[str, tuple[str, ...]]:
    """Its secret and recovery codes."""
    second_factor.begin(who)
    secret = second_factor.secret_of(who)
    codes = second_factor.confirm(who, totp.code(secret, int(now.timestamp()) // 30), now=now)
    return secret, codes


def later(secret: str, steps: int = 1) -> str:
    return totp.code(secret, int(timezone.now().timestamp()) // 30 + steps)


def password(client: Client, to: str = "/watches/", address: str = "192.0.2.1") -> Any:
    sent = {"email": "ayse@example.com", "password": PASSWORD, "next": to}
    return client.post("/sign-in/", sent, REMOTE_ADDR=address)


def type_code(client: Client, code: str, address: str = "192.0.2.1") -> Any:
    return client.post("/sign-in/code/", {"code": code, "next": "/watches/"}, REMOTE_ADDR=address)


def test_switching_on_in_the_browser(cast: Cast) -> None:
    browser = signed_in(cast.ayse)
    assert browser.get("/settings/security/").context["state"] == "off"
    assert browser.post("/settings/security/begin/").status_code == 302
    page = browser.get("/settings/security/")
    secret = second_factor.secret_of(cast.ayse)
    assert page.context["state"] == "begun" and page.context["secret"].replace(" ", "") == secret
    assert 'viewBox="0 0 ' in page.content.decode() and page.headers["Cache-Control"] == "no-store"
    assert not second_factor.on(cast.ayse), "not before it is confirmed"
    assert password(Client())["Location"] == "/watches/"
    wrong = browser.post("/settings/security/confirm/", {"code": "000000x"})
    assert wrong.status_code == 403 and "code" in wrong.context["confirm"].errors
    right = browser.post("/settings/security/confirm/", {"code": later(secret, 0)})
    codes = right.context["codes"]
    assert len(set(codes)) == 10 and all(code in right.content.decode() for code in codes)
    again = browser.get("/settings/security/")
    assert again.context["state"] == "on" and again.context["left"] == 10
    for hidden in (secret, " ".join(secret[n : n + 4] for n in range(0, 32, 4)), *codes):
        assert hidden not in again.content.decode(), "shown once"
    assert Audit.objects.filter(verb="switched second factor on", person=cast.ayse).count() == 1


def test_nothing_stands_open_in_the_database(cast: Cast) -> None:
    secret, codes = switch_on(cast.ayse, timezone.now())
    kept = str(list(SecondFactor.objects.values())) + str(list(RecoveryCode.objects.values()))
    assert secret not in kept
    for code in codes:
        assert code not in kept and code.replace("-", "") not in kept


def test_the_code_is_asked_after_the_password_only(cast: Cast, client: Client) -> None:
    secret, _codes = switch_on(cast.ayse, timezone.now())
    assert client.get("/sign-in/code/")["Location"] == "/sign-in/", "not without the password"
    assert type_code(client, later(secret))["Location"] == "/sign-in/"
    wrong = client.post("/sign-in/", {"email": "ayse@example.com", "password": "no"})
    assert wrong.status_code == 403
    half = password(client)
    assert half["Location"] == "/sign-in/code/?next=%2Fwatches%2F"
    assert client.get("/watches/")["Location"].startswith("/sign-in/"), "half is not in"
    assert client.get(half["Location"]).status_code == 200
    assert type_code(client, "123").status_code == 403
    done = type_code(client, later(secret))
    assert (done.status_code, done["Location"]) == (302, "/watches/")
    assert client.get("/watches/").status_code == 200


def test_leading_nowhere_else(cast: Cast, client: Client) -> None:
    secret, _codes = switch_on(cast.ayse, timezone.now())
    password(client)
    answer = client.post("/sign-in/code/", {"code": later(secret), "next": "https://evil.example.com/"})
    assert answer["Location"] == "/"


def test_no_code_counts_twice(cast: Cast) -> None:
    now = timezone.now()
    secret, codes = switch_on(cast.ayse, now)
    first = totp.code(secret, int(now.timestamp()) // 30)
    assert second_factor.accept(cast.ayse, first, now=now) == "", "the one that switched it on is used"
    following = totp.code(secret, int(now.timestamp()) // 30 + 1)
    assert second_factor.accept(cast.ayse, following, now=now) == "code"
    assert second_factor.accept(cast.ayse, following, now=now) == ""
    assert second_factor.accept(cast.ayse, following, now=now + timedelta(seconds=30)) == ""
    assert second_factor.accept(cast.ayse, codes[3].upper().replace("-", " "), now=now) == "recovery"
    assert second_factor.accept(cast.ayse, codes[3], now=now) == ""
    assert access.recovery_left(cast.ayse) == 9
    assert second_factor.accept(cast.bora, codes[4], now=now) == "", "nor for somebody else"


def test_a_recovery_code_signs_in(cast: Cast, client: Client) -> None:
    _secret, codes = switch_on(cast.ayse, timezone.now())
    password(client)
    assert type_code(client, f" {codes[0]} ").status_code == 302
    assert Audit.objects.filter(verb="used recovery code").exists()
    other = Client()
    password(other)
    assert type_code(other, codes[0]).status_code == 403


def test_codes_are_guessed_slowly_and_the_password_does_not_reset_it(cast: Cast, client: Client) -> None:
    secret, _codes = switch_on(cast.ayse, timezone.now())
    answers = []
    for n in range(people.MOST_HERE):
        password(client)
        answers.append(type_code(client, f"00000{n}x").status_code)
    assert answers == [403] * people.MOST_HERE
    assert type_code(client, later(secret)).status_code == 429, "even the right one waits"
    assert password(client).status_code == 429
    SignIn.objects.update(at=timezone.now() - people.WINDOW - timedelta(seconds=1))
    assert password(client).status_code == 302
    assert type_code(client, later(secret)).status_code == 302


def test_codes_guessed_from_many_places_are_slowed(cast: Cast) -> None:
    secret, _codes = switch_on(cast.ayse, timezone.now())
    for n in range(people.MOST_CODES):
        client = Client()
        password(client, address=f"192.0.2.{n}")
        assert type_code(client, "wrong", address=f"192.0.2.{n}").status_code == 403
    client = Client()
    assert password(client, address="198.51.100.1").status_code == 302
    assert type_code(client, later(secret), address="198.51.100.1").status_code == 429


def test_the_first_half_does_not_wait_for_ever(cast: Cast, client: Client) -> None:
    secret, _codes = switch_on(cast.ayse, timezone.now())
    password(client)
    session = client.session
    pk, at, proof = session["half"]
    session["half"] = [pk, at - people.HALF_WAY.total_seconds() - 1, proof]
    session.save()
    assert type_code(client, later(secret))["Location"] == "/sign-in/"
    password(client)
    cast.ayse.set_password("a new one, set elsewhere meanwhile")
    cast.ayse.save()
    assert type_code(client, later(secret))["Location"] == "/sign-in/"


def test_off_needs_the_password(cast: Cast) -> None:
    switch_on(cast.ayse, timezone.now())
    browser = signed_in(cast.ayse)
    browser.post("/settings/security/stop/")
    browser.post("/settings/security/begin/")
    assert second_factor.on(cast.ayse), "neither door switches it off"
    wrong = browser.post("/settings/security/change/", {"password": "no", "do": "off"})
    assert wrong.status_code == 403 and second_factor.on(cast.ayse)
    assert browser.post("/settings/security/change/", {"do": "off"}).status_code == 200
    assert browser.post("/settings/security/change/", {"password": PASSWORD, "do": "off"}).status_code == 302
    assert not second_factor.on(cast.ayse) and not RecoveryCode.objects.exists()
    assert password(Client())["Location"] == "/watches/"


def test_the_password_is_guessed_slowly_there_too(cast: Cast) -> None:
    switch_on(cast.ayse, timezone.now())
    browser = signed_in(cast.ayse)
    answers = [
        browser.post("/settings/security/change/", {"password": f"guess {n}", "do": "off"}).status_code
        for n in range(people.MOST_HERE + 1)
    ]
    assert answers == [403] * people.MOST_HERE + [429]


def test_and_where_a_new_password_is_set(cast: Cast) -> None:
    browser = signed_in(cast.ayse)
    sent = {"old": "guess", "new": "another long sentence"}
    answers = [browser.post("/settings/password/", sent).status_code for _ in range(people.MOST_HERE + 1)]
    assert answers == [200] * people.MOST_HERE + [429]
    assert browser.post("/settings/password/", {**sent, "old": PASSWORD}).status_code == 429
    cast.ayse.refresh_from_db()
    assert cast.ayse.check_password(PASSWORD)


def test_new_recovery_codes_void_the_old(cast: Cast) -> None:
    now = timezone.now()
    _secret, old = switch_on(cast.ayse, now)
    answer = signed_in(cast.ayse).post("/settings/security/change/", {"password": PASSWORD, "do": "codes"})
    new = answer.context["codes"]
    assert not set(old) & set(new)
    assert second_factor.accept(cast.ayse, old[0], now=now) == ""
    assert second_factor.accept(cast.ayse, new[0], now=now) == "recovery"
    with pytest.raises(Refused, match="second_factor_off"):
        second_factor.renew(cast.bora)


def test_giving_up_half_way(cast: Cast) -> None:
    browser = signed_in(cast.ayse)
    browser.post("/settings/security/begin/")
    first = second_factor.secret_of(cast.ayse)
    browser.post("/settings/security/begin/")
    assert second_factor.secret_of(cast.ayse) != first, "begun anew"
    browser.post("/settings/security/stop/")
    assert browser.get("/settings/security/").context["state"] == "off"
    assert browser.post("/settings/security/confirm/", {"code": later(first)}).status_code == 403
    assert not Audit.objects.filter(verb__contains="second factor").exists()


def test_a_lost_secret_key_leaves_the_recovery_codes(cast: Cast, client: Client, settings: Any) -> None:
    secret, codes = switch_on(cast.ayse, timezone.now())
    settings.SECRET_KEY = "a new key, for the old file was lost with its disk"
    password(client)
    assert type_code(client, later(secret)).status_code == 403
    assert type_code(client, codes[0]).status_code == 302


def test_whoever_runs_kalkan_can_switch_it_off(cast: Cast) -> None:
    switch_on(cast.ayse, timezone.now())
    assert rescue.without_second_factor("ayse@example.com") is True
    assert password(Client())["Location"] == "/watches/"


def test_the_demo_has_none(cast: Cast) -> None:
    cast.ayse.set_unusable_password()
    cast.ayse.save()
    browser = signed_in(cast.ayse)
    browser.post("/settings/security/begin/")
    assert access.second_factor_for(cast.ayse) is None
    assert "nothing to protect" in browser.get("/settings/security/").content.decode()
