"""What the page of one draft shows: its variants with limits, the room, the days, approvals, what happens at sending.

Never writes: everything it needs is handed to it or read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _

from kalkan import drafts as core
from kalkan import text
from kalkan.archive import Archive
from kalkan.desk import (
    access,
    drafts_days,
    drafts_ledger,
    drafts_list,
    drafts_rules,
    drafts_telling,
    drafts_writing,
    formats,
)
from kalkan.desk.actions import drafts as acts
from kalkan.desk.forms import drafts as forms
from kalkan.desk.forms.setup import POST_LANGS
from kalkan.desk.models import Account, Draft, Membership, OutsideLink, Person, Picture, SendingStep, Version
from kalkan.drafts import State
from kalkan.networks.publishing import Problem

_ENDED: Final = ("sent", "held", "failed", "withdrawn")


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """One draft, for one person, at one moment."""

    person: Person
    draft: Draft
    now: datetime
    archive: Archive | None

    def may(self, verb: str) -> bool:
        """Whether the person may do this for the draft's brand."""
        return access.may(self.person, self.draft.brand, verb)


def pictures_of(typed: drafts_writing.Typed, draft: Draft) -> dict[str, Picture]:
    """The brand's pictures that ``typed`` names."""
    wanted = [each.sha256 for each in typed.pictures]
    return {row.sha256: row for row in Picture.objects.filter(brand=draft.brand, sha256__in=wanted)}


def variants(
    typed: drafts_writing.Typed,
    places: Sequence[drafts_writing.Slot],
    against: Mapping[str, Sequence[Problem]],
    rows: Mapping[str, Picture],
    sent: Mapping[str, SendingStep] | None = None,
    *,
    faults: bool,
) -> list[dict[str, Any]]:
    """Each place to write in, with its text, its count and its preview."""
    return [_variant(typed, each, against.get(each.key, ()), rows, sent or {}, faults=faults) for each in places]


def _variant(
    typed: drafts_writing.Typed,
    place: drafts_writing.Slot,
    against: Sequence[Problem],
    rows: Mapping[str, Picture],
    sent: Mapping[str, SendingStep],
    *,
    faults: bool,
) -> dict[str, Any]:
    said = typed.variant(place.key) or drafts_writing.Said(key=place.key, lang=place.lang)
    n, most = drafts_writing.counted(said, place, typed), place.limits.graphemes or 500
    words = {"n": formats.number(n), "most": formats.number(most)}
    out = sent.get(place.account) if place.account else None
    return {
        "key": place.key,
        "network": place.network,
        "network_title": drafts_writing.TITLES[place.network],
        "title": place.title,
        "name": place.name,
        "handle": place.handle,
        "text": said.text,
        "used": said.used,
        "lang": said.lang,
        "visibility": said.visibility,
        "warning": said.warning,
        "limit": most,
        "n": min(n, most),
        "over": n > most,
        "link_length": 23 if place.network == "mastodon" else 0,
        "unit_words": _("{n} of {most} signs"),
        "counted": _("%(n)s of %(most)s signs") % words,
        "faults": _faults(against) if faults else [],
        "previews": [
            {"pieces": each.pieces, "shown": [_shown(one, rows) for one in each.pictures if one.sha256 in rows]}
            for each in drafts_writing.previews(said, place, typed)
            if said.text.strip() or typed.pictures
        ] or [{"pieces": (), "shown": []}],
        "sent": {"url": out.url, "at": out.at, "host": text.display_host(out.url)} if out and out.url else None,
    }  # fmt: skip


def _faults(against: Sequence[Problem]) -> list[str]:
    def one(problem: Problem) -> str:
        words = drafts_telling.say(problem.code, problem.params)
        return _("Post %(n)s: %(words)s") % {"n": problem.part + 1, "words": words} if problem.part else words

    return list(dict.fromkeys(one(each) for each in against))


def _shown(one: drafts_writing.Shown, rows: Mapping[str, Picture]) -> dict[str, Any]:
    row = rows[one.sha256]
    return {
        "sha": one.sha256, "alt": one.alt, "url": reverse("picture", args=[one.sha256]), "width": row.width,
        "height": row.height, "size": row.size, "missing": False,
    }  # fmt: skip


def picture_rows(typed: drafts_writing.Typed, rows: Mapping[str, Picture], *, faults: bool) -> list[dict[str, Any]]:
    """The pictures of the page, each with its alt text; ``faults``: those without one are marked."""
    found = [_shown(one, rows) for one in typed.pictures if one.sha256 in rows]
    for row in found:
        row["missing"] = faults and not row["alt"].strip()
    return found


