"""Make the shield's scale: ``python -m training.shield --data ../shared/data --out kalkan/shield/weights.json``.

Two steps a language. How much each sign counts is fitted on train rows, from signs alone: the readings know those rows
too well to be weighed there. How much the readings and the sum of signs count is fitted on val (twelve numbers), as the
readings' own calibration is; figures are told from five folds, each row scored by a fit that did not see it.
Sets marked non-commercial are not fitted on; ``airline_sentiment`` only says where the balanced policy turns.
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
from kalkan.shield.weigh import ASKED, FEATURES, FOLDED_SIGNS, READ, features, foldable, grievance

Floats = npt.NDArray[np.float64]

CRITICS: float = 0.005  # of airline negatives on train rows, at most folded in any part by the balanced policy
OTHERS: float = 0.11  # of inoffensive posts, at most folded where no set of grievances stands beside (Turkish)
FOLDS = 5
TARGETED = "OFF/TIN"


@dataclass(frozen=True)
class Rows:
    """One class of one set: its features, and where a fold would show (no grievance, or an insult in it)."""

    x: Floats
    folds: npt.NDArray[np.bool_]


def rows(data: Path, name: str, part: str, wanted: Callable[[str], bool]) -> Rows:
    """The rows of ``name`` whose label is wanted, read and counted."""
    table = pq.read_table(data / f"{name}.{part}.parquet", columns=["text", "label"])
    table = table.filter(pa.array([wanted(one) for one in table["label"].to_pylist()]))
    known = pa.Table.from_batches(list(read(table.select(["text"]).to_batches(8192))))
    found = signs.count(known["text"], known["lang"])
    readings = {one: known[one].to_numpy().astype(np.float32) for one in ASKED}
    griefs = grievance(readings, found) >= 0.5
    asked = np.array([lang in ("en", None) for lang in known["lang"].to_pylist()])
    insult = np.sum([found[one] for one in FOLDED_SIGNS], axis=0) > 0
    return Rows(
        features(readings, found).astype(np.float64), np.where(griefs, insult, foldable(asked, readings, found))
    )


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


def turn(score: Floats, folds: npt.NDArray[np.bool_], share: float) -> float:
    """The score above which ``share`` of the rows would be folded in any part."""
    shown = np.where(folds, score, -np.inf)
    return float(np.quantile(shown, 1 - share, method="higher"))


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
    at = turn(score["train"], airline["train"].folds, CRITICS)
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
    at = turn(unseen[1], plain_val.folds, OTHERS)
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
    at = turn(score, np.concatenate([one.folds for one in plain]), OTHERS / 3)
    told = {name: _share(one.x @ slopes[:-1] + slopes[-1], one, at) for name, one in zip(names, abuse, strict=True)}
    return _told(slopes, at, told)


def _share(score: Floats, one: Rows, at: float) -> dict[str, float | int]:
    return {"folded": round(float(((score > at) & one.folds).mean()), 4), "n": len(score)}


def _told(slopes: Floats, at: float, told: dict[str, dict[str, float | int]]) -> dict[str, object]:
    kept = {name: round(float(one), 4) for name, one in zip(FEATURES, slopes[:-1], strict=True) if abs(one) > 1e-9}
    return {"slopes": kept, "turn": round(at - float(slopes[-1]), 4), "val": told}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    scales = {"en": english(given.data), "tr": turkish(given.data), "other": others(given.data)}
    text = json.dumps({"read_by": current().id, "scales": scales}, indent=1)
    given.out.write_text(text + "\n", encoding="utf-8")
    print(json.dumps({lang: one["val"] for lang, one in scales.items()}, indent=1))


if __name__ == "__main__":
    main()
