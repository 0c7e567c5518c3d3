"""Files as a network: exports and data files, read into batches.

Owns: what a file is (:func:`recognise`) and its rows as posts (:func:`read`). Promises that memory is bounded by the
batch (and eight bytes a row that has no id of its own), that rows in = posts + rejects, that importing the same file
twice gives the same ids, and that the cursor lets an interrupted import go on. A bad row never stops an import.

Ids. A row that names its post for good (an address, an at-URI, a status number of X) keeps that name. Any other row is
named by what it says: network, author, time, text, and the file's own row id where it has one. Without one, rows equal
in all four are still distinct posts: the second gets ``-1``, the third ``-2``, in the order of the file (people do post
the same words in the same second, and an export that lists a post twice names it). A column ``repeats`` is not read:
a row is one post. Where a row names nobody, its author is unknown and counts as a person of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import regex
import xxhash

from kalkan.errors import InvalidInput
from kalkan.networks.files import exports, tables
from kalkan.networks.files.tables import Row
from kalkan.networks.files.times import day_comes_first, moment
from kalkan.posts import COUNTS, POSTS, Batch, Reject
from kalkan.text import clean, cut, urls

__all__ = ["FileKind", "read", "recognise", "source_of"]

KINDS: Final = ("parquet", "csv", "jsonl", *exports.NETWORKS)
_TABLES: Final = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class FileKind:
    """What a file is, and how its columns will be taken. Show it before an import: it says what is left out."""

    name: str  # one of KINDS
    network: str | None = None  # which network an export is of
    mapping: Mapping[str, str] = field(default_factory=dict)  # Kalkan's field → the file's column; tables only
    ignored: tuple[str, ...] = ()  # columns that nothing is taken from
    dialect: tables.Dialect | None = None  # CSV only
    parts: tuple[exports.Part, ...] = ()  # exports only
    header: tuple[str, ...] = ()
    day_first: bool = True


def recognise(path: Path, *, mapping: Mapping[str, str] | None = None) -> FileKind:
    """What lies at ``path``: a file, a folder or a .zip.

    ``mapping`` names columns for Kalkan's fields (:data:`tables.NAMES`) where their names do not say it; "" drops a
    field. Three further keys: ``zone`` (of times without one), ``dates`` (dmy or mdy), ``account`` (whose posts).

    :raises InvalidInput: nothing is there, nothing in it can be read, or the mapping does not fit.
    """
    if not path.exists():
        raise InvalidInput("file_missing", path=str(path))
    try:
        return _recognised(path, mapping)
    except (OSError, UnicodeError) as error:
        raise InvalidInput("file_unreadable", path=path.name, detail=str(error)[:200]) from error


def _recognised(path: Path, mapping: Mapping[str, str] | None) -> FileKind:
    if path.is_file() and not path.stat().st_size:
        raise InvalidInput("file_empty", path=path.name)
    if found := exports.find(path):
        return FileKind(name=found[0], network=exports.NETWORKS[found[0]], parts=found[1])
    kind = _TABLES.get(path.suffix.lower()) if path.is_file() else None
    if kind == "parquet" or (path.is_file() and _starts(path, b"PAR1")):
        return _table("parquet", path, tables.parquet_columns(path), mapping)
    if kind == "jsonl":
        return _table("jsonl", path, tables.jsonl_columns(path), mapping)
    if kind == "csv":
        dialect = tables.sniff(path)
        header, sample = tables.csv_header(path, dialect)
        return _table("csv", path, header, mapping, dialect=dialect, sample=sample)
    raise InvalidInput("file_kind_unknown", path=path.name)


def _starts(path: Path, sign: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(sign)) == sign


def _table(
    name: str,
    path: Path,
    columns: list[str],
    given: Mapping[str, str] | None,
    *,
    dialect: tables.Dialect | None = None,
    sample: list[list[str]] | None = None,
) -> FileKind:
    mapping = tables.columns_for(columns, given, path=path)
    used = set(mapping.values())
    day_first = True
    if sample and "created_at" in mapping:
        at = columns.index(mapping["created_at"])
        day_first = day_comes_first([cells[at] for cells in sample if len(cells) > at])
    return FileKind(
        name=name,
        mapping=mapping,
        ignored=tuple(column for column in columns if column and column not in used),
        dialect=dialect,
        header=tuple(columns),
        day_first=day_first,
    )


def read(
    path: Path,
    *,
    mapping: Mapping[str, str] | None = None,
    network: str | None = None,
    now: datetime,
    rows: int = 20_000,
    cursor: str | None = None,
) -> Iterator[Batch]:
    """The posts of a file, at most ``rows`` rows of it in each batch.

    ``network`` names where the posts come from ("x", "reddit"); without it an export's own, a column's, or "file".
    ``now`` is when they were seen. ``cursor`` is that of the last batch kept: what it covers is not given again.
    ``Batch.frames`` is how many rows of the file the batch covers: its posts and its rejects.

    :raises InvalidInput: at once, as :func:`recognise` does, or for a zone or cursor that is none.
    """
    kind = recognise(path, mapping=mapping)
    given = dict(mapping or {})
    try:
        zone: tzinfo = ZoneInfo(given["zone"]) if given.get("zone") else UTC
    except (ValueError, OSError, KeyError) as error:
        raise InvalidInput("time_zone_unknown", zone=given["zone"]) from error
    try:
        skip = int(json.loads(cursor)["rows"]) if cursor else 0
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInput("import_cursor_unknown", cursor=str(cursor)[:80]) from error
    day_first = {"dmy": True, "mdy": False}.get(given.get("dates", ""), kind.day_first)
    account = given.get("account", "").strip().lstrip("@")
    owner = exports.owner(path, kind.name) if kind.parts else ("", "")
    taking = _Taking(
        source=_source(path, kind),
        network=network or kind.network or "",
        mapping=None if kind.parts else dict(kind.mapping),
        zone=zone,
        day_first=day_first,
        now=now.astimezone(UTC),
        owner=("", account) if account else owner,
    )
    return _batches(_rows(path, kind, rows), taking, rows=rows, skip=skip)


def _rows(path: Path, kind: FileKind, rows: int) -> Iterator[Row]:
    if kind.parts:
        return exports.rows(kind.name, kind.parts)
    if kind.name == "parquet":
        return tables.parquet_rows(path, kind.mapping.values(), rows=rows)
    if kind.name == "jsonl":
        return tables.jsonl_rows(path)
    if kind.dialect is None:
        raise InvalidInput("file_kind_unknown", path=path.name)
    return tables.csv_rows(path, kind.dialect, list(kind.header))


def source_of(path: Path) -> str:
    """The source that the posts of ``path`` are filed under; equal for equal content."""
    return _source(path, recognise(path))


def _source(path: Path, kind: FileKind) -> str:
    """Names the import: the same for the same content, whatever folder it lies in."""
    print_ = xxhash.xxh3_64()
    for file in sorted({part.path for part in kind.parts}) or [path]:
        with file.open("rb") as opened:
            print_.update(opened.read(1 << 16))
        print_.update(str(file.stat().st_size).encode())
    name = regex.sub(r"[^\p{L}\p{N}._\-]+", "_", clean(path.name))[:80]
    return f"file:{name}:{print_.hexdigest()[:8]}"


def _batches(source: Iterable[Row], taking: _Taking, *, rows: int, skip: int) -> Iterator[Batch]:
    pending: list[Row] = []
    total = covered = 0
    for row in source:
        pending.append(row)
        covered += row.n
        # Where an earlier import stopped a batch ends here too, whatever size its batches had.
        if len(pending) >= rows or total + covered == skip:
            total += covered
            batch = taking.batch(pending, total)
            pending, covered = [], 0
            if total > skip:
                yield batch
    if pending:
        batch = taking.batch(pending, total + covered)
        if total + covered > skip:
            yield batch


# ---------------------------------------------------------------------------------------------- rows to posts

_LISTS: Final = ("langs", "links", "tags", "handles", "media_alts", "labels", "poll")
_TEXTS: Final = ("author_handle", "author_name", "url", "warning")
_FIGURES: Final = ("likes", "reposts", "replies", "quotes")
_HASHTAG: Final = regex.compile(r"(?<![\p{L}\p{N}_&/])#([\p{L}\p{M}\p{N}_]*[\p{L}\p{M}_][\p{L}\p{M}\p{N}_]*)")
_LASTING: Final = regex.compile(r"[a-z][a-z0-9+.\-]{0,20}:\S+")
_ROUNDED: Final = regex.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+")
_LONGEST_TEXT: Final = 100_000


class _Seen:
    """How often each 64-bit key was met before, in eight bytes a key: sorted runs, merged as they grow."""

    def __init__(self) -> None:
        self._runs: list[np.ndarray[Any, Any]] = []

    def occurrences(self, keys: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """For each key how many equal ones came before it, in this call and all earlier ones."""
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        counts = np.zeros(len(keys), dtype=np.int64)
        counts[order] = np.arange(len(keys)) - np.searchsorted(ordered, ordered, side="left")
        for run in self._runs:
            counts += np.searchsorted(run, keys, side="right") - np.searchsorted(run, keys, side="left")
        self._runs.append(ordered)
        while len(self._runs) > 1 and len(self._runs[-2]) < 2 * len(self._runs[-1]):
            self._runs[-2:] = [np.sort(np.concatenate(self._runs[-2:]), kind="stable")]
        return counts


@dataclass(slots=True)
class _Taking:
    """One import: what is the same for all its rows, and what was met so far."""

    source: str
    network: str
    mapping: dict[str, str] | None
    zone: tzinfo
    day_first: bool
    now: datetime
    owner: tuple[str, str]
    seen: _Seen = field(default_factory=_Seen)

    def batch(self, rows: list[Row], total: int) -> Batch:
        """The rows as a batch whose cursor covers ``total`` rows of the file."""
        columns: dict[str, list[Any]] = {name: [] for name in POSTS.names}
        figures: list[tuple[int, dict[str, int]]] = []
        rejects: dict[str, list[Any]] = {}
        unnamed: list[tuple[int, int, str]] = []
        for row in rows:
            post = self._post(row) if row.cells is not None else (row.fault, row.detail)
            if isinstance(post, tuple):
                fault, detail = post
                kept = rejects.setdefault(fault, [0, clean(f"{row.where}: {detail}"[:160]).replace("\n", " ")])
                kept[0] += row.n
                continue
            if post["key"]:
                unnamed.append((len(columns["id"]), xxhash.xxh3_64_intdigest(post["key"].encode()), post["key"]))
            if post["figures"]:
                figures.append((len(columns["id"]), post["figures"]))
            for name, column in columns.items():
                column.append(post[name])
        self._name(columns["id"], unnamed)
        for at, author in enumerate(columns["author_id"]):
            if not author:  # nobody is named: one person a post, for one person in all would be a false figure
                columns["author_id"][at] = f"{columns['network'][at]}:unknown:{columns['id'][at]}"
        return Batch(
            posts=pa.table({name: pa.array(column, POSTS.field(name).type) for name, column in columns.items()}, POSTS),
            counts=self._counts(columns, figures),
            rejects=tuple(Reject(kind=kind, n=n, example=cut(text, 140)) for kind, (n, text) in rejects.items()),
            cursor=json.dumps({"rows": total}),
            heard_until=self.now,
            frames=sum(row.n for row in rows),
        )

    def _name(self, ids: list[str], unnamed: list[tuple[int, int, str]]) -> None:
        """Ids for rows without their own: what they say, and which of its like in the file each is."""
        if not unnamed:
            return
        counts = self.seen.occurrences(np.array([key for _, key, _ in unnamed], dtype=np.uint64))
        for (at, _, said), before in zip(unnamed, counts.tolist(), strict=True):
            ids[at] = f"file:{xxhash.xxh3_128_hexdigest(said.encode())}" + (f"-{before}" if before else "")

    def _counts(self, columns: Mapping[str, list[Any]], figures: list[tuple[int, dict[str, int]]]) -> pa.Table:
        rows = [
            {
                "post_id": columns["id"][at],
                "network": columns["network"][at],
                "at": self.now,
                "mode": "total",
                **{name: found.get(name) for name in _FIGURES},
            }
            for at, found in figures
        ]
        return pa.Table.from_pylist(rows, COUNTS)

    def _post(self, row: Row) -> dict[str, Any] | tuple[str, str]:
        """One row as columns of POSTS, with "key" (what names it, where nothing else does) and "figures"."""
        cells = row.cells or {}
        if self.mapping is not None:
            cells = {name: cells.get(column) for name, column in self.mapping.items()}
        text = clean(_string(cells.get("text"))).strip()
        media = _whole(cells.get("media")) or 0
        if not text and not media:
            return "no_text", str(dict(row.cells or {}))[:100]
        if len(text) > _LONGEST_TEXT:
            return "too_long", text[:60]
        claimed = cells.get("created_at")
        created = moment(claimed, zone=self.zone, day_first=self.day_first)
        if created is None and _string(claimed).strip():
            return "bad_time", _string(claimed)[:60]
        return self._columns(cells, text=text, media=media, created=created)

    def _columns(self, cells: Mapping[str, Any], *, text: str, media: int, created: datetime | None) -> dict[str, Any]:
        network = self.network or clean(_string(cells.get("network"))).strip().lower()[:40] or "file"
        post: dict[str, Any] = {name: clean(_string(cells.get(name))).strip() or None for name in _TEXTS}
        post.update({name: _list(cells.get(name)) for name in _LISTS})
        post["langs"] = [lang.lower() for lang in post["langs"] if lang.lower() not in ("und", "zxx")]
        post["tags"] = [tag.lstrip("#") for tag in post["tags"]] or (_HASHTAG.findall(text) if "#" in text else [])
        post["links"] = post["links"] or (urls(text) if "http" in text or "www." in text else [])
        post["handles"] = [handle.lstrip("@") for handle in post["handles"]]
        handle = (post["author_handle"] or "").lstrip("@") or self.owner[1]
        author = clean(_string(cells.get("author_id"))).strip()
        named = _lasting(network, author) or (f"{network}:{author}" if author else "")
        post["author_id"] = named or self.owner[0] or (f"{network}:{handle}" if handle else "")
        post["author_handle"] = handle or None
        if post["url"] and not post["url"].startswith(("https://", "http://")):
            post["url"] = None
        own = _rowid(cells.get("id"))
        lasting = _lasting(network, own)
        said = "\x1f".join((network, post["author_id"], created.isoformat() if created else "", text))
        own = own or _string(cells.get("own_id"))
        post["id"] = lasting or (f"file:{xxhash.xxh3_128_hexdigest((said + chr(0x1E) + own).encode())}" if own else "")
        post["key"] = "" if post["id"] else said
        for name in ("reply_to", "root", "quote_of"):
            told = _rowid(cells.get(name))
            post[name] = _lasting(network, told) or (f"{network}:{told}" if told else None)
        found = {name: n for name in _FIGURES if (n := _whole(cells.get(name))) is not None}
        post.update(
            network=network,
            source=self.source,
            text=text,
            media=media,
            created_at=created,
            seen_at=self.now,
            at=min(created, self.now) if created else self.now,
            edited_at=moment(cells.get("edited_at"), zone=self.zone, day_first=self.day_first),
            figures=found,
        )
        return post


def _string(value: object) -> str:
    if value is None or value != value:  # NaN: what data frames write for "nothing"
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else str(value)


def _rowid(value: object) -> str:
    """An id as text. What a spreadsheet has rounded (1.99712E+18) names nothing any more."""
    if isinstance(value, float):
        value = int(value) if value == value and abs(value) < 2**53 and value == int(value) else None
    text = clean(_string(value)).strip()[:500]
    if _ROUNDED.fullmatch(text):
        return ""
    return text.removesuffix(".0") if text.removesuffix(".0").isdigit() else text


def _lasting(network: str, name: str) -> str:
    """``name`` where it names something for good on its network; else empty. A bare row number does not."""
    if _LASTING.fullmatch(name):
        return name
    if network == "x" and name.isdigit() and len(name) >= 6:
        return f"https://x.com/i/status/{name}"
    return ""


def _whole(value: object) -> int | None:
    if isinstance(value, (list, tuple)):
        return len(value)
    try:
        number = int(float(str(value).replace(",", ""))) if value not in (None, "") else None
    except (ValueError, OverflowError):
        return None
    return number if number is not None and 0 <= number < 1 << 31 else None


def _list(value: object) -> list[str]:
    if isinstance(value, str) and value[:1] == "[":
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = str(value).strip("[]").replace("'", "").replace('"', "")
    if isinstance(value, str):
        value = regex.split(r"[,;|\s]+", value)
    if not isinstance(value, (list, tuple)):
        return []
    found = (clean(_string(one)).strip()[:2000] for one in value if not isinstance(one, (list, dict)))
    return [one for one in found if one]
