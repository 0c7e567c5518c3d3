"""The list of drafts, the mix of what a brand says, ideas from stories, and what each version changed.

Promises that an idea always carries the story it came from, and that the mix says how many, never how good. Never
writes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kalkan import drafts as core
from kalkan import text
from kalkan.desk import access, drafts_ledger, drafts_rules, drafts_telling, drafts_writing, formats, stories
from kalkan.desk.actions import drafts as acts
from kalkan.desk.models import Brand, Draft, LedgerEntry, Membership, Person, Pillar, Version
from kalkan.drafts import needed

TOLD: Final[dict[str, Callable[[], str]]] = {
    "saved": lambda: _("Saved as a new version."),
    "same": lambda: _("Nothing was different, so no version was made."),
    "submitted": lambda: _("Submitted. Whoever has to agree sees it under Drafts."),
    "approved": lambda: _("Your yes is written down, for exactly this version."),
    "changes": lambda: _("Sent back, with your word."),
    "released": lambda: _("It goes."),
    "withdrawn": lambda: _("Taken back. It stays readable and never goes out."),
    "commented": lambda: _("Said."),
    "noted": lambda: _("Kept, for your eyes only."),
    "back": lambda: _("Written into the ledger."),
    "linked": lambda: _("The link is ready. Give it to them yourself."),
    "unlinked": lambda: _("Withdrawn. The link opens nothing any more."),
    "retried": lambda: _("It is tried again."),
}
_IDEAS: Final = 4
_MIX_DAYS: Final = 28
_SOON: Final = timedelta(days=14)


def page(person: Person, brand: Brand, *, now: datetime) -> dict[str, Any]:
    """What the list shows: by what each draft waits for, the mix, ideas."""
    rows = list(access.drafts_for(person, brand)[:400])
    mine = [row for row in rows if row.state == "submitted" and waits_for(person, row)]
    groups = [
        (_("Wait for you"), mine, "mine"),
        (
            _("Wait for others"),
            [row for row in rows if row.state in ("submitted", "approved") and row not in mine],
            "others",
        ),
        (_("Being written"), [row for row in rows if row.state in ("draft", "changes")], "written"),
        (_("Approved and planned"), _by_plan(row for row in rows if row.state in ("scheduled", "sending")), "planned"),
        (_("Held or failed"), [row for row in rows if row.state in ("held", "failed")], "held"),
        (_("Out"), [row for row in rows if row.state == "sent"][:20], "sent"),
        (_("Taken back"), [row for row in rows if row.state == "withdrawn"][:10], "withdrawn"),
    ]
    return {
        "heading": _heading(mine, rows),
        "groups": [(title, [_row(row, now) for row in found], key) for title, found, key in groups if found],
        "any": bool(rows),
        "may_write": access.may(person, brand, "write"),
        "may_pause": access.may(person, brand, "approve"),
        "pauses_on": access.pauses_for(person, brand).filter(ended_at=None),
        "accounts": list(access.accounts_for(person, brand)),
        "mix": mix(brand, rows, now),
        "mix_days": _MIX_DAYS,
        "ideas": ideas(brand, now=now) if access.may(person, brand, "write") else [],
        "record": drafts_ledger.record_words(drafts_ledger.score_of(brand)),
    }


def waits_for(person: Person, row: Draft) -> bool:
    """Whether this person's yes would count now."""
    state, rules = acts.state_of(row), drafts_rules.rules_of(row.brand)
    rule, key = rules.rule(state.kind), f"person:{person.pk}"
    return (
        state.name == "submitted"
        and access.role_for(person, row.brand) in rule.roles
        and (rule.own or key not in state.writers)
        and all(one.by != key for one in state.approvals)
    )


def waiting(person: Person, brand: Brand) -> list[Draft]:
    """The drafts that wait for this person's yes."""
    return [row for row in access.drafts_for(person, brand).filter(state="submitted")[:200] if waits_for(person, row)]


def today(person: Person, brand: Brand) -> dict[str, Any]:
    """What the first page shows of drafts: those that wait for this person's yes, and accounts in trouble."""
    rows = [
        {"row": row, "verdict_word": drafts_telling.verdict_word(row.verdict)} for row in waiting(person, brand)[:5]
    ]
    broken = sum(bool(row.fault) for row in access.accounts_for(person, brand))
    return {"drafts_wait": rows, "accounts_broken": broken}


