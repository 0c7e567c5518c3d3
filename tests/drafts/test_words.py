"""What an approval is bound to: the digest changes with all that would change what goes out, and with nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kalkan.drafts import (
    Approval,
    Media,
    Part,
    Pause,
    Receipt,
    State,
    Variant,
    Version,
    digest,
    from_row,
    sending_key,
    to_row,
)
from kalkan.drafts.words import canonical
from kalkan.errors import InvalidInput

PLANNED = datetime(2026, 11, 25, 7, 0, tzinfo=UTC)
PICTURE = Media(sha256="ab" * 32, mime="image/png", size=1200, alt="Bir kavanoz", width=4, height=3)
PART = Part(text="Yeni hasat geldi: https://findik.example/hasat", media=(PICTURE,))
VARIANT = Variant(network="bluesky", account="bluesky:did:plc:findik", parts=(PART, Part(text="Devamı")), lang="tr")
VERSION = Version(variants=(VARIANT,), kind="everyday", markets=("TR",), planned_at=PLANNED)


def with_variant(**changes: object) -> Version:
    return dataclasses.replace(VERSION, variants=(dataclasses.replace(VARIANT, **changes),))  # type: ignore[arg-type]


def with_part(**changes: object) -> Version:
    return with_variant(parts=(dataclasses.replace(PART, **changes), *VARIANT.parts[1:]))  # type: ignore[arg-type]


def with_picture(**changes: object) -> Version:
    return with_part(media=(dataclasses.replace(PICTURE, **changes),))  # type: ignore[arg-type]


BINDS: dict[str, Callable[[], Version]] = {
    "one sign of the text": lambda: with_part(text=PART.text + "."),
    "a composed letter": lambda: with_part(text=PART.text.replace("ü", "u\u0308") + "u\u0308"),
    "a card": lambda: with_part(card="https://findik.example"),
    "the bytes of a picture": lambda: with_picture(sha256="ac" * 32),
    "its alt text": lambda: with_picture(alt="Bir kavanoz."),
    "its type": lambda: with_picture(mime="image/jpeg"),
    "another picture": lambda: with_part(media=(PICTURE, PICTURE)),
    "the account": lambda: with_variant(account="bluesky:did:plc:baska"),
    "the network": lambda: with_variant(network="mastodon"),
    "the language": lambda: with_variant(lang="en"),
    "a warning": lambda: with_variant(warning="yemek"),
    "who sees it": lambda: with_variant(visibility="unlisted"),
    "what it answers": lambda: with_variant(reply_to="at://did:plc:x/app.bsky.feed.post/1"),
    "the order of a thread": lambda: with_variant(parts=VARIANT.parts[::-1]),
    "a part less": lambda: with_variant(parts=VARIANT.parts[:1]),
    "a second variant": lambda: dataclasses.replace(VERSION, variants=(VARIANT, VARIANT)),
    "the time": lambda: dataclasses.replace(VERSION, planned_at=PLANNED + timedelta(microseconds=1)),
    "no time": lambda: dataclasses.replace(VERSION, planned_at=None),
    "the kind": lambda: dataclasses.replace(VERSION, kind="sale"),
    "the markets": lambda: dataclasses.replace(VERSION, markets=("TR", "GB")),
}


@pytest.mark.parametrize("what", sorted(BINDS))
def test_the_digest_binds(what: str) -> None:
    assert digest(BINDS[what]()) != digest(VERSION)


def test_all_that_is_bound_is_bound_apart() -> None:
    assert len({digest(make()) for make in BINDS.values()}) == len(BINDS)


def test_what_goes_out_the_same_has_the_same_digest() -> None:
    istanbul = PLANNED.astimezone(timezone(timedelta(hours=3)))
    assert digest(dataclasses.replace(VERSION, planned_at=istanbul)) == digest(VERSION)
    assert digest(with_picture(width=None, height=None)) == digest(VERSION)  # follow from the bytes
    assert len(digest(VERSION)) == 64


def test_a_time_without_a_zone_has_no_digest() -> None:
    with pytest.raises(InvalidInput, match="time_without_zone"):
        digest(dataclasses.replace(VERSION, planned_at=PLANNED.replace(tzinfo=None)))


def test_canonical_form_refuses_what_could_be_written_in_two_ways() -> None:
    assert canonical({"b": 1, "a": ["ğ", None, True]}) == b'{"a":["\\u011f",null,true],"b":1}'
    for bad in (1.0, {1: "x"}, {"a": {3}}, b"x", [float("nan")]):
        with pytest.raises(TypeError):
            canonical(bad)


texts = st.text(max_size=20)
media = st.builds(
    Media, sha256=texts, mime=texts, size=st.integers(0, 9**9), alt=texts, width=st.none() | st.integers()
)
parts = st.builds(Part, text=texts, media=st.tuples(media) | st.just(()), card=texts)
variants = st.builds(Variant, network=texts, account=texts, parts=st.lists(parts, max_size=3).map(tuple), lang=texts)
moments = st.none() | st.datetimes(timezones=st.just(UTC))
versions = st.builds(Version, variants=st.lists(variants, max_size=3).map(tuple), kind=texts, planned_at=moments)


@settings(max_examples=60, deadline=None)
@given(versions)
def test_a_row_is_the_version_again(version: Version) -> None:
    again = from_row(Version, to_row(version))
    assert again == version
    assert digest(again) == digest(version)


def test_rows_of_every_word() -> None:
    at = PLANNED
    words = [
        State(brand="findik", name="held", approvals=(Approval(by="1", role="owner", digest="d", at=at),), since=at),
        Pause(key="1", brand="findik", began_at=at, until=None, market="TR"),
        Receipt(id="at://x", at=at, found=True),
    ]
    for word in words:
        assert from_row(type(word), to_row(word)) == word


@pytest.mark.parametrize(
    "row", [{"brand": 3}, {"brand": "b", "name": None}, {"nothing": 1}, {"brand": "b", "since": "x"}]
)
def test_a_row_that_is_none_is_refused(row: dict[str, object]) -> None:
    with pytest.raises(InvalidInput, match="row_unreadable"):
        from_row(State, row)


def test_every_part_of_every_draft_has_a_key_of_its_own() -> None:
    keys = {sending_key(d, g, v, p) for d in "ab" for g in ("1", "11") for v in (1, 11) for p in (1, 11)}
    assert len(keys) == 16
    assert sending_key("a", "1", 0, 0) == sending_key("a", "1", 0, 0)
