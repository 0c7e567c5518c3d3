"""Settings: a person's own, and those of the brand."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from kalkan import sentences
from kalkan.desk import access
from kalkan.desk.actions import brands, people
from kalkan.desk.forms import setup as forms
from kalkan.desk.models import Brand, Person
from kalkan.errors import Refused


def _page(request: HttpRequest, *, status: int = 200, **given: object) -> HttpResponse:
    """The whole page, with one of its forms as it was sent."""
    person, mine = access.person_of(request), access.current_brand(request)
    forms_shown: dict[str, object] = {
        "own": _own_form(person),
        "password": forms.NewPassword(person),
        "brand_form": _brand_form(mine),
        "may": access.may(person, mine, "brand"),
        "may_add": access.may_add_brand(person),
        "saved": next((word for word in ("own", "password", "brand") if word in request.GET), ""),
    }
    return render(request, "desk/settings.html", {**forms_shown, **given}, status=status)


def _own_form(person: Person) -> forms.Own:
    return forms.Own(initial={"name": person.name, "lang": person.lang, "zone": person.zone})


def _brand_form(brand: Brand) -> forms.BrandSettings:
    initial = {"name": brand.name, "langs": brand.langs, "markets": ", ".join(brand.markets)}
    return forms.BrandSettings(initial=initial, prefix="brand")


def own(request: HttpRequest) -> HttpResponse:
    """Name, language and time zone of the person."""
    if request.method != "POST":
        return _page(request)
    form = forms.Own(request.POST)
    if not form.is_valid():
        return _page(request, own=form)
    people.change_own(access.person_of(request), **form.cleaned_data)
    return redirect(f"{request.path}?own")


@require_POST
@sensitive_post_parameters("old", "new")
def password(request: HttpRequest) -> HttpResponse:
    """A new password."""
    person = access.person_of(request)
    form, address, now = forms.NewPassword(person, request.POST), request.META.get("REMOTE_ADDR", ""), timezone.now()
    try:
        people.refuse_guessing(person.email, address, now)
    except Refused as refused:
        form.add_error(None, sentences.tell(refused, translation.get_language() or "en"))
        return _page(request, password=form, status=429)
    if not form.is_valid():
        if request.POST.get("old") and "old" in form.errors:
            people.write_try(person.email, address, now, ok=False)
        return _page(request, password=form)
    people.change_password(request, person, form.cleaned_data["new"])
    return _to("password")


@require_POST
def brand(request: HttpRequest) -> HttpResponse:
    """Name, languages and markets of the brand."""
    person, mine = access.person_of(request), access.current_brand(request)
    form = forms.BrandSettings(request.POST, prefix="brand")
    if not form.is_valid():
        return _page(request, brand_form=form)
    brands.change(person, mine, **form.cleaned_data)
    return _to("brand")


def add_brand(request: HttpRequest) -> HttpResponse:
    """One more brand, with what is watched for it; the desk then shows that one."""
    person = access.person_of(request)
    if not access.may_add_brand(person):
        raise Refused("not_allowed")
    form = forms.FirstBrand(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        made = brands.create(person, name=form.cleaned_data["brand"], watches=form.watches())
        request.session["brand"] = made.slug
        return redirect("today")
    return render(request, "desk/brand_add.html", {"form": form})


def _to(word: str) -> HttpResponse:
    response = redirect("settings")
    response["Location"] += f"?{word}"
    return response
