"""Peers on the same rows in the same run: what else one could install, or train in a minute, and how fast that is.

Word lists and ready models say what they say; those that learn (TF-IDF with a linear SVM, fastText by floret) get the
train rows of each set, nothing else. A peer that is not installed is left out.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from training import sets
from training.measures import MOODS, f1_of, macro_f1, macro_recall

ASTRAY = "hi"  # the language of umsab_sentiment whose labels do not fit its texts in the copy at hand
Labels = npt.NDArray[Any]
Say = Callable[[list[str]], Labels]


def _label(text: str) -> str:
    return text


SETS: dict[str, tuple[Callable[[str], Any], str, Callable[[Labels, Labels], float]]] = {
    "tweeteval_sentiment": (_label, "macro recall", macro_recall),
    "bounti_sentiment_tr": (_label, "macro F1", macro_f1),
    "tweeteval_emotion": (_label, "macro F1", macro_f1),
    "tweeteval_offensive": (lambda label: label == "offensive", "macro F1", macro_f1),
    "offenseval2020_tr": (lambda label: label == "OFF", "macro F1", macro_f1),
    "tweeteval_irony": (lambda label: label == "irony", "F1 irony", f1_of(True)),
}


def _moods(score: Labels, edge: float) -> Labels:
    return np.array(MOODS)[1 + (score >= edge).astype(int) - (score <= -edge)]


def _vader() -> Say:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyser = SentimentIntensityAnalyzer()
    return lambda texts: _moods(np.array([analyser.polarity_scores(text)["compound"] for text in texts]), 0.05)


def _textblob() -> Say:
    from textblob import TextBlob

    return lambda texts: _moods(np.array([TextBlob(text).sentiment.polarity for text in texts]), 0.05)


def _afinn() -> Say:
    from afinn import Afinn

    scorer = Afinn(emoticons=True)
    return lambda texts: _moods(np.array([scorer.score(text) for text in texts]), 0.5)


def _profanity() -> Say:
    from profanity_check import predict

    return lambda texts: np.asarray(predict(texts)) == 1


def _tfidf(texts: list[str], labels: list[Any]) -> Say:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    both = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_features=200_000),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, max_features=200_000),
    )
    model = make_pipeline(both, LinearSVC(C=0.1, class_weight="balanced", random_state=0))
    model.fit(texts, labels)
    return lambda given: np.asarray(model.predict(given))


def _floret(texts: list[str], labels: list[Any]) -> Say:
    import tempfile

    import floret

    names = sorted(set(labels))
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "train.txt"
        lines = [f"__label__{names.index(label)} {_plain(text)}" for text, label in zip(texts, labels, strict=True)]
        mixed = np.random.default_rng(0).permutation(len(lines))  # it learns in the order given; sets come sorted
        rows.write_text("\n".join(lines[at] for at in mixed), encoding="utf-8")
        model = floret.train_supervised(
            str(rows), epoch=25, lr=0.3, wordNgrams=2, minn=2, maxn=5, dim=50, bucket=200_000, thread=1, verbose=0,
            seed=0,
        )  # fmt: skip

    def best(text: str) -> str:  # the package's own predict does not work with NumPy 2
        return str(model.f.predict(_plain(text) + "\n", 1, 0.0, "strict")[0][1])

    return lambda given: np.array([names[int(best(text).removeprefix("__label__"))] for text in given])


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


# name → (package it needs, the sets it can be asked, how it is made ready)
READY: dict[str, tuple[str, tuple[str, ...], Callable[[], Say]]] = {
    "VADER": ("vaderSentiment", ("tweeteval_sentiment",), _vader),
    "TextBlob": ("textblob", ("tweeteval_sentiment",), _textblob),
    "AFINN": ("afinn", ("tweeteval_sentiment",), _afinn),
    "alt-profanity-check": ("profanity_check", ("tweeteval_offensive",), _profanity),
}
LEARNING: dict[str, tuple[str, Callable[[list[str], list[Any]], Say]]] = {
    "TF-IDF, linear SVM": ("sklearn", _tfidf),
    "fastText (floret)": ("floret", _floret),
}


def rows(data: Path, name: str, split: str) -> tuple[list[str], list[Any]]:
    """Texts and what is so of them, of one split of a set in :data:`SETS`."""
    table = pq.read_table(data / f"{name}.{split}.parquet", columns=["text", "label"]).to_pydict()
    truth_of = SETS[name][0]
    return [sets.tidy(text, name) for text in table["text"]], [truth_of(label) for label in table["label"]]


def compare(data: Path) -> list[dict[str, Any]]:
    """One row a peer and set: the set's metric on val, and posts a second of processor time."""
    found = []
    for name, (package, asked, make) in READY.items():
        if find_spec(package):
            say = make()
            found += [_asked(data, one, name, say) for one in asked]
    for name, (package, learn) in LEARNING.items():
        if find_spec(package):
            found += [_asked(data, one, name, learn(*rows(data, one, "train"))) for one in SETS]
    return found


def astray(data: Path) -> float | None:
    """Macro F1 of TF-IDF on the rows of ``ASTRAY``, learned from its train rows: whether the labels say anything."""
    if not find_spec("sklearn"):
        return None
    given = {}
    for split in ("train", "val"):
        table = pq.read_table(data / f"umsab_sentiment.{split}.parquet", columns=["text", "label", "lang"]).to_pylist()
        given[split] = [row for row in table if row["lang"] == ASTRAY]
    say = _tfidf([row["text"] for row in given["train"]], [row["label"] for row in given["train"]])
    said = say([row["text"] for row in given["val"]])
    return round(macro_f1(np.array([row["label"] for row in given["val"]]), said), 4)


def _asked(data: Path, name: str, peer: str, say: Say) -> dict[str, Any]:
    texts, truth = rows(data, name, "val")
    say(texts[:5])  # what is loaded at the first call is not counted
    began = time.process_time()
    said = say(texts)
    spent = max(time.process_time() - began, 1e-9)
    return {
        "peer": peer, "set": name, "metric": SETS[name][1], "value": round(SETS[name][2](np.array(truth), said), 4),
        "n": len(texts), "posts_per_core_second": round(len(texts) / spent),
    }  # fmt: skip
