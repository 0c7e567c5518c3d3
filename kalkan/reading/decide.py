"""What a reading decides once some of its probabilities are other ones: sentiment, feeling, and what it abstains from.

Owns the one way in which probabilities become verdicts after the kernel: by the recipe's own margins. Promises that
columns whose probabilities were not given stay exactly as they were.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kalkan.posts import FEELINGS, PROBABILITIES, READINGS, SENTIMENTS
from kalkan.reading import careful, weights
from kalkan.reading.recipe import Recipe

Floats = npt.NDArray[np.float64]
JUDGED: Final = tuple(name.removeprefix("p_") for name in PROBABILITIES[len(SENTIMENTS) + len(FEELINGS) :])
_HALF: Final = 0.5


def limits_of(recipe: Recipe) -> Mapping[str, Any]:
    """The ``margins`` under which a recipe abstains, and ``feeling_from``, the probability a feeling begins at."""
    stored = careful.load(recipe.name).meta if recipe.tier == "careful" else weights.load(recipe.name).meta
    return {"margins": stored["margins"], "feeling_from": stored["feeling_from"]}


def decide(found: pa.Table, shares: Mapping[str, Floats], limits: Mapping[str, Any], *, recipe: str) -> pa.Table:
    """``found`` (with the columns of ``READINGS``) with new probabilities, and what follows from them.

    ``shares`` has them by name without ``p_`` (all three sentiments, or none of them; feelings one by one), each a row
    a post. ``limits`` as :func:`limits_of` gives them. Every row then names ``recipe``.
    """
    margins, start = limits.get("margins", {}), limits.get("feeling_from", _HALF)
    rows = found.num_rows
    columns = {name: found[name] for name in READINGS.names}
    now = {name: np.round(np.clip(share, 0, 1), 3) for name, share in shares.items()}
    for name, share in now.items():
        columns[f"p_{name}"] = pa.array(share, pa.float32())
    unsure: dict[str, npt.NDArray[np.bool_]] = {}
    if SENTIMENTS[0] in now:
        moods = np.stack([shares[name] for name in SENTIMENTS], axis=1)
        order = np.sort(moods, axis=1)
        unsure["sentiment"] = order[:, 2] - order[:, 1] < margins.get("sentiment", 0)
        columns["sentiment"] = _named(SENTIMENTS, moods.argmax(1), unsure["sentiment"])
    if any(name in now for name in FEELINGS):
        felt = np.stack([np.asarray(columns[f"p_{name}"], np.float64) for name in FEELINGS], axis=1)
        strongest = felt.max(1) if rows else np.zeros(0)
        unsure["feeling"] = np.abs(strongest - start) < margins.get("feeling", 0)
        place = np.where(strongest >= start, felt.argmax(1) if rows else 0, len(FEELINGS))
        columns["feeling"] = _named((*FEELINGS, "none"), place, unsure["feeling"])
    for name in JUDGED:
        if name in now:
            unsure[name] = np.abs(shares[name] - _HALF) < margins.get(name, 0)
    columns["abstained"] = _abstained(found["abstained"], unsure)
    columns["recipe"] = pa.repeat(recipe, rows)
    for name, column in columns.items():
        found = found.set_column(found.schema.get_field_index(name), READINGS.field(name), column)
    return found


def _named(names: tuple[str, ...], at: npt.NDArray[np.int64], null: npt.NDArray[np.bool_]) -> pa.Array:
    return pa.array(names, pa.string()).take(pa.array(at, pa.int64(), mask=null))


def _abstained(before: pa.ChunkedArray, unsure: Mapping[str, npt.NDArray[np.bool_]]) -> pa.Array:
    """The lists of what is left undecided, in the order that readings have."""
    rows = len(before)
    lists = before.combine_chunks() if isinstance(before, pa.ChunkedArray) else before
    names = ("lang", "sentiment", "feeling", *JUDGED)
    table = np.zeros((rows, len(names)), bool)
    owner = np.repeat(np.arange(rows), np.asarray(pc.list_value_length(lists)) if rows else 0)
    said = pc.index_in(lists.flatten(), value_set=pa.array(names))
    table[owner, np.asarray(said, np.int64)] = True
    for name, flags in unsure.items():
        table[:, names.index(name)] = flags
    offsets = np.concatenate([[0], np.cumsum(table.sum(1))]).astype(np.int32)
    return pa.ListArray.from_arrays(offsets, pa.array(names).take(pa.array(np.nonzero(table)[1])))
