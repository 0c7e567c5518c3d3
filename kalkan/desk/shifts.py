"""Shifts at the desk: the rota, a person's own dose and time, when a break is due, who goes on.

Promises that dose and time are worked out for the person who asks, and shown to nobody else: the hand-over passes by
whoever has had enough without saying who that is.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kalkan.desk import access
from kalkan.desk.alarms_outbox import quiet_until
from kalkan.desk.models import Brand, Duty, Item, Person, Stint
from kalkan.shield import care
from kalkan.shield.care import CareRules, Dose, Opening, Shift

SHIFT: Final = timedelta(hours=8)
"""How far a dose is counted back for somebody who is not on the rota."""
PAUSE: Final = timedelta(minutes=10)
"""So long away from the inbox is a break."""
_KEPT: Final = timedelta(weeks=8)


def rules_of(brand: Brand) -> CareRules:
    """The brand's rules of care."""
    working, kept = access.inbox_rules(brand), access.care_rules(brand)
    return CareRules(
        cap_characters=working.cap_characters, break_every=timedelta(minutes=kept.break_minutes), zone=working.zone
    )


def rota(rows: Iterable[Duty], *, zone: str, now: datetime) -> list[Shift]:
    """The shifts of ``rows`` from yesterday to a week ahead. A shift that ends before it begins goes over midnight."""
    place = ZoneInfo(zone)
    today = now.astimezone(place).date()
    found = []
    for row in rows:
        for ahead in range(-1, 8):
            day = today + timedelta(days=ahead)
            if row.weekday is not None and day.weekday() != row.weekday:
                continue
            begin = datetime.combine(day, time.fromisoformat(row.begins), place)
            last = day if row.ends > row.begins else day + timedelta(days=1)
            end = datetime.combine(last, time.fromisoformat(row.ends), place)
            found.append(Shift(person=str(row.person_id), begin=begin, end=end))
    return sorted(found, key=lambda one: (one.begin, one.person))


def shift_of(person: Person, shifts: Iterable[Shift], now: datetime) -> Shift | None:
    """The shift of ``person`` that runs now; None: they are not on the rota now."""
    return next((one for one in care.on_duty(shifts, now) if one.person == str(person.pk)), None)


def dose_of(person: Person, shift: Shift | None, *, rules: CareRules, now: datetime) -> Dose:
    """What ``person`` opened in this shift; without one, in the last eight hours."""
    shift = shift or Shift(person=str(person.pk), begin=now - SHIFT, end=now + timedelta(seconds=1))
    return care.dose(openings(person, shift.begin), shift=shift, rules=rules)


def openings(person: Person, since: datetime) -> list[Opening]:
    """The folds that ``person`` opened since then."""
    rows = access.opened_by(person).filter(at__gte=since).order_by("at")
    return [Opening(at=row.at, post_id=str(row.item_id), characters=row.characters) for row in rows]


def attend(person: Person, *, now: datetime) -> Stint:
    """Note, for this person alone, that they are at the inbox; ten minutes away end the stint."""
    row = Stint.objects.filter(person=person, until__gt=now - PAUSE).order_by("-until").first()
    if row is None:
        return Stint.objects.create(person=person, begin=now, until=now)
    if now - row.until > timedelta(seconds=30):
        row.until = now
        row.save(update_fields=["until"])
    return row


def sweep(now: datetime) -> None:
    """Forget stints and openings of more than eight weeks ago."""
    from kalkan.desk.models import NotToday, Opened

    Stint.objects.filter(until__lt=now - _KEPT).delete()
    Opened.objects.filter(at__lt=now - _KEPT).delete()
    NotToday.objects.filter(day__lt=(now - timedelta(days=2)).date()).delete()


