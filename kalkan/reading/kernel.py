"""The kernel: batches in, the same rows and the columns of :data:`kalkan.posts.READINGS` out.

Promises that the reading of a row depends on its text and the recipe only, whatever the batch, order or engine (scores
within 0.001). Never drops, adds or reorders a row, and never fails for what a text holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kalkan.errors import InvalidInput
from kalkan.posts import FEELINGS, PROBABILITIES, READINGS, SENTIMENTS
from kalkan.reading import careful, weights
from kalkan.reading.fast import Fast
from kalkan.reading.language import Language
from kalkan.reading.recipe import Recipe, current

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

JUDGED: Final = tuple(name.removeprefix("p_") for name in PROBABILITIES[len(SENTIMENTS) + len(FEELINGS) :])
DECIDED: Final = ("lang", "sentiment", "feeling", *JUDGED)  # what a reading may abstain from


class Reader(Protocol):
    """What a tier is made of: scores and the sums that the language is decided by, one row a text."""

    meta: Mapping[str, Any]
    language: Language

    def score(self, texts: pa.Array) -> tuple[Floats, Floats]:
        """Scores before calibration, posts × tasks in the order of ``PROBABILITIES``, and the language's sums."""


def read(batches: Iterable[pa.RecordBatch], recipe: Recipe | None = None) -> Iterator[pa.RecordBatch]:
    """Each batch with its readings: the input's columns in their order, then those of ``READINGS``.

    A batch needs a column ``text`` of strings (null counts as empty); columns of an earlier reading are replaced.
    Where it has a column ``langs`` (lists of strings, the network's own tags) the language weighs them.

    :raises InvalidInput: a batch has no such column, or the recipe's weights are not here.
    """
    chosen = recipe or current()
    reader = _reader(chosen)
    for batch in batches:
        at = batch.schema.get_field_index("text")
        if at < 0 or not (
            pa.types.is_string(batch.schema.field(at).type) or pa.types.is_large_string(batch.schema.field(at).type)
        ):
            raise InvalidInput("text_column_missing", column="text", known=", ".join(batch.schema.names))
        yield join(batch, readings(batch.column(at), chosen, reader, tags=tags(batch)))


def readings(
    texts: pa.Array, recipe: Recipe, reader: Reader | None = None, *, tags: pa.Array | None = None
) -> pa.RecordBatch:
    """The readings alone, one row a text, as a batch of ``READINGS``; ``tags`` as :func:`tags` gives them."""
    chosen = reader or _reader(recipe)
    if len(texts) == 0:
        return pa.RecordBatch.from_pylist([], schema=READINGS)
    scores, sums = chosen.score(texts)
    best, score = chosen.language.decide(sums, allowed=recipe.langs, tagged=chosen.language.tagged(tags))
    spoken = np.array([*chosen.language.names, ""], object)[best]
    shares = probabilities(scores, spoken.tolist(), chosen.meta["calibration"])
    return _batch(shares, best, score, chosen, recipe)


def tags(batch: pa.RecordBatch) -> pa.Array | None:
    """The network's own language tags of a batch's rows, where it has them: its column ``langs``."""
    at = batch.schema.get_field_index("langs")
    if at < 0:
        return None
    kind = batch.schema.field(at).type
    if not (pa.types.is_list(kind) and pa.types.is_string(kind.value_type)):
        return None
    return batch.column(at)


def probabilities(scores: Floats, langs: Sequence[str], calibration: Mapping[str, Any]) -> Floats:
    """Scores as calibrated probabilities, rows × tasks in the order of ``PROBABILITIES``.

    A slope and an offset a task and language; then, where a straight line does not fit, a bend through given points,
    which never moves an answer across one half.
    """
    places = {lang: at for at, lang in enumerate(calibration["langs"])}
    row = np.array([places.get(lang, 0) for lang in langs], np.int64)
    heat, shift = (np.array(calibration[name], np.float32) for name in ("heat", "shift"))
    found = np.clip(scores * heat[row] + shift[row], -30, 30)
    mood = np.exp(found[:, :3] - found[:, :3].max(1, keepdims=True))
    shares = 1 / (1 + np.exp(-found))
    shares[:, :3] = mood / mood.sum(1, keepdims=True)
    spoken = np.asarray(langs, object)
    for bend in calibration.get("bends", ()):
        mine, task = spoken == bend["lang"], bend["task"]
        shares[mine, task] = np.interp(shares[mine, task], bend["from"], bend["to"])
    probable: Floats = shares.astype(np.float32)
    return probable


def _batch(
    shares: Floats, best: npt.NDArray[np.int64], score: Floats, reader: Reader, recipe: Recipe
) -> pa.RecordBatch:
    count, margins = len(shares), reader.meta["margins"]
    moods = np.sort(shares[:, :3], axis=1)
    felt = shares[:, 3 : 3 + len(FEELINGS)]
    strongest, start = felt.max(1), reader.meta["feeling_from"]
    unsure: Flags = np.zeros((count, len(DECIDED)), bool)
    unsure[:, 0] = best < 0
    unsure[:, 1] = moods[:, 2] - moods[:, 1] < margins.get("sentiment", 0)
    unsure[:, 2] = np.abs(strongest - start) < margins.get("feeling", 0)
    limits = np.array([margins.get(name, 0) for name in JUDGED], np.float32)
    unsure[:, 3:] = np.abs(shares[:, 3 + len(FEELINGS) :] - np.float32(0.5)) < limits
    feeling = np.where(strongest >= start, felt.argmax(1), len(FEELINGS))
    rounded = np.round(shares, 3)
    columns = [
        _named(reader.language.names, best, unsure[:, 0]),
        pa.array(np.round(score, 3), pa.float32()),
        _named(SENTIMENTS, shares[:, :3].argmax(1), unsure[:, 1]),
        _named((*FEELINGS, "none"), feeling, unsure[:, 2]),
        *(pa.array(rounded[:, at]) for at in range(len(PROBABILITIES))),
        _lists(unsure),
        pa.repeat(pa.scalar(recipe.id), count),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=READINGS)


def _named(names: Sequence[str], at: npt.NDArray[np.int64], null: Flags) -> pa.Array:
    return pa.array(names, pa.string()).take(pa.array(at, pa.int64(), mask=null))


def _lists(unsure: Flags) -> pa.Array:
    offsets = np.concatenate([[0], np.cumsum(unsure.sum(1))]).astype(np.int32)
    return pa.ListArray.from_arrays(offsets, pa.array(DECIDED, pa.string()).take(pa.array(np.nonzero(unsure)[1])))


def join(batch: pa.RecordBatch, found: pa.RecordBatch) -> pa.RecordBatch:
    """A batch and its readings side by side; columns of an earlier reading give way."""
    kept = [at for at, name in enumerate(batch.schema.names) if name not in READINGS.names]
    fields = [batch.schema.field(at) for at in kept] + list(READINGS)
    schema = pa.schema(fields, metadata=batch.schema.metadata)
    return pa.RecordBatch.from_arrays([*(batch.column(at) for at in kept), *found.columns], schema=schema)


@cache
def _reader(recipe: Recipe) -> Reader:
    loaded = careful.load(recipe.name) if recipe.tier == "careful" else weights.load(recipe.name)
    if loaded.digest != recipe.digest:
        raise InvalidInput(
            "weights_missing", name=f"{recipe.name} ({recipe.digest[:12]})", known=", ".join(weights.names())
        )
    return careful.reader(recipe.name) if recipe.tier == "careful" else Fast(weights.load(recipe.name))
