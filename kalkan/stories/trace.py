"""How a story spreads: counted as its posts come, by network, language, watch, and by what set them off.

Owns those counts. Promises that they grow with the story's own posts only, that memory is bounded, and that no account
is ever a row here: what sets off posts is a site, a feed, or one post. Never looks at a text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kalkan.posts import key_of
from kalkan.stories.letters import Hashes, Rows
from kalkan.stories.record import Carrier, Example, Jump, Part, Trace
from kalkan.stories.terms import Terms
from kalkan.stories.times import moment_of, moment_us

OWN, REPLY, QUOTE = range(3)
MEDIA, ANGER, SADNESS, FEAR, DISGUST, ASK, COMPLAINT, PRAISE, ABUSE, READ, MOOD = (1 << bit for bit in range(11))
"""What one post shows, as bits of the column ``signs``. READ: it was read at all, the denominator of the others.
MOOD is counted here: any of anger, sadness, fear and disgust."""
_HARD: Final = ANGER | SADNESS | FEAR | DISGUST
_SIGNS: Final = 11

_ARRIVED: Final = 3  # different people: before that a post elsewhere is an echo
_ENOUGH: Final = 5
_MOST_AUTHORS: Final = 20_000  # counted exactly up to here
_MOST_NAMES: Final = 400  # sites and posts that may yet turn out to carry the story
_AT_ONCE: Final = 100
_FLOOR: Final = 3  # different people whom a carrier set off
_SHOWN: Final = 6
_NO_SITES: Final = frozenset(
    [
        "bit.ly",
        "t.co",
        "goo.gl",
        "ow.ly",
        "tinyurl.com",
        "buff.ly",
        "is.gd",
        "dlvr.it",
        "trib.al",
        "lnkd.in",
        "bsky.app",
        "twitter.com",
        "x.com",
        "fb.com",
        "facebook.com",
        "instagram.com",
        "threads.net",
        "tenor.com",
        "media.tenor.com",
        "giphy.com",
    ]
)


@dataclass(slots=True)
class Tally:
    """What is counted of one network, language, watch, site or post."""

    posts: int = 0
    authors: Hashes = field(default_factory=lambda: np.zeros(0, dtype=np.uint64))
    first: int = 0  # microseconds since 1970
    first_post: str = ""
    arrived: int = -1  # minute of the third author

    def take(self, minute: Rows, author: Hashes, at: Rows, ids: pa.Array) -> None:
        """More of its posts, in the order they came."""
        self.posts += len(author)
        if self.arrived < 0 or len(self.authors) < _MOST_AUTHORS:
            before = self.authors
            self.authors = np.union1d(before, author)[:_MOST_AUTHORS]
            if self.arrived < 0 and len(self.authors) >= _ARRIVED:
                self.arrived = _when(before, minute, author, _ARRIVED)
        if len(at) and (not self.first or int(at.min()) < self.first):
            earliest = int(at.argmin())
            self.first, self.first_post = int(at[earliest]), ids[earliest].as_py() or ""


def _when(before: Hashes, minute: Rows, author: Hashes, n: int) -> int:
    """The minute in which the ``n``-th different author came."""
    seen = set(before.tolist())
    for at, who in zip(minute.tolist(), author.tolist(), strict=True):
        seen.add(who)
        if len(seen) >= n:
            return int(at)
    return -1


_BY_NAME: Final = ("network", "lang", "scopes")
_BY_CARRIER: Final = ("site", "to")


class Spread:
    """The counts of one story."""

    def __init__(self) -> None:
        self.tallies: dict[str, dict[str, Tally]] = {name: {} for name in (*_BY_NAME, *_BY_CARRIER)}
        self.feeds: set[str] = set()  # sites that we hear by their feed, too
        self.how = [0, 0, 0]  # own words, replies, quotes
        self.signs = np.zeros(_SIGNS, dtype=np.int64)  # posts that show each
        self.texts: Hashes = np.zeros(0, dtype=np.uint64)
        self.everyone = Tally()
        self.fifth = -1  # minute
        self.jumps: list[tuple[str, str, str, int]] = []

    def take(self, minute: Rows, found: Terms, posts: pa.Table, *, shown: bool = True) -> None:
        """More posts of the story in the order they came: their minutes, terms and rows of ``recent.POST``. With
        ``shown`` off only what stories are told apart by: languages, and what is answered."""
        at = pc.fill_null(pc.cast(posts["at"], pa.int64()), 0).to_numpy()
        ids = posts["id"].combine_chunks() if posts["id"].num_chunks != 1 else posts["id"].chunk(0)
        if not shown:
            for column in ("lang", "to"):
                self._take_by(column, minute, found.author, at, ids, posts[column])
            return
        before = self.everyone.authors
        self.everyone.take(minute, found.author, at, ids)
        if self.fifth < 0 and len(self.everyone.authors) >= _ENOUGH:
            self.fifth = _when(before, minute, found.author, _ENOUGH)
        texts = np.where(found.long, found.bins[:, :3].astype(np.uint64).sum(axis=1), found.text_key)
        if len(self.texts) < _MOST_AUTHORS:
            self.texts = np.union1d(self.texts, texts)
        how = np.bincount(pc.fill_null(posts["how"], OWN).to_numpy().astype(np.int64), minlength=3)
        self.how = [had + int(more) for had, more in zip(self.how, how[:3], strict=True)]
        signs = pc.fill_null(posts["signs"], 0).to_numpy().astype(np.int64)
        signs |= np.where(signs & _HARD, MOOD, 0)
        self.signs += ((signs[:, None] >> np.arange(_SIGNS)) & 1).sum(axis=0)
        for column in (*_BY_NAME, *_BY_CARRIER):
            self._take_by(column, minute, found.author, at, ids, posts[column])
        feeds = posts.filter(pc.equal(posts["network"], "feeds"))["site"]
        self.feeds.update(site for site in pc.unique(feeds).to_pylist() if site)

    def _take_by(
        self, column: str, minute: Rows, author: Hashes, at: Rows, ids: pa.Array, values: pa.ChunkedArray
    ) -> None:
        flat = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
        rows = np.arange(len(author))
        if pa.types.is_list(flat.type):
            rows, flat = pc.list_parent_indices(flat).to_numpy().astype(np.int64), pc.list_flatten(flat)
        coded = pc.dictionary_encode(flat)
        names = coded.dictionary.to_pylist()
        which = pc.fill_null(coded.indices, -1).to_numpy()
        counts = np.bincount(which[which >= 0], minlength=len(names))
        tallies = self.tallies[column]
        known = [place for place, name in enumerate(names) if name in tallies]
        top = np.argsort(-counts, kind="stable")[:_AT_ONCE].tolist()
        for place in dict.fromkeys([*known, *top]):
            name = names[place]
            if not name or name in _NO_SITES:
                continue
            some = rows[which == place]
            if name not in tallies:
                tallies[name] = Tally()
            had = tallies[name].arrived
            tallies[name].take(minute[some], author[some], at[some], ids.take(pa.array(some)))
            if had < 0 <= tallies[name].arrived and column in ("network", "lang"):
                self._jumped(column, name, tallies[name].arrived)
        if len(tallies) > _MOST_NAMES:
            keep = sorted(tallies, key=lambda name: (-tallies[name].posts, name))[: _MOST_NAMES // 2]
            self.tallies[column] = {name: tallies[name] for name in keep}

    def _jumped(self, column: str, name: str, minute: int) -> None:
        others = {other: tally for other, tally in self.tallies[column].items() if other != name and tally.arrived >= 0}
        if others:
            origin = max(others, key=lambda other: (others[other].posts, other))
            self.jumps.append(("network" if column == "network" else "language", origin, name, minute))

    def absorb(self, other: Spread, *, new: float) -> None:
        """Another story turned out to be this one; a share of ``new`` of its posts was not counted here yet.

        Authors and texts stay exact; posts of a network, language or carrier are taken to be new in that same share.
        """
        self.how = [one + round(new * two) for one, two in zip(self.how, other.how, strict=True)]
        self.signs += np.round(new * other.signs).astype(np.int64)
        self.texts = np.union1d(self.texts, other.texts)
        self.feeds |= other.feeds
        self.fifth = min((one for one in (self.fifth, other.fifth) if one >= 0), default=-1)
        _absorb(self.everyone, other.everyone, new)
        for column, tallies in other.tallies.items():
            mine = self.tallies[column]
            strongest = max(mine, key=lambda name: (mine[name].posts, name), default="")
            for name, tally in tallies.items():
                if name in mine:
                    _absorb(mine[name], tally, new)
                    continue
                mine[name] = tally
                if column in ("network", "lang") and tally.arrived >= 0 and strongest:
                    kind = "network" if column == "network" else "language"
                    if mine[strongest].first <= tally.first:
                        self.jumps.append((kind, strongest, name, tally.arrived))
        self.jumps.sort(key=lambda one: one[3])

    def forget(self, keys: set[int]) -> None:
        """Posts that are gone stand for nothing any more."""
        for tally in (self.everyone, *self._all()):
            if key_of(tally.first_post) in keys:
                tally.first_post = ""
        self.tallies["to"] = {name: tally for name, tally in self.tallies["to"].items() if key_of(name) not in keys}

    def language(self) -> str:
        """The language that more than two thirds of its posts with a known one are in; empty where none is."""
        tallies = self.tallies["lang"]
        best = max(tallies, key=lambda name: (tallies[name].posts, name), default="")
        return best if best and 3 * tallies[best].posts > 2 * sum(one.posts for one in tallies.values()) else ""

    # — as rows —

    def parts(self, column: str) -> tuple[Part, ...]:
        """Networks, languages (``lang``) or watches (``scopes``), most posts first."""
        tallies = self.tallies[column]
        return tuple(_part(name, tallies[name]) for name in sorted(tallies, key=lambda one: (-tallies[one].posts, one)))

    def carriers(self) -> tuple[Carrier, ...]:
        """What set off the most people's posts; at least three's."""
        found = [
            Carrier(
                kind="post" if column == "to" else "feed" if name in self.feeds else "site",
                name=name,
                posts=tally.posts,
                authors=len(tally.authors),
                first=moment_us(tally.first),
            )
            for column in _BY_CARRIER
            for name, tally in self.tallies[column].items()
            if len(tally.authors) >= _FLOOR
        ]
        return tuple(sorted(found, key=lambda one: (-one.authors, -one.posts, one.name))[:_SHOWN])

    def share(self, sign: int) -> tuple[int, int]:
        """How many posts show ``sign`` (one of the bits), of how many that were read (of all, for MEDIA)."""
        bit = sign.bit_length() - 1
        of = self.everyone.posts if sign == MEDIA else int(self.signs[READ.bit_length() - 1])
        return int(self.signs[bit]), of

    def row(self, *, half_life: float | None, counts: tuple[int, int] | None = None) -> Trace:
        """As pages see it. ``counts``: reposts, and of how many posts they are known."""
        one = self.everyone
        first = Example(id=one.first_post, at=moment_us(one.first), network=self._of_first("network", one.first),
                        lang=self._of_first("lang", one.first)) if one.first_post else None  # fmt: skip
        return Trace(
            first=first,
            fifth_author=moment_of(self.fifth) if self.fifth >= 0 else None,
            networks=self.parts("network"),
            languages=self.parts("lang"),
            carriers=self.carriers(),
            jumps=tuple(Jump(kind=kind, origin=a, to=b, at=moment_of(at)) for kind, a, b, at in self.jumps),
            own=self.how[OWN],
            replies=self.how[REPLY],
            quotes=self.how[QUOTE],
            texts=len(self.texts),
            reposts=counts[0] if counts else None,
            counted=counts[1] if counts else 0,
            half_life_minutes=half_life,
        )

    def _of_first(self, column: str, first: int) -> str:
        return next((name for name, tally in self.tallies[column].items() if tally.first == first), "")

    # — kept and taken up —

    def state(self) -> dict[str, Any]:
        """Everything as JSON and one array, for a checkpoint."""
        plain: dict[str, Any] = {
            "feeds": sorted(self.feeds), "how": self.how, "signs": self.signs.tolist(), "fifth": self.fifth,
            "jumps": self.jumps, "everyone": _plain(self.everyone),
            "tallies": {
                column: {name: _plain(tally) for name, tally in tallies.items()}
                for column, tallies in self.tallies.items()
            },
        }  # fmt: skip
        arrays = [self.everyone.authors, self.texts, *(tally.authors for tally in self._all())]
        return {"plain": plain, "hashes": np.concatenate(arrays)}

    @classmethod
    def resume(cls, kept: Mapping[str, Any]) -> Spread:
        """The counts whose :meth:`state` this is."""
        one, plain, hashes = cls(), kept["plain"], kept["hashes"]
        one.feeds, one.how, one.fifth = set(plain["feeds"]), list(plain["how"]), int(plain["fifth"])
        one.signs[: len(plain["signs"])] = plain["signs"]
        one.jumps = [(kind, a, b, int(at)) for kind, a, b, at in plain["jumps"]]
        rest = sum(had["authors"] for tallies in plain["tallies"].values() for had in tallies.values())
        place = plain["everyone"]["authors"]
        one.everyone = _tally(plain["everyone"], hashes[:place])
        one.texts = hashes[place : len(hashes) - rest].copy()
        place = len(hashes) - rest
        for column, tallies in plain["tallies"].items():
            for name, had in tallies.items():
                one.tallies[column][name] = _tally(had, hashes[place : place + had["authors"]])
                place += had["authors"]
        return one

    def _all(self) -> Iterable[Tally]:
        return (tally for tallies in self.tallies.values() for tally in tallies.values())


def _plain(tally: Tally) -> dict[str, Any]:
    return {
        "posts": tally.posts, "authors": len(tally.authors), "first": tally.first, "first_post": tally.first_post,
        "arrived": tally.arrived,
    }  # fmt: skip


def _tally(had: Mapping[str, Any], authors: Hashes) -> Tally:
    return Tally(had["posts"], authors.copy(), had["first"], had["first_post"], had["arrived"])


def _absorb(one: Tally, other: Tally, new: float) -> None:
    one.posts += round(new * other.posts)
    one.authors = np.union1d(one.authors, other.authors)[:_MOST_AUTHORS]
    if other.first and (not one.first or other.first < one.first):
        one.first, one.first_post = other.first, other.first_post
    one.arrived = min((at for at in (one.arrived, other.arrived) if at >= 0), default=-1)


def _part(name: str, tally: Tally) -> Part:
    return Part(
        name=name,
        posts=tally.posts,
        authors=len(tally.authors),
        first=moment_us(tally.first),
        first_post=tally.first_post,
        arrived=moment_of(tally.arrived) if tally.arrived >= 0 else None,
    )


def half_life(minutes: npt.NDArray[np.int64], posts: npt.NDArray[np.int64], now: int) -> float | None:
    """Minutes from the busiest half hour until half hours stayed under half of it; None where they do not yet.

    ``minutes`` ascending, those with any posts; ``now`` the present minute.
    """
    if len(minutes) == 0 or now - int(minutes[0]) < 60:
        return None
    first = int(minutes[0])
    series = np.bincount(minutes - first, weights=posts, minlength=max(now - first + 1, 30))
    windows = np.convolve(series, np.ones(30), "valid")
    peak = int(windows.argmax())
    if windows[peak] < 10:
        return None
    above = np.flatnonzero(windows[peak:] > windows[peak] / 2)
    last = int(above[-1])
    return float(last + 1) if peak + last + 1 < len(windows) - 30 else None
