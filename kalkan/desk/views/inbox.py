"""The inbox: what waits for a person, one conversation at a time, and what was opened on the way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from kalkan import sentences, shield
from kalkan.desk import access, asking, deeds, inbox_reply, piles, shelf, shifts
from kalkan.desk import inbox as core
from kalkan.desk.actions import inbox as acts
from kalkan.desk.forms.care import Keeping
from kalkan.desk.heard import title_of
from kalkan.desk.models import Brand, Item, Person
from kalkan.errors import KalkanError, Refused
from kalkan.text import cut

TITLES: Final = {
    "needs": _("Needs a person"), "questions": _("Questions"), "criticism": _("Criticism"), "asks": _("Asks"),
    "praise": _("Praise"), "folded": _("Folded"), "held": _("Held"), "all": _("All"),
}  # fmt: skip
KINDS: Final = {
    "question": _("Question"), "ask": _("Ask"), "complaint": _("Complaint"), "criticism": _("Criticism"),
    "praise": _("Praise"), "abuse": _("Abuse"), "threat": _("Threat"), "spam": _("Spam"), "other": _("Post"),
}  # fmt: skip
CONTENTS: Final = {
    "none": "", "profanity": _("swearing"), "insult": _("insult"), "hate": _("hate"), "sexual": _("sexual"),
    "threat": _("threat"), "doxing": _("private details"), "spam": _("spam"),
}  # fmt: skip
HARD: Final = {"stance": _("stance"), "service": _("service"), "community": _("community")}
_PAGE: Final = 40
_ID: Final = 24  # letters of a lasting id that are shown
_DID: Final = re.compile(r"did:(?:plc|web):[A-Za-z0-9._:%-]{1,200}", re.ASCII)
_EVERY: Final = 8  # rows, then a word of thanks
_BLOWS: Final = ("needs", "criticism", "folded")
_LASTING: Final = 3  # looks in a row that failed: before that it is tried again without a word
_OURS: Final = ("account_refused", "credential_unreadable")  # faults that only people can mend
DEEDS: Final = {
    "mute": _("Mute them"), "block": _("Block them"), "report": _("Report it to the network"),
    "hide_reply": _("Hide this reply in our thread"), "gate_thread": _("Close our thread for replies"),
    "shields_up": _("Shields up"),
}  # fmt: skip
SNOOZES: Final = {"1h": timedelta(hours=1), "4h": timedelta(hours=4), "1d": timedelta(days=1), "3d": timedelta(days=3)}
STATES: Final = {"open": _("open"), "snoozed": _("snoozed"), "done": _("done")}


def inbox(request: HttpRequest) -> HttpResponse:
    """The list, and the first of it opened beside."""
    return render(request, "desk/inbox.html", page_of(request, None))


def item(request: HttpRequest, pk: int) -> HttpResponse:
    """One conversation, with the list beside."""
    person, brand = access.person_of(request), access.current_brand(request)
    row = access.item_for(person, brand, pk)
    return render(request, "desk/inbox.html", page_of(request, row))


def page_of(request: HttpRequest, chosen: Item | None, **more: Any) -> dict[str, Any]:
    """What the page shows: the list, and ``chosen`` (None: the first of the list) beside it."""
    person, brand = access.person_of(request), access.current_brand(request)
    now, archive = timezone.now(), shelf.opened()
    view = request.GET.get("view", "needs")
    view = view if view in TITLES else "needs"
    state = request.GET.get("state", "open")
    state = state if state in STATES else "open"
    mine = request.GET.get("mine") == "1"
    tag, lang = request.GET.get("tag", "")[:40], request.GET.get("lang", "")[:3]
    items = access.items_for(person, brand).filter(state=state)
    tally = core.counts(items)
    off = access.not_today_of(person, timezone.localdate())
    if off:  # what is folded or held whole; a grievance with an insult in it stays
        items = items.exclude(Q(content__in=off) & (Q(whole=True) | Q(place="hold")))
    if mine:
        items = items.filter(assignee=person)
    if tag:
        items = core.tagged(items, tag)
    if lang:
        items = items.filter(lang=lang)
    at = int(request.GET["at"]) if request.GET.get("at", "").isdecimal() else 0
    rows = core.page(core.narrowed(items, view), at=at, n=_PAGE + 1)
    thanks = _thanks(items, now) if view in _BLOWS and state == "open" and rows and not (at or mine or tag) else []
    words = core.words_of([*rows, *thanks], archive)
    gone = [row for row in rows if row.post not in words]
    if gone:
        core.forget(gone)
    rows = [row for row in rows if row.post in words]
    picked = chosen is not None
    chosen = chosen or (rows[0] if rows else None)
    if access.may(person, brand, "moderate"):
        shifts.attend(person, now=now)
    yours = access.may_open_held(person, brand)
    held_for = ", ".join(one.name or one.email for one in access.handlers(brand))
    cards = list(piles.waiting(access.piles_for(person, brand))[:5]) if state == "open" and not at else []
    query: dict[str, str] = {
        "view": view,
        **({"state": state} if state != "open" else {}),
        **({"mine": "1"} if mine else {}),
        **({"tag": tag} if tag else {}),
        **({"lang": lang} if lang else {}),
    }
    return {
        "views": [(name, title, tally[name]) for name, title in TITLES.items()],
        "view": view,
        "title": TITLES[view],
        "state": state,
        "mine": mine,
        "tag": tag,
        "lang_only": lang,
        "langs": brand.langs,
        "states": [(name, title) for name, title in STATES.items() if name != "open"],
        "team": _team(person, brand),
        "snoozes": [(name, span.total_seconds()) for name, span in SNOOZES.items()],
        "notices": _notices(person, brand),
        "query": urlencode(query),
        "rows": _between(
            [line(row, words[row.post], now) for row in rows[:_PAGE]],
            [line(row, words[row.post], now) for row in thanks if row.post in words],
        ),
        "solved": core.solved(access.kept_asks_for(person, brand), now=now),
        "cards": cards if view in ("needs", "folded", "all") and not mine else [],
        "picked": picked,
        "held_for": held_for,
        "yours": yours,
        "off": off,
        "older": urlencode({**query, "at": str(at + _PAGE)}) if len(rows) > _PAGE else "",
        "own_views": [(each, each.query == urlencode(query)) for each in access.views_for(person, brand)],
        "look": access.care_wish(person).look,
        "asleep": shifts.quiet(person, brand, now=now) if chosen is None or not picked else None,
        "chosen": chosen,
        "talk": _talk(request, chosen, person, brand, now) if chosen is not None else None,
        "may": access.may(person, brand, "moderate"),
        "standing": shifts.standing(person, brand, now=now),
        "now": now,
        **more,
    }


def _thanks(items: QuerySet[Item], now: datetime) -> list[Item]:
    """Praise of the last two days, to stand between the blows."""
    found = core.narrowed(items, "praise").filter(at__gte=now - timedelta(days=2), place="show")
    return core.page(found, at=0, n=_PAGE // _EVERY)


def _between(rows: list[dict[str, Any]], thanks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """``rows`` with a word of thanks after every few of them, and one at least."""
    made: list[dict[str, Any]] = []
    left = iter(thanks)
    for n, row in enumerate(rows, 1):
        made.append(row)
        if n % _EVERY == 0 or (n == len(rows) < _EVERY):
            made += [each for each in [next(left, None)] if each is not None]
    return made


def _team(person: Person, brand: Brand) -> list[Person]:
    """Those of the team who may work in the inbox."""
    return [each.person for each in access.team_for(person, brand) if each.role in access.MAY["moderate"]]


def _notices(person: Person, brand: Brand) -> list[dict[str, Any]]:
    """Accounts whose notifications could not be had lately, and why."""
    lang = (translation.get_language() or "en")[:2]
    return [
        {
            "handle": row.account.handle,
            "words": sentences.say(row.fault["code"], row.fault.get("params", {}), lang=lang),
        }
        for row in access.notices_for(person, brand)
        if row.fault and (row.faults >= _LASTING or row.fault["code"] in _OURS)
    ]


def line(row: Item, post: dict[str, Any], now: datetime) -> dict[str, Any]:
    """One item as the list shows it: nothing of what is folded or held."""
    left = (row.due_at - now).total_seconds()
    return {
        "row": row,
        "kind": KINDS.get(row.kind, row.kind),
        "kinds": [KINDS[name] for name in row.kinds if name in KINDS][:2] or [KINDS["other"]],
        "content": CONTENTS.get(row.content, ""),
        "hard": HARD.get(row.hard, ""),
        "folded": bool(row.folds) and not row.whole,
        "captured": row.evidence.filter(released_at=None).first() if row.place == "hold" else None,
        "text": "" if row.whole or row.place == "hold" else cut(_plain(post["text"], row), 160),
        "lang": row.lang,
        "late": left < 0,
        "left": abs(left),
        "waits": row.needs and row.answered_at is None and not row.replying and row.state == "open",
    }


def _plain(text: str, row: Item) -> str:
    """The text with an ellipsis where something is folded: nobody reads an insult in a list."""
    return "".join("…" if piece.fold else piece.text for piece in shield.folded(text, row.folds))


def _talk(request: HttpRequest, row: Item, person: Person, brand: Brand, now: datetime) -> dict[str, Any] | None:
    archive = shelf.opened()
    said = core.talk(row, archive, own=core.own_of(brand))
    this = next((one for one in said if one.this), None)
    if this is None:
        return None
    acts.answered_there(row, [one.row["at"] for one in said if one.ours and one.row["reply_to"] == row.post])
    folds = core.folds_of(brand, [one.row["id"] for one in said])
    held = _held(row, person, brand, now)
    if access.may(person, brand, "moderate"):
        acts.look(person, row, now=now)
    lang = (translation.get_language() or "en")[:2]
    reading = {**this.row, "reason": row.reason, "params": row.params, "place": row.place, "content": row.content,
               "folds": row.folds, "p_abuse": row.p_abuse, "p_critic": row.p_critic, "hard": row.hard}  # fmt: skip
    return {
        "row": row,
        "line": line(row, dict(this.row), now),
        "said": [
            {"row": one.row, "this": one.this, "ours": one.ours, "account": _account(one.row),
             "network": title_of(str(one.row["network"])),
             **_shown(one, folds, opened=one.this and held is not None and held["evidence"] is not None)}
            for one in said
        ],
        "held": held,
        "ask": asking.matching([row.post], access.kept_asks_for(person, brand)),
        "deeds": [(name, DEEDS[name]) for name in deeds.possible(row)] if access.may(person, brand, "act") else [],
        "done": [(one, DEEDS.get(one.kind, one.kind)) for one in row.deeds.select_related("person", "account")],
        "post": this.row,
        "network": title_of(row.network),
        "reasons": [
            {"words": sentences.say(one.code, one.params, lang=lang), "p": one.p} for one in shield.why(reading)
        ],
        "others": others(row, person, now),
        "notes": row.notes.select_related("person").order_by("id"),
        "before": _before(row, str(this.row["author_id"])),
        "answers": [(each, inbox_reply.filled(each, this.row, brand)) for each in access.answers_for(person, brand)],
        "accounts": inbox_reply.accounts(brand, row.network),
        "people": _team(person, brand),
    }  # fmt: skip


def _account(row: Mapping[str, Any]) -> tuple[str, str]:
    """The lasting id, shortened, and the profile of an author whose name the network did not send; else nothing."""
    author = str(row["author_id"] or "")
    if row["author_name"] or row["author_handle"] or not author:
        return "", ""
    url = f"https://bsky.app/profile/{author}" if row["network"] == "bluesky" and _DID.fullmatch(author) else ""
    return author if len(author) <= _ID else f"{author[:14]}…{author[-4:]}", url


def others(row: Item, person: Person, now: datetime) -> list[tuple[str, datetime]]:
    """Who else has it open now, and since when."""
    found = row.looks.filter(at__gte=now - acts.READING).exclude(person=person).select_related("person")
    return [(look.person.name, look.since) for look in found]


def _shown(said: core.Said, folds: Mapping[str, Item], *, opened: bool) -> dict[str, Any]:
    """The words of one post in pieces. What is held never reaches the page but for whoever opened it."""
    item = folds.get(str(said.row["id"]))
    if item is None:
        return {"pieces": shield.folded(said.row["text"], []), "whole": "", "url": None, "hidden": False}
    hidden = item.place == "hold" and not opened
    return {
        "pieces": [] if hidden else shield.folded(said.row["text"], item.folds),
        "whole": CONTENTS.get(item.content, "") if item.whole else "",
        "url": reverse("item_opened", args=(item.pk,)),
        "hidden": hidden,
    }


def _held(row: Item, person: Person, brand: Brand, now: datetime) -> dict[str, Any] | None:
    """Who a held item is held for, whether it is kept as evidence, and the form to open it; None: it is not held."""
    if row.place != "hold":
        return None
    yours = access.may_open_held(person, brand)
    kept = row.evidence.filter(released_at=None).select_related("hold", "by").first()
    until = timezone.localdate() + timedelta(days=access.care_rules(brand).hold_days)
    first = {"name": f"{CONTENTS.get(row.content, '')} {row.at:%Y-%m-%d}".strip(), "until": until}
    return {"yours": yours, "evidence": kept if yours else None, "kept": kept, "form": Keeping(initial=first)}


def _before(row: Item, author: str) -> list[dict[str, Any]]:
    """What this author said to us before, with what is folded left out."""
    found = core.before(row, author, shelf.opened())
    folds = core.folds_of(row.brand, [str(one["id"]) for one in found])
    made = []
    for one in found:
        item = folds.get(str(one["id"]))
        quiet = item is not None and (item.whole or item.place == "hold")
        text = "" if quiet else _plain(str(one["text"]), item) if item is not None else str(one["text"])
        made.append({"at": one["at"], "lang": one["lang"], "text": text})
    return made


@require_POST
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Do one thing with an item; told where somebody else was quicker."""
    person, brand = access.person_of(request), access.current_brand(request)
    row = access.item_for(person, brand, pk)
    version = int(request.POST["version"]) if request.POST.get("version", "").isdecimal() else row.version
    now = timezone.now()
    try:
        if verb == "assign":
            wanted = request.POST.get("to", "")
            to = next((each.person for each in access.team_for(person, brand) if str(each.person_id) == wanted), None)
            acts.assign(person, row, to, version=version)
        elif verb == "snooze":
            acts.snooze(
                person, row, now + SNOOZES.get(request.POST.get("for", ""), SNOOZES["4h"]), version=version, now=now
            )
        elif verb == "done":
            acts.finish(person, row, version=version, now=now)
        elif verb == "reopen":
            acts.reopen(person, row, version=version)
        elif verb == "answered":
            acts.answered(person, row, version=version, now=now)
        elif verb == "tag":
            acts.tag(person, row, request.POST.get("tags", "").split(","), version=version)
        elif verb == "note":
            acts.write_note(person, row, request.POST.get("text", ""), now=now)
        else:
            raise Http404
    except (Refused, KalkanError) as refused:
        if refused.code == "not_allowed":
            raise
        fault = sentences.tell(refused, translation.get_language() or "en")
        row.refresh_from_db()
        return render(request, "desk/inbox.html", page_of(request, row, fault=fault), status=409)
    gone = verb in ("done", "snooze")
    query = request.POST.get("query", "")[:300]
    return redirect(f"{reverse('inbox') if gone else reverse('item', args=(pk,))}?{query}")


