"""Brands, what they are watched by, and the one pass that finds their mentions in a batch.

Owns: what counts as naming a brand. Promises one row a post and brand, with the strongest tie; the same answer whatever
the batch size; work that hardly grows with the number of watches. Never excludes a mention by language or market, and
never counts a brand's own posts.

What counts, in short (``tests/words/gold_mentions.tsv`` says it by example):

- a name, peer or topic stands as a word, in any case and with or without Turkish marks; between its words there may be
  white space or hyphens, and a name may be written joined (CocaCola);
- Turkish endings with an apostrophe, whatever they are (Kalkan'ın, Kalkan'daki, Kalkan'cılar); without one, chains of
  plural, possessive and case endings (Kalkanlarından) with the final consonant softened (Fındığı). Endings that make a
  new word (-cı, -lı, -lık) do not count bare: Kalkancı is a surname. Bare endings count in posts that may be Turkish;
- English plural and possessive;
- names stand in hashtags as whole parts of them: #KalkanRezaleti, #kalkan_bank, not #kalkandere;
- not in links, e-mail addresses and other people's handles. A watch with a dot in it (kalkan.com) is looked for there.

Left out on purpose: vowel drop (ağız → ağzı) and spoken harmony of foreign names in one-letter endings (Twittera).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import regex

from kalkan.posts import MENTION_KINDS
from kalkan.text import Texts, fold, fold_column, lower_tr


@dataclass(frozen=True, kw_only=True, slots=True)
class Watch:
    """One thing to look for on behalf of a brand."""

    kind: str  # name, handle, hashtag, topic, peer
    text: str  # as the team wrote it
    without: tuple[str, ...] = ()  # not when one of these stands in the post as well


@dataclass(frozen=True, kw_only=True, slots=True)
class Brand:
    """A brand and what is watched for it. ``slug`` names it in the archive and on the command line."""

    slug: str
    name: str
    watches: tuple[Watch, ...] = ()
    accounts: tuple[str, ...] = ()  # our own accounts: author ids or handles; replies and quotes of theirs are mentions
    langs: tuple[str, ...] = ()  # ISO 639-1; empty = any
    markets: tuple[str, ...] = ()  # ISO 3166-1 alpha-2


FOUND: Final = pa.schema(
    [
        pa.field("row", pa.int32(), nullable=False),
        pa.field("brand", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("watch", pa.string(), nullable=False),
    ]
)
_RANK: Final = {kind: rank for rank, kind in enumerate(MENTION_KINDS)}
_TERMS_A_PATTERN: Final = (
    400  # RE2 keeps to a memory limit; beyond a few hundred terms it would fall back to a slow path
)

# ---------------------------------------------------------------------------------------------- endings
# Written over folded text: ı is i, ü is u, ö is o, ş is s, ç is c, ğ is g.


def _endings(a: str) -> tuple[str, str]:
    """Chains of endings after a consonant and after a vowel, with ``a`` (a or e) as their open vowel throughout."""
    i = "[iu]"
    asked = f"(?:m{i}(?:s{i}n|y{i}m|y{i}z)?|d{i}r|t{i}r)?"
    # What belongs to (-ki) is followed by front vowels whatever came before: Kalkandakiler.
    belonging = "ki(?:ler(?:i|in|e|den?|le)?|n(?:i|in|e|den?))?"
    after_case = f"(?:(?:d{a}|t{a}|{i}n){belonging})"
    case_c = f"(?:{i}|{a}|[dt]{a}n?|{i}n|l{a}|{after_case})"
    case_v = f"(?:y{i}|y{a}|[dt]{a}n?|n{i}n|yl{a}|(?:d{a}|n{i}n){belonging})"
    of_third = f"(?:n{i}n?|n{a}|nd{a}n?|yl{a}|nd{a}k{i})"
    owned = f"(?:{i}{of_third}|{i}(?:m|n){i}z{case_c}?)"
    many = f"l{a}r(?:{case_c}|{owned})?"
    after_consonant = f"(?:{many}|{owned}|{case_c}|s{i}z|[dt]{i}r|m{i}){asked}"
    after_vowel = f"(?:{many}|s{i}{of_third}?|(?:m|n){i}z{case_c}?|{case_v}|s{i}z|d{i}r|m{i}){asked}"
    return after_consonant, after_vowel


_OF_THIRD: Final = "|".join(f"(?:n[iu]n?|n{a}|nd{a}n?|nd{a}k[iu]|yl{a})" for a in "ae")
_AFTER_CONSONANT: Final = "|".join(_endings(a)[0] for a in "ae")
_AFTER_VOWEL: Final = "|".join(_endings(a)[1] for a in "ae")
_SHORT: Final = "(?:[dt]an?|[dt]en?)"  # three-letter names take these bare and no others: too many words look like them
_APOSTROPHE: Final = "['’‘ʼ`´′]"
_LEFT: Final = r"(?<![^\W_])(?<![^\W_]_)(?<!@)(?<!@_)"
_RIGHT: Final = r"(?!_*[^\W_])"
_BETWEEN: Final = "[^a-z0-9]*"  # in probes: wider than what may stand there, and far cheaper than Unicode classes
_JOIN: Final = r"[\s\-‐‑‒–—_]"
# Scripts that put no space between words: a name in them has no word boundary to look for.
_UNSPACED: Final = regex.compile(
    r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]"
)
_PARTS: Final = regex.compile(r"[\p{L}\p{M}\p{N}]+|[^\p{L}\p{M}\p{N}\s]+|\s+")


@dataclass(frozen=True, slots=True)
class _Term:
    """How one name, peer or topic is found."""

    probe: str  # RE2, over folded text: a superset of what ``strict`` and ``turkish`` find
    literal: str  # stands in every text that can match
    strict: str  # the name with endings that any language allows
    turkish: str  # and with bare Turkish endings
    bounded: bool  # starts with a letter of a script that has word boundaries
    in_links: bool


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> regex.Pattern[str]:
    # Ten milliseconds each: paid for names that do turn up, not for every name watched.
    return regex.compile(pattern)


def _term(text: str, *, joined: bool) -> _Term | None:
    """The patterns for a name as the team wrote it; None where nothing of it could ever be found."""
    folded = fold(text).strip().strip("#").rstrip(".!?,;:")
    parts = _PARTS.findall(folded)
    if not any(part[0].isalnum() for part in parts):
        return None
    letters = sum(len(part) for part in parts if part[0].isalnum())
    gap = _JOIN + ("*" if joined and letters >= 6 else "+")
    body, probe, literal = "", "", ""
    for part in parts:
        if part.isspace() or part in "-‐‑‒–—_":
            # White space and hyphens next to each other are one gap.
            body, probe = (body if body.endswith(gap) else body + gap), probe + _BETWEEN
        elif part in "'’‘ʼ`´′":
            body, probe = body + _APOSTROPHE + "?", probe + _BETWEEN
        elif part[0].isalnum():
            body, probe = body + regex.escape(part), probe + part
            literal = max(literal, part, key=len)
        else:
            body, probe = body + r"\s*" + regex.escape(part) + r"\s*", probe + _BETWEEN
    open_left, open_right = bool(_UNSPACED.match(folded[0])), bool(_UNSPACED.match(folded[-1]))
    left = "" if open_left else _LEFT if folded[0].isalnum() else ""
    if open_right or not folded[-1].isalnum():
        whole = left + body
        return _Term(probe, literal, whole, whole, left != "", "." in folded)
    apostrophe = (
        rf"{_APOSTROPHE}(?!n{_RIGHT})[^\W\d_]{{1,15}}" if letters >= 3 else rf"{_APOSTROPHE}(?:{_bare(text, 9)}|s)"
    )
    english = "(?:e?s)?" if letters >= 4 and not folded.endswith("s") else ""
    strict = f"{left}{body}(?:{apostrophe}|{english}){_RIGHT}"
    compound = f"|{_OF_THIRD}" if len(parts) > 1 and folded[-1] in "iu" else ""  # İş Bankası → İş Bankasından
    turkish = f"{left}{body}(?:{apostrophe}|{english}|{_bare(text, letters)}{compound}){_RIGHT}"
    soft = _softened(folded)
    if soft:
        stem = body[: -len(regex.escape(parts[-1]))] + regex.escape(parts[-1][:-1])
        turkish = f"(?:{turkish}|{left}{stem}{soft}(?=[aeiu])(?:{_bare(text, letters, soft=True)}){_RIGHT})"
        probe = probe[:-1]
        literal = max((part[:-1] if part is parts[-1] else part for part in parts if part[0].isalnum()), key=len)
    return _Term(probe, literal, strict, turkish, left != "", "." in folded)


def _bare(text: str, letters: int, *, soft: bool = False) -> str:
    """Endings that may follow without an apostrophe. One-letter ones must agree with the name's last vowel."""
    if letters < 3:
        return r"(?!)"
    if letters == 3:
        return _SHORT
    if fold(text).rstrip(".!?")[-1] in "aeiou" and not soft:
        return _AFTER_VOWEL
    vowels = [letter for letter in lower_tr(text) if letter in "aıoueiöüâîû"]
    last = vowels[-1] if vowels else "e"
    # The fold makes ı and i one, so an i written in capitals or without marks allows both.
    allowed = ("a" if last in "aıouâû" else "e") + ("u" if last in "ouöüûâ" and last != "â" else "i")
    one_letter = f"(?:(?![aeiu]{_RIGHT})|(?=[{allowed}]))"
    return f"{one_letter}(?:{_AFTER_CONSONANT})"


