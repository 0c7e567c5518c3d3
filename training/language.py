"""The language model's table: a log-linear model over hashed pieces of words.

Trained on ``lid_social`` and on what the other sets say of their languages, a third of it cut to a few words, because
short posts are where a detector errs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from kalkan.reading import language
from kalkan.reading import words as cut
from training.sets import Row, tidy

BUCKETS = 1 << 16
MOST = 9000  # texts of one language beside those of lid_social


def _features(texts: list[str], abc: cut.Alphabet) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Buckets of all pieces of all texts, flat, and where each text's begin (one more than there are texts)."""
    words = cut.split(pa.array(texts, pa.string()), abc)
    post = np.repeat(np.arange(len(texts)), np.diff(words.offsets))
    script = language._script(words.letters[words.start])
    chosen = np.flatnonzero((words.kind == cut.LETTER) & (script < 0))
    found, owner = language.pieces(words.letters, words.start[chosen], words.length[chosen], BUCKETS)
    flat, whose = np.concatenate(found), post[chosen][np.concatenate(owner)]
    order = np.argsort(whose, kind="stable")
    counts = np.bincount(whose, minlength=len(texts))
    return flat[order], np.concatenate([[0], np.cumsum(counts)])


def _more(rows: list[Row], names: list[str], random: np.random.Generator) -> tuple[list[str], list[str]]:
    """Texts of the other sets, at most ``MOST`` a language, and of every third text a few words more."""
    taken = dict.fromkeys(names, 0)
    texts, langs = [], []
    for at in random.permutation(len(rows)):
        row = rows[at]
        if taken.get(row.lang, MOST) >= MOST:
            continue
        taken[row.lang] += 1
        texts.append(row.text)
        langs.append(row.lang)
        words = row.text.split()
        if taken[row.lang] % 3 == 0 and len(words) > 4:
            begin, count = random.integers(0, len(words) - 3), random.integers(2, 5)
            texts.append(" ".join(words[begin : begin + count]))
            langs.append(row.lang)
    return texts, langs


def train(
    data: Path, rows: list[Row], abc: cut.Alphabet, *, seed: int, epochs: int = 5
) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
    """The table, its scales and biases, and what the reader has to know about it, measured on val."""
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    table = {
        split: pq.read_table(data / f"lid_social.{split}.parquet", columns=["text", "lang"])
        for split in ("train", "val")
    }
    names = sorted(set(table["train"]["lang"].to_pylist()))
    labels = {s: np.array([names.index(one) for one in t["lang"].to_pylist()]) for s, t in table.items()}
    texts = {s: [tidy(one, "") for one in t["text"].to_pylist()] for s, t in table.items()}
    more, langs = _more(rows, names, random)
    texts["train"] += more
    labels["train"] = np.concatenate([labels["train"], [names.index(one) for one in langs]])
    flat, offsets = _features(texts["train"], abc)
    bag = torch.nn.EmbeddingBag(BUCKETS, len(names), mode="sum", sparse=True)
    torch.nn.init.zeros_(bag.weight)
    bias = torch.zeros(len(names), requires_grad=True)
    fast_table, slow = torch.optim.Adagrad([bag.weight], lr=0.15), torch.optim.Adam([bias], lr=0.01)

    def scores(
        flat: npt.NDArray[np.int64], offsets: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]
    ) -> torch.Tensor:
        begin, end = offsets[rows], offsets[rows + 1]
        picked = torch.from_numpy(flat[cut._ranges(begin, end)])
        starts = torch.from_numpy(np.concatenate([[0], np.cumsum(end - begin)[:-1]]))
        size = torch.from_numpy(np.maximum(end - begin, 1).astype(np.float32)).sqrt()
        found: torch.Tensor = bag(picked, starts) / size[:, None] + bias
        return found

    for _ in range(epochs):
        order = random.permutation(len(texts["train"]))
        for at in range(0, len(order), 256):
            rows = order[at : at + 256]
            loss = torch.nn.functional.cross_entropy(
                scores(flat, offsets, rows), torch.from_numpy(labels["train"][rows])
            )
            fast_table.zero_grad()
            slow.zero_grad()
            loss.backward()
            fast_table.step()
            slow.step()
    weight = bag.weight.detach().numpy()
    scale = np.abs(weight).max(0) / 127 + 1e-9
    packed = np.round(weight / scale).astype(np.int8)
    with torch.no_grad():
        bag.weight.copy_(torch.from_numpy(packed * scale).float())
        val = scores(*_features(texts["val"], abc), np.arange(len(texts["val"])))
        wanted = torch.from_numpy(labels["val"])
        heats = np.linspace(0.3, 2.5, 45)
        losses = [float(torch.nn.functional.cross_entropy(val * heat, wanted)) for heat in heats]
        heat = float(heats[int(np.argmin(losses))])
        accuracy = float((val.argmax(1) == wanted).float().mean())
    print(f"language: val accuracy {accuracy:.4f}, heat {heat:.2f}", flush=True)
    arrays = {"lang_table": packed, "lang_scale": scale.astype(np.float32), "lang_bias": bias.detach().numpy()}
    return arrays, {"languages": names, "lang_heat": heat, "lang_margin": 0.1, "lang_val_accuracy": round(accuracy, 4)}
