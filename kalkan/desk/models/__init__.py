"""The desk's tables, one file an area.

Rows are fetched for a person only through :mod:`kalkan.desk.access` and written only by :mod:`kalkan.desk.actions`.
"""

from __future__ import annotations

from kalkan.desk.models.alarms import AlarmHook, AlarmLetter, AlarmNotice, AlarmRules, AlarmWish
from kalkan.desk.models.briefs import BriefPlan, KeptBrief
from kalkan.desk.models.cases import Act, Case
from kalkan.desk.models.corrections import Adjustment, Correction
from kalkan.desk.models.drafts import (
    Account,
    Approval,
    Clock,
    Comment,
    Draft,
    Fact,
    Facts,
    LedgerEntry,
    Mourning,
    Outcome,
    OutsideLink,
    Pause,
    Picture,
    Pillar,
    Policy,
    PrivateNote,
    RoomCheck,
    SendingStep,
    Version,
)
from kalkan.desk.models.inbox import InboxRules, Item, ItemLook, ItemNote, Opened, SavedAnswer, SavedView, TeamRule
from kalkan.desk.models.labels import Label, Sample
from kalkan.desk.models.people import (
    Audit,
    Brand,
    Invitation,
    Membership,
    OpenSession,
    People,
    Person,
    RecoveryCode,
    SecondFactor,
    SignIn,
    Source,
    Watch,
)

__all__ = [
    "InboxRules",
    "Item",
    "ItemLook",
    "ItemNote",
    "Opened",
    "SavedAnswer",
    "SavedView",
    "TeamRule",
    "Act",
    "Case",
    "Label",
    "Sample",
    "BriefPlan",
    "KeptBrief",
    "AlarmHook",
    "AlarmLetter",
    "AlarmNotice",
    "AlarmRules",
    "AlarmWish",
    "Account",
    "Adjustment",
    "Approval",
    "Audit",
    "Brand",
    "Clock",
    "Comment",
    "Correction",
    "Draft",
    "Fact",
    "Facts",
    "Invitation",
    "LedgerEntry",
    "Membership",
    "Mourning",
    "OpenSession",
    "Outcome",
    "OutsideLink",
    "Pause",
    "People",
    "Person",
    "Picture",
    "Pillar",
    "Policy",
    "PrivateNote",
    "RecoveryCode",
    "RoomCheck",
    "SecondFactor",
    "SendingStep",
    "SignIn",
    "Source",
    "Version",
    "Watch",
]
