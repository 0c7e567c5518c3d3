"""The inbox: who waits stands first, insults stay folded, criticism stays open, and nobody overwrites anybody."""

from __future__ import annotations

import dataclasses
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from kalkan.desk import inbox, inbox_answered, inbox_threads, shelf
from kalkan.desk.actions import inbox as acts
from kalkan.desk.jobs import Work
from kalkan.desk.models import Draft, Item, Membership, Opened, SavedAnswer, SavedView
from kalkan.errors import Refused
from kalkan.posts import GONE, table
from tests.desk.conftest import Cast, signed_in
from tests.desk.test_today import HOSTILE, NOW, Keep, keep, stored  # noqa: F401 (a fixture)
from tests.telling.shelf import mention

INSULT = "Kavanozu küçültüp aynı fiyata satıyorsunuz şerefsizler. En azından 320 g’ı etikete büyük yazın lütfen."


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def said(name: str, text: str, minutes: float = 30, lang: str = "en", **given: Any) -> dict[str, Any]:
    at = NOW - timedelta(minutes=minutes)
    return mention(
        id=f"at://{name}", author_id=f"did:plc:{name}", author_handle=f"{name}.example", author_name=name.title(),
        text=text, at=at, lang=lang, **given,
    )  # fmt: skip


def work() -> Work:
    config = dataclasses.replace(django_settings.CONFIG)
    return Work(archive=shelf.opened(), config=config, now=lambda: NOW, stop=threading.Event())


@pytest.fixture
def filled(cast: Cast, keep: Keep) -> Cast:  # noqa: F811
    keep(
        said("ada", "Which shops in Leeds still have the old size?", 300, p={"question": 0.95}),
        said("bek", "Please list the palm oil share on the label.", 50, p={"ask": 0.95}),
        said("can", INSULT, 190, "tr", p={"complaint": 0.9, "ask": 0.9, "offensive": 0.9, "negative": 0.95}),
        said(
            "dil", "You are all stupid pigs, drop dead", 20, p={"offensive": 0.98, "targeted": 0.95, "negative": 0.95}
        ),
        said("eda", "Kargo ertesi gün geldi, teşekkürler", 40, "tr", p={"praise": 0.95, "positive": 0.95}),
        said("fox", HOSTILE + " why?", 10, p={"question": 0.9}),
        said("gul", "Sabah kahvaltısı gibisi yok", 15, "tr"),
    )
    inbox.take_in(work())
    return cast


def of(name: str) -> Item:
    return Item.objects.get(post=f"at://{name}")


def test_who_needs_a_person_stands_there_and_the_rest_does_not(filled: Cast) -> None:
    assert Item.objects.count() == 7
    needs = set(Item.objects.filter(needs=True).values_list("post", flat=True))
    assert {"at://ada", "at://bek", "at://can", "at://fox"} <= needs
    assert not {"at://dil", "at://eda", "at://gul"} & needs
    page = signed_in(filled.ayse).get("/inbox/").content.decode()
    assert "Which shops in Leeds" in page and "palm oil share" in page
    assert "drop dead" not in page
    assert page.index("palm oil share") < page.index("Kargo ertesi gün geldi"), "a word of thanks between the blows"
    assert "Kargo ertesi gün geldi" not in signed_in(filled.ayse).get("/inbox/?view=questions").content.decode()
    assert "<script>alert(1)" not in page


def test_a_grievance_shows_with_its_insult_folded_and_opening_it_is_counted(filled: Cast) -> None:
    row = of("can")
    assert row.folds and not row.whole and row.place == "soften"
    client = signed_in(filled.ayse)
    listed = client.get("/inbox/").content.decode()
    assert "şerefsiz" not in listed.split('class="talk"')[0]
    page = client.get(f"/inbox/{row.pk}/").content.decode()
    assert "etikete büyük yazın" in page
    assert page.index("<details") < page.index("şerefsiz") < page.index("</details>", page.index("şerefsiz"))
    dose = client.post(f"/inbox/{row.pk}/opened/", {"characters": "12"}).content.decode()
    assert "12 of 2,000 characters, 1 posts" in dose
    assert Opened.objects.get().person == filled.ayse


def test_taking_in_again_takes_nothing_twice_and_what_is_gone_goes(filled: Cast, keep: Keep) -> None:  # noqa: F811
    inbox.take_in(work())
    assert Item.objects.count() == 7
    keep(said("han", "When do you open in Rize?", -0.0, p={"question": 0.9}))
    inbox.take_in(work())
    assert Item.objects.count() == 8
    row = {"id": "at://ada", "network": "bluesky", "at": NOW, "why": "deleted"}
    shelf.opened().remove(table([row], GONE), now=NOW)
    page = signed_in(filled.ayse).get("/inbox/").content.decode()
    assert "Which shops in Leeds" not in page
    assert not Item.objects.filter(post="at://ada").exists()


