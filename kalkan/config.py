"""One table of settings: defaults, then the TOML file, then the environment, then files for secrets.

Unknown names and wrong types stop the start with a sentence. A setting ``port`` is ``KALKAN_PORT`` in the environment;
``KALKAN_PORT_FILE`` names a file to read it from. Reads nothing but what it is handed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs

from kalkan.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its name, type (as its default shows), and what it is for."""

    name: str
    default: str | int | float | bool
    help: str
    secret: bool = False


SETTINGS: Final = (
    Setting("data", "", "Folder for everything Kalkan keeps; empty: the platform's own data folder."),
    Setting("host", "127.0.0.1", "Address the desk listens on."),
    Setting("port", 8620, "Port the desk listens on; 0 takes any free one."),
    Setting("public_url", "", "Address people type, when it differs from host and port (behind a proxy)."),
    Setting("database", "", "PostgreSQL address for the desk's working state; empty: SQLite in the data folder."),
    Setting("secret_key", "", "Key for sessions and stored credentials; empty: made once and kept in the data folder.",
            secret=True),
    Setting("lang", "", "Language of the command line, en or tr; empty: as the system says."),
    Setting("demo", False, "Run the made-up world instead of real networks."),
    Setting("readers", 1, "Processes that read posts; each takes about one core when busy."),
    Setting("flush_seconds", 1.5, "How long a listener may gather before it stores what it heard."),
    Setting("flush_rows", 20000, "How many posts a listener gathers at most before it stores them."),
    Setting("own_model", "", "Folder of a model of your own that reads mentions for the careful one; empty: none."),
    Setting("careful_seconds", 20.0, "Seconds of processor a minute to read mentions carefully with; 0: never."),
    Setting("keep_days", 0, "Days of posts that are no mention to keep; 0 keeps all."),
    Setting("smtp_host", "", "Mail server for alarms by e-mail; empty: no mail is sent."),
    Setting("smtp_port", 587, "Port of the mail server."),
    Setting("smtp_tls", "starttls", "How the mail server is spoken to: starttls, tls or none."),
    Setting("smtp_user", "", "Name to sign in to the mail server with; empty: without."),
    Setting("smtp_password", "", "Password for the mail server.", secret=True),
    Setting("mail_from", "", "Address that mails come from; empty: kalkan at the public address."),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """All settings, checked. Field for field the names of :data:`SETTINGS`."""

    data: Path
    host: str
    port: int
    public_url: str
    database: str
    secret_key: str
    lang: str
    demo: bool
    readers: int
    flush_seconds: float
    flush_rows: int
    own_model: str
    careful_seconds: float
    keep_days: int
    smtp_host: str
    smtp_port: int
    smtp_tls: str
    smtp_user: str
    smtp_password: str
    mail_from: str

    @property
    def archive(self) -> Path:
        """Where the archive lives."""
        return self.data / "archive"

    @property
    def stories(self) -> Path:
        """Where stories, alarms and the follower's checkpoint are kept."""
        return self.data / "stories"

    @property
    def status(self) -> Path:
        """Where listeners leave a word on how they are, one small file each."""
        return self.data / "status"


def load(environ: Mapping[str, str], *, data: str | None = None, **given: object) -> Config:
    """Settings from ``DATA/kalkan.toml``, ``environ`` and what the command line has ``given`` (which wins).

    :raises InvalidInput: an unknown name in the file, a value of the wrong type, an unreadable file.
    """
    values: dict[str, object] = {setting.name: setting.default for setting in SETTINGS}
    fromenv = _from_environment(environ)
    folder = data or fromenv.get("data") or platformdirs.user_data_dir("kalkan", appauthor=False)
    root = Path(str(folder)).expanduser()
    values.update(_from_file(root / "kalkan.toml"))
    values.update(fromenv)
    values.update({name: value for name, value in given.items() if value is not None})
    values["data"] = root
    return Config(**{name: value if name == "data" else _typed(name, value) for name, value in values.items()})  # type: ignore[arg-type]


def _from_file(path: Path) -> dict[str, object]:
    if not path.is_file():
        return {}
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInput("settings_unreadable", path=str(path), detail=str(error)) from error
    known = {setting.name for setting in SETTINGS}
    for name in found:
        if name not in known:
            raise InvalidInput("setting_unknown", name=name, path=str(path), known=", ".join(sorted(known)))
    return found


def _from_environment(environ: Mapping[str, str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for setting in SETTINGS:
        variable = f"KALKAN_{setting.name.upper()}"
        if variable in environ:
            found[setting.name] = environ[variable]
        elif f"{variable}_FILE" in environ:
            path = Path(environ[f"{variable}_FILE"])
            try:
                found[setting.name] = path.read_text(encoding="utf-8").strip()
            except OSError as error:
                raise InvalidInput("settings_unreadable", path=str(path), detail=error.strerror or "") from error
    return found


_FLAGS: Final = {
    "1": True,
    "true": True,
    "yes": True,
    "on": True,
    "0": False,
    "false": False,
    "no": False,
    "off": False,
}


def _typed(name: str, value: object) -> object:
    default = next(setting.default for setting in SETTINGS if setting.name == name)
    try:
        if isinstance(default, bool):
            return value if isinstance(value, bool) else _FLAGS[str(value).strip().lower()]
        if isinstance(default, (int, float)):
            if isinstance(value, bool):
                raise ValueError
            text = str(value)
            return int(text) if isinstance(default, int) else float(text)
    except (KeyError, ValueError, TypeError) as error:
        kind = {"bool": "yes or no", "int": "a whole number", "float": "a number"}[type(default).__name__]
        raise InvalidInput("setting_wrong_type", name=name, value=str(value), kind=kind) from error
    return str(value)
