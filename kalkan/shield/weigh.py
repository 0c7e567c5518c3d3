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
NEVER: Final = 99.0  # more than any score is above any cut
WORDED: Final = {**dict.fromkeys(FOLDED_SIGNS, 0.0), "rude": 0.4, "harsh": 0.4, "swearing": 1.2, "attack": NEVER}
"""Every sign whose places may be folded, and how much more than the policy's cut must speak for it in a grievance."""
WHOLE: Final = 0.6
"""How much more than the cut must speak for abuse before a whole post is folded: in doubt only words are."""
TO_A_FACE: Final = 1.5
"""How much less than the cut is asked where somebody is called a name to their face in a grievance."""
SAID: Final = ("insult", "rude", "face", "slur", "attack", "harsh", "sexual", "group")
"""Without one of these signs an English post is folded as abuse only where the reading is sure."""
SURE: Final = 0.5
HARM: Final = (
    "threat", "violence", "strike", "body", "intent", "due", "wish", "glad", "handle", "give", "tool", "inside", "told",
    "figure", "insult", "rude", "harsh", "swearing", "sexual", "group", "trade", "fault", "plea", "you", "they",
)  # fmt: skip
"""The signs of the scale of harm. Readings are not in it: news of violence reads as a threat does."""
HARMFUL: Final = HARM[: HARM.index("told")]
"""One of these at least is in whatever is held for harm: names alone are abuse."""
HARM_TURNS: Final = ("folded", "plain", "grievance")
"""From where harm is held: in a post that is folded anyway, in any other, and in a grievance."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """What speaks for what, a value a row. ``abuse`` and ``critic`` are 0–1; 0.5 is where the balanced policy turns."""

    abuse: Floats
    critic: Floats
    read: Mapping[str, Floats]
    signs: Mapping[str, signs.Counts]
    asked: Flags  # the language is one whose signs are many enough to ask for one
    score: Floats  # the log-odds that ``abuse`` tells
    words: Floats  # how much more than the policy's cut before an insult is folded, the rest left open
    whole: Floats  # … and before the post is folded as a whole
    harm: Mapping[str, Flags]  # for each of ``HARM_TURNS``: as much speaks for harm as is asked there


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
    score = np.clip(score, -30, 30)
    abuse = (1 / (1 + np.exp(-score))).astype(np.float32)
    spoken = pc.is_in(langs, pa.array(["en", ""])).to_numpy(zero_copy_only=False)
    critic = grievance(read, found)
    words, whole = steps(spoken | turkish(langs), critic >= 0.5, foldable(spoken, read, found), found)
    return Weighed(abuse, critic, read, found, spoken, score, words, whole, _harm(spoken, found))


def turkish(langs: pa.Array) -> Flags:
    """Where a post is Turkish."""
    flags: Flags = pc.equal(langs, "tr").to_numpy(zero_copy_only=False)
    return flags


def odds(p: float) -> float:
    """The log-odds of a probability."""
    return float(np.log(p / (1 - p)))


def steps(listed: Flags, grief: Flags, may: Flags, found: Mapping[str, signs.Counts]) -> tuple[Floats, Floats]:
    """How far above a policy's cut the score must stand before words are folded, and before the whole post is.

    ``listed``: the language has lists of words, so that in doubt there are words to fold. An insult to somebody's face
    is folded in a grievance well below the cut. ``NEVER`` where nothing may be folded.
    """
    n = len(grief)
    step = np.full(n, NEVER)
    for name, more in WORDED.items():
        here = found[name] > 0 if name != "swearing" else (found[name] > 0) & (found["demand"] == 0)
        step = np.where(here, np.minimum(step, np.where(grief, more, 0.0)), step)
    to_a_face = (found["insult"] + found["slur"] + found["face"] > 0) & (found["you"] > 0)
    step = np.where(grief & to_a_face, -TO_A_FACE, np.where(grief | may, step, NEVER))
    whole = np.where(grief | ~may, NEVER, np.where(listed, WHOLE, 0.0))
    return step.astype(np.float32), whole.astype(np.float32)


def harms(found: Mapping[str, signs.Counts]) -> Floats:
    """Rows × ``HARM``: counts up to two."""
    table: Floats = np.stack([np.minimum(found[name], 2) for name in HARM], 1).astype(np.float32)
    return table


def _harm(asked: Flags, found: Mapping[str, signs.Counts]) -> dict[str, Flags]:
    slopes, turns = _harm_weights()
    score = (harms(found) * slopes).sum(1)
    said = asked & (np.sum([found[name] for name in HARMFUL], axis=0) > 0)
    return {name: said & (score >= turns[name]) for name in HARM_TURNS}


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
    words = np.maximum(words, np.where((found["demand"] > 0) & ~named, 0.5, 0))  # "do better"
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


@cache
def _harm_weights() -> tuple[Floats, dict[str, float]]:
    told: dict[str, Any] = json.loads(resources.files("kalkan.shield").joinpath("weights.json").read_text("utf-8"))
    one = told["harm"]
    return np.array([one["slopes"].get(name, 0.0) for name in HARM], np.float32), one["turns"]


def _floats(column: Any) -> Floats:
    values: Floats = pc.fill_null(pc.cast(_one(column), pa.float32()), 0).to_numpy(zero_copy_only=False)
    return values


def _one(column: Any) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
