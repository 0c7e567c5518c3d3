"""Drafts: the list, and one draft being written, checked, approved and sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kalkan import drafts as core
from kalkan.desk import (
    access,
    drafts_ledger,
    drafts_list,
    drafts_media,
    drafts_room,
    drafts_showing,
    drafts_telling,
    drafts_writing,
    shelf,
)
from kalkan.desk.actions import drafts as acts
from kalkan.desk.actions import pictures
from kalkan.desk.forms import drafts as forms
from kalkan.desk.models import Draft, Person, RoomCheck, Version
from kalkan.errors import InvalidInput, KalkanError, Refused

WORDS: Final = (
    "saved",
    "same",
    "submitted",
    "approved",
    "changes",
    "released",
    "withdrawn",
    "commented",
    "noted",
    "back",
    "linked",
    "unlinked",
    "retried",
)


def listing(request: HttpRequest) -> HttpResponse:
    """Every draft of the brand by what it waits for."""
    person, brand = access.person_of(request), access.current_brand(request)
    shown = drafts_list.page(person, brand, now=timezone.now())
    if access.may(person, brand, "write"):
        drafts_room.warm(shelf.opened(), brand, timezone.now())
    return render(request, "desk/drafts.html", {**shown, "told": _told(request)})


def new(request: HttpRequest) -> HttpResponse:
    """Begin a draft, perhaps from a story; then its page."""
    person, brand, now = access.person_of(request), access.current_brand(request), timezone.now()
    access.require(person, brand, "write")
    if request.method != "POST":
        raise Http404
    story = request.POST.get("story", "")[:80]
    title, typed = drafts_list.idea(brand, story, now=now) if story else ("", drafts_writing.Typed())
    made = acts.create(
        person, brand, title=title or _("New draft"), now=now, story=story, pillar="education" if story else ""
    )
    if typed.variants:
        _save(person, made, made.title, made.pillar, typed, base=0)
    return redirect("draft", pk=made.pk)


def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of one draft; what is posted becomes its next version."""
    person = access.person_of(request)
    row = access.draft_for(person, pk)
    if request.method == "POST":
        return _written(request, person, row)
    return _page(request, person, row, write="write" in request.GET)


def _page(
    request: HttpRequest,
    person: Person,
    row: Draft,
    *,
    write: bool = False,
    form: forms.Writing | None = None,
    typed: drafts_writing.Typed | None = None,
    faults: bool = False,
    status: int = 200,
    more: Mapping[str, Any] | None = None,
) -> HttpResponse:
    now, version = timezone.now(), access.newest_of(row)
    shown = typed or drafts_writing.typed_of(row, version.content if version else None)
    editable = row.state in ("draft", "changes") or (write and "Edit" in core.moves_from(acts.state_of(row)))
    writing = editable and access.may(person, row.brand, "write")
    desk = drafts_showing.Desk(person=person, draft=row, now=now, archive=shelf.opened())
    room = _room_shown(desk, version, shown, fresh=writing)
    places = drafts_writing.slots(list(access.accounts_for(person, row.brand)), row.brand.langs)
    if form is None:
        initial = forms.Writing.initial_of(row.title, row.pillar, shown)
        form = forms.Writing(places, initial=initial, read_as=room.get("kind", ""))
    if writing and not shown.variants:
        shown = drafts_writing.filled(shown, places)
    context = drafts_showing.page(desk, version, shown, form, room, writing=writing, faults=faults)
    context |= {"told": _told(request), "reason_given": request.POST.get("reason", "") if status >= 400 else ""}
    context |= more or {}
    for each in context["outside_links"]:
        each["link"] = _absolute(request, each["path"])
    return render(request, "desk/draft.html", context, status=status)


def refused(
    request: HttpRequest, person: Person, row: Draft, form: forms.Reason | None, *, outside: forms.Outside | None = None
) -> HttpResponse:
    """The page of a draft with why something could not be done."""
    more: dict[str, Any] = {"refusal": form} if form is not None else {}
    if outside is not None:
        more["outside_form"] = outside
    return _page(request, person, access.draft_for(person, row.pk), status=400, more=more)


