"""What a brand wants folded and held: a policy as data, said in plain words, tried before it is saved.

Owns the switches and what they say in both languages. Promises that every policy keeps rule 6: none of them can fold a
grievance as a whole or hold one for being harsh. Never reads posts; :func:`kalkan.shield.preview` does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Final

from kalkan.errors import InvalidInput
from kalkan.sentences import say

CUTS: Final[Mapping[str, float]] = {"gentle": 0.73, "balanced": 0.5, "strict": 0.27}
"""How much must speak for abuse before anything is folded; 0.5 is where the measured promise holds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """What is folded and held for one brand. ``strictness`` is one of :data:`CUTS`."""

    strictness: str = "balanced"
    fold_abuse: bool = True  # abuse aimed at people, as a whole, behind its category
    fold_insults: bool = True  # the insult inside a grievance, and nothing else of it
    fold_spam: bool = True
    hold_threats: bool = True
    hold_doxing: bool = True

    def __post_init__(self) -> None:
        if self.strictness not in CUTS:
            raise InvalidInput("shield_strictness_unknown", strictness=self.strictness, known=", ".join(CUTS))

    @property
    def cut(self) -> float:
        """The value of ``p_abuse`` at and above which something is folded."""
        return CUTS[self.strictness]

    def to_json(self) -> str:
        """The policy as a JSON object, keys in their order."""
        return json.dumps(asdict(self))


DEFAULT: Final = Policy()


def policy_from_json(text: str) -> Policy:
    """The policy that :meth:`Policy.to_json` wrote; switches it does not name stand as they are by default.

    :raises InvalidInput: not a JSON object of a policy's switches.
    """
    kinds = {one.name: type(getattr(DEFAULT, one.name)) for one in fields(Policy)}
    try:
        told = json.loads(text)
    except ValueError as error:
        raise InvalidInput("shield_policy_unreadable", detail=str(error)) from error
    if not isinstance(told, dict) or any(name not in kinds for name in told):
        raise InvalidInput("shield_policy_unreadable", detail=", ".join(map(str, told)) if told else "{}")
    wrong = [name for name, value in told.items() if not isinstance(value, kinds[name])]
    if wrong:
        raise InvalidInput("shield_policy_unreadable", detail=", ".join(wrong))
    return Policy(**told)


def say_policy(policy: Policy, *, lang: str) -> tuple[str, ...]:
    """What ``policy`` does, a plain sentence a line, in ``lang`` (en, tr); rule 6 always stands at the end."""
    switches = ("fold_abuse", "fold_insults", "fold_spam", "hold_threats", "hold_doxing")
    lines = [f"shield_says_{name}_{'on' if getattr(policy, name) else 'off'}" for name in switches]
    return tuple(say(code, {}, lang=lang) for code in (f"shield_says_{policy.strictness}", *lines, "shield_says_rule"))
