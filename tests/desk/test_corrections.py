"""Readings at the desk: corrected on the row, measured before anything is switched on, read carefully by the worker."""

from __future__ import annotations

import dataclasses
import html
import re
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from kalkan import figures, reading
from kalkan.archive.sweep import erase
from kalkan.desk import jobs, rereading, shelf
from kalkan.desk.models import Adjustment, Audit, Correction, Membership
from kalkan.reading import tiers
from kalkan.reading.recipe import Recipe
from tests.desk.conftest import Cast, person, signed_in
from tests.desk.test_today import stored
from tests.telling.shelf import mention

NOW = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
AT = NOW - timedelta(hours=1)
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    monkeypatch.setattr(rereading, "_kept", {})


@pytest.fixture
def careful_here(monkeypatch: pytest.MonkeyPatch) -> Recipe:
    """A careful tier made of the fast one's weights: another recipe, the same kernel."""
    fast = reading.current()
    made = Recipe(name=fast.name, digest=fast.digest, langs=("en", "tr"))
    monkeypatch.setattr(tiers, "current", lambda tier: made if tier == "careful" else fast)
    return made


def keep(*rows: dict[str, Any], source: str = "test") -> None:
    posts, mentions = stored(rows)
    shelf.opened().append(source, posts, now=NOW, mentions=mentions)


def row(number: int = 0, **more: Any) -> dict[str, Any]:
    given = {
        "id": f"at://p{number}",
        "author_id": f"did:plc:{number}",
        "at": AT - timedelta(minutes=number),
        "recipe": reading.current().id,
        "feeling": "anger",
        "sentiment": "negative",
        "text": f"Fındık ezmesi yine bitmiş {number}",
    }
    return mention(**{**given, **more})


def address(at: int = 0, brand: str = "findik", post: str | None = None) -> str:
    moment = (AT - timedelta(minutes=at)).isoformat().replace("+", "%2B")
    return f"/posts/correct/?brand={brand}&id={post or f'at://p{at}'}&at={moment}"


def say(client: Client, word: str, at: int = 0, **more: Any) -> Any:
    return client.post(address(at), {"set": word, **more}, headers=HTMX)


def work() -> jobs.Work:
    return jobs.Work(archive=shelf.opened(), config=settings.CONFIG, now=lambda: NOW, stop=threading.Event())


# — correcting —


def test_a_reading_is_corrected_and_the_row_says_by_whom_at_once(cast: Cast) -> None:
    keep(row())
    ayse = signed_in(cast.ayse)
    assert "Wrong?" in ayse.get("/posts/").content.decode()
    menu = ayse.get(address(), headers=HTMX).content.decode()
    assert menu.startswith('<div class="correct open card"')
    assert re.search(r'value="feeling:anger" aria-pressed="true"', menu)
    assert re.search(r'value="ask:no" aria-pressed="true"', menu)
    after = say(ayse, "feeling:joy").content.decode()
    assert "corrected by Ayşe Y. (Feeling: joy)" in after
    assert re.search(r'value="feeling:joy" aria-pressed="true"', after)
    say(ayse, "lang", lang="en")
    say(ayse, "feeling:sadness")
    page = html.unescape(ayse.get("/posts/").content.decode())
    assert "corrected by Ayşe Y. (Feeling: sadness, Language: English)" in page or (
        "corrected by Ayşe Y. (Language: English, Feeling: sadness)" in page
    )
    kept = Correction.objects.filter(task="feeling").order_by("id")
    assert [(one.was, one.became, one.recipe) for one in kept] == [
        ("anger", "joy", reading.current().id),
        ("anger", "sadness", reading.current().id),
    ]
    assert kept[0].shares.keys() >= {"anger", "joy", "ask", "negative"}
    assert "bitmiş" not in str(list(Correction.objects.values()))


def test_all_of_it_is_right_confirms_what_the_page_was_sure_of_and_can_be_taken_back(cast: Cast) -> None:
    keep(row(sentiment=None, abstained=["sentiment", "ask"]))
    ayse = signed_in(cast.ayse)
    assert "read right, says Ayşe Y." in say(ayse, "right").content.decode()
    found = {one.task: (one.was, one.became) for one in Correction.objects.all()}
    assert found["feeling"] == ("anger", "anger")
    assert found["question"] == ("no", "no")
    assert not {"sentiment", "ask"} & found.keys()
    assert "read right" not in say(ayse, "back").content.decode()
    assert not Correction.objects.exists()


def test_without_scripts_the_menu_is_a_page_and_saying_leads_back(cast: Cast) -> None:
    keep(row())
    ayse = signed_in(cast.ayse)
    page = ayse.get(address(), headers={"Referer": "http://testserver/?period=24h"}).content.decode()
    assert "<h1>How was this post read?</h1>" in page
    assert 'name="next" value="http://testserver/?period=24h"' in page
    done = ayse.post(address(), {"set": "ask:yes", "next": "http://testserver/?period=24h"})
    assert (done.status_code, done["Location"]) == (302, "http://testserver/?period=24h")
    assert ayse.post(address(), {"set": "ask:yes", "next": "https://evil.example/"})["Location"] == "/posts/"


