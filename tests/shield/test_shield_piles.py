"""Pile-ons: one card for those who act in step, none for an ordinary crowd."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa

from benchmarks.shield import pile_on
from kalkan.shield import triage
from kalkan.shield.piles import near, piles
from tests.conftest import NOW
from tests.shield.conftest import as_read

CALL = "Bu pastane müşterisini kovuyor arkadaşlar, hepiniz yazın duysun herkes bunu"


def _posts(texts: list[str], *, minutes: int = 1, quote_of: list[str | None] | None = None) -> pa.Table:
    n = len(texts)
    at = [NOW + timedelta(minutes=minutes * one) for one in range(n)]
    ids, authors = [f"p{one}" for one in range(n)], [f"a{one % 9}" for one in range(n)]
    posts = as_read(texts, id=ids, author_id=authors, at=at)
    return posts.append_column("quote_of", pa.array(quote_of or [None] * n, pa.string()))


def test_saying_the_same() -> None:
    texts = [
        CALL, CALL.upper() + "!!!", "RT @a.test " + CALL, CALL + " https://a.test/1 @b 123 😡", "evet " + CALL,
        "Bugün pastanede çok güzel bir doğum günü kutladık, herkese teşekkür ederiz", "başın sağ olsun",
        "Başın sağ olsun.", "başınız sağ olsun", "", "", None,
    ]  # fmt: skip
    groups = near(pa.array(texts, pa.string()))
    assert len(set(groups[:5])) == 1
    assert groups[5] != groups[0]
    assert groups[6] == groups[7] != groups[8]
    assert len(set(groups[8:])) == 4


def test_the_same_groups_in_any_order() -> None:
    texts = np.array([f"{CALL} {word}" for word in ("bir", "iki", "üç", "dört", "beş")] + ["başka bir şey"] * 2)
    order = np.random.default_rng(3).permutation(len(texts))
    one, other = near(pa.array(texts.tolist())), near(pa.array(texts[order].tolist()))
    assert np.array_equal(one[order][:, None] == one[order], other[:, None] == other)


def test_one_card_and_grievances_stay() -> None:
    texts = [f"{CALL} {'!' * (one % 3)}" for one in range(20)]
    texts += ["Siparişim gelmedi, iade istiyorum, ne zaman döneceksiniz?", "Güzel bir sabah"]
    quotes: list[str | None] = ["origin"] * 21 + [None]
    posts = _posts(texts, quote_of=quotes)
    card = piles(posts, triage(posts)).to_pylist()
    assert [(one["n"], one["authors"], one["origin"]) for one in card] == [(20, 9, "origin")]
    assert card[0]["same"] == 1.0
    assert 20 not in card[0]["rows"] and 21 not in card[0]["rows"]
    assert card[0]["post_ids"][0] == "p0" and card[0]["began"] == NOW
    assert sum(card[0]["places"].values()) == 20


def test_a_grievance_said_many_times_stays_once() -> None:
    texts = ["Kargom iki haftadır gelmedi, lütfen iade yapın artık bekliyoruz"] * 15
    posts = _posts(texts)
    card = piles(posts, triage(posts)).to_pylist()[0]
    assert card["kept"] == [0]


def test_an_ordinary_crowd_is_no_pile_on() -> None:
    posts = _posts([f"Bugün {one} numaralı otobüs {one * 7} dakika geç kaldı, hava {one} derece" for one in range(40)])
    assert piles(posts, triage(posts)).num_rows <= 1  # numbers left out, they may say the same
    posts = _posts(["günaydın", "iyi geceler", "başın sağ olsun", "hayırlı işler"] * 2)
    assert piles(posts, triage(posts)).num_rows == 0
    posts = _posts([CALL] * 30, minutes=60 * 30)  # more than a day between them
    assert piles(posts, triage(posts)).num_rows == 0


def test_the_towns_pile_on_is_one_card() -> None:
    """Replayed as the benchmark tells it: compression, mis-merges and the dose."""
    told = pile_on()
    assert told["cards"] == 1
    assert told["wrongly_merged"] == 0
    assert told["rows_in_cards"] >= 0.95 * told["of_the_pile_on"]
    assert told["grievances_kept_beside"] >= 1
    assert told["abuse_characters_after_cards"] <= 0.1 * told["abuse_characters_before"]
