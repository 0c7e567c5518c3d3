"""The engine against a network that breaks on demand: each post once, or held with its reason."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kalkan import publishing
from kalkan.drafts import Edit, Media, Part, Pause, Policy, Release, Variant, Version, Withdraw
from kalkan.errors import ArchiveDamaged, InvalidInput, Refused
from kalkan.networks.publishing import Publisher
from kalkan.publishing import Report, faults, receipts
from tests.publishing.keeper import Keeper
from tests.publishing.parrot import Killed, Parrot, Speaker, down, limited, refusing

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DUE = NOON + 60 * MINUTE
PICTURE = b"a picture, as far as anybody here looks"
ONE = Variant(network="bluesky", account="bluesky:did:plc:findik", parts=(Part(text="Bir"),))


class Scene:
    """A keeper, a network and a clock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.keeper = Keeper(path / "drafts.sqlite3")
        self.parrot = Parrot()
        self.now = NOON
        self.verdict = "go"
        self.ticks: Callable[[str], None] | None = None

    def version(self, *variants: Variant, planned: datetime | None = DUE) -> Version:
        return Version(variants=variants or (ONE,), markets=("TR",), planned_at=planned)

    def thread(self, account: str = ONE.account) -> Variant:
        picture = Media(sha256=self.keeper.keep(PICTURE), mime="image/png", size=len(PICTURE), alt="Bir resim")
        parts = (Part(text="Bir", media=(picture,)), Part(text="İki"), Part(text="Üç"))
        return dataclasses.replace(ONE, account=account, parts=parts)

    def add(self, *variants: Variant, key: str = "d", planned: datetime | None = DUE) -> None:
        self.keeper.approved(key, self.version(*variants, planned=planned), now=NOON)

    def tend(self, minutes: float | None = None) -> Report:
        if minutes is not None:
            self.now = NOON + minutes * MINUTE
        return publishing.tend(
            self.keeper, open=self.parrot.open, verdict=lambda key: self.verdict, now=lambda: self.now
        )

    def until_done(self, minutes: float = 61, looks: int = 40) -> str:
        """Look again every few seconds until nothing more happens."""
        self.now = NOON + minutes * MINUTE
        for _ in range(looks):
            self.tend()
            if self.keeper.state("d").name not in ("scheduled", "sending"):
                break
            self.now += timedelta(seconds=10)
        return self.keeper.state("d").name

    @property
    def texts(self) -> list[str]:
        return [post.text for post in self.parrot.posts]

    @property
    def why(self) -> str:
        return self.keeper.state("d").why


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    yield made
    made.keeper.close()


def test_the_speaker_is_a_publisher(scene: Scene) -> None:
    assert isinstance(scene.parrot.open("bluesky", "a"), Publisher)


def test_what_is_approved_goes_out_in_its_time_and_once(scene: Scene) -> None:
    scene.add(scene.thread())
    assert scene.tend(59.9) == Report()
    assert scene.tend(60.1).sent == ["d"]
    assert scene.texts == ["Bir", "İki", "Üç"]
    assert [post.parent for post in scene.parrot.posts[1:]] == [f"at://{post.key}" for post in scene.parrot.posts[:2]]
    assert scene.parrot.posts[0].uploads and scene.keeper.state("d").name == "sent"
    assert scene.tend(61) == Report()
    assert set(receipts(scene.keeper.steps("d"))) == {(0, 0), (0, 1), (0, 2)}


def test_each_account_gets_its_own(scene: Scene) -> None:
    scene.add(ONE, dataclasses.replace(ONE, account="other", parts=(Part(text="Other"),)))
    assert scene.until_done() == "sent"
    assert [(post.account, post.text) for post in scene.parrot.posts] == [(ONE.account, "Bir"), ("other", "Other")]


def test_the_longest_due_goes_first(scene: Scene) -> None:
    scene.add(key="late", planned=DUE + MINUTE)
    scene.add(dataclasses.replace(ONE, parts=(Part(text="Early"),)), key="early")
    assert scene.tend(62).sent == ["early", "late"]
    assert scene.texts == ["Early", "Bir"]


@pytest.mark.parametrize("verdict", ["hold", ""])
def test_the_room_is_asked_at_sending(scene: Scene, verdict: str) -> None:
    scene.add()
    scene.verdict = verdict
    assert scene.tend(61).held == ["d"]
    assert scene.why == {"hold": "room_hold", "": "room_unknown"}[verdict]
    assert not scene.parrot.asked
    scene.keeper.move("d", Release(by="elif", role="owner", note="we looked"), now=scene.now)
    assert scene.tend(62).sent == ["d"]


