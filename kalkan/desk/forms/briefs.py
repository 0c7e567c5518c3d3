"""What may be said about a brief: which days, for whom, how often."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from kalkan.desk import formats
from kalkan.desk.models import BriefPlan, WordingDoor
from kalkan.errors import KalkanError
from kalkan.networks.addresses import check_address
from kalkan.sentences import tell

SORTS: Final = (("leadership", _("leadership, one page")), ("team", _("the team, longer")))
LANGS: Final = (("en", "English"), ("tr", "Türkçe"))
_LONGEST_DAYS: Final = 366
_MOST_ADDRESSES: Final = 20


class Wanted(forms.Form):
    """A brief of these days."""

    first = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=_("To"), widget=forms.DateInput(attrs={"type": "date"}))
    sort = forms.ChoiceField(label=_("For"), choices=SORTS)
    lang = forms.ChoiceField(label=_("Language"), choices=LANGS)

    def clean(self) -> dict[str, Any]:
        """Days in order, and a year of them at most."""
        found: dict[str, Any] = super().clean() or {}
        first, last = found.get("first"), found.get("last")
        if isinstance(first, date) and isinstance(last, date):
            if first > last:
                raise ValidationError(_("The first day comes after the last."))
            if (last - first).days >= _LONGEST_DAYS:
                raise ValidationError(_("A year at most."))
        return found


class OnStory(forms.Form):
    """A brief on one story."""

    sort = forms.ChoiceField(label=_("For"), choices=SORTS)
    lang = forms.ChoiceField(label=_("Language"), choices=LANGS)


class Wording(forms.Form):
    """The language model that may propose wording. The key is never shown again; an empty one leaves the old."""

    url = forms.URLField(
        label=_("Address"),
        max_length=400,
        assume_scheme="https",
        help_text=_("The base of an OpenAI-compatible service, up to /v1."),
    )
    model = forms.CharField(label=_("Model"), max_length=120)
    key = forms.CharField(
        label=_("Key"),
        max_length=400,
        required=False,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Kept sealed and never shown. Empty: the one that is kept, if the address stays the same."),
    )
    here = forms.BooleanField(
        label=_("It runs on this machine or in our own network"),
        required=False,
        help_text=_("Without this, such addresses are refused."),
    )
    enabled = forms.BooleanField(label=_("Ask it for every brief"), required=False)

    def __init__(self, row: WordingDoor | None, *given: Any, **named: Any) -> None:
        first = {"enabled": True} if row is None else {
            "url": row.url, "model": row.model, "here": row.here, "enabled": row.enabled
        }  # fmt: skip
        named.setdefault("initial", first)
        super().__init__(*given, **named)

    def clean(self) -> dict[str, Any]:
        """An address that may be asked at all."""
        found: dict[str, Any] = super().clean() or {}
        if found.get("url"):
            try:
                check_address(found["url"], allow_private=found.get("here", False))
            except KalkanError as fault:
                self.add_error("url", tell(fault, formats.language()))
        return found


class Plan(forms.Form):
    """A brief that is made by itself."""

    every = forms.ChoiceField(label=_("How often"), choices=BriefPlan.Every.choices)
    weekday = forms.TypedChoiceField(label=_("On"), coerce=int, required=False)
    hour = forms.TypedChoiceField(label=_("At"), coerce=int, choices=[(h, f"{h:02}:00") for h in range(24)], initial=9)
    sort = forms.ChoiceField(label=_("For"), choices=SORTS)
    lang = forms.ChoiceField(label=_("Language"), choices=LANGS)
    to = forms.CharField(
        label=_("Mail it to"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One address a line. Without one it is kept here only."),
    )

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        names = formats.DAYS[formats.language()].split()
        self.fields["weekday"].choices = list(enumerate(names))  # type: ignore[attr-defined]

    def clean_to(self) -> list[str]:
        """Addresses, each once."""
        found = list(dict.fromkeys(line.strip() for line in self.cleaned_data["to"].splitlines() if line.strip()))
        if len(found) > _MOST_ADDRESSES:
            raise ValidationError(_("Twenty addresses at most."))
        for address in found:
            validate_email(address)
        return found
