"""What people decide about a draft, each a form of one button; and the page of an approver without an account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_POST

from kalkan import drafts as core
from kalkan.desk import access, drafts_media, drafts_showing, drafts_telling, drafts_writing, shelf
from kalkan.desk.actions import drafts as acts
from kalkan.desk.actions import ledger, outside, people
from kalkan.desk.forms import drafts as forms
from kalkan.desk.models import Draft, OutsideLink, Person
from kalkan.desk.views import drafts as page
from kalkan.errors import KalkanError, Refused


def _typed(row: Draft) -> drafts_writing.Typed:
    version = access.newest_of(row)
    return drafts_writing.typed_of(row, version.content if version else None)


def _looked(person: Person, row: Draft) -> dict[str, Any]:
    """The room check of the newest version, now.

    :raises Refused: it could not be made (``room_unknown``).
    """
    desk = drafts_showing.Desk(person=person, draft=row, now=timezone.now(), archive=shelf.opened())
    found, _fault = page.look(desk, _typed(row))
    if found is None:
        raise Refused("room_unknown")
    return found


def _decided(
    request: HttpRequest, pk: int, word: str, act: Callable[[Person, Draft, forms.Reason], object]
) -> HttpResponse:
    """Do ``act``; a refusal is told on the draft's own page."""
    person = access.person_of(request)
    row = access.draft_for(person, pk)
    form = forms.Reason(request.POST)
    if not form.is_valid():
        return redirect("draft", pk=pk)
    try:
        act(person, row, form)
    except Refused as refused:
        if refused.code == "not_allowed":
            raise
        told = forms.Reason(request.POST)
        told.is_valid()
        told.add_error(None, drafts_telling.say(refused.code, refused.params))
        return page.refused(request, person, row, told)
    return redirect(f"{reverse('draft', args=[pk])}?{word}")


@require_POST
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """A yes to the version that the page showed."""

    def act(person: Person, row: Draft, form: forms.Reason) -> None:
        access.require(person, row.brand, "approve")
        data = form.cleaned_data
        acts.approve(
            person, row, digest=data["digest"], check=_looked(person, row), reason=data["reason"], now=timezone.now()
        )

    return _decided(request, pk, "approved", act)


@require_POST
def changes(request: HttpRequest, pk: int) -> HttpResponse:
    """Send it back with a word."""

    def act(person: Person, row: Draft, form: forms.Reason) -> None:
        acts.ask_changes(person, row, reason=form.cleaned_data["reason"], now=timezone.now())

    return _decided(request, pk, "changes", act)


@require_POST
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Let it go."""

    def act(person: Person, row: Draft, form: forms.Reason) -> None:
        acts.release(person, row, reason=form.cleaned_data["reason"], now=timezone.now())

    return _decided(request, pk, "released", act)


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it back."""

    def act(person: Person, row: Draft, form: forms.Reason) -> None:
        acts.withdraw(person, row, reason=form.cleaned_data["reason"], now=timezone.now())

    return _decided(request, pk, "withdrawn", act)


