"""Whole tables read from a file or a pipe into another: Parquet, CSV or JSONL, the same rows plus reading columns.

Promises bounded memory whatever the file's size, rows in their order, and that a bad row is counted with its line and
stops nothing. The result appears under its name only when it is whole. Never guesses an encoding: text is UTF-8.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, Literal, Protocol

import msgspec
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq

from kalkan.errors import InvalidInput
from kalkan.posts import READINGS, Reject
from kalkan.reading.kernel import read
from kalkan.reading.recipe import Recipe, current

Where = Path | Literal["-"]
Progress = Callable[[int, int, int], None]
Turn = Callable[[pa.RecordBatch, pa.RecordBatch], pa.RecordBatch]

ROWS: Final = 8192
LONGEST_LINE: Final = 16 << 20
AT_A_TIME: Final = 256  # rows from a pipe, and of a slow reader, so that an answer comes soon
_BLOCK: Final = 4 << 20
_MARK: Final = b"\xef\xbb\xbf"  # a byte order mark


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What came of a table: rows read, rows that could not be, and by which recipe."""

    rows: int
    rejects: tuple[Reject, ...]
    recipe: str


class _Sink(Protocol):
    def write(self, batch: pa.RecordBatch) -> None:
        """Put one batch's rows after those before."""

    def close(self) -> None:
        """Finish what was written."""


def read_table(
    source: Where, out: Where, *, text: str = "text", tier: str = "fast", progress: Progress | None = None,
    turn: Turn | None = None,
) -> Told:  # fmt: skip
    """Read the column ``text`` of ``source`` and write its rows with their readings to ``out``.

    ``-`` is JSONL on a pipe. ``progress`` is called with rows so far, bytes so far, and bytes in all (0 = not known).
    ``turn`` makes the columns to write beside each row out of its readings; without it the readings are written.
    With it, a file that already holds a reading in the columns of ``READINGS`` is not read again.

    :raises InvalidInput: an unknown suffix, no such file, no such column, a file that is not what its suffix says.
    """
    recipe = current(tier)
    rejects: dict[str, Reject] = {}
    rows, step = 0, ROWS if tier == "fast" else AT_A_TIME
    try:
        with _sink(out) as sink:
            for batch, done, total in _source(source, text, rejects):
                for begin in range(0, max(batch.num_rows, 1), step):
                    for found in _read(_with_text(batch.slice(begin, step), text), recipe, turn):
                        sink.write(_as_asked(found, text))
                        rows += found.num_rows
                    if progress:
                        progress(rows, done, total)
    except BrokenPipeError:
        raise
    except OSError as error:
        written = str(error.filename or "").endswith(".part")  # what the sink writes before it has its name
        code, path = ("export_unwritable", out) if written else ("file_unreadable", error.filename or source)
        raise InvalidInput(code, path=str(path), detail=error.strerror or str(error)) from error
    return Told(rows=rows, rejects=tuple(rejects.values()), recipe=recipe.id)


def _read(batch: pa.RecordBatch, recipe: Recipe, turn: Turn | None) -> Iterator[pa.RecordBatch]:
    """The batch with its readings, or with what ``turn`` makes of them."""
    if turn is None:
        yield from read([batch], recipe)
        return
    held = {field.name: field.type for field in batch.schema}
    known = batch
    flat = [field for field in READINGS if not pa.types.is_nested(field.type)]
    if not set(READINGS.names) <= held.keys() or any(held[field.name] != field.type for field in flat):
        known = next(read([batch], recipe))
    more = turn(batch, known.select(READINGS.names))
    names = [name for name in batch.schema.names if name not in more.schema.names]
    yield pa.RecordBatch.from_arrays([*(batch[name] for name in names), *more.columns], [*names, *more.schema.names])


