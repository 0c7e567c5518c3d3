"""What may be said in the inbox: notes, answers, how a brand works, what its shield does."""

from __future__ import annotations

import re
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from kalkan.desk import formats

_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
STRICTNESS: Final = (
    ("gentle", _("gently: folds what is surely abuse")),
    ("balanced", _("balanced")),
    ("strict", _("strictly: folds more, and errs more")),
)
KINDS: Final = (("words", _("posts with these words")), ("account", _("posts by these accounts")))
DOES: Final = (
    ("fold", _("fold them")),
    ("spam", _("fold them as spam")),
    ("hold", _("hold them")),
    ("show", _("always show them")),
    ("praise", _("treat them as praise")),
    ("criticism", _("treat them as criticism")),
)


class Answer(forms.Form):
    """A saved answer."""

    name = forms.CharField(label=_("Name"), max_length=60)
    lang = forms.ChoiceField(label=_("Language"), choices=(("en", "English"), ("tr", "Türkçe")))
    text = forms.CharField(
        label=_("Answer"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("{name} becomes the person’s name, {brand} the brand’s."),
    )


class Working(forms.Form):
    """How a brand works."""

    goal_minutes = forms.IntegerField(
        label=_("Answer within, in minutes of business time"), min_value=5, max_value=14_400
    )
    opens = forms.CharField(label=_("Opens"), max_length=5, widget=forms.TimeInput(attrs={"type": "time"}))
    shuts = forms.CharField(label=_("Shuts"), max_length=5, widget=forms.TimeInput(attrs={"type": "time"}))
    weekdays = forms.TypedMultipleChoiceField(
        label=_("On"), coerce=int, widget=forms.CheckboxSelectMultiple, required=False, help_text=_("None: every day.")
    )
    cap_characters = forms.IntegerField(
        label=_("Characters of abuse that one person opens in a shift at most"), min_value=100, max_value=50_000
    )

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        names = formats.DAYS[formats.language()].split()
        self.fields["weekdays"].choices = list(enumerate(names))  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Hours that are hours, in order."""
        found: dict[str, Any] = super().clean() or {}
        opens, shuts = str(found.get("opens", ""))[:5], str(found.get("shuts", ""))[:5]
        if not (_CLOCK.fullmatch(opens) and _CLOCK.fullmatch(shuts)) or opens >= shuts:
            raise ValidationError(_("It must open before it shuts, as in 09:00 and 18:00."))
        return {**found, "opens": opens, "shuts": shuts}


class Shield(forms.Form):
    """What the shield does."""

    strictness = forms.ChoiceField(label=_("How it weighs"), choices=STRICTNESS)
    fold_abuse = forms.BooleanField(label=_("Fold abuse aimed at people"), required=False)
    fold_insults = forms.BooleanField(
        label=_("Fold the insult inside a grievance; the grievance stays"), required=False
    )
    fold_spam = forms.BooleanField(label=_("Fold spam"), required=False)
    hold_threats = forms.BooleanField(label=_("Hold threats for one named person"), required=False)
    hold_doxing = forms.BooleanField(label=_("Hold posts that give away where somebody lives"), required=False)


class OwnRule(forms.Form):
    """A rule of the team's own."""

    name = forms.CharField(label=_("Name"), max_length=60)
    kind = forms.ChoiceField(label=_("For"), choices=KINDS)
    values = forms.CharField(label=_("Which, one a line"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))
    does = forms.ChoiceField(label=_("Then"), choices=DOES)

    def clean_values(self) -> tuple[str, ...]:
        """Values, each once."""
        return tuple(dict.fromkeys(line.strip() for line in self.cleaned_data["values"].splitlines() if line.strip()))
