"""Time-based one-time codes (RFC 6238 over RFC 4226: HMAC-SHA-1, six digits, steps of 30 seconds).

Promises that a code is compared in constant time and that a step which was taken is not taken again. Keeps nothing and
reads no clock: secret and time come in.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from typing import Final
from urllib.parse import quote, urlencode

STEP: Final = 30  # seconds
DIGITS: Final = 6
SLACK: Final = 1  # steps that a phone's clock may be off, either way


def new_secret() -> str:
    """A secret of 160 bits, the length RFC 4226 recommends, in Base32."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code(secret: str, step: int) -> str:
    """The code of ``secret`` at ``step`` (RFC 4226, section 5.3)."""
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def step_of(secret: str, typed: str, *, at: float, after: int) -> int | None:
    """The step whose code was ``typed`` at the Unix time ``at``, if it is later than ``after``; else None."""
    if len(typed) != DIGITS or not (typed.isascii() and typed.isdigit()):
        return None
    now = int(at) // STEP
    steps = range(now - SLACK, now + SLACK + 1)
    found = [step for step in steps if hmac.compare_digest(code(secret, step), typed) and step > after]
    return found[0] if found else None


def address(secret: str, *, account: str, issuer: str = "Kalkan") -> str:
    """The ``otpauth:`` address that phones read from a picture."""
    query = urlencode({"secret": secret, "issuer": issuer, "digits": DIGITS, "period": STEP})
    return f"otpauth://totp/{quote(f'{issuer}:{account}')}?{query}"