@require_POST
def opened(request: HttpRequest, pk: int) -> HttpResponse:
    """Count a fold that was opened; the dose as it stands then."""
    person, brand = access.person_of(request), access.current_brand(request)
    row = access.item_for(person, brand, pk)
    if row.place == "hold":
        access.require_held(person, brand)
    characters = request.POST.get("characters", "")
    acts.open_fold(person, row, int(characters) if characters.isdecimal() else 0, now=timezone.now())
    shown = {"standing": shifts.standing(person, brand, now=timezone.now())}
    return render(request, "desk/parts/inbox_dose.html", shown)


@require_POST
def reply(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the reply as a draft that answers the post: the approvals' door, as the policy says."""
    person, brand = access.person_of(request), access.current_brand(request)
    row = access.item_for(person, brand, pk)
    version = int(request.POST["version"]) if request.POST.get("version", "").isdecimal() else row.version
    if version != row.version:
        fault = sentences.tell(Refused("item_moved_on"), translation.get_language() or "en")
        return render(
            request,
            "desk/inbox.html",
            page_of(request, row, fault=fault, written=request.POST.get("text", "")),
            status=409,
        )
    draft = inbox_reply.begin(person, brand, row, request.POST.get("text", ""), now=timezone.now())
    acts.replying(person, row, draft, version=version)
    return redirect("draft", pk=draft.pk)
