"""Which rows the careful reader sees, in what order, and how fast it learns then: all a function of the seed.

A round holds every row as often as its set is drawn; rounds follow each other in chunks, so that a run can be taken up
again at any chunk, and may be made longer as long as the rate has not begun to fall.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from training.sets import Row

Deck = npt.NDArray[np.int64]

BATCH, CHUNK = 64, 64 * 50  # rows: those of a chunk are sorted by length into batches
WARM, FALL = 10_000, 0.4  # rows until the highest rate is reached; share of the rows in which it falls to nothing

# how often a row is drawn a round, where the sets' own weights (for a far smaller network) do not fit
DRAWN: dict[str, float] = {
    "tweeteval_sentiment": 1.0, "umsab_sentiment": 2.0, "bounti_sentiment_tr": 3.0, "tweets2022_sentiment_tr": 0.4,
    "tweeteval_emotion": 3.0, "semeval2018_emotions_en": 1.2, "goemotions": 0.3, "xed_emotions": 0.08,
    "olid_hierarchy": 1.8, "hatexplain": 0.3, "edos_sexism": 0.3, "tweeteval_hate": 0.4, "offenseval2020_tr": 1.0,
    "incivil_tr": 0.4, "offenseval2020_ar": 0.6, "offenseval2020_da": 0.6, "offenseval2020_el": 0.6,
    "germeval2018_de": 0.6, "tweeteval_irony": 4.0, "isarcasmeval": 0.8, "tweet_acts": 1.2, "disaster_requests": 0.4,
    "complaints": 1.5,
}  # fmt: skip


def deck(train: list[Row], *, seed: int, turn: int) -> Deck:
    """The rows of one round in random order, each as often as its set is drawn: a part of one is a chance."""
    random = np.random.default_rng([seed, turn])
    often = np.array([DRAWN.get(row.source, row.weight) for row in train])
    times = np.floor(often + random.random(len(train))).astype(np.int64)
    return random.permutation(np.repeat(np.arange(len(train)), times))


def chunks(train: list[Row], *, seed: int) -> Iterator[Deck]:
    """Chunks of rows without end, round after round."""
    turn, rest = 0, np.zeros(0, np.int64)
    while True:
        while len(rest) < CHUNK:
            rest = np.concatenate([rest, deck(train, seed=seed, turn=turn)])
            turn += 1
        yield rest[:CHUNK]
        rest = rest[CHUNK:]


def rate(done: int, rows: int) -> float:
    """Share of the highest rate after ``done`` of ``rows`` rows: up, level, and down over the last ``FALL`` of them."""
    return max(0.005, min(1.0, (done + BATCH) / WARM, (rows - done) / (rows * FALL)))
