"""What a person may type about the team and about their own second factor. Never writes."""

from __future__ import annotations

import zoneinfo
from typing import Any, Final

from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from kalkan import text
from kalkan.desk import formats
from kalkan.desk.forms.setup import password_field
from kalkan.desk.models import Membership, Person

LANGS: Final = (("en", "English"), ("tr", "Türkçe"))
ROLE_SENTENCES: Final = {
    "owner": gettext_lazy("May do everything, and says who is on the team."),
    "approver": gettext_lazy("Approves what is sent, and may do what writers do."),
    "writer": gettext_lazy("Writes drafts and replies, and may do what moderators do."),
    "moderator": gettext_lazy("Sorts the inbox and changes watches. Sends nothing."),
    "viewer": gettext_lazy("Reads everything of the brand and changes nothing."),
}


def title(role: str) -> str:
    """The name of ``role`` with a capital, which in Turkish turns i into İ."""
    name = str(Membership.Role(role).label)
    upper = text.upper_tr if formats.language() == "tr" else str.upper
    return upper(name[:1]) + name[1:]


def roles() -> list[tuple[str, str, Any]]:
    """(role, its name, what it may do), from most to least allowed."""
    return [(role, title(role), ROLE_SENTENCES[role]) for role in Membership.Role.values]


class Invite(forms.Form):
    """Whom to invite, as what, in which language the link speaks."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Part on the team"), choices=Membership.Role.choices, initial=Membership.Role.WRITER
    )
    lang = forms.ChoiceField(label=gettext_lazy("Language of the invitation"), choices=LANGS, widget=forms.RadioSelect)


class Role(forms.Form):
    """What somebody on the team does."""

    role = forms.ChoiceField(label=gettext_lazy("Part on the team"), choices=Membership.Role.choices)


class Joining(forms.Form):
    """The account of somebody who was invited; the e-mail is the invitation's."""

    name = forms.CharField(
        label=gettext_lazy("Your name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = password_field(gettext_lazy("Password"), new=True)
    lang = forms.ChoiceField(label=gettext_lazy("Language of the desk"), choices=LANGS, widget=forms.RadioSelect)
    zone = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput(attrs={"data-zone": ""}))

    def __init__(self, email: str, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.email = email

    def clean_zone(self) -> str:
        """The browser's time zone, if it is one."""
        found: str = self.cleaned_data["zone"]
        return found if found in zoneinfo.available_timezones() else ""

    def clean(self) -> dict[str, Any]:
        """A password that suits its owner."""
        data = self.cleaned_data
        if password := data.get("password"):
            try:
                password_validation.validate_password(password, Person(email=self.email, name=data.get("name", "")))
            except ValidationError as fault:
                self.add_error("password", fault)
        return data


def _code(label: Any, help_text: Any, *, digits: bool) -> forms.CharField:
    attrs = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}
    if digits:
        attrs["inputmode"] = "numeric"
    return forms.CharField(label=label, max_length=40, help_text=help_text, widget=forms.TextInput(attrs=attrs))


class Code(forms.Form):
    """A code at sign-in."""

    code = _code(gettext_lazy("Code"), gettext_lazy("Six digits from your phone, or a recovery code."), digits=False)


class FirstCode(forms.Form):
    """The code that proves that the phone knows the secret."""

    code = _code(gettext_lazy("Code"), gettext_lazy("The six digits that your phone shows now."), digits=True)


class Proof(forms.Form):
    """The password, to show that it is you."""

    password = password_field(gettext_lazy("Password now"), new=False)
