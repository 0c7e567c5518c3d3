"""Signing in and out."""

from __future__ import annotations

from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from kalkan import sentences
from kalkan.desk import forms
from kalkan.desk.actions import people
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
            people.sign_in(request, **form.cleaned_data, address=address, now=timezone.now())
            return back(request)
        except Refused as refused:
            form.add_error(None, sentences.tell(refused, translation.get_language() or "en"))
            status = 429 if refused.code == "sign_in_wait" else 403
    shown = {"form": form, "next": request.POST.get("next") or request.GET.get("next") or ""}
    return render(request, "desk/sign_in.html", shown, status=status)


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Forget this browser."""
    logout(request)
    return redirect("sign_in")