def _softened(folded: str) -> str:
    """What the last consonant becomes before a vowel; empty where it stays (words of one syllable keep theirs)."""
    if sum(letter in "aeiou" for letter in folded) < 2 or len(folded) < 4:
        return ""
    return {"k": "g", "p": "b", "t": "d"}.get(folded[-1], "")


# ---------------------------------------------------------------------------------------------- accounts


def _plain_account(account: str) -> str:
    return account.strip().lstrip("@").lower().rstrip("/")


def _addresses(account: str) -> tuple[str, ...]:
    """How ids of this account's posts begin, on the networks whose ids name their author."""
    name = _plain_account(account)
    if account.startswith("did:"):
        return (f"at://{account}/", f"https://bsky.app/profile/{account}/")
    if "://" in account:
        return (account.rstrip("/") + "/",)
    user, _, server = name.partition("@")
    if server:
        return (f"https://{server}/users/{user}/", f"https://{server}/@{user}/")
    if "." in name:
        return (f"at://{name}/", f"https://bsky.app/profile/{name}/")
    return (f"https://x.com/{name}/status/", f"https://twitter.com/{name}/status/")


def _handle_pattern(handle: str) -> str | None:
    """How ``@handle`` stands in folded text; None for ids, which people do not write."""
    name = fold(_plain_account(handle))
    if not name or ":" in name or "/" in name:
        return None
    local = name.partition("@")[0]
    rest = rf"(?:@{regex.escape(name.partition('@')[2])})?" if "@" in name else ""
    if not rest and "." not in name:
        rest = r"(?:@[\w\-]+(?:\.[\w\-]+)+|\.bsky\.social)?"
    return rf"(?<![\w.@/])@{regex.escape(local)}{rest}(?![\w\-]|[.@]\w)"


