"""The readings of plain sentences, and the gold file of questions and asks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from kalkan.reading import current, read
from kalkan.testing.reader import posts

GOLD = Path(__file__).parent / "gold" / "questions_and_asks.jsonl"


def table(texts: list[str]) -> pa.Table:
    return pa.Table.from_batches(read([posts(texts)]))


def f1(truth: np.ndarray, said: np.ndarray) -> float:  # type: ignore[type-arg]
    return 2 * float((truth & said).sum()) / float(truth.sum() + said.sum())


@pytest.mark.parametrize(
    ("lang", "task", "least"),
    [("tr", "question", 0.85), ("tr", "ask", 0.7), ("en", "question", 0.8), ("en", "ask", 0.7)],
)
def test_questions_and_asks_of_the_gold_file(lang: str, task: str, least: float) -> None:
    rows = [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["lang"] == lang]
    assert len(rows) >= (120 if lang == "tr" else 80)
    said = table([row["text"] for row in rows])[f"p_{task}"].to_numpy() >= 0.5
    assert f1(np.array([row[task] for row in rows]), said) >= least


def test_the_second_gold_file_shares_no_line_with_the_first() -> None:
    """It is measured by the benchmark and held to nothing here, so that nobody tunes on it."""
    second = [json.loads(line) for line in GOLD.with_name("measured_only_tr.jsonl").read_text("utf-8").splitlines()]
    first = {json.loads(line)["text"] for line in GOLD.read_text(encoding="utf-8").splitlines()}
    assert len({row["text"] for row in second} - first) == len(second) >= 60
    for task in ("question", "ask"):
        assert 15 <= sum(row[task] for row in second) <= 45


@pytest.mark.parametrize(
    ("text", "sentiment"),
    [
        ("I love this, thank you so much!", "positive"),
        ("This is the worst service I have ever had, awful.", "negative"),
        ("Çok teşekkürler, harikasınız ❤️", "positive"),
        ("Berbat bir deneyimdi, rezalet", "negative"),
    ],
)
def test_plain_feelings_are_read(text: str, sentiment: str) -> None:
    row = table([text]).to_pylist()[0]
    assert max(("negative", "neutral", "positive"), key=lambda name: row[f"p_{name}"]) == sentiment


def test_an_insult_is_read_as_offensive_and_criticism_is_not() -> None:
    insults = ["you are all stupid idiots, fuck you", "hepiniz gerizekalısınız orospu çocukları"]
    critics = ["my parcel is two weeks late and nobody answers", "kargom iki haftadır gelmedi, kimse cevap vermiyor"]
    shares = table(insults + critics)["p_offensive"].to_pylist()
    assert min(shares[:2]) >= 0.5 > max(shares[2:])


LANGUAGES = {
    "en": "I think the weather will be nice tomorrow",
    "tr": "Yarın hava güzel olacak diye düşünüyorum",
    "de": "Ich glaube, das Wetter wird morgen schön",
    "fr": "Je pense qu'il fera beau demain",
    "es": "Creo que mañana hará buen tiempo",
    "it": "Penso che domani farà bel tempo",
    "pt": "Acho que amanhã vai fazer bom tempo",
    "nl": "Ik denk dat het morgen mooi weer wordt",
    "ru": "Думаю, завтра будет хорошая погода",
    "el": "Νομίζω ότι αύριο θα κάνει καλό καιρό",
    "ar": "أعتقد أن الطقس سيكون جميلا غدا",
    "he": "אני חושב שמחר יהיה מזג אוויר נעים",
    "pl": "Myślę, że jutro będzie ładna pogoda",
    "fi": "Luulen, että huomenna on kaunis sää",
    "hu": "Azt hiszem, holnap szép idő lesz",
    "ro": "Cred că mâine va fi vreme frumoasă",
    "ja": "明日はいい天気になると思います",
    "zh": "我觉得明天天气会很好",
    "ko": "내일 날씨가 좋을 것 같아요",
    "th": "ฉันคิดว่าพรุ่งนี้อากาศจะดี",
    "ka": "ვფიქრობ, ხვალ კარგი ამინდი იქნება",
}


def test_plain_sentences_are_in_their_language() -> None:
    found = table(list(LANGUAGES.values()))
    assert found["lang"].to_pylist() == list(LANGUAGES)
    assert min(found["lang_score"].to_pylist()) > 0.3


@pytest.mark.parametrize("text", ["", "😂😂", "123 !!! ???", "https://example.org/tr @someone", "#"])
def test_without_letters_there_is_no_language(text: str) -> None:
    assert table([text])["lang"].to_pylist() == [None]


def test_capitals_in_turkish_stay_turkish() -> None:
    found = table(["ŞUBENİZ NE ZAMAN AÇILACAK", "IŞIKLAR NEDEN SÖNÜK"])
    assert found["lang"].to_pylist() == ["tr", "tr"]


def test_weights_and_card_go_together() -> None:
    card = (Path(__file__).parents[2] / "kalkan" / "reading" / "weights" / "CARD.md").read_text(encoding="utf-8")
    assert current().digest in card