def test_what_a_slower_source_or_a_changed_watch_brings_late_is_not_missed(filled: Cast) -> None:
    """One network is an hour behind another: nothing of it may be left out because the other was quicker."""
    late = {"at": NOW - timedelta(hours=3), "seen_at": NOW - timedelta(hours=3)}
    row = said("ham", "Is there a vegan jar?", p={"question": 0.95}) | late
    posts, mentions = stored([row])
    shelf.opened().append("slow:one", posts, now=NOW, mentions=mentions)
    inbox.take_in(work())
    assert of("ham").needs
    row = said("jam", "Is the lid recyclable?", 20, p={"question": 0.95}) | late
    posts, mentions = stored([row])
    shelf.opened().append("slow:one", posts, now=NOW)
    inbox.take_in(work())
    assert shelf.opened().add_mentions(mentions) == 1
    inbox.take_in(work())
    inbox.take_in(work())
    assert of("jam").needs and Item.objects.count() == 9


def test_an_answer_on_the_network_counts_without_anybody_looking(filled: Cast, keep: Keep) -> None:  # noqa: F811
    ours = said("us", "In all three of them.", 100, reply_to="at://ada")
    keep(ours | {"author_handle": "findik.example.com", "brand": "cay"})
    inbox_answered.settle(work())
    inbox_answered.settle(work())
    row = of("ada")
    assert (row.answered_at, row.answered_by) == (NOW - timedelta(minutes=100), None)
    assert inbox.waiting(filled.findik, now=NOW).n == inbox.counts(Item.objects.all())["needs"]


def test_an_author_without_a_name_is_shown_by_a_lasting_id(filled: Cast, keep: Keep) -> None:  # noqa: F811
    did = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
    keep({**said("fay", "Is the jar glass?", 5, p={"question": 0.95}),
          "author_id": did, "author_handle": None, "author_name": None})  # fmt: skip
    inbox.take_in(work())
    page = signed_in(filled.ayse).get(f"/inbox/{of('fay').pk}/").content.decode()
    assert f'href="https://bsky.app/profile/{did}"' in page and "did:plc:ewvi7n…4oiz" in page


def test_who_waits_in_a_conversation_that_many_join_stands_further_up(filled: Cast, keep: Keep) -> None:  # noqa: F811
    before = of("bek").bucket
    crowd = [said(f"joins{n}", f"So do I, number {n}", 30, root="at://bek", reply_to="at://bek") for n in range(60)]
    keep(*crowd)
    assert inbox_threads.weigh_one(filled.findik, shelf.opened(), now=NOW) == 1
    assert of("bek").bucket == inbox_threads.bucket_of(of("bek").need + 0.2) == before + 1
    assert inbox_threads.weigh_one(filled.findik, shelf.opened(), now=NOW) == 0, "in its place already"
    assert (inbox_threads.spread(1), inbox_threads.spread(50), inbox_threads.spread(5000)) == (0, 1, 1)


def test_the_second_to_decide_is_told(filled: Cast) -> None:
    Membership.objects.filter(person=filled.bora).update(role="moderator")
    row, client = of("ada"), signed_in(filled.ayse)
    assert signed_in(filled.bora).get(f"/inbox/{row.pk}/").status_code == 200
    page = client.get(f"/inbox/{row.pk}/").content.decode()
    assert "Bora K." in page and "is reading this too" in page
    signed_in(filled.bora).post(f"/inbox/{row.pk}/answered/", {"version": row.version})
    beside = client.get(f"/inbox/{row.pk}/looks/?version={row.version}").content.decode()
    assert "answered meanwhile" in beside and "is reading this too" in beside, "told while writing, not after"
    assert "meanwhile" not in client.get(f"/inbox/{row.pk}/looks/?version={row.version + 1}").content.decode()
    late = client.post(f"/inbox/{row.pk}/reply/", {"version": row.version, "text": "We looked into it"})
    assert late.status_code == 409
    assert "changed this in the meantime" in late.content.decode() and "We looked into it" in late.content.decode()
    assert not Draft.objects.exists()
    with pytest.raises(Refused, match="item_moved_on"):
        acts.finish(filled.ayse, of("ada"), version=row.version, now=NOW)


