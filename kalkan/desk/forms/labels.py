"""What may be asked of a sample: which share, of which days."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from kalkan.desk import telling

SHARES: Final = (
    "anger", "sadness", "fear", "joy", "optimism", "disgust", "surprise", "negative", "positive", "question", "ask",
    "complaint", "praise", "offensive",
)  # fmt: skip


class Begin(forms.Form):
    """A sample to label."""

    measure = forms.ChoiceField(label=_("Which share"), choices=[(name, telling.NAMES[name]) for name in SHARES])
    first = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=_("To"), widget=forms.DateInput(attrs={"type": "date"}))

    def clean(self) -> dict[str, Any]:
        """Days in order."""
        found: dict[str, Any] = super().clean() or {}
        first, last = found.get("first"), found.get("last")
        if isinstance(first, date) and isinstance(last, date) and first > last:
            raise ValidationError(_("The first day comes after the last."))
        return found
