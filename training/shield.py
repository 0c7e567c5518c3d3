"""Make the shield's scale: ``python -m training.shield --data ../shared/data --out kalkan/shield/weights.json``.

Two scales. The first, of abuse, in two steps a language. How much each sign counts is fitted on train rows, from signs
alone: the readings know those rows too well to be weighed there. How much the readings and the sum of signs count is
fitted on val (twelve numbers), as the readings' own calibration is; figures are told from five folds, each row scored
by a fit that did not see it. The second, of harm (threats and calls for violence), is fitted on train rows from signs
alone, and turns where few posts without a threat would be held.
Sets marked non-commercial are not fitted on; ``airline_sentiment`` only says where the balanced policy turns and how
little harm may be seen in a grievance.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from kalkan.reading import current, read
from kalkan.shield import signs
from kalkan.shield.weigh import (
    ASKED,
    FEATURES,
    HARM,
    READ,
    features,
    foldable,
    grievance,
    harms,
    steps,
)

Floats = npt.NDArray[np.float64]

CRITICS: float = 0.007  # of airline negatives on train rows, at most touched by the balanced policy, be it one word
OTHERS: float = 0.1  # of inoffensive posts, at most folded where no set of grievances stands beside (Turkish)
PLAIN: float = 0.03  # of rough posts without a threat, at most held for their words of harm alone
FOLDED: float = 0.06  # of inoffensive posts, at most such as would be held if they were folded anyway
GRIEVED: float = 0.0005  # of complaints and airline negatives, at most held
FOLDS = 5
TARGETED = "OFF/TIN"


@dataclass(frozen=True)
class Rows:
    """One class of one set: its features, and what the decision asks of them."""

    x: Floats
    more: Floats  # how much more than the turn is asked before anything of the row is folded
    harms: Floats
    grief: npt.NDArray[np.bool_]

    def touched(self, score: Floats, at: float) -> npt.NDArray[np.bool_]:
        """Where something is folded by a policy that turns at ``at``."""
        return np.asarray(score - self.more >= at)


def rows(data: Path, name: str, part: str, wanted: Callable[[str], bool]) -> Rows:
    """The rows of ``name`` whose label is wanted, read and counted."""
    table = pq.read_table(data / f"{name}.{part}.parquet", columns=["text", "label"])
    table = table.filter(pa.array([wanted(one) for one in table["label"].to_pylist()]))
    known = pa.Table.from_batches(list(read(table.select(["text"]).to_batches(8192))))
    found = signs.count(known["text"], known["lang"])
    readings = {one: known[one].to_numpy().astype(np.float32) for one in ASKED}
    griefs = grievance(readings, found) >= 0.5
    asked = np.array([lang in ("en", None) for lang in known["lang"].to_pylist()])
    listed = asked | np.array([lang == "tr" for lang in known["lang"].to_pylist()])
    words, whole = steps(listed, griefs, foldable(asked, readings, found), found)
    more = np.minimum(words, whole).astype(np.float64)
    return Rows(features(readings, found).astype(np.float64), more, harms(found).astype(np.float64), griefs)


def fit(parts: Sequence[Floats], wanted: Sequence[bool], weights: Sequence[float], *, hold: float = 1.0) -> Floats:
    """Slopes and intercept of a logistic regression by Newton's method, ridge ``1/hold`` on standardised features."""
    x = np.concatenate(parts)
    y = np.concatenate([np.full(len(part), one, float) for part, one in zip(parts, wanted, strict=True)])
    w = np.concatenate([np.full(len(part), one, float) for part, one in zip(parts, weights, strict=True)])
    mean, spread = x.mean(0), x.std(0) + 1e-6
    z = np.c_[(x - mean) / spread, np.ones(len(x))]
    ridge = np.r_[np.full(x.shape[1], 1 / hold), 1e-9]
    beta = np.zeros(z.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-z @ beta))
        step = np.linalg.solve(
            (z * (w * p * (1 - p) + 1e-9)[:, None]).T @ z + np.diag(ridge), z.T @ (w * (p - y)) + ridge * beta
        )
        beta -= step
        if np.abs(step).max() < 1e-8:
            break
    slopes = beta[:-1] / spread
    return np.r_[slopes, beta[-1] - slopes @ mean]


