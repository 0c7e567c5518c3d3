"""Posts as they were read, made by hand or read by the fast tier."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import pyarrow as pa
import pytest

from kalkan.posts import PROBABILITIES
from kalkan.reading import read

Read = Callable[..., pa.Table]


@cache
def _read(texts: tuple[str, ...]) -> pa.Table:
    return pa.Table.from_batches(list(read(pa.table({"text": pa.array(texts, pa.string())}).to_batches())))


def as_read(texts: Sequence[str], **columns: Sequence[Any]) -> pa.Table:
    """``texts`` with their readings by the fast tier, and more columns."""
    table = _read(tuple(texts))
    for name, values in columns.items():
        table = table.append_column(name, pa.array(values))
    return table


@pytest.fixture
def said() -> Read:
    return as_read


def readings(texts: Sequence[str], langs: Sequence[str | None], **given: Sequence[float]) -> pa.Table:
    """Posts with readings given outright; what is not given is 0."""
    columns: dict[str, Any] = {
        "text": pa.array(texts, pa.string()),
        "lang": pa.array(langs, pa.string()),
        **{name: pa.array(given.get(name, [0.0] * len(texts)), pa.float32()) for name in PROBABILITIES},
    }
    return pa.table(columns)
