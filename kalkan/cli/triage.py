"""``kalkan triage``: any table in, the same rows out with place, kind, reason and what would be folded.

Streams as ``kalkan read`` does, and reads by the fast tier what has not been read. Reasons are sentences in the
person's language; a program that wants codes takes :func:`kalkan.shield.triage`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa

from kalkan import brand_files
from kalkan.brands import Brand
from kalkan.cli.files import _progress
from kalkan.errors import InvalidInput
from kalkan.reading.tables import read_table
from kalkan.sentences import say
from kalkan.shield import DEFAULT, PLACES, Policy, Rule, policy_from_json, rule_from_json, say_reason, triage


def run(parsed: argparse.Namespace, lang: str) -> int:
    """``kalkan triage FILE -o OUT [--brand FILE]``."""
    brand, policy, rules = brand_file(parsed.brand)
    counts = dict.fromkeys(PLACES, 0)
    said: dict[tuple[str, str], str] = {}

    def turn(rows: pa.RecordBatch, readings: pa.RecordBatch) -> pa.RecordBatch:
        kept = {name: rows[name] for name in _USED if name in rows.schema.names and _is_text(rows[name].type)}
        posts = pa.table({**kept, **{name: readings[name] for name in readings.schema.names}})
        found = triage(posts, brand=brand, policy=policy, rules=rules)
        for one in found["place"].value_counts().to_pylist():
            counts[one["values"]] += one["counts"]
        pairs = list(zip(found["reason"].to_pylist(), found["params"].to_pylist(), strict=True))
        for pair in set(pairs) - said.keys():
            said[pair] = say_reason(*pair, lang=lang)
        columns = {
            "place": found["place"],
            "kind": found["kind"],
            "reason": pa.array([said[pair] for pair in pairs], pa.string()),
            "folds": found["folds"],
        }
        return pa.table(columns).combine_chunks().to_batches()[0] if rows.num_rows else _empty(columns)

    line = _progress(parsed.file)
    done: Any = read_table(
        parsed.file if parsed.file == "-" else Path(parsed.file),
        parsed.out if parsed.out == "-" else Path(parsed.out),
        text=parsed.text,
        progress=lambda rows, so_far, total: line(rows),
        turn=turn,
    )
    line(None)
    for one in done.rejects:
        kept_out = {"n": one.n, "kind": one.kind, "example": one.example}
        print(say("import_kept_out", kept_out, lang=lang), file=sys.stderr)
    print(say("triage_done", {"rows": done.rows, **counts}, lang=lang), file=sys.stderr)
    return 0


_USED = ("id", "author_id", "author_handle", "reply_to", "root", "quote_of", "text")


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind))


def _empty(columns: dict[str, Any]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([], schema=pa.table(columns).schema)


def brand_file(path: str | None) -> tuple[Brand | None, Policy, tuple[Rule, ...]]:
    """The first brand of a file as :mod:`kalkan.brand_files` reads it, with its shield policy and its team's rules.

    Beside the brand's own fields the object may have ``shield`` (a policy's switches) and ``rules`` (a list of rules).

    :raises InvalidInput: no such file, or not such an object.
    """
    if path is None:
        return None, DEFAULT, ()
    file = Path(path)
    brands = brand_files.read(file)
    if not brands:
        raise InvalidInput("brand_file_unreadable", path=path, detail="[]")
    told = json.loads(file.read_text(encoding="utf-8"))
    first = told[0] if isinstance(told, list) else told
    policy = policy_from_json(json.dumps(first.get("shield") or {}))
    rules = first.get("rules", [])
    if not isinstance(rules, list):
        raise InvalidInput("brand_file_unreadable", path=path, detail="rules")
    return brands[0], policy, tuple(rule_from_json(json.dumps(rule)) for rule in rules)
