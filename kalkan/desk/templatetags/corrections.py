"""What the team said of a post's reading, and the way to say something else, on any row of posts."""

from __future__ import annotations

from typing import Any, Final

from django import template
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from kalkan.desk import access
from kalkan.desk import corrections as said
from kalkan.desk.models import Brand, Person
from kalkan.errors import Refused

register = template.Library()
_MOST: Final = 5_000  # corrections looked at for a page; older ones still count, but are not shown


@register.inclusion_tag("desk/parts/correct.html", takes_context=True)
def correct(context: Any, each: Any) -> dict[str, Any]:
    """The row's corrections, and “Wrong?” for those who may correct."""
    request: HttpRequest = context["request"]
    person = context.get("person")
    if not isinstance(person, Person) or not getattr(each, "id", ""):
        return {}
    slug = context.get("asked_brand") or ""
    brand, may, found = _held(request, person, slug)
    if brand is None:
        return {}
    query = urlencode({"brand": brand.slug, "id": each.id, "at": each.at.isoformat()})
    return {"may": may, "said": said.told(found.get(each.id, ())), "address": f"{reverse('correct')}?{query}"}


def _held(request: HttpRequest, person: Person, slug: str) -> tuple[Brand | None, bool, dict[str, Any]]:
    """The brand, whether this person may correct for it, and its corrections by post: asked for once a request."""
    held = getattr(request, "_kalkan_corrections", {})
    if slug not in held:
        try:
            brand = access.brand_for(person, slug) if slug else access.current_brand(request)
        except Refused:
            held[slug] = (None, False, {})
        else:
            rows = access.corrections_for(person, brand)[:_MOST]
            held[slug] = (brand, access.may(person, brand, "moderate"), said.by_post(rows))
        request._kalkan_corrections = held  # type: ignore[attr-defined]
    return held[slug]  # type: ignore[no-any-return]
