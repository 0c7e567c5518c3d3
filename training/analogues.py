"""How stories went on: the analogues that forecasts of their size begin with, made from real crises' curves.

``python -m training.analogues`` replays the windows of the shared stream and the minute counts of whole crises, notes
at every half hour of every story what was said lately and what followed, and writes ``kalkan/stories/analogues.tsv``:
five numbers a row, no text and no name. Prints how often intervals made from the *other* events would have held.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.texts import SHARED
from kalkan.stories.forecast import HOURS, LEVEL, Forecasts, features, ratio
from kalkan.stories.replay import Stories

OUT = Path(__file__).resolve().parents[1] / "kalkan" / "stories" / "analogues.tsv"
EVERY = 30  # minutes
MOST_OF_ONE = 60  # rows an event, so that no crisis speaks for all
Floats = npt.NDArray[np.float64]


def rows_of(curve: npt.NDArray[np.int64], began: int) -> Iterator[list[float]]:
    """Features and outcomes along one curve of counts a minute, from ``began`` on, as far as six hours follow."""
    sums = np.concatenate([[0], np.cumsum(curve)])
    for at in range(began + EVERY, len(curve) - 60 * HOURS[-1], EVERY):
        last, before = sums[at] - sums[at - 30], sums[max(at - 30, 0)] - sums[max(at - 60, 0)]
        if last < 5:
            continue
        after = [ratio(float(sums[at + 60 * hours] - sums[at]), float(last), hours) for hours in HOURS]
        yield [*features(float(last), float(before), at - began).tolist(), *after]


def of_volumes() -> Iterator[tuple[str, list[list[float]]]]:
    """The whole crises: from the first half hour with ten posts on."""
    table = pq.read_table(SHARED / "data" / "volume_crisislex_t26.parquet")
    for target in pc.unique(table["target"]).to_pylist():
        window = table.filter(pc.equal(table["target"], target))
        minute = window["minute"].cast(pa.timestamp("s", tz="UTC")).cast(pa.int64()).to_numpy() // 60
        curve = np.bincount(minute - minute.min(), weights=window["tweets"].to_numpy()).astype(np.int64)
        busy = np.flatnonzero(np.convolve(curve, np.ones(30), "valid") >= 10)
        if len(busy):
            yield target, list(rows_of(curve, int(busy[0])))


def of_stories() -> Iterator[tuple[str, list[list[float]]]]:
    """The stories found in the stream, window by window."""
    stream = pq.read_table(SHARED / "data" / "stream_replay.parquet").sort_by("created_at")
    pairs = stream.group_by(["source", "target"]).aggregate([]).to_pylist()
    for pair in pairs:
        some = pc.equal(stream["source"], pair["source"])
        if pair["target"] is not None:
            some = pc.and_(some, pc.equal(stream["target"], pair["target"]))
        window = stream.filter(some)
        stories = Stories()
        stories.hear(window.select(["text", "lang", "created_at"]).rename_columns(["text", "lang", "at"]))
        rows: list[list[float]] = []
        for story in (*stories.follower.stories, *stories.follower.closed):
            curve = np.array(story.curve, dtype=np.int64).reshape(-1, 2)
            if len(curve) and not story.into:
                first = int(curve[0, 0])
                filled = np.bincount(curve[:, 0] - first, weights=curve[:, 1], minlength=1).astype(np.int64)
                rows += rows_of(np.concatenate([filled, np.zeros(360, np.int64)]), max(0, story.began - first))
        if rows:
            yield str(pair["target"] or pair["source"]), rows


def by_event() -> dict[str, list[list[float]]]:
    """Rows of every event, at most so many of each."""
    rng = np.random.default_rng(11)
    events: dict[str, list[list[float]]] = {}
    for name, rows in (*of_volumes(), *of_stories()):
        events.setdefault(name.casefold().replace("bombings", "bombing"), []).extend(rows)
    return {
        name: [rows[at] for at in sorted(rng.choice(len(rows), min(len(rows), MOST_OF_ONE), replace=False))]
        for name, rows in events.items()
    }


def score(kept: dict[str, list[list[float]]]) -> list[dict[str, float]]:
    """How often intervals made from the other events hold, and by what factor the middle is off, typically."""
    found = []
    for which, hours in enumerate(HOURS):
        held = of = 0
        off: list[float] = []
        for name, rows in kept.items():
            bank = np.array([row for other, others in kept.items() if other != name for row in others])
            forecasts = Forecasts(bank=bank)
            for row in rows:
                near = forecasts.nearest(np.array(row[:3]))[:, 3 + which]
                low, middle, high = np.quantile(near, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2])
                held += bool(low - 0.1 <= row[3 + which] <= high + 0.1)
                off.append(abs(float(middle) - row[3 + which]))
                of += 1
        typical = float(np.exp(np.median(off)))
        found.append(
            {"hours": hours, "n": of, "held": round(held / of, 3), "claimed": LEVEL, "off_by": round(typical, 2)}
        )
    return found


def main() -> int:
    """Make the table; print how it does on events it does not know."""
    kept = by_event()
    for one in score(kept):
        print(one)
    lines = ["# voices in the last half hour (log1p), trend, age (log h), log ratio after 1 h, after 6 h"]
    lines += ["\t".join(f"{value:.3f}" for value in row) for rows in kept.values() for row in rows]
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines) - 1} analogues of {len(kept)} events")
    return 0


if __name__ == "__main__":
    sys.exit(main())
