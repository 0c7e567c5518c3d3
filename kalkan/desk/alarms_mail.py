"""Alarms by mail: one message in plain text and simple HTML, through the mail server of the settings.

Promises the same Message-ID for the same letter, so that a mail that is sent twice after a crash can be told for one.
Never logs a password, never follows a link.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from kalkan import figures
from kalkan.config import Config
from kalkan.desk import alarms_telling, mail
from kalkan.desk.models import AlarmLetter
from kalkan.stories.record import AlarmRow


def send(
    letter: AlarmLetter, found: Sequence[AlarmRow], now: datetime, *, config: Config, archive: figures.Archive
) -> None:
    """Mail ``letter`` to its person.

    :raises NetworkError: the mail server was not reached, or said no.
    :raises InvalidInput: the settings of the mail server cannot be.
    """
    mail.post(written(letter, found, now, config=config, archive=archive), config=config)


def written(
    letter: AlarmLetter, found: Sequence[AlarmRow], now: datetime, *, config: Config, archive: figures.Archive
) -> EmailMultiAlternatives:
    """The mail, in the language and on the clock of whom it is for."""
    person = letter.person
    assert person is not None
    with alarms_telling.tongue(person.lang or "en", person.zone):
        told = alarms_telling.told(found, letter.brand, config=config, archive=archive)
        subject = alarms_telling.subject(told)
        shown = {
            "told": told,
            "brand": letter.brand,
            "person": person,
            "lang": person.lang or "en",
            "subject": subject,
            "settings_url": alarms_telling.address(config, reverse("alarm_settings")),
            "desk_url": alarms_telling.address(config, reverse("alarms")),
        }
        message = EmailMultiAlternatives(
            subject=subject,
            body=render_to_string("desk/alarms_mail.txt", shown),
            from_email=mail.sender(config),
            to=[person.email],
            headers={
                "Message-ID": f"<{letter.key}@{mail.host(config)}>",
                "X-Kalkan-Delivery": letter.key,
                "Auto-Submitted": "auto-generated",
            },
        )
        message.attach_alternative(render_to_string("desk/alarms_mail.html", shown), "text/html")
    return message
