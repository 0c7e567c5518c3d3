"""The careful reader: a multilingual encoder of twelve layers in eight bits, the fast reader's scores added to its own.

Owns its weights' files and the only import of ONNX Runtime. Every post goes through alone and unpadded, so a reading
cannot depend on its neighbours; batches would gain a tenth. Promises that what is
loaded is what the digest names. Never downloads anything, never uses more than the calling thread.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kalkan.errors import ArchiveDamaged, InvalidInput
from kalkan.reading import pieces as cut
from kalkan.reading import weights
from kalkan.reading.fast import Fast

Floats = npt.NDArray[np.float32]
Read = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]

NAME: Final = "careful-26.11"
PART: Final = 12_000_000  # bytes of the network a file: small files travel better
EMPTY: Final = 2  # numbers of a post without pieces: its begin and its end


@dataclass(frozen=True, slots=True)
class Stored:
    """The files of a careful reader, read and checked against each other."""

    name: str
    digest: str
    arrays: Mapping[str, npt.NDArray[Any]]
    meta: Mapping[str, Any]
    network: bytes


class Careful:
    """The reader with its weights. Threads may share it."""

    def __init__(self, stored: Stored, fast: Fast) -> None:
        self.meta = stored.meta
        self.language = fast.language
        self._fast = fast
        self._share: Floats = np.array(stored.meta["share"], np.float32)
        self._cut = cut.unpack(stored.arrays)
        self._q, self._d = stored.arrays["q"], stored.arrays["d"].astype(np.float32)
        self._places: Floats = stored.arrays["places"].astype(np.float32)
        self._network = _session(stored.network)

    @property
    def tasks(self) -> list[str]:
        """The names of the columns of :meth:`score`'s first answer."""
        return list(self.meta["tasks"])

    def score(self, texts: pa.Array) -> tuple[Floats, Floats]:
        """Scores before calibration, posts × tasks, and the sums that the language is decided by."""
        beside, sums = self._fast.score(texts)
        kept = texts.dictionary_encode()
        fresh = [self._score(_plain(one)) for one in kept.dictionary]
        which = kept.indices.fill_null(len(fresh)).to_numpy(zero_copy_only=False)
        own = np.stack([*fresh, self._score("") if kept.null_count else np.zeros_like(self._share)])
        return own[which] + beside * self._share, sums

    def _score(self, text: str) -> Floats:
        numbers = np.array(self._cut.numbers(text), np.int64)
        found: Floats = self._network.run(None, {"x": self.vectors(numbers)[None]})[0][0]
        return found

    def vectors(self, numbers: npt.NDArray[np.int64]) -> Floats:
        """What goes into the network for pieces ``numbers``, pieces × width: blocks of 32 numbers of four bits."""
        q = self._q[numbers]
        found = np.concatenate([(q & 15).astype(np.int8), (q >> 4).astype(np.int8)], axis=-1).astype(np.float32)
        found -= 8
        found *= self._d[numbers][..., None]
        vectors: Floats = found.reshape(len(numbers), -1) + self._places[: len(numbers)]
        return vectors


def careful_reader(*, langs: tuple[str, ...] = ()) -> Read:
    """A reader of batches (see :mod:`kalkan.testing.reader`) by the careful tier.

    :raises InvalidInput: ``careful_missing``: the extra or its weights are not installed.
    """
    from kalkan.reading import kernel, recipe

    chosen = recipe.current("careful", langs=langs)
    return lambda batches: kernel.read(batches, chosen)


def here(folder: Path = weights.FOLDER) -> bool:
    """Whether the careful reader can run: ONNX Runtime and the weights are installed."""
    return find_spec("onnxruntime") is not None and (folder / f"{NAME}.npz").is_file()


@cache
def load(name: str = NAME, folder: Path = weights.FOLDER) -> Stored:
    """The weights called ``name``. Loaded once a process; read only.

    :raises InvalidInput: ``careful_missing``: they, or ONNX Runtime, are not installed.
    :raises ArchiveDamaged: the files are not what training wrote.
    """
    if find_spec("onnxruntime") is None or not (folder / f"{name}.npz").is_file():
        raise InvalidInput("careful_missing", name=name)
    raw = (folder / f"{name}.npz").read_bytes()
    try:
        with np.load(io.BytesIO(raw), allow_pickle=False) as stored:
            arrays = {key: stored[key] for key in stored.files}
        meta = json.loads(arrays.pop("meta").tobytes().decode("utf-8"))
        network = b"".join((folder / f"{name}.{at}.onnx").read_bytes() for at in range(meta["parts"]))
        if hashlib.sha256(network).hexdigest() != meta["network"]:
            raise ValueError("the parts of the network do not fit together")
    except (ValueError, KeyError, OSError, EOFError, BadZipFile) as error:
        raise ArchiveDamaged("weights_damaged", path=str(folder / f"{name}.npz"), detail=str(error)) from error
    for array in arrays.values():
        array.flags.writeable = False
    # the network's digest stands in meta, and so does that of the fast weights it was calibrated with
    return Stored(name, hashlib.sha256(raw).hexdigest(), arrays, meta, network)


@cache
def reader(name: str = NAME, folder: Path = weights.FOLDER) -> Careful:
    """The reader of the weights ``name``, with the fast reader beside it.

    :raises InvalidInput: ``careful_missing``, or the fast weights it was calibrated with are not here.
    """
    stored = load(name, folder)
    beside = weights.load(stored.meta["beside"], folder)
    if beside.digest != stored.meta["beside_digest"]:
        wanted = f"{stored.meta['beside']} ({stored.meta['beside_digest'][:12]})"
        raise InvalidInput("weights_missing", name=wanted, known=", ".join(weights.names(folder)))
    return Careful(stored, Fast(beside))


def save(
    name: str, arrays: Mapping[str, npt.NDArray[Any]], meta: Mapping[str, Any], network: bytes, folder: Path
) -> list[Path]:
    """Write files that :func:`load` reads back. The same content always gives the same bytes."""
    parts = [network[at : at + PART] for at in range(0, len(network), PART)]
    said = dict(meta) | {"parts": len(parts), "network": hashlib.sha256(network).hexdigest()}
    everything = {**arrays, "meta": np.frombuffer(json.dumps(said, sort_keys=True).encode(), np.uint8)}
    path = folder / f"{name}.npz"
    with path.open("wb") as out:
        np.savez(out, allow_pickle=False, **{key: np.ascontiguousarray(everything[key]) for key in sorted(everything)})
    written = [path]
    for at, part in enumerate(parts):
        written.append(folder / f"{name}.{at}.onnx")
        written[-1].write_bytes(part)
    return written


def _session(network: bytes) -> Any:
    import onnxruntime  # type: ignore[import-not-found, import-untyped, unused-ignore]

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])


def _plain(text: pa.Scalar) -> str:
    """A text as it came; bytes that are no UTF-8 as the sign for it."""
    value: bytes = text.as_buffer().to_pybytes()
    return value.decode("utf-8", "replace")
