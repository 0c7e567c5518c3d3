"""What can go wrong, as a code and parameters. The sentence for a person is made at the edge (`sentences`).

KalkanError
├── InvalidInput     a person can mend it: a setting, a file, a form
├── Refused          a rule says no
├── NetworkError     the outside did not answer as it should; says whether waiting can help
├── ArchiveDamaged   our own data is not what it must be: always stops
└── PluginError      a part from elsewhere broke its promise; says whose
"""

from __future__ import annotations


class KalkanError(Exception):
    """A code from the catalogue and the parameters of its sentence. Never prose."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.params.items())
        return f"{self.code}({shown})"


class InvalidInput(KalkanError):
    """A person can mend it."""


class Refused(KalkanError):
    """A rule says no."""


class NetworkError(KalkanError):
    """A network did not answer as it should.

    ``permanent`` tells whether trying again is useless; ``retry_after`` is the network's own wish, in seconds.
    """

    def __init__(
        self, code: str, *, permanent: bool = False, retry_after: float | None = None, **params: object
    ) -> None:
        super().__init__(code, **params)
        self.permanent = permanent
        self.retry_after = retry_after


class ArchiveDamaged(KalkanError):
    """Our own data is damaged. Names the file and stops."""


class PluginError(KalkanError):
    """A part from elsewhere broke its promise."""