def test_what_was_changed_in_the_table_is_not_what_was_approved(scene: Scene) -> None:
    scene.add()
    scene.keeper.rewrite("d", scene.version(dataclasses.replace(ONE, parts=(Part(text="Something else"),))))
    assert scene.tend(61).held == ["d"]
    assert (scene.why, scene.texts) == ("draft_changed", [])


def test_nothing_overdue_is_sent_after_the_machine_was_off(scene: Scene) -> None:
    scene.add()
    assert scene.tend(75.5).held == ["d"]
    assert (scene.why, scene.parrot.asked) == ("draft_late", [])


def test_a_pause_holds_what_falls_due_in_it_whenever_the_worker_looks(scene: Scene) -> None:
    scene.keeper.pause(Pause(key="1", brand="findik", began_at=NOON + 59 * MINUTE, until=NOON + 60.2 * MINUTE))
    scene.add()
    scene.add(key="after", planned=NOON + 60.5 * MINUTE)
    report = scene.tend(61)  # the pause is over, the worker did not look while it held
    assert (report.held, report.sent) == (["d"], ["after"])
    assert scene.why == "draft_paused"


def test_a_pause_stops_a_thread_between_two_posts(scene: Scene) -> None:
    scene.add(scene.thread())

    def pause(name: str) -> None:
        if len(scene.parrot.posts) == 2:
            scene.keeper.pause(Pause(key="1", brand="findik", began_at=scene.now))

    scene.parrot.tick = pause
    assert scene.tend(61).held == ["d"]
    assert (scene.why, scene.texts, scene.keeper.state("d").begun) == ("draft_paused", ["Bir", "İki"], True)
    assert len(receipts(scene.keeper.steps("d"))) == 2
    with pytest.raises(Refused):
        scene.keeper.move("d", Release(by="elif", role="owner"), now=scene.now)


def test_a_network_that_is_down_is_asked_again_until_it_is_too_late(scene: Scene) -> None:
    scene.add()
    scene.parrot.faults = [down] * 3
    assert scene.until_done() == "sent"
    assert scene.texts == ["Bir"]
    assert [step.body["code"] for step in scene.keeper.steps("d") if "/fault/" in step.name] == ["host_unreachable"] * 3


def test_a_network_that_stays_down_holds_the_draft(scene: Scene) -> None:
    scene.add()
    scene.parrot.faults = [down] * 1000
    assert scene.until_done(looks=100) == "held"
    assert (scene.why, scene.texts) == ("draft_late", [])
    assert len(scene.parrot.asked) < 30  # it was not hammered


def test_a_lost_answer_is_looked_for_and_not_sent_again(scene: Scene) -> None:
    scene.parrot.keyed = False  # not even the network would notice a second post
    scene.add(scene.thread())
    scene.parrot.lost = [True, False, True]
    assert scene.until_done() == "sent"
    assert scene.texts == ["Bir", "İki", "Üç"]
    assert [one.found for one in receipts(scene.keeper.steps("d")).values()] == [True, False, True]


def test_a_lost_answer_is_looked_for_even_when_it_is_too_late_to_send(scene: Scene) -> None:
    scene.add()
    scene.parrot.lost = [True]
    scene.tend(61)
    scene.parrot.faults = [down] * 8
    assert scene.until_done(minutes=120) == "sent"
    assert scene.texts == ["Bir"]


def test_who_never_answers_for_a_day_leaves_it_to_people(scene: Scene) -> None:
    scene.add()
    scene.parrot.lost = [True]
    scene.tend(61)
    scene.parrot.faults = [down] * 1000
    assert scene.until_done(minutes=60 * 26) == "held"
    assert scene.why == "sent_unsure"


def test_the_wish_to_be_left_alone_is_respected(scene: Scene) -> None:
    scene.add()
    scene.parrot.faults = [limited(300)]
    scene.tend(61)
    asked = len(scene.parrot.asked)
    for minutes in (62, 64, 65.9):
        assert scene.tend(minutes).waiting == ["d"]
    assert len(scene.parrot.asked) == asked
    assert scene.tend(66.1).sent == ["d"]


def test_a_wish_longer_than_the_time_left_holds_it_at_once_when_late(scene: Scene) -> None:
    scene.add()
    scene.parrot.faults = [limited(7200)]
    assert scene.tend(61).waiting == ["d"]
    assert scene.tend(75.1).held == ["d"]
    assert scene.why == "draft_late"


