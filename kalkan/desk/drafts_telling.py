"""Drafts in words: verdicts with what they rest on, states, rules, lines of the ledger.

Promises that every finding is shown with evidence that opens, that abuse in an example is folded, and that nothing is
said with a suffix on what is filled in. Never decides and never makes HTML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kalkan import figures, sentences, text
from kalkan.archive import Archive
from kalkan.desk import formats, showing
from kalkan.desk.forms.drafts import KINDS
from kalkan.desk.models import Brand, Membership
from kalkan.drafts import Policy
from kalkan.figures import Ask, Where

WORDS: Final = {"go": gettext_lazy("GO"), "care": gettext_lazy("CARE"), "hold": gettext_lazy("HOLD")}
STATES: Final[dict[str, Any]] = {
    "draft": gettext_lazy("being written"),
    "submitted": gettext_lazy("waits for approval"),
    "changes": gettext_lazy("changes are wanted"),
    "approved": gettext_lazy("approved, waits to be let go"),
    "scheduled": gettext_lazy("approved and planned"),
    "sending": gettext_lazy("being sent"),
    "sent": gettext_lazy("out"),
    "held": gettext_lazy("held"),
    "failed": gettext_lazy("failed"),
    "withdrawn": gettext_lazy("taken back"),
}
OCCASIONS: Final[dict[str, Any]] = {
    "written": gettext_lazy("room check while writing"),
    "submitted": gettext_lazy("room check at submission"),
    "approved": gettext_lazy("room check at approval"),
    "sending": gettext_lazy("room check at sending"),
    "out": gettext_lazy("room check while it is in view"),
}
_EXAMPLES: Final = 3


def say(code: str, params: Mapping[str, Any] | None = None) -> str:
    """The sentence of ``code`` in the active language; times among ``params`` as the reader's clock has them."""
    plain = {name: _param(value) for name, value in (params or {}).items()}
    return sentences.say(code, plain, lang=formats.language())


_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( UTC|Z|[+-]\d\d:\d\d)")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")


def _param(value: Any) -> Any:
    """A parameter as the reader's own: times and days on their clock, lists with commas."""
    if isinstance(value, datetime):
        return formats.moment(value)
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return formats.moment(datetime.fromisoformat(value.replace(" UTC", "+00:00")))
    if isinstance(value, str) and _DATE.fullmatch(value):
        return formats.day(datetime.fromisoformat(f"{value}T12:00:00+00:00"), zone=UTC)
    if isinstance(value, (list, tuple)):
        return ", ".join(str(one) for one in value)
    return value


def kind_word(kind: str) -> str:
    """A kind of draft by its name."""
    return str(dict(KINDS).get(kind, kind))


def state_word(state: str) -> str:
    """A state by its name."""
    return str(STATES.get(state, state))


def verdict_word(verdict: str) -> str:
    """GO, CARE or HOLD in the active language."""
    return str(WORDS.get(verdict, ""))


# — the room check —


def room(
    found: Mapping[str, Any] | None, *, occasion: str, brand: Brand, archive: Archive | None, ask: str = ""
) -> dict[str, Any]:
    """What the panel shows of a check; without one, that there is nothing to check yet."""
    if found is None:
        heading = _("Write something, and the room is looked at.")
        return {"shape": "wait", "verdict": "", "heading": heading, "findings": [], "marks": "[]", "occasion": ""}
    verdict = found["verdict"]
    texts = _examples(found, archive)
    seen: dict[str, int] = {}
    findings = [_finding(n, each, found, brand, texts, seen) for n, each in enumerate(found["findings"], 1)]
    return {
        "shape": verdict,
        "verdict": verdict,
        "word": verdict_word(verdict),
        "occasion": str(OCCASIONS.get(occasion, occasion)),
        "at": datetime.fromisoformat(found["at"]),
        "heading": _heading(found, ask),
        "about": _about(found),
        "findings": findings,
        "releases": [_release(each) for each in found["released"]],
        "proposals": _proposals(found, ask),
        "pause_url": _pause_url(found),
        "pause_until": next(
            (datetime.fromisoformat(one["until"]) for one in found["proposals"] if one["kind"] == "pause"), None
        ),
        "marks": json.dumps(
            [
                {"words": words, "no": n, "level": each["level"]}
                for n, each in enumerate(found["findings"], 1)
                for words in each["marked"]
            ],
            ensure_ascii=False,
        ),
    }


