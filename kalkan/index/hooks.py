"""Messages that programs post to us: signed, fresh, and what they say known again.

Owns the proof. Promises that only who holds the secret is believed, that a message of another time than now is not,
and that nothing of the secret is told by how long the answer takes. Signatures are those of Standard Webhooks 1.0:
HMAC-SHA256 over ``id.timestamp.body`` with the bytes after ``whsec_``, base64, as ``v1,…``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from kalkan.errors import Refused

WINDOW: Final = timedelta(minutes=5)
MOST_BYTES: Final = 512 << 10


def secret(choose: Callable[[int], bytes]) -> str:
    """A new secret; ``choose`` gives so many random bytes (``secrets.token_bytes``)."""
    return "whsec_" + base64.b64encode(choose(32)).decode()


def prove(body: bytes, headers: Mapping[str, str], *, secret: str, now: datetime) -> None:
    """Stop unless ``body`` was signed with ``secret`` within five minutes of ``now``. Headers by lower-case name.

    :raises Refused: ``lead_signature``: not signed, or not with this secret; ``lead_stale``: of another time.
    """
    name, written = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    given = [one.partition(",")[2] for one in headers.get("webhook-signature", "").split() if one.startswith("v1,")]
    if not name or len(name) > 256 or not written.isascii() or not written.isdigit() or len(written) > 12 or not given:
        raise Refused("lead_signature")
    expected = sign(body, name=name, written=written, secret=secret)
    if not any(hmac.compare_digest(expected.encode(), one.encode()) for one in given[:8]):
        raise Refused("lead_signature")
    if abs(now - datetime.fromtimestamp(int(written), UTC)) > WINDOW:
        raise Refused("lead_stale", minutes=int(WINDOW.total_seconds() // 60))


def sign(body: bytes, *, name: str, written: str, secret: str) -> str:
    """The signature of ``body`` under the message's ``name`` and time (seconds since 1970, as text).

    :raises Refused: ``lead_signature``: the secret is none.
    """
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused("lead_signature") from error
    digest = hmac.new(key, f"{name}.{written}.".encode() + body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
