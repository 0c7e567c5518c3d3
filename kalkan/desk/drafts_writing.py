"""From what a person typed to a version as the core knows it, and how it stands against each network's limits.

Owns the form of what was typed (:class:`Typed`) and the tags put on links. Promises that what is counted, previewed,
checked and approved is the very text that goes out. Never writes and never asks a network.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import msgspec
import regex

from kalkan import text
from kalkan.desk.models import Account, Draft, Picture
from kalkan.drafts import Media, Part, Variant, Version, to_row
from kalkan.index import links
from kalkan.networks.publishing import PostLimits, Problem, kind, problems

NETWORKS: Final = ("bluesky", "mastodon")
TITLES: Final = {"bluesky": "Bluesky", "mastodon": "Mastodon"}
MOST_PICTURES: Final = 4
_NEXT_POST: Final = regex.compile(r"(?m)^[ \t]*---[ \t]*$")
_UTM: Final = ("campaign", "medium", "content")


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What one account shall say, as it was typed. ``key``: the account’s number, or a network without an account."""

    key: str
    text: str = ""
    used: bool = True
    lang: str = "en"
    visibility: str = "public"
    warning: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A picture and the words for those who do not see it."""

    sha256: str
    alt: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Typed:
    """Everything that was typed for one version."""

    variants: tuple[Said, ...] = ()
    pictures: tuple[Shown, ...] = ()
    kind: str = ""  # empty: read from the text
    planned_at: datetime | None = None
    campaign: str = ""
    medium: str = ""
    content: str = ""
    reply_to: str = ""

    def variant(self, key: str) -> Said | None:
        """What was typed for ``key``."""
        return next((each for each in self.variants if each.key == key), None)


def to_kept(typed: Typed) -> dict[str, Any]:
    """``typed`` as plain JSON values."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(typed))
    return found


