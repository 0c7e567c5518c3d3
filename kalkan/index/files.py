"""Clicks and conversions from elsewhere: tables that people export, and events that programs post.

Owns what a row must say (when, which campaign, how many) and the key by which it is known again. Promises that a row
that cannot be used is named with its line and the reason and stops no other; that the same row, however often it comes,
has the same key; that a table of daily totals, given again, puts right what it said before and never adds to it.
Never keeps anything.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import regex

from kalkan.errors import InvalidInput
from kalkan.networks.files.tables import csv_header, csv_rows, sniff
from kalkan.networks.files.times import day_comes_first, moment
from kalkan.text import clean, fold

KINDS: Final = ("click", "conversion")
FIELDS: Final = ("at", "campaign", "source", "medium", "content", "n", "value", "currency", "id", "kind")
MOST_BYTES: Final = 8 << 20
MOST_ROWS: Final = 100_000
MOST_TOLD: Final = 100  # faults that are told one by one
_LONGEST: Final = 120
_FUTURE: Final = timedelta(days=1)  # clocks differ; what lies further ahead is a slip
_MOST: Final = 1_000_000_000

# How analytics programs call these columns, folded; the first that is there is taken.
NAMES: Final[dict[str, tuple[str, ...]]] = {
    "at": ("at", "date", "time", "timestamp", "datetime", "day", "date_time", "created_at", "event_time", "tarih",
           "gun", "zaman", "saat"),
    "campaign": ("utm_campaign", "campaign", "session_campaign", "campaign_name", "kampanya"),
    "source": ("utm_source", "source", "session_source", "kaynak"),
    "medium": ("utm_medium", "medium", "session_medium", "ortam", "arac"),
    "content": ("utm_content", "content", "ad_content", "session_manual_ad_content", "icerik"),
    "n": ("n", "count", "clicks", "sessions", "visits", "conversions", "key_events", "total", "events", "leads",
          "tiklama", "tiklamalar", "oturum", "oturumlar", "ziyaret", "donusum", "donusumler", "adet", "sayi"),
    "value": ("value", "revenue", "total_revenue", "amount", "price", "deger", "gelir", "tutar"),
    "currency": ("currency", "currency_code", "para_birimi"),
    "id": ("id", "event_id", "transaction_id", "order_id", "lead_id", "siparis_no", "islem_no"),
    "kind": ("kind", "type", "event_name", "tur"),
}  # fmt: skip
_SAID: Final = {
    **dict.fromkeys(("click", "clicks", "visit", "session", "tiklama", "ziyaret", "oturum"), "click"),
    **dict.fromkeys(("conversion", "lead", "purchase", "sale", "signup", "sign_up", "donusum", "satis", "kayit"),
                    "conversion"),
}  # fmt: skip
_EMPTY: Final = frozenset({"", "(not set)", "(none)", "(direct)", "not set", "-", "–", "null", "none", "n/a"})
_DIGITS: Final = regex.compile(r"[+-]?\d+")
_CURRENCY: Final = regex.compile(r"[A-Z]{3}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Clicks or conversions of one campaign at one time. ``total``: what the whole day came to, not one of several."""

    kind: str  # of KINDS
    at: datetime  # UTC
    campaign: str
    source: str = ""
    medium: str = ""
    content: str = ""
    n: int = 1
    value: Decimal | None = None  # of all of them together
    currency: str = ""
    key: str = ""
    total: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Bad:
    """A row that cannot be used: its line (or place in a list), and why, as a code with parameters."""

    line: int
    code: str
    params: Mapping[str, str] = field(default_factory=dict)
    n: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """What a file or message held. ``bad`` are the first faults; ``faults`` how many there were."""

    events: tuple[Event, ...]
    bad: tuple[Bad, ...]
    faults: int


def columns(path: Path) -> tuple[list[str], list[list[str]]]:
    """The columns of a CSV file (any delimiter and usual encoding) and its first rows.

    :raises InvalidInput: ``file_empty``, ``lead_file_large``, ``lead_file_no_table``: no table stands in it.
    """
    if path.stat().st_size > MOST_BYTES:
        raise InvalidInput("lead_file_large", most=MOST_BYTES >> 20)
    header, sample = csv_header(path, sniff(path))
    named = [name for name in header if name]
    if len(named) < 2 or any("\0" in name or "\ufffd" in name for name in named) or len(set(named)) != len(named):
        raise InvalidInput("lead_file_no_table", path=path.name)
    return header, sample


