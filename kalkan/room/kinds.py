"""What a draft does, read from its words: sells, jokes, celebrates, calls, mourns, helps, takes a stand, serves.

Owns that reading, in English and Turkish. Promises to name the words it rests on. It reads kinds, not quality; a person
can always say the kind instead.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import regex

from kalkan.room.shapes import KINDS, BrandFacts, Draft
from kalkan.room.vocabulary import LANGS, in_text, of_kind, ready
from kalkan.room.words import lists

Span = tuple[int, int]
_READ: Final = KINDS[:-1]
_PROPERTIES: Final = (
    "education", "branding", "apology", "conditional", "sum", "recipient", "policy", "practical", "deadline",
    "checked", "owned",
)  # fmt: skip
_ASIDE: Final = regex.compile(r"\[([^\[\]]{1,400})\]")
_NO_GOODS: Final = regex.compile(r"\b(?:no|without|not a)\s+(?:product|products|logo|brand|branding)\b|\burun\s+yok\b")


@dataclass(frozen=True, kw_only=True, slots=True)
class Kinds:
    """``kinds``: main one first, "everyday" where nothing speaks; ``words``: what each kind and property rests on."""

    kinds: tuple[str, ...]
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    marks: dict[str, tuple[Span, ...]] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether the draft has this kind or property (education, branding, apology, conditional, sum, …, goods)."""
        return name in self.words or name in self.kinds


def read_kinds(
    text: str,
    *,
    lang: str | None = None,
    media_alts: tuple[str, ...] = (),
    said: str | None = None,
    brand: BrandFacts | None = None,
) -> Kinds:
    """The kinds of a draft. ``lang`` None reads both languages; ``said`` is a person's word and comes before all.

    A description in square brackets inside the text counts as a picture's.
    """
    langs = (lang,) if lang in LANGS else LANGS
    own, alts = _parts(text, media_alts)
    words: dict[str, tuple[str, ...]] = {}
    marks: dict[str, tuple[Span, ...]] = {}
    for kind in (*_READ, *_PROPERTIES):
        found = list(of_kind(kind, langs).finditer(own))
        if found:
            words[kind] = tuple(dict.fromkeys(one.group().strip() for one in found))
            marks[kind] = tuple(one.span() for one in found)
    for name in ("sum", "recipient", "policy"):
        more = tuple(one.group().strip() for one in of_kind(name, langs).finditer(alts))
        if more:
            words[name] = tuple(dict.fromkeys((*words.get(name, ()), *more)))
    shown = _NO_GOODS.sub(" ", alts)
    branded = tuple(dict.fromkeys(one.group() for one in of_kind("branding", langs).finditer(shown)))
    goods = _goods(own, shown, brand)
    words.pop("branding", None)
    if branded:
        words["branding"] = branded
    if goods:
        words["goods"] = goods
    kinds = _sorted(words, own)
    if said in KINDS:
        kinds = (str(said), *(one for one in kinds if one != said and one != "everyday"))
    return Kinds(kinds=kinds, words=words, marks=marks)


def _parts(text: str, media_alts: tuple[str, ...]) -> tuple[str, str]:
    """The draft's own words, at their places, and what its pictures show. Descriptions are blanked, not cut."""
    folded = ready_same_length(text)
    aside = [one.group(1) for one in _ASIDE.finditer(folded)]
    own = _ASIDE.sub(lambda one: " " * len(one.group()), folded)
    return own, ready(" . ".join([*media_alts, *aside]))


def ready_same_length(text: str) -> str:
    """:func:`kalkan.room.vocabulary.ready` letter by letter, so that places in it are places in ``text``."""
    folded = []
    for letter in text:
        one = ready(letter)
        folded.append(one if len(one) == 1 else one[:1] or " ")
    plain = "".join(folded)
    return regex.sub(r"(?:https?://|www\.)\S+", lambda one: " " * len(one.group()), plain)


def _goods(own: str, shown: str, brand: BrandFacts | None) -> tuple[str, ...]:
    """Words for what the brand sells, in the text or in its pictures; its own name in a picture counts."""
    if brand is None:
        return ()
    both = f"{own} . {shown}"
    found: list[str] = []
    sector = ready(brand.sector).strip()
    for heading in lists("sectors"):
        if sector and (heading in sector or sector in heading):
            found.extend(one.group() for one in in_text("sectors", heading).finditer(both))
    for name in brand.sells:
        if len(name) >= 3 and ready(name) in both:
            found.append(ready(name))
    for name in (brand.name, *brand.names):
        stem = ready(name).strip("@# ")
        if len(stem) >= 4 and (stem in shown or stem.rstrip("s") in shown):
            found.append(stem)
    return tuple(dict.fromkeys(one.strip() for one in found))


def _sorted(words: dict[str, tuple[str, ...]], own: str) -> tuple[str, ...]:
    """The kinds in order: what is for others first where it is plain, then what is for the brand."""
    found = [kind for kind in _READ if kind in words]
    if "?" not in own and "question" in found and not _CALLS.search(own):
        found.remove("question")
    plain = "help" in found or ("service" in found and "practical" in words)
    if "conditional" not in words and plain and "sale" in found and not any(_PUSH.search(one) for one in words["sale"]):
        # Fares held low for those who are hit, a shop that is closed: no sale, whatever word for a price stands in it.
        found.remove("sale")
    if "condolence" in found and "celebration" in found and len(words["celebration"]) < len(words["condolence"]):
        found.remove("celebration")
    if not found:
        return ("everyday",)
    if set(found) <= {"question"}:
        return ("question", "everyday")
    return tuple(found)


_CALLS: Final = regex.compile(
    r"\b(?:tell us|share|show us|comment|tag|reply with|send us|let us know|to enter|join|use the hashtag|vote"
    r"|make your own"
    r"|anlat\w*|paylas(?:in|iniz|sana|)\b|bize yaz\w*|yorum\w*|etiketle\w*|oyla\w*|katil\w*)\b"
)


_PUSH: Final = regex.compile(
    r"indirim|kampanya|firsat|sepet|cekilis|kupon|hediye|discount|\bsale|\boff\b|voucher|coupon|\bwin\b|shopping|checkout"
    r"|prize|clearance|giveaway|deal|bargain|promo|buy"
)


def of_draft(draft: Draft, brand: BrandFacts) -> Kinds:
    """The kinds of ``draft``, a person's word first."""
    return read_kinds(draft.text, lang=draft.lang, media_alts=draft.media_alts, said=draft.kind, brand=brand)
