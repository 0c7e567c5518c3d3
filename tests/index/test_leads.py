"""Counted links, tables of clicks and conversions, signed messages: wrong input is told, the same row counts once."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from kalkan.errors import InvalidInput, Refused
from kalkan.index import by_machine, code, files, hooks, links, target

NOW = datetime(2026, 11, 23, 9, 10, tzinfo=UTC)
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / "clicks.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return written


def taken(path: Path, kind: str = "click", **more: str) -> files.Read:
    return files.read(path, files.guess(files.columns(path)[0]), kind=kind, now=NOW, **more)


# — links —


@pytest.mark.parametrize(
    "wrong",
    [
        "", "example.com", "javascript:alert(1)", "JAVASCRIPT://example.com/%0aalert(1)", "data:text/html,x",
        "//example.com/x", "https://", "https:///x", "http://user:secret@example.com/", "https://example.com:99999/",
        "https://exa mple.com/", "https://example.com/\r\nSet-Cookie: a=b", "https://example.com/\u202egpj",
        "ftp://example.com/", "file:///etc/passwd",
        "https://example\\.com", "https://intranet/", "https://" + "a" * 2100 + ".com", "https://xn--a\u0338.com:x/",
    ],
)  # fmt: skip
def test_a_link_leads_only_to_a_whole_web_address(wrong: str) -> None:
    with pytest.raises(InvalidInput, match="lead_address_wrong"):
        target(wrong, tags={"campaign": "c"})


def test_tags_are_added_once_and_never_over_others() -> None:
    tags = {"campaign": "Efsane Cuma", "source": "mastodon", "medium": "social", "content": ""}
    assert target("https://findik.example/efsane?a=1#x", tags=tags) == (
        "https://findik.example/efsane?a=1&utm_source=mastodon&utm_medium=social&utm_campaign=Efsane%20Cuma#x"
    )
    own = "https://findik.example/?UTM_Campaign=mine"
    assert target(own, tags=tags) == own
    assert target("http://localhost:8000/x", tags={}) == "http://localhost:8000/x"
    assert target("https://çiçek.example/ş", tags={}) == "https://çiçek.example/ş"


def test_codes_cannot_be_mistaken_and_are_known_by_their_address() -> None:
    made = {code(random.Random(n).choice) for n in range(500)}
    assert len(made) == 500 and all(set(one) <= set(links.SIGNS) and len(one) == links.LENGTH for one in made)
    assert not set("01ilo") & set(links.SIGNS)
    assert links.is_counted("/go/abcd2345") and not links.is_counted("/go/abcd2345/more")
    assert not links.is_counted("/go/ABCD2345") and not links.is_counted("/goo/abcd2345")


PHONE = "Mozilla/5.0 (Linux; Android 14; CUBOT X30) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"
INSIDE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Twitter for iPhone"


@pytest.mark.parametrize(
    ("method", "headers", "machine"),
    [
        ("GET", {"user-agent": PHONE}, False),
        ("GET", {"user-agent": INSIDE}, False),
        ("GET", {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}, False),
        ("HEAD", {"user-agent": PHONE}, True),
        ("GET", {}, True),
        ("GET", {"user-agent": PHONE, "sec-purpose": "prefetch;prerender"}, True),
        ("GET", {"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}, True),
        ("GET", {"user-agent": "Mastodon/4.3.1 (http.rb/5.2.0; +https://social.example/)"}, True),
        ("GET", {"user-agent": "Mozilla/5.0 (compatible; Bluesky Cardyb/1.1; +mailto:support@bsky.app)"}, True),
        ("GET", {"user-agent": "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"}, True),
        ("GET", {"user-agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"}, True),
        ("GET", {"user-agent": "WhatsApp/2.24.11.79 A"}, True),
        ("GET", {"user-agent": "python-requests/2.32.3"}, True),
        ("GET", {"user-agent": "curl/8.7.1 (x86_64)"}, True),
    ],
)  # fmt: skip
def test_machines_are_told_apart(method: str, headers: dict[str, str], machine: bool) -> None:
    assert by_machine(method, headers) is machine


# — tables —


def test_a_table_of_daily_totals(write: Write) -> None:
    read = taken(
        write(
            "Date,Session campaign,Session source / medium,Sessions\n"
            "20261101,efsane,bluesky,1.234\n20261102,efsane,bluesky,17\n"
        )
    )
    assert [(one.n, one.campaign, one.total) for one in read.events] == [(1234, "efsane", True), (17, "efsane", True)]
    assert read.events[0].at == datetime(2026, 11, 1, tzinfo=UTC) and not read.faults
    same_day = taken(write("date,campaign,clicks\n2026-11-01 08:00,a,3\n2026-11-01 20:00,a,4\n2026-11-02,a,5\n"))
    assert [(one.n, one.total) for one in same_day.events] == [(7, True), (5, True)]
    again = taken(write("date,campaign,clicks\n2026-11-01,a,9\n"))
    assert again.events[0].key == same_day.events[0].key  # the same day of the same campaign, told anew


def test_turkish_tables_in_the_windows_page_with_decimal_commas(write: Write) -> None:
    text = (
        "Tarih;Kampanya;Sipariş No;Tutar;Para Birimi\n01.11.2026 14:30;İndirim şöleni;A-1;1.249,90;TRY\n"
        "02.11.2026;İndirim şöleni;A-2;49,9;try\n"
    )
    read = taken(write(text, "cp1254"), kind="conversion", zone="Europe/Istanbul")
    assert [(one.value, one.currency) for one in read.events] == [
        (Decimal("1249.90"), "TRY"),
        (Decimal("49.90"), "TRY"),
    ]
    assert read.events[0].campaign == "İndirim şöleni"
    assert read.events[0].at == datetime(2026, 11, 1, 11, 30, tzinfo=UTC)
    assert read.events[0].key != read.events[1].key


def test_every_row_that_cannot_be_used_is_told_with_its_line(write: Write) -> None:
    rows = [
        "time,campaign,conversions,value,currency,type,id",
        "2026-11-01T10:00:00Z,a,1,,,purchase,1",  # fine
        ",a,1,,,purchase,2",
        "yesterday,a,1,,,purchase,3",
        "2027-11-01,a,1,,,purchase,4",
        "2026-11-01,(not set),1,,,purchase,5",
        "2026-11-01,a,many,,,purchase,6",
        "2026-11-01,a,-3,,,purchase,7",
        "2026-11-01,a,2.5,,,purchase,8",
        "2026-11-01,a,1,free,TRY,purchase,9",
        "2026-11-01,a,1,5,lira,purchase,10",
        "2026-11-01,a,1,,,view,11",
        f"2026-11-01,{'x' * 200},1,,,purchase,12",
        "2026-11-01,a,1,,,purchase,13,and,more",
        "2026-11-01,a,1,NaN,TRY,purchase,14",
        "2026-11-02,b,3,10,try,click,15",  # fine
    ]
    read = taken(write("\n".join(rows) + "\n"))
    assert [one.campaign for one in read.events] == ["a", "b"] and [one.kind for one in read.events] == [
        "conversion",
        "click",
    ]
    assert [(one.line, one.code) for one in read.bad] == [
        (3, "lead_row_no_time"), (4, "lead_row_time_wrong"), (5, "lead_row_ahead"), (6, "lead_row_no_campaign"),
        (7, "lead_row_count"), (8, "lead_row_count"), (9, "lead_row_count"), (10, "lead_row_value"),
        (11, "lead_row_currency"), (12, "lead_row_kind"), (13, "lead_row_long"), (14, "lead_row_broken"),
        (15, "lead_row_value"),
    ]  # fmt: skip
    assert read.faults == 13


def test_the_same_rows_have_the_same_keys_and_twins_stay_two(write: Write) -> None:
    text = "at,campaign\n2026-11-01T10:00:00Z,a\n2026-11-01T10:00:00Z,a\n2026-11-01T10:00:00Z,b\n"
    one, other = taken(write(text)), taken(write(text))
    assert [each.key for each in one.events] == [each.key for each in other.events]
    assert len({each.key for each in one.events}) == 3


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "file_empty"), ("only one column\nx\n", "lead_file_no_table"), ("a,a\n1,2\n", "lead_file_no_table"),
        ("campaign,clicks\na,3\n", "lead_needs_columns"), ("date,clicks\n2026-11-01,3\n", "lead_needs_columns"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_told(write: Write, text: str, code: str) -> None:
    with pytest.raises(InvalidInput, match=code):
        taken(write(text))


def test_a_column_that_is_not_there_and_a_file_that_is_too_long(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("at,campaign\n2026-11-01,a\n2026-11-02,a\n")
    with pytest.raises(InvalidInput, match="lead_column_unknown"):
        files.read(path, {"at": "when", "campaign": "campaign"}, kind="click", now=NOW)
    monkeypatch.setattr(files, "MOST_ROWS", 1)
    with pytest.raises(InvalidInput, match="lead_file_long"):
        taken(path)


def test_a_quote_that_never_ends_costs_its_own_row_alone(write: Write) -> None:
    read = taken(write('at,campaign\n2026-11-01,"a\n2026-11-02,b\n2026-11-03,c\n'))
    assert [one.campaign for one in read.events] == ["b", "c"] and read.faults == 1 and read.bad[0].line == 2


# — messages —

SECRET = hooks.secret(lambda n: b"k" * n)


def signed(body: bytes, *, at: datetime = NOW, secret: str = SECRET, name: str = "msg_1") -> dict[str, str]:
    written = str(int(at.timestamp()))
    return {
        "webhook-id": name,
        "webhook-timestamp": written,
        "webhook-signature": "v1," + hooks.sign(body, name=name, written=written, secret=secret),
    }


def test_only_who_holds_the_secret_is_believed() -> None:
    body = b'{"events": []}'
    hooks.prove(body, signed(body), secret=SECRET, now=NOW)
    two = signed(body) | {"webhook-signature": "v1,AAAA v2,x " + signed(body)["webhook-signature"]}
    hooks.prove(body, two, secret=SECRET, now=NOW)
    other = hooks.secret(lambda n: b"o" * n)
    for headers, said in (
        ({}, body),
        (signed(body, secret=other), body),
        (signed(body), body + b" "),
        (signed(body) | {"webhook-id": "msg_2"}, body),
        (signed(body) | {"webhook-timestamp": str(int(NOW.timestamp()) + 1)}, body),
        (signed(body) | {"webhook-timestamp": "now"}, body),
        (signed(body) | {"webhook-timestamp": "９９９"}, body),
        (signed(body) | {"webhook-signature": "v1," }, body),
    ):  # fmt: skip
        with pytest.raises(Refused, match="lead_signature"):
            hooks.prove(said, headers, secret=SECRET, now=NOW)
    for late in (timedelta(minutes=6), -timedelta(minutes=6)):
        with pytest.raises(Refused, match="lead_stale"):
            hooks.prove(body, signed(body, at=NOW + late), secret=SECRET, now=NOW)


def test_a_message_needs_ids_and_tells_what_it_cannot_use() -> None:
    events = [
        {
            "id": "1",
            "kind": "conversion",
            "at": "2026-11-01T10:00:00Z",
            "campaign": "a",
            "value": 12.5,
            "currency": "EUR",
        },
        {"kind": "click", "at": "2026-11-01T10:00:00Z", "campaign": "a"},
        {"id": "3", "at": "2026-11-01T10:00:00Z", "campaign": "a"},
        "what",
        {"id": {"deep": 1}, "kind": "click"},
        {"id": "6", "kind": "click", "at": 1793527200, "campaign": "a", "n": 3},
    ]
    read = files.from_message(json.dumps({"events": events}).encode(), now=NOW)
    assert [(one.kind, one.n, one.value) for one in read.events] == [
        ("conversion", 1, Decimal("12.50")),
        ("click", 3, None),
    ]
    assert [(one.line, one.code) for one in read.bad] == [
        (2, "lead_row_no_id"), (3, "lead_row_kind"), (4, "lead_row_broken"), (5, "lead_row_broken"),
    ]  # fmt: skip
    for wrong in (
        b"",
        b"[]",
        b"{}",
        b'{"events": {}}',
        b"\xff",
        b"[" * 5000,
        json.dumps({"events": [{}] * 1001}).encode(),
    ):
        with pytest.raises(InvalidInput, match="lead_message_unreadable"):
            files.from_message(wrong, now=NOW)
