"""The term table: bounded, exact when taken up, quick by the minute."""

from __future__ import annotations

import numpy as np

from kalkan.stories.detect import DAY, Detector, Rules
from kalkan.stories.keeping import pack, unpack
from kalkan.stories.terms import Terms


def minute_of(term: np.ndarray, author: np.ndarray) -> Terms:
    n = len(term)
    return Terms(
        n, np.arange(n), term.astype(np.uint64), author.astype(np.uint64) << np.uint64(32), author.astype(np.uint64),
        np.zeros((n, 12), np.uint32), np.zeros(n, np.bool_),
    )  # fmt: skip


def one(term: int, *authors: int) -> Terms:
    return minute_of(np.full(len(authors), term), np.array(authors))


def test_memory_is_bounded_and_what_is_told_stays() -> None:
    detector = Detector(rules=Rules(most_terms=20_000))
    rng = np.random.default_rng(5)
    detector.hear(0, one(77, 1, 2, 3))
    detector.mute(np.array([77], np.uint64), until=500)
    for minute in range(1, 40):
        detector.hear(minute, minute_of(rng.integers(100, 1 << 62, 9_000), rng.integers(1, 1 << 31, 9_000)))
        assert detector.live <= 20_000
        assert len(detector.key) <= 20_000 / 0.6 + 1 or len(detector.key) <= 1 << 16
    assert detector.find(np.array([77], np.uint64))[0] >= 0


def test_a_term_that_comes_back_is_found_where_it_was_left() -> None:
    detector = Detector()
    rng = np.random.default_rng(6)
    many = rng.integers(1, 1 << 62, 50_000)
    detector.hear(0, minute_of(many, rng.integers(1, 1 << 31, 50_000)))
    assert (detector.find(np.unique(many).astype(np.uint64)) >= 0).all()
    assert detector.live == len(np.unique(many))
    assert detector.find(np.array([12345], np.uint64))[0] == -1


def test_the_same_five_people_count_once_a_rise() -> None:
    rules = Rules(warm_up=0)
    loud, wide = Detector(rules=rules), Detector(rules=rules)
    for detector in (loud, wide):
        for minute in range(0, 2 * DAY, 10):
            detector.hear(minute, one(1_000 + minute, minute))
    for step in range(8):
        at = 2 * DAY + step
        loud.hear(at, one(7, 1, 2, 3))
        wide.hear(at, one(7, *range(10 * step, 10 * step + 3)))
    place = [detector.find(np.array([7], np.uint64))[0] for detector in (loud, wide)]
    assert loud.n_voices[place[0]] == 3
    assert wide.n_voices[place[1]] == 24
    assert wide.s[place[1]] > loud.s[place[0]]


def test_one_minute_brings_no_more_than_half_the_bar() -> None:
    detector = Detector(rules=Rules(warm_up=0))
    for minute in range(0, 2 * DAY, 10):
        detector.hear(minute, one(1_000 + minute, minute))
    rising = detector.hear(2 * DAY, one(7, *range(500)))
    assert len(rising.term) == 0
    at = detector.find(np.array([7], np.uint64))
    assert 0 < detector.s[at[0]] <= detector.bar() / 2 + 1e-3


def test_what_is_usual_at_this_hour_does_not_rise() -> None:
    """A greeting of every morning rises on the first day at most."""
    detector = Detector()
    told: list[int] = []
    for day in range(6):
        for minute in range(0, DAY, 4):
            base = day * DAY + minute
            talk = [one(10_000 + base, base)]
            if 360 <= minute < 540:
                talk.append(one(7, *range(base * 10, base * 10 + 3)))
            term = np.concatenate([part.term for part in talk])
            author = np.concatenate([part.author for part in talk]) >> np.uint64(32)
            rising = detector.hear(base, minute_of(term, author))
            told += [day for term in rising.term.tolist() if term == 7]
    assert all(day < 2 for day in told)


def test_state_is_taken_up_exactly() -> None:
    rng = np.random.default_rng(8)
    minutes = [minute_of(rng.integers(1, 3_000, 400), rng.integers(1, 1 << 31, 400)) for _ in range(30)]
    straight, broken = Detector(), Detector()
    for at, part in enumerate(minutes):
        straight.hear(at, part)
        broken.hear(at, part)
        if at % 7 == 3:
            broken = Detector.resume(unpack(pack(broken.state())))
    for name in Detector._TABLE:
        assert np.array_equal(getattr(straight, name), getattr(broken, name)), name
    assert straight.bar() == broken.bar()
