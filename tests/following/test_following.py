"""The follower: what the archive stored becomes stories and alarms, once, whatever happens on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from kalkan import archive as archives
from kalkan.archive import keys_of
from kalkan.archive.since import Since
from kalkan.archive.sweep import compact, erase
from kalkan.errors import ArchiveDamaged
from kalkan.posts import GONE
from kalkan.stories import book
from kalkan.stories.book import Book, Step
from kalkan.stories.streams import Streams
from tests.conftest import read_rows
from tests.following.town import BURST, CALLED, END, WATERWORKS, fill, follower, run_through, town
from tests.telling.stories.streams import START, everyday

Told = list[tuple[str, str, datetime, str]]


def told(shelf: Book) -> Told:
    """Alarms as they came, without what the clock adds."""
    return [(one.scope, one.what, one.at, one.title) for one in shelf.alarms(newest_first=False)]


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("town")
    one = follower(folder, town(folder), most=60)
    run_through(one, now=END)
    one.keep(now=END)
    return folder


@pytest.fixture
def shelf(followed: Path) -> Book:
    return book.open(followed / "stories")


def test_a_story_is_told_once_and_then_that_it_reaches_the_brand(shelf: Book) -> None:
    alarms = shelf.alarms(newest_first=False)
    born = alarms[0]
    assert (born.scope, born.what) == ("all", "born")
    fifth = sorted(at for at, _, _ in BURST)[4]
    assert timedelta() < born.at - fifth <= timedelta(minutes=3)
    assert born.reason.code == "story_rises" and born.reason.params["authors"] == born.authors
    assert born.after_fifth is not None and 0 < born.after_fifth <= 4
    assert not born.late or END - born.at > timedelta(hours=1)
    others = [(one.what, one.scope, one.story) for one in alarms[1:]]
    assert set(others) <= {
        ("reaches", "brand:waterworks", born.story),
        ("surge", "brand:waterworks", born.story),
        ("turned", "all", born.story),
    }
    assert ("reaches", "brand:waterworks", born.story) in others


def test_its_row_says_how_it_spread(shelf: Book) -> None:
    (row, *_) = shelf.stories(scope="all")
    assert "Alder Street" in row.title or "ater main" in row.title
    assert row.n == shelf.members(row.id).num_rows > 50
    assert row.trace.own == row.n and row.trace.quotes == 0
    assert [part.name for part in row.trace.networks] == ["bluesky", "mastodon"]
    assert [(jump.kind, jump.origin, jump.to) for jump in row.trace.jumps] == [("network", "bluesky", "mastodon")]
    assert row.trace.first is not None and row.trace.first.at == min(at for at, _, _ in BURST)
    assert row.trace.fifth_author is not None
    assert row.watches[0].name == "brand:waterworks" and row.watches[0].authors >= 20
    assert all(one.id.startswith("at://") for one in row.examples) and row.examples
    assert shelf.stories(watch="brand:waterworks")[0].id == row.id
    assert shelf.stories(watch="peer:waterworks:Springhouse") == ()
    assert shelf.stories(network="mastodon")[0].id == row.id and shelf.stories(lang="tr") == ()
    assert {part.name for part in row.severity.parts} == {
        "volume", "growth", "spread", "mood", "vividness", "cause", "responsibility", "abuse",
    }  # fmt: skip


def test_its_curve_adds_up_and_stands_on_a_baseline(shelf: Book) -> None:
    (row, *_) = shelf.stories(scope="all")
    for step in (1, 5, 20):
        curve = shelf.curve(row.id, step=step)
        assert sum(curve["posts"].to_pylist()) == row.n
        assert all(low <= usual + 1 and usual <= high for low, usual, high in zip(
            curve["low"].to_pylist(), curve["usual"].to_pylist(), curve["high"].to_pylist(), strict=True))  # fmt: skip
    line = shelf.sparklines([row.id], until=END, hours=2, bins=12)[row.id]
    assert sum(line) == row.n and line[0] == 0


def test_watched_curves_are_kept(shelf: Book) -> None:
    assert {"all", "brand:waterworks", "market:en", "peer:waterworks:Springhouse"} <= set(shelf.scopes())
    curve = shelf.scope_curve("brand:waterworks", since=START, until=END, step=60)
    assert curve["posts"].null_count == curve.num_rows
    assert sum(curve["authors"].to_pylist()) >= 20
    until = shelf.followed_until()
    assert until is not None and END - until < timedelta(minutes=2)


def test_the_size_of_a_step_does_not_matter(tmp_path: Path) -> None:
    found = []
    for most in (25, 50_000):
        folder = tmp_path / str(most)
        one = follower(folder, town(folder, called=False), most=most)
        run_through(one, now=END)
        found.append(told(book.open(folder / "stories")))
    assert found[0] == found[1] != []


@pytest.mark.parametrize("keep", [True, False])
def test_a_restart_neither_forgets_nor_repeats(followed: Path, tmp_path: Path, keep: bool) -> None:
    archive = town(tmp_path)
    for turn in range(4):
        one = follower(tmp_path, archive, most=60)
        run_through(one, now=END, steps=3)
        if keep and turn % 2:
            one.keep(now=END)
    run_through(follower(tmp_path, archive, most=60), now=END)
    before, after = book.open(followed / "stories"), book.open(tmp_path / "stories")
    assert told(after) == told(before)
    one_row, other_row = before.stories(scope="all")[0], after.stories(scope="all")[0]
    assert (one_row.id, one_row.n, one_row.authors, one_row.title) == (
        other_row.id, other_row.n, other_row.authors, other_row.title,
    )  # fmt: skip
    assert after.members(other_row.id).sort_by("key") == before.members(one_row.id).sort_by("key")
    assert after.curve(other_row.id) == before.curve(one_row.id)


class Died(BaseException):
    """Where a process would have been killed."""


@pytest.mark.parametrize("where", ["hear", "say", "commit", "marked"])
def test_wherever_it_dies_it_goes_on(
    followed: Path, tmp_path: Path, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = town(tmp_path)
    turns = {"n": 0}

    def dies(target: object, name: str, *, before: bool, every: int) -> None:
        real = getattr(target, name)

        def instead(*args: object, **given: object) -> object:
            turns["n"] += 1
            now = turns["n"] % every == 0 and turns["n"] < 9
            if now and before:
                raise Died
            answer = real(*args, **given)
            if now:
                raise Died
            return answer

        monkeypatch.setattr(target, name, instead)

    point = {
        "hear": (Streams, "hear", False, 5), "say": (Step, "say", False, 2),
        "commit": (Book, "step", True, 4), "marked": (Book, "keep", False, 2),
    }  # fmt: skip
    target, name, before, every = point[where]
    dies(target, name, before=before, every=every)
    for _ in range(60):
        try:
            one = follower(tmp_path, archive, most=60)
            while one.step(now=END).posts:
                one.keep(now=END)
            one.keep(now=END)
            break
        except Died:
            continue
    assert turns["n"] > 1
    shelf, before_it = book.open(tmp_path / "stories"), book.open(followed / "stories")
    assert told(shelf) == told(before_it)
    assert [row.n for row in shelf.stories()] == [row.n for row in before_it.stories()]


def test_killed_in_the_middle_it_says_the_same(followed: Path, tmp_path: Path) -> None:
    town(tmp_path)
    script = (
        "import sys; from pathlib import Path; from kalkan import archive; from tests.following.town import *\n"
        "folder = Path(sys.argv[1]); one = follower(folder, archive.open(folder / 'archive'), most=60)\n"
        "print('begun', flush=True)\n"
        "for turn in range(10_000):\n"
        "    if not one.step(now=END).posts: break\n"
        "    if turn % 4 == 3: one.keep(now=END)\n"
    )
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    ) as child:  # fmt: skip
        assert child.stdout is not None and child.stdout.readline() == "begun\n"
        time.sleep(0.15)
        child.send_signal(signal.SIGKILL)
    one = follower(tmp_path, archives.open(tmp_path / "archive"), most=60)
    run_through(one, now=END)
    assert told(book.open(tmp_path / "stories")) == told(book.open(followed / "stories"))


def test_a_sweep_in_between_changes_nothing(followed: Path, tmp_path: Path) -> None:
    archive = town(tmp_path)
    one = follower(tmp_path, archive, most=60)
    run_through(one, now=END, steps=2)
    compact(archive, now=END, everything=True)
    run_through(one, now=END)
    assert told(book.open(tmp_path / "stories")) == told(book.open(followed / "stories"))


def test_a_sweep_between_looking_and_reading_loses_nothing(followed: Path, tmp_path: Path) -> None:
    """The worker's sweep shares the archive with the follower and may replace files at any moment."""
    archive = town(tmp_path)
    since = Since(archive)
    stretch = since.after({}, day=START.date(), most=10_000)
    compact(archive, now=END, everything=True)
    posts, mentions = since.rows(stretch, ("id", "key"))
    assert posts.num_rows == stretch.rows > 500 and mentions.num_rows > 0
    for path in archive.logs["posts"].root.glob("day=*/*.parquet"):
        if str(path) not in archive.logs["posts"].paths():
            path.unlink()
    again, _ = since.rows(stretch, ("id", "key"))
    assert again.sort_by("id") == posts.sort_by("id")


