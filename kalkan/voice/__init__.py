"""What people ask for and what moves them, in their own words.

Owns the road from posts that ask to a short list of asks, each with its authors, its sentence and its quotes
(``asks``), what posts are about (``themes``), and the choice of quotes that stand for a set of posts (``quotes``).
Promises that an ask's words were written by somebody, that authors count once, and that the same posts give the same
list in any order. Never names an author, never reads a clock or a disk.
"""

from __future__ import annotations

from kalkan.voice.asks import Ask, Quote, asks, quotes, themes
from kalkan.voice.sentences import OPENLY

__all__ = ["OPENLY", "Ask", "Quote", "asks", "quotes", "themes"]
