"""Our own accounts by their lasting names: replies and quotes name an account by an id that no person types.

Owns the little file that remembers which id belongs to which handle. Promises that an answer is believed only if it has
the shape of such an id, that what is known stays when a server is silent, and that nothing is asked more than once a
day (every ten minutes while there is no answer). Never looks up anybody but the accounts that a team calls its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from kalkan.brands import Brand
from kalkan.errors import KalkanError
from kalkan.networks.http import Door

BLUESKY: Final = "https://public.api.bsky.app"
_AGAIN: Final = timedelta(days=1)
_SOON: Final = timedelta(minutes=10)
_DID: Final = re.compile(r"did:(plc:[a-z2-7]{24}|web:[A-Za-z0-9.:%-]{1,200})", re.ASCII)
_HANDLE: Final = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_USER: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}", re.ASCII)


class Accounts:
    """What is known of a team's accounts, kept in the file ``path``. One process looks up, any number read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: dict[str, dict[str, str]] = {}
        self._read_at: tuple[int, int] | None = None

    @property
    def version(self) -> object:
        """Changes whenever the file does."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return (found.st_mtime_ns, found.st_size)

    def widen(self, brands: Iterable[Brand]) -> tuple[Brand, ...]:
        """``brands`` with the lasting ids of their accounts added."""
        held = self._all()
        return tuple(
            replace(brand, accounts=tuple(dict.fromkeys((*brand.accounts, *_ids(held, brand.accounts)))))
            for brand in brands
        )

    def look_up(self, brands: Sequence[Brand], *, door: Door, now: datetime, bluesky: str = BLUESKY) -> int:
        """Ask for the ids of accounts that are not known or were asked for a day ago; how many were learnt."""
        held = dict(self._all())
        learnt = 0
        for account in dict.fromkeys(account for brand in brands for account in brand.accounts):
            entry = held.get(account, {})
            if "at" in entry and now < datetime.fromisoformat(entry["at"]) + (_AGAIN if entry.get("id") else _SOON):
                continue
            found = lasting_id(account, door=door, now=now, bluesky=bluesky)
            if found is None and not _askable(account):
                continue
            learnt += found is not None and found != entry.get("id")
            held[account] = {"id": found or entry.get("id", ""), "at": now.isoformat()}
        if held != self._all():
            self._write(held)
        return learnt

    def _all(self) -> dict[str, dict[str, str]]:
        version = self.version
        if version != self._read_at:
            try:
                found = json.loads(self._path.read_text(encoding="utf-8"))
                self._held = {str(name): dict(entry) for name, entry in found.items()}
            except (OSError, ValueError, AttributeError, TypeError):
                self._held = {}  # it can be asked for again
            self._read_at = version  # type: ignore[assignment]
        return self._held

    def _write(self, held: dict[str, dict[str, str]]) -> None:
        draft = self._path.with_suffix(".tmp")
        draft.write_text(json.dumps(held, indent=1), encoding="utf-8")
        draft.replace(self._path)


def lasting_id(account: str, *, door: Door, now: datetime, bluesky: str = BLUESKY) -> str | None:
    """The id that a network uses for ``account``: a DID, or the address of a Mastodon account; None if nobody says.

    A Bluesky handle is asked for at ``bluesky`` (``com.atproto.identity.resolveHandle``), ``user@server`` at its server
    (``/api/v1/accounts/lookup``).
    """
    name = account.strip().lstrip("@")
    user, _, server = name.partition("@")
    try:
        if server and _USER.fullmatch(user):
            origin = server if "://" in server else f"https://{server}"
            answer = door.get(f"{origin}/api/v1/accounts/lookup", params={"acct": user}, now=now)
            return _address(_field(answer.body, "uri"), urlsplit(origin).hostname)
        if not server and _HANDLE.fullmatch(name.lower()):
            url = f"{bluesky}/xrpc/com.atproto.identity.resolveHandle"
            did = _field(door.get(url, params={"handle": name.lower()}, now=now).body, "did")
            return did if _DID.fullmatch(did) else None
    except KalkanError:
        return None
    return None


def _askable(account: str) -> bool:
    name = account.strip().lstrip("@")
    return "@" in name or _HANDLE.fullmatch(name.lower()) is not None


def _address(uri: str, host: str | None) -> str | None:
    """An account's address, if it lies where it was asked for."""
    parts = urlsplit(uri)
    return uri if parts.scheme in ("https", "http") and parts.hostname and parts.hostname == host else None


def _field(body: bytes, name: str) -> str:
    try:
        found: Any = json.loads(body)
        return str(found[name])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def _ids(held: dict[str, dict[str, str]], accounts: Iterable[str]) -> Iterable[str]:
    return (held[account]["id"] for account in accounts if held.get(account, {}).get("id"))
