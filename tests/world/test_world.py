"""The made-up town keeps its promises: one history, known truth, people and not templates."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from kalkan.brands import matcher
from kalkan.posts import FEELINGS, SENTIMENTS, Post, posts_table
from kalkan.text import fold
from kalkan.world.currents import STORIES
from kalkan.world.events import Event
from kalkan.world.voices.people import BRAND_ACCOUNTS, CAST
from kalkan.world.world import World, bursts, demo_world, did

NOW = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
KINDS = {"question", "ask", "complaint", "criticism", "praise", "abuse", "threat", "spam", "other"}


@pytest.fixture(scope="module")
def world() -> World:
    return demo_world(seed=7, now=NOW)


@pytest.fixture(scope="module")
def past(world: World) -> list[Event]:
    return list(world.events(NOW - timedelta(days=14), NOW))


def posts_of(events: list[Event]) -> list[Event]:
    return [event for event in events if event.verb == "post"]


def test_any_windows_tell_the_same_history(past: list[Event]) -> None:
    again = demo_world(seed=7, now=NOW)
    since, until = NOW - timedelta(hours=30), NOW
    pieces: list[Event] = []
    step, at = timedelta(minutes=37, microseconds=11), since
    while at < until:
        pieces.extend(again.events(at, min(at + step, until)))
        at += step
    assert pieces == [event for event in past if event.at >= since]


def test_the_order_of_asking_does_not_matter(past: list[Event]) -> None:
    again = demo_world(seed=7, now=NOW)
    list(again.events(NOW + timedelta(hours=3), NOW + timedelta(hours=4)))
    again.truth("findik.tr-100")
    late = list(again.events(NOW - timedelta(hours=2), NOW))
    assert late == [event for event in past if event.at >= NOW - timedelta(hours=2)]


def test_another_seed_tells_another_history(past: list[Event]) -> None:
    other = list(demo_world(seed=8, now=NOW).events(NOW - timedelta(hours=3), NOW))
    assert {event.text for event in posts_of(other)} != {
        event.text for event in posts_of(past) if event.at >= NOW - timedelta(hours=3)
    }


def test_time_goes_forward_only(past: list[Event]) -> None:
    assert all(first.at <= second.at for first, second in pairwise(past))
    assert past[0].at >= NOW - timedelta(days=14)
    assert past[-1].at < NOW


def test_two_weeks_hold_enough_and_not_too_much(world: World, past: list[Event]) -> None:
    posts = posts_of(past)
    mentions = [event for event in posts if world.truth(event.key).brands]
    assert 15_000 <= len(posts) <= 25_000
    assert 2_000 <= len(mentions) <= 4_500
    assert {event.verb for event in past} == {"post", "edit", "delete", "like", "repost"}
    assert sum(1 for event in posts if event.reply_to) > 500
    assert sum(1 for event in posts if event.quote_of) > 200


def test_both_languages_are_near_half(world: World, past: list[Event]) -> None:
    langs = Counter(world.people[event.actor].lang for event in posts_of(past))
    assert 0.38 < langs["en"] / sum(langs.values()) < 0.6


def test_everyday_talk_follows_the_clock_of_its_people(past: list[Event]) -> None:
    for lang, offset in (("tr", 3), ("en", 0)):
        hours = Counter(
            (event.at.hour + offset) % 24
            for event in posts_of(past)
            if event.key.startswith(f"everyday.{lang}-") and event.at < NOW - timedelta(hours=3)
        )
        assert sum(hours[hour] for hour in (19, 20, 21)) > 5 * sum(hours[hour] for hour in (2, 3, 4))


def test_live_talk_comes_at_twenty_to_forty_posts_a_minute(world: World) -> None:
    evening = NOW + timedelta(hours=11, minutes=50)
    posts = posts_of(list(world.events(evening, evening + timedelta(minutes=30))))
    assert 20 <= len(posts) / 30 <= 45


def test_the_town_goes_on_without_end(world: World) -> None:
    later = NOW + timedelta(days=40)
    assert len(list(world.events(later, later + timedelta(hours=1)))) > 200


def test_every_reference_stands_at_its_moment(world: World, past: list[Event]) -> None:
    standing: dict[str, Event] = {}
    for event in past:
        assert event.actor in world.people
        assert all(key in world.people for key in event.mentions)
        if event.verb == "post":
            assert event.key not in standing
            for tied in (event.reply_to, event.quote_of):
                if tied:
                    assert tied in standing, event
                    assert world.people[standing[tied].actor].network == world.people[event.actor].network
            standing[event.key] = event
        elif event.verb == "delete":
            assert standing.pop(event.key).actor == event.actor
        else:
            assert event.key in standing
            if event.verb == "edit":
                assert standing[event.key].actor == event.actor
                assert event.text != standing[event.key].text


def test_the_truth_of_every_post_is_known(world: World, past: list[Event]) -> None:
    slugs = {brand.slug for brand in world.brands}
    stories = {current.name for current in STORIES} | {None}
    for event in posts_of(past)[::7]:
        truth = world.truth(event.key)
        assert truth.key == event.key
        assert truth.sentiment in SENTIMENTS
        assert truth.feeling in {*FEELINGS, "none"}
        assert truth.kind in KINDS
        assert set(truth.brands) <= slugs
        assert truth.story in stories


@pytest.mark.parametrize("key", ["nobody", "findik.tr-x", "everyday.xx-3", "findik.tr-100~zzz"])
def test_an_unknown_post_has_no_truth(world: World, key: str) -> None:
    with pytest.raises(KeyError):
        world.truth(key)


def test_a_post_about_a_brand_shows_why(world: World, past: list[Event]) -> None:
    shown = {
        "findik": re.compile(r"findik|kucukkavanoz"),
        "kiyi-kahve": re.compile(r"kiyi ?kahve"),
    }
    said = {event.key: event for event in posts_of(past)}
    ours = set(BRAND_ACCOUNTS.values())
    for event in said.values():
        for slug in world.truth(event.key).brands:
            above = [tied for tied in above_of(event, said) if tied.actor in ours]
            assert shown[slug].search(fold(event.text)) or event.actor in ours or above, event


def above_of(event: Event, said: dict[str, Event]) -> list[Event]:
    """The posts that ``event`` answers, up to the first of its thread, and the one it quotes."""
    above = [said[event.quote_of]] if event.quote_of else []
    while event.reply_to:
        event = said[event.reply_to]
        above.append(event)
    return above


def test_the_watches_of_the_brands_find_what_is_true(world: World, past: list[Event]) -> None:
    """The oracle and the one pass over a batch agree, both ways, on posts that say or answer a brand by name."""
    said = {event.key: event for event in posts_of(past)}
    events = [event for event in said.values() if world.people[event.actor].network == "bluesky"]

    def address(key: str) -> str:
        return f"at://{did(said[key].actor)}/app.bsky.feed.post/{key}"

    def first_of(event: Event) -> str | None:
        above = above_of(event, said) if event.reply_to else []
        return address(above[-1].key) if above else None

    rows = posts_table(
        Post(
            id=address(event.key), network="bluesky", source="test", author_id=did(event.actor), text=event.text,
            seen_at=event.at, tags=event.tags, handles=[did(key) for key in event.mentions], root=first_of(event),
            reply_to=address(event.reply_to) if event.reply_to else None,
            quote_of=address(event.quote_of) if event.quote_of else None,
        )
        for event in events
    )  # fmt: skip
    found = matcher(world.brands).match(rows).to_pylist()
    matched = {(events[row["row"]].key, row["brand"]) for row in found if row["kind"] not in ("topic", "peer")}
    ours = set(BRAND_ACCOUNTS.values())
    true = {(event.key, slug) for event in events if event.actor not in ours for slug in world.truth(event.key).brands}
    assert len(true) > 1500
    assert matched == true


def test_nobody_reads_the_same_line_twice_in_fifty_mentions(world: World, past: list[Event]) -> None:
    mentions = [
        re.sub(r"[^\w ]", "", fold(event.text)).strip()
        for event in posts_of(past)
        if (truth := world.truth(event.key)).brands and truth.story != "pile-on" and event.actor not in CAST
    ]
    seen: dict[str, int] = {}
    near = 0
    for place, text in enumerate(mentions):
        if place - seen.get(text, -1000) < 50:
            near += 1
        seen[text] = place
    assert near / len(mentions) < 0.01


def test_stories_begin_when_they_are_said_to(world: World, past: list[Event]) -> None:
    for current in STORIES:
        for lang in current.daily:
            begin = current.begins(now=NOW, lang=lang)
            times = [event.at for event in posts_of(past) if event.key.startswith(f"{current.name}.{lang}-")]
            assert begin is not None
            assert min(times) >= begin
            assert min(times) <= begin + timedelta(hours=14)


def test_the_gas_leak_rises_up_to_now_and_goes_on(world: World, past: list[Event]) -> None:
    times = [event.at for event in posts_of(past) if event.key.startswith("ordu-gas-leak.")]
    first = sum(1 for at in times if at < NOW - timedelta(hours=1.5))
    last = sum(1 for at in times if at >= NOW - timedelta(hours=1))
    assert last > 2 * first
    assert any(event.key.startswith("ordu-gas-leak.") for event in world.events(NOW, NOW + timedelta(minutes=10)))


def test_the_pile_on_acts_in_step_from_one_origin(world: World, past: list[Event]) -> None:
    posts = [event for event in posts_of(past) if event.key.startswith("pile-on.")]
    assert 20 <= len({event.actor for event in posts}) <= 30
    assert {event.quote_of for event in posts} == {"pile-on-told", None}
    assert sum(1 for event in posts if event.quote_of) > 0.6 * len(posts)
    words = [set(fold(event.text).split()) for event in posts[:120]]
    alike = [len(one & two) / len(one | two) for one, two in pairwise(words)]
    assert sum(alike) / len(alike) > 0.5
    close = sum(1 for one, two in pairwise(posts) if two.at - one.at < timedelta(seconds=15))
    assert close > 0.7 * len(posts)


def test_people_are_on_one_network_and_have_one_handle(world: World) -> None:
    handles = [(person.network, person.handle) for person in world.people.values()]
    assert len(handles) == len(set(handles))
    assert all(person.network in ("bluesky", "mastodon") for person in world.people.values())
    assert all(re.fullmatch(r"[a-z0-9_]+(\.test)?", person.handle) for person in world.people.values())


def test_brands_watch_themselves_and_answer(world: World, past: list[Event]) -> None:
    findik, kiyi = world.brands
    assert did("findik") in findik.accounts and did("kiyi-kahve") in kiyi.accounts
    answers = [event for event in posts_of(past) if event.key.endswith("~a")]
    assert len(answers) > 100
    assert {event.actor for event in answers} == set(BRAND_ACCOUNTS.values())


def test_a_did_lasts() -> None:
    assert did("findik") == did("findik") != did("kiyi-kahve")
    assert re.fullmatch(r"did:plc:[a-z2-7]{24}", did("defne"))


def test_a_planted_burst_stands_out_by_its_factor() -> None:
    start = datetime(2026, 5, 4, 8, tzinfo=UTC)
    onset = start + timedelta(hours=6)

    def told() -> list[Event]:
        ramp = timedelta(minutes=30)
        return list(bursts(seed=3, start=start, hours=10, base_rate=400, onset=onset, factor=3, ramp=ramp))

    events = told()
    assert events == told()
    planted = [event for event in events if not event.key.startswith("everyday.")]
    everyday = [event for event in events if event.key.startswith("everyday.")]
    assert min(event.at for event in planted) >= onset
    full = onset + timedelta(hours=1)
    share = sum(1 for one in planted if one.at > full) / sum(1 for one in everyday if one.at > full)
    assert 1.2 < share < 2.8
    assert start <= events[0].at and events[-1].at < start + timedelta(hours=10)


def test_no_burst_without_a_factor() -> None:
    start = datetime(2026, 5, 4, 8, tzinfo=UTC)
    quiet = bursts(seed=3, start=start, hours=2, base_rate=60, onset=start, factor=1, ramp=timedelta(0))
    assert all(event.key.startswith("everyday.") for event in quiet)
