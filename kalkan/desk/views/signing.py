"""Signing in, with a code where its owner wants one, and out."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from kalkan import sentences
from kalkan.desk.actions import people, sessions
from kalkan.desk.forms import setup as forms
from kalkan.desk.forms import team as team_forms
from kalkan.desk.views.choosing import back
from kalkan.errors import Refused


@login_not_required
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    """E-mail and password; a wrong pair gets one sentence that does not tell which of the two it was."""
    if request.user.is_authenticated:
        return back(request)
    form = forms.SignInForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        address = request.META.get("REMOTE_ADDR", "")
        try:
            if people.sign_in(request, **form.cleaned_data, address=address, now=timezone.now()):
                return back(request)
            return redirect(f"{reverse('sign_in_code')}?{urlencode({'next': request.POST.get('next', '')})}")
        except Refused as refused:
            form.add_error(None, sentences.tell(refused, translation.get_language() or "en"))
            status = 429 if refused.code == "sign_in_wait" else 403
    shown = {"form": form, "next": request.POST.get("next") or request.GET.get("next") or ""}
    return render(request, "desk/sign_in.html", shown, status=status)


@login_not_required
@sensitive_post_parameters("code")
def code(request: HttpRequest) -> HttpResponse:
    """The second factor, asked only of whoever has given the password."""
    if request.user.is_authenticated:
        return back(request)
    now, status = timezone.now(), 200
    try:
        people.half_way(request, now)
    except Refused:
        return redirect("sign_in")
    form = team_forms.Code(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            address = request.META.get("REMOTE_ADDR", "")
            people.sign_in_by_code(request, form.cleaned_data["code"], address=address, now=now)
            return back(request)
        except Refused as refused:
            form.add_error(None, sentences.tell(refused, translation.get_language() or "en"))
            status = 429 if refused.code == "sign_in_wait" else 403
    shown = {"form": form, "next": request.POST.get("next") or request.GET.get("next") or ""}
    return render(request, "desk/sign_in_code.html", shown, status=status)


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Forget this browser."""
    sessions.sign_out(request)
    return redirect("sign_in")
