"""Tables people have: Parquet, CSV and JSON lines, as rows of named cells.

Owns: encodings, delimiters, which column is what. Promises that memory is bounded by the batch, that every row comes
out once, as cells or as a fault with its line, and that a fault never stops the file. Never changes a cell.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kalkan.errors import InvalidInput
from kalkan.text import fold


class Row(NamedTuple):
    """One row of a file: where it stands, and its cells or the kind of its fault. ``n`` rows share one fault."""

    where: str
    cells: Mapping[str, Any] | None
    fault: str = ""
    detail: str = ""
    n: int = 1


HEAD: Final = 1 << 18
LONGEST_LINE: Final = 1 << 22
_LONGEST_CELL: Final = 1 << 17
_RUNAWAYS: Final = 50

NAMES: Final[dict[str, tuple[str, ...]]] = {
    "text": (
        "text",
        "full_text",
        "content",
        "message",
        "body",
        "post_text",
        "tweet_text",
        "tweet",
        "caption",
        "comment",
        "comment_text",
        "post",
        "status_text",
        "selftext",
        "description",
        "metin",
        "icerik",
        "mesaj",
        "yorum",
        "gonderi",
        "aciklama",
    ),
    "created_at": (
        "created_at",
        "created_utc",
        "createdat",
        "created",
        "published_at",
        "published",
        "posted_at",
        "post_date",
        "tweet_created",
        "date_time",
        "datetime",
        "timestamp",
        "date",
        "time",
        "tarih_saat",
        "tarih",
        "zaman",
        "olusturulma_tarihi",
    ),
    "id": ("id", "id_str", "post_id", "tweet_id", "status_id", "comment_id", "message_id", "uri", "gonderi_id"),
    "author_id": ("author_id", "user_id", "userid", "author_did", "did", "from_id", "channel_id", "kullanici_id"),
    "author_handle": (
        "author_handle",
        "handle",
        "username",
        "user_name",
        "screen_name",
        "user_screen_name",
        "author_username",
        "author",
        "user",
        "account",
        "from",
        "kullanici_adi",
        "kullanici",
        "yazar",
        "hesap",
    ),
    "author_name": ("author_name", "display_name", "user_display_name", "full_name", "ad_soyad"),
    "langs": ("langs", "lang", "language", "languages", "dil"),
    "url": ("url", "permalink", "post_url", "tweet_url", "link", "adres", "baglanti"),
    "reply_to": (
        "reply_to",
        "in_reply_to",
        "in_reply_to_id",
        "in_reply_to_status_id",
        "in_response_to_tweet_id",
        "parent_id",
        "yanitlanan",
    ),
    "root": ("root", "thread_id", "conversation_id"),
    "quote_of": ("quote_of", "quoted_status_id", "quoted_id", "quoted_url"),
    "warning": ("warning", "spoiler_text", "content_warning"),
    "links": ("links", "urls"),
    "tags": ("tags", "hashtags"),
    "handles": ("handles", "mentions", "user_mentions"),
    "media": ("media", "media_count"),
    "media_alts": ("media_alts",),
    "labels": ("labels",),
    "poll": ("poll",),
    "edited_at": ("edited_at",),
    "network": ("network", "platform", "ag"),
    "likes": ("likes", "like_count", "favorite_count", "favourites_count", "likes_count", "begeni", "begeni_sayisi"),
    "reposts": (
        "reposts",
        "retweets",
        "retweet_count",
        "repost_count",
        "shares",
        "share_count",
        "reblogs_count",
        "boosts",
        "paylasim",
    ),
    "replies": ("replies", "reply_count", "replies_count", "comment_count", "comments_count", "yanit_sayisi"),
    "quotes": ("quotes", "quote_count"),
}
"""Kalkan's fields and the names that columns of theirs go by, likeliest first, folded."""
OPTIONS: Final = ("zone", "dates", "account")
"""Keys of a mapping that name no column: the zone of times without one, "dmy" or "mdy", whose posts an export holds."""


