"""Drafts: what will be said in a brand's name, who has to agree, and when it may go.

Owns the words (version, variant, part, media, approval, receipt), the digest that an approval binds to, the rule of
who may approve, the pause, and the table of allowed moves. Promises that nothing here reads a clock, a disk or a
network, and that every way to ``sending`` passes, for the very digest that goes out: an approval that policy allows,
a time that is not past, and no pause in between. Never decides whether a text is good.

    words    Version, Variant, Part, Media, Receipt, digest
    policy   Rule, Policy, Approval, Pause: who has to agree, how late is late
    moves    State, the events, MOVES, move
"""

from kalkan.drafts.moves import (
    MOVES,
    OPEN,
    STATES,
    Approve,
    Begin,
    Edit,
    Event,
    Finish,
    Release,
    RequestChanges,
    Retry,
    State,
    Stop,
    Submit,
    Tick,
    Withdraw,
    move,
    moves_from,
    stopped_by,
)
from kalkan.drafts.policy import Approval, Pause, Policy, Rule, hit, needed, reached
from kalkan.drafts.words import Media, Part, Receipt, Variant, Version, digest, from_row, sending_key, to_row

__all__ = [
    "MOVES",
    "OPEN",
    "STATES",
    "Approval",
    "Approve",
    "Begin",
    "Edit",
    "Event",
    "Finish",
    "Media",
    "Part",
    "Pause",
    "Policy",
    "Receipt",
    "Release",
    "RequestChanges",
    "Retry",
    "Rule",
    "State",
    "Stop",
    "Submit",
    "Tick",
    "Variant",
    "Version",
    "Withdraw",
    "digest",
    "from_row",
    "hit",
    "move",
    "moves_from",
    "needed",
    "reached",
    "sending_key",
    "stopped_by",
    "to_row",
]
