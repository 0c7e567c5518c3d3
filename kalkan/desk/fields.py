"""Fields that people type lists, watches and addresses into. A line that cannot be used is named, never dropped.

Owns the notation of a watch: ``Kalkan -Antalya`` is *Kalkan*, but not where *Antalya* stands in the post as well.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlsplit

import pytz
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from kalkan.brands import Watch
from kalkan.text import fold

MOST_LINES: Final = 200
LONGEST: Final = 100
_WITHOUT: Final = re.compile(r"(?:^|\s)-(?:\"([^\"]+)\"|(\S+))")
_HANDLE: Final = re.compile(r"[\w.\-:]+(@[\w.\-]+)?")
_TAG: Final = re.compile(r"\w+")
_HOST: Final = re.compile(
    r"[a-z0-9]([a-z0-9\-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9\-]*[a-z0-9])?)*(:\d{1,5})?", re.IGNORECASE
)


def lines_of(text: str) -> list[str]:
    """The lines that say something, trimmed, each once (compared folded), in order."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        line = " ".join(line.split())
        if line:
            found.setdefault(fold(line), line)
    return list(found.values())


def watch_of(kind: str, line: str) -> Watch:
    """One line of a watch: ``Kalkan -Antalya -"ada vapuru"`` is *Kalkan* where neither of the two stands with it.

    :raises ValidationError: too short, too long, or no such handle or hashtag can exist.
    """
    without = tuple(quoted or plain for quoted, plain in _WITHOUT.findall(line))
    text = _WITHOUT.sub("", line).strip()
    if kind == "handle":
        text = _handle_in(text)
        if not _HANDLE.fullmatch(text):
            raise ValidationError(
                _("“%(line)s” is no handle. A handle has no spaces: findik.example.com or findik@mastodon.social."),
                params={"line": line},
            )
    if kind == "hashtag":
        text = text.lstrip("#")
        if not _TAG.fullmatch(text):
            raise ValidationError(
                _("“%(line)s” is no hashtag. A hashtag is one word of letters and digits."), params={"line": line}
            )
    if len(fold(text)) < 2:
        raise ValidationError(
            _("“%(line)s” is too short to look for. Two letters is the least."), params={"line": line}
        )
    if len(text) > LONGEST:
        raise ValidationError(
            _("“%(line)s…” is too long to look for. 100 characters is the most."), params={"line": text[:40]}
        )
    return Watch(kind=kind, text=text, without=without)


def line_of(watch: Watch) -> str:
    """A watch as the line that :func:`watch_of` reads back."""
    sign = "" if watch.text.startswith("did:") else {"handle": "@", "hashtag": "#"}.get(watch.kind, "")
    return sign + watch.text + "".join(f' -"{each}"' if " " in each else f" -{each}" for each in watch.without)


def _handle_in(text: str) -> str:
    """The handle in what people paste: with a sign before it, or the address of the profile."""
    parts = urlsplit(text)
    if parts.scheme in {"http", "https"} and parts.hostname:
        last = [piece for piece in parts.path.split("/") if piece][-1:]
        if last and last[0].startswith("@"):
            return f"{last[0][1:]}@{parts.hostname}" if "@" not in last[0][1:] else last[0][1:]
        return last[0] if last else text
    return text.lstrip("@")


class Lines(forms.CharField):
    """Several things, one a line."""

    def __init__(self, *, rows: int = 2, example: str = "", **options: Any) -> None:
        area = forms.Textarea(attrs={"rows": rows, "spellcheck": "false", "autocapitalize": "off"})
        super().__init__(widget=area, strip=True, max_length=20_000, **options)
        self.example = example

    def clean(self, value: Any) -> Any:
        """The lines."""
        found = lines_of(super().clean(value))
        if len(found) > MOST_LINES:
            raise ValidationError(
                _("%(n)d lines are too many. %(most)d is the most.") % {"n": len(found), "most": MOST_LINES}
            )
        faults: list[ValidationError] = []
        kept = []
        for line in found:
            try:
                kept.append(self.one(line))
            except ValidationError as fault:
                faults.append(fault)
        if faults:
            raise ValidationError(faults[:5])
        return self.settle(kept)

    def one(self, line: str) -> Any:
        """What one line means."""
        return line

    def settle(self, kept: list[Any]) -> Any:
        """What all of them are together."""
        return kept


class Watches(Lines):
    """What is watched, one a line."""

    def __init__(self, kind: str, **options: Any) -> None:
        super().__init__(**options)
        self.kind = kind

    def one(self, line: str) -> Watch:
        """A watch."""
        return watch_of(self.kind, line)

    def settle(self, kept: list[Any]) -> Any:
        """Each once: a name written in two ways that fold to the same is one."""
        return list({fold(watch.text): watch for watch in reversed(kept)}.values())[::-1]


class Feeds(Lines):
    """Addresses of feeds, one a line."""

    def one(self, line: str) -> str:
        """An address, with https where nothing was said."""
        return web_address(line)


class Tags(Lines):
    """Hashtags, one a line."""

    def one(self, line: str) -> str:
        """A hashtag without its sign."""
        return watch_of("hashtag", line).text


def web_address(text: str) -> str:
    """An http(s) address; https is put before a bare one.

    :raises ValidationError: it is none.
    """
    whole = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(whole)
        fine = parts.scheme in {"http", "https"} and _HOST.fullmatch(parts.netloc) and " " not in whole
    except ValueError:
        fine = False
    if not fine:
        raise ValidationError(
            _("“%(text)s” is no web address. It should look like https://example.com/feed."), params={"text": text[:80]}
        )
    return whole


class Address(forms.CharField):
    """A web address."""

    def clean(self, value: Any) -> Any:
        """The address with its scheme and no slash at its end."""
        text = super().clean(value)
        return web_address(text).rstrip("/") if text else ""


class Markets(forms.CharField):
    """Countries by their two letters."""

    def clean(self, value: Any) -> Any:
        """The codes, in capitals, each once."""
        found = [word.upper() for word in re.split(r"[\s,;]+", super().clean(value)) if word]
        found = ["GB" if word == "UK" else word for word in found]
        for word in found:
            if word not in pytz.country_names:
                raise ValidationError(
                    _("“%(word)s” is no country code. Use two letters: TR, GB, DE."), params={"word": word[:20]}
                )
        return list(dict.fromkeys(found))
