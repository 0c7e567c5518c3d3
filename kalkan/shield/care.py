"""What reading abuse costs a person: how much was opened in a shift, when a break is due, when another takes over.

Owns the dose (characters and posts of folded text that a person opened) and the rules of a shift. Promises that the
count is of what was opened, never of what was folded; that nothing here compares people: every function is about one
person, and the weekly summary is for that person alone. Never claims that blurring or greyscale protects.

Numbers by default: a break every two hours (guidelines for public social teams), the rest set by us. Dose rather than
blur, because what is read adds up, and blurred text has not been shown to hurt less.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, kw_only=True, slots=True)
class CareRules:
    """The rules of a team's shifts. Clock times are those of ``zone``; equal ends of the quiet hours mean none."""

    cap_characters: int = 2000
    cap_posts: int = 40
    warn_at: float = 0.8  # share of a cap from which the page says that it is near
    break_every: timedelta = timedelta(hours=2)
    break_for: timedelta = timedelta(minutes=10)
    quiet_from: str = "20:00"
    quiet_until: str = "08:00"
    zone: str = "UTC"


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """One fold that a person opened. Opening the same post again in a shift counts its characters once."""

    at: datetime
    post_id: str
    characters: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Shift:
    """A stretch of duty; ``person`` is the account of the desk."""

    person: str
    begin: datetime
    end: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Dose:
    """What one person opened in one shift, and how that stands to the caps: fine, near or over."""

    characters: int
    posts: int
    standing: str
    left_characters: int
    left_posts: int


def dose(openings: Iterable[Opening], *, shift: Shift, rules: CareRules) -> Dose:
    """The dose of ``shift``: what was opened in it, each post once, at its longest."""
    opened: dict[str, int] = {}
    for one in openings:
        if shift.begin <= one.at < shift.end:
            opened[one.post_id] = max(opened.get(one.post_id, 0), one.characters)
    characters = sum(opened.values())
    full = max(characters / max(rules.cap_characters, 1), len(opened) / max(rules.cap_posts, 1))
    return Dose(
        characters=characters,
        posts=len(opened),
        standing="over" if full >= 1 else "near" if full >= rules.warn_at else "fine",
        left_characters=max(rules.cap_characters - characters, 0),
        left_posts=max(rules.cap_posts - len(opened), 0),
    )


def on_duty(rota: Iterable[Shift], now: datetime) -> tuple[Shift, ...]:
    """The shifts that run at ``now``, by their begin and then the order of the rota."""
    return tuple(sorted((one for one in rota if one.begin <= now < one.end), key=lambda one: one.begin))


def hand_over(rota: Sequence[Shift], now: datetime, *, me: str, away: Iterable[str] = ()) -> Shift | None:
    """Whose shift it is offered to when ``me`` has had enough: another on duty, else whoever comes next.

    ``away`` are people who are over their own cap or on a break. None where nobody is left.
    """
    gone = {me, *away}
    there = [one for one in on_duty(rota, now) if one.person not in gone]
    coming = sorted((one for one in rota if one.begin > now and one.person not in gone), key=lambda one: one.begin)
    return next(iter([*there, *coming]), None)


def break_due(breaks: Iterable[tuple[datetime, datetime]], *, shift: Shift, rules: CareRules) -> datetime:
    """When the next break is due: two hours (or what the rules say) after the last one that was long enough."""
    taken = [end for begin, end in breaks if end - begin >= rules.break_for and shift.begin <= end <= shift.end]
    return max([shift.begin, *taken]) + rules.break_every


def quiet(now: datetime, *, rules: CareRules, on_call: bool = False) -> bool:
    """Whether nobody is to be called now: inside the quiet hours, unless the person is on call."""
    if on_call or rules.quiet_from == rules.quiet_until:
        return False
    clock = now.astimezone(ZoneInfo(rules.zone)).strftime("%H:%M")
    if rules.quiet_from < rules.quiet_until:
        return rules.quiet_from <= clock < rules.quiet_until
    return clock >= rules.quiet_from or clock < rules.quiet_until


def not_today(topics: Iterable[str], declined: Iterable[str]) -> bool:
    """Whether a post of these ``topics`` (content or story) is one that the person asked not to see today."""
    return not set(declined).isdisjoint(topics)


@dataclass(frozen=True, kw_only=True, slots=True)
class Week:
    """A person's own week, shown to nobody else: what was opened, day by day, and what good came of it."""

    since: datetime
    until: datetime
    characters: int
    posts: int
    days: tuple[int, ...]  # characters a day, in the zone of the rules
    over_cap: int  # shifts that went over
    breaks: int
    solved: int  # asks solved and thanks received, to stand between the blows
    thanks: int


def week(
    openings: Sequence[Opening], shifts: Sequence[Shift], *, until: datetime, rules: CareRules, breaks: int = 0,
    solved: int = 0, thanks: int = 0,
) -> Week:  # fmt: skip
    """The seven days before ``until`` of one person, out of that person's own openings and shifts."""
    since = until - timedelta(days=7)
    opened = [one for one in openings if since <= one.at < until]
    zone = ZoneInfo(rules.zone)
    last = (until - timedelta(microseconds=1)).astimezone(zone).date()
    days = [0] * 7
    for one in opened:
        age = (last - one.at.astimezone(zone).date()).days
        days[6 - min(age, 6)] += one.characters
    own = [one for one in shifts if since <= one.begin < until]
    return Week(
        since=since,
        until=until,
        characters=sum(days),
        posts=len({one.post_id for one in opened}),
        days=tuple(days),
        over_cap=sum(dose(openings, shift=one, rules=rules).standing == "over" for one in own),
        breaks=breaks,
        solved=solved,
        thanks=thanks,
    )