def test_one_network_that_refuses_does_not_stop_the_other(scene: Scene) -> None:
    scene.add(ONE, dataclasses.replace(ONE, account="other", parts=(Part(text="Other"),)))
    scene.parrot.faults = [refusing]
    assert scene.tend(61).failed == ["d"]
    assert (scene.why, scene.texts) == ("publish_refused", ["Other"])
    assert faults(scene.keeper.steps("d"))[0].body["params"]["detail"] == "no"
    assert scene.tend(62) == Report()  # nothing by itself
    again = publishing.retry(scene.keeper, "d", by="elif", verdict=lambda key: "go", now=lambda: scene.now)
    assert again.name == "sending"
    assert scene.tend().sent == ["d"]
    assert scene.texts == ["Other", "Bir"]


def test_a_retry_that_comes_too_late_is_held(scene: Scene) -> None:
    scene.add()
    scene.parrot.faults = [refusing]
    scene.tend(61)
    scene.now = NOON + 90 * MINUTE
    state = publishing.retry(scene.keeper, "d", by="elif", verdict=lambda key: "go", now=lambda: scene.now)
    assert (state.name, state.why, scene.texts) == ("held", "draft_late", [])


def test_what_the_server_would_not_take_is_told_before_anything_is_sent(scene: Scene) -> None:
    scene.add(dataclasses.replace(ONE, parts=(Part(text="Bir"), Part(text="x" * 101))))
    assert scene.tend(61).failed == ["d"]
    assert (scene.why, scene.texts, scene.keeper.state("d").begun) == ("post_too_long", [], False)


def test_a_picture_that_is_not_what_was_approved_stops_everything(scene: Scene) -> None:
    scene.add(scene.thread())
    scene.keeper.base.execute("UPDATE media SET data = ?", [b"another picture"])
    with pytest.raises(ArchiveDamaged, match="media_changed"):
        scene.tend(61)
    assert scene.texts == []


def test_damage_to_one_draft_does_not_stop_the_others(scene: Scene) -> None:
    scene.add(scene.thread(), key="a")
    scene.add(key="b")
    scene.keeper.base.execute("UPDATE media SET data = ?", [b"another picture"])
    with pytest.raises(ArchiveDamaged, match="media_changed"):
        scene.tend(61)
    assert scene.keeper.state("b").name == "sent"


def test_the_reason_told_is_that_of_the_account_that_failed(scene: Scene) -> None:
    scene.add(ONE, dataclasses.replace(ONE, account="other", parts=(Part(text="Other"),)))
    scene.parrot.faults = [down, refusing]
    assert scene.until_done() == "failed"
    assert (scene.why, scene.texts) == ("publish_refused", ["Bir"])


def test_an_account_that_is_not_connected_fails_with_its_reason(scene: Scene) -> None:
    scene.add()

    def missing(network: str, account: str) -> Speaker:
        raise InvalidInput("account_unreadable")

    scene.now = NOON + 61 * MINUTE
    report = publishing.tend(scene.keeper, open=missing, verdict=lambda key: "go", now=lambda: scene.now)
    assert (report.failed, scene.why) == (["d"], "account_unreadable")


def test_a_clock_that_goes_back_sends_nothing(scene: Scene) -> None:
    scene.add()
    scene.tend(76)
    assert scene.why == "draft_late"
    scene.add(key="e", planned=DUE + 2 * MINUTE)
    with pytest.raises(Refused, match="clock_went_back"):
        scene.tend(62)
    scene.now = NOON + 73 * MINUTE  # a small slip: counted as the time that was seen
    assert scene.tend().sent == ["e"]
    assert scene.parrot.posts[0].at == NOON + 76 * MINUTE


def test_a_clock_that_was_far_ahead_is_put_right_by_a_person(scene: Scene) -> None:
    scene.add()
    scene.add(key="next day", planned=DUE + timedelta(hours=24))
    scene.tend(60 * 10)  # the clock ran ten hours ahead
    scene.now = NOON + 50 * MINUTE
    with pytest.raises(Refused, match="clock_went_back"):
        scene.tend()
    assert publishing.trust_clock(scene.keeper, now=scene.now) == ()
    assert scene.tend(61) == Report()  # it was overdue once: it stays held
    assert scene.why == "draft_late"
    assert scene.tend(60 + 24 * 60).sent == ["next day"]


def test_trusting_the_clock_makes_nothing_young_again(scene: Scene) -> None:
    scene.add()
    scene.keeper.clock(DUE + 20 * MINUTE)  # the worker was off; something else saw that time
    assert publishing.trust_clock(scene.keeper, now=NOON) == ("d",)
    assert scene.tend(61) == Report()
    assert scene.texts == []


