"""From alarms to messages: which of the team is told now, which later, and what is tried again.

Owns the outbox. Promises that an alarm becomes its messages in one transaction, each message once, whatever dies in
between; that a message that may have arrived already goes out again under the same key, never under another; that
quiet hours hold a mail back, never lose it; and that nothing is told outside the desk in the demo. A letter holds
numbers of alarms only: its words are made when it is sent, so that what was erased meanwhile is not in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import transaction
from django.db.models import F, Q

from kalkan.config import Config
from kalkan.desk import access, alarms, alarms_hook, alarms_mail, stories
from kalkan.desk.actions.alarms import rules_row
from kalkan.desk.jobs import Work
from kalkan.desk.models import AlarmHook, AlarmLetter, AlarmNotice, AlarmRules, AlarmWish, Brand, Membership
from kalkan.errors import InvalidInput, KalkanError, NetworkError, Refused
from kalkan.networks.http import Door
from kalkan.stories.book import Book
from kalkan.stories.record import AlarmRow

BACKOFF: Final = tuple(
    timedelta(seconds=seconds) for seconds in (10, 30, 120, 600, 1800, 7200, 21600, 43200)
)  # from one try to the next; then a letter is given up
OLD: Final = timedelta(hours=12)  # an alarm that Kalkan comes to later than this is news no more
CLAIM: Final = timedelta(minutes=5)  # how long one try may take; after that it is taken for dead
_PATIENCE: Final = 3  # tries where the other side says no for good: it may be under repair
_AT_ONCE: Final = 50
_TAKEN: Final = 200
_KEPT: Final = timedelta(days=90)
_GRAVEST: Final = 3
_QUIETLY: Final = {"address_private", "not_on_team", "hook_off", "alarm_gone"}  # nothing changes by trying again

Send = Callable[[AlarmLetter, list[AlarmRow], datetime], None]
"""Takes a letter with its alarms to its receiver.

