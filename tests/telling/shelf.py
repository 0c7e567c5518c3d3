"""A small stand-in for the archive: the same views over Arrow tables, asked by the same engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import duckdb
import pyarrow as pa

from kalkan.posts import GONE, MENTIONS, PROBABILITIES, UTC_US, table
from kalkan.text import fold

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FOLDED = pa.schema([*MENTIONS, pa.field("folded", pa.string())])
EVENTS = pa.schema(
    [
        ("network", pa.string()),
        ("at", UTC_US),
        ("kind", pa.string()),
        ("code", pa.string()),
        ("n", pa.int64()),
        ("since", UTC_US),
        ("until", UTC_US),
        ("example", pa.string()),
        ("source", pa.string()),
    ]
)


class Shelf:
    """Answers ``query`` as the archive does: views in front of the question, limited to the period."""

    def __init__(self, mentions: Sequence[Mapping[str, Any]], events: Sequence[Mapping[str, Any]] = ()) -> None:
        rows = table(mentions, FOLDED)
        self.tables = {
            "mentions": rows,
            "posts": rows.drop_columns(["brand", "kind", "watch"]),
            "gone": GONE.empty_table(),
            "events": pa.Table.from_pylist(list(events), schema=EVENTS),
        }
        self.engine = duckdb.connect()
        self.engine.execute("SET TimeZone='UTC'")
        self.asked: list[tuple[str, ...]] = []

    def query(
        self,
        sql: str,
        params: Sequence[Any] = (),
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        tables: Sequence[str] = ("mentions",),
    ) -> pa.Table:
        self.asked.append(tuple(tables))
        cursor = self.engine.cursor()
        views = []
        for name in tables:
            cursor.register(f"kept_{name}", self.tables[name])
            limits = [f"\"at\" >= TIMESTAMPTZ '{since.isoformat()}'"] if since else []
            limits += [f"\"at\" < TIMESTAMPTZ '{until.isoformat()}'"] if until else []
            views.append(f"{name} AS (SELECT * FROM kept_{name} WHERE {' AND '.join(limits) or 'true'})")
        return cursor.sql(f"WITH {', '.join(views)}\n{sql}", params=list(params)).to_arrow_table()


def mention(**given: Any) -> dict[str, Any]:
    """One row of mentions with quiet defaults. ``at`` moves both of its clocks; ``p`` gives probabilities."""
    at = given.get("at", NOON)
    text = given.get("text", "Sabah kahvaltısı gibisi yok")
    row: dict[str, Any] = {
        **{field.name: [] if pa.types.is_list(field.type) else None for field in MENTIONS},
        **dict.fromkeys(PROBABILITIES, 0.0),
        "brand": "findik",
        "kind": "name",
        "watch": "Fındık",
        "id": f"at://{given.get('author_id', 'did:plc:a')}/{at.isoformat()}",
        "network": "bluesky",
        "source": "bluesky:jetstream",
        "author_id": "did:plc:a",
        "text": text,
        "folded": fold(text),
        "created_at": at,
        "seen_at": at,
        "at": at,
        "media": 0,
        "lang": "tr",
        "lang_score": 0.9,
        "sentiment": "neutral",
        "feeling": "none",
        "recipe": "fast-26.11+0123456789ab",
    }
    row.update({f"p_{name}": value for name, value in given.pop("p", {}).items()})
    row.update(given)
    return row
