"""Do the intervals hold what they promise? Simulated streams, as the truth is known there.

5,000 units, 200 labelled at random, a reader with known error rates, in an ordinary week and in a crisis that changes
wording (and so the reader's errors). For each: how often the 95 % interval holds the truth, and its mean width, for
the bare count, the labels alone, a correction with last month's error rates (Rogan & Gladen 1978) and ours.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kalkan.figures import intervals
from kalkan.figures.estimate import Stratum, share

UNITS, LABELS, OLD = 5_000, 200, 600
STATES = {"stable": (0.78, 0.94), "shifted": (0.62, 0.90)}


def rogan_gladen(
    counted: float, hits: int, yes: int, clears: int, no: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Interval of (count + Sp − 1) / (Se + Sp − 1) with error rates drawn from last month's labels."""
    se, sp = rng.beta(hits + 0.5, yes - hits + 0.5, 400), rng.beta(clears + 0.5, no - clears + 0.5, 400)
    now = rng.binomial(UNITS, counted, 400) / UNITS
    found: npt.NDArray[np.float64] = np.clip((now + sp - 1) / np.clip(se + sp - 1, 1e-3, None), 0, 1)
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def simulate(p: float, state: str, runs: int, rng: np.random.Generator) -> dict[str, list[float]]:
    """Coverage and mean width of each estimator."""
    sensitivity, specificity = STATES[state]
    held: dict[str, list[float]] = {}

    def note(name: str, low: float, high: float) -> None:
        one = held.setdefault(name, [0.0, 0.0])
        one[0] += low <= p <= high
        one[1] += high - low

    for _ in range(runs):
        truth = rng.random(UNITS) < p
        said = np.where(truth, rng.random(UNITS) < sensitivity, rng.random(UNITS) < 1 - specificity)
        count = int(said.sum())
        for name, found in (
            ("bare count", intervals.share(count, UNITS)),
            ("labels alone", intervals.share(int(truth[:LABELS].sum()), LABELS)),
            ("ours", share([Stratum(n=UNITS, said=count, verdicts=said[:LABELS], labels=truth[:LABELS])]).interval),
        ):
            note(name, found.low, found.high)
        yes = max(5, int(rng.binomial(OLD, p)))
        old = STATES["stable"]
        hits, clears = int(rng.binomial(yes, old[0])), int(rng.binomial(OLD - yes, old[1]))
        note("last month's rates", *rogan_gladen(count / UNITS, hits, yes, clears, OLD - yes, rng))
    return {name: [round(covered / runs, 3), round(width / runs, 4)] for name, (covered, width) in held.items()}


def run(*, quick: bool) -> dict[str, Any]:
    """Every share in both states."""
    rng = np.random.default_rng(7)
    runs = 300 if quick else 4_000
    return {
        "units": UNITS,
        "labels": LABELS,
        "runs": runs,
        "coverage_and_width": {
            f"{p:.0%} {state}": simulate(p, state, runs, rng) for p in (0.03, 0.12, 0.30) for state in STATES
        },
    }
