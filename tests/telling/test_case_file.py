"""The case file: acts side by side from kept numbers alone, silence only with coverage, quick against slow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kalkan import brief

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
ACTS = (
    brief.Kept(who="Cevizli", text="Üç tedarikçisini açıkladı", at=AT, verdict="praised", authors=180, sides=142,
               share=0.71, low=0.63, high=0.78, after=timedelta(minutes=80),
               stances={"praise": 101, "call_out": 41, "none": 38}),
    brief.Kept(who="Bademci", text="Taziye, 40 dk sonra indirim", at=AT + timedelta(hours=5), verdict="called_out",
               authors=130, sides=117, share=0.18, low=0.12, high=0.26, after=timedelta(hours=6),
               stances={"praise": 21, "call_out": 96, "joke": 13}, whys=(("tone_deaf", 38), ("opportunistic", 14))),
    brief.Kept(who="", text="Yeni kavanoz", at=AT + timedelta(hours=7), verdict="too_few", authors=9, sides=5,
               share=0.4, low=0.1, high=0.8, after=timedelta(hours=30)),
    brief.Kept(who="Moss", text="Adım görülmedi", at=AT, verdict="silent", authors=0, sides=0, share=None, low=0.0,
               high=1.0, unseen="Instagram"),
)  # fmt: skip


def made(lang: str) -> brief.Brief:
    return brief.case_file(
        brand="Fındık", title="Ordu’daki kazada kim ne yaptı", lesson="Önce ad ver.\nSonra tutar.", acts=ACTS,
        kept_at=AT + timedelta(days=3), made_at=AT + timedelta(days=4), zone="Europe/Istanbul", lang=lang, by="Ayşe",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", ("called out", "tone-deaf (38)", "not seen: Instagram", "within 2 hours", "after 6.0 h", "9 authors")),
        ("tr", ("tepki gördü", "duyarsız (38)", "görülmedi: Instagram", "2 saat içinde", "6,0 sa sonra", "9 yazar")),
    ],
)
def test_what_leadership_reads(lang: str, words: tuple[str, ...]) -> None:
    one = made(lang)
    page = brief.html(one)
    assert all(word in page for word in words)
    assert "40" not in page.split("Yeni kavanoz")[1].split("</tr>")[0]  # no share where too few spoke
    again = brief.from_plain(brief.from_json(one.to_json()))
    assert again == one and again.fingerprint() == one.digest


def test_it_prints_as_accessible_pdf() -> None:
    one = brief.pdf(made("tr"))
    assert one.startswith(b"%PDF") and b"/StructTreeRoot" in one
    assert one == brief.pdf(made("tr"))


def test_those_who_were_quick_are_set_beside_those_who_were_not() -> None:
    assert brief.soon(ACTS) == [
        ("soon_2", {"praised": 1}),
        ("soon_24", {"called_out": 1}),
        ("soon_later", {"too_few": 1}),
    ]
