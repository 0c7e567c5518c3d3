"""Detection within each watched stretch of talk: seen where it is drowned elsewhere, told once to a team, bounded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

import pyarrow as pa
import pytest

from kalkan.posts import key_of
from kalkan.stories.detect import Rules
from kalkan.stories.scopes import MOST, SHARED_TERMS, chosen, seen_by, team_of
from kalkan.stories.streams import Said, Streams
from tests.telling.stories.streams import PIPES, START, everyday, story

PEER = "peer:works:Springhouse"
SCOPES = ["brand:works", PEER, "topic:works:pumps", "market:en", "market:tr"]
Row = tuple[datetime, str, str, str, tuple[str, ...]]


def heard(rows: Sequence[Row]) -> pa.Table:
    """Rows of (at, text, author, language, scopes) as the follower hands them over."""
    rows = sorted(rows)
    n = len(rows)
    ids = [f"at://{who}/{at.timestamp():.6f}/{k}" for k, (at, _, who, *_) in enumerate(rows)]
    lists = pa.list_(pa.string())
    return pa.table(
        {
            "id": ids,
            "key": pa.array([key_of(one) for one in ids]),
            "network": pa.repeat("bluesky", n),
            "author_id": [row[2] for row in rows],
            "text": [row[1] for row in rows],
            "at": pa.array([row[0] for row in rows], pa.timestamp("us", tz="UTC")),
            "lang": pa.array([row[3] for row in rows], pa.string()),
            "links": pa.array([[]] * n, lists),
            "tags": pa.array([[]] * n, lists),
            "to": pa.nulls(n, pa.string()),
            "how": pa.array([0] * n, pa.int8()),
            "site": pa.nulls(n, pa.string()),
            "scopes": pa.array([list(row[4]) for row in rows], lists),
            "signs": pa.array([0] * n, pa.int32()),
        }
    )


def calm(*, hours: float, per_hour: float, lang: str = "en", seed: int = 1, scopes: tuple[str, ...] = ()) -> list[Row]:
    return [(at, text, who, lang, scopes) for at, text, who in everyday(hours=hours, per_hour=per_hour, seed=seed)]


def said(rows: Sequence[Row], scopes: Sequence[str] = SCOPES, *, hours: float) -> tuple[list[Said], Streams]:
    streams = Streams()
    streams.follow(scopes)
    found = streams.hear(heard(rows))
    found += streams.until(int((START + timedelta(hours=hours)).timestamp()) // 60)
    return found, streams


def umbrellas(n: int, *, from_hour: float, to_hour: float, who: str, scopes: tuple[str, ...]) -> list[Row]:
    rng = Random(7)
    words = ("left", "lost", "opened", "mended", "dropped", "borrowed", "sold", "broke")
    return [
        (
            START + timedelta(hours=from_hour + (to_hour - from_hour) * rng.random()),
            f"{rng.choice(words)} an umbrella handle {rng.choice(('again', 'today', 'at last', 'somewhere'))} no {k}",
            f"{who}{k}",
            "en",
            scopes,
        )
        for k in range(n)
    ]


def test_what_is_usual_everywhere_may_rise_among_those_who_name_a_peer() -> None:
    rows = calm(hours=9, per_hour=40) + umbrellas(540, from_hour=0, to_hour=9, who="u", scopes=())
    rows += [
        (at, f"springhouse {text}", f"q{who}", lang, scopes)
        for at, text, who, lang, scopes in calm(hours=9, per_hour=8, seed=3, scopes=(PEER,))
    ]
    rows += umbrellas(14, from_hour=8, to_hour=8.4, who="s", scopes=(PEER,))
    found, streams = said(rows, hours=9)
    assert [(one.scope, one.told.what) for one in found] == [(PEER, "born")]
    assert any("umbrella" in name.lower() for name in found[0].told.terms)
    again = Streams.restore(Streams.restore(streams.save()).save())
    assert list(again.by_scope) == ["all", "brand:works", "market:en", "market:tr", PEER, "topic:works:pumps"]
    assert again.by_scope[PEER].recent.most == streams.by_scope[PEER].recent.most < 100_000
    assert again.save() == streams.save()


def test_one_thing_is_told_to_a_team_once() -> None:
    named = ("brand:works", PEER, "topic:works:pumps")
    rows = calm(hours=9, per_hour=60)
    rows += [(at, f"{text} says springhouse", who, "en", named) for at, text, who in story(PIPES, after_hours=8)]
    found, streams = said(rows, hours=9)
    assert [(one.scope, one.told.what) for one in found] == [("all", "born")]
    (row, *_) = streams.everything.stories
    others = [one for scope, held in streams.by_scope.items() if scope != "all" for one in held.stories]
    assert others and {one.into for one in others} == {row.id}, "found in each scope, kept as one"
    assert len({one.id for one in (*others, row)}) == len(others) + 1


def chatter(n: int, *, from_hour: float, to_hour: float, lang: str, seed: int) -> list[Row]:
    """Talk of nothing in particular: no word comes twice."""
    rng = Random(seed)
    return [
        (START + timedelta(hours=from_hour + (to_hour - from_hour) * rng.random()),
         " ".join(f"w{rng.randrange(1 << 40):x}" for _ in range(4)), f"{lang}{seed}-{k}", lang, ())
        for k in range(n)
    ]  # fmt: skip


@pytest.mark.parametrize("rest", [False, True])
def test_a_language_surges_unless_all_do(rest: bool) -> None:
    rows = chatter(150, from_hour=0, to_hour=7.5, lang="tr", seed=1)
    rows += chatter(150, from_hour=0, to_hour=7.5, lang="en", seed=2)
    rows += chatter(150, from_hour=7, to_hour=7.5, lang="tr", seed=3)
    rows += chatter(150 if rest else 0, from_hour=6.98, to_hour=7.5, lang="en", seed=4)
    found, _streams = said(rows, ["market:en", "market:tr"], hours=7.5)
    told = [(one.scope, one.told.what, one.told.title, one.story.gravity.level) for one in found]
    assert told == ([] if rest else [("market:tr", "surge", "", 0)])


def test_scopes_are_bounded_and_brands_come_first() -> None:
    many = [*(f"topic:a:{k}" for k in range(80)), "market:tr", "brand:a", "brand:b"]
    found = chosen(many, Rules())
    assert list(found)[:3] == ["brand:a", "brand:b", "market:tr"] and len(found) == MOST
    assert sum(rules.most_terms for rules in found.values()) <= SHARED_TERMS
    assert found["market:tr"].most_terms > 5 * found["brand:a"].most_terms
    assert found["market:tr"].warm_up == Rules().warm_up < found["topic:a:0"].warm_up


def test_whose_eyes_a_scope_is_for() -> None:
    assert (team_of("topic:a:x:y"), team_of("market:tr"), team_of("all")) == ("a", "", "")
    assert seen_by("peer:a:x", "brand:a") and seen_by("peer:a:x", "market:tr") and not seen_by("peer:a:x", "brand:b")
    assert not seen_by("market:tr", "brand:a")
