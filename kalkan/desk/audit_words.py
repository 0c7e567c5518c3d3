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
    "entered act": _("Entered an act of a brand"),
    "removed act": _("Took an act out"),
    "kept case": _("Kept a case"),
    "finished several": _("Finished several in the inbox"),
    "saved answer": _("Saved an answer"),
    "changed inbox rules": _("Changed how the inbox works"),
    "changed shield": _("Changed what the shield does"),
    "added shield rule": _("Added a rule to the shield"),
    "removed shield rule": _("Took a rule out of the shield"),
    "snoozed several": _("Snoozed several in the inbox"),
    "assigned several": _("Assigned several in the inbox"),
    "tagged several": _("Tagged several in the inbox"),
    "removed answer": _("Removed a saved answer"),
    "named handler": _("Said who handles what is held"),
    "kept evidence": _("Opened what was held and kept it as evidence"),
    "exported evidence": _("Exported evidence"),
    "ended hold": _("A hold ended: its evidence was released"),
    "finished pile-on": _("Finished a pile-on"),
    "began shield audit": _("Began an audit of the shield"),
    "passed on ask": _("Passed on what people ask"),
    "decided ask": _("Wrote down what was decided of an ask"),
    "answered ask": _("Answered those who asked"),
    "changed rota": _("Changed the rota"),
    "did on network": _("Did something on a network"),
    "undid on network": _("Undid something on a network"),
    "trusted clock": _("Said that the machine’s clock is right"),
    "kept brief": _("Kept a brief"),
    "planned brief": _("Had a brief made by itself"),
    "set language model": _("Named a language model for wording"),
    "removed language model": _("Removed the language model for wording"),
    "dropped brief plan": _("Ended a brief that was made by itself"),
    "invited": _("Invited somebody"),
    "withdrew invitation": _("Withdrew an invitation"),
    "joined": _("Joined the team"),
    "changed role": _("Changed somebody’s part"),
    "removed from team": _("Removed somebody from the team"),
    "left": _("Left the team"),
    "began draft": _("Began a draft"),
    "saved draft": _("Saved a version of a draft"),
    "submitted draft": _("Submitted a draft"),
    "approved draft": _("Approved a draft"),
    "changes draft": _("Asked for changes to a draft"),
    "released draft": _("Let a draft go"),
    "overruled draft": _("Let a draft go in spite of the room check"),
    "withdrawn draft": _("Took a draft back"),
    "asked outside": _("Asked an approver without an account"),
    "withdrew outside link": _("Withdrew a link to an approver"),
    "paused": _("Paused"),
    "began drill": _("Began a drill"),
    "ended pause": _("Ended a pause"),
    "connected account": _("Connected an account"),
    "connected account again": _("Connected an account again"),
    "disconnected account": _("Disconnected an account"),
    "changed approval rules": _("Changed the rules of approval"),
    "changed brand facts": _("Changed what the room check knows"),
    "told brand fact": _("Told a brand fact"),
    "closed brand fact": _("Closed a brand fact"),
    "declared mourning": _("Wrote down declared mourning"),
    "took mourning out": _("Took declared mourning out"),
    "made link": _("Made a counted link"),
    "closed link": _("Closed a counted link"),
    "took in leads": _("Took in clicks or conversions"),
    "opened lead door": _("Opened a door for clicks and conversions"),
    "shut lead door": _("Shut a door for clicks and conversions"),
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
