"""A draft in a real browser: written, checked, agreed to, edited, paused, sent to the town's servers, seen there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from django.conf import settings

from kalkan import archive
from kalkan.desk import drafts_demo, drafts_sending
from kalkan.desk.actions import facts
from kalkan.desk.jobs import Work
from kalkan.desk.models import Account, Draft
from kalkan.drafts import Policy, Rule
from kalkan.world.wire import Stage, password
from kalkan.world.world import World
from tests.conftest import read_rows
from tests.desk.conftest import Cast
from tests.desk.test_browser import chromium, page, pytestmark, sign_in, violations

__all__ = ["chromium", "page", "pytestmark"]


@pytest.fixture
def town() -> Iterator[Stage]:
    """The town's servers, with nobody talking."""
    now = datetime.now(UTC)
    world = World(seed=1, now=now, currents=(), past=timedelta(hours=1), scripted=False)
    with Stage(world, now=lambda: datetime.now(UTC), past=timedelta(hours=1)) as stage:
        yield stage


FIRE = (
    "Liman’daki fabrikada büyük yangın, üç işçi öldü",
    "yangın yüzünden babam hastanede, haber alamıyoruz",
    "fabrika yangını büyüyor, ambulanslar yolda",
    "yangında ölenlere rahmet, yaralılara şifa",
    "limanda yangın var, duman şehre indi, korkuyoruz",
    "o fabrikada yangın çıkışı kapalıymış, yazık",
    "yangın haberini aldım, eniştem o vardiyada",
    "itfaiye yangına yetişemedi, ölü sayısı artıyor",
)
CHAT = (
    "bugün hava güzel", "kahve içtik sahilde", "maç kaçta başlıyor", "kitap önerisi olan var mı", "kedim uyuyor",
    "otobüs yine geç geldi", "akşama makarna", "sınav haftası bitti", "film çok iyiydi", "pazar alışverişi tamam",
)  # fmt: skip


def heard() -> archive.Archive:
    """An archive of everyday talk, in which many begin to speak of a fire."""
    kept = archive.open(settings.CONFIG.archive)
    now = datetime.now(UTC)

    def rows(name: str, n: int, minutes: int, lines: tuple[str, ...]) -> pa.Table:
        return read_rows(
            [f"at://{name}/{k}" for k in range(n)],
            moments=[now - timedelta(minutes=1 + minutes * k % 4000) for k in range(n)],
            text=lambda one: (
                f"{lines[int(one.rsplit('/', 1)[1]) % len(lines)]} {CHAT[int(one.rsplit('/', 1)[1]) * 7 % 10]}"
            ),
            author_id=[f"did:plc:{name}{k}" for k in range(n)],
            lang="tr",
        )

    posts = pa.concat_tables([rows("fire", 120, 1, FIRE), rows("chat", 400, 10, CHAT)])
    kept.append("bluesky:test", posts, now=now, cursor="1")
    return kept


def connected(cast: Cast, stage: Stage) -> None:
    """Both accounts of the brand, at the town's servers."""
    for network, port, key in (("bluesky", stage.pds.port, "findik"), ("mastodon", stage.mastodon.port, "findik-m")):
        door = drafts_demo.Door(
            brand="findik", network=network, server=f"http://127.0.0.1:{port}",
            handle=stage.world.people[key].handle, secret=password(key),
        )  # fmt: skip
        assert drafts_demo._open(cast.ayse, cast.findik, door, now=datetime.now(UTC))


def tick(kept: archive.Archive) -> None:
    """The sender's job, once."""
    config: Any = settings.CONFIG
    drafts_sending.send(Work(archive=kept, config=config, now=lambda: datetime.now(UTC), stop=threading.Event()))


