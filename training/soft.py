"""Soft labels: what the careful network says of every task on texts whose sets label one or two, and on plain posts.

The fast reader learns from them beside the labels. Texts come from the allowed sets' train rows and from the stream
(never its support inbox, never a val text); no label of the stream is looked at.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from kalkan.reading import kernel
from kalkan.reading.careful import Careful, Stored
from kalkan.reading.fast import Fast
from kalkan.reading.language import Language
from training import sets
from training.measures import HEADLINES

Floats = npt.NDArray[np.float32]

FILE = "soft.pickle"
MOST = {
    "tweeteval_sentiment": 2_000, "umsab_sentiment": 5_000, "bounti_sentiment_tr": 6_000,
    "tweets2022_sentiment_tr": 1_000, "tweeteval_emotion": 1_500, "olid_hierarchy": 2_500,
    "offenseval2020_tr": 5_000, "tweeteval_irony": 3_000,
}  # fmt: skip
STREAM = {"BaranBicen-2021": 1_500, "BaranBicen-2022": 500}
OTHERS = 500  # val rows of a set without a headline that are looked at
HARD, BARE = 0.5, 0.35  # share of the soft label where there is a hard one; what it counts where there is none
UNLABELLED = "stream"


@dataclass(frozen=True)
class Soft:
    """Probabilities of ``TASKS`` for rows of the train sets (by their place), and for texts without labels."""

    places: npt.NDArray[np.int64]
    shares: npt.NDArray[np.float16]
    texts: list[str]
    text_shares: npt.NDArray[np.float16]

    def rows(self) -> list[sets.Row]:
        """The texts without labels as rows."""
        return [
            sets.Row(text=text, lang="", targets={}, weight=0.4, source=UNLABELLED, label="") for text in self.texts
        ]

    def blend(self, wanted: Floats, counts: Floats) -> None:
        """Mix the soft labels into ``wanted`` and ``counts`` of all train rows followed by :meth:`rows`, in place."""
        at = np.concatenate([self.places, np.arange(len(wanted) - len(self.texts), len(wanted))])
        soft = np.concatenate([self.shares, self.text_shares]).astype(np.float32)
        known = counts[at] > 0
        wanted[at] = np.where(known, (1 - HARD) * wanted[at] + HARD * soft, soft)
        counts[at] = np.where(known, counts[at], np.float32(BARE))


class _Silent:
    """In the fast reader's place: adds nothing."""

    language: Language

    def score(self, texts: pa.Array) -> tuple[Floats, Floats]:
        return np.zeros((len(texts), len(sets.TASKS)), np.float32), np.zeros((len(texts), 0), np.float32)


def scores(stored: Stored, texts: list[str], *, threads: int = 2, block: int = 2_000) -> Floats:
    """The network's own scores of ``texts``, as it will run."""
    silent: Fast = _Silent()  # type: ignore[assignment]
    silent.language = None  # type: ignore[assignment]
    reader = Careful(stored, silent)
    parts = [pa.array(texts[at : at + block], pa.string()) for at in range(0, len(texts), block)]
    found = []
    with ThreadPoolExecutor(threads) as pool:
        for at, one in enumerate(pool.map(lambda part: reader.score(part)[0], parts)):
            found.append(one)
            if at % 20 == 19:
                print(f"  {(at + 1) * block:,} texts read", flush=True)
    return np.concatenate(found)


def measured(val: list[sets.Row]) -> npt.NDArray[np.int64]:
    """The val rows that are looked at: all of the sets with a headline, at most ``OTHERS`` of any other."""
    random = np.random.default_rng(0)
    source = np.array([row.source for row in val])
    heads = {one.source for one in HEADLINES}
    chosen = [
        random.permutation(np.flatnonzero(source == name))[: None if name in heads else OTHERS]
        for name in sorted(set(source.tolist()))
    ]
    return np.sort(np.concatenate(chosen))


def labels(stored: Stored, data: Path, train: list[sets.Row], val: list[sets.Row], own: Floats) -> Soft:
    """Soft labels by the network alone, calibrated on its scores ``own`` of ``val``."""
    from training import calibrate

    random = np.random.default_rng(0)
    found = calibrate.fit_scores(own, np.full(len(val), ""), val)["calibration"]
    source = np.array([row.source for row in train])
    places = np.sort(
        np.concatenate([
            random.permutation(np.flatnonzero(source == name))[: MOST.get(name, 0)] for name in sets.TRAINED
        ])
    )  # fmt: skip
    texts = _stream(data, random)
    every = [*(train[at].text for at in places), *texts]
    shares = kernel.probabilities(scores(stored, every), [""] * len(every), found).astype(np.float16)
    return Soft(places, shares[: len(places)], texts, shares[len(places) :])


def _stream(data: Path, random: np.random.Generator) -> list[str]:
    table = pq.read_table(data / "stream_replay.parquet", columns=["text", "source"]).to_pydict()
    held, seen, found = sets.held_out(data), set(), []
    left = dict(STREAM)
    for at in random.permutation(len(table["text"])):
        text, source = table["text"][at], table["source"][at]
        name = sets.key(text)
        if left.get(source, 0) and name not in held and name not in seen and len(name) >= 15:
            left[source] -= 1
            seen.add(name)
            found.append(text)
    return found
