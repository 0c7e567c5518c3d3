"""Who has to agree, and what a pause stops."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kalkan.drafts import Approval, Pause, Policy, Rule, hit, needed, reached
from kalkan.errors import InvalidInput

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def approvals(*who: str, digest: str = "d") -> list[Approval]:
    return [Approval(by=one.split(":")[0], role=one.split(":")[1], digest=digest, at=NOON) for one in who]


def enough(
    policy: Policy, *who: str, kind: str = "sale", writers: tuple[str, ...] = ("kerem",), digest: str = "d"
) -> bool:
    return reached(approvals(*who, digest=digest), digest="d", kind=kind, writers=writers, policy=policy)


def test_two_people_one_of_them_an_owner() -> None:
    policy = Policy(rules=(Rule(kinds=frozenset({"sale"}), needed=2, among=("owner",)),))
    assert not enough(policy, "tom:approver")
    assert not enough(policy, "tom:approver", "ece:approver")
    assert not enough(policy, "elif:owner", "elif:owner")  # one person is one person
    assert enough(policy, "tom:approver", "elif:owner")
    assert enough(policy, "tom:approver", kind="everyday")  # no rule: one approval will do
    found = approvals("tom:approver")
    assert needed(found, digest="d", kind="sale", writers=(), policy=policy) == (1, ("owner",))
    found = approvals("tom:approver", "elif:owner")
    assert needed(found, digest="d", kind="sale", writers=(), policy=policy) == (0, ())


def test_only_roles_the_rule_names_count() -> None:
    assert not enough(Policy(), "ada:writer", "can:moderator", "link:outside", "iz:viewer")
    outside = Policy(rules=(Rule(outside=True),))
    assert enough(outside, "outside:outside")


def test_nobody_approves_what_they_wrote_unless_the_rule_says_so() -> None:
    assert not enough(Policy(), "kerem:owner")
    assert enough(Policy(rules=(Rule(own=True),)), "kerem:owner")


def test_an_approval_of_another_version_is_none() -> None:
    assert not enough(Policy(), "elif:owner", digest="e")


def test_who_may_not_approve_any_more_does_not_count_at_sending() -> None:
    found = approvals("elif:owner", "tom:approver")
    policy = Policy(rules=(Rule(needed=2),))
    ask = {"digest": "d", "kind": "sale", "writers": (), "policy": policy}
    assert reached(found, **ask, still=frozenset({"elif", "tom"}))  # type: ignore[arg-type]
    assert not reached(found, **ask, still=frozenset({"elif"}))  # type: ignore[arg-type]


def test_the_first_rule_that_fits_holds() -> None:
    special, rest = Rule(kinds=frozenset({"stand"}), needed=3), Rule(needed=2)
    policy = Policy(rules=(special, rest))
    assert policy.rule("stand") is special
    assert policy.rule("joke") is rest
    assert Policy().rule("joke").needed == 1


@pytest.mark.parametrize("late", [timedelta(0), timedelta(minutes=46), -HOUR])
def test_a_policy_cannot_allow_sending_so_late_that_a_network_forgets_the_key(late: timedelta) -> None:
    with pytest.raises(InvalidInput, match="policy_late"):
        Policy(late_after=late)


@pytest.mark.parametrize("rule", [Rule(needed=0), Rule(roles=frozenset()), Rule(among=("writer",))])
def test_a_rule_that_asks_for_nobody_or_for_the_impossible_is_refused(rule: Rule) -> None:
    with pytest.raises(InvalidInput, match="policy_rule"):
        Policy(rules=(rule,))


def pause(began: float, end: float | None = None, *, market: str = "", ended: float | None = None) -> Pause:
    return Pause(
        key=f"{began}-{end}",
        brand="findik",
        market=market,
        began_at=NOON + began * HOUR,
        until=None if end is None else NOON + end * HOUR,
        ended_at=None if ended is None else NOON + ended * HOUR,
    )


def stopped(one: Pause, due: float, now: float, *, brand: str = "findik", markets: tuple[str, ...] = ("TR",)) -> bool:
    return hit([one], brand=brand, markets=markets, since=NOON + due * HOUR, now=NOON + now * HOUR) is one


def test_what_falls_due_in_a_pause_stays_stopped_after_it() -> None:
    one = pause(0, 2)
    assert stopped(one, 1, 1) and stopped(one, 1, 3) and stopped(one, -1, 0) and stopped(one, -1, 5)
    assert not stopped(one, 2, 2.1)  # due when it was over
    assert not stopped(one, -1, -0.5)  # went before it began


def test_a_pause_ended_early_is_over_then_and_one_that_began_after_its_end_never_was() -> None:
    assert not stopped(pause(0, 8, ended=1), 1, 2)
    assert stopped(pause(0, ended=1), 0.5, 2)
    assert stopped(pause(0), 99, 100)
    assert not stopped(pause(1, 0.5), 0, 2)
    assert pause(0, 8, ended=1).on(NOON) and not pause(0, 8, ended=1).on(NOON + HOUR)


def test_a_pause_is_for_its_brand_and_market() -> None:
    one = pause(0, 2, market="TR")
    assert stopped(one, 1, 1, markets=("GB", "TR"))
    assert not stopped(one, 1, 1, markets=("GB",))
    assert stopped(one, 1, 1, markets=())  # for everywhere: for TR too
    assert not stopped(one, 1, 1, brand="ceviz")
    assert stopped(pause(0, 2), 1, 1, markets=("GB",))


def test_the_longest_pause_is_named() -> None:
    short, long, open_end = pause(0, 1), pause(0, 2), pause(0)
    for many, wanted in (([short, long], long), ([open_end, long], open_end), ([], None)):
        assert hit(many, brand="findik", markets=(), since=NOON, now=NOON) is wanted
