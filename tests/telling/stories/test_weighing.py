"""Severity as parts, forecasts with their error, the budget that tunes itself, two languages of one story."""

from __future__ import annotations

import json
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from kalkan.stories import Harm
from kalkan.stories.bilingual import Told, same, tell
from kalkan.stories.budget import Judged, tune
from kalkan.stories.detect import Detector
from kalkan.stories.forecast import Forecasts, analogues, features
from kalkan.stories.gravity import Gravity
from kalkan.stories.record import Measure, Severity, from_json, to_json
from kalkan.stories.severity import severity
from kalkan.stories.story import Story
from kalkan.stories.terms import terms
from kalkan.stories.trace import ASK, COMPLAINT, MEDIA, READ
from tests.conftest import NOW
from tests.telling.stories.test_spread import row, take

# — severity —


def story(*, voices: int = 60, usual: float = 5 / 60, signs: int = READ, harm: str = "", level: int = 0) -> Story:
    """A story of the last hour, one voice a minute and as many again in its last half hour."""
    curve = [(minute, 1 if minute < 30 else max(1, round((voices - 30) / 30))) for minute in range(60)]
    one = Story(
        id="s", began=0, told=10, score=20.0, term=np.array([1], dtype=np.uint64), weight=np.ones(1), usual=usual,
        authors=np.arange(voices, dtype=np.uint64), curve=curve, n=voices,
    )  # fmt: skip
    take(one.spread, [row(k, signs=signs) for k in range(voices)])
    harms = (Harm(kind=harm, authors=20, share=0.5, words=("x",), posts=(0,)),) if harm else ()
    one.gravity = Gravity(level=level, harms=harms)
    return one


def part(found: Severity, name: str) -> Measure:
    return next(one for one in found.parts if one.name == name)


def test_parts_stand_side_by_side_each_with_what_it_rests_on() -> None:
    found = severity(story(voices=120, signs=READ | MEDIA), minute=59)
    assert [one.name for one in found.parts] == [
        "volume", "growth", "spread", "mood", "vividness", "cause", "responsibility", "abuse",
    ]  # fmt: skip
    volume = part(found, "volume")
    assert volume.low is not None and volume.high is not None and volume.value is not None
    assert volume.low < volume.value < volume.high and volume.level == 2
    assert part(found, "vividness").value == 1.0 and part(found, "vividness").level == 2
    assert part(found, "growth").value is not None and part(found, "growth").n == 120
    assert part(found, "mood").level == 0
    assert not hasattr(found, "score") and not hasattr(found, "total")


@pytest.mark.parametrize(
    ("given", "advice", "code"),
    [
        ({"voices": 12}, "watch", "severity_too_little"),
        ({"voices": 60, "usual": 1.0}, "watch", "severity_watch_calm"),
        ({"voices": 120}, "watch", "severity_watch_chatter"),
        ({"voices": 60, "signs": READ | ASK}, "answer", "severity_answer_asks"),
        ({"voices": 60, "signs": READ | COMPLAINT}, "act", "severity_act_preventable"),
        ({"voices": 60, "harm": "disaster", "level": 2}, "answer", "severity_answer_grave"),
        ({"voices": 60, "harm": "unsafe_product", "level": 2}, "act", "severity_act_harm"),
    ],
)
def test_what_it_advises_and_why(given: dict[str, object], advice: str, code: str) -> None:
    found = severity(story(**given), minute=59)  # type: ignore[arg-type]
    assert (found.advice, found.reason.code) == (advice, code)


def test_what_was_not_read_is_not_guessed() -> None:
    found = severity(story(voices=60, signs=0), minute=59)
    for name in ("mood", "abuse", "cause"):
        assert part(found, name).level is None and part(found, name).why == "not_read"
    assert part(found, "vividness").value == 0.0


# — forecasts —


def alive(*, minutes: int, a_minute: float, began: int = 0) -> Story:
    curve = [(began + minute, int(a_minute)) for minute in range(minutes)]
    return Story(
        id="s", began=began, told=began, score=20.0, term=np.array([1], dtype=np.uint64), weight=np.ones(1), usual=0.1,
        curve=curve, n=int(a_minute) * minutes,
    )  # fmt: skip


def test_shipped_analogues_are_numbers_of_a_sane_size() -> None:
    bank = analogues()
    assert bank.shape[1] == 5 and len(bank) > 300 and np.isfinite(bank).all()
    assert abs(float(np.median(bank[:, 3]))) < 1


def test_a_forecast_has_an_interval_and_says_nothing_of_the_young() -> None:
    forecasts = Forecasts()
    forecasts.look(119, [alive(minutes=120, a_minute=4)])
    one, six = forecasts.now["s"]
    assert (one.hours, six.hours) == (1, 6)
    assert one.low < one.posts < one.high and one.high - one.low < six.high - six.low
    assert 60 < one.posts < 480 and one.of == 0 and one.level == 0.8
    forecasts.look(24, [alive(minutes=20, a_minute=9)])
    assert forecasts.now == {}


