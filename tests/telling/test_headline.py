"""The sentence a page opens with: golden in both languages, and never more than the figures hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone, translation
from hypothesis import given, settings
from hypothesis import strategies as st

from kalkan.desk import telling
from kalkan.figures import Ask, Before, Coverage, Figure, Figures, Missed, Where, intervals
from kalkan.posts import ABOUT
from tests.telling.shelf import NOON

WEEK = timedelta(days=7)


@pytest.fixture(autouse=True)
def _istanbul() -> Iterator[None]:
    with timezone.override("Europe/Istanbul"):
        yield


def share(measure: str, now: tuple[int, int], was: tuple[int, int], comparisons: int = 14) -> Figure:
    """A share as :func:`kalkan.figures.answer` makes it."""
    strict = 1 - 0.05 / comparisons
    known = now[1] > 0 and was[1] > 0
    difference = intervals.difference(*now, *was)
    return Figure(
        measure=measure,
        key=None,
        count=now[0],
        n=now[1],
        posts=now[0],
        value=now[0] / now[1] if now[1] else 0.0,
        interval=intervals.share(*now),
        before=Before(count=was[0], n=was[1], value=was[0] / was[1] if was[1] else 0.0, interval=intervals.share(*was)),
        difference=difference if known else None,
        clear=not difference.touches(0.0) if known else None,
        certain=not intervals.difference(*now, *was, level=strict).touches(0.0) if known else None,
    )


def told(
    now: int, was: int, *shares: Figure, heard: bool = True, days: float = 7, gaps: tuple[Missed, ...] = ()
) -> Figures:
    """Figures of a week with ``now`` authors against ``was``."""
    ratio = intervals.ratio(now, was) if heard and now + was else None
    authors = Figure(
        measure="authors",
        key=None,
        count=now,
        n=now,
        posts=now,
        value=now,
        before=Before(count=was, n=was, value=was, interval=None),
        ratio=ratio,
        clear=ratio is not None and not ratio.touches(1.0),
        certain=ratio is not None and not ratio.touches(1.0),
    )
    return Figures(
        ask=Ask(since=NOON - timedelta(days=days), until=NOON, where=Where(brand="findik"), compare="before"),
        rows=(authors, *shares),
        coverage=Coverage(gaps=gaps, before_heard=heard),
        recipes=(),
        asked_at=NOON,
        heard_until=NOON,
    )


ANGER = share("anger", (533, 2963), (265, 2410))
JOY = share("joy", (267, 2963), (386, 2410))
CASES = {
    "one": (
        told(2963, 2700, ANGER),
        "Anger is up: 18\u00a0% of 2,963 authors, from 11\u00a0%.",
        "Öfke arttı: 2.963 yazar içinde %18, önce %11.",
    ),
    "two, the gravest first": (
        told(2963, 2700, JOY, ANGER, share("complaint", (400, 2963), (330, 2410))),
        "Anger is up: 18\u00a0% of 2,963 authors, from 11\u00a0%. Joy is down: 9\u00a0%, from 16\u00a0%.",
        "Öfke arttı: 2.963 yazar içinde %18, önce %11. Sevinç azaldı: %9, önce %16.",
    ),
    "more people": (
        told(2963, 1210),
        "More people speak of you: 2,963 authors; the 7 days before: 1,210.",
        "Senden söz edenler arttı: 2.963 yazar; önceki 7 gün: 1.210.",
    ),
    "fewer people": (
        told(300, 900),
        "Fewer people speak of you: 300 authors; the 7 days before: 900.",
        "Senden söz edenler azaldı: 300 yazar; önceki 7 gün: 900.",
    ),
    "a crowd is no news when nobody listened before": (
        told(2963, 1210, heard=False),
        "Nothing unusual in the last 7 days.",
        "Durum olağan: son 7 gün içinde öne çıkan bir değişiklik yok.",
    ),
    "nor after a long gap": (
        told(
            2963,
            1210,
            gaps=(
                Missed(
                    network="bluesky",
                    source="bluesky:jetstream",
                    since=NOON - timedelta(days=9),
                    until=NOON - timedelta(days=8),
                    why="offline",
                ),
            ),
        ),
        "Nothing unusual in the last 7 days.",
        "Durum olağan: son 7 gün içinde öne çıkan bir değişiklik yok.",
    ),
    "a day": (
        told(400, 390, days=1),
        "Nothing unusual in the last 24 hours.",
        "Durum olağan: son 24 saat içinde öne çıkan bir değişiklik yok.",
    ),
    "a feeling before its sentiment": (
        told(2963, 2700, share("negative", (1500, 2963), (800, 2410)), ANGER),
        "Anger is up: 18\u00a0% of 2,963 authors, from 11\u00a0%.",
        "Öfke arttı: 2.963 yazar içinde %18, önce %11.",
    ),
    "certain but small": (
        told(90000, 88000, share("anger", (9900, 90000), (8800, 88000))),
        "Nothing unusual in the last 7 days.",
        "Durum olağan: son 7 gün içinde öne çıkan bir değişiklik yok.",
    ),
    "too few": (
        told(12, 400, share("anger", (12, 12), (1, 400))),
        "Too few people to say: 12 authors.",
        "Söylemek için az: 12 yazar.",
    ),
    "one author": (told(1, 0), "Too few people to say: 1 author.", "Söylemek için az: 1 yazar."),
    "nothing before": (
        told(2963, 3),
        "2,963 authors spoke of you in the last 7 days. There is no earlier time to compare with yet.",
        "Senden 2.963 yazar söz etti: son 7 gün. Karşılaştıracak daha eski bir dönem henüz yok.",
    ),
    "nobody": (
        told(0, 50),
        "Nobody spoke of you in the last 7 days.",
        "Senden söz eden olmadı: son 7 gün.",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_golden_in_english(name: str) -> None:
    with translation.override("en"):
        assert telling.headline(CASES[name][0]).text == CASES[name][1]


@pytest.mark.parametrize("name", CASES)
def test_golden_in_turkish(name: str) -> None:
    with translation.override("tr"):
        assert telling.headline(CASES[name][0]).text == CASES[name][2]


def test_a_desk_that_just_began_says_so() -> None:
    since = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
    with translation.override("en"):
        text = telling.headline(told(0, 0), listening_since=since).text
    assert text == "Listening since 09:10. First posts come in as they are written."
    with translation.override("tr"):
        text = telling.headline(told(0, 0), listening_since=since).text
    assert text == "09.10 itibarıyla dinleniyor. Gönderiler yazıldıkça buraya düşer."


_measures = ("anger", "sadness", "joy", "negative", "question", "ask", "complaint", "praise", "offensive")


@st.composite
def _weeks(draw: st.DrawFn) -> Figures:
    now, was = draw(st.integers(0, 3000)), draw(st.integers(0, 3000))
    shares = [
        share(measure, (draw(st.integers(0, now)), now), (draw(st.integers(0, was)), was))
        for measure in draw(st.lists(st.sampled_from(_measures), unique=True))
    ]
    return told(now, was, *shares, heard=draw(st.booleans()))


@settings(max_examples=300, deadline=None)
@given(_weeks())
def test_no_claim_touches_no_change(found: Figures) -> None:
    with translation.override("en"):
        line = telling.headline(found)
    assert len(line.claims) <= 2
    for claim in line.claims:
        assert min(claim.n, claim.before.n if claim.before else 0) >= 30
        if claim.measure == "authors":
            assert claim.ratio is not None and not claim.ratio.touches(1.0) and found.coverage.before_heard
        else:
            assert claim.difference is not None and not claim.difference.touches(0.0)
            assert abs(claim.difference.low) > 0 and f"{round(claim.value * 100)}\u00a0%" in line.text
    claimed = {claim.measure for claim in line.claims}
    with translation.override("en"):
        for measure, (up, down, _weight) in telling._CHANGES.items():
            if measure not in claimed:
                assert str(up) not in line.text and str(down) not in line.text
    if not claimed:
        assert "more" not in line.text.lower() and "is up" not in line.text and "is down" not in line.text


def test_numbers_as_the_desk_says_them() -> None:
    figure = share("anger", (533, 2963), (265, 2410))
    assert telling.band(figure.interval) == "(17–19)"
    with translation.override("en"):
        assert telling.band(figure.interval, figure.n) == "(17–19, n 2,963)"
        assert telling.change(figure) == "up"
        assert telling.spoken(figure) == (
            "Anger: now 18\u00a0%, between 17 and 19; before 11\u00a0%, between 10 and 12"
        )
    with translation.override("tr"):
        assert telling.band(figure.interval, figure.n) == "(17–19, n 2.963)"


def test_no_change_is_told_of_too_few() -> None:
    assert telling.change(share("anger", (12, 12), (0, 400))) == "none"
    assert telling.change(share("anger", (120, 400), (121, 400))) == "same"
    assert telling.change(share("anger", (75, 400), (50, 400))) == "maybe_up"
    assert telling.change(share("anger", (20, 400), (50, 400))) == "down"


def test_filters_in_words() -> None:
    where = Where(
        brand="findik",
        kinds=("reply", "hashtag"),
        networks=("bluesky",),
        langs=("tr", "en", "unknown"),
        reads=("anger",),
        says="<b>kapak</b>",
    )
    with translation.override("en"):
        assert telling.filters(where) == [
            "Anger",
            "through replies to you or your hashtags",
            "on Bluesky",
            "in Turkish, English or language not sure",
            "saying “<b>kapak</b>”",
        ]
        assert telling.filters(Where(brand="findik", kinds=ABOUT)) == []
        assert telling.filters(Where(brand="findik")) == ["with topics and peers"]
        assert telling.filters(Where()) == []
