"""What the desk tells the listener, and what it tells people about it."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone, translation

from kalkan import brands as words
from kalkan.desk import demo, listening, vault
from kalkan.desk.actions import brands, sources
from kalkan.desk.heard import heard
from kalkan.desk.models import Brand, Person, Source, Watch
from kalkan.errors import InvalidInput, Refused
from tests.desk.conftest import Cast, signed_in

NOW = datetime(2026, 11, 23, 9, 10, tzinfo=UTC)


def status(**given: Any) -> dict[str, Any]:
    """What a listener leaves behind."""
    return {
        "source": "bluesky:jetstream",
        "network": "bluesky",
        "title": "Bluesky",
        "coverage": {"code": "all_public", "params": {}},
        "state": "listening",
        "since": (NOW - timedelta(hours=2)).isoformat(),
        "updated_at": (NOW - timedelta(seconds=1)).isoformat(),
        "heard_until": (NOW - timedelta(seconds=2)).isoformat(),
        "posts_total": 1284113,
        "mentions_total": 412,
        "posts_per_s": 41.3,
        "duplicates_total": 88,
        "rejects": {"not_json": {"n": 3, "example": "<b>{bad</b>", "last": NOW.isoformat()}},
        "gaps": [{"since": "2026-11-23T03:12:00+00:00", "until": "2026-11-23T03:19:00+00:00", "why": "clamped"}],
        "requests": 0,
        "bytes": 912_000_000,
        "cost_usd": 0,
        "error": None,
        "retry_at": None,
        **given,
    }


@pytest.fixture
def row(cast: Cast) -> Source:
    """Bluesky, switched on."""
    return sources.add(cast.ayse, "bluesky", options={})


def one(row: Source, **given: Any) -> Any:
    """How the desk tells ``row`` with this status."""
    (told,) = heard([row], {"bluesky:jetstream": status(**given)}, now=NOW)
    return told


def test_a_listener_in_words(row: Source) -> None:
    told = one(row)
    assert (told.state, told.shape, told.behind, told.rate, told.rejected) == ("listening", "go", 2.0, 41.3, 3)
    assert told.coverage == "all public posts of Bluesky"
    assert told.gaps[0].why == "the network does not replay that far back"
    with translation.override("tr"):
        assert one(row).coverage == "Bluesky: herkese açık tüm gönderiler"
        assert one(row).word == "dinliyor"


@pytest.mark.parametrize(
    ("given", "state", "shape"),
    [
        ({"state": "waiting", "retry_at": NOW.isoformat()}, "waiting", "care"),
        ({"state": "failed", "error": {"code": "unexpected", "params": {"detail": "x"}}}, "failed", "hold"),
        ({"updated_at": (NOW - timedelta(minutes=2)).isoformat()}, "silent", "hold"),
        ({"updated_at": None}, "silent", "hold"),
        ({"state": "a new word"}, "waiting", "care"),
        ({"state": "off"}, "new", "care"),
    ],
)
def test_states(row: Source, given: dict[str, Any], state: str, shape: str) -> None:
    told = one(row, **given)
    assert (told.state, told.shape) == (state, shape)
    assert told.behind is None and told.rate == 0.0, "nothing is said of now by a listener that does not listen"


def test_off_and_new(row: Source) -> None:
    assert heard([row], {}, now=NOW)[0].state == "new"
    row.enabled = False
    assert one(row).state == "off"


@pytest.mark.parametrize(
    "given",
    [
        {"rejects": [1], "gaps": {"a": 1}, "coverage": "x", "posts_total": "many", "posts_per_s": None},
        {"rejects": {"x": 3, "y": {"n": None}}, "gaps": [1, {"since": "x"}], "heard_until": 7, "since": "yesterday"},
        {"error": "boom", "posts_total": 1e300, "cost_usd": True, "updated_at": "2026-11-23T09:10:00"},
        {"coverage": {"code": ["x"], "params": 3}, "error": {"code": None, "params": [1]}, "state": None},
    ],
)
def test_a_status_of_any_shape_stops_nothing(row: Source, given: dict[str, Any]) -> None:
    assert one(row, **given).source == "bluesky:jetstream"


def test_the_page(cast: Cast, row: Source, data: Path) -> None:
    django_settings.CONFIG.status.mkdir()
    now = timezone.now()
    fresh = status(updated_at=now.isoformat(), heard_until=now.isoformat())
    (data / "status" / "bluesky.json").write_text(json.dumps(fresh))
    (data / "status" / "broken.json").write_text("{")
    (data / "status" / "import.json").write_text(json.dumps(status(source="files:import", network="files")))
    browser = signed_in(cast.ayse)
    page = browser.get("/listening/").content.decode()
    for found in ("1,284,113", "41.3", "912 MB", "&lt;b&gt;{bad&lt;/b&gt;", "Files", "03:12", "Switch off"):
        assert found in page.replace("06:12", "03:12"), found
    part = browser.get("/listening/now/").content.decode()
    assert "<html" not in part and "1,284,113" in part
    assert 'hx-get="/listening/now/"' in page and 'hx-trigger="every 5s"' in page
    tr = signed_in(cast.bora).get("/listening/").content.decode()
    assert (
        "1.284.113" in tr
        and "41,3" in tr
        and "Switch" not in tr
        and "Kapat" not in tr.split("<main")[1].split("<dialog")[0]
    )


def test_a_source_is_added_changed_and_keeps_its_secret(cast: Cast) -> None:
    browser = signed_in(cast.ayse)
    assert browser.get("/listening/add/nothing/").status_code == 404
    shown = browser.post("/listening/add/mastodon/", {"server": ""})
    assert "server" in shown.context["form"].errors
    given = {"server": "mastodon.social", "hashtags": "#findik\n#kavanoz", "timeline": "public", "token": "s3cret"}
    assert browser.post("/listening/add/mastodon/", given).status_code == 302
    row = Source.objects.get()
    assert row.source == "mastodon:mastodon-social"
    assert "s3cret" not in json.dumps(row.options) + row.sealed
    (opened,) = listening.sources()
    assert opened.options["token"] == "s3cret" and opened.options["hashtags"] == "findik\nkavanoz"
    assert "s3cret" not in repr(opened)
    page = browser.get(f"/listening/{row.pk}/").content.decode()
    assert "s3cret" not in page and "https://mastodon.social" in page
    assert browser.post(f"/listening/{row.pk}/", {**given, "token": "", "hashtags": ""}).status_code == 302
    (opened,) = listening.sources()
    assert opened.options["token"] == "s3cret" and "hashtags" not in opened.options
    assert browser.post("/listening/add/mastodon/", {**given, "hashtags": ""}).status_code == 200, "just this twice"
    assert Source.objects.count() == 1


def test_a_lost_key_stops_only_its_own_source(cast: Cast, settings: Any) -> None:
    sources.add(cast.ayse, "mastodon", options={"server": "https://a.example.com"}, secrets={"token": "x"})
    sources.add(cast.ayse, "bluesky", options={})
    settings.SECRET_KEY = "another key than the one that sealed it"
    opened = {each.kind: each for each in listening.sources()}
    assert opened["bluesky"].fault is None
    assert opened["mastodon"].fault is not None and opened["mastodon"].fault.code == "credential_unreadable"


def test_the_vault() -> None:
    sealed = vault.seal({"token": "s3cret"}, key="k1")
    assert "s3cret" not in sealed
    assert vault.unseal(sealed, key="k1") == {"token": "s3cret"}
    assert vault.seal({}, key="k1") == "" and vault.unseal("", key="k1") == {}
    for wrong in (sealed[:-4], sealed.replace(sealed[20], "A" if sealed[20] != "A" else "B"), "x"):
        with pytest.raises(InvalidInput, match="credential_unreadable"):
            vault.unseal(wrong, key="k1")
    with pytest.raises(InvalidInput, match="credential_unreadable"):
        vault.unseal(sealed, key="k2")


def test_the_version_changes_with_every_change(cast: Cast) -> None:
    seen = [listening.version()]

    def changed() -> bool:
        seen.append(listening.version())
        return seen[-1] != seen[-2]

    assert listening.version() == seen[0]
    brands.watch(cast.ayse, cast.findik, [words.Watch(kind="name", text="Fındık")])
    assert changed()
    brands.watch(cast.ayse, cast.findik, [words.Watch(kind="name", text="Kavanoz")])
    assert changed()
    brands.change(cast.ayse, cast.findik, name="Fındık", langs=["tr"], markets=[])
    assert changed()
    row = sources.add(cast.ayse, "bluesky", options={})
    assert changed()
    sources.switch(cast.ayse, row, on=False)
    assert changed()
    sources.remove(cast.ayse, row)
    assert changed()


def test_brands_for_the_core(cast: Cast) -> None:
    findik, cay = listening.brands()
    assert findik == words.Brand(
        slug="findik",
        name="Fındık",
        watches=(
            words.Watch(kind="name", text="Fındık", without=("fındıkkabuğu",)),
            words.Watch(kind="handle", text="findik.example.com"),
        ),
        accounts=("findik.example.com",),
        langs=("tr", "en"),
        markets=("TR", "GB"),
    )
    assert cay.slug == "cay"


WORLD = (
    words.Brand(slug="a", name="A", watches=(words.Watch(kind="name", text="Aa"),), accounts=("a.test",)),
    words.Brand(slug="b", name="B", watches=(words.Watch(kind="handle", text="b.test"),), accounts=("b.test",)),
)


def wire(port: int) -> listening.OpenSource:
    """A source of the made-up town."""
    return listening.OpenSource(kind="bluesky", source="bluesky:town", options={"instances": f"ws://127.0.0.1:{port}"})


@pytest.mark.django_db
def test_the_demo_is_made_and_made_again(client: Client, settings: Any) -> None:
    demo.prepare(WORLD, [wire(1)])
    before = (Person.objects.count(), Brand.objects.count(), Watch.objects.count(), listening.version())
    demo.prepare(WORLD, [wire(1)])
    assert before == (Person.objects.count(), Brand.objects.count(), Watch.objects.count(), listening.version())
    assert before[:3] == (1, 2, 3)
    demo.prepare(WORLD, [wire(2)])
    (opened,) = listening.sources()
    assert opened == wire(2)
    assert client.get("/inbox/")["Location"].startswith("/sign-in/"), "not the demo: nobody is signed in by address"
    settings.CONFIG = dataclasses.replace(settings.CONFIG, demo=True)
    page = client.get("/inbox/").content.decode()
    assert "Defne A." in page and "made-up town" in page and "Sign out" not in page
    assert Client().get("/inbox/", REMOTE_ADDR="192.0.2.7").status_code == 302, "only from this machine"
    assert Client().get("/inbox/", headers={"x-forwarded-for": "127.0.0.1"}).status_code == 302
    assert client.post("/listening/add/bluesky/", {}).status_code == 403
    assert client.post("/brand/", {"brand": "b"}).status_code == 302
    assert client.session["brand"] == "b"


def test_the_demo_keeps_away_from_real_people(cast: Cast) -> None:
    with pytest.raises(Refused, match="demo_over_real"):
        demo.prepare(WORLD, [])
    assert Brand.objects.count() == 2