@dataclass(frozen=True, slots=True)
class _Look:
    """One watch, ready to be looked for."""

    brand: int
    kind: str
    watch: str
    without: tuple[_Term, ...] = ()
    term: _Term | None = None
    tag: str = ""
    handle: str = ""  # plain account
    at: regex.Pattern[str] | None = None
    addresses: tuple[str, ...] = ()


def _looks(number: int, brand: Brand) -> Iterable[_Look]:
    for account in brand.accounts:
        addresses = _addresses(account)
        yield _Look(number, "reply", account, addresses=addresses)
        yield _Look(number, "quote", account, addresses=addresses)
        yield _handle_look(number, account, ())
    for watch in brand.watches:
        without = tuple(term for text in watch.without if (term := _term(text, joined=True)))
        if watch.kind == "handle":
            yield _handle_look(number, watch.text, without)
        elif watch.kind == "hashtag":
            yield _Look(number, "hashtag", watch.text, without, tag=_tag_key(watch.text))
        elif term := _term(watch.text, joined=watch.kind != "topic"):
            yield _Look(number, watch.kind, watch.text, without, term=term)


def _handle_look(number: int, handle: str, without: tuple[_Term, ...]) -> _Look:
    pattern = _handle_pattern(handle)
    at = regex.compile(pattern) if pattern else None
    return _Look(number, "handle", handle, without, handle=_plain_account(handle), at=at)