def zone_of(person: Person) -> ZoneInfo:
    """The person's own clock."""
    try:
        return ZoneInfo(person.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


@dataclass(frozen=True, kw_only=True, slots=True)
class Quiet:
    """A person's quiet hours, now. ``on_duty``: who is there meanwhile."""

    until: datetime
    on_duty: tuple[str, ...]


def quiet(person: Person, brand: Brand, *, now: datetime) -> Quiet | None:
    """The quiet hours that ``person`` has now; None outside of them, on duty, and when they chose to look on."""
    until = quiet_until(access.alarm_wish(person, brand), now)
    awake = access.care_wish(person).awake_until
    if until is None or (awake is not None and awake >= now):
        return None
    shifts = rota(access.rota_for(person, brand), zone=rules_of(brand).zone, now=now)
    if shift_of(person, shifts, now) is not None:
        return None
    team = {str(one.person_id): one.person.name for one in access.team_for(person, brand)}
    return Quiet(
        until=until, on_duty=tuple(team[one.person] for one in care.on_duty(shifts, now) if one.person in team)
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How it stands with one person now, for that person. ``next``: who goes on after them, if anybody is there."""

    shift: Shift | None
    dose: Dose
    rules: CareRules
    percent: int  # of the cap that is reached first, 0–100
    break_at: datetime
    break_left: float  # seconds; below 0: overdue
    next: Person | None


def standing(person: Person, brand: Brand, *, now: datetime) -> Standing:
    """How it stands with ``person`` at the inbox of ``brand``."""
    rules = rules_of(brand)
    shifts = rota(access.rota_for(person, brand), zone=rules.zone, now=now)
    mine = shift_of(person, shifts, now)
    dose = dose_of(person, mine, rules=rules, now=now)
    stint = access.stints_of(person, now - PAUSE).last()
    break_at = (stint.begin if stint else now) + rules.break_every
    full = max(dose.characters / max(rules.cap_characters, 1), dose.posts / max(rules.cap_posts, 1))
    return Standing(
        shift=mine, dose=dose, rules=rules, percent=min(round(100 * full), 100), break_at=break_at,
        break_left=(break_at - now).total_seconds(), next=follower(person, brand, shifts, rules=rules, now=now),
    )  # fmt: skip


def follower(person: Person, brand: Brand, shifts: list[Shift], *, rules: CareRules, now: datetime) -> Person | None:
    """Who goes on when ``person`` has had enough; whoever is over their own cap is passed by."""
    team = {
        str(one.person_id): one.person for one in access.team_for(person, brand) if one.role in access.MAY["moderate"]
    }
    shifts = [one for one in shifts if one.person in team]
    away: list[str] = []
    while (next_one := care.hand_over(shifts, now, me=str(person.pk), away=away)) is not None:
        other = team[next_one.person]
        runs = next_one if next_one.begin <= now else None
        if dose_of(other, runs, rules=rules, now=now).standing != "over":
            return other
        away.append(next_one.person)
    return None


def week_of(person: Person, brand: Brand, *, now: datetime) -> care.Week:
    """The last seven days of ``person``: what was opened, breaks taken, what was solved, and thanks to the brand."""
    rules = rules_of(brand)
    since = now - timedelta(days=7)
    stints = list(access.stints_of(person, since))
    breaks = sum(
        1 for one, other in itertools.pairwise(stints) if PAUSE <= other.begin - one.until <= timedelta(hours=3)
    )
    return care.week(
        openings(person, since), _days(person, stints), until=now + timedelta(seconds=1), rules=rules, breaks=breaks,
        solved=Item.objects.filter(brand=brand, done_by=person, done_at__gte=since, needs=True).count(),
        thanks=Item.objects.filter(brand=brand, kind="praise", at__gte=since).count(),
    )  # fmt: skip


def _days(person: Person, stints: list[Stint]) -> list[Shift]:
    """Shifts as they were worked: stints with less than three hours between them."""
    found: list[Shift] = []
    for one in stints:
        if found and one.begin - found[-1].end < timedelta(hours=3):
            found[-1] = Shift(person=str(person.pk), begin=found[-1].begin, end=one.until + PAUSE)
        else:
            found.append(Shift(person=str(person.pk), begin=one.begin, end=one.until + PAUSE))
    return found
