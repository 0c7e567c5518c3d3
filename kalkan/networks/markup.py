"""HTML from strangers into plain text.

Promises text without markup: tags become line breaks or nothing, entities become their signs, scripts, styles and
hidden parts are dropped, and what a link really points to is told beside the text. Never fails, whatever it is
given, and never returns signs that Arrow or a browser would choke on. What a person typed as text (``&lt;b&gt;``)
stays text; showing it safely is for whoever shows it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final

MAX_HTML: Final = 30_000
_DROPPED: Final = frozenset({"script", "style", "template", "noscript", "iframe", "object", "svg", "math", "head"})
_BREAKS: Final = frozenset({"br", "li", "tr", "hr", "dt", "dd", "summary", "option"})
_BLOCKS: Final = frozenset(
    {
        "p",
        "div",
        "blockquote",
        "ul",
        "ol",
        "dl",
        "pre",
        "table",
        "section",
        "article",
        "header",
        "footer",
        "aside",
        "figure",
        "figcaption",
        "main",
        "nav",
        "details",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "address",
        "form",
        "fieldset",
    }
)
_VOID: Final = frozenset(
    {
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "track",
        "wbr",
        "param",
    }
)
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\ufffe\uffff]")
_SPACES: Final = re.compile(r"[ \t\r\f\v\n]+")
# The start of a tag that does not end before the next one begins. html.parser looks for its end again and again, in
# time that grows with the square of the length, and shows it as text; neither is wanted.
_ENDLESS_TAG: Final = re.compile(r"""<(?=[A-Za-z/!?])(?!(?>[^<>"']+|"[^"]*"|'[^']*'){0,200}>)""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Plain:
    """What a piece of HTML says: its text, the addresses its links point to, and the alt texts of its pictures."""

    text: str
    links: tuple[str, ...]
    alts: tuple[str, ...]
    images: int


def clean(text: str) -> str:
    """``text`` without control signs and lone surrogates; line breaks as ``\\n``, no space at either end."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _CONTROLS.sub("", text)
    return text.encode("utf-8", "replace").decode("utf-8").strip()


def is_link(address: object) -> bool:
    """Whether ``address`` is one that a person may be sent to: http or https, of sane length, no spaces in it."""
    return (
        isinstance(address, str)
        and address[:8].lower().startswith(("http://", "https://"))
        and len(address) <= 2000
        and address.isprintable()
        and " " not in address
    )


def plain(html: str, *, without_quote: bool = False) -> Plain:
    """The text of ``html`` (at most the first :data:`MAX_HTML` signs of it), its links and alt texts.

    Mentions and hashtags stay in the text and are left out of the links. ``without_quote`` drops the "RE: address"
    line that Mastodon servers put before a quoting post for older clients (class ``quote-inline``).
    """
    reader = _Reader(without_quote=without_quote)
    reader.feed(_ENDLESS_TAG.sub(" ", _without_comments(_CONTROLS.sub("", html[:MAX_HTML]))))
    reader.close()
    text = clean("".join(reader.parts))
    text = re.sub(r" *\n *", "\n", text)
    text = re.sub(r"\n{3,}", "\n\n", text)
    return Plain(
        text=text,
        links=tuple(dict.fromkeys(reader.links)),
        alts=tuple(alt for alt in map(clean, reader.alts) if alt),
        images=reader.images,
    )


def _without_comments(html: str) -> str:
    """``html`` without comments (one that never ends takes the rest with it, as in a browser) and CDATA marks."""
    parts: list[str] = []
    at = 0
    while (start := html.find("<!--", at)) >= 0:
        parts.append(html[at:start])
        end = html.find("-->", start + 4)
        if end < 0:
            return "".join(parts)
        at = end + 3
    parts.append(html[at:])
    return "".join(parts).replace("<![CDATA[", "").replace("]]>", "")


@dataclass(slots=True)
class _Open:
    tag: str
    silent: bool = False
    ellipsis: bool = False
    keeps_space: bool = False


class _Reader(HTMLParser):
    """Collects text. A stack of open elements says what is silent; it is bounded so that nesting cannot hurt."""

    def __init__(self, *, without_quote: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.links: list[str] = []
        self.alts: list[str] = []
        self.images = 0
        self._without_quote = without_quote
        self._stack: list[_Open] = []
        self._silent = 0
        self._pre = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        classes = given.get("class", "").split()
        if tag in _BREAKS:
            self._break("\n")
        elif tag in _BLOCKS:
            self._break("\n\n")
        elif tag in ("td", "th"):
            self._break(" ")
        if tag == "img":
            self._image(given)
        if tag in _VOID or len(self._stack) > 200:
            return
        silent = (
            tag in _DROPPED
            or "invisible" in classes
            or "hidden" in given
            or (self._without_quote and "quote-inline" in classes)
        )
        if tag == "a" and not self._silent and not silent and not {"mention", "hashtag"} & set(classes):
            address = given.get("href", "").strip()
            if is_link(address):
                self.links.append(clean(address))
        self._stack.append(_Open(tag, silent=silent, ellipsis="ellipsis" in classes, keeps_space=tag == "pre"))
        self._silent += silent
        self._pre += tag == "pre"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if all(opened.tag != tag for opened in self._stack):
            return
        while self._stack:
            opened = self._stack.pop()
            self._silent -= opened.silent
            self._pre -= opened.keeps_space
            if opened.ellipsis and not self._silent:
                self.parts.append("…")
            if opened.tag in _BLOCKS:
                self._break("\n\n")
            if opened.tag == tag:
                return

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        self.parts.append(data if self._pre else _SPACES.sub(" ", data))

    def _break(self, mark: str) -> None:
        if not self._silent and self.parts:
            self.parts.append(mark)

    def _image(self, given: dict[str, str]) -> None:
        if self._silent:
            return
        emoji = given.get("alt", "")
        if "emoji" in given.get("class", "") or re.fullmatch(r":\w{1,60}:", emoji):
            self.parts.append(emoji[:80])  # a custom emoji is part of the sentence
            return
        self.images += 1
        if emoji:
            self.alts.append(emoji[:2000])
