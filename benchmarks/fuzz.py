"""Hostile input: well-formed originals, broken at the level of bytes and of structure, given to everything that reads.

Promises that the run is the same every time (one seed), and counts: what went in must be what was taken, plus what was
kept out and counted, plus what was read and is no post. Anything else is a crash, reported with its input.
"""

from __future__ import annotations

import copy
import io
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.texts import SHARED
from kalkan import pipeline, reading
from kalkan.brands import matcher
from kalkan.errors import InvalidInput
from kalkan.networks import files
from kalkan.networks.feeds import Feeds
from kalkan.networks.http import Answer, Meter
from kalkan.networks.jetstream import Counted, Decoder
from kalkan.networks.statuses import LocalIds, Unreadable, read_status
from kalkan.posts import posts_table
from kalkan.reading.local import reader_pool

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
FIXTURES = Path(__file__).parents[1] / "tests" / "networks" / "fixtures"
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 2**63, 10**400, -0.0, 1e308, float("nan"), float("inf"), "", "\x00", "\ud800", "\u202e", "ıİ",
    "9" * 5000, "x" * 50_000, "‮" * 300, [], {}, [[]] * 50, {"$type": 7}, "0000-00-00T99:99:99Z", "9999-12-31T23:59:60Z",
    "at://", "https://[::", "data:,", "<" * 2000, "&#xffffffff;", "💥" * 999,
)  # fmt: skip
BYTES = (b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b'"', b"\\", b"{", b"[", b"<![CDATA[", b"\r\n",
         b",", b"]]>", b"&", b"\xe2\x80\xae", b"-", b"1e999", b"\\ud800", b"[" * 3000, b'{"a":' * 2000)  # fmt: skip


# — breaking things —


def broken_bytes(original: bytes, chance: random.Random) -> bytes:
    """One to four of: bits turned, spans cut, repeated or moved, odd bytes put in, the end cut off."""
    data = bytearray(original)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        if not data:
            break
        at, size = chance.randrange(len(data)), chance.randint(1, 40)
        kind = chance.randrange(6)
        if kind == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del data[at : at + size]
        elif kind == 2:
            data[at:at] = data[at : at + size] * chance.randint(1, 30)
        elif kind == 3:
            data[at:at] = chance.choice(BYTES) * chance.randint(1, 5)
        elif kind == 4:
            data[at : at + size] = chance.randbytes(size)
        elif chance.random() < 0.3:
            del data[at:]
    return bytes(data)


def broken_shape(original: Any, chance: random.Random) -> Any:
    """A copy in which a few values have another type, keys are gone, renamed or repeated, or depth explodes."""
    made = json.loads(json.dumps(original))
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        places = list(_places(made))
        if not places:
            break
        holder, key = chance.choice(places)
        kind = chance.randrange(5)
        if kind <= 1:
            holder[key] = copy.deepcopy(chance.choice(ODD))
        elif kind == 2:
            del holder[key]
        elif kind == 3:
            holder[key] = _deep(holder[key], chance.choice((3, 30, 150)))
        elif isinstance(holder, dict):
            holder[f"{key}{chance.choice('_ ıX')}"] = holder.pop(key)
        else:
            holder.extend(holder[:1] * chance.randint(1, 60))
    return made


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    stack = [value]
    while stack:
        one = stack.pop()
        for key in list(one) if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ():
            yield one, key
            if isinstance(one[key], (dict, list)):
                stack.append(one[key])


def _deep(value: Any, levels: int) -> Any:
    for _ in range(levels):
        value = [value]
    return value


# — counting —


@dataclass
class Tally:
    """What went in and what became of it."""

    inputs: int = 0
    taken: int = 0
    kept_out: int = 0
    no_posts: int = 0
    crashes: list[str] = field(default_factory=list)
    miscounted: int = 0

    def crash(self, error: BaseException, shown: object) -> None:
        self.crashes.append(f"{type(error).__name__}: {error} ← {str(shown)[:300]}"[:600])

    def told(self) -> dict[str, Any]:
        return {
            "inputs": self.inputs, "taken": self.taken, "kept_out": self.kept_out, "no_posts": self.no_posts,
            "miscounted": self.miscounted, "crashes": len(self.crashes), "crash_examples": self.crashes[:5],
        }  # fmt: skip


Later = Callable[[pa.Table], None]
"""What posts go through after they are heard: they must survive it too."""


