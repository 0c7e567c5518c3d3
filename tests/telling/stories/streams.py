"""Invented streams for the tests of stories: everyday talk of many people, with a story planted in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import pyarrow as pa

START = datetime(2026, 3, 2, tzinfo=UTC)

_WHO = ("my neighbour", "our teacher", "the baker", "a stranger", "my sister", "the postman", "my cousin", "the barber")
_DID = ("painted", "repaired", "borrowed", "described", "carried", "measured", "photographed", "sold", "cleaned", "hid")
_WHAT = (
    *(
        "bicycle",
        "lantern",
        "umbrella",
        "bookshelf",
        "violin",
        "kettle",
        "carpet",
        "garden gate",
        "typewriter",
        "blanket",
    ),
    *("chess set", "ladder", "globe", "cupboard", "teapot", "doorbell", "jigsaw", "hammock", "mirror", "suitcase"),
    *("wardrobe", "telescope", "sandwich", "bathtub", "piano", "raincoat"),
)
_WHERE = (
    *("balcony", "cellar", "museum", "library", "harbour", "orchard", "courtyard", "attic", "corridor", "bakery"),
    *("laundry", "station", "greenhouse", "meadow", "chapel", "quarry", "lighthouse", "barn", "studio", "tavern"),
    *("pharmacy", "boathouse", "stables", "vineyard"),
)

PIPES = (
    "Water main burst on Alder Street, whole road under water",
    "burst water main Alder Street, no water in our building",
    "Anyone else without water? They say a water main burst on Alder Street",
    "Alder Street is a river now, water main burst an hour ago",
    "That water main on Alder Street burst again and three cellars are full",
    "avoid Alder Street, burst water main, buses turned around",
    "my shop on Alder Street is wet because a water main burst",
    "Firemen pumping cellars at Alder Street after the water main burst",
)
BLAST = (
    "Gaz patlaması oldu, Çamlıtepe'de iki işçi hayatını kaybetti",
    "Çamlıtepe'deki gaz patlamasında 2 işçi hayatını kaybetti, yaralılar var",
    "ÇAMLITEPE gaz patlaması: yaralılar hastaneye kaldırıldı",
    "Çamlıtepe gaz patlaması çok fena, 2 işçi hayatını kaybetti deniyor",
    "çamlıtepe'den haber var mı, gaz patlaması diyorlar",
    "Gaz patlaması Çamlıtepe’yi salladı, yaralılar ambulanslarla taşınıyor",
    "Başımız sağ olsun, Çamlıtepe gaz patlaması içimizi yaktı",
)

Row = tuple[datetime, str, str]


def everyday(*, hours: float, per_hour: float, seed: int = 1, people: int = 400) -> list[Row]:
    """Sentences drawn word by word, at random moments."""
    rng = Random(seed)
    rows = []
    for _ in range(int(hours * per_hour)):
        text = f"{rng.choice(_WHO)} {rng.choice(_DID)} the {rng.choice(_WHAT)} near the {rng.choice(_WHERE)}"
        rows.append((START + timedelta(hours=rng.random() * hours), text, f"p{rng.randrange(people)}"))
    return rows


def story(
    texts: Sequence[str],
    *,
    after_hours: float,
    n: int = 40,
    minutes: float = 40,
    seed: int = 2,
    authors: Sequence[str] | None = None,
) -> list[Row]:
    """``n`` posts made of ``texts``, growing over ``minutes``."""
    rng = Random(seed)
    rows = []
    for k in range(n):
        at = START + timedelta(hours=after_hours, minutes=minutes * (k / n) ** 0.5 if n > 1 else 0)
        who = authors[k % len(authors)] if authors else f"s{k}"
        rows.append((at, texts[rng.randrange(len(texts))] + rng.choice(("", "!", " omg", " ...")), who))
    return rows


def table(*parts: Sequence[Row], authors: bool = True) -> pa.Table:
    """The rows of all parts in time order."""
    rows = sorted(row for part in parts for row in part)
    columns = {
        "text": pa.array([text for _, text, _ in rows], pa.string()),
        "at": pa.array([at for at, _, _ in rows], pa.timestamp("us", tz="UTC")),
    }
    if authors:
        columns["author_id"] = pa.array([who for _, _, who in rows], pa.string())
    return pa.table(columns)
