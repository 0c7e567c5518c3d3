"""Drafts: writing, versions, limits, pictures, submission; and who may do none of it."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from kalkan.desk import drafts_list, drafts_media, drafts_writing
from kalkan.desk.actions import ledger
from kalkan.desk.models import Account, Draft, Picture, Version
from kalkan.errors import InvalidInput
from tests.desk.conftest import Cast, signed_in
from tests.desk.drafts_cast import account, begun, submitted, team, write
from tests.desk.test_pages import Markup
from tests.desk.test_stories import a_story, enter

PAGES = [
    "/drafts/",
    "/calendar/",
    "/calendar/?week=2026-11-25",
    "/calendar/?month=2026-13&week=nonsense",
    "/pause/",
    "/ledger/",
    "/ledger/score/",
    "/accounts/",
    "/settings/approvals/",
    "/settings/facts/",
]


def test_pages_open_for_everybody_on_the_team_and_nobody_else(cast: Cast, client: Any) -> None:
    for page in PAGES:
        for who in (cast.ayse, cast.bora):
            answer = signed_in(who).get(page)
            assert answer.status_code == 200
            found = Markup(answer.content.decode())
            assert found.refused == [] and len(found.ids) == len(set(found.ids)), page
            assert set(found.named) <= set(found.ids), page
        assert client.get(page)["Location"].startswith("/sign-in/")


def test_a_draft_is_written_and_each_save_is_a_version(cast: Cast) -> None:
    browser = signed_in(cast.ayse)
    draft = begun(browser)
    assert browser.get(f"/drafts/{draft.pk}/").status_code == 200
    assert write(browser, draft, "Yeni kavanoz geldi.").status_code == 302
    assert write(browser, draft, "Yeni kavanoz geldi.")["Location"].endswith("?same")
    assert write(browser, draft, "Yeni kavanoz geldi, tadı aynı.").status_code == 302
    assert [row.n for row in Version.objects.filter(draft=draft)] == [2, 1]
    page = browser.get(f"/drafts/{draft.pk}/").content.decode()
    assert "tadı aynı" in page and "version 2" in page
    changed = browser.get(f"/drafts/{draft.pk}/versions/").content.decode()
    assert "<ins>" in changed and "aynı." in changed


def test_of_two_who_write_at_once_nobody_loses_words(cast: Cast) -> None:
    browser = signed_in(cast.ayse)
    draft = begun(browser)
    write(browser, draft, "Birinci.")
    late = write(browser, draft, "Üçüncü, ama eski sayfadan.", **{"from": "0"})
    assert late.status_code == 409
    assert "Üçüncü, ama eski sayfadan." in late.content.decode(), "what was typed still stands there"
    assert Version.objects.filter(draft=draft).count() == 1


@pytest.mark.parametrize("who", ["moderator", "viewer"])
def test_who_may_not_write(cast: Cast, who: str) -> None:
    staff = team(cast)
    account(cast)
    draft = submitted(signed_in(cast.ayse))
    browser = signed_in(getattr(staff, who))
    assert browser.get(f"/drafts/{draft.pk}/").status_code == 200
    assert browser.post("/drafts/new/").status_code == 403
    for act in ("", "check/", "approve/", "changes/", "release/", "withdraw/", "outside/", "retry/"):
        told = {"digest": "0" * 64, "reason": "x", "outside-name": "x", "outside-lang": "en", "outside-hours": "4"}
        assert browser.post(f"/drafts/{draft.pk}/{act}", told).status_code == 403, act
    assert Draft.objects.get().state == "submitted"


def test_drafts_of_other_brands_do_not_exist(cast: Cast) -> None:
    account(cast)
    draft = submitted(signed_in(cast.ayse))
    row = Picture.objects.create(brand=cast.findik, sha256="a" * 64, mime="image/png", width=1, height=1, size=1)
    browser = signed_in(cast.cem)
    assert "Kavanoz" not in browser.get("/drafts/").content.decode()
    for page in ("", "versions/"):
        assert browser.get(f"/drafts/{draft.pk}/{page}").status_code == 404
    for act in ("", "check/", "approve/", "changes/", "release/", "withdraw/", "comment/", "note/", "hindsight/"):
        assert browser.post(f"/drafts/{draft.pk}/{act}", {"text": "x"}).status_code == 404, act
    assert browser.get(f"/pictures/{row.sha256}/").status_code == 404
    assert browser.get(f"/ledger/?draft={draft.pk}").status_code == 404
    pk = Account.objects.get().pk
    assert browser.post(f"/accounts/{pk}/look/").status_code == 404
    assert browser.post(f"/accounts/{pk}/disconnect/").status_code == 404


WRONG: list[tuple[dict[str, str], int]] = [
    ({"title": ""}, 400),
    ({"title": "x" * 121}, 400),
    ({"day": "31.12.2026"}, 400),
    ({"hour": "10:00"}, 400),
    ({"day": "9999-12-31"}, 400),
    ({"kind": "no such kind"}, 400),
    ({"pillar": "x"}, 400),
    ({"lang-bluesky": "xx", "visibility-mastodon": "secret"}, 302),
    ({"picture": "../../etc/passwd", "alt-../../etc/passwd": "x"}, 302),
    ({"text-bluesky": "\x00\u202eters"}, 302),
]


def test_wrong_input_is_told_and_kept(cast: Cast) -> None:
    browser = signed_in(cast.ayse)
    for given, status in WRONG:
        draft = begun(browser)
        answer = write(browser, draft, "Sözüm burada.", **given)
        assert answer.status_code == status, given
        if status == 400:
            page = answer.content.decode()
            assert "Sözüm burada." in page and Markup(page).refused == []
            assert not Version.objects.filter(draft=draft).exists()


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 30), **more: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (200, 120, 40)).save(out, kind, **more)
    return out.getvalue()


def test_pictures_need_words_and_lose_their_place(cast: Cast, data: Any) -> None:
    account(cast)
    browser = signed_in(cast.ayse)
    draft = begun(browser)
    exif = Image.Exif()
    exif[0x010E] = "home address"
    exif[0x0112] = 6  # turned
    file = SimpleUploadedFile("jar.jpg", picture(exif=exif))
    answer = write(browser, draft, "Kavanoz.", upload=file, then="submit")
    assert answer.status_code == 400, "no alt text, no submission"
    page = answer.content.decode()
    assert "Say in a sentence what the picture shows." in page
    row = Picture.objects.get()
    kept = drafts_media.read(row.sha256, folder=data / "media")
    assert b"home address" not in kept
    assert (row.width, row.height) == (30, 40), "turned the right way up"
    shown = browser.get(f"/pictures/{row.sha256}/")
    assert shown.status_code == 200 and shown["Content-Type"] == "image/jpeg"
    alt = {f"alt-{row.sha256}": "Bir kavanoz.", "picture": row.sha256}
    assert write(browser, draft, "Kavanoz.", then="submit", **alt).status_code == 302
    words = Version.objects.filter(draft=draft).first()
    assert words is not None
    assert words.content["version"]["variants"][0]["parts"][0]["media"][0]["alt"] == "Bir kavanoz."


def test_what_is_no_picture_is_refused(cast: Cast, data: Any) -> None:
    browser = signed_in(cast.ayse)
    draft = begun(browser)
    for name, data_given in (
        ("x.jpg", b"<svg onload=alert(1)>"),
        ("y.png", picture("PNG")[:40]),
        ("z.gif", picture("GIF")),
    ):
        answer = write(browser, draft, "Kavanoz.", upload=SimpleUploadedFile(name, data_given))
        assert answer.status_code == 400
        assert "could not be opened as a picture" in answer.content.decode()
    assert not (data / "media").exists() or not any((data / "media").rglob("*"))
    with pytest.raises(InvalidInput, match="picture_gone"):
        drafts_media.read("0" * 64, folder=data / "media")
    big = drafts_media.keep(picture("PNG", (2600, 1300)), folder=data / "media")
    assert max(big.width, big.height) == 2048
    drafts_media.path_of(big.sha256, folder=data / "media").write_bytes(b"changed")
    with pytest.raises(InvalidInput, match="picture_gone"):
        drafts_media.read(big.sha256, folder=data / "media")


def test_too_long_is_saved_but_not_submitted(cast: Cast) -> None:
    account(cast)
    browser = signed_in(cast.ayse)
    draft = begun(browser)
    answer = write(browser, draft, "a" * 301, then="submit")
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "301 of 300 signs" in page and "It was saved, not submitted." in page
    assert Draft.objects.get().state == "draft" and Version.objects.count() == 1


@pytest.mark.parametrize(("text", "word"), [("", "There is nothing to send yet"), ("Söz.", "No account is connected")])
def test_submitting_needs_something_to_send_and_somewhere(cast: Cast, text: str, word: str) -> None:
    browser = signed_in(cast.ayse)
    draft = begun(browser)
    answer = write(browser, draft, text, then="submit")
    assert answer.status_code == 400 and word in answer.content.decode()


def test_each_network_counts_as_it_does(cast: Cast) -> None:
    blue, masto = account(cast), account(cast, "mastodon", handle="findik@social.example")
    places = drafts_writing.slots([blue, masto], ["tr"])
    link = "https://example.com/a-very-long-address-that-counts-whole"
    said = f"👨‍👩‍👧‍👦 {link} @ada@social.example"
    typed = drafts_writing.Typed(variants=tuple(drafts_writing.Said(key=each.key, text=said) for each in places))
    counts = [drafts_writing.counted(typed.variants[0], each, typed) for each in places]
    assert counts == [1 + 1 + len(link) + 1 + 19, 1 + 1 + 23 + 1 + 4]


def test_tags_go_on_links_that_have_none() -> None:
    typed = drafts_writing.Typed(campaign="güz", content="a b")
    said = "Bak: https://e.example/a?x=1 ve https://e.example/a, https://e.example/b?utm_source=own."
    told = drafts_writing.tagged(said, typed, network="bluesky")
    assert (
        "https://e.example/a?x=1&utm_source=bluesky&utm_medium=social&utm_campaign=g%C3%BCz&utm_content=a%20b ve"
        in told
    )
    assert "https://e.example/a?utm_source=bluesky&" in told
    assert told.endswith("https://e.example/b?utm_source=own.")
    assert drafts_writing.tagged(said, drafts_writing.Typed(), network="bluesky") == said


def test_a_line_of_dashes_makes_a_thread(cast: Cast) -> None:
    account(cast)
    browser = signed_in(cast.ayse)
    draft = submitted(browser, "Bir.\r\n---\r\nİki.\n ---- \nhâlâ iki")
    words = Version.objects.get(draft=draft).content["version"]
    assert [part["text"] for part in words["variants"][0]["parts"]] == ["Bir.", "İki.\n ---- \nhâlâ iki"]


def test_the_check_answers_for_what_stands_in_the_form_and_saves_nothing(cast: Cast) -> None:
    browser = signed_in(cast.ayse)
    draft = begun(browser)
    told = {"text-bluesky": "Bugün %40 indirim!", "use-bluesky": "1", "lang-bluesky": "tr", "title": "x"}
    answer = browser.post(f"/drafts/{draft.pk}/check/", told, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert 'id="room"' in page and "18 of 300 signs" in page and "Bugün" in page
    assert not Version.objects.exists()
    assert browser.post(f"/drafts/{draft.pk}/check/", {"day": "nonsense"}).status_code == 200
    assert browser.get(f"/drafts/{draft.pk}/check/").status_code == 405


def test_hostile_text_is_shown_as_text(cast: Cast) -> None:
    browser = signed_in(cast.ayse)
    draft = begun(browser)
    write(browser, draft, "</textarea><script>alert(1)</script>", title="<img src=x onerror=alert(1)>")
    for page in (f"/drafts/{draft.pk}/", f"/drafts/{draft.pk}/versions/", "/drafts/"):
        shown = browser.get(page).content.decode()
        assert "<script>alert" not in shown and "<img src=x" not in shown


def test_a_story_becomes_a_draft_that_says_where_it_is_from(cast: Cast) -> None:
    began = timezone.now() - timedelta(hours=2)
    row = a_story("leak-1", began=began, told=began + timedelta(minutes=5), last=began + timedelta(hours=1))
    enter(row)
    account(cast)
    owner = signed_in(cast.ayse)
    page = owner.get("/drafts/").content.decode()
    assert "Explain this to our followers" in page and row.title in page
    answer = owner.post("/drafts/new/", {"story": "leak-1"})
    draft = Draft.objects.get()
    assert (draft.story, draft.pillar) == ("leak-1", "education") and row.title in draft.title
    page = owner.get(answer["Location"]).content.decode()
    assert "What is known so far:" in page and "/stories/leak-1/" in page
    assert owner.post("/drafts/new/", {"story": "no-such-story"}).status_code == 302
    assert Draft.objects.filter(versions=None).count() == 1, "of an unknown story nothing is written"
    assert signed_in(cast.bora).post("/drafts/new/", {"story": "leak-1"}).status_code == 403


def test_the_mix_says_how_many_and_how_it_was_received(cast: Cast) -> None:
    now = timezone.now()
    for n, pillar in enumerate(["product", "product", "cause"]):
        made = Draft.objects.create(brand=cast.findik, title=str(n), pillar=pillar, state="sent", sent_at=now)
        ledger.write(cast.findik, "outcome", {"reception": "mixed" if n else "praised"}, now=now, draft=made)
    told = {str(each["name"]): each for each in drafts_list.mix(cast.findik, list(Draft.objects.all()), now)}
    assert (told["product"]["n"], told["product"]["share"]) == (2, "67\u00a0%")
    assert told["product"]["received"] == "mixed 1, praised 1" and told["service"]["n"] == 0
    assert drafts_list.mix(cast.findik, list(Draft.objects.all()), now + timedelta(days=40))[0]["n"] == 0