def guess(names: Sequence[str]) -> dict[str, str]:
    """Which column is which field, as far as the names tell: field → column."""
    by: dict[str, str] = {}
    for name in names:
        by.setdefault(regex.sub(r"[\s/\-]+", "_", fold(name).strip()), name)
    found: dict[str, str] = {}
    for one, known in NAMES.items():
        column = next((by[key] for key in known if key in by and by[key] not in found.values()), None)
        if column is not None:
            found[one] = column
    return found


def read(
    path: Path, mapping: Mapping[str, str], *, kind: str, now: datetime, zone: str = "UTC", currency: str = ""
) -> Read:
    """The events of a CSV file. ``mapping``: field of :data:`FIELDS` → column; ``kind`` where no column says it.

    Times without a zone are on the clock of ``zone``. A row is an event of its own, known again by its id, else by all
    it says and how often it was said before; where a column tells how many and none an id, it is a day's total.

    :raises InvalidInput: ``lead_column_unknown``, ``lead_needs_columns``, ``lead_file_long`` or what
        :func:`columns` raises.
    """
    header, sample = columns(path)
    for column in mapping.values():
        if column not in header:
            raise InvalidInput("lead_column_unknown", column=column[:60], columns=", ".join(header[:20])[:300])
    if not {"at", "campaign"} <= set(mapping):
        raise InvalidInput("lead_needs_columns")
    place = header.index(mapping["at"])
    first = day_comes_first([row[place] for row in sample if len(row) > place])
    reading = _Reading(mapping, kind, now, ZoneInfo(zone), first, currency)
    rows = 0
    for row in csv_rows(path, sniff(path), header):
        line = int(row.where.rpartition(" ")[2])
        if row.cells is None:
            reading.refuse(Bad(line=line, code="lead_row_broken", n=row.n))
            continue
        rows += 1
        if rows > MOST_ROWS:
            raise InvalidInput("lead_file_long", most=f"{MOST_ROWS:,}")
        reading.take(line, row.cells)
    return reading.done()


def from_message(body: bytes, *, now: datetime, most: int = 1000) -> Read:
    """The events of a posted message: ``{"events": [{"id", "kind", "at", "campaign", …}]}``; each must have an id.

    :raises InvalidInput: ``lead_message_unreadable``: not such JSON, or more than ``most`` events.
    """
    try:
        found = json.loads(body)
        listed = found["events"] if isinstance(found, dict) else None
    except (ValueError, KeyError, RecursionError) as error:
        raise InvalidInput("lead_message_unreadable", most=most) from error
    if not isinstance(listed, list) or len(listed) > most:
        raise InvalidInput("lead_message_unreadable", most=most)
    mapping = {name: name for name in FIELDS}
    reading = _Reading(mapping, "", now, ZoneInfo("UTC"), True, "", must_name=True)
    for place, one in enumerate(listed, 1):
        if not isinstance(one, dict) or any(isinstance(value, (dict, list, bool)) for value in one.values()):
            reading.refuse(Bad(line=place, code="lead_row_broken"))
            continue
        reading.take(place, {name: "" if value is None else str(value) for name, value in one.items()})
    return reading.done()


class _Fault(Exception):
    def __init__(self, code: str, **params: str) -> None:
        self.bad = (code, params)