def _absolute(request: HttpRequest, path: str) -> str:
    public = settings.CONFIG.public_url.rstrip("/")
    return public + path if public else request.build_absolute_uri(path)


def _room_shown(
    desk: drafts_showing.Desk, version: Version | None, typed: drafts_writing.Typed, *, fresh: bool
) -> dict[str, Any]:
    """The panel: while writing, what the room says now; else the last check that was kept."""
    brand = desk.draft.brand
    ask = drafts_list.asked_by_hold(brand)
    if fresh:
        found, fault = look(desk, typed, fresh=False)
        if found is None and fault is None:
            drafts_room.warm(desk.archive, brand, desk.now)
        shown = fault or drafts_telling.room(found, occasion="written", brand=brand, archive=desk.archive, ask=ask)
    else:
        kept: RoomCheck | None = access.check_of(desk.draft)
        shown = drafts_telling.room(
            kept.found if kept else None, occasion=kept.occasion if kept else "", brand=brand, archive=desk.archive,
            ask=ask,
        )  # fmt: skip
        found = kept.found if kept else None
    shown["kind"] = (found or {}).get("kind", "")
    shown["record"] = drafts_ledger.record_words(drafts_ledger.score_of(brand))
    return shown


def look(
    desk: drafts_showing.Desk, typed: drafts_writing.Typed, *, fresh: bool = True
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """The room check of what is typed: what it found (None: nothing to check), or the panel of a fault."""
    if desk.archive is None:
        return None, None
    try:
        return drafts_room.of_typed(desk.archive, desk.draft.brand, typed, now=desk.now, fresh=fresh), None
    except KalkanError as error:
        return None, drafts_telling.unknown(error.code, error.params)


def _written(request: HttpRequest, person: Person, row: Draft) -> HttpResponse:
    """Save what was typed; and submit it, where that was wanted and nothing stands against it."""
    access.require(person, row.brand, "write")
    places = drafts_writing.slots(list(access.accounts_for(person, row.brand)), row.brand.langs)
    form = forms.Writing(places, request.POST, request.FILES)
    valid = form.is_valid()
    new_pictures = _uploaded(person, row, form) if valid else []
    kept = access.newest_of(row)
    before = drafts_writing.typed_of(row, kept.content if kept else None)
    typed = form.typed(request.POST, new=new_pictures, reply_to=before.reply_to)
    if not valid or form.errors:
        return _page(request, person, row, write=True, form=form, typed=typed, faults=True, status=400)
    base = request.POST.get("from", "")
    try:
        made = _save(
            person, row, form.cleaned_data["title"], form.cleaned_data["pillar"], typed,
            base=int(base) if base.isdigit() else -1,
        )  # fmt: skip
    except Refused as refused:
        form.add_error(None, drafts_telling.say(refused.code, refused.params))
        return _page(request, person, row, write=True, form=form, typed=typed, status=409)
    row.refresh_from_db()
    desk = drafts_showing.Desk(person=person, draft=row, now=timezone.now(), archive=shelf.opened())
    acts.said_while_writing(row, (look(desk, typed, fresh=False)[0] or {}).get("verdict", ""))
    if request.POST.get("then") == "submit":
        return _submitted(request, person, row, form, typed)
    return _to(row, "saved" if made else "same")


def _uploaded(person: Person, row: Draft, form: forms.Writing) -> list[str]:
    """The digests of the pictures that came with the form; faults stand beside the field."""
    found = []
    for file in form.cleaned_data.get("upload") or ():
        try:
            if file.size > drafts_media.MOST_BYTES:
                raise InvalidInput("picture_large", most=drafts_media.MOST_BYTES >> 20)
            found.append(pictures.keep(person, row.brand, file.read(), now=timezone.now()).sha256)
        except InvalidInput as fault:
            form.add_error("upload", drafts_telling.say(fault.code, fault.params))
    return found


def _save(
    person: Person, row: Draft, title: str, pillar: str, typed: drafts_writing.Typed, *, base: int
) -> Version | None:
    places = drafts_writing.slots(list(access.accounts_for(person, row.brand)), row.brand.langs)
    rows = drafts_showing.pictures_of(typed, row)
    texts = [(each.text, each.lang) for each in typed.variants if each.used and each.text.strip()]
    kind = typed.kind or drafts_room.kind_of(texts, [each.alt for each in typed.pictures])
    version = drafts_writing.version_of(typed, places, rows, reads_as=kind, markets=row.brand.markets)
    content = drafts_writing.content_of(version, typed)
    return acts.save(person, row, title=title, pillar=pillar, content=content, base=base, now=timezone.now())


def _submitted(
    request: HttpRequest, person: Person, row: Draft, form: forms.Writing, typed: drafts_writing.Typed
) -> HttpResponse:
    """Ask for approval, unless a network would not take it as it is."""
    now, version = timezone.now(), access.newest_of(row)
    assert version is not None
    places = drafts_writing.slots(list(access.accounts_for(person, row.brand)), row.brand.langs)
    words = core.from_row(core.Version, version.content["version"])
    against = drafts_writing.stands_against(words, places)
    desk = drafts_showing.Desk(person=person, draft=row, now=now, archive=shelf.opened())
    if not words.variants:
        form.add_error(None, drafts_telling.say("draft_empty"))
    elif not any(each.account for each in places):
        form.add_error(None, drafts_telling.say("account_missing"))
    elif any(against.values()):
        form.add_error(None, drafts_telling.say("draft_unfit"))
    else:
        found, fault = look(desk, typed)
        try:
            if found is None:
                raise Refused("room_unknown")
            acts.submit(person, row, digest=version.digest, check=found, deadline=form.deadline, now=now)
            return _to(row, "submitted")
        except Refused as refused:
            form.add_error(None, drafts_telling.say(refused.code, refused.params))
        del fault
    return _page(request, person, row, write=True, form=form, typed=typed, faults=True, status=400)


@require_POST
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """The room check of what stands in the form now; saves nothing."""
    person = access.person_of(request)
    row = access.draft_for(person, pk)
    access.require(person, row.brand, "write")
    places = drafts_writing.slots(list(access.accounts_for(person, row.brand)), row.brand.langs)
    form = forms.Writing(places, request.POST)
    form.is_valid()
    typed = form.typed(request.POST)
    desk = drafts_showing.Desk(person=person, draft=row, now=timezone.now(), archive=shelf.opened())
    room = _room_shown(desk, None, typed, fresh=True)
    rows = drafts_showing.pictures_of(typed, row)
    shown: Mapping[str, Any] = {
        "draft": row, "room": room, "writing": True, "again": True, "brand": row.brand,
        "may_pause": access.may(person, row.brand, "approve"),
        "variants": drafts_showing.variants(typed, places, {}, rows, faults=False),
    }  # fmt: skip
    return render(request, "desk/parts/drafts/room.html", shown)


def versions(request: HttpRequest, pk: int) -> HttpResponse:
    """Every version, each with what it changed."""
    person = access.person_of(request)
    row = access.draft_for(person, pk)
    shown = drafts_list.versions(list(access.versions_of(row)))
    return render(request, "desk/draft_versions.html", {"draft": row, "versions": shown})


def picture(request: HttpRequest, sha256: str) -> HttpResponse:
    """A picture of the brand, for those on its team."""
    row = access.picture_for(access.person_of(request), access.current_brand(request), sha256)
    data = drafts_media.read(row.sha256, folder=settings.CONFIG.data / "media")
    response = HttpResponse(data, content_type=row.mime)
    response["Cache-Control"] = "private, max-age=86400, immutable"
    return response


def _told(request: HttpRequest) -> str:
    word = next((word for word in WORDS if word in request.GET), "")
    return drafts_list.TOLD[word]() if word else ""


def _to(row: Draft, word: str) -> HttpResponse:
    return redirect(f"{reverse('draft', args=[row.pk])}?{word}")