def columns_for(columns: Iterable[str], given: Mapping[str, str] | None, *, path: Path) -> dict[str, str]:
    """Kalkan's field → the file's column: what the person said, and for the rest what the names suggest.

    :raises InvalidInput: the mapping names an unknown field or column, or no column holds the text.
    """
    names = [str(column) for column in columns]
    mapping: dict[str, str] = {}
    for field, column in (given or {}).items():
        if field in OPTIONS:
            continue
        if field not in NAMES:
            raise InvalidInput("file_field_unknown", field=field, known=", ".join(NAMES))
        if column and column not in names:
            raise InvalidInput("file_column_unknown", column=column, path=path.name, columns=", ".join(names[:40]))
        mapping[field] = column
    taken = set(mapping.values())
    by_key: dict[str, str] = {}
    for name in names:
        by_key.setdefault(fold(name).strip().replace(" ", "_").replace("-", "_"), name)
    for field, known in NAMES.items():
        if field in mapping:
            continue
        for key in known:
            if key in by_key and by_key[key] not in taken:
                mapping[field] = by_key[key]
                taken.add(by_key[key])
                break
    mapping = {field: column for field, column in mapping.items() if column}
    if "text" not in mapping:
        raise InvalidInput("file_no_text_column", path=path.name, columns=", ".join(names[:40]))
    return mapping


# ---------------------------------------------------------------------------------------------- CSV


class Dialect(NamedTuple):
    """How a CSV file is written."""

    encoding: str
    delimiter: str
    backslash: bool


def sniff(path: Path) -> Dialect:
    """Encoding and delimiter of a CSV file, from its beginning."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    encoding = encoding_of(head)
    text = head.decode(encoding, "replace").lstrip("\ufeff")
    backslash = '\\"' in text and '""' not in text.replace(',""', "").replace(';""', "")
    return Dialect(encoding, max(",;\t|", key=lambda sign: _regularity(text, sign)), backslash)


def encoding_of(head: bytes) -> str:
    """UTF-8 and UTF-16 where they are; else the Windows page whose letters occur (1254 Turkish, 1252 Western)."""
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = head[0:2000:2].count(0), head[1:2000:2].count(0)
    if max(even, odd) * 4 > min(len(head), 2000) // 2 and min(even, odd) * 8 < max(even, odd):
        return "utf-16-le" if odd > even else "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # a sign cut off at the end of the head is no fault
    except UnicodeDecodeError as error:
        # A few stray bytes in what is UTF-8 otherwise are damage, not another encoding.
        if len(head[: error.start].decode("utf-8").encode("ascii", "ignore")) < error.start:
            return "utf-8"
        return "cp1254" if any(byte in head for byte in b"\xf0\xfd\xfe\xd0\xdd\xde") else "cp1252"
    return "utf-8"


def _regularity(text: str, delimiter: str) -> float:
    """How much like a table the text is when cut at ``delimiter``: columns of the header that most rows share."""
    widths = []
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if cells:
                widths.append(len(cells))
            if len(widths) > 60:
                break
    except csv.Error:
        pass
    if not widths or widths[0] < 2:
        return 0.0
    return widths[0] * sum(width == widths[0] for width in widths) / len(widths)


class _Lines:
    """Lines of a file that can be given back: a quote never closed must not swallow what follows it."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._again: deque[str] = deque()
        self.taken: list[str] = []
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._file.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self.number += 1
        self.taken.append(line)
        return line.replace("\0", "")

    def give_back(self) -> None:
        """All lines of this row but its first are to be read again."""
        self._again.extendleft(reversed(self.taken[1:]))
        self.number -= len(self.taken) - 1
        del self.taken[1:]


def csv_header(path: Path, dialect: Dialect) -> tuple[list[str], list[list[str]]]:
    """The first row's cells and up to 200 rows after it.

    :raises InvalidInput: there is no first row.
    """
    rows: list[list[str]] = []
    with path.open(encoding=dialect.encoding, errors="replace", newline="") as file:
        try:
            for cells in _reader(_Lines(file), dialect):
                if cells:
                    rows.append(cells)
                if len(rows) > 200:
                    break
        except csv.Error:
            pass
    if not rows:
        raise InvalidInput("file_empty", path=path.name)
    return [cell.strip() for cell in rows[0]], rows[1:]


def _reader(lines: Iterable[str], dialect: Dialect) -> Any:
    csv.field_size_limit(_LONGEST_CELL)
    if dialect.backslash:
        return csv.reader(lines, delimiter=dialect.delimiter, escapechar="\\", doublequote=False, strict=True)
    return csv.reader(lines, delimiter=dialect.delimiter, strict=True)