class _Reading:
    """One file while it is read."""

    def __init__(
        self, mapping: Mapping[str, str], kind: str, now: datetime, zone: ZoneInfo, day_first: bool, currency: str,
        *, must_name: bool = False,
    ) -> None:  # fmt: skip
        self._mapping, self._kind, self._zone, self._day_first = mapping, kind, zone, day_first
        self._latest, self._currency, self._must_name = now + _FUTURE, currency, must_name
        self._events: list[Event] = []
        self._totals: dict[str, int] = {}
        self._seen: Counter[str] = Counter()
        self._bad: list[Bad] = []
        self._faults = 0

    def refuse(self, bad: Bad) -> None:
        self._faults += bad.n
        if len(self._bad) < MOST_TOLD:
            self._bad.append(bad)

    def take(self, line: int, cells: Mapping[str, str]) -> None:
        try:
            event, name = self._event({one: (cells.get(column) or "") for one, column in self._mapping.items()})
        except _Fault as fault:
            code, params = fault.bad
            self.refuse(Bad(line=line, code=code, params=params))
            return
        self._keep(event, name)

    def done(self) -> Read:
        return Read(events=tuple(self._events), bad=tuple(self._bad), faults=self._faults)

    def _keep(self, event: Event, name: str) -> None:
        said = [event.kind, event.campaign, event.source, event.medium, event.content, event.currency]
        if name:
            self._events.append(_keyed(event, "id", [event.kind, name]))
        elif "n" in self._mapping and not self._must_name:
            day = event.at.astimezone(self._zone).date().isoformat()
            made = _keyed(event, "day", [day, *said], total=True)
            if made.key in self._totals:  # split by something we do not keep: together they are the day
                place = self._totals[made.key]
                self._events[place] = _sum(self._events[place], made)
            else:
                self._totals[made.key] = len(self._events)
                self._events.append(made)
        else:
            told = [event.at.isoformat(), *said, str(event.value), str(event.n)]
            self._seen["\0".join(told)] += 1
            self._events.append(_keyed(event, "row", [*told, str(self._seen["\0".join(told)])]))

    def _event(self, given: Mapping[str, str]) -> tuple[Event, str]:
        said = {name: clean(value).strip() for name, value in given.items()}
        if not said.get("at"):
            raise _Fault("lead_row_no_time")
        at = moment(said["at"], zone=self._zone, day_first=self._day_first)
        if at is None:
            raise _Fault("lead_row_time_wrong", value=said["at"][:40])
        if at > self._latest:
            raise _Fault("lead_row_ahead", value=said["at"][:40])
        words = {name: _word(said.get(name, "")) for name in ("campaign", "source", "medium", "content")}
        if not words["campaign"]:
            raise _Fault("lead_row_no_campaign")
        name = said.get("id", "")
        if self._must_name and not name:
            raise _Fault("lead_row_no_id")
        if any(len(word) > _LONGEST for word in (*words.values(), name)):
            raise _Fault("lead_row_long", most=str(_LONGEST))
        value = _money(said.get("value", ""))
        currency = (said.get("currency", "") or self._currency).upper() if value is not None else ""
        if currency and not _CURRENCY.fullmatch(currency):
            raise _Fault("lead_row_currency", value=currency[:20])
        event = Event(
            kind=self._kind_of(said.get("kind", "")), at=at.astimezone(UTC), n=_whole(said.get("n", "") or "1"),
            value=value, currency=currency, campaign=words["campaign"], source=words["source"],
            medium=words["medium"], content=words["content"],
        )  # fmt: skip
        return event, name

    def _kind_of(self, said: str) -> str:
        if not said and self._kind:
            return self._kind
        kind = _SAID.get(fold(said).strip().replace(" ", "_"))
        if kind is None:
            raise _Fault("lead_row_kind", value=said[:40])
        return kind


def _word(said: str) -> str:
    return "" if fold(said).strip() in _EMPTY else " ".join(said.split())


def _whole(said: str) -> int:
    """A whole number as people write it: 1234, 1,234, 1.234, 12.0."""
    plain = regex.sub(r"[\s\u00a0']", "", said)
    if regex.fullmatch(r"[+-]?\d{1,3}([.,]\d{3})+", plain):
        plain = regex.sub(r"[.,]", "", plain)
    plain = regex.sub(r"[.,]0+$", "", plain)
    if not _DIGITS.fullmatch(plain) or len(plain) > 12:
        raise _Fault("lead_row_count", value=said[:40])
    if not 0 <= int(plain) <= _MOST:
        raise _Fault("lead_row_count", value=said[:40])
    return int(plain)


def _money(said: str) -> Decimal | None:
    """An amount as people write it: 1,234.50, 1.234,50, 49,9 ₺."""
    if not said:
        return None
    plain = regex.sub(r"[\s\u00a0'\p{Sc}]|TL$", "", said)
    last = max(plain.rfind(","), plain.rfind("."))
    if last >= 0:
        whole, rest = plain[:last], plain[last + 1 :]
        grouped = len(rest) == 3 and regex.fullmatch(r"[+-]?\d{1,3}([.,]\d{3})*", whole) and plain.count(".") != 1
        plain = regex.sub(r"[.,]", "", whole) + ("" if grouped else ".") + rest
    try:
        found = Decimal(plain)
    except InvalidOperation:
        raise _Fault("lead_row_value", value=said[:40]) from None
    if not found.is_finite() or not 0 <= found <= _MOST:
        raise _Fault("lead_row_value", value=said[:40])
    return found.quantize(Decimal("0.01"))


def _keyed(event: Event, sort: str, parts: Iterable[str], *, total: bool = False) -> Event:
    digest = hashlib.sha256("\0".join((sort, *parts)).encode("utf-8", "surrogatepass")).hexdigest()
    return replace(event, key=f"{sort}:{digest[:40]}", total=total)


def _sum(one: Event, other: Event) -> Event:
    values = [each.value for each in (one, other) if each.value is not None]
    return replace(one, n=one.n + other.n, value=sum(values, Decimal(0)) if values else None)
