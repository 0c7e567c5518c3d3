"""Which rows the careful reader sees, in what order, and how fast it learns then: all a function of the seed.

A run is laps, one after the other; in each the rate rises, stays and falls to nothing. The first draws from everything,
the next again and more from the sets that lagged behind. A round holds every row as often as its set is drawn; rounds
follow each other in chunks, so that a run can be taken up again at any chunk, and a lap may be made longer as long as
its rate has not begun to fall.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

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

LAGGED: dict[str, float] = {
    "tweeteval_sentiment": 0.5, "umsab_sentiment": 2.0, "bounti_sentiment_tr": 3.0, "tweets2022_sentiment_tr": 0.3,
    "tweeteval_emotion": 2.0, "semeval2018_emotions_en": 0.8, "goemotions": 0.12, "xed_emotions": 0.04,
    "tweet_emotions_tr": 0.2, "olid_hierarchy": 1.0, "hatexplain": 0.2, "edos_sexism": 0.2, "tweeteval_hate": 0.3,
    "offenseval2020_tr": 1.3, "incivil_tr": 0.4, "offenseval2020_ar": 0.3, "offenseval2020_da": 0.3,
    "offenseval2020_el": 0.3, "germeval2018_de": 0.4, "tweeteval_irony": 4.0, "isarcasmeval": 0.5, "irony_tr": 2.0,
    "tweet_acts": 0.6, "disaster_requests": 0.3, "complaints": 0.8,
}  # fmt: skip


@dataclass(frozen=True)
class Lap:
    """One rise and fall of the rate."""

    rows: int
    highest: float = 1.0  # of the run's highest rate
    warm: int = WARM
    drawn: dict[str, float] = field(default_factory=lambda: DRAWN)

    @property
    def chunks(self) -> int:
        """How many chunks the lap takes."""
        return -(-self.rows // CHUNK)


def laps(rows: list[int]) -> list[Lap]:
    """The laps of a run with ``rows`` in each: the first from everything, the rest gentler and from what lagged."""
    return [Lap(one) if at == 0 else Lap(one, 0.75, 3_000, LAGGED) for at, one in enumerate(rows)]


def deck(train: list[Row], *, seed: int, turn: int, lap: int = 0, drawn: dict[str, float] | None = None) -> Deck:
    """The rows of one round in random order, each as often as its set is drawn: a part of one is a chance."""
    random = np.random.default_rng([seed, turn] if lap == 0 else [seed, turn, lap])
    drawn = DRAWN if drawn is None else drawn
    often = np.array([drawn.get(row.source, row.weight) for row in train])
    times = np.floor(often + random.random(len(train))).astype(np.int64)
    return random.permutation(np.repeat(np.arange(len(train)), times))


def chunks(
    train: list[Row], *, seed: int, lap: int = 0, drawn: dict[str, float] | None = None
) -> Iterator[Deck]:  # fmt: skip
    """Chunks of rows without end, round after round."""
    turn, rest = 0, np.zeros(0, np.int64)
    while True:
        while len(rest) < CHUNK:
            rest = np.concatenate([rest, deck(train, seed=seed, turn=turn, lap=lap, drawn=drawn)])
            turn += 1
        yield rest[:CHUNK]
        rest = rest[CHUNK:]


def rate(done: int, rows: int, *, warm: int = WARM) -> float:
    """Share of the highest rate after ``done`` of ``rows`` rows: up, level, and down over the last ``FALL`` of them."""
    return max(0.005, min(1.0, (done + BATCH) / warm, (rows - done) / (rows * FALL)))