def page(
    desk: Desk,
    version: Version | None,
    typed: drafts_writing.Typed,
    form: forms.Writing,
    room: Mapping[str, Any],
    *,
    writing: bool,
    faults: bool,
) -> dict[str, Any]:
    """Everything that the page of a draft shows."""
    draft, state = desk.draft, acts.state_of(desk.draft)
    accounts = list(access.accounts_for(desk.person, draft.brand))
    places = drafts_writing.slots(accounts, draft.brand.langs)
    rows = pictures_of(typed, draft)
    core_version = drafts_writing.version_of(typed, places, rows, reads_as=typed.kind or "everyday", markets=())
    against = drafts_writing.stands_against(core_version, places)
    sent = {row.account: row for row in SendingStep.objects.filter(draft=draft, kind="sent").exclude(account="")}
    shown = variants(typed, places, against, rows, sent, faults=faults)
    return {
        "draft": draft,
        "kept": version,
        "kept_by": version.by.name if version and version.by else "–",
        "earlier": draft.version - 1 if draft.version > 1 else 0,
        "writing": writing,
        "form": form,
        "facts_fields": [form[name] for name in ("kind", "pillar", "day", "hour", "answer")],
        "utm_fields": [form[name] for name in ("campaign", "medium", "content")],
        "accounts": accounts,
        "variants": shown if writing else [each for each in shown if each["text"].strip() and each["used"]],
        "pictures": picture_rows(typed, rows, faults=faults),
        "post_langs": POST_LANGS,
        "visibilities": forms.VISIBILITIES,
        "room": room,
        "week": _week(desk, room),
        "moves": core.moves_from(state),
        "state_word": drafts_telling.state_word(draft.state),
        "kind_word": drafts_telling.kind_word(state.kind or (room.get("kind") or "everyday")),
        "markets": ", ".join(state.markets or draft.brand.markets),
        "story_title": drafts_list.story_title(draft.story),
        "why": drafts_telling.say(state.why) if state.why else "",
        "why_note": state.note,
        "comments": access.comments_of(draft),
        "pauses_on": access.pauses_for(desk.person, draft.brand).filter(ended_at=None),
        **_rights(desk, state),
        **approvals(desk, version, state),
        **_sending(desk, state, places),
        **_ledger(desk),
    }


def _week(desk: Desk, room: Mapping[str, Any]) -> tuple[drafts_days.Day, ...]:
    draft = desk.draft
    dates = drafts_days.week_of(draft.planned_at or desk.now)
    wait = next((each for each in room.get("proposals", ()) if each.get("set")), None)
    proposed = None
    if wait is not None and draft.state in ("draft", "changes"):
        at = datetime.fromisoformat(f"{wait['day']}T{wait['hour']}").replace(
            tzinfo=drafts_days.start_of(dates[0]).tzinfo
        )
        proposed = (draft.pk, at) if dates[0] <= at.date() <= dates[-1] else None
    near = access.drafts_for(desk.person, draft.brand).filter(
        planned_at__gte=drafts_days.start_of(dates[0]),
        planned_at__lt=drafts_days.start_of(dates[-1] + timedelta(days=1)),
    )
    return drafts_days.days(draft.brand, dates, near, now=desk.now, proposed=proposed)


def _rights(desk: Desk, state: State) -> dict[str, Any]:
    write, approve = desk.may("write"), desk.may("approve")
    moves = core.moves_from(state)
    return {
        "may_write": write,
        "may_comment": desk.may("moderate"),
        "may_pause": approve,
        "may_look_back": write and desk.draft.state in _ENDED,
        "hindsight": forms.Hindsight(),
        "can_edit_again": write and desk.draft.state not in ("draft", "changes") and "Edit" in moves,
        "may_release": approve and "Release" in moves and not state.begun,
        "needs_reason": state.why == "room_hold",
        "ahead": desk.draft.planned_at is not None and desk.draft.planned_at > desk.now,
        "may_retry": approve and "Retry" in moves,
    }


# — approvals —


def approvals(desk: Desk, version: Version | None, state: State) -> dict[str, Any]:
    """Who said yes, who is asked, what is missing, and whether this person may say yes now."""
    draft, rules = desk.draft, drafts_rules.rules_of(desk.draft.brand)
    kind = state.kind or (core.from_row(core.Version, version.content["version"]).kind if version else "everyday")
    rows = list(access.approvals_of(draft))
    more, roles = core.needed(state.approvals, digest=state.digest, kind=kind, writers=state.writers, policy=rules)
    open_now = state.name == "submitted"
    given = {one.by for one in state.approvals}
    rule = rules.rule(kind)
    asked = [
        {"name": each.person.name, "role_word": drafts_telling.role_word(each.role), "due": state.deadline}
        for each in Membership.objects.filter(brand=draft.brand, role__in=rule.roles).select_related("person")
        if open_now and f"person:{each.person_id}" not in given
        and (rule.own or f"person:{each.person_id}" not in state.writers)
    ]  # fmt: skip
    may, why_not = _may_approve(desk, state, rules, kind)
    return {
        "rule_words": drafts_telling.rule_words(rules, kind),
        "approvals": [
            {
                "name": row.name, "role_word": drafts_telling.role_word(row.role), "yes": row.yes, "n": row.n,
                "at": row.at, "reason": row.reason, "void_at": row.void_at,
            }
            for row in rows
        ],
        "asked": asked,
        "asked_names": _names(desk, rules, kind),
        "voided": bool(version) and any(row.void_at for row in rows) and not state.digest,
        "missing_words": drafts_telling.missing_words(more, roles) if open_now else "",
        "digest_words": _digest(version) if version else "",
        "may_approve_now": may,
        "approve_not": why_not,
        "may_ask_outside": open_now and rule.outside and desk.may("write"),
        "outside_form": forms.Outside(initial={"lang": formats.language()}, prefix="outside"),
        "outside_links": [_link(row, draft, desk.now) for row in access.outside_links_of(draft)],
    }  # fmt: skip


