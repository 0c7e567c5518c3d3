"""Stories: what people suddenly speak of together, found from the posts alone, followed, weighed and told.

Owns the road from posts to alarms: terms of a batch (``terms``), which of them rise (``detect``), the stories they make
(``follow``), how grave those are (``gravity``), curves that are watched (``curves``), and a stream's stories as a whole
(``replay``, ``files``). Promises that a stream gives the same alarms however it is cut into batches and whether or not
it was stopped and taken up on the way. Never reads a clock, opens no network, writes no disk.
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