def test_viewers_read_corrections_and_make_none_and_strangers_see_nothing(cast: Cast) -> None:
    keep(row())
    say(signed_in(cast.ayse), "feeling:joy")
    bora, cem = signed_in(cast.bora), signed_in(cast.cem)
    page = bora.get("/posts/").content.decode()
    assert "Ayşe Y." in page
    assert "Yanlış mı?" not in page
    assert "Wrong?" not in page
    assert bora.get(address(), headers=HTMX).status_code == 403
    for word in ("feeling:joy", "right", "back"):
        assert say(bora, word).status_code == 403
    assert say(cem, "feeling:joy").status_code == 404
    assert cem.get(address(), headers=HTMX).status_code == 404
    assert bora.post("/settings/readings/measure/").status_code == 403
    assert bora.post("/settings/readings/switch/", {"on": "yes"}).status_code == 403
    assert "Ayşe" in bora.get("/settings/readings/").content.decode()
    assert Correction.objects.count() == 1


@pytest.mark.parametrize(
    "word", ["feeling:fury", "mood:joy", "", "ask", "ask:maybe", "lang:xx", "feeling:" + "x" * 999]
)
def test_what_cannot_be_said_is_told(cast: Cast, word: str) -> None:
    keep(row())
    assert say(signed_in(cast.ayse), word).status_code == 400
    assert not Correction.objects.exists()


@pytest.mark.parametrize(
    "path",
    [
        "/posts/correct/",
        address(post="at://nobody"),
        address(1),
        address(brand="nobody"),
        "/posts/correct/?brand=findik&id=at://p0&at=yesterday",
    ],
)
def test_a_post_that_is_not_there_is_not_found(cast: Cast, path: str) -> None:
    keep(row())
    assert signed_in(cast.ayse).get(path).status_code == 404


def test_what_was_said_of_an_erased_post_goes_with_it(cast: Cast) -> None:
    keep(row(0), row(1))
    ayse = signed_in(cast.ayse)
    say(ayse, "feeling:joy", 0)
    say(ayse, "feeling:joy", 1)
    erase(shelf.opened(), ["at://p0"], now=NOW)
    rereading.adjust(work())
    assert [one.post for one in Correction.objects.all()] == ["at://p1"]


# — learning —


def corrected(cast: Cast, n: int = 300, *, bias: float = 2.0, days: float = 0.1) -> None:
    """Mentions whose asks the reader sees too rarely, and what Ayşe says of each."""
    luck = np.random.default_rng(11)
    logit = luck.normal(-0.5, 1.5, n)
    truth = luck.random(n) < 1 / (1 + np.exp(-(logit + bias)))
    share = np.round(1 / (1 + np.exp(-logit)), 3)
    rows = [row(at, p={"ask": float(share[at])}, at=AT - timedelta(days=days, seconds=at)) for at in range(n)]
    keep(*rows, source=f"corrected {days}")
    Correction.objects.bulk_create(
        Correction(
            brand=cast.findik, network="bluesky", post=rows[at]["id"], post_at=rows[at]["at"], task="ask",
            was="yes" if share[at] >= 0.5 else "no", became="yes" if truth[at] else "no", recipe=reading.current().id,
            shares={"ask": float(share[at])}, person=cast.ayse, at=NOW,
        )
        for at in range(n)
    )  # fmt: skip


def test_nothing_is_measured_from_too_little_and_nothing_switched_on_unmeasured(cast: Cast) -> None:
    ayse = signed_in(cast.ayse)
    assert "Nobody has corrected a reading yet." in ayse.get("/settings/readings/").content.decode()
    keep(row())
    say(ayse, "ask:yes")
    done = ayse.post("/settings/readings/measure/", follow=True).content.decode()
    assert "There are not enough verdicts to measure anything: 1 posts at most" in done
    assert ayse.post("/settings/readings/switch/", {"on": "yes"}).status_code == 403
    assert not Adjustment.objects.exists()


