"""The labelled sets, mapped onto Kalkan's tasks.

Owns which set trains which task and with what weight, and keeps every row of every ``val`` out of training. Sets marked
non-commercial are never trained on (``MEASURED_ONLY``): they may be measured.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from kalkan.posts import FEELINGS, SENTIMENTS

TASKS = (
    *SENTIMENTS,
    *FEELINGS,
    "offensive",
    "targeted",
    "hate",
    "threat",
    "irony",
    "question",
    "ask",
    "complaint",
    "praise",
)
DERIVED = {"goemotions": ("negative", "neutral", "positive", "question")}  # no labels of its own: not calibrated on
UNCLEAR = (  # no clear licence is stated; the card says so
    "tweeteval_sentiment",
    "tweeteval_emotion",
    "tweeteval_hate",
    "tweeteval_irony",
    "umsab_sentiment",
    "bounti_sentiment_tr",
    "tweets2022_sentiment_tr",
    "semeval2018_emotions_en",
    "tweet_emotions_tr",
    "olid_hierarchy",
    "offenseval2020_tr",
    "offenseval2020_ar",
    "offenseval2020_da",
    "offenseval2020_el",
    "incivil_tr",
    "irony_tr",
    "complaints",
    "lid_social",
)
MEASURED_ONLY = ("airline_sentiment", "airline_reason", "suggestions")

Targets = dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One text, what is known of it by task (0 to 1; tasks not named are not known), and how much it counts."""

    text: str
    lang: str
    targets: Targets
    weight: float
    source: str
    label: str


def tidy(text: str, source: str) -> str:
    """A text as a network would give it: entities decoded, the sets' masks turned back into links and handles."""
    text = html.unescape(text)
    if source in ("olid_hierarchy", "tweeteval_offensive", "offenseval2020_tr", "offenseval2020_el", "germeval2018_de"):
        text = re.sub(r"\bURL\b", "https://example.org", text)
    text = text.replace("<user>", "@user").replace("<number>", "00").replace("[USER]", "@user")
    text = text.replace("[URL]", "https://example.org").replace("[NAME]", "@user")
    if source == "xed_emotions":
        text = re.sub(r"\s+([.,!?;:])", r"\1", text).lstrip("-–* ")
    return text


def key(text: str) -> str:
    """What makes two texts the same: letters and digits alone."""
    text = re.sub(r"https?://\S+|@\w+|^rt\b", " ", html.unescape(text).casefold())
    return re.sub(r"[^\w]|_", "", unicodedata.normalize("NFKC", text))


def _sentiment(label: str) -> Targets:
    return {name: float(label == name) for name in SENTIMENTS}


def _feelings(present: set[str], known: tuple[str, ...] = FEELINGS) -> Targets:
    return {name: float(name in present) for name in known}


def _semeval(label: str) -> Targets:
    return _feelings(set(label.split("|")))


_GO = {
    "anger": {"anger", "annoyance"},
    "sadness": {"sadness", "grief", "disappointment", "remorse"},
    "fear": {"fear", "nervousness"},
    "joy": {"joy", "amusement", "excitement", "love", "relief", "pride"},
    "optimism": {"optimism"},
    "disgust": {"disgust"},
    "surprise": {"surprise"},
}
_GOOD = {
    "admiration",
    "amusement",
    "approval",
    "caring",
    "excitement",
    "gratitude",
    "joy",
    "love",
    "optimism",
    "pride",
    "relief",
}
_BAD = {
    "anger",
    "annoyance",
    "disappointment",
    "disapproval",
    "disgust",
    "embarrassment",
    "fear",
    "grief",
    "remorse",
    "sadness",
}


def _goemotions(label: str) -> Targets:
    found = set(label.split("|"))
    targets = {name: float(bool(found & group)) for name, group in _GO.items()}
    if found & {"gratitude", "admiration", "love"}:
        targets["praise"] = 1.0
    elif "approval" not in found:
        targets["praise"] = 0.0
    if found == {"neutral"} or found & _GOOD:
        targets["complaint"] = 0.0
    if found & {"curiosity"}:
        targets["question"] = 0.8
    good, bad = bool(found & _GOOD), bool(found & _BAD)
    if good != bad:
        targets |= _sentiment("positive" if good else "negative")
    elif found == {"neutral"}:
        targets |= _sentiment("neutral")
    return targets


