"""The evidence vault at the desk: what goes into a record, whether the chain is whole, and the bundle to hand over.

Owns how a held post becomes a record with its conversation, and the look along a brand's chain. Promises that a record
whose hold has ended leaves its place in the chain, so that nothing can be taken out unseen. Evidence under a hold is
the one exception from erasure: named, dated, and told on its page.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from kalkan import figures
from kalkan.brief import sheet
from kalkan.desk import inbox
from kalkan.desk.models import Evidence, Item
from kalkan.errors import InvalidInput
from kalkan.shield import vault
from kalkan.shield.vault import Flaw, Record

_CONTEXT: Final = 12


def around(item: Item, archive: figures.Archive) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]] | None:
    """The post of ``item`` with the conversation it stands in; None: the archive has it no more."""
    said = inbox.talk(item, archive, own=frozenset())
    this = next((one.row for one in said if one.this), None)
    if this is None:
        return None
    return this, [one.row for one in said if not one.this][:_CONTEXT]


def reading(item: Item) -> dict[str, object]:
    """What was read of it, by which recipe."""
    return {
        "kind": item.kind, "content": item.content, "target": item.target, "place": item.place,
        "p_abuse": f"{item.p_abuse:.3f}", "recipe": item.recipe,
    }  # fmt: skip


def flaws(rows: Iterable[Evidence]) -> tuple[Flaw, ...]:
    """What is wrong with a brand's whole chain, in order; empty where it is whole."""
    found: list[Flaw] = []
    before, seq = vault.START, 0
    for row in rows:
        if row.body is not None and not _as_it_was(row):
            found.append(Flaw(where=str(row.seq), why="record_changed"))
        if row.seq != seq + 1:
            found.append(Flaw(where=str(seq + 1), why="record_missing"))
        elif row.before != before:
            found.append(Flaw(where=str(row.seq), why="chain_broken"))
        before, seq = row.digest, row.seq
    return tuple(found)


def _as_it_was(row: Evidence) -> bool:
    try:
        record = vault.from_row(row.body or {})
    except InvalidInput:
        return False
    told = (record.seq, record.before, record.digest) == (row.seq, row.before, row.digest)
    return told and not any(flaw.why == "record_changed" for flaw in vault.verify([record], begin=record.before))


def records(rows: Iterable[Evidence]) -> list[Record]:
    """The records of ``rows`` that are still held.

    :raises InvalidInput: one of them is no record (``evidence_unreadable``).
    """
    return [vault.from_row(row.body) for row in rows if row.body is not None]


def report(held: Sequence[Record], *, lang: str, now: datetime) -> bytes:
    """The report of the records that are ``held`` (one at least) as PDF."""
    found = vault.told(held, lang=lang)
    entries = tuple(
        sheet.Entry(
            heading=str(one.seq),
            said=sheet.Said(who=one.said[0], text=one.said[1]),
            facts=one.facts,
            around=tuple(sheet.Said(who=who, text=text) for who, text in one.around),
        )
        for one in found.records
    )
    paper = sheet.Sheet(lang=lang, title=found.title, intro=found.intro, around=found.around, entries=entries)
    return sheet.pdf(paper, made_at=now)


def bundle(rows: Sequence[Evidence], *, lang: str, now: datetime) -> bytes:
    """The bundle of what is held among ``rows`` as a zip: report.pdf, report.html, records.jsonl, SHA256SUMS.

    :raises InvalidInput: nothing is held (``evidence_empty``), or a record was changed (``evidence_damaged``).
    """
    held = io.BytesIO()
    kept = records(rows)
    with tempfile.TemporaryDirectory() as folder:
        paper = report(kept, lang=lang, now=now) if kept else b""
        made = vault.bundle(kept, Path(folder) / "evidence", lang=lang, report=paper)
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(made.rglob("*")):
                if path.is_file():
                    archive.write(path, f"evidence/{path.relative_to(made)}")
    return held.getvalue()
