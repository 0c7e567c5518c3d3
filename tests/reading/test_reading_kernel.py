"""Laws of the kernel: any batch, any order, any text; a recipe that names what read it."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kalkan.errors import ArchiveDamaged, InvalidInput
from kalkan.posts import POSTS, PROBABILITIES, READ_POSTS, READINGS
from kalkan.reading import Recipe, current, fast, read, weights
from kalkan.reading import words as cut
from kalkan.reading.kernel import DECIDED
from kalkan.testing.reader import check_reader, posts

texts = st.lists(st.text(max_size=80), min_size=1, max_size=10)


def table(batch: pa.RecordBatch, recipe: Recipe | None = None) -> pa.Table:
    return pa.Table.from_batches(read([batch], recipe))


def test_the_reader_keeps_every_law() -> None:
    check_reader(read)


def test_the_laws_catch_a_reader_that_looks_at_its_neighbours() -> None:
    def peeks(batches):  # type: ignore[no-untyped-def]
        for batch in read(batches):
            at = batch.schema.get_field_index("p_irony")
            yield batch.set_column(
                at, batch.schema.field(at), pa.array(np.full(batch.num_rows, 1 / (1 + batch.num_rows), np.float32))
            )

    with pytest.raises(AssertionError, match="p_irony"):
        check_reader(peeks)


@settings(max_examples=60, deadline=None)
@given(texts, st.randoms(use_true_random=False))
def test_a_reading_depends_on_its_row_alone(given_texts: list[str], random) -> None:  # type: ignore[no-untyped-def]
    together = table(posts(given_texts))
    order = list(range(len(given_texts)))
    random.shuffle(order)
    other = table(posts([given_texts[at] for at in order]))
    for name in PROBABILITIES:
        assert np.abs(together[name].to_numpy()[order] - other[name].to_numpy()).max() <= 0.001 + 1e-6


def test_rows_of_posts_become_rows_of_read_posts() -> None:
    empty = POSTS.empty_table().to_batches() or [pa.RecordBatch.from_pylist([], schema=POSTS)]
    found = pa.Table.from_batches(read(empty))
    assert found.schema.names == READ_POSTS.names
    again = next(read(found.to_batches() or [pa.RecordBatch.from_pylist([], schema=READ_POSTS)]))
    assert again.schema.names == READ_POSTS.names


def test_words_beyond_what_is_kept_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [f"word{at} other{at * 7} and {chr(97 + at % 26) * (at % 9)} güzel{at}" for at in range(400)]
    normal = table(posts(many))
    reader = fast.Fast(weights.load(current().name))
    monkeypatch.setattr(fast, "KEPT", 60)
    monkeypatch.setattr(fast, "SLOTS", 64)
    small, _ = reader.score(pa.array(many))
    monkeypatch.undo()
    whole, _ = fast.Fast(weights.load(current().name)).score(pa.array(many))
    assert np.abs(small - whole).max() < 1e-3
    assert normal.num_rows == 400


def test_the_linear_part_is_its_buckets_over_the_root_of_what_they_count() -> None:
    loaded = weights.load(current().name)
    line, scale = fast.line_table(loaded.arrays)
    reader, table = fast.Fast(loaded), line.astype(np.float64) * scale
    silent = dict(loaded.arrays) | {"line": np.zeros_like(loaded.arrays["line"])}
    without = fast.Fast(weights.Weights(loaded.name, loaded.digest, silent, loaded.meta, loaded.alphabet))
    for text in ("Kargom HÂLÂ gelmedi!!", "güzel", "", "great, thanks @a 😂"):
        words = cut.split(pa.array([text]), loaded.alphabet)
        columns, _, whole, exact = fast.line_pieces(
            words.letters, words.start, words.length, words.flag, loaded.alphabet, len(table)
        )
        pairs, _ = fast.line_pairs(words.key, words.offsets, len(table))
        assert len(pairs) == max(len(words.key) - 1, 0)
        parts = [(np.concatenate(columns), 1.0), (whole, fast.WHOLE), (exact, fast.EXACT), (pairs, fast.PAIR)]
        total = sum(table[at].sum(0) * value for at, value in parts)
        count = max(sum(len(at) * value**2 for at, value in parts), 1.0)
        gained = reader.score(pa.array([text]))[0] - without.score(pa.array([text]))[0]
        assert np.abs(gained[0] - total / np.sqrt(count)).max() < 1e-3


def test_tables_come_back_as_they_were_packed() -> None:
    numbers = np.array([[-7, 0, 3, 7], [1, -1, 6, -6]])
    packed = (numbers[:, :2] + 8).astype(np.uint8) | ((numbers[:, 2:] + 8).astype(np.uint8) << 4)
    scale = np.array([0.5, 2.0], np.float16)
    assert np.array_equal(fast.piece_table({"piece": packed, "piece_scale": scale}), numbers * np.array([[0.5], [2.0]]))
    arrays = {"line": np.array([[5, -3]], np.int8), "line_scale": np.array([0.1, 0.2], np.float32)}
    arrays |= {"line_tasks": np.array([0, 2], np.int8), "line_bias": np.zeros(4, np.float32)}
    table, scales = fast.line_table(arrays)
    assert table.tolist() == [[5, 0, -3, 0]] and np.allclose(scales, [0.1, 1.0, 0.2, 1.0])


def test_threads_may_share_a_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast, "KEPT", 500)
    reader = fast.Fast(weights.load(current().name))
    texts = [[f"thread{who} word{at * 3} says güzel{at} things" for at in range(60)] for who in range(4)]
    alone = [fast.Fast(weights.load(current().name)).score(pa.array(one))[0] for one in texts]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda one: [reader.score(pa.array(one))[0] for _ in range(5)], texts))
    for right, found in zip(alone, together, strict=True):
        assert max(np.abs(right - one).max() for one in found) < 1e-3


def test_abstained_names_tasks() -> None:
    found = table(posts(["", "hmm", "this", "çok güzel", "bad good"]))
    assert {name for row in found["abstained"].to_pylist() for name in row} <= set(DECIDED)
    assert "lang" in found["abstained"].to_pylist()[0]


def test_a_recipe_is_the_same_for_the_same_weights_and_another_for_other_limits() -> None:
    one, two = current(), current(langs=("tr", "en"))
    assert one.id == Recipe(name=one.name, digest=one.digest).id
    assert current(langs=("en", "tr")).id == two.id != one.id
    assert Recipe(name=one.name, digest="0" * 64).id != one.id
    name, digest = one.id.split("+")
    assert name == "fast-26.11" and len(digest) == 12
    assert set(table(posts(["a", "b"]))["recipe"].to_pylist()) == {one.id}


def test_another_process_reads_by_the_same_recipe() -> None:
    code = "from kalkan.reading import current; print(current().id)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert said == current().id


def test_limits_hold_the_language_and_nothing_else() -> None:
    given_texts = ["bugün hava çok güzel", "this is lovely", "esto es muy bueno", "これは良い", ""]
    limited = table(posts(given_texts), current(langs=("en", "tr")))
    free = table(posts(given_texts))
    assert set(limited["lang"].to_pylist()) <= {"en", "tr", None}
    assert free["lang"].to_pylist() == ["tr", "en", "es", "ja", None]
    assert limited["lang"].to_pylist()[:2] == ["tr", "en"]


def test_weights_that_are_not_there_are_said_so() -> None:
    with pytest.raises(InvalidInput) as told:
        list(read([posts(["a"])], Recipe(name="fast-26.11", digest="0" * 64)))
    assert told.value.code == "weights_missing"
    with pytest.raises(InvalidInput) as told:
        current("best")
    assert told.value.code == "tier_unknown"


def test_damaged_weights_stop(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "broken.npz").write_bytes(weights.FOLDER.joinpath(f"{current().name}.npz").read_bytes()[:5000])
    with pytest.raises(ArchiveDamaged) as told:
        weights.load("broken", tmp_path)
    assert told.value.code == "weights_damaged"


def test_a_batch_without_text_is_refused() -> None:
    with pytest.raises(InvalidInput) as told:
        list(read([pa.RecordBatch.from_pydict({"body": ["a"]})]))
    assert told.value.code == "text_column_missing"


def test_the_first_reading_is_quick() -> None:
    code = (
        "import time; t = time.process_time()\n"
        "import pyarrow as pa\n"
        "from kalkan.reading import read\n"
        "one = pa.RecordBatch.from_pydict({'text': ['merhaba']})\n"  # loads pandas, where it is installed
        "b = time.process_time(); list(read([one]))\n"
        "print(time.process_time() - b)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert float(said) < 0.5


def test_readings_have_their_columns_in_order() -> None:
    assert table(posts(["a"])).column_names[-len(READINGS.names) :] == READINGS.names