def frames(n: int, wire: int, chance: random.Random, later: Later) -> Tally:
    """Jetstream frames of either wire, 200 at a time, as a listener reads them."""
    from kalkan.world.wire.frames import enveloped

    lines = (FIXTURES / "bluesky" / "jetstream_v1.jsonl").read_bytes().splitlines()
    for path in sorted((SHARED / "wire" / "bluesky").glob("jetstream_v1_*.jsonl")):
        lines += path.read_bytes().splitlines()[:300]
    lines = [line for line in lines if line.strip()]
    said = [line for line in lines if b'"text":' in line]
    lines += said * (len(lines) // len(said))  # half of them posts
    if wire == 2:
        lines = [enveloped(line, seq, 1_790_000_000_000_000 + seq) for seq, line in enumerate(lines, 1)]
    decoder, tally = Decoder("bluesky:fuzz"), Tally()
    watched = frozenset({"at://did:plc:x/app.bsky.feed.post/1"})
    while tally.inputs < n:
        batch = [_frame(chance.choice(lines), chance) for _ in range(200)]
        tally.inputs += len(batch)
        try:
            heard = decoder.read(batch, wire=wire, now=NOW, watched=watched, counted=Counted())
            heard.posts.validate(full=True)
            later(heard.posts)
        except Exception as error:
            tally.crash(error, _culprit(batch, decoder, wire, watched))
            continue
        out = sum(one.n for one in heard.rejects)
        tally.taken += heard.posts.num_rows
        tally.kept_out += out
        tally.no_posts += heard.others
        tally.miscounted += heard.frames != heard.posts.num_rows + heard.others + out
    return tally


def _frame(line: bytes, chance: random.Random) -> bytes:
    if chance.random() < 0.5:
        return broken_bytes(line, chance)
    return json.dumps(broken_shape(json.loads(line), chance), ensure_ascii=chance.random() < 0.7).encode(
        "utf-8", "surrogatepass"
    )


def _culprit(batch: Sequence[bytes], decoder: Decoder, wire: int, watched: frozenset[str]) -> bytes:
    for one in batch:
        try:
            decoder.read([one], wire=wire, now=NOW, watched=watched, counted=Counted()).posts.validate(full=True)
        except Exception:
            return one
    return b"only together"


def statuses(n: int, chance: random.Random, later: Later) -> Tally:
    """Mastodon statuses, as entries of a page."""
    originals = [json.loads((FIXTURES / "mastodon" / "status_full.json").read_bytes())]
    for path in sorted((SHARED / "wire" / "mastodon").glob("*status*.json")):
        found = json.loads(path.read_bytes())
        originals += [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict)][:50]
    tally, ids, taken = Tally(), LocalIds(), []
    for _ in range(n):
        tally.inputs += 1
        original = chance.choice(originals)
        if chance.random() < 0.5:
            entry: Any = broken_shape(original, chance)
        else:
            try:
                entry = json.loads(broken_bytes(json.dumps(original).encode(), chance))
            except (ValueError, RecursionError):
                tally.kept_out += 1  # the whole answer is refused before anything of it is looked at
                continue
        try:
            taken.append(read_status(entry, host="sahil.test", source="mastodon:fuzz", now=NOW, ids=ids))
            posts_table(taken[-1:]).validate(full=True)
            tally.taken += 1
        except Unreadable:
            tally.kept_out += 1
        except Exception as error:
            tally.crash(error, json.dumps(entry))
            taken = taken[:-1]
        if len(taken) == 200:
            later(posts_table(taken))
            taken.clear()
    return tally


class _Door:
    """Answers with one body."""

    def __init__(self, body: bytes) -> None:
        self.meter, self.body = Meter(), body

    def get(self, url: str, **_: object) -> Answer:
        headers = {"content-type": "application/rss+xml; charset=utf-8"}
        return Answer(status=200, url=url, headers=headers, body=self.body, rate=None)

    def close(self) -> None:
        """Nothing is open."""


def feeds(n: int, chance: random.Random, later: Later) -> Tally:
    """Feed documents. One that is read but has no (new) entry is "no posts"."""
    paths = [*(FIXTURES / "feeds").iterdir(), *sorted((SHARED / "wire" / "feeds").glob("*"))]
    originals = [path.read_bytes()[:60_000] for path in paths if path.is_file()]
    tally = Tally()
    for _ in range(n):
        tally.inputs += 1
        body = broken_bytes(chance.choice(originals), chance)
        network = Feeds("feeds:fuzz", urls=("http://127.0.0.1/feed",), loopback=True)
        network.close()
        network._door = _Door(body)  # type: ignore[assignment]
        try:
            batch = network.poll(None, now=NOW)
            batch.posts.validate(full=True)
            later(batch.posts)
        except Exception as error:
            tally.crash(error, body)
            continue
        out = sum(one.n for one in batch.rejects)
        tally.miscounted += batch.frames != batch.posts.num_rows + out
        tally.taken += bool(batch.posts.num_rows)
        tally.kept_out += bool(out and not batch.posts.num_rows)
        tally.no_posts += not out and not batch.posts.num_rows
    return tally


