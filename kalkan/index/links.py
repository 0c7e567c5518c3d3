"""Links that are counted: their codes, where they lead, and who opens them that is no person.

Promises that a counted link leads to the one address it was made for and nowhere else; that tags for campaigns are
added once and never over tags that are there; that what opens a link by itself is told apart by what it says of itself
alone. Never sees an address of a person and never decides on a cookie.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import regex

from kalkan.errors import InvalidInput

SIGNS: Final = "23456789abcdefghjkmnpqrstuvwxyz"
"""What a code is made of: no sign that can be taken for another."""
LENGTH: Final = 8
"""31⁸ codes: nobody finds the links of others by trying."""
LONGEST: Final = 2000
TAGS: Final = ("source", "medium", "campaign", "content")
PATH: Final = "/go/"
_OURS: Final = regex.compile(rf"{PATH}[{SIGNS}]{{{LENGTH}}}")
_CONTROLS: Final = regex.compile(r"[\p{C}\s\\]")

# What opens links without a person: search engines, previews of networks and chats, programs, watchers.
_MACHINES: Final = regex.compile(
    r"(?<!cu)bot\b|crawl|spider|slurp|unfurl|embedly|facebookexternal|meta-external|whatsapp/|skypeuripreview|cardyb"
    r"|mastodon|pleroma|misskey|akkoma|firefish|friendica|lemmy|linkpreview|link preview"
    r"|curl/|wget/|python|httpx|aiohttp|go-http|java/|okhttp|libwww|perl/|ruby|php/|guzzle|node-fetch|axios|undici"
    r"|headless|phantomjs|lighthouse|pagespeed|gtmetrix|monitor|uptime|pingdom|statuscake|scanner|checker|fetcher"
    r"|feed|proxy|archive\.org|validator|postman|insomnia|scrapy|selenium|playwright|puppeteer",
    regex.IGNORECASE,
)
_AHEAD: Final = regex.compile(r"prefetch|prerender|preview", regex.IGNORECASE)


Chooser = Callable[[str], str]
"""Takes one of some signs at random, as ``secrets.choice`` does."""


def code(choose: Chooser) -> str:
    """A new code of :data:`LENGTH` signs."""
    return "".join(choose(SIGNS) for _ in range(LENGTH))


def is_counted(path: str) -> bool:
    """Whether ``path`` of an address is that of one of our links: it carries its tags where it leads."""
    return _OURS.fullmatch(path) is not None


def target(url: str, *, tags: Mapping[str, str]) -> str:
    """The address that a link to ``url`` leads to, with ``tags`` (of :data:`TAGS`) as ``utm_…``.

    An address that carries ``utm_`` tags already keeps its own.

    :raises InvalidInput: ``lead_address_wrong``: not a whole web address, one with a password in it, or too long.
    """
    found = tagged(_plain(url), tags=tags)
    if len(found) > LONGEST:
        raise InvalidInput("lead_address_wrong", address=url[:80])
    return found


def tagged(url: str, *, tags: Mapping[str, str]) -> str:
    """``url`` with ``tags`` as ``utm_…`` in the order of :data:`TAGS`, unless it has such tags."""
    parts = urlsplit(url)
    if any(name.casefold().startswith("utm_") for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
        return url
    given = [(f"utm_{name}", tags[name]) for name in TAGS if tags.get(name)]
    query = "&".join(each for each in (parts.query, urlencode(given, quote_via=quote)) if each)
    return urlunsplit(parts._replace(query=query))


def _plain(url: str) -> str:
    said = url.strip()
    try:
        parts = urlsplit(said)
        fine = (
            parts.scheme.casefold() in ("http", "https")
            and bool(parts.hostname)
            and not _CONTROLS.search(said)
            and "@" not in parts.netloc
            and (parts.port is None or parts.port > 0)
        )
        host = (parts.hostname or "").encode("idna").decode() if fine else ""
        fine = fine and ("." in host or host == "localhost" or ":" in (parts.hostname or ""))
    except (ValueError, UnicodeError):
        fine = False
    if not fine:
        raise InvalidInput("lead_address_wrong", address=url.strip()[:80])
    return said


def by_machine(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a link was opened by no person: HEAD, a browser looking ahead, no name, or the name of a machine.

    ``headers`` by their names in lower case.
    """
    if method != "GET":
        return True
    if any(_AHEAD.search(headers.get(name, "")) for name in ("sec-purpose", "purpose", "x-purpose", "x-moz")):
        return True
    name = headers.get("user-agent", "")
    return len(name) < 12 or _MACHINES.search(name) is not None
