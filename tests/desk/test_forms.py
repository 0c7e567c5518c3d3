"""What people type and what is made of it."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from kalkan.brands import Watch
from kalkan.desk import fields
from kalkan.desk.forms import setup as forms
from kalkan.text import fold


@pytest.mark.parametrize(
    ("kind", "line", "text", "without"),
    [
        ("name", "Kalkan", "Kalkan", ()),
        ("name", 'Apple -pie -"apple tree"', "Apple", ("pie", "apple tree")),
        ("name", "Coca-Cola", "Coca-Cola", ()),
        ("handle", "@findik.example.com", "findik.example.com", ()),
        ("handle", "@findik@mastodon.social", "findik@mastodon.social", ()),
        ("handle", "https://mastodon.social/@findik", "findik@mastodon.social", ()),
        ("handle", "https://bsky.app/profile/findik.example.com", "findik.example.com", ()),
        ("handle", "did:plc:z72i7hdynmk6r22z27h6tvur", "did:plc:z72i7hdynmk6r22z27h6tvur", ()),
        ("hashtag", "#küçükkavanoz", "küçükkavanoz", ()),
        ("hashtag", "kavanoz", "kavanoz", ()),
        ("topic", "palm oil", "palm oil", ()),
    ],
)
def test_a_line_becomes_a_watch_and_back(kind: str, line: str, text: str, without: tuple[str, ...]) -> None:
    watch = fields.watch_of(kind, line)
    assert watch == Watch(kind=kind, text=text, without=without)
    assert fields.watch_of(kind, fields.line_of(watch)) == watch


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("name", "x"),
        ("name", "-pie"),
        ("name", "y" * 101),
        ("handle", "two words"),
        ("handle", "@"),
        ("hashtag", "#a b"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(kind: str, line: str) -> None:
    with pytest.raises(ValidationError) as told:
        fields.watch_of(kind, line)
    assert line[:20] in str(told.value)


@given(st.text(max_size=300), st.sampled_from(["name", "handle", "hashtag", "topic", "peer"]))
def test_any_text_is_taken_or_refused_and_what_is_taken_reads_back(text: str, kind: str) -> None:
    for line in fields.lines_of(text):
        try:
            watch = fields.watch_of(kind, line)
        except ValidationError:
            continue
        assert len(fold(watch.text)) >= 2 and len(watch.text) <= fields.LONGEST


def test_lines_are_kept_once_and_in_order() -> None:
    assert fields.lines_of(" FINDIK \n\nfındık\r\nKavanoz   320 g\n") == ["FINDIK", "Kavanoz 320 g"]


def test_all_faults_of_a_field_are_told_at_once() -> None:
    form = forms.Watched({"names": "Fındık\nx", "handles": "a b\nc d", "hashtags": "#iyi"})
    assert not form.is_valid()
    assert [len(form.errors[name]) for name in ("names", "handles")] == [1, 2]
    assert "hashtags" not in form.errors


def test_too_many_lines_are_refused() -> None:
    form = forms.Watched({"names": "\n".join(f"ad {n}" for n in range(201))})
    assert not form.is_valid() and "201" in form.errors["names"][0]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("mastodon.social", "https://mastodon.social"),
        ("https://example.com/feed.xml", "https://example.com/feed.xml"),
        ("http://127.0.0.1:3000/x", "http://127.0.0.1:3000/x"),
    ],
)
def test_addresses(text: str, address: str) -> None:
    assert fields.web_address(text) == address


@pytest.mark.parametrize(
    "text",
    ["javascript:alert(1)", "ftp://example.com", "https://a:b@example.com", "https://", "a b.com", "http://[::1"],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValidationError):
        fields.web_address(text)


def test_hashtags_need_a_server() -> None:
    form = forms.FirstNetworks({"mastodon_hashtags": "#findik"})
    assert not form.is_valid() and list(form.errors) == ["mastodon_server"]


def test_markets() -> None:
    form = forms.BrandSettings({"name": "Fındık", "markets": "tr, UK;de tr"})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["markets"] == ["TR", "GB", "DE"]
    form = forms.BrandSettings({"name": "Fındık", "markets": "TR, Narnia"})
    assert not form.is_valid() and "NARNIA" in form.errors["markets"][0]
