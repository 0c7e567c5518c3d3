"""The room: would this draft go down well in what people are saying now? Go, care or hold, and on what grounds.

Owns the seven detectors, the release rules, the kinds of a draft, the calendar of observances and the proposals.
Promises that no verdict stands without evidence that opens (a story with posts, a date, a brand fact), that "hold"
means "ask a person" and nothing more, that the calendar only ever blocks and never suggests a sale, and that the same
draft in the same room gets the same verdict. Never reads a clock, a disk outside its own package or a network, never
sends, keeps or deletes anything, and never looks at who wrote a post.

The check, top to bottom: ``kinds`` reads what the draft does, ``gather`` finds what the room speaks of, ``calendar``
the days in view, ``detectors`` say what they find, ``releases`` say what weighs less, ``rules`` hold every strength and
floor on one page, ``proposals`` say what to do instead.
"""

from __future__ import annotations

from kalkan.room.calendar import declared, observances
from kalkan.room.check import check
from kalkan.room.gather import room_from_posts
from kalkan.room.given import story_from
from kalkan.room.kinds import Kinds, read_kinds
from kalkan.room.rules import DEFAULT, Policy
from kalkan.room.shapes import (
    CODES,
    KINDS,
    BrandFacts,
    Draft,
    Evidence,
    Fact,
    Finding,
    Observance,
    Proposal,
    Release,
    Room,
    Story,
    Summary,
    Verdict,
    plain,
)

__all__ = [
    "CODES", "DEFAULT", "KINDS", "BrandFacts", "Draft", "Evidence", "Fact", "Finding", "Kinds", "Observance", "Policy",
    "Proposal", "Release", "Room", "Story", "Summary", "Verdict", "check", "declared", "observances", "plain",
    "read_kinds", "room_from_posts", "story_from",
]  # fmt: skip
