"""How much busier than usual a stream is.

Owns that one figure. Promises to follow a jump within minutes (a source is switched on, a network comes back), not to
take chance for one, and not to call the last three hours usual. Never looks at a text.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

_SLOW: Final = 20.0  # minutes: half-lives of "lately" and "just now"
_FAST: Final = 5.0
_APART: Final = 180  # minutes that are not held for usual yet
_SURE: Final = 1.5  # standard deviations that "just now" must be above
_MOST: Final = 50.0


class Flow:
    """Authors' minutes of a stream, decayed over weeks, lately and just now."""

    def __init__(self) -> None:
        self.ever = 0.0
        self.slow = 0.0
        self.fast = 0.0
        self.last = np.zeros(_APART)  # by minute

    def add(self, people: int, *, minute: int, passed: int, fade: float) -> None:
        """One minute's different authors, ``passed`` minutes after the last one; ``fade`` of what is ever."""
        self.ever = self.ever * fade + people
        self.slow = self.slow * 0.5 ** (passed / _SLOW) + people
        self.fast = self.fast * 0.5 ** (passed / _FAST) + people
        if passed >= _APART:
            self.last[:] = 0.0
        else:
            self.last[(minute - np.arange(passed)) % _APART] = 0.0
        self.last[minute % _APART] = people

    def times(self, heard: float) -> float:
        """How many times the usual, which ``heard`` minutes (decayed alike) tell: 1 to 50. Nights make nothing rise."""
        apart = _APART if heard > 2 * _APART else 0
        ever = self.ever - self.last.sum() if apart else self.ever
        rate = max(ever, 0.0) / max(heard - apart, 1.0) / np.log(2)
        slow = (self.slow + 3) / (rate * _SLOW + 3)
        fast = (self.fast - _SURE * np.sqrt(self.fast)) / (rate * _FAST + 1)
        return float(np.clip(max(slow, fast), 1.0, _MOST))

    def state(self) -> dict[str, Any]:
        """Everything, for a checkpoint."""
        return {"sums": np.array([self.ever, self.slow, self.fast]), "last": self.last}

    @classmethod
    def resume(cls, kept: dict[str, Any]) -> Flow:
        """The flow whose :meth:`state` this is."""
        one = cls()
        one.ever, one.slow, one.fast = kept["sums"].tolist()
        one.last = kept["last"].copy()
        return one