def test_a_gain_is_measured_then_switched_on_by_an_owner_and_counts_until_switched_off(cast: Cast) -> None:
    corrected(cast)
    ayse = signed_in(cast.ayse)
    page = ayse.post("/settings/readings/measure/", follow=True).content.decode()
    found = Adjustment.objects.get()
    assert found.on is False
    assert [one["task"] for one in found.measured] == ["ask"]
    assert found.measured[0]["adjusted"] > found.measured[0]["right"]
    assert "better" in page
    assert "Measured. Nothing is switched on by it." in page

    def asking() -> tuple[int, tuple[str, ...]]:
        asked = rereading.preferred(settings.CONFIG, "findik")
        ask = figures.Ask(since=NOW - timedelta(days=7), until=NOW, measures=("ask",), reading=asked,
                          where=figures.Where(brand="findik"))  # fmt: skip
        counted = figures.answer(ask, shelf.opened())
        return counted.one("ask").posts, counted.recipes

    before, recipes = asking()
    assert recipes == (reading.current().id,)
    writer = person("Deniz W.", "deniz@example.com", lang="en")
    Membership.objects.create(person=writer, brand=cast.findik, role="approver")
    assert signed_in(writer).post("/settings/readings/switch/", {"on": "yes"}).status_code == 403
    assert ayse.post("/settings/readings/switch/", {"on": "yes"}, follow=True).status_code == 200
    rereading.adjust(work())
    after, recipes = asking()
    assert after > before * 1.3
    assert recipes[0].startswith(f"{reading.current().id}~")
    today = ayse.get("/").content.decode()
    assert f"({recipes[0].partition('+')[2][:4]}), adjusted {recipes[0].partition('~')[2][:4]}" in today

    keep(row(9000, p={"ask": 0.45}, at=AT), source="later")  # a mention heard later gets its adjusted reading too
    rereading.adjust(work())
    assert asking()[1] == recipes
    ayse.post("/settings/readings/switch/", {"on": "no"})
    assert asking()[1] == (reading.current().id,)
    verbs = list(Audit.objects.order_by("id").values_list("verb", flat=True))
    assert verbs == ["measured adjustment", "switched adjustment on", "switched adjustment off"]


def test_where_nothing_is_better_beyond_doubt_there_is_no_switch(cast: Cast) -> None:
    corrected(cast, bias=0.0)
    ayse = signed_in(cast.ayse)
    page = ayse.post("/settings/readings/measure/", follow=True).content.decode()
    assert "no clear gain, left out" in page
    assert "there is nothing to switch on" in page
    assert ayse.post("/settings/readings/switch/", {"on": "yes"}).status_code == 403


def test_an_adjustment_of_another_recipe_does_not_count_and_the_page_says_so(cast: Cast) -> None:
    corrected(cast)
    ayse = signed_in(cast.ayse)
    ayse.post("/settings/readings/measure/")
    ayse.post("/settings/readings/switch/", {"on": "yes"})
    Adjustment.objects.update(base="fast-25.01+000000000000")
    assert rereading.preferred(settings.CONFIG, "findik") == ()
    rereading.adjust(work())
    assert shelf.opened().query("SELECT id FROM readings", tables=("readings",)).num_rows == 0
    assert "measured for another reader" in ayse.get("/settings/readings/").content.decode()


# — careful reading of mentions —


def test_the_worker_reads_mentions_carefully_and_pages_count_that(cast: Cast, careful_here: Recipe) -> None:
    keep(*(row(at, text="Çok mutluyum, teşekkürler!", feeling="anger") for at in range(40)))
    settings.CONFIG = dataclasses.replace(settings.CONFIG, careful_seconds=60.0)
    rereading._kept["budget"] = full = rereading.Budget(60.0, lambda: 0.0)
    full.spend(-60)
    rereading.careful(work())
    word = rereading.told(settings.CONFIG)
    assert word is not None
    assert (word.state, word.recipe, word.read, word.left) == ("on", careful_here.id, 40, 0)
    ayse = signed_in(cast.ayse)
    page = ayse.get("/listening/").content.decode()
    assert "40 read since the worker started, 0 waiting" in page
    today = html.unescape(ayse.get("/").content.decode())
    assert f"({careful_here.id.partition('+')[2][:4]})" in today
    link = re.search(r'href="(/posts/\?[^"]*reads=joy[^"]*)"', today)
    assert link is not None
    assert "<b>40 posts</b>" in ayse.get(link[1]).content.decode()  # heard as anger, read carefully as joy
    assert "<b>40 posts</b>" not in ayse.get(re.sub(r"&reading=[^&]*", "", link[1])).content.decode()
    rows = ayse.get("/posts/").content.decode()
    assert f"({careful_here.id.partition('+')[2][:4]})" in rows
    heard = ayse.get("/posts/?since=2026-11-16T00:00:00Z&until=2026-11-23T06:10:00Z").content.decode()
    assert f"({reading.current().id.partition('+')[2][:4]})" in heard
    rereading.careful(work())
    held = shelf.opened().query("SELECT count(*) AS n FROM readings", tables=("readings",))
    assert held["n"][0].as_py() == 40


def test_without_the_careful_reader_the_fast_one_counts_and_pages_say_so(cast: Cast, data: Path) -> None:
    def missing(tier: str) -> Recipe:
        from kalkan.errors import InvalidInput

        raise InvalidInput("careful_missing", name=tier)

    keep(row())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tiers, "current", missing)
        rereading.careful(work())
    assert rereading.preferred(settings.CONFIG, "findik") == ()
    assert "is not installed here" in signed_in(cast.ayse).get("/listening/").content.decode()
    settings.CONFIG = dataclasses.replace(settings.CONFIG, careful_seconds=0.0)
    rereading.careful(work())
    assert "switched off" in signed_in(cast.ayse).get("/listening/").content.decode()
    (data / "careful.json").write_text("{half", encoding="utf-8")
    assert rereading.told(settings.CONFIG) is None