# ---------------------------------------------------------------------------------------------- one post in detail

_HASHTAG: Final = regex.compile(r"(?<![\p{L}\p{M}\p{N}_&/])[#＃]([\p{L}\p{M}\p{N}_]+)")
_LINKS: Final = regex.compile(
    r"https?://\S+|www\.\S+|[\w.+\-]+@[\w\-]+\.[\w.\-]+"
    r"|(?<![\w@.])(?:[\w\-]+\.)+(?:com|net|org|info|io|co|app|dev|social|gov|edu|biz|tv|me|ai|xyz|shop|store|online|site"
    r"|tr|de|uk|fr|es|it|nl|eu|us|ru|test)(?![\w])(?:[/:]\S*)?"
)
_MAYBE_LINK: Final = regex.compile(r"\w[.@:][\w/]").search
_AT_NAME: Final = regex.compile(r"(?<![\w.])@[\w\-]+(?:[.@][\w\-]+)*")
_SEAM: Final = regex.compile(
    r"(?<=[\p{Ll}\p{M}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})|(?<=\p{N})(?=\p{Lu}\p{Ll})|(?<=\p{L})(?=(?:19|20)\d\d(?!\d))"
)
_TURKISH_LETTERS: Final = regex.compile(r"[ğışİĞŞ]")


def _tag_key(tag: str) -> str:
    return fold(tag).strip().lstrip("#").replace("_", "")


@dataclass(slots=True)
class _Post:
    """What is looked at of one candidate, prepared once for all watches."""

    row: dict[str, Any]
    folded: str
    tags: set[str] = field(init=False)
    spoken: str = field(init=False)  # folded text without links and handles, then the parts of its hashtags
    whole: str = field(init=False)
    turkish: bool = field(init=False)
    handles: set[str] = field(init=False)

    def __post_init__(self) -> None:
        text: str = self.row["text"] or ""
        tags = {*(self.row["tags"] or ()), *(_HASHTAG.findall(text) if "#" in self.folded else ())}
        self.tags = {_tag_key(tag) for tag in tags}
        parts = " | ".join(fold(_SEAM.sub(" ", tag.lstrip("#")).replace("_", " ")) for tag in tags)
        bare = _LINKS.sub(" | ", self.folded) if _MAYBE_LINK(self.folded) else self.folded
        bare = _AT_NAME.sub(" | ", bare) if "@" in bare else bare
        self.spoken = f"{bare} | {parts}" if tags else bare
        self.whole = f"{self.folded} | {parts}" if tags else self.folded
        langs = self.row["langs"] or ()
        self.turkish = not langs or any(lang.startswith("tr") for lang in langs) or bool(_TURKISH_LETTERS.search(text))
        self.handles = {_plain_account(handle) for handle in self.row["handles"] or ()}

    def has(self, term: _Term) -> bool:
        """Whether the name stands in the post."""
        text = self.whole if term.in_links else self.spoken
        if term.literal not in text:
            return False
        return _compiled(term.turkish if self.turkish else term.strict).search(text) is not None

    def addresses(self, look: _Look) -> bool:
        """Whether the post is addressed to the account: by the network's word, or written with an @."""
        if self._given(look.handle):
            return True
        if look.at is None or "@" not in self.folded:
            return False
        if not self.handles or "@" not in look.handle:
            return look.at.search(self.folded) is not None
        # The network has said whom the post is addressed to: "@name" without its server may be somebody else.
        return f"@{look.handle}" in self.folded and look.at.search(self.folded) is not None

    def _given(self, handle: str) -> bool:
        if handle in self.handles:
            return True
        if "@" in handle:
            local, _, server = handle.partition("@")
            urls = {f"https://{server}/@{local}", f"https://{server}/users/{local}"}
            home = (self.row["id"] or "").startswith(f"https://{server}/")
            return bool(self.handles & urls) or (home and local in self.handles)
        if "." in handle or ":" in handle or not handle:
            return False
        return any(given.partition("@")[0] == handle or given == f"{handle}.bsky.social" for given in self.handles)

    def of(self, look: _Look) -> bool:
        """Whether this watch finds the post."""
        if look.addresses:
            told = (self.row["quote_of"],) if look.kind == "quote" else (self.row["reply_to"], self.row["root"])
            hit = any(to and to.lower().startswith(look.addresses) for to in told)
        elif look.term:
            hit = self.has(look.term)
        elif look.tag:
            hit = look.tag in self.tags
        else:
            hit = self.addresses(look)
        return hit and not any(self.has(term) for term in look.without)