def test_a_reply_becomes_a_draft_that_answers_the_post(filled: Cast) -> None:
    row = of("bek")
    sent = signed_in(filled.ayse).post(
        f"/inbox/{row.pk}/reply/", {"version": row.version, "text": "We will print it in May."}
    )
    draft = Draft.objects.get()
    assert sent["Location"] == f"/drafts/{draft.pk}/"
    content = draft.versions.get().content
    assert content["typed"]["reply_to"] == "at://bek"
    assert [each["network"] for each in content["version"]["variants"]] == ["bluesky"]
    row.refresh_from_db()
    assert (row.answered_at, row.replying, row.assignee, row.draft) == (None, True, filled.ayse, draft)
    assert row not in inbox.narrowed(Item.objects.all(), "needs"), "somebody is at it"
    Draft.objects.update(state="withdrawn")
    inbox_answered.settle(work())
    row.refresh_from_db()
    assert row in inbox.narrowed(Item.objects.all(), "needs") and row.answered_at is None, "taken back: it waits again"
    Item.objects.filter(pk=row.pk).update(replying=True)
    Draft.objects.update(state="sent", sent_at=NOW + timedelta(minutes=9))
    inbox_answered.settle(work())
    row.refresh_from_db()
    assert (row.answered_by, row.answered_at, row.replying) == (filled.ayse, NOW + timedelta(minutes=9), False)
    assert signed_in(filled.ayse).post(
        f"/inbox/{row.pk}/reply/", {"version": row.version, "text": "  "}
    ).status_code in (400, 403)


def test_assign_snooze_done_tag_note_and_many(filled: Cast) -> None:
    client = signed_in(filled.ayse)
    row = of("ada")
    client.post(f"/inbox/{row.pk}/assign/", {"version": 1, "to": filled.ayse.pk})
    client.post(f"/inbox/{row.pk}/tag/", {"version": 2, "tags": "shops, leeds"})
    client.post(f"/inbox/{row.pk}/note/", {"text": "Ask the sales team"})
    client.post(f"/inbox/{row.pk}/snooze/", {"version": 3, "for": "1h"})
    row.refresh_from_db()
    assert (row.assignee, row.tags, row.state) == (filled.ayse, ["shops", "leeds"], "snoozed")
    assert "Ask the sales team" in client.get(f"/inbox/{row.pk}/").content.decode()
    later = dataclasses.replace(work(), now=lambda: NOW + timedelta(hours=2))
    inbox.take_in(later)
    row.refresh_from_db()
    assert row.state == "open"
    client.post("/inbox/many/", {"item": [row.pk, of("bek").pk, 99999]})
    assert Item.objects.filter(state="done").count() == 2
    assert "Which shops" in client.get("/inbox/?view=questions&state=done").content.decode()
    client.post(f"/inbox/{row.pk}/reopen/", {})
    row.refresh_from_db()
    assert (row.state, row.done_by) == ("open", None)
    assert client.post(f"/inbox/{row.pk}/vanish/", {}).status_code == 404


def test_several_at_once_and_what_was_put_aside_can_be_found(filled: Cast) -> None:
    Membership.objects.filter(person=filled.bora).update(role="moderator")
    client, picked = signed_in(filled.ayse), [of(name).pk for name in ("ada", "bek")]
    versions = [of(name).version for name in ("ada", "bek")]
    client.post("/inbox/many/", {"item": picked, "what": "tag", "tag": "shops"})
    client.post("/inbox/many/", {"item": picked[:1], "what": "tag", "tag": "shops"})
    client.post("/inbox/many/", {"item": picked, "what": f"to:{filled.bora.pk}"})
    assert client.post("/inbox/many/", {"item": picked, "what": "1d"}).status_code == 302
    rows = [of(name) for name in ("ada", "bek")]
    assert {(row.state, row.assignee, tuple(row.tags)) for row in rows} == {("snoozed", filled.bora, ("shops",))}
    assert [row.version for row in rows] == [one + 3 for one in versions], "whoever has one of them open is told"
    put_aside = client.get("/inbox/?state=snoozed").content.decode()
    assert "Which shops" in put_aside and "Which shops" not in client.get("/inbox/").content.decode()
    assert "Which shops" in client.get("/inbox/?view=all&state=snoozed&tag=shops").content.decode()
    assert "Which shops" not in client.get("/inbox/?view=all&state=snoozed&tag=other").content.decode()
    client.post("/inbox/many/", {"item": [of("eda").pk], "what": "to:"})
    turkish = client.get("/inbox/?view=all&lang=tr").content.decode()
    assert "teşekkürler" in turkish and "palm oil" not in turkish
    viewer = signed_in(filled.cem)
    viewer.post("/inbox/many/", {"item": [of("eda").pk], "what": "done"})
    assert of("eda").state == "open", "another brand’s is never touched"


