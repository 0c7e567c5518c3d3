"""Calling people: whoever handles what is held, when something is held; and each person about their own week.

Owns who is called, when, and the two letters. Promises that nobody is called in their quiet hours but who is on call
then, that one thing calls a person once, that a letter holds nothing of what was written and nothing of anybody else's
week, and that nothing leaves the machine in the demo.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final

from django.core.mail import EmailMessage
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kalkan.config import Config
from kalkan.desk import access, alarms_telling, mail, shifts
from kalkan.desk.alarms_outbox import quiet_until
from kalkan.desk.jobs import Work
from kalkan.desk.models import AlarmWish, Brand, CareWish, HeldCall, Item, Person
from kalkan.errors import KalkanError

_LATELY: Final = timedelta(hours=24)  # what was held before is no reason to call
_AGAIN: Final = timedelta(minutes=5)
_TRIES: Final = 6
_HOUR: Final = 8  # o'clock on Monday, by the person's own clock


def call(work: Work) -> None:
    """The worker's job: note who is to be called, call those who are due, and write the letters of Monday."""
    now, config = work.now(), work.config
    if config.demo or not config.smtp_host:
        return
    for brand in Brand.objects.all():
        note(brand, now=now)
    for row in HeldCall.objects.filter(over=False, due_at__lte=now).select_related("item__brand", "person")[:50]:
        if work.stop.is_set():
            return
        _call(row, config, now=now)
    for wish in CareWish.objects.filter(weekly=True, person__is_active=True).select_related("person"):
        if not work.stop.is_set():
            week(wish, config, now=now)


def note(brand: Brand, *, now: datetime) -> int:
    """Note a call for everybody who handles what ``brand`` holds and wants mail; how many were new.

    It is due at once, or when the quiet hours of its person end; who is on call is called in them. Where nobody can be
    called now, an owner who is on call is.
    """
    rows = Item.objects.filter(brand=brand, place="hold", state=Item.State.OPEN, seen_at__gte=now - _LATELY)
    items = list(rows.filter(evidence=None)[:200])
    if not items:
        return 0
    due = _due(access.handlers(brand), brand, now=now)
    if now not in due.values():
        due |= {who: at for who, at in _due(access.owners(brand), brand, now=now).items() if at == now}
    made = 0
    for person, at in due.items():
        for item in items:
            made += HeldCall.objects.get_or_create(item=item, person=person, defaults={"due_at": at})[1]
    return made


def _due(people: Iterable[Person], brand: Brand, *, now: datetime) -> dict[Person, datetime]:
    """When each of ``people`` who wants mail may be called."""
    wishes = [(person, access.alarm_wish(person, brand)) for person in people]
    return {person: now if wish.on_call else quiet_until(wish, now) or now for person, wish in wishes if wish.by_mail}


def _call(row: HeldCall, config: Config, *, now: datetime) -> None:
    item, brand = row.item, row.item.brand
    needed = item.place == "hold" and item.state == Item.State.OPEN and not item.evidence.exists()
    if not needed or not access.may_open_held(row.person, brand):
        HeldCall.objects.filter(pk=row.pk).update(over=True)
        return
    waiting = HeldCall.objects.filter(over=False, due_at__lte=now, person=row.person, item__brand=brand)
    taken = list(waiting.values_list("pk", flat=True))  # one letter for all that is due now
    HeldCall.objects.filter(pk__in=taken).update(tries=F("tries") + 1, due_at=now + _AGAIN)
    try:
        mail.post(held_letter(row.person, brand, len(taken), config=config), config=config)
    except KalkanError as error:
        fault = {"code": error.code, "params": {name: str(value) for name, value in error.params.items()}}
        HeldCall.objects.filter(pk__in=taken).update(fault=fault)
        HeldCall.objects.filter(pk__in=taken, tries__gte=_TRIES).update(over=True)
        return
    HeldCall.objects.filter(pk__in=taken).update(over=True, sent_at=now, fault={})


def held_letter(person: Person, brand: Brand, n: int, *, config: Config) -> EmailMessage:
    """What whoever handles it is told: that something is held, and where. Nothing of what was written."""
    with alarms_telling.tongue(person.lang or "en", person.zone):
        subject = ngettext(
            "%(brand)s: something is held for you", "%(brand)s: %(n)s posts are held for you", n
        ) % {"brand": brand.name, "n": n}  # fmt: skip
        address = alarms_telling.address(config, f"{reverse('inbox')}?view=held")
        words = [
            _("A threat or private details were written to %(brand)s. Nobody else needs to read it.")
            % {"brand": brand.name},
            address,
            _("Your quiet hours and whether you are on call in them: %(address)s")
            % {"address": alarms_telling.address(config, reverse("alarm_settings"))},
        ]
        return _letter(person, subject, words, config)


def week(wish: CareWish, config: Config, *, now: datetime) -> bool:
    """Write to a person about their own week, once a week, on Monday morning; whether it was sent now."""
    person = wish.person
    here = now.astimezone(shifts.zone_of(person))
    monday = here.date() - timedelta(days=here.weekday())
    if wish.week == monday or here < here.replace(hour=_HOUR, minute=0) - timedelta(days=here.weekday()):
        return False
    if any(quiet_until(each, now) for each in AlarmWish.objects.filter(person=person)):
        return False
    brands = [brand for brand in access.brands_for(person) if access.may(person, brand, "moderate")]
    try:
        if brands:
            mail.post(week_letter(person, brands, now=now, monday=monday, config=config), config=config)
    except KalkanError:
        return False  # tried again with the next run, as long as it is this week
    CareWish.objects.filter(pk=wish.pk).update(week=monday)
    return bool(brands)


def week_letter(person: Person, brands: list[Brand], *, now: datetime, monday: date, config: Config) -> EmailMessage:
    """A person's own week, for them alone."""
    with alarms_telling.tongue(person.lang or "en", person.zone):
        words = []
        for brand in brands:
            own = shifts.week_of(person, brand, now=now)
            told = {"brand": brand.name, "n": own.characters, "posts": own.posts, "breaks": own.breaks,
                    "over": own.over_cap, "solved": own.solved, "thanks": own.thanks}  # fmt: skip
            words.append(
                _("%(brand)s: you solved %(solved)s, and %(thanks)s people thanked or praised the brand.") % told
            )
            words.append(_("You opened %(n)s characters of abuse in %(posts)s posts.") % told)
            words.append(_("You took %(breaks)s breaks; %(over)s shifts went over the cap.") % told)
        words.append(_("Only you get this, and nobody sees these numbers but you."))
        words.append(alarms_telling.address(config, reverse("care")))
        return _letter(person, _("Your week at the inbox"), words, config)


def _letter(person: Person, subject: str, words: list[str], config: Config) -> EmailMessage:
    body = "\n\n".join([_("Hello %(name)s,") % {"name": person.name or person.email}, *words]) + "\n"
    headers = {"Auto-Submitted": "auto-generated"}
    return EmailMessage(subject=subject, body=body, from_email=mail.sender(config), to=[person.email], headers=headers)
