"""What Django needs before it is there: the kept secret, host names, the database's address.

Imported by the settings, so it may not import Django's models. Never prints or logs a secret.
"""

from __future__ import annotations

import contextlib
import importlib.util
import ipaddress
import os
import secrets
import socket
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from kalkan.errors import InvalidInput

_ANY = {"0.0.0.0", "::", ""}  # noqa: S104 - compared with, not bound to


def kept_secret(path: Path, *, size: int = 50) -> str:
    """The secret kept at ``path``, made there (readable by its owner alone) if there is none.

    Two processes that start at once get the same secret: the file is linked into place whole, and the first one wins.

    :raises InvalidInput: the folder cannot be written.
    """
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_name(f".{path.name}-{os.getpid()}-{secrets.token_hex(4)}")
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(size))
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(fresh, path)
            fresh.unlink()
        found = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise InvalidInput("data_unwritable", path=str(path.parent), detail=error.strerror or "") from error
    if len(found) < 20:
        raise InvalidInput("secret_damaged", path=str(path))
    return found


def is_loopback(address: str) -> bool:
    """Whether ``address`` is this very machine."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address == "localhost"
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_loopback)


def hosts_of(host: str, public: str | None) -> list[str]:
    """The names under which the desk answers: loopback, where it listens, and the public address.

    Listening everywhere, a machine answers to its own names and addresses; others need ``public_url``. Names that
    nobody set are refused, so that a page elsewhere cannot reach a desk at home by a name it controls.
    """
    names = ["localhost", "127.0.0.1", "[::1]"]
    if host not in _ANY:
        names.append(f"[{host}]" if ":" in host else host)
    else:
        own = socket.gethostname()
        names += [own, socket.getfqdn(), f"{own}.local"]
        with contextlib.suppress(OSError):
            found = {str(info[4][0]).split("%")[0] for info in socket.getaddrinfo(own, None)}
            names += [f"[{address}]" if ":" in address else address for address in sorted(found)]
    if public:
        names.append(f"[{public}]" if ":" in public else public)
    return list(dict.fromkeys(name.lower() for name in names))


def postgres(address: str) -> dict[str, Any]:
    """Django's settings for a PostgreSQL address such as ``postgresql://name:password@host:5432/kalkan``.

    :raises InvalidInput: it is no such address, or the driver is not installed.
    """
    parts = urlsplit(address)
    try:
        port = parts.port
    except ValueError as error:
        raise InvalidInput("database_address_wrong") from error
    name = unquote(parts.path.lstrip("/"))
    if parts.scheme not in {"postgresql", "postgres"} or not name:
        raise InvalidInput("database_address_wrong")
    if importlib.util.find_spec("psycopg") is None:
        raise InvalidInput("database_driver_missing")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(port or ""),
        "OPTIONS": dict(parse_qsl(parts.query)),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
