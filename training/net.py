"""The fast reader's network while it is being trained: the same arithmetic as kalkan/reading/fast.py, in torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch
from torch import nn

from kalkan.reading import fast
from kalkan.reading import words as cut

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Corpus:
    """Texts as word numbers, and for each different word its row, flag and pieces."""

    offsets: Ints
    words: npt.NDArray[np.int32]  # numbers of different words, post after post
    known: Ints  # by word: row in the vocabulary, the last row = not there
    flag: Ints
    piece_offsets: Ints
    pieces: npt.NDArray[np.int32]


def corpus(texts: list[str], abc: cut.Alphabet, vocabulary: cut.Keys, buckets: int, *, block: int = 8192) -> Corpus:
    """Cut ``texts`` into words exactly as the reader does."""
    keys: list[cut.Keys] = []
    lengths: list[Ints] = []
    seen: list[dict[str, Any]] = []
    for begin in range(0, len(texts), block):
        words = cut.split(pa.array(texts[begin : begin + block], pa.string()), abc)
        fresh, first = np.unique(words.key, return_index=True)
        known, bucket, owner = fast.look_up(
            words.letters, words.start[first], words.length[first], abc, vocabulary, buckets
        )
        who, what = np.concatenate(owner), np.concatenate(bucket)
        order = np.argsort(who, kind="stable")
        seen.append(
            {
                "key": fresh,
                "known": known,
                "flag": words.flag[first].astype(np.int64),
                "count": np.bincount(who, minlength=len(fresh)),
                "pieces": what[order].astype(np.int32),
            }
        )
        keys.append(words.key)
        lengths.append(np.diff(words.offsets))
    every = np.concatenate([one["key"] for one in seen])
    fresh, first = np.unique(every, return_index=True)
    counts = np.concatenate([one["count"] for one in seen])
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    pieces = np.concatenate([one["pieces"] for one in seen])
    spans = np.concatenate([[0], np.cumsum(counts[first])])
    shift = np.repeat(starts[first] - spans[:-1], counts[first])
    return Corpus(
        offsets=np.concatenate([[0], np.cumsum(np.concatenate(lengths))]),
        words=np.searchsorted(fresh, np.concatenate(keys)).astype(np.int32),
        known=np.concatenate([one["known"] for one in seen])[first],
        flag=np.concatenate([one["flag"] for one in seen])[first],
        piece_offsets=spans,
        pieces=pieces[np.arange(spans[-1]) + shift],
    )


@dataclass(frozen=True)
class Shape:
    """Sizes of the network."""

    words: int
    buckets: int = 1 << 16
    width: int = 96
    channels: int = 128
    bag: int = 64
    trunk: int = 192
    sources: int = 26
    tasks: int = 19


class Net(nn.Module):
    """Words and pieces → convolution of three → highest and weighted mean → trunk → tasks."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.word = nn.Embedding(shape.words + 1, shape.width, sparse=True)
        self.piece = nn.EmbeddingBag(shape.buckets, shape.width, mode="mean", sparse=True)
        self.flag = nn.Parameter(torch.zeros(cut.FLAGS, shape.width))
        nn.init.normal_(self.word.weight, std=0.1)
        nn.init.normal_(self.piece.weight, std=0.1)
        self.conv = nn.Parameter(torch.randn(3, shape.width, shape.channels) * (2 / (3 * shape.width)) ** 0.5)
        self.conv_bias = nn.Parameter(torch.zeros(shape.channels))
        self.bag = nn.Parameter(torch.randn(shape.width, shape.bag) * shape.width**-0.5)
        self.gate = nn.Parameter(torch.zeros(shape.width))
        self.gate_bias = nn.Parameter(torch.zeros(1))
        self.trunk = nn.Linear(shape.channels + shape.bag + 1, shape.trunk)
        self.heads = nn.Linear(shape.trunk, shape.tasks)
        self.drop = nn.Dropout(0.25)
        # each set's own habits of labelling: learned so that the tasks need not, and left behind
        self.habit = nn.Parameter(torch.zeros(shape.sources, shape.tasks))

    def tables(self) -> list[nn.Parameter]:
        """The big tables, whose gradients are sparse."""
        return [self.word.weight, self.piece.weight]

    def vectors(self, data: Corpus, words: Ints) -> torch.Tensor:
        """One vector a word."""
        begin, end = data.piece_offsets[words], data.piece_offsets[words + 1]
        flat = torch.from_numpy(data.pieces[cut._ranges(begin, end)].astype(np.int64))
        starts = torch.from_numpy(np.concatenate([[0], np.cumsum(end - begin)[:-1]]))
        return (
            self.word(torch.from_numpy(data.known[words]))
            + self.piece(flat, starts)
            + self.flag[torch.from_numpy(data.flag[words])]
        )

    def forward(self, data: Corpus, posts: Ints, *, forget: float = 0.0) -> torch.Tensor:
        """Scores of the chosen posts, posts × tasks; ``forget`` is the share of words left out at random."""
        starts = data.offsets[posts]
        lengths = data.offsets[posts + 1] - starts
        flat = data.words[cut._ranges(starts, starts + lengths)]
        fresh, which = np.unique(flat, return_inverse=True)
        vectors = self.vectors(data, fresh.astype(np.int64))
        longest = max(int(lengths.max()), 1)
        index = np.zeros((len(posts), longest), np.int64)
        inside = np.arange(longest) < lengths[:, None]
        index[inside] = which
        x = vectors[torch.from_numpy(index)]
        mask = torch.from_numpy(inside)
        if forget:
            mask &= torch.rand(mask.shape) >= forget
        x = x * mask[..., None]
        parts = torch.einsum("nld,kdc->knlc", x, self.conv)
        pad = torch.zeros_like(parts[0][:, :1])
        seen = torch.cat([pad, parts[0][:, :-1]], 1) + parts[1] + torch.cat([parts[2][:, 1:], pad], 1)
        seen = seen.masked_fill(~torch.from_numpy(inside)[..., None], -1e4)
        peak = torch.relu(seen.amax(1) + self.conv_bias)
        weight = torch.exp((x @ self.gate + self.gate_bias).clamp(-6, 6)) * mask
        bag = torch.einsum("nl,nld->nd", weight, x) @ self.bag / weight.sum(1, keepdim=True).clamp(min=1e-3)
        size = torch.log1p(torch.from_numpy(lengths.astype(np.float32)))[:, None] / 4
        inner = torch.relu(self.trunk(self.drop(torch.cat([peak, bag, size], 1))))
        out: torch.Tensor = self.heads(self.drop(inner))
        return out