def test_what_is_erased_leaves_everything(tmp_path: Path) -> None:
    archive = town(tmp_path)
    one = follower(tmp_path, archive)
    run_through(one, now=END)
    one.keep(now=END)
    shelf = book.open(tmp_path / "stories")
    (row, *_) = shelf.stories(scope="all")
    first = row.trace.first
    assert first is not None
    gone = [*(example.id for example in row.examples), first.id]
    words = archive.query(
        f"SELECT text FROM posts WHERE id IN ({', '.join('?' * len(gone))})", gone, tables=("posts",)
    )["text"].to_pylist()
    erase(archive, gone, now=END)
    later = END + timedelta(minutes=2)
    one.step(now=later)
    after = shelf.story(row.id)
    assert after is not None and after.trace.first is None
    assert not {example.id for example in after.examples} & set(gone)
    assert after.n >= shelf.members(row.id).num_rows == row.n - len(set(gone))
    for alarm in shelf.alarms():
        assert not {example.id for example in alarm.examples} & set(gone)
    held = one.streams.everything.recent.posts
    assert not set(gone) & set(held["id"].to_pylist())
    state, _ = shelf.kept() or (b"", {})
    once = [text for text in words if archive.query(
        "SELECT count(*) AS n FROM posts WHERE text = ?", [text], tables=("posts",))["n"][0].as_py() == 0]  # fmt: skip
    raw = b"".join(path.read_bytes() for path in (tmp_path / "stories").iterdir())
    assert all(post.encode() not in raw for post in gone)
    again = Streams.restore(state)
    texts = {text for stories in again.by_scope.values() for text in stories.recent.posts["text"].to_pylist()}
    texts |= {example["text"] for story in again.every() for example in story.examples}
    assert not texts & set(once)


