"""A reader of your own: a Hugging Face model that classifies sequences, from a folder on this machine.

The folder holds the model as ``save_pretrained`` writes it (safetensors alone) and ``kalkan-reader.toml``, which says
what its labels mean here. What the model does not say is read by the fast tier, so that a reading is whole. Promises
that nothing is downloaded and no code of the folder is run, and that the recipe names every byte that reads.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kalkan.errors import InvalidInput
from kalkan.posts import PROBABILITIES, SENTIMENTS
from kalkan.reading import kernel
from kalkan.reading.decide import decide, limits_of
from kalkan.reading.recipe import Recipe, current

Floats = npt.NDArray[np.float64]

WORD: Final = "kalkan-reader.toml"
TASKS: Final = tuple(name.removeprefix("p_") for name in PROBABILITIES)
_LONGEST: Final = 256  # pieces of a text that are looked at
_AT_ONCE: Final = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Own:
    """What names the reading of a model of one's own; in the place of :class:`Recipe`."""

    name: str
    digest: str
    beside: Recipe  # reads what the model says nothing of
    tier: str = "own"

    @property
    def id(self) -> str:
        """What the column ``recipe`` says."""
        said = "\n".join((self.digest, self.beside.id))
        return f"{self.name}+{hashlib.sha256(said.encode()).hexdigest()[:12]}"


class OwnReaders:
    """An open model of one's own. Threads may share it."""

    def __init__(self, recipe: Own, score: Callable[[list[str]], Floats], labels: Mapping[int, str]) -> None:
        self.recipe = recipe
        self.processes = 1
        self._score = score
        self._places: dict[str, list[int]] = {}
        for place, task in labels.items():
            self._places.setdefault(task, []).append(place)

    def read(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """As :func:`kalkan.reading.read`: the same batches with their readings, in order."""
        limits = limits_of(self.recipe.beside)
        fewer = {name: limit for name, limit in limits["margins"].items() if name not in self._mine()}
        for batch in kernel.read(batches, self.recipe.beside):
            shares = self._shares(batch.column("text"))
            table = pa.Table.from_batches([batch])
            given = {"margins": fewer, "feeling_from": limits["feeling_from"]}
            whole = decide(table, shares, given, recipe=self.recipe.id)
            yield whole.combine_chunks().to_batches()[0] if batch.num_rows else _empty(whole)

    def _mine(self) -> set[str]:
        return {"sentiment" if task in SENTIMENTS else task for task in self._places}

    def _shares(self, texts: pa.Array) -> dict[str, Floats]:
        """The model's probabilities by task. Equal texts are read once; each text's own length alone pads it."""
        coded = texts.fill_null("").dictionary_encode()
        different = [_plain(one) for one in coded.dictionary]
        order = sorted(range(len(different)), key=lambda at: len(different[at]))
        parts = [
            self._score([different[at] for at in order[start : start + _AT_ONCE]])
            for start in range(0, len(order), _AT_ONCE)
        ]
        if not parts:
            return {task: np.zeros(0) for task in self._places}
        found = np.concatenate(parts)
        back = np.empty(len(order), np.int64)
        back[order] = np.arange(len(order))
        rows = found[back][coded.indices.to_numpy()]
        shares = {task: np.clip(rows[:, places].sum(1), 0, 1) for task, places in self._places.items()}
        if SENTIMENTS[0] in shares:
            total = np.maximum(sum(shares[name] for name in SENTIMENTS), 1e-9)
            shares |= {name: shares[name] / total for name in SENTIMENTS}
        return shares


def open_reader(folder: Path) -> OwnReaders:
    """The reader in ``folder``.

    :raises InvalidInput: the extra ``transformers`` is not installed, or the folder does not hold such a model.
    """
    if find_spec("torch") is None or find_spec("transformers") is None:
        raise InvalidInput("own_model_extra_missing")
    word = _word(folder)
    digest = _digest(folder)
    score, names = _model(folder)
    labels = _labels(folder, word.get("labels"), names)
    name = str(word.get("name") or folder.name)[:40]
    return OwnReaders(Own(name=name, digest=digest, beside=current("fast")), score, labels)


def _word(folder: Path) -> dict[str, Any]:
    try:
        return tomllib.loads((folder / WORD).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInput("own_model_unreadable", path=str(folder / WORD), detail=str(error)[:200]) from error


def _labels(folder: Path, given: object, names: Mapping[int, str]) -> dict[int, str]:
    """Which of the model's outputs counts for which task, by the folder's own word."""
    path = str(folder / WORD)
    if not isinstance(given, dict) or not given:
        raise InvalidInput("own_model_labels", path=path, wrong="labels", known=", ".join(names.values()))
    places = {name: place for place, name in names.items()}
    found: dict[int, str] = {}
    for label, task in given.items():
        if label not in places:
            raise InvalidInput("own_model_labels", path=path, wrong=str(label)[:60], known=", ".join(names.values()))
        if task not in TASKS:
            raise InvalidInput("own_model_labels", path=path, wrong=str(task)[:60], known=", ".join(TASKS))
        found[places[label]] = task
    moods = set(SENTIMENTS) & set(found.values())
    if moods and moods != set(SENTIMENTS):
        missing = ", ".join(sorted(set(SENTIMENTS) - moods))
        raise InvalidInput("own_model_labels", path=path, wrong=missing, known=", ".join(SENTIMENTS))
    return found


def _digest(folder: Path) -> str:
    """The sha256 over every file of the folder that takes part."""
    found = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.suffix in (".json", ".safetensors", ".txt", ".model", ".toml"):
            found.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def _model(folder: Path) -> tuple[Callable[[list[str]], Floats], dict[int, str]]:
    """What scores texts (texts × labels, probabilities), and the labels' names."""
    os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    torch.set_num_threads(1)
    only_here = {"local_files_only": True, "trust_remote_code": False}
    try:
        cut = AutoTokenizer.from_pretrained(str(folder), **only_here)
        model = AutoModelForSequenceClassification.from_pretrained(str(folder), use_safetensors=True, **only_here)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise InvalidInput("own_model_unreadable", path=str(folder), detail=str(error).splitlines()[0][:200]) from error
    model.eval()
    longest = min(_LONGEST, int(getattr(model.config, "max_position_embeddings", _LONGEST)), cut.model_max_length)
    several = model.config.problem_type == "multi_label_classification" or model.config.num_labels == 1

    def score(texts: list[str]) -> Floats:
        with torch.inference_mode():
            pieces = cut(texts, padding=True, truncation=True, max_length=longest, return_tensors="pt")
            sums = model(**pieces).logits.double()
            found: Floats = (torch.sigmoid(sums) if several else torch.softmax(sums, dim=-1)).numpy()
        return found

    return score, {int(place): str(name) for place, name in model.config.id2label.items()}


def _plain(scalar: pa.Scalar) -> str:
    """The text, whatever its bytes are."""
    return scalar.as_buffer().to_pybytes().decode("utf-8", errors="replace")  # type: ignore[no-any-return]


def _empty(table: pa.Table) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([], schema=table.schema)
