"""What may be said of care: who handles what is held, the rota, a hold, what became of an ask."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kalkan.desk import formats
from kalkan.desk.models import Person


class _Days(forms.Form):
    def __init__(self, *given: Any, people: list[Person], **named: Any) -> None:
        super().__init__(*given, **named)
        self._people = {str(one.pk): one for one in people}
        self.fields["person"].choices = [  # type: ignore[attr-defined]
            *([] if self.fields["person"].required else [("", _("the owners"))]),
            *((str(one.pk), one.name or one.email) for one in people),
        ]

    def clean_person(self) -> Person | None:
        """One of the team."""
        return self._people.get(self.cleaned_data["person"])


class Handling(_Days):
    """Who handles what is held."""

    person = forms.ChoiceField(
        label=_("Threats and private details are held for"),
        required=False,
        help_text=_("Only this person and the owners may open them."),
    )
    hold_days = forms.IntegerField(label=_("Evidence is kept, in days"), min_value=1, max_value=3650)
    break_minutes = forms.IntegerField(label=_("A break is due after, in minutes"), min_value=15, max_value=480)


class OnDuty(_Days):
    """A line of the rota."""

    person = forms.ChoiceField(label=_("Who"))
    weekday = forms.TypedChoiceField(label=_("On"), coerce=int, empty_value=None, required=False)
    begins = forms.CharField(label=_("From"), max_length=5, widget=forms.TimeInput(attrs={"type": "time"}))
    ends = forms.CharField(label=_("Until"), max_length=5, widget=forms.TimeInput(attrs={"type": "time"}))

    def __init__(self, *given: Any, people: list[Person], **named: Any) -> None:
        super().__init__(*given, people=people, **named)
        names = formats.DAYS[formats.language()].split()
        self.fields["weekday"].choices = [("", _("every day")), *enumerate(names)]  # type: ignore[attr-defined]


class Keeping(forms.Form):
    """A hold: why posts are kept beyond their erasure, and until when."""

    name = forms.CharField(label=_("Name of the case"), max_length=120)
    why = forms.CharField(label=_("Why it is kept"), max_length=400)
    until = forms.DateField(label=_("Until"), widget=forms.DateInput(attrs={"type": "date"}))