def from_kept(kept: Mapping[str, Any]) -> Typed:
    """What :func:`to_kept` wrote; fields of an older version are filled in."""
    return msgspec.convert(dict(kept), Typed, strict=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Slot:
    """A place to write in: an account, or a network of which no account is connected yet."""

    key: str
    network: str
    title: str
    name: str
    handle: str
    account: str  # lasting id; empty: none connected
    lang: str
    limits: PostLimits


def slots(accounts: Sequence[Account], langs: Sequence[str]) -> tuple[Slot, ...]:
    """Where can be written: each account; without any, one place a network."""
    usual = next((lang for lang in langs if lang), "en")
    if not accounts:
        return tuple(
            Slot(key=name, network=name, title=TITLES[name], name="", handle="", account="", lang=usual,
                 limits=standard(name))
            for name in NETWORKS
        )  # fmt: skip
    twice = {row.network for row in accounts if sum(other.network == row.network for other in accounts) > 1}
    return tuple(
        Slot(
            key=str(row.pk), network=row.network,
            title=TITLES[row.network] + (f" · {row.handle}" if row.network in twice else ""),
            name=row.name or row.handle, handle=row.handle, account=row.account_id, lang=row.lang or usual,
            limits=limits_of(row),
        )
        for row in accounts
    )  # fmt: skip


def standard(network: str) -> PostLimits:
    """What posts may be on ``network`` where no server was asked."""
    return kind(network).limits


def limits_of(account: Account) -> PostLimits:
    """What the account's own server said when it was asked last, else the network's standard."""
    usual = standard(account.network)
    try:
        return msgspec.convert({**limits_kept(usual), **account.limits}, PostLimits, strict=False)
    except (msgspec.ValidationError, TypeError):
        return usual


def limits_kept(limits: PostLimits) -> dict[str, Any]:
    """Limits as plain JSON values."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(limits))
    return found


def version_of(
    typed: Typed, places: Sequence[Slot], pictures: Mapping[str, Picture], *, reads_as: str, markets: Iterable[str]
) -> Version:
    """The version that would go out. Pictures that are not the brand's are left out."""
    media = tuple(_media(each, pictures[each.sha256]) for each in typed.pictures if each.sha256 in pictures)
    found = []
    for place in places:
        said = typed.variant(place.key)
        if said is None or not said.used or not (said.text.strip() or media):
            continue
        texts = [tagged(part, typed, network=place.network) for part in parts_of(said.text)]
        made = tuple(Part(text=one, media=media if not n else ()) for n, one in enumerate(texts))
        found.append(
            Variant(
                network=place.network, account=place.account or place.network, parts=made, lang=said.lang,
                warning=said.warning if place.limits.warnings else "",
                visibility=said.visibility if said.visibility in place.limits.visibilities else "public",
                reply_to=typed.reply_to,
            )
        )  # fmt: skip
    return Version(variants=tuple(found), kind=reads_as, markets=tuple(markets), planned_at=typed.planned_at)


def _media(shown: Shown, row: Picture) -> Media:
    return Media(
        sha256=row.sha256, mime=row.mime, size=row.size, alt=shown.alt.strip(), width=row.width, height=row.height
    )


def parts_of(said: str) -> list[str]:
    """The posts of a thread: a line with only --- stands between two."""
    found = [part.strip() for part in _NEXT_POST.split(text.clean(said))]
    return [part for part in found if part] or [""]


def tagged(said: str, typed: Typed, *, network: str) -> str:
    """``said`` with the campaign's tags on every link that has none."""
    if not typed.campaign:
        return said
    done = said
    for url in dict.fromkeys(sorted(text.urls(said), key=len, reverse=True)):
        put = _tag(url, typed, network).replace("\\", "\\\\")
        done = regex.sub(rf"{regex.escape(url)}(?![\w/?&=#%-])", put, done)
    return done


def _tag(url: str, typed: Typed, network: str) -> str:
    try:
        parts = urlsplit(url)
        given = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return url
    if any(name.startswith("utm_") for name, _ in given) or links.is_counted(parts.path):
        return url
    tags = [("utm_source", network), ("utm_medium", typed.medium or "social")]
    tags += [(f"utm_{name}", getattr(typed, name)) for name in _UTM if name != "medium" and getattr(typed, name)]
    query = "&".join(each for each in (parts.query, urlencode(tags, quote_via=quote)) if each)
    return urlunsplit(parts._replace(query=query))


def stands_against(version: Version, places: Sequence[Slot]) -> dict[str, tuple[Problem, ...]]:
    """What stands against each variant by its limits, by the key of its place."""
    found = {}
    for variant in version.variants:
        place = next(each for each in places if (each.account or each.network) == variant.account)
        found[place.key] = problems(variant, place.limits, kind(variant.network).count)
    return found


def counted(said: Said | None, place: Slot, typed: Typed) -> int:
    """How many signs the longest post of a variant counts there."""
    signs = kind(place.network).count
    parts = parts_of(said.text) if said else [""]
    extra = signs(said.warning) if said and place.limits.warnings else 0
    return max(signs(tagged(part, typed, network=place.network)) for part in parts) + extra


def content_of(version: Version, typed: Typed) -> dict[str, Any]:
    """What :func:`kalkan.desk.actions.drafts.save` keeps."""
    return {"version": to_row(version), "typed": to_kept(typed)}


def typed_of(draft: Draft, content: Mapping[str, Any] | None) -> Typed:
    """What was typed for the version with this ``content``; nothing for a draft that has none."""
    if content is None:
        return Typed(planned_at=draft.planned_at)
    return from_kept(content["typed"])


def filled(typed: Typed, places: Sequence[Slot], *, first: str = "") -> Typed:
    """``typed`` with one entry for every place, so that a page can show them all."""
    found = [typed.variant(each.key) or Said(key=each.key, lang=each.lang, text=first) for each in places]
    return replace(typed, variants=tuple(found))


_LINKS: Final = regex.compile(r"(?<![\w@])(?:https?://\S+|#[\p{L}\p{M}\p{N}_]+|@[\w.\-]+(?:@[\w.\-]+)?)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A run of a preview: plain words, or something that the network will make a link."""

    words: str
    link: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """One post as it will look: its runs and its pictures."""

    pieces: tuple[Piece, ...]
    pictures: tuple[Shown, ...] = field(default=())


def previews(said: Said, place: Slot, typed: Typed) -> tuple[Preview, ...]:
    """The posts of one variant as the network will show them, links and tags told apart."""
    found = []
    for number, part in enumerate(parts_of(said.text)):
        words = tagged(part, typed, network=place.network)
        found.append(Preview(pieces=pieces(words), pictures=typed.pictures if not number else ()))
    return tuple(found)


def pieces(words: str) -> tuple[Piece, ...]:
    """``words`` cut where a network makes links."""
    found, at = [], 0
    known = set(text.urls(words))
    for match in _LINKS.finditer(words):
        run = match.group()
        if run.startswith("http"):
            run = max((url for url in known if run.startswith(url)), key=len, default=run)
        if match.start() > at:
            found.append(Piece(words=words[at : match.start()]))
        found.append(Piece(words=run, link=True))
        at = match.start() + len(run)
    if at < len(words):
        found.append(Piece(words=words[at:]))
    return tuple(found)