def _may_approve(desk: Desk, state: State, rules: core.Policy, kind: str) -> tuple[bool, str]:
    """Whether this person's yes would count, and if not, why: a missing button always has its reason beside it."""
    if state.name != "submitted":
        return False, ""
    rule, key = rules.rule(kind), f"person:{desk.person.pk}"
    role = access.role_for(desk.person, desk.draft.brand)
    if role not in rule.roles:
        return False, ""
    if any(one.by == key for one in state.approvals):
        return False, _("You have said yes to this version.")
    if key in state.writers and not rule.own:
        return False, _("You wrote some of it, so somebody else has to agree.")
    return True, ""


def _names(desk: Desk, rules: core.Policy, kind: str) -> str:
    """Who would be asked, by name, where that is one person or two."""
    rule = rules.rule(kind)
    found = Membership.objects.filter(brand=desk.draft.brand, role__in=rule.roles).select_related("person")
    writers = set(acts.writers_of(desk.draft)) | {f"person:{desk.person.pk}"}
    names = [each.person.name for each in found if rule.own or f"person:{each.person_id}" not in writers]
    return ", ".join(names) if 0 < len(names) <= 2 else ""


def _digest(version: Version) -> str:
    words = core.from_row(core.Version, version.content["version"])
    pictures = {one.sha256 for variant in words.variants for part in variant.parts for one in part.media}
    return drafts_telling.digest_words(version.digest, len(words.variants), len(pictures), words.planned_at is not None)


def _link(row: OutsideLink, draft: Draft, now: datetime) -> dict[str, Any]:
    state = row.state(now)
    if state == "open" and acts.state_of(draft).digest != row.digest:
        state = "changed"
    words = {
        "open": _("open until %(at)s") % {"at": formats.when(row.until, now=now)},
        "answered": _("answered"),
        "withdrawn": _("withdrawn"),
        "expired": _("expired without an answer"),
        "changed": _("closed: the draft is another one by now"),
    }[state]
    return {
        "row": row,
        "open": state == "open",
        "words": words,
        "path": reverse("outside", args=[access.outside_word(row)]),
    }


# — sending —


def _sending(desk: Desk, state: State, places: Sequence[drafts_writing.Slot]) -> dict[str, Any]:
    draft, rules = desk.draft, drafts_rules.rules_of(desk.draft.brand)
    networks = list(dict.fromkeys(drafts_writing.TITLES[each.network] for each in places))
    steps: list[str] = []
    if draft.state == "sent":
        named = {row.account_id: row for row in Account.objects.filter(brand=draft.brand)}
        for row in SendingStep.objects.filter(draft=draft, kind="sent"):
            known = named.get(row.account)
            who = f"{drafts_writing.TITLES[known.network]} @{known.handle}" if known else row.account
            steps.append(_("%(at)s: out as %(account)s") % {"at": formats.moment(row.at), "account": who})
    else:
        at = draft.planned_at
        late = formats.clock(at + rules.late_after) if at else ""
        when = formats.clock(at) if at else _("The moment a person lets it go")
        steps = [
            _("%(at)s: the room is checked again. A new HOLD stops it and waits for a person.") % {"at": when},
            _("Digest and approvals are checked. One sign different, nothing goes."),
            _("%(networks)s, each once. Before any second try we look whether it is there.")
            % {"networks": ", ".join(networks)},
            _("Later than %(at)s it is held, never sent. After a pause too.") % {"at": late}
            if late
            else _("What falls into a pause is held, also after it."),
        ]
    steps.append(_("1 h, 24 h, 7 d: how it was received goes to the ledger."))
    troubles = [drafts_telling.say(row.fault["code"], row.fault.get("params", {})) for row in
                access.accounts_for(desk.person, draft.brand) if row.fault]  # fmt: skip
    return {"sending_steps": steps, "trouble": troubles if draft.state not in _ENDED else []}


def _ledger(desk: Desk) -> dict[str, Any]:
    entries = access.ledger_for(desk.person, desk.draft.brand, desk.draft)[:30]
    return {
        "entries": [drafts_ledger.line(row) for row in entries],
        "notes": access.notes_for(desk.person, desk.draft),
        "hide_draft": True,
    }
