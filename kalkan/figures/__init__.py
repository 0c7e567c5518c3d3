"""Figures: the only place that counts. An :class:`Ask` goes in, :class:`Figures` come out.

>>> from kalkan import figures
>>> ask = figures.from_query("since=2026-11-16T06:10:00Z&until=2026-11-23T06:10:00Z&brand=findik&reads=anger")
>>> ask.where.reads
('anger',)

Shares are shares of authors: an author counts once, however much they write. There is no figure by author.
"""

from kalkan.figures.answer import ENOUGH, Before, Coverage, Figure, Figures, Missed, answer
from kalkan.figures.ask import (
    COUNTED,
    GROUPINGS,
    HEARD,
    JUDGED,
    MEASURES,
    READS,
    THRESHOLD,
    UNKNOWN,
    Ask,
    Where,
    from_dict,
    from_json,
    from_query,
    moment,
)
from kalkan.figures.behind import Page, Row, behind, newer, newest
from kalkan.figures.copies import Once
from kalkan.figures.intervals import Interval
from kalkan.figures.rows import as_csv
from kalkan.figures.select import Archive

__all__ = [
    "COUNTED",
    "ENOUGH",
    "GROUPINGS",
    "HEARD",
    "JUDGED",
    "MEASURES",
    "READS",
    "THRESHOLD",
    "UNKNOWN",
    "Archive",
    "Ask",
    "Before",
    "Coverage",
    "Figure",
    "Figures",
    "Interval",
    "Missed",
    "Once",
    "Page",
    "Row",
    "Where",
    "answer",
    "as_csv",
    "behind",
    "from_dict",
    "from_json",
    "from_query",
    "moment",
    "newer",
    "newest",
]
