"""Every page: its headers, its language, its faults, its markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import path

import kalkan.desk
from kalkan.desk.urls import urlpatterns as own
from kalkan.errors import ArchiveDamaged, InvalidInput
from tests.desk.conftest import Cast, signed_in

STATIC = Path(kalkan.desk.__file__).parent / "static" / "desk"
MINE = [
    "/team/",
    "/settings/security/",
    "/watches/",
    "/listening/",
    "/listening/add/feeds/",
    "/settings/",
    "/index/",
    "/index/2026/",
    "/leads/",
]


class Markup(HTMLParser):
    """Counts what the content policy would refuse, and labels that lead nowhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.refused: list[str] = []
        self.ids: list[str] = []
        self.named: list[str] = []
        self.inline = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.inline = tag == "style" or (tag == "script" and "src" not in given)
        self.refused += [name for name in given if name == "style" or name.startswith("on")] + [tag] * self.inline
        self.refused += [str(given[n]) for n in ("src", "href") if re.match(r"(?:\w+:)?//", given.get(n) or "")]
        self.ids += [str(given["id"])] if given.get("id") else []
        for name in ("for", "aria-labelledby", "aria-describedby"):
            self.named += (given.get(name) or "").split()


@pytest.mark.parametrize("page", MINE)
@pytest.mark.parametrize("who", ["ayse", "bora"])
def test_pages_keep_to_the_policy(cast: Cast, page: str, who: str) -> None:
    answer = signed_in(getattr(cast, who)).get(page)
    if page.startswith("/listening/add") and who == "bora":
        assert answer.status_code == 403
    else:
        assert answer.status_code == 200
    found = Markup(answer.content.decode())
    assert found.refused == []
    assert len(found.ids) == len(set(found.ids))
    assert set(found.named) <= set(found.ids)
    assert len(answer.content) < 60_000


@pytest.mark.parametrize("address", ["/sign-in/", "/static/desk/desk.css", "/watches/", "/nothing/", "/setup/"])
def test_headers_stand_on_every_answer(cast: Cast, client: Client, address: str) -> None:
    headers = client.get(address).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'" and policy["frame-ancestors"] == "'none'"
    assert {policy[name] for name in ("style-src", "script-src", "img-src", "connect-src")} == {"'self'"}
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


def test_pages_are_not_kept_by_the_browser_but_style_is(client: Client, cast: Cast) -> None:
    assert client.get("/sign-in/").headers["Cache-Control"] == "no-store"
    style = client.get("/static/desk/desk.css")
    assert "max-age=86400" in style.headers["Cache-Control"]
    assert client.get("/static/desk/desk.css", headers={"if-none-match": style.headers["ETag"]}).status_code == 304
    assert client.get("/static/django_htmx/htmx-2.min.js").status_code == 200
    assert client.get("/static/../settings.py").status_code in {302, 404}


def test_forms_need_their_token(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.ayse)
    answer = client.post("/watches/", {"names": "Başka"})
    assert answer.status_code == 403
    assert "too old" in answer.content.decode()
    assert cast.findik.watches.count() == 2


def test_cookies_are_not_for_scripts_or_strangers(cast: Cast, client: Client) -> None:
    client.get("/sign-in/")
    client.post("/sign-in/", {"email": "ayse@example.com", "password": "uzun bir cümle olsun"})
    for name in ("kalkan_session", "kalkan_csrf"):
        cookie = client.cookies[name]
        assert cookie["httponly"] and cookie["samesite"] == "Lax"


def damaged(request: Any) -> Any:
    raise ArchiveDamaged("archive_unreadable", path="posts/x.parquet")


def wrong(request: Any) -> Any:
    raise InvalidInput("setting_unknown", name="x", path="y", known="z")


def broken(request: Any) -> Any:
    raise ZeroDivisionError("secret detail")


class Faulty:
    """The desk's addresses with three that fail."""

    urlpatterns = (path("damaged/", damaged), path("wrong/", wrong), path("broken/", broken), *own)
    handler400 = "kalkan.desk.views.faults.bad_request"
    handler404 = "kalkan.desk.views.faults.not_found"
    handler500 = "kalkan.desk.views.faults.unforeseen"


@pytest.mark.parametrize(
    ("address", "status"), [("/damaged/", 500), ("/wrong/", 400), ("/broken/", 500), ("/nothing/", 404)]
)
@pytest.mark.parametrize("who", ["ayse", "bora"])
def test_faults_are_pages(cast: Cast, address: str, status: int, who: str) -> None:
    browser = signed_in(getattr(cast, who))
    browser.raise_request_exception = False
    with override_settings(ROOT_URLCONF=Faulty):
        answer = browser.get(address)
    shown = answer.content.decode()
    assert answer.status_code == status
    assert f'<html lang="{"tr" if who == "bora" else "en"}">' in shown
    assert "desk/desk.css" in shown and "Traceback" not in shown and "secret detail" not in shown
    assert Markup(shown).refused == []


def test_an_unknown_address_is_told_what_to_set(cast: Cast, client: Client) -> None:
    answer = client.get("/", headers={"host": "evil.example.com"})
    assert answer.status_code == 400
    assert "public_url" in answer.content.decode()


def test_watches_are_kept_as_typed(cast: Cast) -> None:
    browser = signed_in(cast.ayse)
    shown = browser.get("/watches/").content.decode()
    assert "Fındık -fındıkkabuğu" in shown and "@findik.example.com" in shown
    sent = {"names": "Fındık\nFındık Kreması", "topics": "palm oil"}
    assert browser.post("/watches/", sent)["Location"] == "/watches/?saved"
    assert browser.post("/watches/", sent)["Location"] == "/watches/?same"
    kept = [(row.kind, row.text) for row in cast.findik.watches.all()]
    assert kept == [("name", "Fındık"), ("name", "Fındık Kreması"), ("topic", "palm oil")]


def test_hostile_words_stay_words(cast: Cast) -> None:
    hostile = '"><script>alert(1)</script>'
    browser = signed_in(cast.ayse)
    browser.post("/watches/", {"names": f"Fındık\n{hostile}"})
    browser.post("/settings/", {"name": hostile, "lang": "", "zone": "UTC"})
    for page in ("/watches/", "/settings/", "/inbox/"):
        shown = browser.get(page).content.decode()
        assert "<script>alert" not in shown
        assert Markup(shown).refused == []


def test_the_style_asks_nobody_else() -> None:
    for file in STATIC.iterdir():
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org/2000/svg)", text), file.name
    assert len((STATIC / "desk.css").read_bytes()) < 45_000