@pytest.mark.parametrize("event", [Edit(by="kerem"), Withdraw(by="kerem")])
def test_a_person_is_faster_than_the_worker(scene: Scene, event: Edit | Withdraw) -> None:
    scene.add()

    def verdict(key: str) -> str:
        scene.keeper.move(key, event, now=scene.now)
        return "go"

    scene.now = NOON + 61 * MINUTE
    report = publishing.tend(scene.keeper, open=scene.parrot.open, verdict=verdict, now=lambda: scene.now)
    assert (report.sent, scene.texts) == ([], [])


def test_two_workers_do_not_do_the_same(scene: Scene) -> None:
    scene.add(scene.thread())
    second = Keeper(scene.path / "drafts.sqlite3")
    reports: list[Report] = []

    def beside(name: str) -> None:
        if not reports:
            reports.append(Report())
            reports[0] = publishing.tend(
                second, open=scene.parrot.open, verdict=lambda key: "go", now=lambda: scene.now
            )

    scene.parrot.tick = beside
    assert scene.tend(61).sent == ["d"]
    second.close()
    assert (reports, scene.texts) == ([Report()], ["Bir", "İki", "Üç"])


def test_a_worker_that_slept_through_its_claim_stops(scene: Scene) -> None:
    """It wakes up after another has done it: it may not go on, and what it had begun is there once."""
    scene.add(scene.thread())
    second = Keeper(scene.path / "drafts.sqlite3", Policy(late_after=45 * MINUTE))
    scene.keeper.policy = second.policy
    woken = False

    def sleep(name: str) -> None:
        nonlocal woken
        if name == "before send" and not woken:
            woken = True
            scene.now += 11 * MINUTE
            publishing.tend(second, open=scene.parrot.open, verdict=lambda key: "go", now=lambda: scene.now)

    scene.parrot.tick = sleep
    scene.tend(61)
    second.close()
    assert scene.texts == ["Bir", "İki", "Üç"]
    assert scene.keeper.state("d").name == "sent"


def killed_at(point: int) -> tuple[Callable[[str], None], list[str]]:
    seen: list[str] = []

    def tick(name: str) -> None:
        seen.append(name)
        if len(seen) == point:
            raise Killed(name)

    return tick, seen


class Fused(Keeper):
    """A keeper in which the process may end before and after every write."""

    tick: Callable[[str], None] = staticmethod(lambda name: None)

    def write(self, key: str, step: publishing.Step) -> None:
        self.tick(f"before write {step.name}")
        super().write(key, step)
        self.tick(f"after write {step.name}")

    def move(self, key, event, *, now):  # type: ignore[no-untyped-def]
        self.tick(f"before {type(event).__name__}")
        state = super().move(key, event, now=now)
        self.tick(f"after {type(event).__name__}")
        return state


@pytest.mark.parametrize("keyed", [True, False])
def test_killed_anywhere_each_post_is_there_once(tmp_path: Path, keyed: bool) -> None:
    """Two accounts, a thread with a picture and a post: ended at every single step, then started again."""
    points = 0
    while True:
        points += 1
        scene = Scene(tmp_path)
        scene.keeper.close()
        scene.keeper = fused = Fused(tmp_path / f"{points}.sqlite3")
        scene.parrot.keyed = keyed
        scene.add(scene.thread(), dataclasses.replace(ONE, account="other", parts=(Part(text="Other"),)))
        fused.tick, seen = killed_at(points)
        scene.parrot.tick = fused.tick
        try:
            scene.tend(61)
        except Killed:
            fused.tick = scene.parrot.tick = lambda name: None
            fused.base.execute("UPDATE drafts SET holder = 'dead'")  # its claim is still there
            assert scene.tend().sent == []
            assert scene.until_done(minutes=72) == "sent", seen[-1]
            assert sorted(scene.texts) == sorted(["Bir", "İki", "Üç", "Other"]), seen[-1]
            scene.keeper.close()
        else:
            assert scene.keeper.state("d").name == "sent"
            scene.keeper.close()
            break
    assert points > 30


def test_killed_twice_in_a_row_anywhere_each_post_is_there_once(tmp_path: Path) -> None:
    for first in range(1, 18):
        for second in range(1, 12, 2):
            scene = Scene(tmp_path)
            scene.keeper.close()
            scene.keeper = fused = Fused(":memory:")
            scene.parrot.keyed = False
            scene.add(dataclasses.replace(ONE, parts=(Part(text="Bir"), Part(text="İki"))))
            for point in (first, second):
                fused.tick, _ = killed_at(point)
                scene.parrot.tick = fused.tick
                try:
                    scene.tend(61)
                except Killed:
                    fused.base.execute("UPDATE drafts SET holder = ''")
            fused.tick = scene.parrot.tick = lambda name: None
            assert scene.until_done(minutes=62) == "sent"
            assert scene.texts == ["Bir", "İki"]
            scene.keeper.close()
