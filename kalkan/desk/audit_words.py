"""What the audit log says: one short line for every verb that an act writes, and its details. Never fetches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from kalkan.desk.models import Membership

VERBS: Final[dict[str, Any]] = {
    "founded": _("Founded this desk"),
    "signed in": _("Signed in"),
    "changed own settings": _("Changed own settings"),
    "changed own password": _("Changed own password"),
    "was given a new password": _("Was given a new password by whoever runs Kalkan"),
    "switched second factor on": _("Switched the second factor on"),
    "switched second factor off": _("Switched the second factor off"),
    "made new recovery codes": _("Made new recovery codes"),
    "used recovery code": _("Signed in with a recovery code"),
    "ended session": _("Ended a session"),
    "ended other sessions": _("Ended all other sessions"),
    "created brand": _("Added the brand"),
    "changed brand": _("Changed the brand"),
    "changed watches": _("Changed the watches"),
    "added source": _("Added a source"),
    "changed source": _("Changed a source"),
    "switched source on": _("Switched a source on"),
    "switched source off": _("Switched a source off"),
    "removed source": _("Removed a source"),
    "began sample": _("Began a random sample to label"),
    "kept brief": _("Kept a brief"),
    "planned brief": _("Had a brief made by itself"),
    "dropped brief plan": _("Ended a brief that was made by itself"),
    "invited": _("Invited somebody"),
    "withdrew invitation": _("Withdrew an invitation"),
    "joined": _("Joined the team"),
    "changed role": _("Changed somebody’s part"),
    "removed from team": _("Removed somebody from the team"),
    "left": _("Left the team"),
    "measured adjustment": _("Measured what corrections would change"),
    "switched adjustment on": _("Switched the adjusted reading on"),
    "switched adjustment off": _("Switched the adjusted reading off"),
    "changed alarm rules": _("Changed what is told by alarm"),
    "changed own alarms": _("Changed how they are told of alarms"),
    "judged alarm": _("Said whether an alarm was worth it"),
    "added alarm hook": _("Added an address that alarms are posted to"),
    "switched alarm hook on": _("Switched posting of alarms on"),
    "switched alarm hook off": _("Switched posting of alarms off"),
    "removed alarm hook": _("Removed an address that alarms are posted to"),
    "tried alarms": _("Sent a trial alarm"),
}
_MARKS: Final = {"added": "+ ", "removed": "− ", "was": "− ", "role": "+ "}
_ROLES: Final = dict(Membership.Role.choices)


def verb(name: str) -> str:
    """``name`` as a line for people; a verb of a later version stays as it was written."""
    return str(VERBS.get(name, name))


def details(detail: Mapping[str, Any]) -> str:
    """What it was about: names and lists, with + for what came and − for what went."""
    found = []
    for name, value in detail.items():
        words = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        if name in {"role", "was"}:
            words = str(_ROLES.get(words, words))
        if words:
            found.append(_MARKS.get(name, "") + words)
    return " · ".join(found)