def _by_plan(rows: Any) -> list[Draft]:
    return sorted(rows, key=lambda row: (row.planned_at is None, row.planned_at or row.changed_at))


def _heading(mine: Sequence[Draft], rows: Sequence[Draft]) -> str:
    if mine:
        n = len(mine)
        return ngettext("%(n)s draft waits for your yes", "%(n)s drafts wait for your yes", n) % {
            "n": formats.number(n)
        }
    held = sum(row.state in ("held", "failed") for row in rows)
    if held:
        return ngettext("%(n)s draft is held and needs a person", "%(n)s drafts are held and need a person", held) % {
            "n": formats.number(held)
        }
    planned = sum(row.state == "scheduled" for row in rows)
    if planned:
        return ngettext("%(n)s draft is approved and planned", "%(n)s drafts are approved and planned", planned) % {
            "n": formats.number(planned)
        }
    return _("Nothing waits for you") if rows else _("Say something in the brand’s name")


def _row(row: Draft, now: datetime) -> dict[str, Any]:
    state = acts.state_of(row)
    waits = ""
    if row.state == "submitted":
        more, roles = needed(
            state.approvals, digest=state.digest, kind=state.kind, writers=state.writers,
            policy=drafts_rules.rules_of(row.brand),
        )  # fmt: skip
        waits = drafts_telling.missing_words(more, roles)
    return {
        "row": row,
        "verdict_word": drafts_telling.verdict_word(row.verdict),
        "state_word": drafts_telling.state_word(row.state),
        "why": drafts_telling.say(state.why) if state.why else "",
        "waits": waits,
        "late": row.planned_at is not None and row.planned_at < now and row.state in ("draft", "submitted", "approved"),
        "said": first_words(row),
    }


def first_words(row: Draft) -> str:
    """The first text of the newest version, short."""
    version = Version.objects.filter(draft=row).only("content").first()
    if version is None:
        return ""
    found = next((each for each in version.content["typed"]["variants"] if each["used"] and each["text"].strip()), None)
    return text.cut(" ".join(text.clean(found["text"]).split()), 140) if found else ""


def mix(brand: Brand, rows: Sequence[Draft], now: datetime) -> list[dict[str, Any]]:
    """How much of each kind went out in the last weeks or is planned, and how it was received."""
    since = now - timedelta(days=_MIX_DAYS)
    counted = {name: 0 for name, _title in Pillar.choices}
    pks: dict[int, str] = {}
    for row in rows:
        out = row.state == "sent" and row.sent_at is not None and row.sent_at >= since
        planned = row.state == "scheduled" and row.planned_at is not None and row.planned_at <= now + _SOON
        if row.pillar and (out or planned):
            counted[row.pillar] += 1
            pks[row.pk] = row.pillar
    total, received = sum(counted.values()), _received(brand, pks)
    return [
        {
            "name": title,
            "n": counted[name],
            "width": f"{100 * counted[name] / total:.1f}" if total else "0",
            "share": formats.share(counted[name] / total) if total else "",
            "received": received.get(name, ""),
        }
        for name, title in Pillar.choices
    ]


def _received(brand: Brand, pks: dict[int, str]) -> dict[str, str]:
    """Pillar → how its posts were received, in words; from the latest look at each."""
    latest: dict[int, str] = {}
    found = LedgerEntry.objects.filter(brand=brand, kind="outcome", draft_id__in=list(pks)).order_by("seq")
    for pk, body in found.values_list("draft_id", "body"):
        latest[pk] = str(body.get("reception", ""))
    words: dict[str, dict[str, int]] = {}
    for pk, reception in latest.items():
        kinds = words.setdefault(pks[pk], {})
        kinds[reception] = kinds.get(reception, 0) + 1
    return {
        pillar: ", ".join(f"{drafts_ledger.RECEPTIONS.get(name, name)} {n}" for name, n in sorted(kinds.items()))
        for pillar, kinds in words.items()
    }


def ideas(brand: Brand, *, now: datetime) -> list[dict[str, Any]]:
    """Stories worth explaining to followers: that touch the brand or its trade, rising ones first."""
    found = [row for row in stories.listed(brand, now=now, days=3) if row.title and not row.into]
    near = [row for row in found if stories.sees(brand, row.scope) and (":" in row.scope or row.watches)]
    return [
        {
            "id": row.id, "title": row.title, "grave": row.gravity.level >= 2,
            "meta": ngettext("%(n)s author", "%(n)s authors", row.authors) % {"n": formats.number(row.authors)},
        }
        for row in [*near, *(row for row in found if row not in near)][:_IDEAS]
    ]  # fmt: skip


