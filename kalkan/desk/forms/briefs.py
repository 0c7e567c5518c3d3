"""What may be said about a brief: which days, for whom, how often."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from kalkan.desk import formats
from kalkan.desk.models import BriefPlan

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