def test_an_account_that_is_gone_takes_its_posts_along(tmp_path: Path) -> None:
    archive = town(tmp_path)
    one = follower(tmp_path, archive)
    run_through(one, now=END)
    shelf = book.open(tmp_path / "stories")
    (row, *_) = shelf.stories(scope="all")
    who = CALLED[0][2]
    gone = pa.Table.from_pylist([{"id": who, "network": "mastodon", "at": END, "why": "account"}], schema=GONE)
    archive.remove(gone, now=END)
    one.step(now=END + timedelta(minutes=2))
    assert shelf.members(row.id).num_rows == row.n - 1


def test_a_story_without_posts_has_no_words_left(tmp_path: Path) -> None:
    archive = town(tmp_path, called=False)
    one = follower(tmp_path, archive)
    run_through(one, now=END)
    shelf = book.open(tmp_path / "stories")
    (row, *_) = shelf.stories(scope="all")
    ids = archive.query("SELECT id, key FROM posts", tables=("posts",))
    members = set(shelf.members(row.id)["key"].to_pylist())
    mine = [id for id, key in zip(ids["id"].to_pylist(), ids["key"].to_pylist(), strict=True) if key in members]
    shelf.forget(keys_of(pa.chunked_array([mine])))
    after = shelf.story(row.id)
    assert after is not None and after.title == "" and after.terms == () and after.examples == ()
    assert all(alarm.title == "" for alarm in shelf.alarms(story=row.id))


