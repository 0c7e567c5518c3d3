"""Stories: what people suddenly speak of together, found from the posts alone, followed, weighed and told.

Owns the road from posts to alarms: terms of a batch (``terms``), which of them rise (``detect``), the stories they
make (``follow``), how they spread (``trace``), how grave and how severe they are (``gravity``, ``severity``), what is
still to come (``forecast``), who acts in step (``pileon``), curves that are watched (``watched``), a stream's stories
as a whole (``replay``, ``files``), those of all scopes at once (``streams``), and the file in which they are kept for
pages to read (``book``, whose rows are in ``record``). Promises that a stream gives the same alarms however it is cut
into batches and whether or not it was stopped and taken up on the way. Never reads a clock and opens no network; only
``book`` writes.
"""

from __future__ import annotations

from kalkan.stories.curves import CurveRules, Curves, Surge
from kalkan.stories.detect import Rules
from kalkan.stories.files import Replayed, replay_file
from kalkan.stories.gravity import Gravity, Harm, weigh
from kalkan.stories.replay import Alarm, Stories, replay
from kalkan.stories.story import STATES, Story, Turn

__all__ = [
    "STATES", "Alarm", "CurveRules", "Curves", "Gravity", "Harm", "Replayed", "Rules", "Stories", "Story", "Surge",
    "Turn", "replay", "replay_file", "weigh",
]  # fmt: skip