@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Try again what a network refused."""

    def act(person: Person, row: Draft, form: forms.Reason) -> None:
        from kalkan.desk import drafts_sending

        access.require(person, row.brand, "approve")
        drafts_sending.retry(person, row, archive=shelf.opened(), now=timezone.now())

    return _decided(request, pk, "retried", act)


@require_POST
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    """A word to the team."""
    person = access.person_of(request)
    row = access.draft_for(person, pk)
    form = forms.Word(request.POST)
    if form.is_valid():
        acts.comment(person, row, form.cleaned_data["text"], now=timezone.now())
        return redirect(f"{reverse('draft', args=[pk])}?commented")
    return redirect("draft", pk=pk)


@require_POST
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """A word to oneself."""
    person = access.person_of(request)
    row = access.draft_for(person, pk)
    form = forms.Word(request.POST)
    if form.is_valid():
        ledger.note_privately(person, row, form.cleaned_data["text"], now=timezone.now())
        return redirect(f"{reverse('draft', args=[pk])}?noted")
    return redirect("draft", pk=pk)


@require_POST
def hindsight(request: HttpRequest, pk: int) -> HttpResponse:
    """What one thinks of it now."""
    person = access.person_of(request)
    row = access.draft_for(person, pk)
    form = forms.Hindsight(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        ledger.look_back(person, row, right=data["right"], text=data["text"], now=timezone.now())
        return redirect(f"{reverse('draft', args=[pk])}?back")
    return redirect("draft", pk=pk)


# — approvers without an account —


@require_POST
def make_link(request: HttpRequest, pk: int) -> HttpResponse:
    """A link for somebody outside."""
    person = access.person_of(request)
    row = access.draft_for(person, pk)
    access.require(person, row.brand, "write")
    form = forms.Outside(request.POST, prefix="outside")
    if not form.is_valid():
        return page.refused(request, person, row, None, outside=form)
    outside.make(person, row, **form.cleaned_data, now=timezone.now())
    return redirect(f"{reverse('draft', args=[pk])}?linked")


@require_POST
def withdraw_link(request: HttpRequest, pk: int, link: int) -> HttpResponse:
    """The link opens nothing any more."""
    person = access.person_of(request)
    row = access.draft_for(person, pk)
    outside.withdraw(person, row, link, now=timezone.now())
    return redirect(f"{reverse('draft', args=[pk])}?unlinked")


@login_not_required
def outside_page(request: HttpRequest, word: str) -> HttpResponse:
    """One version to look at, and one answer to give. Shows nothing else of the desk."""
    now, address = timezone.now(), request.META.get("REMOTE_ADDR", "")
    try:
        people.refuse_guessing("", address, now)
    except Refused as refused:
        return _closed(request, "wait", 429, sentence=drafts_telling.say(refused.code, refused.params))
    link = access.outside_by(word)
    if link is None:
        people.write_try("", address, now, ok=False, kind="invitation")
        return _closed(request, "unknown", 404)
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        translation.activate(link.lang)
    state = outside.state_of(link, now)
    if state != "open":
        return _closed(request, state, 410)
    fault, check = "", _outside_check(link)
    if request.method == "POST":
        try:
            yes = request.POST.get("answer") == "yes"
            outside.answer(link, yes=yes, reason=request.POST.get("reason", "")[:2000], check=check, now=now)
            return _closed(request, "thanks", 200)
        except Refused as refused:
            fault = drafts_telling.say(refused.code, refused.params)
    shown = _outside_shown(link, word, check)
    return _said(render(request, "desk/outside.html", {**shown, "fault": fault}, status=400 if fault else 200))


def _outside_check(link: OutsideLink) -> dict[str, Any] | None:
    desk = drafts_showing.Desk(person=Person(), draft=link.draft, now=timezone.now(), archive=shelf.opened())
    try:
        found, _fault = page.look(desk, _typed(link.draft))
    except KalkanError:
        return None
    return found


def _outside_shown(link: OutsideLink, word: str, check: dict[str, Any] | None) -> dict[str, Any]:
    draft, typed = link.draft, _typed(link.draft)
    accounts = list(draft.brand.accounts.filter(removed_at=None))
    places = drafts_writing.slots(accounts, draft.brand.langs)
    rows = drafts_showing.pictures_of(typed, draft)
    shown = drafts_showing.variants(typed, places, {}, rows, faults=False)
    for each in shown:
        for post in each["previews"]:
            for picture in post["shown"]:
                picture["url"] = reverse("outside_picture", args=[word, picture["sha"]])
    version = access.newest_of(draft)
    words = core.from_row(core.Version, version.content["version"]) if version else core.Version(variants=())
    binds = drafts_telling.digest_words(link.digest, len(words.variants), len(rows), bool(words.planned_at))
    return {
        "link": link, "draft": draft, "offered_by": draft.brand,
        "variants": [each for each in shown if each["used"] and each["text"].strip()],
        "digest_words": binds,
        "kind_word": drafts_telling.kind_word(words.kind),
        "verdict": (check or {}).get("verdict", ""),
        "verdict_word": drafts_telling.verdict_word((check or {}).get("verdict", "")),
        "reasons": [drafts_telling.say(each["why"], each["params"]) for each in (check or {}).get("findings", ())],
    }  # fmt: skip


@login_not_required
def outside_picture(request: HttpRequest, word: str, sha256: str) -> HttpResponse:
    """A picture of the version that an open link is for, and no other."""
    link = access.outside_by(word)
    open_now = link is not None and outside.state_of(link, timezone.now()) == "open"
    known = {each.sha256 for each in _typed(link.draft).pictures} if link is not None and open_now else set()
    row = link.draft.brand.pictures.filter(sha256=sha256).first() if link is not None and sha256 in known else None
    if row is None:
        return _closed(request, "unknown", 404)
    return HttpResponse(drafts_media.read(row.sha256, folder=settings.CONFIG.data / "media"), content_type=row.mime)


def _closed(request: HttpRequest, state: str, status: int, *, sentence: str = "") -> HttpResponse:
    return _said(render(request, "desk/outside_closed.html", {"state": state, "sentence": sentence}, status=status))


def _said(response: HttpResponse) -> HttpResponse:
    """The answer, with the language it is really in."""
    response["Content-Language"] = (translation.get_language() or "en")[:2]
    return response
