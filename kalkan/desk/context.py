"""What every template is handed: the person, their brands, the rail, the demo's word, the version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kalkan import __version__
from kalkan.desk import access
from kalkan.desk.models import Brand, Person
from kalkan.errors import Refused


@dataclass(frozen=True, slots=True)
class Place:
    """A page as the rail shows it. ``key`` follows ``g``."""

    name: str
    title: Any
    key: str
    count: int | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return reverse(self.name)


RAIL: Final = (
    (
        Place("today", _("Today"), "t"),
        Place("inbox", _("Inbox"), "i"),
        Place("stories", _("Stories"), "s"),
        Place("drafts", _("Drafts"), "d"),
        Place("cases", _("Cases"), "c"),
        Place("brief", _("Brief"), "b"),
        Place("index", _("Index"), "x"),
        Place("ledger", _("Ledger"), "l"),
    ),
    (
        Place("watches", _("Watches"), "w"),
        Place("listening", _("What is listened to"), "h"),
        Place("settings", _("Settings"), ","),
    ),
)

_UNDER: Final = {
    "settings": (
        "team", "member_remove", "invite", "security", "audit", "brand_add", "readings", "factor_confirm",
        "factor_change", "alarm_settings", "accounts", "account_add", "rules", "facts",
    ),
    "stories": ("story", "story_posts", "alarms"),
    "drafts": ("draft", "draft_versions", "calendar", "pause"),
    "ledger": ("ledger_score",),
    "today": ("labels", "label", "posts"),
    "cases": ("act_enter", "case_keep", "case"),
    "inbox": (
        "item", "item_reply", "item_act", "answers", "care", "shield", "shield_preview", "shield_rule", "evidence",
        "pile", "asks", "ask", "shield_audit", "deeds", "item_keep", "item_deed", "rota",
    ),
    "brief": ("brief_kept", "brief_again", "brief_plan", "brief_keep"),
    "index": ("index_of", "index_behind", "leads", "lead_make", "lead_file", "lead_bring", "lead_door", "lead_draft"),
}  # fmt: skip
UNDER: Final = {name: place for place, names in _UNDER.items() for name in names}
"""Pages that have no line of their own on the rail, with the one they stand under."""


def desk(request: HttpRequest) -> dict[str, Any]:
    """The names for templates: person, brand, brands, rail, place, tab, may_audit, demo, lang, other_lang, version."""
    user = getattr(request, "user", None)
    person: Person | None = user if isinstance(user, Person) else None
    match = request.resolver_match
    lang = (get_language() or "en")[:2]

    def brand() -> Brand | None:
        try:
            return access.current_brand(request) if person else None
        except Refused:
            return None

    def brands() -> list[Brand]:
        return list(access.brands_for(person)) if person else []

    def may_audit() -> bool:
        mine = brand()
        return bool(person and mine and access.may(person, mine, "audit"))

    return {
        "person": person,
        "brand": SimpleLazyObject(brand) if person else None,
        "brands": SimpleLazyObject(brands),
        "rail": RAIL if person else (),
        "place": UNDER.get(match.url_name or "", match.url_name) if match else "",
        "tab": match.url_name if match else "",
        "may_audit": SimpleLazyObject(may_audit),
        "demo": settings.CONFIG.demo,
        "lang": lang,
        "other_lang": ("en", "English") if lang == "tr" else ("tr", "Türkçe"),
        "version": __version__,
    }
