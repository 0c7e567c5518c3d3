"""Terms: what of a batch of posts can rise, counted by author.

Owns what a term is: a hashtag, a word, two content words in a row, a name of three words, a link, or a group of
near-copies. Promises hashes that are the same in any batch on any machine, one row a post and term, and no loop over
posts. Never keeps or shows a text, and never decides what is worth an alarm.

Handles, addresses, numbers and the words of :mod:`kalkan.stories.words` are no terms. Near-copies: MinHash by one
permutation (Li, Owen, Zhang 2012) over folded five-letter shingles, twelve bins in four bands of three, so that texts
of Jaccard .8 share a band in about 94 of 100 cases; texts under six words only count as copies when they are equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kalkan.stories.letters import (
    LONGEST,
    PIECE,
    Flags,
    Hashes,
    Rows,
    Tokens,
    hash_strings,
    hash_words,
    mix,
    pair,
    sound,
    tokens,
)
from kalkan.stories.words import stop_words
from kalkan.text import urls

BINS: Final = 12
_BAND: Final = 3
_FEWEST_WORDS: Final = 6
_KEPT_APART: Final = np.uint64(0xA0761D6478BD642F)

# A term's last three bits are its kind, so that the tag #storm and the word storm are two terms.
WORD, TAG, TWO, NAME, LINK, COPY = range(6)
KINDS: Final = ("word", "hashtag", "two words", "name", "link", "copies")
_NOISE: Final = r"(?i)(?:https?://|www\.)\S+|[\w.+\-]*@[\w.\-]+|&(?:amp|lt|gt|quot|#39);"
_TRACKERS: Final = (
    r"(?i)[?&](?:utm_[a-z]+|fbclid|gclid|igshid|igsh|mc_[a-z]+|ref(?:_src|_url)?|s|si|feature|cmpid)=[^&#]*"
)


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """The terms of ``n`` posts. Pairs (``row``, ``term``) stand once each and are sorted by row.

    ``author``: who wrote a post, as a hash. ``text_key``: equal for posts that say the same. ``bins``: the MinHash of
    each text, uint32 (n, 12). ``long``: whether a text has words enough for near-copies.
    """

    n: int
    row: Rows
    term: Hashes
    author: Hashes
    text_key: Hashes
    bins: npt.NDArray[np.uint32]
    long: Flags

    def take(self, rows: Rows) -> Terms:
        """The terms of some posts, in that order (ascending)."""
        place = np.full(self.n, -1, dtype=np.int64)
        place[rows] = np.arange(len(rows))
        new = place[self.row]
        keep = new >= 0
        return Terms(
            len(rows),
            new[keep],
            self.term[keep],
            self.author[rows],
            self.text_key[rows],
            self.bins[rows],
            self.long[rows],
        )


def join(parts: list[Terms]) -> Terms:
    """Terms of several batches as of one."""
    if len(parts) == 1:
        return parts[0]
    starts = np.cumsum([0, *(part.n for part in parts)])
    return Terms(
        int(starts[-1]),
        np.concatenate([part.row + start for part, start in zip(parts, starts[:-1], strict=True)]),
        np.concatenate([part.term for part in parts]),
        np.concatenate([part.author for part in parts]),
        np.concatenate([part.text_key for part in parts]),
        np.concatenate([part.bins for part in parts]),
        np.concatenate([part.long for part in parts]),
    )


def of_kind(values: Hashes, kind: int) -> Hashes:
    """The terms that these hashes of words, pairs, addresses or bands are."""
    return (mix(values) & np.uint64((1 << 64) - 8)) | np.uint64(kind)


def kind_of(term: Hashes) -> Rows:
    """The kinds of terms: indices of :data:`KINDS`."""
    return (term & np.uint64(7)).astype(np.int64)


@cache
def stop_hashes() -> Hashes:
    """The words that no story is made of, ascending."""
    return np.sort(hash_words([word for word in stop_words() if word.isalnum()]))


def among(values: Hashes, sorted_set: Hashes) -> Flags:
    """Which of ``values`` stand in ``sorted_set`` (ascending)."""
    if len(sorted_set) == 0 or len(values) == 0:
        return np.zeros(len(values), dtype=np.bool_)
    at = np.minimum(np.searchsorted(sorted_set, values), len(sorted_set) - 1)
    found: Flags = sorted_set[at] == values
    return found


def terms(posts: pa.Table) -> Terms:
    """The terms of a table with ``text`` and, where known, ``author_id``, ``links`` (lists) and ``tags`` (lists).

    Without ``author_id``, or where it is null, posts that say the same count as one author's: nothing better is known.
    """
    if posts.num_rows == 0:
        return _terms_of(posts)
    pieces = [_terms_of(posts.slice(start, PIECE)) for start in range(0, posts.num_rows, PIECE)]
    return join(pieces)


def _terms_of(posts: pa.Table) -> Terms:
    texts = plain(posts["text"])
    found = tokens(texts)
    text_key = _text_keys(found)
    content = (found.size >= 3) & (found.size <= 40) & ~found.digits
    content &= ~among(found.hash, stop_hashes()) | found.tag
    rows: list[Rows] = []
    kinds: list[Hashes] = []

    def add(row: Rows, term: Hashes, kind: int) -> None:
        rows.append(row)
        kinds.append(of_kind(term, kind))

    tag = found.tag & (found.size >= 2)
    add(found.row[tag], found.hash[tag], TAG)
    word = content & (found.size >= 4)  # of a tag, too: people write the same name with and without the sign
    add(found.row[word], found.hash[word], WORD)
    row, hashes = found.row[content], found.hash[content]
    two = row[:-1] == row[1:]
    add(row[:-1][two], pair(hashes[:-1], hashes[1:])[two], TWO)
    row3, name = _names(found)
    add(row3, name, NAME)
    tag_row, tag_hash = _tag_column(posts)
    add(tag_row, tag_hash, TAG)
    link_row, link = _links(posts)
    add(link_row, link, LINK)
    words = np.bincount(found.row, minlength=found.n)
    long = words >= _FEWEST_WORDS
    bins = _minhash(found)
    for band in range(BINS // _BAND):
        part = bins[:, band * _BAND : (band + 1) * _BAND].astype(np.uint64)
        key = pair(pair(part[:, 0], part[:, 1]), part[:, 2] + np.uint64(band))
        add(np.flatnonzero(long), key[long], COPY)
    row, term = _once(np.concatenate(rows), np.concatenate(kinds))
    return Terms(found.n, row, term, _authors(posts, text_key), text_key, bins, long)


def plain(texts: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Texts as one array of strings, without addresses and handles; null becomes empty."""
    texts = sound(texts)
    noisy = pc.or_(
        pc.or_(pc.match_substring(texts, "@"), pc.match_substring(texts, "&")),
        pc.or_(
            pc.match_substring(texts, "http", ignore_case=True), pc.match_substring(texts, "www.", ignore_case=True)
        ),
    )
    if not pc.any(noisy).as_py():
        return texts
    some = pc.utf8_slice_codeunits(pc.filter(texts, noisy), 0, 2 * LONGEST)
    return pc.replace_with_mask(texts, noisy, pc.replace_substring_regex(some, _NOISE, " "))


