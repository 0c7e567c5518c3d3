"""From scores to probabilities that mean what they say, and the margins under which the reader does not decide.

Platt's method for each yes-or-no task (a slope and an offset, fitted on val), a temperature for sentiment; for a
language of its own where val has enough rows. Fitted on val, so val's calibration error flatters a little.

``python -m training.calibrate FOLDER --data ../shared/data`` fits the fast weights in ``FOLDER`` anew, after a change
here, and writes their card; the careful reader then has to be calibrated beside them again.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch
import torch.nn.functional as nn

from kalkan.posts import FEELINGS
from kalkan.reading import kernel, weights
from kalkan.reading.fast import Fast
from training import sets
from training.measures import calibration_error
from training.patterns import silver
from training.sets import TASKS, Row

Floats = npt.NDArray[np.float32]

ENOUGH, RARE = 300, 60  # rows of a language, and of its rarer answer, for a fit of its own
STATED = {"sentiment": 0.25, "feeling": 0.25, "offensive": 0.15, "irony": 0.25}  # wrong among decided; others:
OTHERS = 0.10
MOST_ABSTAINED = 0.30
RAISED = 0.4  # 0 = classes as common as in val, 1 = all alike

ROOTS = [TASKS.index(task) for task in (*FEELINGS, "irony")]  # sets count by the root of their weight: nearer to rows
SHARE = {"tweets2022_sentiment_tr": 0.15}  # of a set's weight: noisy labels should not say where neutral ends
FILMS = {("xed_emotions", "en")}  # subtitles: where posts have labels, only posts count
# how far rarer answers count more (0 = as common as in val, 1 = both alike): irony was collected half and half on
# purpose, so no share of the sets is the share out there, and what is asked of it is to be found (its F1), so it leans
# to yes as far as the calibration error allows; rare offence is missed where every row counts alike
EVENED = {"irony": 1.5, "offensive": 0.15, "offensive en": 0.1}  # English has sets of mere criticism to spare
SILVER = {"en": 0.3}  # where people labelled questions and asks, patterns count less; elsewhere 0.5

NONE: dict[str, Any] = {
    "calibration": {"langs": [""], "heat": [[1.0] * len(TASKS)], "shift": [[0.0] * len(TASKS)]},
    "margins": {},
    "feeling_from": 0.5,
}


def main() -> None:
    from kalkan.reading.recipe import FAST
    from training import card
    from training.fast import _rows

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    given = parser.parse_args()
    torch.set_num_threads(1)
    loaded = weights.load(FAST, given.folder)
    meta = dict(loaded.meta) | fit(given.folder, FAST, _rows(given.data)[1])
    path = weights.save(FAST, loaded.arrays, meta, loaded.alphabet, given.folder)
    before = (given.folder / "CARD.md").read_text(encoding="utf-8")
    said = re.search(r"Trained on ([\d,]+) rows \(([\d,]+) draws\)", before)
    if said is None:
        raise SystemExit("the card does not say what the weights were trained on")
    rows, seen = (int(one.replace(",", "")) for one in said.groups())
    soft = "careful reader says" in before
    card.write(given.folder, FAST, path, given.data, meta, train_rows=rows, seen=seen, runs=[], soft=soft)


def known(rows: list[Row]) -> tuple[Floats, Floats]:
    """What is known of each row, rows × tasks, and how much it counts (0 = not known)."""
    wanted, counts = np.zeros((len(rows), len(TASKS)), np.float32), np.zeros((len(rows), len(TASKS)), np.float32)
    for i, row in enumerate(rows):
        for task, value in silver(row.text, row.lang).items():
            wanted[i, TASKS.index(task)], counts[i, TASKS.index(task)] = round(value), SILVER.get(row.lang, 0.5)
        for task, value in row.targets.items():
            if task not in sets.DERIVED.get(row.source, ()) and (row.source, row.lang) not in FILMS:
                wanted[i, TASKS.index(task)], counts[i, TASKS.index(task)] = round(value), 1.0
        counts[i] *= row.weight * SHARE.get(row.source, 1.0)
    counts[:, ROOTS] **= 0.5
    return wanted, counts


def fit(folder: Path, name: str, val: list[Row]) -> dict[str, Any]:
    """Calibration and margins for the weights ``name`` in ``folder``, as the reader's meta takes them."""
    loaded = weights.load(name, folder)
    fast = Fast(loaded)
    scores, sums = fast.score(pa.array([row.text for row in val], pa.string()))
    best, _ = fast.language.decide(sums)
    said = np.array([fast.language.names[i] if i >= 0 else "" for i in best])
    return fit_scores(scores, said, val)


