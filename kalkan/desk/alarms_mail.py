"""Alarms by mail: one message in plain text and simple HTML, through the mail server of the settings.

Promises the same Message-ID for the same letter, so that a mail that is sent twice after a crash can be told for one.
Never logs a password, never follows a link.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
from django.urls import reverse

from kalkan import figures
from kalkan.config import Config
from kalkan.desk import alarms_telling
from kalkan.desk.models import AlarmLetter
from kalkan.errors import InvalidInput, NetworkError
from kalkan.stories.record import AlarmRow

_SECONDS: Final = 20
_WAYS: Final = ("starttls", "tls", "none")


def send(
    letter: AlarmLetter, found: Sequence[AlarmRow], now: datetime, *, config: Config, archive: figures.Archive
) -> None:
    """Mail ``letter`` to its person.

    :raises NetworkError: the mail server was not reached, or said no.
    :raises InvalidInput: the settings of the mail server cannot be.
    """
    message = written(letter, found, now, config=config, archive=archive)
    if config.smtp_tls not in _WAYS:
        raise InvalidInput("smtp_tls_unknown", value=config.smtp_tls, known=", ".join(_WAYS))
    connection = message.connection = get_connection(
        "django.core.mail.backends.smtp.EmailBackend",
        host=config.smtp_host,
        port=config.smtp_port,
        username=config.smtp_user,
        password=config.smtp_password,
        use_tls=config.smtp_tls == "starttls",
        use_ssl=config.smtp_tls == "tls",
        timeout=_SECONDS,
    )
    try:
        message.send()
    except smtplib.SMTPAuthenticationError as error:
        raise NetworkError("mail_sign_in", host=config.smtp_host) from error
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _words in error.recipients.values()]
        raise NetworkError(
            "mail_refused", permanent=all(code >= 500 for code in codes), host=config.smtp_host, status=codes[0]
        ) from error
    except smtplib.SMTPResponseException as error:
        code = int(error.smtp_code)
        raise NetworkError("mail_refused", permanent=code >= 500, host=config.smtp_host, status=code) from error
    except (smtplib.SMTPException, OSError) as error:
        raise NetworkError("mail_unreachable", host=config.smtp_host, detail=type(error).__name__) from error
    finally:  # a sign-in that failed leaves the line open
        with contextlib.suppress(smtplib.SMTPException, OSError):
            connection.close()


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
            from_email=sender(config),
            to=[person.email],
            headers={
                "Message-ID": f"<{letter.key}@{_host(config)}>",
                "X-Kalkan-Delivery": letter.key,
                "Auto-Submitted": "auto-generated",
            },
        )
        message.attach_alternative(render_to_string("desk/alarms_mail.html", shown), "text/html")
    return message


def sender(config: Config) -> str:
    """The address that mails come from."""
    return config.mail_from or f"kalkan@{_host(config)}"


def _host(config: Config) -> str:
    given = config.mail_from.rpartition("@")[2].strip("<> ") if "@" in config.mail_from else ""
    return given or urlsplit(config.public_url).hostname or socket.getfqdn() or "localhost"
