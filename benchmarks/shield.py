"""What the shield folds and what it leaves open, on labelled rows it was not tuned on, and in a replayed pile-on.

The whole trade-off: at every strictness how much criticism is touched (airline negatives, complaints) against how much
abuse is folded or held. The scale's mixture was fitted on these val rows (see ``training/shield.py``), so that the
figures of abuse at the default policy are told twice: as shipped, and from the five folds of ``weights.json``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from kalkan.figures.intervals import share
from kalkan.reading import current, read
from kalkan.shield import CUTS, DEFAULT, folded, triage
from kalkan.shield.piles import piles
from kalkan.shield.weigh import odds, weigh
from kalkan.text import graphemes
from kalkan.world.world import demo_world

SHARED: Final = Path(os.environ.get("KALKAN_SHARED") or Path(__file__).resolve().parents[2] / "shared")
NOW: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)

SETS: Final[dict[str, tuple[str, Callable[[str], bool]]]] = {
    "airline_negative": ("airline_sentiment", lambda label: label == "negative"),
    "complaints": ("complaints", lambda label: label == "complaint"),
    "olid_not_offensive": ("olid_hierarchy", lambda label: label == "NOT"),
    "olid_targeted": ("olid_hierarchy", lambda label: label.startswith("OFF/TIN")),
    "turkish_offence": ("offenseval2020_tr", lambda label: label == "OFF"),
    "turkish_not_offensive": ("offenseval2020_tr", lambda label: label == "NOT"),
    "turkish_incivil": ("incivil_tr", lambda label: label == "incivil"),
    "turkish_university_negative": ("bounti_sentiment_tr", lambda label: label == "negative"),
    "threats": ("edos_sexism", lambda label: label == "threats"),
    "sexism_other": ("edos_sexism", lambda label: label not in ("threats", "not sexist")),
    "not_sexist": ("edos_sexism", lambda label: label == "not sexist"),
    "praise": ("airline_sentiment", lambda label: label == "positive"),
}
LINES: Final = (
    "airline_negative", "complaints", "olid_not_offensive", "olid_targeted", "turkish_not_offensive", "turkish_offence",
)  # fmt: skip
CURVE: Final = tuple(round(0.02 * step, 2) for step in range(1, 50))


def run(*, quick: bool = False) -> dict[str, Any]:
    """All figures; without the shared data only the pile-on's."""
    figures: dict[str, Any] = {"recipe": current().id, "pile_on": pile_on()}
    if not SHARED.is_dir():
        return figures
    rows = {name: _rows(*SETS[name]) for name in SETS}
    figures["default"] = {name: at_default(table) for name, table in rows.items()}
    figures["strictness"] = {
        name: {
            one: _touched(rows[one], name)
            for one in ("airline_negative", "complaints", "olid_targeted", "turkish_offence", "turkish_not_offensive")
        }
        for name in CUTS
    }
    told = json.loads(resources.files("kalkan.shield").joinpath("weights.json").read_text("utf-8"))
    figures["by_folds"] = {lang: told["scales"][lang]["val"] for lang in ("en", "tr")}
    figures["harm"] = told["harm"]["val"]
    figures["critics_pooled"] = _pooled(rows)
    figures["support_inbox"] = support_inbox()
    if not quick:
        figures["curve"] = curve(rows)
    return figures


def at_default(table: pa.Table) -> dict[str, Any]:
    """Where the rows of one class go at the shipped policy, with 95 % intervals."""
    found = triage(table)
    place, whole = found["place"].to_numpy(False), found["whole"].to_numpy(False)
    return {
        "n": table.num_rows,
        "folded_or_held": _share(place != "show"),
        "whole": _share(whole),
        "held": _share(place == "hold"),
    }


def support_inbox() -> dict[str, Any]:
    """A music service's support inbox over six weeks of 2017, as it came.

    Never fitted on, but not blind either: samples of what was folded in it were read, and words were added after that.
    """
    table = pq.read_table(SHARED / "data" / "stream_replay.parquet", columns=["text", "source"])
    table = table.filter(pa.array([one == "twcs-spotifycares" for one in table["source"].to_pylist()])).select(["text"])
    return at_default(pa.Table.from_batches(list(read(table.combine_chunks().to_batches(8192)))))


