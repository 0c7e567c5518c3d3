"""Whose reading counts: the one a post was heard with, one recipe alone, or the first of several that read it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from kalkan import archive as archives
from kalkan import figures
from kalkan.archive.readings import UNREAD, Readings
from kalkan.errors import InvalidInput
from kalkan.figures import HEARD, Ask, Where
from kalkan.posts import READINGS
from tests.conftest import NOW, mention_rows, read_rows

CAREFUL, OTHER = "careful-1+aaa", "other-1+bbb"
WEEK = timedelta(days=7)


def readings(archive: archives.Archive, ids: list[str], recipe: str, **columns: object) -> None:
    """Readings of some posts, all alike, by ``recipe``."""
    posts = archive.query("SELECT * FROM posts", tables=("posts",))
    posts = posts.filter(pc.is_in(posts["id"], value_set=pa.array(ids)))
    row = {field.name: [] if pa.types.is_list(field.type) else None for field in READINGS}
    rows = [{**row, **columns, "recipe": recipe}] * posts.num_rows
    kept = posts.select([name for name in UNREAD.names if name not in ("text", "langs")])
    for name in READINGS.names:
        field = READINGS.field(name)
        kept = kept.append_column(field, pa.array([one[name] for one in rows], field.type))
    assert Readings(archive).append([kept], now=NOW).rows == len(ids)


@pytest.fixture
def archive(tmp_path: Path) -> archives.Archive:
    archive = archives.open(tmp_path, hold=True)
    rows = read_rows([f"p{n}" for n in range(7)], feeling="anger", at=NOW - timedelta(hours=1))
    archive.append("s", rows, now=NOW, cursor="1", mentions=mention_rows(rows))
    readings(archive, ["p0", "p1", "p2"], CAREFUL, feeling="joy", lang="tr")
    readings(archive, ["p2", "p3"], OTHER, feeling="fear")
    return archive


def ask(*reading: str, brand: str | None = "findik") -> Ask:
    measures = ("posts", "anger", "joy", "fear")
    return Ask(since=NOW - WEEK, until=NOW, measures=measures, where=Where(brand=brand), reading=reading)


def counted(archive: archives.Archive, *reading: str, brand: str | None = "findik") -> dict[str, int]:
    found = figures.answer(ask(*reading, brand=brand), archive)
    return {row.measure: row.posts for row in found.rows}


@pytest.mark.parametrize("brand", ["findik", None])
@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        ((), {"posts": 7, "anger": 7, "joy": 0, "fear": 0}),
        ((HEARD,), {"posts": 7, "anger": 7, "joy": 0, "fear": 0}),
        ((CAREFUL,), {"posts": 3, "anger": 0, "joy": 3, "fear": 0}),
        ((CAREFUL, HEARD), {"posts": 7, "anger": 4, "joy": 3, "fear": 0}),
        ((CAREFUL, OTHER, HEARD), {"posts": 7, "anger": 3, "joy": 3, "fear": 1}),
        ((OTHER, CAREFUL), {"posts": 4, "anger": 0, "joy": 2, "fear": 2}),
        (("test+0", CAREFUL), {"posts": 7, "anger": 7, "joy": 0, "fear": 0}),
        ((CAREFUL, "test+0", OTHER), {"posts": 7, "anger": 4, "joy": 3, "fear": 0}),
        (("nobody+0",), {"posts": 0, "anger": 0, "joy": 0, "fear": 0}),
    ],
)
def test_the_first_recipe_that_read_a_post_counts(
    archive: archives.Archive, reading: tuple[str, ...], expected: dict[str, int], brand: str | None
) -> None:
    assert counted(archive, *reading, brand=brand) == expected


def test_the_posts_behind_carry_the_reading_that_was_counted(archive: archives.Archive) -> None:
    asked = ask(CAREFUL, HEARD)
    found = figures.answer(asked, archive)
    assert found.recipes == (CAREFUL, "test+0")
    rows = figures.behind(asked.behind("joy"), archive).posts
    assert {(row["id"], row["feeling"], row["recipe"], row["lang"]) for row in rows} == {
        (f"p{n}", "joy", CAREFUL, "tr") for n in range(3)
    }
    assert len(figures.newest(asked, archive, limit=9)) == 7
    assert figures.newer(asked, archive, than=NOW - WEEK) == 7


def test_the_three_forms_of_a_question_carry_it() -> None:
    asked = ask(CAREFUL, HEARD)
    assert figures.from_json(asked.to_json()) == asked
    assert figures.from_query(asked.to_query()) == asked
    assert "reading" not in ask().as_dict()
    with pytest.raises(InvalidInput):
        ask("a", "b", "c", "d", "e")


def test_periods_read_by_different_recipes_are_not_compared(tmp_path: Path) -> None:
    archive = archives.open(tmp_path)
    now = [f"now{n}" for n in range(60)]
    rows = pa.concat_tables(
        [
            read_rows(now, at=NOW - timedelta(days=1), feeling="anger", author_id=now),
            read_rows([f"was{n}" for n in range(60)], at=NOW - timedelta(days=8), author_id=now),
        ]
    )
    archive.append("s", rows, now=NOW, cursor="1", mentions=mention_rows(rows))
    where, measures = Where(brand="findik"), ("authors", "anger")
    asked = Ask(since=NOW - WEEK, until=NOW, measures=measures, where=where, compare="before")
    assert figures.answer(asked, archive).one("anger").certain is True
    readings(archive, now, CAREFUL, feeling="anger")
    mixed = Ask(**{**{name: getattr(asked, name) for name in asked.__slots__}, "reading": (CAREFUL, HEARD)})
    found = figures.answer(mixed, archive)
    assert found.coverage.read_alike is False
    assert found.one("anger").value == 1
    assert (found.one("anger").clear, found.one("anger").certain) == (None, None)
    assert figures.answer(asked, archive).coverage.read_alike is True