def _xed(label: str) -> Targets:
    found = set(label.split("|"))
    return {name: float(name in found) for name in ("anger", "sadness", "fear", "joy", "disgust", "surprise")}


def _emotion4(label: str) -> Targets:
    return {name: float(name == label) for name in ("anger", "joy", "optimism", "sadness")}


def _emotion_tr(label: str) -> Targets:
    return {name: float(name == label) for name in ("anger", "fear", "joy", "sadness", "surprise")}


def _olid(label: str) -> Targets:
    return {"offensive": float(label != "NOT"), "targeted": float("/TIN" in label)}


def _hatexplain(label: str) -> Targets:
    return {"offensive": float(label != "normal"), "hate": float(label == "hatespeech")}


def _edos(label: str) -> Targets:
    return {"hate": float(label != "not sexist"), "threat": float(label == "threats")}


def _germeval(label: str) -> Targets:
    return {"offensive": float(label != "OTHER"), "targeted": float(label in ("INSULT", "ABUSE"))}


def _acts(label: str) -> Targets:
    return {
        "question": float(label == "question"),
        "ask": float(label in ("request", "suggestion")),
        "threat": float(label == "threat"),
    }


def _requests(label: str) -> Targets:
    return {"ask": float("request" in label.split("|"))}


def _binary(task: str, positive: str) -> Callable[[str], Targets]:
    return lambda label: {task: float(label == positive)}


# set → (labels to targets, weight of a row)
TRAINED: dict[str, tuple[Callable[[str], Targets], float]] = {
    "tweeteval_sentiment": (_sentiment, 1.0),
    "umsab_sentiment": (_sentiment, 2.0),
    "bounti_sentiment_tr": (_sentiment, 3.0),
    "tweets2022_sentiment_tr": (_sentiment, 0.7),
    "tweeteval_emotion": (_emotion4, 3.0),
    "semeval2018_emotions_en": (_semeval, 2.0),
    "goemotions": (_goemotions, 0.5),
    "xed_emotions": (_xed, 0.25),
    "tweet_emotions_tr": (_emotion_tr, 0.3),
    "olid_hierarchy": (_olid, 2.0),
    "hatexplain": (_hatexplain, 0.5),
    "edos_sexism": (_edos, 0.5),
    "tweeteval_hate": (_binary("hate", "hate"), 0.7),
    "offenseval2020_tr": (_binary("offensive", "OFF"), 1.3),
    "incivil_tr": (_binary("offensive", "incivil"), 0.7),
    "offenseval2020_ar": (_binary("offensive", "OFF"), 1.0),
    "offenseval2020_da": (_binary("offensive", "OFF"), 1.0),
    "offenseval2020_el": (_binary("offensive", "OFF"), 1.0),
    "germeval2018_de": (_germeval, 1.0),
    "tweeteval_irony": (_binary("irony", "irony"), 4.0),
    "isarcasmeval": (_binary("irony", "sarcastic"), 1.0),
    "irony_tr": (_binary("irony", "irony"), 2.0),
    "tweet_acts": (_acts, 2.0),
    "disaster_requests": (_requests, 1.0),
    "complaints": (_binary("complaint", "complaint"), 3.0),
}


def rows(data: Path, split: str) -> Iterator[Row]:
    """All rows of ``split`` ("train" or "val") of the sets in :data:`TRAINED`."""
    for name, (targets, weight) in TRAINED.items():
        table = pq.read_table(data / f"{name}.{split}.parquet", columns=["text", "label", "lang"])
        for text, label, lang in zip(*(table[column].to_pylist() for column in table.column_names), strict=True):
            if text and text.strip():
                lang = (lang or "").split("-")[0]
                yield Row(
                    text=tidy(text, name), lang=lang, targets=targets(label), weight=weight, source=name, label=label
                )


def held_out(data: Path) -> frozenset[str]:
    """The keys of all ``val`` texts of all sets, measured-only ones too: none of them may be trained on."""
    found: set[str] = set()
    for path in sorted(data.glob("*.val.parquet")):
        found.update(key(text) for text in pq.read_table(path, columns=["text"])["text"].to_pylist() if text)
    found.discard("")
    return frozenset(found)