def csv_rows(path: Path, dialect: Dialect, header: list[str]) -> Iterator[Row]:
    """Every row after the header. A row with more cells than columns, or with a quote never closed, is a fault."""
    with path.open(encoding=dialect.encoding, errors="replace", newline="") as file:
        lines = _Lines(file)
        reader, first, runaways = _reader(lines, dialect), True, 0
        while True:
            start = lines.number + 1
            lines.taken.clear()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                runaways += len(lines.taken) > 1
                if runaways <= _RUNAWAYS:
                    lines.give_back()
                written = lines.taken[0] if lines.taken else ""
                yield Row(f"line {start}", None, "bad_row", f"{error}: {written[:80]}", max(1, len(lines.taken)))
                reader = _reader(lines, dialect)
                continue
            if first and cells:
                first = False
            elif cells:
                yield _csv_row(start, header, cells)


def _csv_row(line: int, header: list[str], cells: list[str]) -> Row:
    if len(cells) > len(header) and any(cells[len(header) :]):
        return Row(
            f"line {line}", None, "bad_row", f"{len(cells)} cells, {len(header)} columns: {' | '.join(cells)[:80]}"
        )
    return Row(f"line {line}", dict(zip(header, cells, strict=False)))


# ---------------------------------------------------------------------------------------------- JSON lines


def jsonl_rows(path: Path) -> Iterator[Row]:
    """Every line that is not blank: an object, or a fault."""
    decode = msgspec.json.Decoder().decode
    with path.open("rb") as file:
        number = 0
        while line := file.readline(LONGEST_LINE):
            number += 1
            if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                while line and not line.endswith(b"\n"):
                    line = file.readline(LONGEST_LINE)
                yield Row(f"line {number}", None, "too_long", "")
                continue
            line = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
            if not line.strip():
                continue
            yield _json_row(number, line, decode)


def _json_row(number: int, line: bytes, decode: Any) -> Row:
    try:
        try:
            cells = decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            cells = json.loads(line.decode("utf-8", "replace"))  # forgives lone surrogates, NaN and odd bytes
    except (ValueError, RecursionError):
        return Row(f"line {number}", None, "bad_json", line[:80].decode("utf-8", "replace"))
    if not isinstance(cells, dict):
        return Row(f"line {number}", None, "not_an_object", str(cells)[:80])
    return Row(f"line {number}", cells)


def jsonl_columns(path: Path) -> list[str]:
    """Names that occur in the first 200 lines."""
    names: dict[str, None] = {}
    for _, row in zip(range(200), jsonl_rows(path), strict=False):
        names.update(dict.fromkeys(row.cells or ()))
    return list(names)


# ---------------------------------------------------------------------------------------------- Parquet


def parquet_columns(path: Path) -> list[str]:
    """Column names of a Parquet file.

    :raises InvalidInput: it is none, or its footer is damaged.
    """
    try:
        names: list[str] = pq.ParquetFile(path).schema_arrow.names
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InvalidInput("file_unreadable", path=path.name, detail=str(error)[:200]) from error
    return names


def parquet_rows(path: Path, columns: Iterable[str], *, rows: int) -> Iterator[Row]:
    """Every row, ``rows`` at a time in memory. A damaged row group is one fault for all rows of it still unread."""
    names = list(columns)
    with pq.ParquetFile(path) as file:
        start = 1
        for group in range(file.num_row_groups):
            end, at = start + file.metadata.row_group(group).num_rows, start
            try:
                for batch in file.iter_batches(batch_size=rows, row_groups=[group], columns=names):
                    cells = [_values(batch.column(name)) for name in names]
                    for values in zip(*cells, strict=True):
                        yield Row(f"row {at}", dict(zip(names, values, strict=True)))
                        at += 1
            except (pa.ArrowException, OSError, ValueError) as error:
                yield Row(f"row {at}", None, "damaged", str(error)[:80], max(1, end - at))
            start = end


def _values(column: pa.Array) -> list[Any]:
    kind = column.type
    if pa.types.is_timestamp(kind):
        # Nanoseconds have no datetime; a time beyond the year 9999 is no time.
        column = pc.cast(column, pa.timestamp("us", tz=kind.tz), safe=False)
    try:
        values: list[Any] = column.to_pylist()
    except (ValueError, OverflowError, ArithmeticError):
        values = [_value(cell) for cell in column]
    return values


def _value(cell: Any) -> Any:
    try:
        return cell.as_py()
    except (ValueError, OverflowError, ArithmeticError):
        return "unreadable"
