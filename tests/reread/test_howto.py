"""What the how-to pages show is taken by the code they speak of."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from kalkan import figures
from kalkan.reading import custom

PAGES = Path(__file__).parents[2] / "docs" / "how-to"


def block(page: str, kind: str) -> str:
    found = re.search(rf"^ *```{kind}\n(.*?)^ *```$", (PAGES / page).read_text(encoding="utf-8"), re.S | re.M)
    assert found is not None
    return found.group(1)


def test_the_question_that_names_its_readers_is_one() -> None:
    asked = figures.from_json(block("reread.md", "json"))
    assert asked.reading[-1] == figures.HEARD


def test_the_labels_of_a_model_of_ones_own_are_known(tmp_path: Path) -> None:
    word = tomllib.loads(block("your-own-model.md", "toml"))
    names = dict(enumerate(word["labels"]))
    assert len(custom._labels(tmp_path, word["labels"], names)) == 3


def test_every_name_that_a_label_may_mean_stands_on_the_page() -> None:
    page = (PAGES / "your-own-model.md").read_text(encoding="utf-8")
    assert all(f"`{task}`" in page for task in custom.TASKS)
