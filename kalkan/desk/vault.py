"""Network credentials at rest: sealed with a key derived from the desk's secret key, opened only for the listener.

Promises that what is sealed cannot be read or changed without the secret key. Never logs what it opens.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kalkan.errors import InvalidInput


def _lock(secret_key: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"kalkan vault 1").derive(secret_key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


def seal(secrets: Mapping[str, str], *, key: str) -> str:
    """``secrets`` sealed with the desk's secret ``key``; nothing for nothing."""
    if not secrets:
        return ""
    return _lock(key).encrypt(json.dumps(dict(secrets)).encode()).decode()


def unseal(sealed: str, *, key: str) -> dict[str, str]:
    """What :func:`seal` sealed.

    :raises InvalidInput: it was sealed with another key, or changed since.
    """
    if not sealed:
        return {}
    try:
        found = json.loads(_lock(key).decrypt(sealed.encode()))
    except (InvalidToken, ValueError) as error:
        raise InvalidInput("credential_unreadable") from error
    return {str(name): str(value) for name, value in found.items()}
