"""How a story spreads: counted by its own posts, by place and by what set them off, never by who."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from kalkan.posts import key_of
from kalkan.stories.recent import POST
from kalkan.stories.terms import terms
from kalkan.stories.times import minute_of
from kalkan.stories.trace import MEDIA, READ, REPLY, Spread, half_life
from tests.telling.stories.streams import START


def take(spread: Spread, rows: list[dict[str, Any]], *, start: datetime = START) -> None:
    """Give ``rows`` to ``spread``, one a minute where they name no time."""
    full = [
        {
            **dict.fromkeys(POST.names),
            "at": start + timedelta(minutes=k),
            "id": f"at://{k}",
            "how": 0,
            "signs": READ,
            **row,
        }
        for k, row in enumerate(rows)
    ]
    authors = [str(row.pop("author")) for row in full]
    posts = pa.Table.from_pylist(full, schema=POST)
    found = terms(pa.table({"text": posts["text"], "author_id": authors}))
    spread.take(np.array([minute_of(row["at"]) for row in full]), found, posts)


def row(author: object, text: str = "the old mill is on fire tonight", **more: object) -> dict[str, Any]:
    return {"author": author, "text": text, "network": "bluesky", "lang": "en", **more}


def test_arrival_is_the_third_person_not_the_third_post() -> None:
    spread = Spread()
    take(spread, [row("a"), row("a"), row("a"), row("b"), row("b"), row("c"), row("d"), row("e")])
    (part,) = spread.parts("network")
    assert (part.name, part.posts, part.authors) == ("bluesky", 8, 5)
    assert part.arrived == START + timedelta(minutes=5) and part.first == START and part.first_post == "at://0"
    assert spread.row(half_life=None).fifth_author == START + timedelta(minutes=7)


def test_a_jump_names_where_it_came_from_and_when_people_had_it() -> None:
    spread = Spread()
    take(spread, [row(k) for k in range(5)])
    take(spread, [row(f"m{k}", network="mastodon", lang="tr") for k in range(4)], start=START + timedelta(hours=1))
    jumps = {(one.kind, one.origin, one.to, one.at) for one in spread.row(half_life=None).jumps}
    when = START + timedelta(hours=1, minutes=2)
    assert jumps == {("network", "bluesky", "mastodon", when), ("language", "en", "tr", when)}


def test_carriers_are_feeds_sites_and_posts_that_set_off_three_people() -> None:
    spread = Spread()
    take(spread, [
        row("f", network="feeds", site="ordu.test"), *(row(f"s{k}", site="ordu.test") for k in range(4)),
        *(row(f"q{k}", to="at://origin", how=2) for k in range(5)),
        *(row(f"r{k}", to="at://few", how=REPLY) for k in range(2)),
        *(row(f"b{k}", site="bsky.app") for k in range(9)),
    ])  # fmt: skip
    carriers = {(one.kind, one.name, one.authors) for one in spread.carriers()}
    assert carriers == {("feed", "ordu.test", 5), ("post", "at://origin", 5)}
    trace = spread.row(half_life=None)
    assert (trace.own, trace.replies, trace.quotes) == (14, 2, 5)
    assert trace.texts == 1


def test_what_a_gone_post_stood_for_is_gone() -> None:
    spread = Spread()
    take(spread, [row(0, id="at://first"), *(row(k, to="at://origin", how=2) for k in range(1, 6))])
    spread.forget({key_of("at://first"), key_of("at://origin")})
    trace = spread.row(half_life=None)
    assert trace.first is None and trace.carriers == () and trace.networks[0].first_post == ""


def test_counts_are_kept_and_taken_up() -> None:
    spread = Spread()
    rows = [row(k, site=f"s{k % 3}.test", scopes=["brand:x"], signs=READ | (MEDIA if k % 2 else 0)) for k in range(30)]
    take(spread, rows[:20])
    again = Spread.resume(spread.state())
    for one in (spread, again):
        take(one, rows[20:], start=START + timedelta(hours=1))
    assert again.row(half_life=None) == spread.row(half_life=None)
    assert again.share(MEDIA) == spread.share(MEDIA) == (15, 30)
    assert again.parts("scopes") == spread.parts("scopes") and again.parts("scopes")[0].posts == 30


def test_memory_stays_bounded_however_many_links_come() -> None:
    spread = Spread()
    for batch in range(12):
        take(spread, [row(k, site=f"{batch}-{k}.test") for k in range(100)])
    take(spread, [row(f"x{k}", site="carrier.test") for k in range(50)])
    assert len(spread.tallies["site"]) <= 400
    assert spread.carriers()[0].name == "carrier.test"


@pytest.mark.parametrize(("shape", "expected"), [("falling", 60.0), ("steady", None), ("short", None)])
def test_half_life(shape: str, expected: float | None) -> None:
    minutes = np.arange(600)
    posts = {
        "falling": np.where(minutes < 60, 20, np.maximum(20 * 0.5 ** ((minutes - 60) / 60), 0)).astype(np.int64),
        "steady": np.full(600, 5),
        "short": np.full(600, 5),
    }[shape]
    until = 599 if shape != "short" else 40
    found = half_life(minutes[: until + 1], posts[: until + 1], until)
    assert found is None if expected is None else found is not None and abs(found - 95) <= 40