def tables(n: int, chance: random.Random, later: Later) -> Tally:
    """Rows of CSV and JSONL files, 200 a file. One that is refused whole keeps its rows out."""
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        while tally.inputs < n:
            suffix = chance.choice((".csv", ".jsonl"))
            path = Path(folder) / f"rows{suffix}"
            rows = [_row(number, chance) for number in range(200)]
            path.write_bytes(_csv(rows, chance) if suffix == ".csv" else _jsonl(rows, chance))
            _file(path, tally, later, rows=len(rows))
    return tally


def _row(number: int, chance: random.Random) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": f"n{number}", "text": f"Fındık {number}: the jar, “again”, #tag https://x.test/{number}",
        "created_at": f"2026-11-{number % 28 + 1:02d}T10:00:00Z", "author": f"ayla{number % 7}", "lang": "tr",
        "likes": number,
    }  # fmt: skip
    return broken_shape(row, chance) if chance.random() < 0.7 else row


def _csv(rows: Sequence[dict[str, Any]], chance: random.Random) -> bytes:
    import csv

    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["id", "text", "created_at", "author", "lang", "likes"])
    for row in rows:
        writer.writerow([str(value)[:3000] for value in row.values()])
    data = out.getvalue().encode("utf-8", "surrogatepass")
    head, _, body = data.partition(b"\n")
    return head + b"\n" + (broken_bytes(body, chance) if chance.random() < 0.6 else body)


def _jsonl(rows: Sequence[dict[str, Any]], chance: random.Random) -> bytes:
    lines = [json.dumps(row).encode() for row in rows]
    return b"\n".join(broken_bytes(line, chance) if chance.random() < 0.3 else line for line in lines)


def exports(n: int, chance: random.Random, later: Later) -> Tally:
    """Exports of other networks, each a small file with what it holds. A document counts once."""
    originals = [path for path in (FIXTURES / "files").rglob("*.json") if path.name != "actor.json"]
    tally, whole = Tally(), Tally()
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(n):
            original = chance.choice(originals)
            path = Path(folder) / original.name
            data = original.read_bytes()
            if chance.random() < 0.5:
                data = broken_bytes(data, chance)
            else:
                data = json.dumps(broken_shape(json.loads(data), chance)).encode()
            path.write_bytes(data)
            before = whole.taken, whole.kept_out, whole.miscounted, len(whole.crashes)
            _file(path, whole, later, rows=1)
            path.unlink()
            tally.inputs += 1
            if len(whole.crashes) > before[3]:
                continue
            tally.taken += whole.taken > before[0]
            tally.kept_out += whole.taken == before[0] and whole.kept_out > before[1]
            tally.no_posts += whole.taken == before[0] and whole.kept_out == before[1]
    tally.crashes, tally.miscounted = whole.crashes, whole.miscounted
    return tally


def _file(path: Path, tally: Tally, later: Later, *, rows: int) -> None:
    taken = out = covered = 0
    try:
        for batch in files.read(path, now=NOW):
            batch.posts.validate(full=True)
            later(batch.posts)
            taken += batch.posts.num_rows
            out += sum(one.n for one in batch.rejects)
            covered += batch.frames
    except InvalidInput:
        tally.inputs += rows
        tally.kept_out += rows
        return
    except Exception as error:
        tally.inputs += rows
        tally.crash(error, path.read_bytes()[:200])
        return
    tally.inputs += covered
    tally.taken += taken
    tally.kept_out += out
    tally.miscounted += covered != taken + out


def run(*, quick: bool) -> dict[str, Any]:
    """100,000 broken inputs (4,000 when ``quick``)."""
    share = 25 if quick else 1
    match = matcher(_brands())
    begun = time.monotonic()
    with reader_pool(reading.current(), 1) as pool:
        read = pipeline.reading_by(pool)

        def later(posts: pa.Table) -> None:
            pipeline.mentions(read(posts), match)

        def seeded(name: str) -> random.Random:
            return random.Random(f"kalkan fuzz {name}")

        found = {
            "jetstream_v1": frames(35_000 // share, 1, seeded("v1"), later),
            "jetstream_v2": frames(20_000 // share, 2, seeded("v2"), later),
            "mastodon": statuses(12_000 // share, seeded("mastodon"), later),
            "feeds": feeds(5_000 // share, seeded("feeds"), later),
            "tables": tables(25_000 // share, seeded("tables"), later),
            "exports": exports(3_000 // share, seeded("exports"), later),
        }
    together: Counter[str] = Counter()
    for tally in found.values():
        together.update({name: value for name, value in tally.told().items() if isinstance(value, int)})
    unaccounted = together["inputs"] - together["taken"] - together["kept_out"] - together["no_posts"]
    return {
        "together": {**together, "unaccounted": unaccounted},
        "seconds": round(time.monotonic() - begun),
        **{name: tally.told() for name, tally in found.items()},
    }


def _brands() -> tuple[Any, ...]:
    from kalkan.world.world import demo_brands

    return demo_brands()