def test_its_own_errors_are_counted_and_widen_what_it_says() -> None:
    """Stories that end at once, unlike all analogues: the interval grows until it holds them."""
    forecasts = Forecasts()
    held = []
    for turn in range(60):
        at = turn * 1000
        dies = alive(minutes=60, a_minute=6, began=at)
        dies.id = f"s{turn}"
        forecasts.look(at + 60, [dies])
        assert forecasts.now[dies.id][0].of == turn
        forecasts.look(at + 500, [dies])
        held.append(forecasts.held[0])
    assert forecasts.of == [60, 60]
    assert held[9] <= 3 and held[-1] - held[-21] >= 16


def test_forecasts_are_kept_and_taken_up() -> None:
    forecasts = Forecasts()
    for turn in range(30):
        one = alive(minutes=60, a_minute=5, began=turn * 700)
        forecasts.look(turn * 700 + 60, [one])
        forecasts.look(turn * 700 + 200, [one])
    again = Forecasts.resume(json.loads(json.dumps(forecasts.state())))
    story = alive(minutes=90, a_minute=7, began=50_000)
    for both in (forecasts, again):
        both.look(50_090, [story])
    assert again.now == forecasts.now and again.state() == forecasts.state()


def test_busier_and_rising_stories_are_told_apart() -> None:
    forecasts = Forecasts()
    near = forecasts.nearest(features(200, 20, 60))
    assert float(np.median(near[:, 1])) > 0.3


# — the budget —


def judged(*words: str, days: float = 1.0) -> list[Judged]:
    return [Judged(at=NOW - timedelta(days=days * (k + 1)), judged=word) for k, word in enumerate(words)]


def test_the_bar_stays_where_it_is_until_somebody_judges() -> None:
    assert tune("all", judged(*[""] * 20), a_week=1, now=NOW).margin == 0
    assert tune("all", [], a_week=1, now=NOW).margin == 0


def test_false_alarms_raise_it_useful_ones_lower_it_a_little() -> None:
    many = tune("all", judged(*["false"] * 14), a_week=1, now=NOW)
    few = tune("all", judged(*["false"] * 4), a_week=1, now=NOW)
    good = tune("all", judged(*["useful"] * 14), a_week=1, now=NOW)
    assert many.margin > few.margin > 0 > good.margin >= -0.5
    assert (many.told, many.false, many.useful) == (14, 14, 0)
    assert many.expected <= 1.01 < 14 / 2
    assert tune("all", judged(*["false"] * 200, days=0.02), a_week=0.1, now=NOW).margin == 3.0
    assert tune("all", judged(*["false"] * 4), a_week=10, now=NOW).margin < few.margin


def test_it_forgets_after_eight_weeks() -> None:
    old = [Judged(at=NOW - timedelta(weeks=9), judged="false")] * 30
    assert tune("all", old, a_week=1, now=NOW).margin == 0


# — rows —


def test_rows_come_back_from_json_as_they_were() -> None:
    found = severity(story(voices=60, harm="disaster", level=2), minute=59)
    assert from_json(Severity, to_json(found)) == found
    assert from_json(Severity, {**to_json(found), "a later field": 1}) == found


# — two languages —

ENGLISH = [f"{k} Fire at the old mill in Kestanelik, four workers injured {'!' * k}" for k in range(6)]
TURKISH = [f"{k} Kestanelik'te eski değirmende yangın, dört işçi yaralı {'.' * k}" for k in range(6)]
ELSEWHERE = [f"{k} Another fire, in a warehouse at Harmanlı, workers injured {'!' * k}" for k in range(6)]


def told(texts: list[str], *, hurt: int | None = None, answers: set[str] | None = None) -> Told:
    found = terms(pa.table({"text": texts, "author_id": [f"p{k}" for k in range(len(texts))]}))
    gravity = Gravity(level=2, harms=(Harm(kind="hurt", authors=5, share=0.9, words=(), posts=()),), hurt=hurt)
    return tell(found, Detector(), minutes=20, answers=answers or set(), gravity=gravity)


def test_one_event_in_two_languages_is_one_story() -> None:
    assert same(told(ENGLISH, hurt=4), told(TURKISH, hurt=4))
    assert same(told(ENGLISH), told(TURKISH))


def test_two_fires_are_two_fires() -> None:
    assert not same(told(ELSEWHERE), told(TURKISH))
    assert not same(told(ELSEWHERE, hurt=9), told(TURKISH, hurt=4))


def test_an_answer_to_the_same_post_ties_them() -> None:
    assert same(told(ELSEWHERE, answers={"at://x"}), told(TURKISH, answers={"at://x"}))