def start_from(net: Net, data: Corpus, words: Ints, targets: torch.Tensor, *, epochs: int, seed: int) -> None:
    """Set pieces and words so that ``words`` (numbers in ``data``) begin at ``targets``: words are what pieces miss."""
    random = np.random.default_rng(seed)
    optimizer = torch.optim.SparseAdam([net.piece.weight], lr=0.01)
    begin, end = data.piece_offsets[words], data.piece_offsets[words + 1]
    with torch.no_grad():
        net.piece.weight.mul_(0.1)
    for _ in range(epochs):
        order = random.permutation(len(words))
        for at in range(0, len(order), 1024):
            chosen = order[at : at + 1024]
            loss = ((_pieces(net, data, begin[chosen], end[chosen]) - targets[chosen]) ** 2).sum(1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        net.word.weight.zero_()
        for at in range(0, len(words), 4096):
            chosen = words[at : at + 4096]
            rest = targets[at : at + 4096] - _pieces(net, data, begin[at : at + 4096], end[at : at + 4096])
            net.word.weight[torch.from_numpy(data.known[chosen])] = rest


def _pieces(net: Net, data: Corpus, begin: Ints, end: Ints) -> torch.Tensor:
    flat = torch.from_numpy(data.pieces[cut._ranges(begin, end)].astype(np.int64))
    found: torch.Tensor = net.piece(flat, torch.from_numpy(np.concatenate([[0], np.cumsum(end - begin)[:-1]])))
    return found