def scale(
    train: Sequence[tuple[Rows, bool, float]], val: Sequence[tuple[Rows, bool, float]], *, seed: int = 1
) -> tuple[Floats, list[Floats]]:
    """One slope a feature and the intercept; and the score of each val row by a fit that did not see it."""
    n = len(READ)
    by_signs = fit([one.x[:, n:] for one, _, _ in train], [is_ for _, is_, _ in train], [w for _, _, w in train])

    def put(one: Rows) -> Floats:
        return np.c_[one.x[:, :n], one.x[:, n:] @ by_signs[:-1] + by_signs[-1]]

    parts, wanted, weights = [put(one) for one, _, _ in val], [is_ for _, is_, _ in val], [w for _, _, w in val]
    random = np.random.default_rng(seed)
    fold = [random.integers(0, FOLDS, len(part)) for part in parts]
    unseen = [np.zeros(len(part)) for part in parts]
    for left in range(FOLDS):
        mix = fit([part[at != left] for part, at in zip(parts, fold, strict=True)], wanted, weights, hold=0.3)
        for part, at, out in zip(parts, fold, unseen, strict=True):
            out[at == left] = part[at == left] @ mix[:-1] + mix[-1]
    mix = fit(parts, wanted, weights, hold=0.3)
    slopes = np.r_[mix[:n], by_signs[:-1] * mix[n]]
    return np.r_[slopes, mix[-1] + by_signs[-1] * mix[n]], unseen


def turn(score: Floats, share: float) -> float:
    """The score above which ``share`` of the rows stand."""
    return float(np.nextafter(np.quantile(score, 1 - share, method="higher"), np.inf))


def english(data: Path) -> dict[str, object]:
    """The English scale, with its figures on val."""
    part = {
        when: (
            rows(data, "olid_hierarchy", when, lambda label: label.startswith(TARGETED)),
            rows(data, "olid_hierarchy", when, lambda label: label == "NOT"),
            rows(data, "complaints", when, lambda label: label == "complaint"),
        )
        for when in ("train", "val")
    }
    airline = {when: rows(data, "airline_sentiment", when, lambda label: label == "negative") for when in part}
    (abuse, plain, critic), (abuse_val, plain_val, critic_val) = part["train"], part["val"]
    slopes, unseen = scale(
        [(abuse, True, 2.0), (plain, False, 1.0), (critic, False, 30.0)],
        [(abuse_val, True, 2.0), (plain_val, False, 0.5), (critic_val, False, 12.0)],
    )
    score = {when: one.x @ slopes[:-1] + slopes[-1] for when, one in airline.items()}
    at = turn(score["train"] - airline["train"].more, CRITICS)
    told = {
        "olid_targeted": _share(unseen[0], abuse_val, at), "olid_not": _share(unseen[1], plain_val, at),
        "complaints": _share(unseen[2], critic_val, at), "airline_negative": _share(score["val"], airline["val"], at),
    }  # fmt: skip
    return _told(slopes, at, told)


def turkish(data: Path) -> dict[str, object]:
    """The Turkish scale, with its figures on val."""
    part = {
        when: (
            rows(data, "offenseval2020_tr", when, lambda label: label == "OFF"),
            rows(data, "offenseval2020_tr", when, lambda label: label == "NOT"),
        )
        for when in ("train", "val")
    }
    (abuse, plain), (abuse_val, plain_val) = part["train"], part["val"]
    slopes, unseen = scale([(abuse, True, 2.0), (plain, False, 1.0)], [(abuse_val, True, 2.0), (plain_val, False, 1.0)])
    at = turn(unseen[1] - plain_val.more, OTHERS)
    critic = rows(data, "bounti_sentiment_tr", "val", lambda label: label == "negative")
    told = {
        "offence": _share(unseen[0], abuse_val, at), "not": _share(unseen[1], plain_val, at),
        "bounti_negative": _share(critic.x @ slopes[:-1] + slopes[-1], critic, at),
    }  # fmt: skip
    return _told(slopes, at, told)