def idea(brand: Brand, story: str, *, now: datetime) -> tuple[str, drafts_writing.Typed]:
    """A first draft that explains a story: its title, and a skeleton to be written out, with what is known so far."""
    row = next((each for each in stories.listed(brand, now=now, days=14) if each.id == story), None)
    if row is None:
        return "", drafts_writing.Typed()
    lang = "tr" if formats.language() == "tr" else "en"
    words = {"title": row.title, "at": formats.moment(row.began)}
    read_on = [each.name for each in row.trace.carriers if each.kind == "site"][:3]
    skeleton = _("What happened:\n\nWhat is known so far:\n\nWhat it means for you:\n\nWhere to read on:")
    skeleton += "".join(f"\nhttps://{host}" for host in read_on)
    places = drafts_writing.slots(list(brand.accounts.filter(removed_at=None)), brand.langs)
    said = tuple(
        drafts_writing.Said(key=each.key, text=skeleton, lang=lang, used=not n) for n, each in enumerate(places)
    )
    return text.cut(_("Explained: %(title)s") % words, 120), drafts_writing.Typed(variants=said)


def story_title(story: str) -> str:
    """The title of a story by its id; the id where nothing is known of it any more."""
    row = stories.opened().story(story) if story else None
    return row.title if row is not None and row.title else story


def asked_by_hold(brand: Brand) -> str:
    """Who is asked when the room says HOLD: the owners, by name."""
    found = Membership.objects.filter(brand=brand, role="owner", person__is_active=True).select_related("person")
    return ", ".join(each.person.name for each in found[:2])


# — versions —


def versions(rows: Sequence[Version]) -> list[dict[str, Any]]:
    """Each version, newest first, with what it changed against the one before."""
    found = []
    for at, row in enumerate(rows):
        older = rows[at + 1] if at + 1 < len(rows) else None
        found.append(
            {
                "row": row,
                "by": row.by.name if row.by else "–",
                "digest": row.digest[:16],
                "changes": changes(older, row),
            }
        )
    return found


def changes(older: Version | None, newer: Version) -> list[dict[str, Any]]:
    """What is different: each text as runs that stayed, went or came; then everything else in words."""
    after = core.from_row(core.Version, newer.content["version"])
    before = core.from_row(core.Version, older.content["version"]) if older else core.Version(variants=())
    was = {each.account: each for each in before.variants}
    found: list[dict[str, Any]] = []
    for each in after.variants:
        old = was.pop(each.account, None)
        one, two = _whole(old) if old else "", _whole(each)
        if one != two:
            found.append({"title": drafts_writing.TITLES[each.network], "runs": runs(one, two)})
    found += [{"title": drafts_writing.TITLES[each.network], "runs": runs(_whole(each), "")} for each in was.values()]
    if older and before.planned_at != after.planned_at:
        at = formats.moment(after.planned_at) if after.planned_at else _("when a person lets it go")
        found.append({"title": _("Planned"), "words": at})
    if older and before.kind != after.kind:
        found.append({"title": _("Kind"), "words": drafts_telling.kind_word(after.kind)})
    if older and _media(before) != _media(after):
        found.append({"title": _("Pictures and their words"), "words": _("changed")})
    return found


def _whole(variant: core.Variant) -> str:
    return "\n---\n".join(part.text for part in variant.parts)


def _media(version: core.Version) -> list[tuple[str, str]]:
    return [(one.sha256, one.alt) for each in version.variants for part in each.parts for one in part.media]


def runs(before: str, after: str) -> list[dict[str, str]]:
    """Word by word: what stayed (same), went (gone) and came (new)."""
    one, two = _words(before), _words(after)
    found: list[dict[str, str]] = []
    for tag, a, b, c, d in SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append({"how": "same", "words": "".join(one[a:b])})
            continue
        if b > a:
            found.append({"how": "gone", "words": "".join(one[a:b])})
        if d > c:
            found.append({"how": "new", "words": "".join(two[c:d])})
    return found


def _words(said: str) -> list[str]:
    found: list[str] = []
    for run in said.split(" "):
        found += [run, " "]
    return found[:-1][:4000]