def fit_scores(scores: Floats, said: npt.NDArray[np.str_], val: list[Row]) -> dict[str, Any]:
    """The same from scores and languages at hand."""
    wanted, counts = known(val)
    heat, shift = [[1.0] * len(TASKS)], [[0.0] * len(TASKS)]
    _fit_all(scores, wanted, counts, heat[0], shift[0], enough=0)
    langs = [""]
    for lang in sorted({row.lang for row in val} - {""}):
        mine = said == lang
        own, moved = list(heat[0]), list(shift[0])
        if _fit_all(scores[mine], wanted[mine], counts[mine], own, moved, enough=ENOUGH, lang=lang):
            langs.append(lang)
            heat.append(own)
            shift.append(moved)
    found = {
        "langs": langs,
        "heat": [[round(x, 5) for x in row] for row in heat],
        "shift": [[round(x, 5) for x in row] for row in shift],
    }
    found["bends"] = bends(kernel.probabilities(scores, said.tolist(), found), said, val)
    shares = kernel.probabilities(scores, said.tolist(), found)
    start = _feeling_from(shares, wanted, counts)
    return {"calibration": found, "feeling_from": start, **_margins(shares, wanted, counts, start)}


BENT = 0.04  # calibration error from which a task is bent
POINTS = 8  # of a bend
APART = 0.02  # how far an answer stays from one half


def bends(shares: Floats, said: npt.NDArray[np.str_], val: list[Row]) -> list[dict[str, Any]]:
    """Where a slope and an offset leave an error of ``BENT``: probabilities and what they become, by language.

    Isotonic regression over ``POINTS`` groups of rows that people labelled, each row counting alike; every answer stays
    on its side of one half, which the official metrics look at.
    """
    found = []
    for lang in sorted({row.lang for row in val} - {""}):
        for at in range(3 + len(FEELINGS), len(TASKS)):  # Turkish feelings were collected by words: no evidence
            rows, truth = judged(val, TASKS[at])
            mine = rows & (said == lang)
            if mine.sum() < ENOUGH or min(truth[mine].sum(), (~truth[mine]).sum()) < RARE:
                continue
            if calibration_error(truth[mine], shares[mine, at]) > BENT:
                points = _bend(shares[mine, at].astype(np.float64), truth[mine].astype(np.float64))
                found.append({"lang": lang, "task": at, "from": points[0], "to": points[1]})
    return found