def _once(row: Rows, term: Hashes) -> tuple[Rows, Hashes]:
    """Each pair once, by row and then by term."""
    order = np.lexsort((term, row))
    row, term = row[order], term[order]
    new = np.ones(len(row), dtype=np.bool_)
    new[1:] = (row[1:] != row[:-1]) | (term[1:] != term[:-1])
    return row[new], term[new]


def _names(found: Tokens) -> tuple[Rows, Hashes]:
    """Three capitalised words in a row, none of them opening a sentence but the first."""
    if len(found.row) < 3:
        return np.zeros(0, np.int64), np.zeros(0, np.uint64)
    cap = found.capital & ~found.tag & (found.size >= 2)
    same = found.row[:-2] == found.row[2:]
    run = cap[:-2] & cap[1:-1] & cap[2:] & same & ~found.opens[1:-1] & ~found.opens[2:]
    return found.row[:-2][run], pair(pair(found.hash[:-2], found.hash[1:-1]), found.hash[2:])[run]


def _text_keys(found: Tokens) -> Hashes:
    """What a text says, without marks, links, handles and numbers: a hash in which the order of words counts."""
    keys = np.zeros(found.n, dtype=np.uint64)
    keep = ~found.digits
    row, hashes = found.row[keep], found.hash[keep]
    if len(row):
        first = np.searchsorted(row, np.arange(found.n))
        rank = (np.arange(len(row)) - first[row]).astype(np.uint64)
        np.add.at(keys, row, mix(hashes + rank * _KEPT_APART))
    return mix(keys + np.uint64(7))


