"""What every reader must keep, as one call: ``check_reader(read)``.

Promises to fail with a sentence that names the law and the text. Never tests how right a reader is: that is measured,
not required.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

import numpy as np
import pyarrow as pa

from kalkan.posts import FEELINGS, PROBABILITIES, READINGS, SENTIMENTS

Read = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]

TEXTS: Final = (
    "The new menu is lovely, thank you so much!",
    "Kargom iki haftadır gelmedi, kimse cevap vermiyor.",
    "",
    "   \n\t ",
    "😂😂😂",
    "👩🏽‍🚀",
    "?",
    "a",
    "Neden hâlâ açılmadı bu şube?",
    "ŞİKÂYETİM VAR!!! IŞIKLAR SÖNÜK",
    "שלום, מה שלומך היום?",
    "مرحبا كيف حالك اليوم",
    "これはとても良いですね",
    "这个产品很好",
    "soooooo goooood",
    "@someone look at https://example.org/a?b=c #wow",
    "http://",
    "@",
    "x" * 10_000,
    "word " * 2_000,
    "é́́́́",
    "\u202eabc\u202c \u200b\u200d",
    "\x00\x01\x02",
    "😀" * 3000,
    "Lütfen geri getirin artık",
    "when will you fix this please",
    "1234567890",
    "don't 'quote' l’homme",
)


def check_reader(read: Read, *, tolerance: float = 0.001, crowd: int = 3000) -> None:
    """Run every law against ``read``; it takes batches with at least ``id`` and ``text`` and gives them back read.

    ``crowd`` is how many other posts a text is read among; a slow reader may take fewer.

    :raises AssertionError: a law is broken; the message says which and for what text.
    """
    once = _check_shape(read)
    _check_values(once)
    _check_any_batch(read, once, tolerance)
    _check_any_company(read, once, tolerance, crowd)
    _check_slices_and_junk(read)


def posts(texts: Iterable[str | None], *, wide: bool = False) -> pa.RecordBatch:
    """Texts as a batch with an ``id`` and another column that a reader must leave alone."""
    given = list(texts)
    return pa.RecordBatch.from_arrays(
        [
            pa.array([f"post-{at}" for at in range(len(given))]),
            pa.array(given, pa.large_string() if wide else pa.string()),
            # a row's tags are the row's own: they go with its text wherever it stands
            pa.array([["en"] if len(text or "") % 2 else [] for text in given], pa.list_(pa.string())),
        ],
        names=["id", "text", "langs"],
    )


def _table(read: Read, batches: Iterable[pa.RecordBatch]) -> pa.Table:
    return pa.Table.from_batches(list(read(batches)))


def _check_shape(read: Read) -> pa.Table:
    batch = posts(TEXTS)
    found = _table(read, [batch])
    assert found.column_names == ["id", "text", "langs", *READINGS.names], "columns: the input's, then the readings'"
    for field in READINGS:
        assert found.schema.field(field.name).type == field.type, f"type of {field.name}"
    assert found.select(["id", "text", "langs"]).equals(pa.Table.from_batches([batch])), "rows are left as they came"
    assert list(read([])) == [], "no batches in, none out"
    none = _table(read, [posts([])])
    assert none.num_rows == 0 and none.column_names == found.column_names, "an empty batch stays, with its columns"
    return found


def _check_values(found: pa.Table) -> None:
    for name in (*PROBABILITIES, "lang_score"):
        column = found[name].to_numpy()
        assert np.isfinite(column).all(), f"{name} is a number everywhere"
        assert ((column >= 0) & (column <= 1)).all(), f"{name} lies between 0 and 1"
    total = sum(found[f"p_{name}"].to_numpy() for name in SENTIMENTS)
    assert np.allclose(total, 1, atol=0.003), "the three sentiments add up to 1"
    assert len(set(found["recipe"].to_pylist())) == 1 and found["recipe"][0].as_py(), "one recipe, named"
    for row in found.to_pylist():
        text, unsure = row["text"][:60], row["abstained"]
        assert row["sentiment"] in (*SENTIMENTS, None), f"sentiment of {text!r}"
        assert row["feeling"] in (*FEELINGS, "none", None), f"feeling of {text!r}"
        for task in ("lang", "sentiment", "feeling"):
            assert (row[task] is None) == (task in unsure), f"{task} of {text!r} is null exactly where abstained"
        if not any(sign.isalpha() for sign in row["text"]):
            assert row["lang"] is None, f"{text!r} has no letters, so no language"


def _check_any_batch(read: Read, once: pa.Table, tolerance: float) -> None:
    for size in (1, 3, 7):
        split = [posts(TEXTS).slice(at, size) for at in range(0, len(TEXTS), size)]
        _assert_same(once, _table(read, split), tolerance, f"batches of {size}")
    _assert_same(once, _table(read, [posts(TEXTS, wide=True)]), tolerance, "long strings")


def _check_any_company(read: Read, once: pa.Table, tolerance: float, crowd: int) -> None:
    order = np.random.default_rng(7).permutation(len(TEXTS))
    shuffled = _table(read, [posts([TEXTS[at] for at in order])])
    _assert_same(once.take(pa.array(order)), shuffled, tolerance, "another order")
    others = [f"filler number {at} with some words" for at in range(crowd)]
    among = _table(read, [posts([*TEXTS, *others])]).slice(0, len(TEXTS))
    _assert_same(once, among, tolerance, "among many others")
    _assert_same(once, _table(read, [posts(TEXTS)]), tolerance, "a second time")


def _check_slices_and_junk(read: Read) -> None:
    whole = posts(["first", None, "third"])
    found = _table(read, [whole])
    assert found["text"].to_pylist() == ["first", None, "third"], "a null text stays null and is read as empty"
    junk = pa.Array.from_buffers(
        pa.string(),
        3,
        [
            None,
            pa.py_buffer(np.array([0, 3, 7, 9], np.int32).tobytes()),
            pa.py_buffer(b"ok \xff\xfe\xed\xa0fo"),
        ],
    )
    read_junk = _table(read, [pa.RecordBatch.from_arrays([junk], names=["text"])])
    assert read_junk.num_rows == 3, "bytes that are no UTF-8 stop nothing"


def _assert_same(one: pa.Table, other: pa.Table, tolerance: float, when: str) -> None:
    assert one.num_rows == other.num_rows, f"{when}: the same number of rows"
    texts = one["text"].to_pylist()
    for name in (*PROBABILITIES, "lang_score"):
        apart = np.abs(one[name].to_numpy() - other[name].to_numpy())
        worst = int(apart.argmax()) if len(apart) else 0
        assert not len(apart) or apart[worst] <= tolerance + 1e-6, f"{when}: {name} of {texts[worst][:60]!r} differs"
    for name in ("lang", "sentiment", "feeling"):
        for text, a, b in zip(texts, one[name].to_pylist(), other[name].to_pylist(), strict=True):
            assert a == b, f"{when}: {name} of {text[:60]!r} is {a}, then {b}"
