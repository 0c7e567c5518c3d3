"""A model of one's own: a tiny one made here, read by the laws that every reader keeps. Needs the extra."""

from __future__ import annotations

import dataclasses
import importlib.util
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from kalkan import reading
from kalkan.errors import InvalidInput
from kalkan.posts import READINGS
from kalkan.reading import custom, spark
from kalkan.testing.reader import check_reader

HERE = all(importlib.util.find_spec(name) for name in ("torch", "transformers"))
needs_extra = pytest.mark.skipif(not HERE, reason="needs the extra “transformers”")
PIECES = [*("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"), *("love", "hate", "ne", "zaman", "harika", "##s", "a", "!")]
WORD = 'name = "corner-shop"\n[labels]\nbad = "negative"\nso-so = "neutral"\ngood = "positive"\nrude = "offensive"\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of a few hundred numbers, saved as people save theirs."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    where = tmp_path_factory.mktemp("own")
    (where / "vocab.txt").write_text("\n".join(PIECES), encoding="utf-8")
    BertTokenizerFast(vocab_file=str(where / "vocab.txt")).save_pretrained(str(where))
    torch.manual_seed(3)
    names = dict(enumerate(["bad", "so-so", "good", "rude", "other"]))
    config = BertConfig(
        vocab_size=len(PIECES), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=64, id2label=names, label2id={name: n for n, name in names.items()},
        problem_type="multi_label_classification",
    )  # fmt: skip
    model = BertForSequenceClassification(config)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.6)
    model.save_pretrained(str(where))
    (where / custom.WORD).write_text(WORD, encoding="utf-8")
    return where


def read(folder: Path, texts: list[str]) -> pa.Table:
    batch = pa.RecordBatch.from_pydict({"text": texts})
    return pa.Table.from_batches(list(custom.open_reader(folder).read([batch])))


@needs_extra
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_it_keeps_every_law_of_readers(folder: Path) -> None:
    opened = custom.open_reader(folder)
    check_reader(opened.read)
    assert opened.recipe.id.startswith("corner-shop+")


@needs_extra
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_its_labels_count_and_the_rest_is_read_by_the_fast_tier(folder: Path) -> None:
    texts = ["love love", "hate !", "Kargom ne zaman gelecek?"]
    found = read(folder, texts)
    fast = pa.Table.from_batches(list(reading.read([pa.RecordBatch.from_pydict({"text": texts})])))
    for name in ("lang", "feeling", "p_anger", "p_question"):
        assert found[name].to_pylist() == fast[name].to_pylist()
    assert found["p_negative"].to_pylist() != fast["p_negative"].to_pylist()
    rows = found.to_pylist()
    for row in rows:
        shares = {name: row[f"p_{name}"] for name in ("negative", "neutral", "positive")}
        assert row["sentiment"] == max(shares, key=lambda name: shares[name])
        assert "sentiment" not in row["abstained"]
    assert len({row["sentiment"] for row in rows}) > 1 or len({row["p_negative"] for row in rows}) > 1


@needs_extra
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_the_recipe_names_every_byte_that_reads(folder: Path, tmp_path: Path) -> None:
    import shutil

    before = custom.open_reader(folder).recipe.id
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    assert custom.open_reader(other).recipe.id == before
    (other / custom.WORD).write_text(WORD.replace('rude = "offensive"', 'rude = "hate"'), encoding="utf-8")
    assert custom.open_reader(other).recipe.id != before


@needs_extra
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize(
    ("word", "code", "wrong"),
    [
        ("[labels]\nbad = 'negative'\n", "own_model_labels", "neutral, positive"),
        ("[labels]\nworse = 'offensive'\n", "own_model_labels", "worse"),
        ("[labels]\nrude = 'rudeness'\n", "own_model_labels", "rudeness"),
        ("name = 'x'\n", "own_model_labels", "labels"),
        ("[labels\n", "own_model_unreadable", ""),
    ],
)
def test_a_wrong_word_is_told(folder: Path, tmp_path: Path, word: str, code: str, wrong: str) -> None:
    import shutil

    other = tmp_path / "other"
    shutil.copytree(folder, other)
    (other / custom.WORD).write_text(word, encoding="utf-8")
    with pytest.raises(InvalidInput) as told:
        custom.open_reader(other)
    assert told.value.code == code
    assert told.value.params.get("wrong", "") == wrong


@needs_extra
def test_pickled_weights_are_never_opened(folder: Path, tmp_path: Path) -> None:
    import shutil

    other = tmp_path / "other"
    shutil.copytree(folder, other)
    (other / "model.safetensors").rename(other / "pytorch_model.bin")
    with pytest.raises(InvalidInput) as told:
        custom.open_reader(other)
    assert told.value.code == "own_model_unreadable"


@pytest.mark.skipif(HERE, reason="the extra is installed here")
def test_without_the_extra_the_remedy_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as told:
        custom.open_reader(tmp_path)
    assert told.value.code == "own_model_extra_missing"


def test_labels_are_told_apart_without_the_model(tmp_path: Path) -> None:
    names: dict[int, Any] = {0: "no", 1: "yes"}
    assert custom._labels(tmp_path, {"yes": "ask"}, names) == {1: "ask"}
    with pytest.raises(InvalidInput):
        custom._labels(tmp_path, {"yes": 3}, names)


@needs_extra
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_a_cluster_reads_by_the_very_model_that_was_asked_for_or_not_at_all(folder: Path) -> None:
    from datetime import UTC, datetime

    texts = ["love love", "hate !", "ne zaman ?"]
    when = pa.array([datetime(2026, 3, 1, tzinfo=UTC)] * 3, pa.timestamp("us", tz="UTC"))
    batch = pa.RecordBatch.from_pydict(
        {"id": ["a", "b", "c"], "network": ["bluesky"] * 3, "author_id": ["x"] * 3, "at": when, "edited_at": when}
        | {"text": texts, "langs": pa.array([["en"], [], ["tr"]], pa.list_(pa.string()))}
    )
    recipe = custom.open_reader(folder).recipe
    work = spark._reading(recipe, str(folder))
    found = pa.Table.from_batches(list(work([batch.slice(0, 1), batch.slice(1)])))
    here = pa.Table.from_batches(list(custom.open_reader(folder).read([batch])))
    assert found["id"].to_pylist() == ["a", "b", "c"] and "text" not in found.column_names
    assert found.select(READINGS.names).equals(here.select(READINGS.names))
    assert set(found["recipe"].to_pylist()) == {recipe.id}
    other = dataclasses.replace(recipe, digest="0" * 64)
    with pytest.raises(InvalidInput) as refused:
        list(spark._reading(other, str(folder))([batch]))
    assert refused.value.code == "own_model_differs"
