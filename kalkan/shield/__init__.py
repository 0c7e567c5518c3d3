"""The shield: what a person has to see, what is softened, what is held, each with its reason.

Owns two questions about every post, at whom and what (``targets``, ``signs``, ``weigh``), the decision (``deciding``),
a brand's policy and the team's rules (``policy``, ``rules``) and what they would change (``trying``), one card for a
pile-on (``piles``), audits, what reading abuse costs a person (``care``), business hours and answers (``hours``,
``answers``), and the evidence vault (``vault``). Promises rule 6: a grievance is never folded as a whole, whatever the
policy or the rules; every fold has a reason and can be opened. Never removes a post, never counts by author, never
reads a clock.
"""

from __future__ import annotations

from kalkan.shield.deciding import CONTENTS, GRIEVANCES, HARD, KINDS, PARTS, PLACES, TRIAGED, triage
from kalkan.shield.policy import CUTS, DEFAULT, Policy, policy_from_json, say_policy
from kalkan.shield.rules import DOES, Rule, rule_from_json
from kalkan.shield.showing import Piece, Why, folded, say_reason, why
from kalkan.shield.targets import TARGETS
from kalkan.shield.trying import Effect, Move, Preview, effect, preview

__all__ = [
    "CONTENTS", "CUTS", "DEFAULT", "DOES", "GRIEVANCES", "HARD", "KINDS", "PARTS", "PLACES", "TARGETS", "TRIAGED",
    "Effect", "Move", "Piece", "Policy", "Preview", "Rule", "Why", "effect", "folded", "policy_from_json", "preview",
    "rule_from_json", "say_policy", "say_reason", "triage", "why",
]  # fmt: skip
