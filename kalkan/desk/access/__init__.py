"""The only way to fetch a row on behalf of a person, one file an area.

Promises that a row of a brand on whose team a person is not does not exist for them (404, never 403: even the name is
not told). Never writes.
"""

from __future__ import annotations

from kalkan.desk.access.people import (
    MAY,
    SHARED_VERBS,
    anybody,
    audit_for,
    brand_for,
    brands_for,
    current_brand,
    invitation_by,
    invitation_for,
    invitations_for,
    may,
    may_add_brand,
    may_listen,
    member_for,
    person_of,
    recovery_left,
    require,
    role_for,
    second_factor_for,
    session_for,
    sessions_for,
    set_up,
    source_for,
    sources_for,
    team_for,
    word_of,
)

__all__ = [
    "MAY",
    "SHARED_VERBS",
    "anybody",
    "audit_for",
    "brand_for",
    "brands_for",
    "current_brand",
    "invitation_by",
    "invitation_for",
    "invitations_for",
    "may",
    "may_add_brand",
    "may_listen",
    "member_for",
    "person_of",
    "recovery_left",
    "require",
    "role_for",
    "second_factor_for",
    "session_for",
    "sessions_for",
    "set_up",
    "source_for",
    "sources_for",
    "team_for",
    "word_of",
]
