"""Publishing: from an approved draft to posts that are out, each exactly once, or to a draft that is held and says why.

Owns the order of steps between the desk's tables and the networks. Promises that the intent to send is on the disk
before a network hears of it and the receipt after; that a process killed anywhere in between neither loses a post nor
sends one twice; that nothing goes out late, paused, changed or without approval, whatever the clock does; and that
what may be out is looked for before anything is tried again. Never decides: approvals, pauses and verdicts are asked.

    store    Store, Job, Step: what the engine needs of whoever keeps the drafts
    sending  tend, retry, trust_clock: the engine
    ahead    look_ahead: trouble with tokens and limits, told before posts are due
    outcome  what happened to a post one hour, one day, seven days later
"""

from kalkan.publishing.ahead import Trouble, look_ahead
from kalkan.publishing.outcome import AFTER, due_outcomes, outcome
from kalkan.publishing.sending import Report, retry, tend, trust_clock
from kalkan.publishing.store import Job, Step, Store, Upcoming, faults, receipts

__all__ = [
    "AFTER",
    "Job",
    "Report",
    "Step",
    "Store",
    "Trouble",
    "Upcoming",
    "due_outcomes",
    "faults",
    "look_ahead",
    "outcome",
    "receipts",
    "retry",
    "tend",
    "trust_clock",
]
