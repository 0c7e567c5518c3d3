"""The desk's tables, one file an area.

Rows are fetched for a person only through :mod:`kalkan.desk.access` and written only by :mod:`kalkan.desk.actions`.
"""

from __future__ import annotations

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
    "Audit",
    "Brand",
    "Invitation",
    "Membership",
    "OpenSession",
    "People",
    "Person",
    "RecoveryCode",
    "SecondFactor",
    "SignIn",
    "Source",
    "Watch",
]