def test_saved_answers_views_and_care(filled: Cast) -> None:
    client = signed_in(filled.ayse)
    given = {"name": "Thanks", "lang": "en", "text": "Thank you, {name}. {brand} {unknown}"}
    assert client.post("/inbox/answers/", given).status_code == 302
    page = client.get(f"/inbox/{of('ada').pk}/").content.decode()
    assert "Thank you, Ada. Fındık {unknown}" in page
    client.post("/inbox/view/", {"name": "Questions of mine", "query": "view=questions&mine=1"})
    assert "Questions of mine" in client.get("/inbox/").content.decode()
    assert "Questions of mine" not in signed_in(filled.bora).get("/inbox/").content.decode()
    here = client.get("/inbox/?view=questions&mine=1").content.decode()
    assert "Keep “Questions of mine” no longer" in here
    pk = SavedView.objects.get().pk
    signed_in(filled.bora).post(f"/inbox/view/{pk}/remove/")
    assert SavedView.objects.filter(pk=pk).exists(), "one’s own alone"
    client.post(f"/inbox/view/{pk}/remove/")
    assert not SavedView.objects.exists()
    answer = SavedAnswer.objects.get()
    assert signed_in(filled.cem).get(f"/inbox/answers/{answer.pk}/").status_code == 404
    client.post(f"/inbox/answers/{answer.pk}/", {**given, "name": "Thank you"})
    assert "Thank you" in client.get("/inbox/answers/").content.decode()
    client.post(f"/inbox/answers/{answer.pk}/", {"drop": "1"})
    assert not SavedAnswer.objects.exists()
    acts.set_rules(filled.ayse, filled.findik, opens="00:00", shuts="23:59", zone="UTC")
    row = of("ada")
    client.post(f"/inbox/{row.pk}/answered/", {"version": row.version})
    care = client.get("/inbox/care/").content.decode()
    assert "First human reply" in care and "5 h" in care


def test_the_shields_policy_is_seen_before_it_is_kept(filled: Cast) -> None:
    client = signed_in(filled.ayse)
    assert "never hides criticism" in client.get("/shield/").content.decode()
    strict = {"strictness": "strict", "fold_abuse": "on", "fold_insults": "on", "hold_threats": "on"}
    seen = client.post("/shield/preview/", strict).content.decode()
    assert "of last week’s 7 posts" in seen and not inbox.access.inbox_rules(filled.findik).policy
    assert client.post("/shield/preview/", {**strict, "keep": "1"}).status_code == 302
    assert inbox.policy_of(inbox.access.inbox_rules(filled.findik)).strictness == "strict"
    own = {"name": "Oil", "kind": "words", "values": "palm oil", "does": "fold"}
    effect = client.post("/shield/rule/", own).content.decode()
    assert "it matches 1" in effect and "1 of them are criticism" in effect
    assert client.post("/shield/rule/", {**own, "keep": "1"}).status_code == 302
    assert "Oil" in client.get("/shield/").content.decode()
    hours = {"goal_minutes": "60", "opens": "18:00", "shuts": "09:00", "cap_characters": "500"}
    assert client.post("/shield/", hours).status_code == 400
    assert (
        client.post("/shield/", {**hours, "opens": "09:00", "shuts": "18:00", "weekdays": ["0", "1"]}).status_code
        == 302
    )


def test_others_see_nothing_and_viewers_change_nothing(filled: Cast) -> None:
    row = of("ada")
    other, viewer = signed_in(filled.cem), signed_in(filled.bora)
    assert "Which shops" not in other.get("/inbox/").content.decode()
    for path in (f"/inbox/{row.pk}/", f"/inbox/{row.pk}/done/", f"/inbox/{row.pk}/reply/", f"/inbox/{row.pk}/opened/"):
        answer = other.get(path) if path.count("/") == 3 else other.post(path, {"text": "x"})
        assert answer.status_code == 404, path
    assert viewer.get(f"/inbox/{row.pk}/").status_code == 200
    for verb in ("done", "assign", "tag", "note", "answered"):
        assert viewer.post(f"/inbox/{row.pk}/{verb}/", {"version": 1, "text": "x"}).status_code == 403, verb
    assert viewer.post("/shield/preview/", {"strictness": "gentle"}).status_code == 403
