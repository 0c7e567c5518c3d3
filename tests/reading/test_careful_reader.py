"""Laws of the careful reader, by its shipped weights; and what is said where it, or its files, are not there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from kalkan.errors import ArchiveDamaged, InvalidInput
from kalkan.posts import PROBABILITIES
from kalkan.reading import Recipe, careful, current, kernel, read, recipe, weights
from kalkan.reading.fast import Fast
from kalkan.reading.pieces import LONGEST
from kalkan.reading.tables import read_table
from kalkan.testing.reader import TEXTS, check_reader, posts

needed = pytest.mark.skipif(not careful.here(), reason="the extra careful is not installed")


@pytest.fixture
def fresh() -> Iterator[None]:
    """Nothing of another test stays loaded, nor of this one."""
    doors = (careful.load, careful.reader, recipe.current, kernel._reader)
    for door in doors:
        door.cache_clear()
    yield
    for door in doors:
        door.cache_clear()


def table(texts: list[str], recipe: Recipe) -> pa.Table:
    return pa.Table.from_batches(read([posts(texts)], recipe))


@needed
def test_the_careful_reader_keeps_every_law() -> None:
    check_reader(careful.careful_reader(), crowd=60)


@needed
def test_a_careful_reading_names_its_recipe() -> None:
    chosen = current("careful")
    assert chosen.id.startswith("careful-26.11+") and chosen.id != current().id
    assert set(table(["güzel", ""], chosen)["recipe"].to_pylist()) == {chosen.id}
    assert current("careful", langs=("tr",)).id != chosen.id


@needed
def test_it_reads_what_anyone_would() -> None:
    found = table(
        ["I love this, thank you so much!", "Çok kötü bir deneyimdi, hiç beğenmedim", "¿Dónde está mi pedido?"],
        current("careful"),
    ).to_pylist()
    assert [row["sentiment"] for row in found[:2]] == ["positive", "negative"]
    assert [row["lang"] for row in found] == ["en", "tr", "es"]
    assert all(row["p_offensive"] < 0.5 for row in found)
    assert found[2]["p_question"] > 0.5 > found[0]["p_question"]


@needed
def test_a_batch_is_read_as_its_posts_alone() -> None:
    chosen = current("careful")
    many = [*TEXTS[:12], *TEXTS[:3], "ok"]
    together = table(many, chosen)
    for at, text in enumerate(many):
        alone = table([text], chosen)
        for name in PROBABILITIES:
            assert alone[name][0].as_py() == pytest.approx(together[name][at].as_py(), abs=1e-6)


@needed
def test_vectors_are_the_blocks_times_their_scales() -> None:
    stored = careful.load()
    reader = careful.reader()
    numbers = np.array([0, 17, 4003, 2])
    found = reader.vectors(numbers)
    assert found.shape == (4, 384) and found.dtype == np.float32
    for row, number in enumerate(numbers):
        for block in (0, 5, 11):
            q, d = stored.arrays["q"][number, block], float(stored.arrays["d"][number, block])
            by_hand = [((int(one) & 15) - 8) * d for one in q] + [((int(one) >> 4) - 8) * d for one in q]
            places = stored.arrays["places"][row, 32 * block : 32 * block + 32].astype(np.float32)
            assert np.allclose(found[row, 32 * block : 32 * block + 32], np.array(by_hand) + places, atol=1e-5)
    assert len(stored.arrays["places"]) == LONGEST


@needed
def test_the_fast_scores_are_added_in_their_share() -> None:
    stored, chosen = careful.load(), pa.array(["çok kötü", "what a day"])
    beside = Fast(weights.load(stored.meta["beside"]))
    silent = careful.Stored(
        stored.name, stored.digest, stored.arrays, {**stored.meta, "share": [0.0] * 19}, stored.network
    )
    whole, _ = careful.reader().score(chosen)
    without, _ = careful.Careful(silent, beside).score(chosen)
    added = beside.score(chosen)[0] * np.array(stored.meta["share"], np.float32)
    assert np.allclose(whole - without, added, atol=1e-4)


@needed
def test_a_table_is_read_with_care(tmp_path: Path) -> None:
    rows = tmp_path / "posts.jsonl"
    rows.write_text('{"text": "harika"}\n{"text": "when does it open"}\n{"text": ""}\n', encoding="utf-8")
    told = read_table(rows, tmp_path / "read.jsonl", tier="careful")
    assert told.rows == 3 and told.recipe == current("careful").id


def test_without_the_extra_it_says_what_to_do(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(careful, "find_spec", lambda name: None)
    assert not careful.here()
    for ask in (lambda: current("careful"), careful.careful_reader, careful.load):
        with pytest.raises(InvalidInput) as told:
            ask()
        assert told.value.code == "careful_missing"


def test_without_its_weights_it_says_what_to_do(fresh: None, tmp_path: Path) -> None:
    assert not careful.here(tmp_path)
    with pytest.raises(InvalidInput) as told:
        careful.load(folder=tmp_path)
    assert told.value.code == "careful_missing"


@needed
@pytest.mark.parametrize("harm", ["cut", "swapped", "gone"])
def test_damaged_files_stop(fresh: None, tmp_path: Path, harm: str) -> None:
    for path in weights.FOLDER.glob(f"{careful.NAME}*"):
        shutil.copy(path, tmp_path)
    first, second = tmp_path / f"{careful.NAME}.0.onnx", tmp_path / f"{careful.NAME}.1.onnx"
    if harm == "cut":
        second.write_bytes(second.read_bytes()[:-10])
    elif harm == "swapped":
        first.write_bytes(second.read_bytes())
    else:
        first.unlink()
    with pytest.raises(ArchiveDamaged) as told:
        careful.load(folder=tmp_path)
    assert told.value.code == "weights_damaged"


@needed
def test_other_fast_weights_than_it_was_calibrated_with_are_not_used(
    fresh: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = careful.load()
    other = careful.Stored(stored.name, stored.digest, stored.arrays, {**stored.meta, "beside_digest": "0" * 64}, b"")
    monkeypatch.setattr(careful, "load", lambda name, folder: other)
    with pytest.raises(InvalidInput) as told:
        careful.reader()
    assert told.value.code == "weights_missing"
