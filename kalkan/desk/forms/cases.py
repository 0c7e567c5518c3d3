"""What is said of an act, and of a case."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from kalkan.desk.models import Act, Brand

_MOST_WORDS: Final = 8
_AT = {"type": "datetime-local"}


class Entered(forms.Form):
    """An act of ours or of a peer."""

    who = forms.ChoiceField(label=_("Who"), required=False)
    text = forms.CharField(label=_("What they did, in a few words"), max_length=300)
    at = forms.DateTimeField(label=_("When"), widget=forms.DateTimeInput(attrs=_AT))
    spoke = forms.BooleanField(
        label=_("They spoke (leave empty: looked for and not found)"), required=False, initial=True
    )
    event = forms.CharField(label=_("What it answered"), max_length=200, required=False)
    event_at = forms.DateTimeField(label=_("When that began"), required=False, widget=forms.DateTimeInput(attrs=_AT))
    post = forms.CharField(
        label=_("Id of its post, if it was heard"),
        max_length=800,
        required=False,
        help_text=_("Answers and quotes of it are counted. Without it: posts that say one of the words below."),
    )
    words = forms.CharField(
        label=_("Words of those who speak of it"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "One a line. Without a post and without words, everybody who speaks of them in the 48 hours counts."
        ),
    )
    unseen = forms.CharField(
        label=_("Where they may have spoken and we did not listen"), max_length=200, required=False
    )

    def __init__(self, brand: Brand, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        peers = [(watch.text, watch.text) for watch in brand.watches.all() if watch.kind == "peer"]
        self.fields["who"].choices = [("", brand.name), *peers]  # type: ignore[attr-defined]

    def clean_words(self) -> list[str]:
        """Words, each once."""
        found = list(dict.fromkeys(line.strip() for line in self.cleaned_data["words"].splitlines() if line.strip()))
        if len(found) > _MOST_WORDS:
            raise ValidationError(_("Eight at most."))
        return found


class Kept(forms.Form):
    """A case: which acts, under what title, and what it teaches."""

    title = forms.CharField(label=_("Title"), max_length=160)
    acts = forms.ModelMultipleChoiceField(Act.objects.none(), label=_("Acts"), widget=forms.CheckboxSelectMultiple)
    lesson = forms.CharField(label=_("What it teaches"), required=False, widget=forms.Textarea(attrs={"rows": 4}))
    tags = forms.CharField(
        label=_("Tags, with commas between"),
        max_length=200,
        required=False,
        help_text=_("What to compare by later: the market, the kind of brand, the kind of act."),
    )

    def __init__(self, acts: Any, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["acts"].queryset = acts  # type: ignore[attr-defined]

    def clean_tags(self) -> list[str]:
        """Tags, each once."""
        return list(dict.fromkeys(tag.strip() for tag in self.cleaned_data["tags"].split(",") if tag.strip()))
