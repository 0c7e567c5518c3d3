"""Accounts that act in step are one incident, counted by authors; a crowd is none."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from kalkan.stories.pileon import InStep, in_step, incident
from kalkan.stories.recent import POST
from kalkan.stories.terms import Terms, terms
from tests.telling.stories.streams import PIPES, START, story

SLOGAN = "shame on the harbour bridge builders every single one of them"


def crowd(n: int = 80, *, seed: int = 1) -> tuple[list[str], list[float], list[str]]:
    rng = np.random.default_rng(seed)
    words = [f"w{k}ord" for k in range(200)]
    texts = [" ".join(rng.choice(words, 9)) + " harbour bridge" for _ in range(n)]
    return texts, np.sort(rng.random(n) * 7200).tolist(), [f"p{k}" for k in range(n)]


def found(texts: list[str], authors: list[str]) -> Terms:
    return terms(pa.table({"text": texts, "author_id": authors}))


def ask(
    texts: list[str], seconds: list[float], authors: list[str], to: list[str | None] | None = None
) -> InStep | None:
    return in_step(np.array(seconds), found(texts, authors), to or [None] * len(texts))


@pytest.mark.parametrize("seed", range(6))
def test_a_crowd_is_no_incident(seed: int) -> None:
    assert ask(*crowd(seed=seed)) is None


def test_a_slogan_of_a_few_among_many_is_none_either() -> None:
    texts, seconds, authors = crowd(100)
    for k in range(0, 100, 15):
        texts[k] = SLOGAN
    assert ask(texts, seconds, authors) is None


def test_twelve_accounts_in_step_are_one_and_the_crowd_is_not_counted() -> None:
    texts, seconds, authors = crowd(60)
    rng = np.random.default_rng(3)
    for wave in range(4):
        at = 600 + 1500 * wave
        texts += [f"{SLOGAN} {'!' * k}" for k in range(12)]
        seconds += (at + rng.random(12) * 8).tolist()
        authors += [f"s{k}" for k in range(12)]
    answer = ask(texts, seconds, authors)
    assert answer is not None and "in_step" in answer.kinds and "same_text" not in answer.kinds
    assert answer.observed > 2 * answer.by_chance
    who = {authors[at] for at in np.flatnonzero(answer.any)}
    assert who == {f"s{k}" for k in range(12)}


def test_one_text_by_a_fifth_of_the_people_is_called_that_not_in_step() -> None:
    texts, seconds, authors = crowd(60)
    rng = np.random.default_rng(3)
    texts += [SLOGAN] * 20
    seconds += (rng.random(20) * 7200).tolist()
    authors += [f"s{k}" for k in range(20)]
    answer = ask(texts, seconds, authors)
    assert answer is not None and answer.kinds == ("same_text",)


def test_one_origin_needs_most_of_what_is_said() -> None:
    texts, seconds, authors = crowd(40)
    some: list[str | None] = ["at://origin" if k % 2 else None for k in range(40)]
    most: list[str | None] = ["at://origin" if k % 8 else None for k in range(40)]
    assert ask(texts, seconds, authors, some) is None
    answer = ask(texts, seconds, authors, most)
    assert answer is not None and answer.kinds == ("one_origin",) and answer.origin == "at://origin"


def test_short_condolences_are_no_campaign_unless_they_are_in_step() -> None:
    texts, seconds, authors = crowd(60)
    texts[::12] = ["başın sağ olsun"] * len(texts[::12])
    assert ask(texts, seconds, authors) is None


def test_fewer_than_ten_people_are_never_one() -> None:
    assert ask([SLOGAN] * 40, np.arange(40.0).tolist(), [f"s{k % 9}" for k in range(40)]) is None


def test_an_incident_says_what_it_rests_on_and_names_no_account() -> None:
    rows = sorted(story(PIPES, after_hours=1, n=12))
    rows += [(rows[-1][0], SLOGAN, f"mob{k}") for k in range(14)]
    posts = pa.Table.from_pylist(
        [
            {**dict.fromkeys(POST.names), "text": text, "at": at, "id": f"at://{k}", "scopes": ["brand:x"]}
            for k, (at, text, _) in enumerate(rows)
        ],
        schema=POST,
    )
    card = incident(posts, found([text for _, text, _ in rows], [who for _, _, who in rows]))
    assert card is not None and card.authors >= 14 and card.of == 26 and card.target == "brand:x"
    assert card.same_text_authors >= 14 and START < card.since <= card.until
    assert all(one.id.startswith("at://") for one in card.examples)
    assert "mob3" not in str(card)
