"""The index: does it matter? Month by month and year by year, from what we did to what it brought.

Owns what stands in an index and how each figure is reckoned: brand, leads, customer service, community, content mix,
learning. Promises a formula, a denominator and a definition for every figure (:mod:`kalkan.index.definitions`), that
a change is told only where it is sure, and peers from public data alone. Never an advertising value, never followers
as reach, no figure by person. Knows neither the desk nor the page it stands on.

    periods      months and years, each beside the one before
    definitions  what each figure is
    lines        one figure: value, interval, before, what is behind it
    voice work leads     the lines of each section
    files hooks links    clicks and conversions: tables, signed messages, links that are counted
"""

from kalkan.index.definitions import DEFINITIONS, NEVER, SECTIONS, STAGES, Definition, reference
from kalkan.index.files import FIELDS, Bad, Event, Read
from kalkan.index.leads import Campaign, leads
from kalkan.index.lines import Line, Was
from kalkan.index.links import by_machine, code, tagged, target
from kalkan.index.periods import Period, period
from kalkan.index.voice import Heard, acts, heard, peers_of, voice
from kalkan.index.work import PILLARS, Sent, Talked, Waited, community, learning, mix, service

__all__ = [
    "DEFINITIONS", "FIELDS", "NEVER", "PILLARS", "SECTIONS", "STAGES", "Bad", "Campaign", "Definition", "Event",
    "Heard", "Line", "Period", "Read", "Sent", "Talked", "Waited", "Was", "acts", "by_machine", "code", "community",
    "heard", "leads", "learning", "mix", "peers_of", "period", "reference", "service", "tagged", "target", "voice",
]  # fmt: skip
