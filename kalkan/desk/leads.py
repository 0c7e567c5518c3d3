"""Leads at the desk: what the page shows of links, tables and doors, and counted links put into a draft.

Promises that a draft's links are changed only while it is being written, as a new version like any other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.db.models import Sum

from kalkan import text
from kalkan.desk import access, drafts_room, drafts_showing, drafts_writing, formats
from kalkan.desk.actions import drafts as writing
from kalkan.desk.actions import leads as acts
from kalkan.desk.models import Brand, Draft, LeadFile, LeadLink, Person
from kalkan.errors import InvalidInput, Refused
from kalkan.index.links import PATH, is_counted
from kalkan.sentences import say

WRITTEN: Final = ("draft", "changes")
_SHOWN: Final = 60


def address(base: str, row: LeadLink) -> str:
    """The link as people open it."""
    return f"{base.rstrip('/')}{PATH}{row.code}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A link with what it was counted."""

    row: LeadLink
    address: str
    opens: int
    machines: int


def links(person: Person, brand: Brand, base: str) -> list[Shown]:
    """The newest links with their numbers."""
    rows = access.lead_links_for(person, brand).annotate(opens=Sum("days__opens"), machines=Sum("days__machines"))
    return [
        Shown(row=row, address=address(base, row), opens=row.opens or 0, machines=row.machines or 0)
        for row in rows[:_SHOWN]
    ]


def file_words(row: LeadFile) -> list[dict[str, Any]]:
    """The faults of a file in the page's language: line and why."""
    lang = formats.language()
    return [
        {"line": one["line"], "n": one.get("n", 1), "why": say(one["code"], one["params"], lang=lang)}
        for one in row.bad
    ]


def waiting(person: Person, brand: Brand) -> list[tuple[Draft, int]]:
    """Drafts being written that hold links not yet counted, and how many."""
    found = []
    for draft in access.drafts_for(person, brand).filter(state__in=WRITTEN)[:40]:
        n = len(_uncounted(draft))
        if n:
            found.append((draft, n))
    return found


def _uncounted(draft: Draft) -> set[str]:
    version = access.newest_of(draft)
    typed = drafts_writing.typed_of(draft, version.content if version else None)
    return {url for said in typed.variants if said.used for url in _urls(said.text)}


def _urls(words: str) -> list[str]:
    return [url for url in text.urls(words) if url.startswith("http") and not is_counted("/" + url.split("/", 3)[-1])]


def count_links(person: Person, draft: Draft, *, base: str, now: datetime) -> int:
    """Put counted links in the place of every link of ``draft``, each for its network, as a new version; how many.

    :raises Refused: ``not_allowed``, ``lead_draft_closed``, or what saving a version refuses.
    """
    brand = draft.brand
    access.require(person, brand, "write")
    if draft.state not in WRITTEN:
        raise Refused("lead_draft_closed")
    version = access.newest_of(draft)
    typed = drafts_writing.typed_of(draft, version.content if version else None)
    places = {one.key: one for one in drafts_writing.slots(list(access.accounts_for(person, brand)), brand.langs)}
    made, variants = 0, []
    for said in typed.variants:
        place, words = places.get(said.key), said.text
        for url in dict.fromkeys(sorted(_urls(words), key=len, reverse=True)) if place and said.used else ():
            tags = {
                "campaign": typed.campaign or draft.title[:80], "source": place.network if place else "",
                "medium": typed.medium or "social", "content": typed.content,
            }  # fmt: skip
            try:
                row = acts.make(person, brand, url=url, tags=tags, now=now, draft=draft)
            except InvalidInput:
                continue  # what no link can lead to stays as it was typed
            words, made = words.replace(url, address(base, row)), made + 1
        variants.append(replace(said, text=words))
    if made:
        _save(person, draft, replace(typed, variants=tuple(variants)), now=now)
    return made


def _save(person: Person, draft: Draft, typed: drafts_writing.Typed, *, now: datetime) -> None:
    places = drafts_writing.slots(list(access.accounts_for(person, draft.brand)), draft.brand.langs)
    texts = [(each.text, each.lang) for each in typed.variants if each.used and each.text.strip()]
    kind = typed.kind or drafts_room.kind_of(texts, [each.alt for each in typed.pictures])
    pictures = drafts_showing.pictures_of(typed, draft)
    version = drafts_writing.version_of(typed, places, pictures, reads_as=kind, markets=draft.brand.markets)
    content = drafts_writing.content_of(version, typed)
    writing.save(
        person, draft, title=draft.title, pillar=draft.pillar, content=content, base=draft.version, now=now
    )  # fmt: skip
