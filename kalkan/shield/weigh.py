"""How much speaks for abuse and how much for a grievance: readings and signs put on one scale, column by column.

Owns that scale: a straight sum per language, whose weights stand in ``weights.json`` and are made by
``training/shield.py``. Promises that a row's weights depend on that row alone. Never decides: thresholds belong to the
policy.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kalkan.errors import InvalidInput
from kalkan.shield import signs

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

READ: Final = (
    "p_targeted", "p_offensive", "p_hate", "p_disgust", "p_anger", "p_complaint", "p_irony", "p_ask", "p_question",
    "p_praise", "p_negative",
)  # fmt: skip
"""The readings that are weighed."""
ASKED: Final = (*READ, "p_positive", "p_threat")
SIGNS: Final = (
    "insult", "rude", "face", "harsh", "slur", "swearing", "attack", "threat", "violence", "trade", "fault", "plea",
    "group", "thanks", "you", "they",
)  # fmt: skip
TOGETHER: Final = (("insult", "you they"), ("trade", "fault"), ("insult", "trade"))
FEATURES: Final = (*READ, *SIGNS, *(f"{one} and {other}" for one, other in TOGETHER))


FOLDED_SIGNS: Final = ("insult", "face", "slur", "sexual")
"""The signs whose places are folded inside a grievance."""
SAID: Final = ("insult", "rude", "face", "slur", "attack", "harsh", "sexual", "group")
"""Without one of these signs an English post is folded as abuse only where the reading is sure."""
SURE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Weighed:
    """What speaks for what, a value a row. ``abuse`` and ``critic`` are 0–1; 0.5 is where the balanced policy turns."""

    abuse: Floats
    critic: Floats
    read: Mapping[str, Floats]
    signs: Mapping[str, signs.Counts]
    asked: Flags  # the language is one whose signs are many enough to ask for one


def weigh(posts: pa.Table) -> Weighed:
    """The scale for every row of ``posts`` (columns ``text``, ``lang`` and the probabilities of a reading).

    :raises InvalidInput: a column is missing.
    """
    missing = [name for name in ("text", "lang", *ASKED) if name not in posts.column_names]
    if missing:
        raise InvalidInput("readings_missing", columns=", ".join(missing))
    read = {name: _floats(posts[name]) for name in ASKED}
    found = signs.count(posts["text"], posts["lang"])
    langs = pc.fill_null(_one(posts["lang"]), "")
    score = np.zeros(posts.num_rows, np.float32)
    known = np.zeros(posts.num_rows, bool)
    table = features(read, found)
    for lang, weights in _weights().items():
        mine = ~known if lang == "other" else pc.equal(langs, lang).to_numpy(zero_copy_only=False)
        score[mine] = (table[mine] * weights.slopes).sum(1) - weights.turn  # row by row: the same in any batch
        known |= mine
    abuse = 1 / (1 + np.exp(-np.clip(score, -30, 30)))
    spoken = pc.is_in(langs, pa.array(["en", ""])).to_numpy(zero_copy_only=False)
    return Weighed(abuse.astype(np.float32), grievance(read, found), read, found, spoken)


def features(read: Mapping[str, Floats], found: Mapping[str, signs.Counts]) -> Floats:
    """Rows × ``FEATURES``: readings as log-odds, signs as counts up to two."""
    odds = np.stack([np.clip(read[name], 0.01, 0.99) for name in READ], 1)
    counts = np.stack([np.minimum(found[name], 2) for name in SIGNS], 1)
    both = [(found[one] > 0) & (sum(found[name] for name in others.split()) > 0) for one, others in TOGETHER]
    table: Floats = np.concatenate([np.log(odds / (1 - odds)), counts, np.stack(both, 1)], 1).astype(np.float32)
    return table


def foldable(asked: Flags, read: Mapping[str, Floats], found: Mapping[str, signs.Counts]) -> Flags:
    """Where abuse may be folded: a sign was found, the reading is sure, or the language is not asked for signs.

    A figure of speech ("to die for") without a name for anybody is none.
    """
    pointed = (found["swearing"] + found["violence"] > 0) & (found["you"] + found["they"] > 0)
    said: Flags = (np.sum([found[name] for name in SAID], axis=0) > 0) | pointed
    named = np.sum([found[name] for name in FOLDED_SIGNS], axis=0) + found["rude"] + found["attack"] > 0
    sure = read["p_targeted"] >= SURE
    may: Flags = (said | sure | ~asked) & (named | (found["figure"] == 0))
    return may


def grievance(read: Mapping[str, Floats], found: Mapping[str, signs.Counts]) -> Floats:
    """0–1, how much speaks for a grievance: a complaint, an ask or a question as read, or words of trade and fault.

    At 0.5 and above a post is a grievance and is never folded as a whole (rule 6).
    """
    trade, fault, plea = (np.minimum(found[name], 3) for name in ("trade", "fault", "plea"))
    aimed = found["insult"] + found["rude"] + found["slur"] + found["face"] + found["attack"] > 0
    swears = (found["swearing"] > 0) & ~aimed  # at a thing: "your shitty app"
    words = np.where(fault > 0, 0.4 + 0.1 * (trade + fault), np.where((plea > 0) | swears, 0.5, 0)) * (trade > 0)
    at_nobody = (found["they"] + found["group"] + found["harsh"] == 0) & ~aimed
    words = np.maximum(words, np.where((fault > 0) & at_nobody, 0.5, 0))  # "you suck", "what a nightmare"
    about = (trade > 0) | (fault > 1) | (found["cause"] > 0)
    named = found["insult"] + found["rude"] + found["slur"] + found["face"] > 0
    words = np.maximum(words, np.where((found["cause"] > 0) & ~named, 0.5, 0))  # a cause, and nobody called names
    asked = np.where(about, np.maximum(read["p_ask"], read["p_question"]), 0)
    strongest: Floats = np.minimum(np.max([read["p_complaint"], asked, words], axis=0), 1).astype(np.float32)
    return strongest


@dataclass(frozen=True, slots=True)
class _Scale:
    slopes: Floats
    turn: float


@cache
def _weights() -> dict[str, _Scale]:
    """The scale of each language; the last, ``other``, is for all the rest."""
    told: dict[str, Any] = json.loads(resources.files("kalkan.shield").joinpath("weights.json").read_text("utf-8"))
    found = {}
    for lang in (*(name for name in told["scales"] if name != "other"), "other"):
        one = told["scales"][lang]
        slopes = np.array([one["slopes"].get(name, 0.0) for name in FEATURES], np.float32)
        found[lang] = _Scale(slopes, float(one["turn"]))
    return found


def _floats(column: Any) -> Floats:
    values: Floats = pc.fill_null(pc.cast(_one(column), pa.float32()), 0).to_numpy(zero_copy_only=False)
    return values


def _one(column: Any) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