# ---------------------------------------------------------------------------------------------- a batch

_DETAIL: Final = (
    "id",
    "text",
    "langs",
    "tags",
    "handles",
    "reply_to",
    "root",
    "quote_of",
    "author_id",
    "author_handle",
)


class Matcher:
    """All watches of all brands, ready for one pass over each batch. Made by :func:`matcher`; holds no state."""

    def __init__(self, brands: Sequence[Brand]) -> None:
        self._slugs = [brand.slug for brand in brands]
        self._own = [frozenset(map(_plain_account, brand.accounts)) for brand in brands]
        self._looks = tuple(look for number, brand in enumerate(brands) for look in _looks(number, brand))
        # Strongest kind first, then the order in which the team wrote them: the first that finds a post names the tie.
        self._looks = tuple(sorted(self._looks, key=lambda look: (look.brand, _RANK[look.kind])))
        self._text_patterns = list(_chunks(self._probes()))
        tags = {look.tag for look in self._looks if look.tag}
        names = {look.term.probe for look in self._looks if look.term}
        self._tag_patterns = list(_chunks([*names, *(r"_*".join(map(_escape, tag)) for tag in tags)]))
        self._handles = {look.handle for look in self._looks if look.handle}
        addresses = {_escape(address) for look in self._looks for address in look.addresses}
        self._address_patterns = [f"(?i)^(?:{part})" for part in _chunks(addresses)]

    def _probes(self) -> Iterable[str]:
        bounded = {look.term.probe for look in self._looks if look.term and look.term.bounded}
        for part in _chunks(bounded):
            yield rf"(?:^|[^a-z0-9]|#\S*)(?:{part})"
        yield from {look.term.probe for look in self._looks if look.term and not look.term.bounded}
        for tag in {look.tag for look in self._looks if look.tag}:
            yield "#_*" + "_*".join(map(_escape, tag))
        for look in self._looks:
            if look.at:
                yield "@" + _escape(fold(look.handle.partition("@")[0]))

    def match(self, posts: pa.Table, folded: Texts | None = None) -> pa.Table:
        """Mentions in ``posts`` (columns of :data:`kalkan.posts.POSTS`) as a table of :data:`FOUND`.

        ``row`` is the index into ``posts``; one row a post and brand, in order of both. ``folded`` is
        ``fold_column(posts["text"])`` where the caller has it already.
        """
        if not posts.num_rows or not self._looks:
            return FOUND.empty_table()
        folded = _one(fold_column(posts["text"]) if folded is None else folded)
        rows = self._candidates(posts, folded)
        if not len(rows):
            return FOUND.empty_table()
        details = posts.select(_DETAIL).take(pa.array(rows)).to_pylist()
        texts = folded.take(pa.array(rows)).to_pylist()
        found: dict[str, list[Any]] = {name: [] for name in FOUND.names}
        for row, detail, text in zip(rows.tolist(), details, texts, strict=True):
            for look in self._ties(detail, text or ""):
                found["row"].append(row)
                found["brand"].append(self._slugs[look.brand])
                found["kind"].append(look.kind)
                found["watch"].append(look.watch)
        return pa.table(found, schema=FOUND)

    def _ties(self, detail: dict[str, Any], folded: str) -> Iterable[_Look]:
        post = _Post(detail, folded)
        author = {_plain_account(detail[name] or "") for name in ("author_id", "author_handle")}
        done = -1
        ours = {number for number, accounts in enumerate(self._own) if author & accounts}
        for look in self._looks:
            # The literal first: of many watches all but one or two end here.
            if look.term and look.term.literal not in post.whole:
                continue
            if look.brand != done and look.brand not in ours and post.of(look):
                done = look.brand
                yield look

    def _candidates(self, posts: pa.Table, folded: pa.Array) -> np.ndarray[Any, Any]:
        """Rows worth a closer look, sorted: few, found by whole-column kernels."""
        hits = np.zeros(posts.num_rows, dtype=bool)
        for pattern in self._text_patterns:
            hits |= _mask(pc.match_substring_regex(folded, pattern))
        for name in ("reply_to", "root", "quote_of"):
            for pattern in self._address_patterns:
                hits |= _mask(pc.match_substring_regex(_one(posts[name]), pattern))
        parents, values = _flat(posts["tags"])
        if len(values):
            keys = fold_column(values)
            for pattern in self._tag_patterns:
                hits[parents[_mask(pc.match_substring_regex(keys, pattern))]] = True
        parents, values = _flat(posts["handles"])
        if len(values) and self._handles:
            hits[parents[self._addressed(values)]] = True
        return np.flatnonzero(hits)

    def _addressed(self, handles: pa.Array) -> np.ndarray[Any, Any]:
        plain = pc.utf8_ltrim(pc.utf8_lower(handles), "@")
        wanted = self._handles | {handle.partition("@")[0] for handle in self._handles}
        # "name@server", "name.bsky.social" and ".../@name" are told apart in detail; here their name is enough.
        local = pc.replace_substring_regex(pc.replace_substring_regex(plain, r"^https?://.*/@?", ""), r"@.*$", "")
        short = pc.replace_substring_regex(local, r"\.bsky\.social$", "")
        known = pa.array(sorted(wanted), pa.string())
        masks = (_mask(pc.is_in(column, value_set=known)) for column in (plain, local, short))
        hits: np.ndarray[Any, Any] = np.logical_or.reduce(list(masks))
        return hits


