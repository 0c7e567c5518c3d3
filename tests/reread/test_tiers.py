"""What reads is opened by its name; a reader of one's own comes in by the plug-in group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from kalkan import plugins, reading
from kalkan.cli import main
from kalkan.errors import InvalidInput
from kalkan.reading import tiers
from kalkan.reading.recipe import Recipe
from tests.reread.test_readings import filled, stored


class Own:
    """A plug-in's reader: the fast one under another name."""

    def __init__(self, folder: Path) -> None:
        fast = reading.current()
        self.folder = folder
        self.recipe: Any = Recipe(name="house", digest=fast.digest, langs=("tr",))

    def read(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in reading.read(batches, reading.current()):
            at = batch.schema.get_field_index("recipe")
            yield batch.set_column(at, batch.schema.field(at), pa.array([self.recipe.id] * batch.num_rows))


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "names", lambda group: ("house", "transformers"))
    monkeypatch.setattr(plugins, "load", lambda group, name: {"house": Own}[name])


@pytest.mark.usefixtures("plugin")
def test_a_plug_in_reads_the_whole_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = filled(tmp_path / "archive")
    monkeypatch.setenv("KALKAN_OWN_MODEL", f"house:{tmp_path / 'model'}")
    assert main(["reread", "--tier", "own", "--data", str(tmp_path)]) == 0
    assert "house+" in capsys.readouterr().out
    assert {one.partition("+")[0] for one in stored(archive)["recipe"].to_pylist()} == {"house"}
    assert main(["reread", "--tier", "own", "--engine", "spark", "--data", str(tmp_path)]) == 1


@pytest.mark.usefixtures("plugin")
def test_a_path_with_a_colon_is_a_path() -> None:
    with tiers.open_tier("own", own="house:~/x") as opened:
        assert opened.folder == Path("~/x").expanduser()
    with pytest.raises(KeyError, match="transformers"), tiers.open_tier("own", own="C:/models/x"):
        pass


def test_what_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInput) as told, tiers.open_tier("own"):
        pass
    assert told.value.code == "own_model_unset"
    with pytest.raises(InvalidInput), tiers.open_tier("slow"):
        pass


def test_drafts_are_read_carefully_where_that_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    fast, careful = reading.current(), Recipe(name="careful", digest="0" * 64, tier="careful")
    monkeypatch.setattr(tiers, "current", lambda tier: {"fast": fast, "careful": careful}[tier])
    assert tiers.best() == careful

    def missing(tier: str) -> Recipe:
        if tier == "careful":
            raise InvalidInput("careful_missing", name=tier)
        return fast

    monkeypatch.setattr(tiers, "current", missing)
    assert tiers.best() == fast
