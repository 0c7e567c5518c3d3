"""The files of weights: found by name, checked by digest, loaded once a process.

Promises that what is loaded is what the digest names. Never downloads anything.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from kalkan.errors import ArchiveDamaged, InvalidInput
from kalkan.reading.words import SPAN, Alphabet

FOLDER: Final = Path(__file__).parent / "weights"


@dataclass(frozen=True, slots=True)
class Weights:
    """Arrays by name, what the training run says of them, and the sha256 of the file."""

    name: str
    digest: str
    arrays: Mapping[str, npt.NDArray[Any]]
    meta: Mapping[str, Any]
    alphabet: Alphabet


def names(folder: Path = FOLDER) -> tuple[str, ...]:
    """The weights at hand, oldest name first."""
    return tuple(sorted(path.stem for path in folder.glob("*.npz")))


@cache
def digest(name: str, folder: Path = FOLDER) -> str:
    """The sha256 of the file of ``name``, as hexadecimal.

    :raises InvalidInput: there is no such file.
    """
    return hashlib.sha256(_bytes(name, folder)).hexdigest()


@cache
def load(name: str, folder: Path = FOLDER) -> Weights:
    """The weights called ``name``. Loaded once a process; read only.

    :raises InvalidInput: there is no such file.
    :raises ArchiveDamaged: the file is not what training wrote.
    """
    raw = _bytes(name, folder)
    try:
        with np.load(io.BytesIO(raw), allow_pickle=False) as stored:
            arrays = {key: stored[key] for key in stored.files}
        meta = json.loads(arrays.pop("meta").tobytes().decode("utf-8"))
        letters = _unpack(arrays)
    except (ValueError, KeyError, OSError, EOFError, BadZipFile) as error:
        raise ArchiveDamaged("weights_damaged", path=str(folder / f"{name}.npz"), detail=str(error)) from error
    for array in arrays.values():
        array.flags.writeable = False
    return Weights(name, hashlib.sha256(raw).hexdigest(), arrays, meta, letters)


def save(
    name: str, arrays: Mapping[str, npt.NDArray[Any]], meta: Mapping[str, Any], letters: Alphabet, folder: Path
) -> Path:
    """Write a file that :func:`load` reads back. The same content always gives the same bytes."""
    path = folder / f"{name}.npz"
    note = np.frombuffer(json.dumps(meta, sort_keys=True).encode(), np.uint8)
    everything = {**arrays, **_pack(letters), "meta": note}
    with path.open("wb") as out:
        np.savez(out, allow_pickle=False, **{key: np.ascontiguousarray(everything[key]) for key in sorted(everything)})
    return path


def _bytes(name: str, folder: Path) -> bytes:
    path = folder / f"{name}.npz"
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput("weights_missing", name=name, known=", ".join(names(folder)) or "-") from error


def _pack(letters: Alphabet) -> dict[str, npt.NDArray[Any]]:
    """The tables as their differences: most letters stand for themselves, kinds come in long runs."""
    itself = np.arange(SPAN, dtype=np.uint32)
    lower = np.flatnonzero(letters.lower != itself).astype(np.uint32)
    bare = np.flatnonzero(letters.bare != itself).astype(np.uint32)
    turns = np.flatnonzero(np.diff(letters.kind, prepend=np.uint8(255))).astype(np.uint32)
    return {
        "abc_lower": np.stack([lower, letters.lower[lower]]),
        "abc_bare": np.stack([bare, letters.bare[bare]]),
        "abc_turns": turns,
        "abc_kinds": letters.kind[turns],
    }


def _unpack(arrays: dict[str, npt.NDArray[Any]]) -> Alphabet:
    lower, bare = np.arange(SPAN, dtype=np.uint32), np.arange(SPAN, dtype=np.uint32)
    changed = arrays.pop("abc_lower")
    lower[changed[0]] = changed[1]
    changed = arrays.pop("abc_bare")
    bare[changed[0]] = changed[1]
    turns = arrays.pop("abc_turns").astype(np.int64)
    kind = np.repeat(arrays.pop("abc_kinds"), np.diff(np.append(turns, SPAN)))
    return Alphabet(lower, bare, kind)