def unknown(code: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The panel when the check could not be made: said as such, never as a GO."""
    return {
        "shape": "care", "verdict": "", "word": "", "heading": _("The room could not be checked."),
        "about": say(code, params), "findings": [], "marks": "[]", "occasion": "",
    }  # fmt: skip


def _heading(found: Mapping[str, Any], ask: str) -> str:
    words = say(f"room_verdict_{found['verdict']}").partition(": ")[2] or say(f"room_verdict_{found['verdict']}")
    words = words[:1].upper() + words[1:] if formats.language() == "en" else text.upper_tr(words[:1]) + words[1:]
    wait = next((each for each in found["proposals"] if each["kind"] == "wait" and each.get("until")), None)
    if found["verdict"] == "hold" and wait is not None:
        at = formats.when(datetime.fromisoformat(wait["until"]), now=datetime.fromisoformat(found["at"]))
        return _("%(words)s Not before %(at)s.") % {"words": words, "at": at}
    return words


def _about(found: Mapping[str, Any]) -> str:
    around = found["room"]
    if around is None:
        return ""
    counted = int(around["coverage"]) if str(around["coverage"]).isdigit() else int(around["posts"])
    stories = len(around["stories"])
    told = ngettext("%(n)s story", "%(n)s stories", stories) % {"n": formats.number(stories)}
    words = {"posts": formats.number(counted), "stories": told}
    if around["begins"] and around["until"]:
        words |= {
            "since": formats.day(datetime.fromisoformat(around["begins"])),
            "until": formats.day(datetime.fromisoformat(around["until"])),
        }
        return _("Room: %(posts)s posts, %(since)s – %(until)s; %(stories)s.") % words
    return _("Room: %(posts)s posts; %(stories)s.") % words


def _examples(found: Mapping[str, Any], archive: Archive | None) -> dict[str, showing.Said]:
    """The posts that findings name, as they may be shown; what is deleted or erased is not there."""
    ids = list(
        dict.fromkeys(pid for each in found["findings"] for one in each["evidence"] for pid in one["posts"][:_EXAMPLES])
    )[:30]
    if archive is None or not ids:
        return {}
    at = datetime.fromisoformat(found["at"])
    return posts_by_id(archive, ids, since=at - timedelta(days=8), until=at + timedelta(days=1))


def posts_by_id(archive: Archive, ids: Sequence[str], *, since: datetime, until: datetime) -> dict[str, showing.Said]:
    """Posts of the archive by their ids, ready to show."""
    page = figures.behind(Ask(since=since, until=until, where=Where(ids=tuple(ids))), archive, limit=len(ids))
    return {row["id"]: showing.said(row, short=True) for row in page.posts}


def _finding(
    n: int,
    each: Mapping[str, Any],
    found: Mapping[str, Any],
    brand: Brand,
    texts: Mapping[str, showing.Said],
    seen: dict[str, int],
) -> dict[str, Any]:
    """One finding with its evidence; what an earlier one showed already is named and not shown again."""
    lines: list[dict[str, Any]] = []
    for one in each["evidence"]:
        name = f"{one['kind']} {one['id']}"
        if seen.setdefault(name, n) != n:
            lines.append({"text": _named(one, found), "url": "", "more": _("as in %(n)s") % {"n": seen[name]}})
        else:
            lines += _evidence(one, found, brand, texts)
    return {
        "no": n,
        "title": say(each["why"], each["params"]),
        "level": each["level"],
        "word": verdict_word(each["level"]),
        "evidence": lines,
    }


def _evidence(
    one: Mapping[str, Any], found: Mapping[str, Any], brand: Brand, texts: Mapping[str, showing.Said]
) -> list[dict[str, Any]]:
    """One piece of evidence as lines: what it is with its link, then the posts it names."""
    lines: list[dict[str, Any]] = [
        {"text": _named(one, found), "url": _opens(one, found, brand), "more": _measured(one)}
    ]
    for pid in one["posts"][:_EXAMPLES]:
        said = texts.get(pid)
        if said is not None:
            lines.append(
                {
                    "say": True,
                    "text": said.text,
                    "lang": said.lang,
                    "fold": said.abuse,
                    "url": said.url,
                    "host": said.host,
                }
            )
    return lines


def _named(one: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    title = one["title"] or ", ".join(one["words"])
    if one["kind"] == "date" and formats.language() == "tr":
        days = {each["id"]: each["name_tr"] for each in (found["room"] or {}).get("observances", ())}
        title = days.get(one["id"]) or title
    return {
        "story": _("Story: %(title)s"),
        "post": _("Post: %(title)s"),
        "date": _("Day: %(title)s"),
        "fact": _("Brand fact: %(title)s"),
    }.get(one["kind"], _("In the draft: %(title)s")) % {"title": title}


def _measured(one: Mapping[str, Any]) -> str:
    found = []
    if one["kind"] == "date" and one["at"] and one["until"]:
        begins, until = datetime.fromisoformat(one["at"]), datetime.fromisoformat(one["until"])
        last = until - timedelta(seconds=1)
        same = formats.local(begins).date() == formats.local(last).date()
        found.append(formats.day(begins) if same else f"{formats.day(begins)} – {formats.day(last)}")
    elif one["at"]:
        found.append(
            _("since %(at)s") % {"at": formats.when(datetime.fromisoformat(one["at"]), now=datetime.now().astimezone())}
        )
    if one["authors"]:
        n = int(one["authors"])
        found.append(ngettext("%(n)s author", "%(n)s authors", n) % {"n": formats.number(n)})
    elif one["n"]:
        n = int(one["n"])
        found.append(ngettext("%(n)s post", "%(n)s posts", n) % {"n": formats.number(n)})
    return ", ".join(found)


def _opens(one: Mapping[str, Any], found: Mapping[str, Any], brand: Brand) -> str:
    """Where a piece of evidence can be looked at."""
    if one["kind"] == "story" and not one["id"].startswith("room:"):
        from django.urls import NoReverseMatch

        try:
            return reverse("story", args=[one["id"]])
        except NoReverseMatch:
            return ""
    if one["kind"] == "date":
        at = one["at"] or found["at"]
        return f"{reverse('calendar')}?month={formats.local(datetime.fromisoformat(at)):%Y-%m}"
    if one["kind"] == "fact":
        return f"{reverse('facts')}#fact-{one['id']}"
    return ""


def _release(each: Mapping[str, Any]) -> str:
    rule = (each.get("released") or {}).get("rule", "")
    why = say(each["why"], each["params"])
    return _("Let go: %(what)s %(why)s") % {"what": why, "why": say(f"room_release_{rule}") if rule else ""}


def _pause_url(found: Mapping[str, Any]) -> str:
    """The page that pauses, filled in with what the check proposes."""
    each = next((one for one in found["proposals"] if one["kind"] == "pause"), None)
    if each is None:
        return reverse("pause")
    market = str(each["params"].get("market", ""))
    told = {
        "reason": say(found["findings"][0]["why"], found["findings"][0]["params"])[:300] if found["findings"] else ""
    }
    told |= {"market": market} if len(market) == 2 else {}
    told |= {"until": each["until"]} if each.get("until") else {}
    return f"{reverse('pause')}?{urlencode(told)}"


def _proposals(found: Mapping[str, Any], ask: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for each in found["proposals"]:
        if each["kind"] == "pause":
            continue  # offered below, where it can be done
        row: dict[str, Any] = {"text": say(each["why"], each["params"])}
        if each["kind"] == "wait" and each.get("until"):
            until = formats.local(datetime.fromisoformat(each["until"]))
            row |= {"set": True, "day": f"{until:%Y-%m-%d}", "hour": f"{until:%H:%M}"}
        elif each["kind"] == "reword" and each["words"]:
            row |= {"find": each["words"][0]}
        elif each["kind"] == "ask":
            row |= {"ask": True, "strong": ask}
        rows.append(row)
    for n, row in enumerate(rows[:4], 1):
        row["key"] = str(n)
    return rows[:4]


# — rules —


def rule_words(policy: Policy, kind: str) -> str:
    """Who has to agree to a draft of ``kind``, in a sentence."""
    rule = policy.rule(kind)
    n = rule.needed
    who = ngettext("%(n)s person has to agree", "%(n)s people have to agree", n) % {"n": formats.number(n)}
    if "owner" in rule.among:
        who += ", " + _("an owner among them")
    if rule.own:
        who += ", " + _("also to their own")
    return f"{kind_word(kind)}: {who}"


def missing_words(more: int, roles: Sequence[str]) -> str:
    """What is still missing."""
    if not more:
        return ""
    words = ngettext("%(n)s more yes is needed", "%(n)s more are needed", more) % {"n": formats.number(more)}
    if roles:
        named = ", ".join(str(dict(Membership.Role.choices).get(role, role)) for role in roles)
        words += _(", one of them as: %(roles)s") % {"roles": named}
    return words + "."


def role_word(role: str) -> str:
    """A role by its name."""
    return _("outside approver") if role == "outside" else str(dict(Membership.Role.choices).get(role, role))


def digest_words(digest: str, variants: int, pictures: int, planned: bool) -> str:
    """A digest short enough to compare by eye, and what it binds."""
    short = " ".join(digest[at : at + 4] for at in range(0, 16, 4))
    binds = [ngettext("%(n)s variant", "%(n)s variants", variants) % {"n": variants}]
    if pictures:
        binds.append(ngettext("%(n)s picture", "%(n)s pictures", pictures) % {"n": pictures})
    if planned:
        binds.append(_("time"))
    return f"{short} · {', '.join(binds)}"