def curve(rows: dict[str, pa.Table]) -> list[dict[str, float]]:
    """For each cut: the share of each class that is touched at all, and that is folded as a whole."""
    found = []
    for name in LINES:
        weighed = weigh(rows[name])
        least = np.minimum(weighed.words, weighed.whole)
        over = [weighed.score - odds(cut) for cut in CURVE]
        held = triage(rows[name])["place"].to_numpy(False) == "hold"
        found.append([float(((one >= least) | held).mean()) for one in over])
        found.append([float((one >= weighed.whole).mean()) for one in over])
    names = [f"{name}{what}" for name in LINES for what in ("", "_whole")]
    return [
        {"cut": cut, **{name: round(column[at], 4) for name, column in zip(names, found, strict=True)}}
        for at, cut in enumerate(CURVE)
    ]


def pile_on() -> dict[str, Any]:
    """The pile-on of the demo town, replayed: characters of abuse before any opening, and cards instead of rows."""
    world = demo_world(seed=7, now=NOW)
    brand = next(one for one in world.brands if one.slug == "kiyi-kahve")
    events = [
        (event, truth)
        for event in world.events(NOW - timedelta(hours=60), NOW)
        if event.verb == "post" and brand.slug in (truth := world.truth(event.key)).brands
    ]
    fields = {
        "id": "key",
        "text": "text",
        "author_id": "actor",
        "at": "at",
        "quote_of": "quote_of",
        "reply_to": "reply_to",
    }
    table = pa.table({name: [getattr(event, field) for event, _ in events] for name, field in fields.items()})
    table = table.set_column(3, "at", table["at"].cast(pa.timestamp("us", tz="UTC")))
    posts = pa.Table.from_batches(list(read(table.combine_chunks().to_batches())))
    found = triage(posts, brand=brand)
    abuse = np.array([truth.kind == "abuse" for _, truth in events])
    texts = posts["text"].to_pylist()
    before = sum(graphemes(text) for text, is_one in zip(texts, abuse, strict=True) if is_one)
    after = sum(
        graphemes(piece.text)
        for text, folds, is_one in zip(texts, found["folds"].to_pylist(), abuse, strict=True)
        if is_one
        for piece in folded(text, folds)
        if not piece.fold
    )
    cards = piles(posts, found).to_pylist()
    stories = [truth.story for _, truth in events]
    in_pile = [row for card in cards for row in card["rows"]]
    return {
        "posts": len(events),
        "of_the_pile_on": stories.count("pile-on"),
        "abuse_characters_before": before,
        "abuse_characters_after_folding": after,
        "abuse_characters_after_cards": sum(
            graphemes(texts[row])
            for row in range(len(texts))
            if abuse[row] and row not in set(in_pile) and found["place"][row].as_py() == "show"
        ),
        "cards": len(cards),
        "rows_in_cards": len(in_pile),
        "rows_left_in_the_list": len(events) - len(in_pile) + sum(len(card["kept"]) for card in cards) + len(cards),
        "grievances_kept_beside": sum(len(card["kept"]) for card in cards),
        "wrongly_merged": sum(stories[row] != "pile-on" for row in in_pile),
        "missed": stories.count("pile-on") - sum(stories[row] == "pile-on" for row in in_pile),
    }


def _pooled(rows: dict[str, pa.Table]) -> dict[str, Any]:
    found = [triage(rows[name]) for name in ("airline_negative", "complaints")]
    place = np.concatenate([one["place"].to_numpy(False) for one in found])
    whole = np.concatenate([one["whole"].to_numpy(False) for one in found])
    return {"n": len(place), "folded_or_held": _share(place != "show"), "whole": _share(whole)}


def _touched(table: pa.Table, strictness: str) -> dict[str, Any]:
    place = triage(table, policy=replace(DEFAULT, strictness=strictness))["place"].to_numpy(False)
    return _share(place != "show")


def _share(mask: Any) -> dict[str, Any]:
    count, n = int(mask.sum()), len(mask)
    bounds = share(count, n)
    return {
        "count": count,
        "n": n,
        "share": round(count / n, 4),
        "low": round(bounds.low, 4),
        "high": round(bounds.high, 4),
    }


def _rows(name: str, wanted: Callable[[str], bool]) -> pa.Table:
    table = pq.read_table(SHARED / "data" / f"{name}.val.parquet", columns=["text", "label"])
    table = table.filter(pa.array([wanted(one) for one in table["label"].to_pylist()])).select(["text"])
    return pa.Table.from_batches(list(read(table.combine_chunks().to_batches(8192))))
