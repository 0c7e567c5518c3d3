"""Mail through the server of the settings. Promises to say why one was not sent; never logs a password."""

from __future__ import annotations

import contextlib
import smtplib
import socket
from typing import Final
from urllib.parse import urlsplit

from django.core.mail import EmailMessage, get_connection

from kalkan.config import Config
from kalkan.errors import InvalidInput, NetworkError

_SECONDS: Final = 20
_WAYS: Final = ("starttls", "tls", "none")


def post(message: EmailMessage, *, config: Config) -> None:
    """Hand ``message`` to the mail server.

    :raises NetworkError: the server was not reached, or said no; ``permanent`` where trying again is useless.
    :raises InvalidInput: the settings of the mail server cannot be.
    """
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
        gone = all(code >= 500 for code in codes)
        raise NetworkError("mail_refused", permanent=gone, host=config.smtp_host, status=codes[0]) from error
    except smtplib.SMTPResponseException as error:
        code = int(error.smtp_code)
        raise NetworkError("mail_refused", permanent=code >= 500, host=config.smtp_host, status=code) from error
    except (smtplib.SMTPException, OSError) as error:
        raise NetworkError("mail_unreachable", host=config.smtp_host, detail=type(error).__name__) from error
    finally:  # a sign-in that failed leaves the line open
        with contextlib.suppress(smtplib.SMTPException, OSError):
            connection.close()


def sender(config: Config) -> str:
    """The address that mails come from."""
    return config.mail_from or f"kalkan@{host(config)}"


def host(config: Config) -> str:
    """The name that message ids end in."""
    given = config.mail_from.rpartition("@")[2].strip("<> ") if "@" in config.mail_from else ""
    return given or urlsplit(config.public_url).hostname or socket.getfqdn() or "localhost"