def test_a_draft_from_first_word_to_last(page: Any, cast: Cast, town: Stage) -> None:
    kept = heard()
    connected(cast, town)
    assert [row.fault for row in Account.objects.all()] == [{}, {}]
    facts.rule(cast.ayse, cast.findik, Policy(rules=(Rule(own=True),)), now=datetime.now(UTC))
    sign_in(page, "ayse@example.com")
    page.goto("/drafts/")
    assert violations(page) == []
    page.keyboard.press("n")
    page.wait_for_url("**/drafts/*/")
    page.get_by_label("Title").fill("Sabah")
    first = page.locator("textarea[data-limit]").first
    first.fill("a" * 301)
    assert page.get_by_text("301 of 300 signs").is_visible(), "counted while typing"
    with page.expect_response(lambda answer: "/check/" in answer.url):
        first.fill("Yangın var! Bugün fabrikadan sıcak sıcak, %40 indirim, kaçırma!")
    page.locator("#room.hold").wait_for()
    assert page.locator("#room .find").count() > 0, "no verdict without something that opens"
    assert page.locator(".marks mark").count() > 0
    assert violations(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.set_viewport_size({"width": 1280, "height": 900})
    with page.expect_response(lambda answer: "/check/" in answer.url):
        first.fill("Günaydın. Bugün dükkânlarımız 10.00’da açılıyor.")
    page.locator("textarea[data-limit]").nth(1).fill("Good morning. Our shops open at 10 today.")
    page.keyboard.press("Control+s")
    page.wait_for_url("**?saved")
    page.get_by_role("button", name="Submit").click()
    page.wait_for_url("**?submitted")
    page.locator("#id_reason").fill("Hizmet duyurusu.")
    page.get_by_role("button", name="Approve version 1").click()
    page.wait_for_url("**?approved")
    page.get_by_role("link", name="Change it").click()
    page.locator("textarea[data-limit]").first.fill("Günaydın. Bugün dükkânlarımız 10.30’da açılıyor.")
    page.keyboard.press("Control+s")
    page.wait_for_url("**?saved")
    assert page.get_by_text("the approvals before it are void").is_visible()
    page.get_by_role("button", name="Submit").click()
    page.wait_for_url("**?submitted")
    page.locator("#id_reason").fill("Saat düzeltildi.")
    page.get_by_role("button", name="Approve version 2").click()
    page.wait_for_url("**?approved")
    page.goto("/pause/")
    assert violations(page) == []
    page.get_by_label("Why").fill("Yangın sürüyor.")
    page.get_by_role("button", name="Pause now").click()
    page.get_by_role("heading", name="Paused: nothing goes out").wait_for()
    assert page.get_by_text("1 draft waits").is_visible()
    page.get_by_label("Why it may go on").fill("Söndürüldü.")
    page.get_by_role("button", name="End the pause").click()
    page.get_by_text("Ended. What fell due meanwhile stays held").wait_for()
    page.goto(f"/drafts/{Draft.objects.get().pk}/")
    reason = page.locator("#id_release")
    if reason.count():
        reason.fill("Hizmet duyurusu.")
    page.get_by_role("button", name="Let it go now").click()
    page.wait_for_url("**?released")
    tick(kept)
    page.reload()
    assert Draft.objects.get().state == "sent", page.locator(".warn").all_inner_texts()
    assert page.get_by_text("out since").count() == 2
    assert violations(page) == []
    frames = town.log.read(0, limit=10_000)
    assert frames is not None
    assert sum("10.30’da açılıyor".encode() in frame for frame in frames.payloads()) == 1, "seen in the town, once"
    page.get_by_role("button", name="Türkçe").click()
    page.get_by_text("Gönderirken ne oldu").wait_for()
    page.set_viewport_size({"width": 360, "height": 740})
    for address in (
        "/ledger/",
        "/ledger/score/",
        "/calendar/",
        "/accounts/",
        "/settings/approvals/",
        "/settings/facts/",
    ):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, address
        if address not in ("/ledger/score/", "/accounts/"):
            assert violations(page) == [], address