def _authors(posts: pa.Table, text_key: Hashes) -> Hashes:
    if "author_id" not in posts.column_names:
        return text_key
    column = posts["author_id"]
    authors = hash_strings(column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column)
    unknown = pc.fill_null(pc.equal(pc.cast(column, pa.string()), ""), True).to_numpy(zero_copy_only=False)
    return np.where(unknown, text_key, authors)


def _lists(posts: pa.Table, name: str) -> tuple[Rows, pa.Array]:
    column = posts[name].combine_chunks() if posts[name].num_chunks != 1 else posts[name].chunk(0)
    return pc.list_parent_indices(column).to_numpy(zero_copy_only=False).astype(np.int64), pc.list_flatten(column)


def _tag_column(posts: pa.Table) -> tuple[Rows, Hashes]:
    """Tags that the network names beside the text, as one token each."""
    nothing = np.zeros(0, np.int64), np.zeros(0, np.uint64)
    if "tags" not in posts.column_names:
        return nothing
    row, values = _lists(posts, "tags")
    if len(values) == 0:
        return nothing
    found = tokens(values)
    single = np.bincount(found.row, minlength=found.n)[found.row] == 1
    return row[found.row[single]], found.hash[single]


def _links(posts: pa.Table) -> tuple[Rows, Hashes]:
    if "links" in posts.column_names:
        row, values = _lists(posts, "links")
    else:
        texts = posts["text"]
        some = pc.fill_null(pc.match_substring_regex(texts, r"(?i)https?://|www\."), False)
        holding = np.flatnonzero(some.to_numpy(zero_copy_only=False))
        found = [(int(at), url) for at in holding for url in urls(str(texts[int(at)].as_py())[: 2 * LONGEST])]
        row = np.array([at for at, _ in found], dtype=np.int64)
        values = pa.array([url for _, url in found], pa.string())
    if len(values) == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.uint64)
    return row, hash_strings(canonical(values))


def canonical(links: pa.Array) -> pa.Array:
    """One form for addresses of the same page: no scheme, www, trackers, fragment, last slash; host in lower case."""
    links = pc.fill_null(pc.cast(links, pa.string()), "")
    bare = pc.replace_substring_regex(links, r"(?i)^(?:https?://)?(?:(?:www|m|mobile|amp)\.)?", "")
    bare = pc.replace_substring_regex(bare, r"#.*$", "")
    bare = pc.replace_substring_regex(bare, _TRACKERS, "")
    # A tracker may have been the first of several parameters.
    bare = pc.replace_substring_regex(bare, r"^([^?&]*)&", r"\1?")
    bare = pc.replace_substring_regex(bare, r"/+$", "")
    host = pc.replace_substring_regex(bare, r"[/?].*$", "")
    path = pc.struct_field(pc.extract_regex(bare, r"^[^/?]*(?P<path>.*)$"), "path")
    return pc.binary_join_element_wise(pc.ascii_lower(host), pc.fill_null(path, ""), "")


def _minhash(found: Tokens) -> npt.NDArray[np.uint32]:
    """The least hash of each text's shingles in each of twelve bins, uint32 (n, 12); empty bins borrow the next."""
    most = np.uint32(0xFFFFFFFF)
    bins = np.full(found.n * BINS, most, dtype=np.uint32)
    if len(found.shingle):
        which = (found.shingle % np.uint64(BINS)).astype(np.int64)
        np.minimum.at(bins, found.shingle_row * BINS + which, (found.shingle >> np.uint64(32)).astype(np.uint32))
    table = bins.reshape(found.n, BINS)
    for _ in range(BINS - 1):  # a full turn fills every bin of a text that has any shingle
        hollow = table == most
        if not hollow.any():
            break
        table = np.where(hollow, np.roll(table, -1, axis=1), table)
    return table


def alike(left: npt.NDArray[np.uint32], right: npt.NDArray[np.uint32]) -> npt.NDArray[np.float64]:
    """Estimated Jaccard likeness of texts by their bins, which broadcast against each other; 0 to 1."""
    same: npt.NDArray[np.float64] = (left == right).mean(axis=-1)
    return same