def test_what_comes_late_belongs_to_its_story_but_makes_nothing_rise(tmp_path: Path) -> None:
    archive = town(tmp_path, called=False)
    one = follower(tmp_path, archive)
    run_through(one, now=END)
    shelf = book.open(tmp_path / "stories")
    (row, *_) = shelf.stories(scope="all")
    before = told(shelf)
    ids = fill(archive, sorted(CALLED), source="mastodon:slow", network="mastodon")
    late = sum(at < END - timedelta(minutes=17) for at, _, _ in CALLED)
    assert late > 20
    run_through(one, now=END + timedelta(seconds=30))
    one.keep(now=END)
    after = shelf.story(row.id)
    assert after is not None and after.n >= row.n + late and len(ids) >= late
    assert told(shelf) == before


def test_a_past_of_years_is_no_news(tmp_path: Path) -> None:
    archive = town(tmp_path, called=False)
    one = follower(tmp_path, archive)
    run_through(one, now=END)
    old = [(at - timedelta(days=700), text, who) for at, text, who in everyday(hours=2, per_hour=60)]
    fill(archive, sorted(old), source="import:file")
    assert one.step(now=END).posts == 0


def test_it_waits_for_a_source_that_is_catching_up(tmp_path: Path) -> None:
    archive = archives.open(tmp_path / "archive")
    fill(archive, sorted(QUIET_NOW), source="mastodon:live", network="mastodon")
    fill(archive, sorted(everyday(hours=1, per_hour=500)), source="bluesky:behind")
    one = follower(tmp_path, archive)
    now = START + timedelta(hours=9)
    one.step(now=now)
    assert one.streams.open < (START + timedelta(hours=2)).timestamp() / 60
    later = now + timedelta(minutes=2)  # it has said nothing more meanwhile
    one.step(now=later)
    assert one.streams.open > (START + timedelta(hours=8)).timestamp() / 60


QUIET_NOW = [(at + timedelta(hours=8), text, who) for at, text, who in everyday(hours=1, per_hour=30, seed=4)]


def test_nothing_begins_before_everybody_could_speak(tmp_path: Path) -> None:
    from kalkan.following import Following

    archive = town(tmp_path)
    one = Following(archive, book.open(tmp_path / "stories"), brands=lambda: (WATERWORKS,))
    assert one.step(now=END).posts == 0
    assert one.step(now=END + timedelta(seconds=5)).posts == 0
    assert one.step(now=END + timedelta(seconds=30)).posts > 0


def test_a_quiet_stream_still_ends_its_minutes(tmp_path: Path) -> None:
    archive = town(tmp_path)
    one = follower(tmp_path, archive)
    run_through(one, now=END)
    shelf = book.open(tmp_path / "stories")
    one.step(now=END + timedelta(hours=5))
    until = shelf.followed_until()
    assert until is not None and until >= END + timedelta(hours=4, minutes=58)
    for hour in range(6, 20):
        one.step(now=END + timedelta(hours=hour))
    assert {row.state for row in shelf.stories()} == {"closed"}


def test_reposts_are_counted_where_the_network_told_them(tmp_path: Path) -> None:
    archive = town(tmp_path)
    posts = archive.query("SELECT id FROM mentions ORDER BY id LIMIT 3")["id"].to_pylist()
    counts = pa.table(
        {
            "post_id": posts,
            "network": ["mastodon"] * 3,
            "at": pa.array([END] * 3, pa.timestamp("us", "UTC")),
            "mode": ["total", "total", "seen"],
            "likes": pa.array([1, 1, 1]),
            "reposts": pa.array([5, 7, 2]),
            "replies": pa.array([0, 0, 0]),
            "quotes": pa.array([0, 0, 0]),
        }
    )
    archive.append("mastodon:test", read_rows([]), now=END, cursor="y", counts=counts)
    one = follower(tmp_path, archive)
    run_through(one, now=END)
    one.keep(now=END)
    one.step(now=END + timedelta(minutes=11))
    one.keep(now=END)
    row = next(row for row in book.open(tmp_path / "stories").stories(scope="all"))
    assert (row.trace.reposts, row.trace.counted) == (14, 3)


def test_damage_is_told(tmp_path: Path) -> None:
    archive = town(tmp_path)
    one = follower(tmp_path, archive)
    one.step(now=END)
    one.keep(now=END)
    (path,) = (tmp_path / "stories").glob("checkpoint-*.arrow")
    path.write_bytes(path.read_bytes()[:-7] + b"damaged")
    with pytest.raises(ArchiveDamaged) as error:
        follower(tmp_path, archive)
    assert error.value.code == "stories_damaged"
