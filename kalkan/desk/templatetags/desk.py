"""The formats of :mod:`kalkan.desk.formats` as template filters, and the current time's day."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone

from kalkan.desk import formats

register = template.Library()


@register.filter
def count(value: float, places: int = 0) -> str:
    """A number as the page's language writes it."""
    return formats.number(value, places)


@register.filter
def moment(at: datetime | None) -> str:
    """A whole date with its time."""
    return formats.moment(at) if at else ""


@register.filter
def when(at: datetime | None) -> str:
    """A time of day, with the day if it is another."""
    return formats.when(at, now=timezone.now()) if at else ""


@register.filter
def clock(at: datetime | None) -> str:
    """A time of day."""
    return formats.clock(at) if at else ""


@register.filter
def share(value: float) -> str:
    """A share in per cent."""
    return formats.share(value)


@register.filter
def span(seconds: float | None) -> str:
    """How long."""
    return formats.span(seconds) if seconds is not None else ""


@register.filter
def minutes(value: float) -> str:
    """How long, from minutes."""
    return formats.span(value * 60)


@register.filter(name="bytes")
def size(value: int) -> str:
    """A number of bytes in the unit that says it."""
    return formats.size(value)
