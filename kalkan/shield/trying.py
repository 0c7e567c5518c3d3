"""What a policy or a rule would change, tried on posts that are there: before anybody saves it.

Promises that nothing is changed by trying, and that examples are drawn with the given seed. Never counts by author.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from kalkan.brands import Brand
from kalkan.shield.deciding import PLACES, triage
from kalkan.shield.policy import DEFAULT, Policy
from kalkan.shield.rules import Rule, first_match


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """Posts that would go from one place to another; ``rows`` are a few of them, by their place in the table."""

    before: str
    after: str
    n: int
    rows: tuple[int, ...]
    ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """A policy on ``n`` posts: how many stand in each place and kind before and after, and what moves."""

    n: int
    before: Mapping[str, int]
    after: Mapping[str, int]
    kinds_before: Mapping[str, int]  # of what is softened or held
    kinds_after: Mapping[str, int]
    moved: tuple[Move, ...]


def preview(
    posts: pa.Table, *, before: Policy, after: Policy, brand: Brand | None = None, rules: Sequence[Rule] = (),
    examples: int = 5, seed: int = 0,
) -> Preview:  # fmt: skip
    """What going from policy ``before`` to ``after`` would do to ``posts``."""
    was = triage(posts, brand=brand, policy=before, rules=rules)
    becomes = triage(posts, brand=brand, policy=after, rules=rules)
    return Preview(
        n=posts.num_rows,
        before=_counts(was, "place"),
        after=_counts(becomes, "place"),
        kinds_before=_folded_kinds(was),
        kinds_after=_folded_kinds(becomes),
        moved=_moves(was, becomes, examples, seed),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """A rule on ``n`` posts: how many it matches, what it changes, and where rule 6 stands against it.

    ``grievances`` are posts that it would fold and that stay open all the same, with at most its own words folded.
    """

    n: int
    matched: int
    changed: int
    grievances: int
    moved: tuple[Move, ...]


def effect(
    rule: Rule, posts: pa.Table, *, brand: Brand | None = None, policy: Policy = DEFAULT, rules: Sequence[Rule] = (),
    examples: int = 5, seed: int = 0,
) -> Effect:  # fmt: skip
    """What adding ``rule`` before ``rules`` would do to ``posts``: the rule's own test."""
    was = triage(posts, brand=brand, policy=policy, rules=rules)
    becomes = triage(posts, brand=brand, policy=policy, rules=(rule, *rules))
    matched = first_match((rule,), posts) == 0
    spared = matched & (becomes["p_critic"].to_numpy() >= 0.5) & (becomes["place"].to_numpy(False) != "hold")
    moved = _moves(was, becomes, examples, seed)
    changed = (was["place"].to_numpy(False) != becomes["place"].to_numpy(False)) | (
        was["kind"].to_numpy(False) != becomes["kind"].to_numpy(False)
    )
    folds = rule.does in ("fold", "hold", "spam")
    return Effect(
        n=posts.num_rows,
        matched=int(matched.sum()),
        changed=int(changed.sum()),
        grievances=int(spared.sum()) if folds else 0,
        moved=moved,
    )


def _counts(triaged: pa.Table, column: str) -> dict[str, int]:
    counted = triaged[column].value_counts().to_pylist()
    found = {one["values"]: one["counts"] for one in counted}
    return {place: found.get(place, 0) for place in PLACES} if column == "place" else found


def _folded_kinds(triaged: pa.Table) -> dict[str, int]:
    return _counts(triaged.filter(pa.array(triaged["place"].to_numpy(False) != "show")), "kind")


def _moves(was: pa.Table, becomes: pa.Table, examples: int, seed: int) -> tuple[Move, ...]:
    before, after = was["place"].to_numpy(False), becomes["place"].to_numpy(False)
    random = np.random.default_rng(seed)
    found = []
    for one in PLACES:
        for other in PLACES:
            rows = np.flatnonzero((before == one) & (after == other))
            if one == other or not len(rows):
                continue
            few = np.sort(random.choice(rows, min(examples, len(rows)), replace=False))
            ids = [name for name in was["id"].take(pa.array(few)).to_pylist() if name is not None]
            found.append(Move(before=one, after=other, n=len(rows), rows=tuple(few.tolist()), ids=tuple(ids)))
    return tuple(found)
