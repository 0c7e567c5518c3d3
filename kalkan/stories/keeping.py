"""State of stories as bytes, and back: a checkpoint is one Arrow file that any tool can open.

Owns that form. Promises that what is taken up goes on exactly as what was kept would have gone on, and that damage is
told, never guessed around. Never writes to a disk itself.
"""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa

from kalkan.errors import ArchiveDamaged
from kalkan.stories.follow import Follower
from kalkan.stories.gravity import Gravity, Harm
from kalkan.stories.recent import Recent
from kalkan.stories.story import Story, Turn
from kalkan.stories.terms import Terms
from kalkan.stories.trace import Spread

VERSION: Final = 2
_FORM: Final = pa.schema(
    [
        pa.field("name", pa.string(), nullable=False),
        pa.field("form", pa.string(), nullable=False),  # a NumPy type, "table" or "json"
        pa.field("shape", pa.list_(pa.int64()), nullable=False),
        pa.field("data", pa.large_binary(), nullable=False),
    ]
)


def pack(values: dict[str, Any]) -> bytes:
    """Nested dictionaries of arrays, tables, numbers and strings as one compressed Arrow stream."""
    rows: list[dict[str, Any]] = [_row("version", VERSION)]
    _flatten("", values, rows)
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, _FORM, options=options) as writer:
        writer.write_table(pa.Table.from_pylist(rows, schema=_FORM))
    kept: bytes = sink.getvalue().to_pybytes()
    return kept


def unpack(kept: bytes) -> dict[str, Any]:
    """What :func:`pack` was given.

    :raises ArchiveDamaged: these are not such bytes, or of a version not known here.
    """
    try:
        rows = pa.ipc.open_stream(pa.BufferReader(kept)).read_all().to_pylist()
        values: dict[str, Any] = {}
        for row in rows:
            *path, name = row["name"].split("/")
            where = values
            for part in path:
                where = where.setdefault(part, {})
            where[name] = _value(row)
    except (pa.ArrowException, ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise ArchiveDamaged("stories_damaged", detail=type(error).__name__) from error
    if values.pop("version", None) != VERSION:
        raise ArchiveDamaged("stories_damaged", detail="version")
    return values


def _row(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, np.ndarray):
        flat = np.ascontiguousarray(value)
        return {"name": name, "form": flat.dtype.str, "shape": list(flat.shape), "data": flat.tobytes()}
    if isinstance(value, pa.Table):
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, value.schema) as writer:
            writer.write_table(value)
        return {"name": name, "form": "table", "shape": [], "data": sink.getvalue().to_pybytes()}
    return {"name": name, "form": "json", "shape": [], "data": json.dumps(value, default=_plain).encode()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(type(value).__name__)


def _flatten(prefix: str, values: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    for name, value in values.items():
        if isinstance(value, dict) and value:
            _flatten(f"{prefix}{name}/", value, rows)
        else:
            rows.append(_row(prefix + name, value))


def _value(row: dict[str, Any]) -> Any:
    if row["form"] == "table":
        return pa.ipc.open_stream(pa.BufferReader(row["data"])).read_all()
    if row["form"] == "json":
        return json.loads(row["data"])
    return np.frombuffer(row["data"], dtype=np.dtype(row["form"])).reshape(row["shape"]).copy()


# — the parts —


def terms_state(terms: Terms) -> dict[str, Any]:
    """A batch's terms, for :func:`pack`."""
    return {field.name: getattr(terms, field.name) for field in fields(terms)}


def terms_from(kept: dict[str, Any]) -> Terms:
    """The terms whose :func:`terms_state` this is."""
    return Terms(**kept)


def recent_state(recent: Recent) -> dict[str, Any]:
    """The window, for :func:`pack`."""
    state: dict[str, Any] = {"minutes": recent.minutes, "most": recent.most, "minute": recent.minute}
    return state | {"posts": recent.posts, "terms": terms_state(recent.terms)}


def recent_from(kept: dict[str, Any]) -> Recent:
    """The window whose :func:`recent_state` this is."""
    return Recent(kept["minutes"], kept["most"], kept["minute"], kept["posts"], terms_from(kept["terms"]))


_ARRAYS: Final = ("term", "weight", "authors")
_APART: Final = ("spread", "new_keys", "new_counts")  # the last two are empty whenever a state is kept


def follower_state(follower: Follower) -> dict[str, Any]:
    """All stories, for :func:`pack`."""
    return {
        "takes_keys": follower.takes_keys,
        "mark": follower.mark,
        "checked": follower.checked,
        "made": follower.made,
        "open": {str(at): story_state(story) for at, story in enumerate(follower.stories)},
        "closed": {str(at): story_state(story) for at, story in enumerate(follower.closed)},
    }


def follower_from(kept: dict[str, Any]) -> Follower:
    """The stories whose :func:`follower_state` this is."""
    follower = Follower(takes_keys=kept["takes_keys"], mark=kept.get("mark", ""))
    follower.checked, follower.made = kept["checked"], kept["made"]
    follower.stories = [story_from(story) for story in kept["open"].values()]
    follower.closed = [story_from(story) for story in kept["closed"].values()]
    return follower


def story_state(story: Story) -> dict[str, Any]:
    """One story, for :func:`pack`."""
    plain = {field.name: getattr(story, field.name) for field in fields(story) if field.name not in _ARRAYS + _APART}
    plain["gravity"], plain["turns"] = asdict(story.gravity), [asdict(turn) for turn in story.turns]
    spread = story.spread.state()
    spread["plain"] = json.dumps(spread["plain"])
    arrays = {name: getattr(story, name) for name in _ARRAYS}
    return {"plain": json.dumps(plain, default=_plain), "spread": spread, **arrays}


def story_from(kept: dict[str, Any]) -> Story:
    """The story whose :func:`story_state` this is."""
    plain = json.loads(kept["plain"])
    gravity = plain["gravity"]
    harms = tuple(
        Harm(**{**one, "words": tuple(one["words"]), "posts": tuple(one["posts"])}) for one in gravity["harms"]
    )
    plain["gravity"] = Gravity(**{**gravity, "harms": harms, "whom": tuple(gravity["whom"])})
    plain["turns"] = [Turn(**turn) for turn in plain["turns"]]
    plain["curve"] = [(minute, n) for minute, n in plain["curve"]]
    plain["minutes"] = {int(at): n for at, n in plain["minutes"].items()}
    plain["examples"] = [{**one, "at": datetime.fromisoformat(one["at"])} for one in plain["examples"]]
    plain["harm_posts"] = {kind: tuple(ids) for kind, ids in plain["harm_posts"].items()}
    spread = Spread.resume({"plain": json.loads(kept["spread"]["plain"]), "hashes": kept["spread"]["hashes"]})
    return Story(**plain, spread=spread, **{name: kept[name] for name in _ARRAYS})