def _with_text(batch: pa.RecordBatch, text: str) -> pa.RecordBatch:
    """The batch with its column ``text`` as the kernel wants it; a column of that name that is not it waits aside."""
    if text not in batch.schema.names:
        raise InvalidInput("text_column_missing", column=text, known=", ".join(batch.schema.names))
    names = [_ASIDE if name == "text" and text != "text" else name for name in batch.schema.names]
    names = ["text" if name == text else name for name in names]
    columns = [
        column.cast(pa.string()) if name == "text" and not _is_text(column.type) else column
        for name, column in zip(names, batch.columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, names=names)


_ASIDE: Final = "\x00text"
_ROW: Final = "\x00row"  # a JSONL row as it stood, so that JSONL gives back exactly what came


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _as_asked(found: pa.RecordBatch, text: str) -> pa.RecordBatch:
    back = {"text": text, _ASIDE: "text"}
    return found.rename_columns([back.get(name, name) for name in found.schema.names])


def _source(source: Where, text: str, rejects: dict[str, Reject]) -> Iterator[tuple[pa.RecordBatch, int, int]]:
    if source == "-":
        yield from _jsonl(sys.stdin.buffer, 0, text, rejects)
        return
    kind = _kind(source)
    if not source.is_file():
        raise InvalidInput("file_missing", path=str(source))
    size = source.stat().st_size
    try:
        if kind == "parquet":
            yield from _parquet(source, size)
        elif kind == "csv":
            yield from _csv(source, size, rejects)
        else:
            with source.open("rb") as lines:
                yield from _jsonl(lines, size, text, rejects)
    except pa.ArrowInvalid as error:
        raise InvalidInput("file_damaged", path=str(source), detail=str(error).splitlines()[0]) from error


def _kind(path: Path) -> str:
    kinds = {".parquet": "parquet", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
    kind = kinds.get(path.suffix.lower())
    if kind is None:
        raise InvalidInput("suffix_unknown", path=str(path), known=", ".join(kinds))
    return kind


def _parquet(path: Path, size: int) -> Iterator[tuple[pa.RecordBatch, int, int]]:
    with pq.ParquetFile(path) as file:
        total, done = max(file.metadata.num_rows, 1), 0
        empty = True
        for batch in file.iter_batches(ROWS):
            done += batch.num_rows
            empty = False
            yield batch, size * done // total, size
        if empty:
            yield pa.RecordBatch.from_pylist([], schema=file.schema_arrow), size, size


def _csv(path: Path, size: int, rejects: dict[str, Reject]) -> Iterator[tuple[pa.RecordBatch, int, int]]:
    def refuse(row: csv.InvalidRow) -> str:
        where = f"{row.number}: " if row.number is not None else ""
        _reject(rejects, "row_has_wrong_columns", f"{where}{row.text[:120]}")
        return "skip"

    with path.open("rb") as raw:
        names = _heads(raw, path)
        raw.seek(0)
        reader = csv.open_csv(
            raw,
            read_options=csv.ReadOptions(block_size=_BLOCK, use_threads=False),
            parse_options=csv.ParseOptions(newlines_in_values=True, invalid_row_handler=refuse),
            convert_options=csv.ConvertOptions(
                check_utf8=False,
                column_types={name: pa.string() for name in names},
                strings_can_be_null=True,
                null_values=[""],
                quoted_strings_can_be_null=False,
            ),
        )
        for batch in reader:
            yield _mended(batch, rejects), min(raw.tell(), size), size


def _heads(raw: IO[bytes], path: Path) -> list[str]:
    first = csv.read_csv(
        pa.py_buffer(raw.readline(LONGEST_LINE).removeprefix(_MARK) + b"\n"),
        parse_options=csv.ParseOptions(newlines_in_values=True),
    )
    if not first.column_names:
        raise InvalidInput("file_damaged", path=str(path), detail="no columns")
    return list(first.column_names)


def _mended(batch: pa.RecordBatch, rejects: dict[str, Reject]) -> pa.RecordBatch:
    """The batch with bytes that are no UTF-8 replaced: a row in another encoding is read as far as it goes."""
    try:
        batch.validate(full=True)
        return batch
    except pa.ArrowInvalid:
        columns = []
        for column in batch.columns:
            raw = column.cast(pa.binary()).to_pylist()
            mended = [None if one is None else one.decode("utf-8", "replace") for one in raw]
            for one, was in zip(mended, raw, strict=True):
                if one is not None and "�" in one and b"\xef\xbf\xbd" not in was:
                    _reject(rejects, "bytes_not_utf8", one[:120])
            columns.append(pa.array(mended, pa.string()))
        return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _jsonl(
    lines: IO[bytes], size: int, text: str, rejects: dict[str, Reject]
) -> Iterator[tuple[pa.RecordBatch, int, int]]:
    """Rows as they stand in the file: values that are no plain text are kept as their JSON."""
    decoder = msgspec.json.Decoder(dict[str, Any])
    rows: list[dict[str, Any]] = []
    number, done = 0, 0
    names: dict[str, None] = {}
    raw: list[bytes] = []
    while line := lines.readline(LONGEST_LINE):
        number += 1
        done += len(line)
        if not line.strip():
            continue
        if not line.endswith(b"\n") and len(line) >= LONGEST_LINE:
            done += _skip_line(lines)
            _reject(rejects, "line_too_long", f"{number}")
            continue
        try:
            row = decoder.decode(line.removeprefix(_MARK))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            _reject(rejects, "line_not_json", f"{number}: {line[:120].decode('utf-8', 'replace').strip()}")
            continue
        if not isinstance(row.get(text), str):
            _reject(rejects, "row_without_text", f"{number}: {line[:120].decode('utf-8', 'replace').strip()}")
            continue
        names.update(dict.fromkeys(row))
        rows.append(row)
        raw.append(line)
        if len(rows) >= ROWS or (size == 0 and len(rows) >= AT_A_TIME):
            yield _as_batch(rows, raw, names), done, size
            rows, raw = [], []
    if rows or not number:
        yield _as_batch(rows, raw, names or {text: None}), done, size


def _skip_line(lines: IO[bytes]) -> int:
    skipped = 0
    while (part := lines.readline(LONGEST_LINE)) and not part.endswith(b"\n"):
        skipped += len(part)
    return skipped + len(part)


def _as_batch(rows: list[dict[str, Any]], raw: list[bytes], names: dict[str, None]) -> pa.RecordBatch:
    def shown(value: Any) -> str | None:
        if value is None or isinstance(value, str):
            return value
        return msgspec.json.encode(value).decode()

    columns = [pa.array([shown(row.get(name)) for row in rows], pa.string()) for name in names]
    return pa.RecordBatch.from_arrays([*columns, pa.array(raw, pa.large_binary())], names=[*names, _ROW])


def _reject(rejects: dict[str, Reject], kind: str, example: str) -> None:
    before = rejects.get(kind)
    rejects[kind] = Reject(kind=kind, n=(before.n if before else 0) + 1, example=before.example if before else example)


@contextmanager
def _sink(out: Where) -> Iterator[_Sink]:
    if out == "-":
        pipe = _Lines(sys.stdout.buffer)
        yield pipe
        sys.stdout.buffer.flush()
        return
    kind = _kind(out)
    part = out.with_name(f".{out.name}.part")
    sink: _Sink = _Parquet(part) if kind == "parquet" else _Csv(part) if kind == "csv" else _LinesFile(part)
    try:
        yield sink
        sink.close()
        part.replace(out)
    except BaseException:
        sink.close()
        part.unlink(missing_ok=True)
        raise


class _Parquet:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: Any = None
        path.touch()

    def write(self, batch: pa.RecordBatch) -> None:
        if self._writer is None:
            batch = _shown(batch)
            self._writer = pq.ParquetWriter(self._path, batch.schema, compression="zstd")
        self._writer.write_batch(_fitted(batch, self._writer.schema))

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


class _Csv:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: Any = None
        self._schema: Any = None
        path.touch()

    def write(self, batch: pa.RecordBatch) -> None:
        plain = _plain(_shown(batch))
        if self._writer is None:
            self._schema = plain.schema
            self._writer = csv.CSVWriter(self._path, plain.schema)
        self._writer.write_batch(_fitted(plain, self._schema))

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


class _Lines:
    """One JSON object a line, as the pipe wants it: written out at once."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out

    def write(self, batch: pa.RecordBatch) -> None:
        """Readings after the row's own fields; a JSONL row comes back with every value as it was."""
        encoder, decoder = msgspec.json.Encoder(enc_hook=str), msgspec.json.Decoder(dict[str, Any])
        for name in _floats(batch):
            at = batch.schema.get_field_index(name)
            batch = batch.set_column(
                at, name, pa.array([_short(one) for one in batch.column(at).to_pylist()], pa.float64())
            )
        rows = batch.to_pylist()
        if _ROW in batch.schema.names:
            added = batch.schema.names[batch.schema.get_field_index(_ROW) + 1 :]
            rows = [decoder.decode(row[_ROW].removeprefix(_MARK)) | {name: row[name] for name in added} for row in rows]
        self._out.write(encoder.encode_lines(rows))
        self._out.flush()

    def close(self) -> None:
        self._out.flush()


class _LinesFile(_Lines):
    def __init__(self, path: Path) -> None:
        super().__init__(path.open("wb"))

    def close(self) -> None:
        self._out.close()


_FLOATS: Final = tuple(field.name for field in READINGS if pa.types.is_floating(field.type))


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _floats(batch: pa.RecordBatch) -> list[str]:
    """The columns of a reading in the batch that hold numbers; a row's own column of such a name may hold text."""
    return [name for name in _FLOATS if name in batch.schema.names and pa.types.is_floating(batch[name].type)]


def _plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch as CSV can hold it: lists joined by a bar, floats as short as they are."""
    columns, names = [], batch.schema.names
    for name, column in zip(names, batch.columns, strict=True):
        if name == "abstained" and pa.types.is_list(column.type):
            column = pa.array(["|".join(one) for one in column.to_pylist()], pa.string())
        elif name in _floats(batch):
            column = pa.array([_short(one) for one in column.to_pylist()], pa.float64())
        elif pa.types.is_nested(column.type):
            column = pa.array(
                [json.dumps(one, default=str, ensure_ascii=False) for one in column.to_pylist()], pa.string()
            )
        columns.append(column)
    return pa.RecordBatch.from_arrays(columns, names=names)


def _shown(batch: pa.RecordBatch) -> pa.RecordBatch:
    return batch.drop_columns([_ROW]) if _ROW in batch.schema.names else batch


def _fitted(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The batch with the columns of the first one: a column that comes later in a JSONL file has no place left."""
    if batch.schema.equals(schema):
        return batch
    columns = [
        batch.column(name).cast(schema.field(name).type)
        if name in batch.schema.names
        else pa.nulls(batch.num_rows, schema.field(name).type)
        for name in schema.names
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