:raises KalkanError: it did not arrive, or nobody knows.
"""

_kept: dict[str, Any] = {}  # what one worker process remembers between runs: the door, budgets shared out, last sweep


def deliver(work: Work) -> None:
    """Turn new alarms into letters, and send what is due."""
    now = work.now()
    book = stories.opened()
    take(book, now=now, config=work.config)
    if work.config.demo:
        return
    door = _kept.setdefault("door", None) or Door(total_s=15.0)
    _kept["door"] = door
    mail = partial(alarms_mail.send, config=work.config, archive=work.archive)
    hook = partial(alarms_hook.send, config=work.config, archive=work.archive, door=door)
    send_due(book, now=now, mail=mail, hook=hook, stop=work.stop.is_set)
    _sweep(now)


# — taking —


def take(book: Book, *, now: datetime, config: Config) -> int:
    """Look at the alarms that came since the last look, for each brand; how many letters there are more."""
    made = 0
    for brand in Brand.objects.prefetch_related("watches").order_by("id"):
        _share_out(brand)
        made += _take(book, brand, now=now, config=config)
    return made


def _take(book: Book, brand: Brand, *, now: datetime, config: Config) -> int:
    made = 0
    with transaction.atomic():
        rules = AlarmRules.objects.filter(brand=brand).first()
        if rules is None:  # a new brand is not told what was before it
            newest = book.alarms(limit=1)
            rules = rules_row(brand, taken=newest[0].seq if newest else 0)
        found = book.alarms(after=rules.taken, late=False, newest_first=False, limit=_TAKEN)
        for alarm in found:
            if alarms.concerns(alarm, brand, floor=rules.floor):
                made += _tell(alarm, brand, rules, now=now, config=config)
        if found:
            rules.taken = found[-1].seq
            rules.save(update_fields=["taken"])
    return made


def _tell(alarm: AlarmRow, brand: Brand, rules: AlarmRules, *, now: datetime, config: Config) -> int:
    """Note an alarm and write its letters; none where it is old or its story was told shortly before."""
    why_not = "old" if now - alarm.told_at > OLD else ""
    if not why_not and _cools(alarm, brand, rules):
        why_not = "cool_down"
    notice, new = AlarmNotice.objects.get_or_create(
        brand=brand,
        alarm=alarm.id,
        defaults={
            "seq": alarm.seq, "story": alarm.story, "at": alarm.at, "gravity": alarm.gravity.level, "why_not": why_not,
        },
    )  # fmt: skip
    if not new or notice.why_not or config.demo:
        return 0
    hooks = AlarmHook.objects.filter(brand=brand, enabled=True)
    made = sum(_letter(alarm, brand, f"hook:{hook.pk}", now, hook=hook, due_at=now) for hook in hooks)
    if config.smtp_host:
        made += sum(_mail(alarm, brand, wish, now) for wish in access.alarm_wishes(brand))
    return made


def _cools(alarm: AlarmRow, brand: Brand, rules: AlarmRules) -> bool:
    """Whether its story (or what has become a part of it) was told within the cool-down, and it is not graver now."""
    since = alarm.at - timedelta(minutes=rules.cool_down)
    same = (alarm.story, *stories.opened().parts(alarm.story))
    lately = AlarmNotice.objects.filter(brand=brand, story__in=same, why_not="", at__gt=since, seq__lt=alarm.seq)
    return any(alarm.gravity.level <= notice.gravity for notice in lately)


def _mail(alarm: AlarmRow, brand: Brand, wish: AlarmWish, now: datetime) -> int:
    until = None if alarm.gravity.level >= _GRAVEST and wish.on_call else quiet_until(wish, now)
    if until is None:
        return _letter(alarm, brand, f"mail:{wish.person_id}", now, person=wish.person, due_at=now)
    waiting = AlarmLetter.objects.filter(
        brand=brand, person=wish.person, held=True, state="waiting", tries=0, due_at=until
    ).first()
    if waiting is None:
        return _letter(alarm, brand, f"mail:{wish.person_id}", now, person=wish.person, due_at=until, held=True)
    waiting.seqs = [*waiting.seqs, alarm.seq]
    waiting.save(update_fields=["seqs"])
    return 0


def _letter(alarm: AlarmRow, brand: Brand, to: str, now: datetime, **more: Any) -> int:
    key = hashlib.sha256(f"{brand.pk}\n{alarm.id}\n{to}".encode()).hexdigest()[:32]
    _row, new = AlarmLetter.objects.get_or_create(
        key=key, defaults={"brand": brand, "seqs": [alarm.seq], "made_at": now, **more}
    )
    return int(new)


def quiet_until(wish: AlarmWish, now: datetime) -> datetime | None:
    """When the quiet hours that ``now`` falls into end, by the person's clock; None outside of them."""
    begin, end = wish.quiet_from, wish.quiet_until
    if begin is None or end is None:
        return None
    try:
        zone = ZoneInfo(wish.person.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone = ZoneInfo("UTC")
    here = now.astimezone(zone)
    clock = here.time().replace(tzinfo=None)
    inside = begin <= clock < end if begin < end else clock >= begin or clock < end
    if not inside:
        return None
    day = here.date() if clock < end else here.date() + timedelta(days=1)
    return datetime.combine(day, end, tzinfo=zone).astimezone(now.tzinfo)


def _share_out(brand: Brand) -> None:
    """Share the week's budget out where what is watched for the brand, or the budget, is another than before."""
    wanted = (alarms.own_scopes(brand), access.alarm_rules(brand).a_week)
    done: dict[int, Any] = _kept.setdefault("budgets", {})
    if done.get(brand.pk) != wanted:
        alarms.share_out(brand, wanted[1])
        done[brand.pk] = wanted


# — sending —


def send_due(
    book: Book, *, now: datetime, mail: Send, hook: Send, stop: Callable[[], bool] = lambda: False
) -> tuple[int, int]:
    """Send what is due: how many arrived, how many did not."""
    free = Q(busy_until=None) | Q(busy_until__lt=now)
    due = AlarmLetter.objects.filter(free, state="waiting", due_at__lte=now).order_by("due_at", "id")
    arrived = failed = 0
    for letter in due.select_related("brand", "person", "hook")[:_AT_ONCE]:
        if stop():
            break
        mine = AlarmLetter.objects.filter(free, pk=letter.pk, state="waiting", due_at__lte=now)
        if not mine.update(busy_until=now + CLAIM, tries=F("tries") + 1):
            continue  # another worker was quicker
        letter.refresh_from_db()
        fault = _try(letter, book, now, mail=mail, hook=hook)
        _note(letter, fault, now)
        arrived, failed = arrived + (fault is None), failed + (fault is not None)
    return arrived, failed


def _try(letter: AlarmLetter, book: Book, now: datetime, *, mail: Send, hook: Send) -> KalkanError | None:
    found = [alarm for alarm in (book.alarm(seq) for seq in letter.seqs) if alarm is not None]
    try:
        if letter.seqs and not found:
            raise Refused("alarm_gone")
        if letter.hook is not None:
            if not letter.hook.enabled and letter.seqs:
                raise Refused("hook_off")
            hook(letter, found, now)
        else:
            if not Membership.objects.filter(person=letter.person, brand=letter.brand).exists():
                raise Refused("not_on_team")
            mail(letter, found, now)
    except (NetworkError, Refused, InvalidInput) as fault:
        return fault
    return None


def _note(letter: AlarmLetter, fault: KalkanError | None, now: datetime) -> None:
    """Write down what became of a try."""
    letter.busy_until = None
    if fault is None:
        letter.state, letter.sent_at, letter.fault, letter.held = "sent", now, None, False
    else:
        letter.fault = {"code": fault.code, "params": {name: str(value) for name, value in fault.params.items()}}
        permanent = isinstance(fault, NetworkError) and fault.permanent
        over = fault.code in _QUIETLY or (permanent and letter.tries >= _PATIENCE) or letter.tries > len(BACKOFF)
        if over:
            letter.state = "given_up"
        else:
            wait = BACKOFF[min(letter.tries, len(BACKOFF)) - 1]
            asked = fault.retry_after if isinstance(fault, NetworkError) and fault.retry_after else 0.0
            letter.due_at = now + max(wait, timedelta(seconds=asked))
    letter.save(update_fields=["state", "sent_at", "fault", "held", "busy_until", "due_at"])


def _sweep(now: datetime) -> None:
    """Once a day, let go of letters that are long over."""
    if _kept.get("swept") is None or now - _kept["swept"] > timedelta(days=1):
        AlarmLetter.objects.filter(made_at__lt=now - _KEPT).exclude(state="waiting").delete()
        AlarmNotice.objects.filter(at__lt=now - timedelta(days=400)).delete()
        _kept["swept"] = now