def others(data: Path) -> dict[str, object]:
    """The scale of every other language: readings alone."""
    names = ("offenseval2020_ar", "offenseval2020_da", "offenseval2020_el")
    abuse = [rows(data, name, "val", lambda label: label == "OFF") for name in names]
    plain = [rows(data, name, "val", lambda label: label == "NOT") for name in names]
    n = len(READ)
    mix = fit([one.x[:, :n] for one in (*abuse, *plain)], [True] * 3 + [False] * 3, [1.0] * 6, hold=0.1)
    slopes = np.r_[mix[:n], np.zeros(len(FEATURES) - n), mix[-1]]
    score = np.concatenate([one.x @ slopes[:-1] + slopes[-1] for one in plain])
    at = turn(score - np.concatenate([one.more for one in plain]), OTHERS / 3)
    told = {name: _share(one.x @ slopes[:-1] + slopes[-1], one, at) for name, one in zip(names, abuse, strict=True)}
    return _told(slopes, at, told)


def harm(data: Path) -> dict[str, object]:
    """The scale of harm, with its figures on val."""

    def some(name: str, part: str, wanted: Callable[[str], bool]) -> Rows:
        return rows(data, name, part, wanted)

    threats = {part: some("edos_sexism", part, lambda label: label == "threats") for part in ("train", "val")}
    rough = {part: some("edos_sexism", part, lambda label: label != "threats") for part in ("train", "val")}
    plain = {part: some("olid_hierarchy", part, lambda label: label == "NOT") for part in ("train", "val")}
    critic = some("complaints", "train", lambda _: True)
    acts = some("tweet_acts", "train", lambda _: True)  # what it calls threats is news of violence
    airline = {part: some("airline_sentiment", part, lambda label: label == "negative") for part in ("train", "val")}
    slopes = fit(
        [one.harms for one in (threats["train"], rough["train"], plain["train"], critic, acts)],
        [True, False, False, False, False], [1.0] * 5, hold=2.0,
    )  # fmt: skip

    def score(one: Rows) -> Floats:
        return np.asarray(one.harms @ slopes[:-1])

    grieved = np.concatenate([score(airline["train"]), score(critic)])
    turns = {
        "folded": turn(score(plain["train"]), FOLDED),
        "plain": turn(score(rough["train"]), PLAIN),
        "grievance": max(turn(grieved, GRIEVED), turn(score(rough["train"]), PLAIN)),
    }
    val = {
        what: {name: round(float((score(one) >= at).mean()), 4) for name, at in turns.items()} | {"n": len(one.harms)}
        for what, one in (("threats", threats["val"]), ("rough", rough["val"]), ("olid_not", plain["val"]),
                          ("airline_negative", airline["val"]))
    }  # fmt: skip
    kept = {name: round(float(one), 4) for name, one in zip(HARM, slopes[:-1], strict=True)}
    return {"slopes": kept, "turns": {name: round(at, 4) for name, at in turns.items()}, "val": val}


def _share(score: Floats, one: Rows, at: float) -> dict[str, float | int]:
    return {"folded": round(float(one.touched(score, at).mean()), 4), "n": len(score)}


def _told(slopes: Floats, at: float, told: dict[str, dict[str, float | int]]) -> dict[str, object]:
    kept = {name: round(float(one), 4) for name, one in zip(FEATURES, slopes[:-1], strict=True) if abs(one) > 1e-9}
    return {"slopes": kept, "turn": round(at - float(slopes[-1]), 4), "val": told}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    scales = {"en": english(given.data), "tr": turkish(given.data), "other": others(given.data)}
    told = harm(given.data)
    text = json.dumps({"read_by": current().id, "scales": scales, "harm": told}, indent=1)
    given.out.write_text(text + "\n", encoding="utf-8")
    print(json.dumps({lang: one["val"] for lang, one in (*scales.items(), ("harm", told))}, indent=1))


if __name__ == "__main__":
    main()