def judged(val: list[Row], task: str) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which rows people labelled for ``task``, films left out; and which of all have it."""
    rows = [
        task in row.targets and task not in sets.DERIVED.get(row.source, ()) and row.source != "xed_emotions"
        for row in val
    ]
    return np.array(rows), np.array([row.targets.get(task, 0.0) >= 0.5 for row in val])


def _bend(shares: npt.NDArray[np.float64], truth: npt.NDArray[np.float64]) -> tuple[list[float], list[float]]:
    order = np.argsort(shares, kind="stable")
    groups = [group for group in np.array_split(order, POINTS) if len(group)]
    heights = [(float(truth[group].mean()), float(len(group)), [float(shares[group].mean())]) for group in groups]
    pooled: list[tuple[float, float, list[float]]] = []
    for height, weight, places in heights:
        while pooled and pooled[-1][0] >= height:  # those that fall are taken together (pool adjacent violators)
            last, more, before = pooled.pop()
            height, places = (last * more + height * weight) / (more + weight), before + places
            weight += more
        pooled.append((height, weight, places))
    points = [(place, height) for height, _, places in pooled for place in places]
    sides = [(x, min(y, 0.5 - APART) if x < 0.5 else max(y, 0.5)) for x, y in points]
    below, above = [one for one in sides if one[0] < 0.5], [one for one in sides if one[0] >= 0.5]
    middle = [(0.5 - 1e-6, max([0.5 - APART, *(y for _, y in below)])), (0.5, 0.5)]
    full = [(0.0, 0.0), *below, *middle, *above, (1.0, 1.0)]
    return [round(x, 6) for x, _ in full], [round(y, 6) for _, y in full]


def _fit_all(
    scores: Floats, wanted: Floats, counts: Floats, heat: list[float], shift: list[float], *,
    enough: int, lang: str = "",
) -> bool:  # fmt: skip
    changed = False
    mood = counts[:, 0] > 0
    if mood.sum() > max(enough, 50) and (wanted[mood, :3].sum(0) >= (RARE if enough else 1)).all():
        changed = True
        heat[:3], shift[:3] = _temper(scores[mood, :3], wanted[mood, :3], counts[mood, 0])
    for task in range(3, len(TASKS)):
        rows = counts[:, task] > 0
        yes = wanted[rows, task].sum()
        if rows.sum() > max(enough, 50) and min(yes, rows.sum() - yes) >= (RARE if enough else 5):
            changed = True
            count = counts[rows, task]
            share = float((wanted[rows, task] * count).sum() / count.sum())
            evened = EVENED.get(f"{TASKS[task]} {lang}", EVENED.get(TASKS[task], 0.0))
            even = np.where(wanted[rows, task] > 0.5, 0.5 / share, 0.5 / (1 - share))
            count = count * (even**evened).astype(np.float32)
            heat[task], shift[task] = _platt(scores[rows, task], wanted[rows, task], count)
    return changed


def _temper(scores: Floats, wanted: Floats, count: Floats) -> tuple[list[float], list[float]]:
    """One slope and an offset a class. Rarer classes count somewhat more, as the sets' own metrics have it."""
    share = (wanted * count[:, None]).sum(0) / count.sum()
    x, y, w = (
        torch.from_numpy(np.ascontiguousarray(one)).double()
        for one in (scores, wanted, count * (wanted @ share**-RAISED))
    )
    given = torch.tensor([1.0, 0.0, 0.0, 0.0], dtype=torch.double, requires_grad=True)
    optimizer = torch.optim.LBFGS([given], max_iter=60)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = -(nn.log_softmax(x * given[0] + given[1:], 1) * y).sum(1) @ w / w.sum() + 1e-3 * (given[1:] ** 2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    found = [float(one) for one in given.detach()]
    return [max(found[0], 0.2)] * 3, found[1:]


def _platt(scores: Floats, wanted: Floats, count: Floats) -> tuple[float, float]:
    x, y, w = (torch.from_numpy(np.ascontiguousarray(one)).double() for one in (scores, wanted, count))
    given = torch.tensor([1.0, 0.0], dtype=torch.double, requires_grad=True)
    optimizer = torch.optim.LBFGS([given], max_iter=50)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = (nn.binary_cross_entropy_with_logits(x * given[0] + given[1], y, reduction="none") * w).sum() / w.sum()
        loss = loss + 1e-4 * (given[0] - 1) ** 2
        loss.backward()
        return loss

    optimizer.step(closure)
    return max(float(given[0]), 0.1), float(given[1])


def _feeling_from(shares: Floats, wanted: Floats, counts: Floats) -> float:
    full = (counts[:, 3:10] > 0).all(1)
    some, strongest = wanted[full, 3:10].any(1), shares[full, 3:10].max(1)
    weight = counts[full, 3]
    choices = np.arange(0.15, 0.7, 0.01)
    right = [(((strongest >= at) == some) * weight).sum() for at in choices]
    return round(float(choices[int(np.argmax(right))]), 2)


def _margins(shares: Floats, wanted: Floats, counts: Floats, start: float) -> dict[str, Any]:
    margins, stated = {}, {}
    for task in ("sentiment", "feeling", *TASKS[10:]):
        distance, right, weight = _distance(task, shares, wanted, counts, start)
        limit = STATED.get(task, OTHERS)
        margin = 0.0
        for margin in np.arange(0.0, 0.9, 0.01):
            decided = distance >= margin
            abstained = 1 - weight[decided].sum() / weight.sum()
            error = 1 - (right * weight)[decided].sum() / max(weight[decided].sum(), 1e-9)
            if error <= limit or abstained > MOST_ABSTAINED:
                break
        margins[task] = round(float(margin), 2)
        stated[task] = {"error": round(float(error), 3), "abstained": round(float(abstained), 3), "wanted": limit}
    return {"margins": margins, "abstention": stated}


def _distance(
    task: str, shares: Floats, wanted: Floats, counts: Floats, start: float
) -> tuple[Floats, npt.NDArray[np.bool_], Floats]:
    """How far each row is from the other answer, whether the answer is right, and how much the row counts."""
    if task == "sentiment":
        rows = counts[:, 0] > 0
        ordered = np.sort(shares[rows, :3], axis=1)
        right = shares[rows, :3].argmax(1) == wanted[rows, :3].argmax(1)
        return ordered[:, 2] - ordered[:, 1], right, counts[rows, 0]
    if task == "feeling":
        rows = (counts[:, 3:10] > 0).all(1)
        felt, truth = shares[rows, 3:10], wanted[rows, 3:10]
        top = felt.max(1)
        hit = truth[np.arange(len(truth)), felt.argmax(1)] > 0
        return np.abs(top - start), np.where(top >= start, hit, ~truth.any(1)), counts[rows, 3]
    at = TASKS.index(task)
    rows = counts[:, at] > 0
    p = shares[rows, at]
    return np.abs(p - 0.5), (p >= 0.5) == (wanted[rows, at] > 0.5), counts[rows, at]


if __name__ == "__main__":
    main()
