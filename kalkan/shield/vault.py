"""The evidence vault: what was said, around what, when, kept so that nobody can change it unseen.

Owns the form of a record, its hash and the chain that runs through a brand's records, and the folder that is handed
to HR, a lawyer or the police. Promises that :func:`verify` names what was changed, taken out or put in; that a bundle
holds everything the chain is made of, readable without Kalkan, with checksums that ``sha256sum -c SHA256SUMS`` checks.
Pure functions over rows but for :func:`bundle`, which writes into the folder it is given. Never captures without a hold
that has a name and a date (rule 9), never keeps more of a person than the posts and how they were signed.

A record's hash is SHA-256 over the canonical JSON of its other fields, the hash of the record before it among them.
"""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from kalkan.drafts.words import canonical, moment
from kalkan.errors import InvalidInput
from kalkan.sentences import say
from kalkan.text import clean

START: Final = "0" * 64
"""What the first record has before it."""
KEPT: Final = (
    "id", "network", "url", "author_id", "author_handle", "author_name", "text", "created_at", "seen_at", "edited_at",
    "reply_to", "root", "quote_of", "warning", "links", "media", "media_alts",
)  # fmt: skip
"""The fields of a post that are kept."""
_MARK: Final = b"kalkan evidence 1\n"
_SUMS: Final = "SHA256SUMS"


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """Why posts are kept beyond their erasure on the network: a case with a name, who opened it, and until when."""

    name: str
    why: str
    by: str
    until: date

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.why.strip() or not self.by.strip():
            raise InvalidInput("hold_nameless")


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One capture: a post and what stood around it, word for word as it was seen."""

    seq: int
    at: str  # when it was captured: ISO 8601, UTC, microseconds
    by: str  # who captured it: a person of the desk, or "kalkan"
    brand: str
    hold: Mapping[str, str]
    reason: str  # why it was captured: a code of the shield
    post: Mapping[str, Any]
    context: tuple[Mapping[str, Any], ...]  # the posts it answers or quotes, and those that were shown with it
    reading: Mapping[str, str]  # what was read of it, by which recipe
    files: Mapping[str, str]  # name → SHA-256 of pictures or screenshots kept beside it
    before: str = START
    digest: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Flaw:
    """Something is not what it was. ``where`` is a record's number or a file's name."""

    where: str
    why: str  # record_changed, chain_broken, record_missing, file_changed, file_missing, file_added


def capture(
    post: Mapping[str, Any], *, context: Iterable[Mapping[str, Any]] = (), reason: str, hold: Hold, by: str, brand: str,
    at: datetime, after: Record | None = None, reading: Mapping[str, object] | None = None,
    files: Mapping[str, bytes] | None = None,
) -> Record:  # fmt: skip
    """The next record of ``brand`` after ``after`` (None: its first), at ``at`` (aware).

    ``post`` and ``context`` are rows of posts; of each only :data:`KEPT` is taken. Of ``files`` only the checksums go
    in: whoever keeps the record keeps the bytes.

    :raises InvalidInput: the time has no zone, or the post has no id or text.
    """
    if not post.get("id") or post.get("text") is None:
        raise InvalidInput("evidence_without_post")
    made = Record(
        seq=after.seq + 1 if after else 1,
        at=moment(at),
        by=by,
        brand=brand,
        hold={"name": hold.name, "why": hold.why, "by": hold.by, "until": hold.until.isoformat()},
        reason=reason,
        post=_kept(post),
        context=tuple(_kept(one) for one in context),
        reading={name: str(value) for name, value in (reading or {}).items()},
        files={name: hashlib.sha256(data).hexdigest() for name, data in (files or {}).items()},
        before=after.digest if after else START,
    )
    return replace(made, digest=_digest(made))


def to_row(record: Record) -> dict[str, Any]:
    """The record as plain JSON values, to be stored and read back by :func:`from_row`."""
    row = asdict(record)
    return {**row, "context": [dict(one) for one in record.context]}


def from_row(row: Mapping[str, Any]) -> Record:
    """The record that :func:`to_row` made.

    :raises InvalidInput: the row is no record.
    """
    try:
        return Record(**{**row, "context": tuple(row["context"])})
    except (TypeError, KeyError) as error:
        raise InvalidInput("evidence_unreadable", detail=str(error)) from error


def verify(records: Sequence[Record], *, begin: str = START) -> tuple[Flaw, ...]:
    """What is wrong with a chain of records, in order of ``seq``; empty where it is whole.

    A whole chain begins at :data:`START`; for a part of one, ``begin`` is the digest before its first record.
    """
    found = []
    before, seq = begin, records[0].seq - 1 if records else 0
    if begin == START:
        seq = 0
    for one in records:
        if _digest(one) != one.digest:
            found.append(Flaw(where=str(one.seq), why="record_changed"))
        if one.seq != seq + 1:
            found.append(Flaw(where=str(seq + 1), why="record_missing"))
        elif one.before != before:
            found.append(Flaw(where=str(one.seq), why="chain_broken"))
        before, seq = one.digest, one.seq
    return tuple(found)


def bundle(
    records: Sequence[Record], folder: Path, *, lang: str, files: Mapping[str, bytes] | None = None, report: bytes = b""
) -> Path:
    """Write the report of ``records`` into ``folder`` (new or empty): report.html, records.jsonl, files/, SHA256SUMS.

    ``files`` are the bytes that the records name. The report is in ``lang`` (en, tr) and shows text escaped; ``report``
    is the same as a PDF, made by whoever can (:func:`told` says what is in it).

    :raises InvalidInput: the folder holds something, a file is missing or not what its record says, or the chain that
        these records should be is broken (a part of a chain is fine: it begins with the hash before it).
    """
    if not records:
        raise InvalidInput("evidence_empty")
    if folder.exists() and any(folder.iterdir()):
        raise InvalidInput("evidence_folder_full", path=str(folder))
    flaws = [flaw for one in records for flaw in verify([one], begin=one.before)]
    if flaws:
        raise InvalidInput("evidence_damaged", where=flaws[0].where, why=flaws[0].why)
    given = dict(files or {})
    named = {name: digest for one in records for name, digest in one.files.items()}
    for name, digest in named.items():
        if name not in given or hashlib.sha256(given[name]).hexdigest() != digest or not _plain_name(name):
            raise InvalidInput("evidence_file_wrong", name=name)
    lines = "".join(json.dumps(to_row(one), sort_keys=True) + "\n" for one in records)
    written = {"records.jsonl": lines.encode(), "report.html": _report(records, lang).encode()}
    written |= {"report.pdf": report} if report else {}
    written |= {f"files/{name}": given[name] for name in named}
    for name, data in written.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(written.items()))
    (folder / _SUMS).write_text(sums, encoding="utf-8")
    return folder


def check_bundle(folder: Path) -> tuple[Flaw, ...]:
    """What is wrong with a bundle: files against their checksums, records against their hashes.

    :raises InvalidInput: there is no bundle in ``folder``.
    """
    sums = folder / _SUMS
    if not sums.is_file():
        raise InvalidInput("evidence_no_bundle", path=str(folder))
    pairs = (line.partition("  ") for line in sums.read_text(encoding="utf-8").splitlines() if line)
    wanted = {name: digest for digest, _, name in pairs}
    found = []
    for name, digest in wanted.items():
        path = folder / name
        if not path.is_file():
            found.append(Flaw(where=name, why="file_missing"))
        elif hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            found.append(Flaw(where=name, why="file_changed"))
    there = {str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file()} - {_SUMS}
    found += [Flaw(where=name, why="file_added") for name in sorted(there - wanted.keys())]
    records = folder / "records.jsonl"
    if records.is_file():
        lines = records.read_text(encoding="utf-8").splitlines()
        for one in (from_row(json.loads(line)) for line in lines if line):
            found += verify([one], begin=one.before)
    return tuple(found)


def _kept(post: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(post[name]) for name in KEPT if post.get(name) is not None}


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, (list, tuple)):
        return [_value(one) for one in value]
    return value if isinstance(value, (str, int)) else str(value)


def _digest(record: Record) -> str:
    row = to_row(record)
    del row["digest"]
    return hashlib.sha256(_MARK + canonical(row)).hexdigest()


def _plain_name(name: str) -> bool:
    return name == Path(name).name and name not in ("", ".", "..") and "\\" not in name


_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#111}"
    "article{border-top:1px solid #999;padding:1rem 0}blockquote{margin:.5rem 0;padding-left:1rem;"
    "border-left:3px solid #999;white-space:pre-wrap;overflow-wrap:anywhere}dt{font-weight:600}dd{margin:0 0 .3rem}"
    "code{overflow-wrap:anywhere;font-size:.85em}"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A record in words: its number, who said what, facts by name, and what stood around it, as (who, words)."""

    seq: int
    said: tuple[str, str]
    facts: tuple[tuple[str, str], ...]
    around: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What a report says, whatever it is written on. Everything is plain text, without control characters."""

    lang: str
    title: str
    intro: tuple[str, ...]
    around: str
    records: tuple[Told, ...]


def told(records: Sequence[Record], *, lang: str) -> Report:
    """The report of ``records`` (one at least) in ``lang`` (en, tr)."""
    first = records[0]
    return Report(
        lang=lang,
        title=say("evidence_title", {"brand": first.brand}, lang=lang),
        intro=(
            say("evidence_about", {"n": len(records), "begin": first.at, "end": records[-1].at}, lang=lang),
            say("evidence_how", {}, lang=lang),
        ),
        around=say("evidence_context", {}, lang=lang),
        records=tuple(_told(one, lang) for one in records),
    )


def _told(one: Record, lang: str) -> Told:
    facts = [
        ("evidence_captured", f"{one.at} · {one.by}"),
        ("evidence_hold", " · ".join(one.hold[name] for name in ("name", "why", "by", "until"))),
        ("evidence_reason", say(one.reason, {}, lang=lang)),
        ("evidence_post", f"{one.post.get('url') or one.post['id']}"),
        ("evidence_files", ", ".join(one.files) or "–"),
        ("", one.digest),
        ("evidence_before", one.before),
    ]
    return Told(
        seq=one.seq,
        said=_quoted(one.post),
        facts=tuple((say(code, {}, lang=lang) if code else "SHA-256", clean(value)) for code, value in facts),
        around=tuple(_quoted(post) for post in one.context),
    )


def _quoted(post: Mapping[str, Any]) -> tuple[str, str]:
    names = ("author_name", "author_handle", "author_id", "created_at")
    return clean(" · ".join(str(post[name]) for name in names if name in post)), clean(str(post["text"]))


def _report(records: Sequence[Record], lang: str) -> str:
    report = told(records, lang=lang)
    title = html.escape(report.title)
    parts = [
        f"<!doctype html><html lang='{html.escape(lang)}'><meta charset='utf-8'>",
        f"<title>{title}</title><style>{_STYLE}</style><h1>{title}</h1>",
        *(f"<p>{html.escape(words)}</p>" for words in report.intro),
    ]
    for one in report.records:
        facts = "".join(
            f"<dt>{html.escape(name)}</dt><dd><code>{html.escape(value)}</code></dd>" for name, value in one.facts
        )
        around = "".join(map(_said, one.around))
        around = f"<h3>{html.escape(report.around)}</h3>{around}" if around else ""
        parts.append(f"<article><h2>{one.seq}</h2>{_said(one.said)}<dl>{facts}</dl>{around}</article>")
    return "".join(parts) + "</html>\n"


def _said(pair: tuple[str, str]) -> str:
    who, text = pair
    return f"<p>{html.escape(who)}</p><blockquote>{html.escape(text)}</blockquote>"
