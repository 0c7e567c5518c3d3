"""Notifications of connected accounts come into the inbox once, whatever breaks on the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from kalkan.desk import inbox, inbox_notices, shelf
from kalkan.desk.models import Account, Item, Notices
from kalkan.posts import GONE, table
from tests.desk.conftest import Cast, signed_in
from tests.desk.test_inbox import work
from tests.desk.test_today import NOW, stored
from tests.desk.town import Town, open_town
from tests.telling.shelf import mention


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def town(cast: Cast) -> Iterator[Town]:
    with open_town(NOW) as found:
        found.tell("shop", "jar", "Yeni kavanoz: 320 g", minutes=60)
        found.tell("naz", "answer", "Kavanoz camdan mı?", reply_to="jar")
        found.tell("naz", "quote", "Bakın ne yapmışlar", quote_of="jar")
        found.tell("naz", "elsewhere", "Bugün hava güzel")
        found.tell("shop-m", "jar-m", "New jar", minutes=60)
        found.tell("ece", "answer-m", "Is the lid recyclable?", reply_to="jar-m")
        found.tell("ece", "mention-m", "@findik when do you open in Rize?", mentions=("shop-m",))
        for network in ("bluesky", "mastodon"):
            found.connect(cast.ayse, cast.findik, network)
        yield found


def items(town: Town) -> set[str]:
    names = {uri: key for key, uri in town.said.items()}
    return {names[one] for one in Item.objects.values_list("post", flat=True)}


def again(**more: Any) -> None:
    Notices.objects.update(retry_at=None)
    inbox_notices.gather(work())


def test_what_an_account_is_told_is_in_the_inbox_once(town: Town, cast: Cast) -> None:
    wanted = {"answer", "quote", "answer-m", "mention-m"}
    inbox_notices.gather(work())
    assert items(town) == wanted
    again()
    inbox.take_in(work())
    assert Item.objects.count() == 4, "neither the next look nor the listeners' own way brings them again"
    row = Item.objects.get(post=town.said["answer"])
    page = signed_in(cast.ayse).get(f"/inbox/{row.pk}/").content.decode()
    assert "Kavanoz camdan mı?" in page and "Yeni kavanoz: 320 g" in page and "naz.test" in page
    kinds = shelf.opened().query("SELECT kind, count(*) AS n FROM mentions GROUP BY kind ORDER BY kind")
    assert kinds.to_pylist() == [{"kind": "handle", "n": 1}, {"kind": "quote", "n": 1}, {"kind": "reply", "n": 2}]
    town.tell("ece", "later", "@findik and in Ordu?", mentions=("shop-m",), minutes=1)
    again()
    assert items(town) == wanted | {"later"}


def test_a_look_that_breaks_off_is_made_again_without_harm(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*given: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr(inbox, "keep", killed)
        inbox_notices.gather(work())
    assert shelf.opened().query("SELECT id FROM mentions").num_rows == 2, "stored, and not taken in yet"
    assert not Item.objects.exists() and not Notices.objects.exclude(cursor="").exists()
    again()
    assert Item.objects.count() == 4
    assert shelf.opened().query("SELECT id FROM mentions").num_rows == 4


def test_a_post_that_was_heard_before_as_nobodys_is_ours_now_and_a_deleted_one_stays_away(town: Town) -> None:
    posts, _ = stored([mention(id=town.said["answer"], text="Kavanoz camdan mı?", at=NOW - timedelta(minutes=5))])
    shelf.opened().append("bluesky:jetstream", posts, now=NOW)
    row = {"id": town.said["quote"], "network": "bluesky", "at": NOW, "why": "deleted"}
    shelf.opened().remove(table([row], GONE), now=NOW)
    inbox_notices.gather(work())
    assert items(town) == {"answer", "answer-m", "mention-m"}


def test_an_account_that_refuses_stops_no_other_and_is_told(town: Town, cast: Cast) -> None:
    town.pds.refuse(9)
    inbox_notices.gather(work())
    assert items(town) == {"answer-m", "mention-m"}
    row = Notices.objects.get(account__network="bluesky")
    assert row.faults == 1 and row.fault["code"] and row.retry_at is not None and row.retry_at > NOW
    client = signed_in(cast.ayse)
    assert "Notifications of" not in client.get("/inbox/").content.decode(), "tried again without a word at first"
    Notices.objects.filter(pk=row.pk).update(faults=3)
    assert "Notifications of findik.example.com" in client.get("/inbox/").content.decode()
    Notices.objects.filter(pk=row.pk).update(faults=1)
    inbox_notices.gather(work())
    assert Notices.objects.get(pk=row.pk).faults == 1, "left alone until it is due"
    town.pds.refuse(0)
    Account.objects.filter(network="bluesky").update(sealed="nothing that opens")
    again()
    assert Notices.objects.get(pk=row.pk).fault["code"] == "credential_unreadable"
