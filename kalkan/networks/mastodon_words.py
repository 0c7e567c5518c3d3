"""Mastodon's words for publishing: limits, how texts are counted, what answers say, uploads as forms.

Owns what follows from an answer alone. Promises that what cannot be read leaves it open whether a post is out
(:class:`~kalkan.networks.publishing.Unsure`). Never asks anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

import regex

from kalkan.drafts import Media, Receipt
from kalkan.errors import NetworkError
from kalkan.networks.http import Answer
from kalkan.networks.publishing import Identity, PostLimits, Unsure
from kalkan.networks.statuses import local_id, moment, uri_of
from kalkan.text import graphemes, urls

LIMITS: Final = PostLimits(
    graphemes=500,
    images=4,
    image_bytes=16_777_216,
    alt=1500,
    warnings=True,
    visibilities=("public", "unlisted"),
)
LINK: Final = 23  # signs that any web address counts, unless the server says otherwise
_REMOTE: Final = regex.compile(r"(?<![\w/])@(\w+(?:[\w.-]+\w)?)@[\w.-]+[\w]", regex.IGNORECASE)


def count(text: str, *, link: int = LINK) -> int:
    """How many signs a server counts: a web address as ``link``, a mention without its server."""
    length = graphemes(_REMOTE.sub(r"@\1", text))
    return length + sum(link - graphemes(url) for url in urls(text) if "://" in url)


def read(answer: Answer, server: str) -> dict[str, Any]:
    """What an answer says, or the fault it tells."""
    try:
        told = json.loads(answer.body or b"{}")
    except (ValueError, RecursionError):
        told = None
    if answer.status < 400:
        if not isinstance(told, dict):
            raise Unsure("answer_unreadable", host=server, detail="JSON")
        return told
    detail = str(told.get("error", ""))[:200] if isinstance(told, dict) else ""
    if answer.status in (401, 403):
        raise NetworkError("account_refused", permanent=True, server=server, detail=detail)
    if answer.status == 429:
        wait = answer.rate.reset if answer.rate else float(answer.headers.get("retry-after", "") or 60.0)
        raise NetworkError("rate_limited", retry_after=max(wait, 1.0), host=server, status=429)
    raise NetworkError("publish_refused", permanent=True, server=server, detail=detail or str(answer.status))


def ahead(answer: Answer, now: datetime) -> timedelta:
    """How far the server's clock is ahead of ours."""
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")) - now
    except (ValueError, TypeError):
        return timedelta(0)


def limits_of(told: Mapping[str, Any]) -> tuple[PostLimits, int]:
    statuses, media = _part(told, "statuses"), _part(told, "media_attachments")

    def number(of: Any, name: str, default: int | None) -> int | None:
        value = of.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else default

    kinds = media.get("supported_mime_types")
    mimes = frozenset(str(one) for one in kinds) if isinstance(kinds, list) and kinds else LIMITS.mimes
    limits = PostLimits(
        graphemes=number(statuses, "max_characters", LIMITS.graphemes),
        images=number(statuses, "max_media_attachments", LIMITS.images) or LIMITS.images,
        image_bytes=number(media, "image_size_limit", LIMITS.image_bytes),
        alt=number(media, "description_limit", LIMITS.alt),
        mimes=LIMITS.mimes & mimes,
        warnings=True,
        visibilities=LIMITS.visibilities,
    )
    return limits, number(statuses, "characters_reserved_per_url", LINK) or LINK


def _part(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = told.get(name)
    return found if isinstance(found, dict) else {}


def receipt_of(status: Mapping[str, Any], now: datetime, *, found: bool = False) -> Receipt:
    number, at = local_id(status), moment(status.get("created_at"))
    if number is None:
        raise Unsure("answer_unreadable", host="", detail="status")
    return Receipt(id=uri_of(status), at=at or now, url=str(status.get("url") or ""), ref=number, found=found)


def identity_of(told: Mapping[str, Any], server: str) -> Identity:
    user = str(told.get("acct") or told.get("username") or "")
    address = str(told.get("uri") or told.get("url") or "")
    host = urlsplit(server).hostname or server
    return Identity(
        account=f"mastodon:{address}",
        handle=user if "@" in user else f"{user}@{host}",
        name=str(told.get("display_name") or ""),
        url=str(told.get("url") or ""),
    )


def even(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def bare(text: str) -> str:
    return regex.sub(r"\s+", " ", _REMOTE.sub(r"@\1", text)).strip()


def form(boundary: str, media: Media, data: bytes) -> bytes:
    """``multipart/form-data`` with the file and its description (RFC 7578)."""
    name = f"{media.sha256[:16]}.{media.mime.rpartition('/')[2]}"
    lines = [
        f"--{boundary}",
        'Content-Disposition: form-data; name="description"',
        "Content-Type: text/plain; charset=utf-8",
        "",
        media.alt,
        f"--{boundary}",
        f'Content-Disposition: form-data; name="file"; filename="{name}"',
        f"Content-Type: {media.mime}",
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + data + f"\r\n--{boundary}--\r\n".encode()