def matcher(brands: Sequence[Brand]) -> Matcher:
    """A :class:`Matcher` for ``brands``. Costs milliseconds: make it when the brands change, not for each batch."""
    return Matcher(brands)


def sample(brand: Brand, text: str, **given: Any) -> Mapping[str, str] | None:
    """What one text would count as for ``brand``: kind and watch, or None. For trying a watch before it is kept."""
    row: dict[str, Any] = {name: [] if name in ("langs", "tags", "handles") else None for name in _DETAIL}
    for look in Matcher([brand])._ties({**row, "text": text, **given}, fold(text)):
        return {"kind": look.kind, "watch": look.watch}
    return None


def _chunks(terms: Iterable[str]) -> Iterable[str]:
    ordered = sorted(set(terms))
    for start in range(0, len(ordered), _TERMS_A_PATTERN):
        yield "|".join(ordered[start : start + _TERMS_A_PATTERN])


def _escape(text: str) -> str:
    """``text`` as RE2 takes it literally."""
    return "".join(sign if sign.isalnum() or ord(sign) > 127 else "\\" + sign for sign in text)


def _one(column: Texts) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _mask(flags: pa.Array) -> np.ndarray[Any, Any]:
    mask: np.ndarray[Any, Any] = pc.fill_null(flags, False).to_numpy(zero_copy_only=False)
    return mask


def _flat(column: pa.ChunkedArray) -> tuple[np.ndarray[Any, Any], pa.Array]:
    """The values of a list column and the row of each."""
    lists = _one(column)
    return pc.list_parent_indices(lists).to_numpy(zero_copy_only=False), pc.list_flatten(lists)
