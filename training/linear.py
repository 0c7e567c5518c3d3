"""The linear part of the fast reader: one weight a task for every word, pair of neighbours and piece of a word, hashed.

What a network blurs (a stem, a suffix, two words that belong together) a plain linear model keeps. Trained by itself,
on the labels the network sees; how much of it is added to the network's scores is fitted on val, one number a task.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import scipy.sparse as sparse
import torch
import torch.nn.functional as nn

from kalkan.reading import fast
from kalkan.reading import words as cut

Floats = npt.NDArray[np.float32]
LEFT_OUT = ("xed_emotions",)  # films, by far the largest set: its own language is of no use to a table of words
BATCH = 2048
BUCKETS, EPOCHS, RATE = 1 << 18, 10, 0.4
LEAST = 0.12  # share from which a task's weights are kept
EDGE = 0.9998
MOODS, NEUTRAL = [0, 2], 1
# how much a row counts, where the network's own weights do not fit: few weights a word, so what lags is shown louder
LOUD: dict[str, float] = {"bounti_sentiment_tr": 8.0, "offenseval2020_tr": 2.5, "tweets2022_sentiment_tr": 0.1}


def features(texts: list[str], abc: cut.Alphabet, buckets: int, *, block: int = 4096) -> sparse.csr_matrix:
    """One row a text, one column a bucket; rows are of length one."""
    parts = []
    for begin in range(0, len(texts), block):
        words = cut.split(pa.array(texts[begin : begin + block], pa.string()), abc)
        posts = len(words.offsets) - 1
        post = np.repeat(np.arange(posts), np.diff(words.offsets))
        columns, owner, whole, exact = fast.line_pieces(
            words.letters, words.start, words.length, words.flag, abc, buckets
        )
        pairs, first = fast.line_pairs(words.key, words.offsets, buckets)
        pieces = np.concatenate(columns)
        column = np.concatenate([pieces, whole, exact, pairs])
        row = np.concatenate([post[np.concatenate(owner)], post, post, post[first]])
        value = np.repeat(
            np.array([1.0, fast.WHOLE, fast.EXACT, fast.PAIR], np.float32),
            [len(pieces), len(whole), len(exact), len(pairs)],
        )
        norm = np.sqrt(np.maximum(np.bincount(row, value**2, minlength=posts), 1)).astype(np.float32)
        parts.append(sparse.csr_matrix((value / norm[row], (row, column)), shape=(posts, buckets), dtype=np.float32))
    return sparse.vstack(parts, format="csr")


def train(
    x: sparse.csr_matrix, wanted: Floats, counts: Floats, source: npt.NDArray[np.int64], balance: torch.Tensor,
    *, seed: int, epochs: int = EPOCHS, rate: float = RATE,
) -> tuple[Floats, Floats]:  # fmt: skip
    """The table, buckets × tasks, and the biases. Adagrad on the network's own loss."""
    random = np.random.default_rng(seed)
    tasks = wanted.shape[1]
    table, seen = np.zeros((x.shape[1], tasks), np.float32), np.full((x.shape[1], tasks), 1e-6, np.float32)
    bias = torch.zeros(tasks, requires_grad=True)
    habit = torch.zeros(int(source.max()) + 1, tasks, requires_grad=True)
    slow = torch.optim.Adam([bias, habit], lr=0.02)
    want, count, where = torch.from_numpy(wanted), torch.from_numpy(counts), torch.from_numpy(source)
    steps, done, began = epochs * (len(wanted) // BATCH), 0, time.time()
    for epoch in range(epochs):
        order, total = random.permutation(len(wanted)), 0.0
        for at in range(0, len(order) - BATCH + 1, BATCH):
            rows = np.sort(order[at : at + BATCH])
            part = x[rows]
            scores = torch.from_numpy(part @ table).requires_grad_()
            loss = _loss(scores + bias + habit[where[rows]], want[rows], count[rows], balance)
            slow.zero_grad()
            (loss + 1e-4 * (habit**2).sum()).backward()
            slow.step()
            slope = part.T @ scores.grad.numpy()
            seen += slope**2
            table -= rate * (1 - done / steps) * slope / np.sqrt(seen)
            done += 1
            total += float(loss.detach())
        print(
            f"linear, epoch {epoch}: {time.time() - began:.0f} s, loss {total / (len(order) // BATCH):.4f}", flush=True
        )
    return table, bias.detach().numpy()


def _loss(scores: torch.Tensor, want: torch.Tensor, count: torch.Tensor, balance: torch.Tensor) -> torch.Tensor:
    mood = -(want[:, :3] * nn.log_softmax(scores[:, :3], 1) * balance).sum(1) * count[:, 0]
    rest = nn.binary_cross_entropy_with_logits(scores[:, 3:], want[:, 3:], reduction="none") * count[:, 3:]
    return (mood.sum() + rest.sum()) / len(want)


def shares(net: Floats, line: Floats, wanted: Floats, counts: Floats) -> Floats:
    """How much of the linear scores to add to the network's, one number a task (one for all of sentiment)."""
    found = np.zeros(net.shape[1], np.float32)
    mood = counts[:, 0] > 0
    found[:3] = _share(net[mood, :3], line[mood, :3], wanted[mood, :3], counts[mood, 0])
    for task in range(3, net.shape[1]):
        rows = counts[:, task] > 0
        if min(wanted[rows, task].sum(), (1 - wanted[rows, task]).sum()) >= 20:
            found[task] = _share(*(one[rows, task][:, None] for one in (net, line, wanted)), counts[rows, task])
    return found


def _share(net: Floats, line: Floats, wanted: Floats, count: Floats) -> float:
    a, b, y, w = (torch.from_numpy(np.ascontiguousarray(one)).double() for one in (net, line, wanted, count))
    width = net.shape[1]
    given = torch.tensor([1.0, 0.5, *[0.0] * width], dtype=torch.double, requires_grad=True)
    optimizer = torch.optim.LBFGS([given], max_iter=60)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        scores = a * given[0] + b * given[1] + given[2:]
        if width > 1:
            each = -(nn.log_softmax(scores, 1) * y).sum(1)
        else:
            each = nn.binary_cross_entropy_with_logits(scores, y, reduction="none")[:, 0]
        loss: torch.Tensor = (each * w).sum() / w.sum() + 1e-3 * ((given[:2] - torch.tensor([1.0, 0.5])) ** 2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    slope, share = (float(one) for one in given.detach()[:2])
    return min(max(share / max(slope, 0.2), 0.0), 4.0)


def pack(table: Floats, bias: Floats, share: Floats) -> dict[str, npt.NDArray[Any]]:
    """The table in bytes with a scale a task, clipped where only a few hundred buckets lie beyond.

    Left out are tasks it hardly helps, and neutral: the other two moods are measured from it.
    """
    scaled, offset = table * share, bias * share
    for part in (scaled.T, offset):
        part[MOODS] -= part[NEUTRAL]
    said = np.flatnonzero((share > LEAST) & (np.arange(len(share)) != NEUTRAL))
    edge = np.quantile(np.abs(scaled[:, said]), EDGE, axis=0).astype(np.float32)
    scale = np.maximum(edge, 1e-6) / np.float32(127)
    spoken = np.zeros_like(offset)
    spoken[said] = offset[said]
    return {
        "line": np.clip(np.round(scaled[:, said] / scale), -127, 127).astype(np.int8),
        "line_scale": scale.astype(np.float32),
        "line_bias": spoken.astype(np.float32),
        "line_tasks": said.astype(np.int8),
    }
