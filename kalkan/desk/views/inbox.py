"""The inbox: what waits for a person, one conversation at a time, and what was opened on the way."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from kalkan import sentences, shield
from kalkan.desk import access, inbox_reply, shelf
from kalkan.desk import inbox as core
from kalkan.desk.actions import inbox as acts
from kalkan.desk.forms.inbox import Answer
from kalkan.desk.heard import title_of
from kalkan.desk.models import Brand, Item, Person
from kalkan.errors import KalkanError, Refused
from kalkan.shield.care import CareRules, Dose, Opening, Shift, dose
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
_PAGE: Final = 40
_SHIFT: Final = timedelta(hours=8)
_SNOOZES: Final = {"1h": timedelta(hours=1), "4h": timedelta(hours=4), "1d": timedelta(days=1), "3d": timedelta(days=3)}


def inbox(request: HttpRequest) -> HttpResponse:
    """The list, and the first of it opened beside."""
    return render(request, "desk/inbox.html", _page(request, None))


def item(request: HttpRequest, pk: int) -> HttpResponse:
    """One conversation, with the list beside."""
    person, brand = access.person_of(request), access.current_brand(request)
    row = access.item_for(person, brand, pk)
    return render(request, "desk/inbox.html", _page(request, row))


def _page(request: HttpRequest, chosen: Item | None, **more: Any) -> dict[str, Any]:
    person, brand = access.person_of(request), access.current_brand(request)
    now, archive = timezone.now(), shelf.opened()
    view = request.GET.get("view", "needs")
    view = view if view in TITLES else "needs"
    state = "done" if request.GET.get("state") == "done" else "open"
    mine = request.GET.get("mine") == "1"
    tag = request.GET.get("tag", "")[:40]
    items = access.items_for(person, brand).filter(state=state)
    tally = core.counts(items)
    if mine:
        items = items.filter(assignee=person)
    shown = core.narrowed(items, view).select_related("assignee", "brand")
    at = int(request.GET["at"]) if request.GET.get("at", "").isdecimal() else 0
    rows = list(shown[at : at + _PAGE + 1])
    if tag:
        rows = [row for row in rows if tag in row.tags]
    words = core.words_of(rows, archive)
    gone = [row for row in rows if row.post not in words]
    if gone:
        core.forget(gone)
    rows = [row for row in rows if row.post in words]
    chosen = chosen or (rows[0] if rows else None)
    query: dict[str, str] = {
        "view": view,
        **({"state": state} if state == "done" else {}),
        **({"mine": "1"} if mine else {}),
    }
    return {
        "views": [(name, title, tally[name]) for name, title in TITLES.items()],
        "view": view,
        "title": TITLES[view],
        "state": state,
        "mine": mine,
        "query": urlencode(query),
        "rows": [_line(row, words[row.post], now) for row in rows[:_PAGE]],
        "older": urlencode({**query, "at": str(at + _PAGE)}) if len(rows) > _PAGE else "",
        "own_views": access.views_for(person, brand),
        "chosen": chosen,
        "talk": _talk(request, chosen, person, brand, now) if chosen is not None else None,
        "may": access.may(person, brand, "moderate"),
        "dose": _dose(person, brand, now),
        "now": now,
        **more,
    }


def _line(row: Item, post: dict[str, Any], now: datetime) -> dict[str, Any]:
    left = (row.due_at - now).total_seconds()
    return {
        "row": row,
        "kind": KINDS.get(row.kind, row.kind),
        "kinds": [KINDS[name] for name in row.kinds if name in KINDS][:2] or [KINDS["other"]],
        "content": CONTENTS.get(row.content, ""),
        "folded": bool(row.folds) and not row.whole,
        "text": "" if row.whole or row.place == "hold" else cut(_plain(post["text"], row), 160),
        "lang": row.lang,
        "late": left < 0,
        "left": abs(left),
        "waits": row.needs and row.answered_at is None and row.state == "open",
    }


def _plain(text: str, row: Item) -> str:
    """The text with an ellipsis where something is folded: nobody reads an insult in a list."""
    return "".join("…" if piece.fold else piece.text for piece in shield.folded(text, row.folds))


def _talk(request: HttpRequest, row: Item, person: Person, brand: Brand, now: datetime) -> dict[str, Any] | None:
    archive = shelf.opened()
    own = frozenset(handle.casefold() for handle in brand.as_brand().accounts)
    said = core.talk(row, archive, own=own)
    this = next((one for one in said if one.this), None)
    if this is None:
        return None
    if access.may(person, brand, "moderate"):
        acts.look(person, row, now=now)
    others = row.looks.filter(at__gte=now - acts.READING).exclude(person=person).select_related("person")
    lang = (translation.get_language() or "en")[:2]
    reading = {**this.row, "reason": row.reason, "params": row.params, "place": row.place, "content": row.content,
               "folds": row.folds, "p_abuse": row.p_abuse, "p_critic": row.p_critic}  # fmt: skip
    return {
        "row": row,
        "line": _line(row, dict(this.row), now),
        "said": [
            {"row": one.row, "this": one.this, "ours": one.ours, "network": title_of(str(one.row["network"])),
             "pieces": shield.folded(one.row["text"], row.folds if one.this else [])}
            for one in said
        ],
        "post": this.row,
        "network": title_of(row.network),
        "reasons": [
            {"words": sentences.say(one.code, one.params, lang=lang), "p": one.p} for one in shield.why(reading)
        ],
        "others": [(look.person.name, look.since) for look in others],
        "notes": row.notes.select_related("person").order_by("id"),
        "before": core.before(row, str(this.row["author_id"]), archive),
        "answers": [(each, inbox_reply.filled(each, this.row, brand)) for each in access.answers_for(person, brand)],
        "accounts": inbox_reply.accounts(brand, row.network),
        "people": [each.person for each in access.team_for(person, brand) if each.role in access.MAY["moderate"]],
        "snoozes": list(_SNOOZES),
    }  # fmt: skip


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
                person, row, now + _SNOOZES.get(request.POST.get("for", ""), _SNOOZES["4h"]), version=version, now=now
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
        return render(request, "desk/inbox.html", _page(request, row, fault=fault), status=409)
    gone = verb in ("done", "snooze")
    query = request.POST.get("query", "")[:300]
    return redirect(f"{reverse('inbox') if gone else reverse('item', args=(pk,))}?{query}")


@require_POST
def many(request: HttpRequest) -> HttpResponse:
    """Finish several at once."""
    person, brand = access.person_of(request), access.current_brand(request)
    pks = [int(pk) for pk in request.POST.getlist("item") if pk.isdecimal()]
    acts.finish_many(person, brand, pks, now=timezone.now())
    return redirect(f"{reverse('inbox')}?{request.POST.get('query', '')[:300]}")


@require_POST
def opened(request: HttpRequest, pk: int) -> HttpResponse:
    """Count a fold that was opened; the dose as it stands then."""
    person, brand = access.person_of(request), access.current_brand(request)
    row = access.item_for(person, brand, pk)
    characters = request.POST.get("characters", "")
    acts.open_fold(person, row, int(characters) if characters.isdecimal() else 0, now=timezone.now())
    return render(request, "desk/parts/inbox_dose.html", {"dose": _dose(person, brand, timezone.now())})


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
            _page(request, row, fault=fault, written=request.POST.get("text", "")),
            status=409,
        )
    draft = inbox_reply.begin(person, brand, row, request.POST.get("text", ""), now=timezone.now())
    acts.answered(person, row, version=version, now=timezone.now(), draft=draft)
    return redirect("draft", pk=draft.pk)


@require_POST
def keep_view(request: HttpRequest) -> HttpResponse:
    """Keep the filter of the page under a name."""
    person, brand = access.person_of(request), access.current_brand(request)
    name, query = request.POST.get("name", "").strip(), request.POST.get("query", "")
    if name:
        acts.keep_view(person, brand, name=name, query=query)
    return redirect(f"{reverse('inbox')}?{query[:300]}")


def answers(request: HttpRequest) -> HttpResponse:
    """Saved answers, and one more."""
    person, brand = access.person_of(request), access.current_brand(request)
    form = Answer(request.POST if request.method == "POST" else None, initial={"lang": translation.get_language()})
    if request.method == "POST" and form.is_valid():
        acts.save_answer(person, brand, **form.cleaned_data)
        return redirect("answers")
    shown = {"form": form, "rows": access.answers_for(person, brand), "may": access.may(person, brand, "moderate")}
    return render(request, "desk/answers.html", shown, status=400 if request.method == "POST" else 200)


def care(request: HttpRequest) -> HttpResponse:
    """How fast we answer, and this person's own week: shown to nobody else."""
    person, brand = access.person_of(request), access.current_brand(request)
    now = timezone.now()
    mine = access.opened_by(person).filter(at__gte=now - timedelta(days=7))
    shown = {
        "found": core.answers(brand, since=now - timedelta(days=28), now=now),
        "rules": access.inbox_rules(brand),
        "dose": _dose(person, brand, now),
        "week": sum(one.characters for one in mine),
        "week_posts": len({one.item_id for one in mine}),
    }
    return render(request, "desk/care.html", shown)


def _dose(person: Person, brand: Brand, now: datetime) -> Dose:
    """What this person opened in the last eight hours, and how that stands to the cap."""
    rules = CareRules(cap_characters=access.inbox_rules(brand).cap_characters)
    rows = access.opened_by(person).filter(at__gte=now - _SHIFT, at__lte=now)
    shift = Shift(person=str(person.pk), begin=now - _SHIFT, end=now + timedelta(seconds=1))
    openings = (Opening(at=row.at, post_id=str(row.item_id), characters=row.characters) for row in rows)
    return dose(openings, shift=shift, rules=rules)
