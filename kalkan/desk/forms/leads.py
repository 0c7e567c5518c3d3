"""What may be typed about links, tables and doors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalkan.desk import formats
from kalkan.errors import InvalidInput
from kalkan.index import FIELDS, target
from kalkan.sentences import tell
from kalkan.text import clean

KINDS: Final = (("click", gettext_lazy("visits or clicks")), ("conversion", gettext_lazy("conversions")))
FIELD_WORDS: Final[dict[str, Any]] = {
    "at": gettext_lazy("Time or day"),
    "campaign": gettext_lazy("Campaign"),
    "source": gettext_lazy("Source"),
    "medium": gettext_lazy("Medium"),
    "content": gettext_lazy("Content"),
    "n": gettext_lazy("How many"),
    "value": gettext_lazy("Value"),
    "currency": gettext_lazy("Currency"),
    "id": gettext_lazy("Id of the row"),
    "kind": gettext_lazy("Visit or conversion"),
}


class Link(forms.Form):
    """A counted link."""

    url = forms.CharField(label=gettext_lazy("Address it leads to"), max_length=1800)
    campaign = forms.CharField(label=gettext_lazy("Campaign"), max_length=80)
    source = forms.CharField(label=gettext_lazy("Source"), max_length=80, required=False)
    medium = forms.CharField(label=gettext_lazy("Medium"), max_length=80, required=False, initial="social")
    content = forms.CharField(label=gettext_lazy("Content"), max_length=80, required=False)

    def clean_url(self) -> str:
        """The address, whole; https is put before a bare one."""
        said = str(self.cleaned_data["url"]).strip()
        whole = said if "://" in said or ":" in said.partition("/")[0] else f"https://{said}"
        try:
            target(whole, tags={})
        except InvalidInput as fault:
            raise ValidationError(tell(fault, formats.language())) from fault
        return whole

    def clean(self) -> dict[str, Any]:
        """Tags as one line each."""
        found = super().clean() or {}
        for name in ("campaign", "source", "medium", "content"):
            if found.get(name):
                found[name] = " ".join(clean(found[name]).split())
        return found

    def tags(self) -> dict[str, str]:
        """The tags that were given."""
        return {name: self.cleaned_data.get(name) or "" for name in ("campaign", "source", "medium", "content")}


class Table(forms.Form):
    """A file of clicks or conversions."""

    file = forms.FileField(label=gettext_lazy("File (CSV)"), widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt"}))


class Columns(forms.Form):
    """Which column is which."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What the rows are"), choices=KINDS, help_text=gettext_lazy("Where no column says it.")
    )
    money = forms.CharField(
        label=gettext_lazy("Currency of the values"), max_length=3, required=False, min_length=3,
        help_text=gettext_lazy("Three letters, where no column says it."),
    )  # fmt: skip

    def __init__(self, columns: Sequence[str], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        none = ("", _("no column"))
        for name in FIELDS:
            self.fields[f"c_{name}"] = forms.ChoiceField(
                label=FIELD_WORDS[name], choices=[none, *((each, each) for each in columns if each)],
                required=name in ("at", "campaign"),
            )  # fmt: skip

    def clean_money(self) -> str:
        """Three capital letters."""
        said = str(self.cleaned_data["money"]).strip().upper()
        if said and not (said.isascii() and said.isalpha()):
            raise ValidationError(_("A currency is three letters, as in TRY or EUR."))
        return said

    def clean(self) -> dict[str, Any]:
        """No column may be two things."""
        found = super().clean() or {}
        mapping = self.mapping()
        twice = {column for column in mapping.values() if list(mapping.values()).count(column) > 1}
        for column in sorted(twice):
            self.add_error(None, _("The column “%(column)s” cannot be two things.") % {"column": column})
        return found

    def mapping(self) -> dict[str, str]:
        """Field → column, as chosen."""
        chosen = {name: self.cleaned_data.get(f"c_{name}") or "" for name in FIELDS}
        return {name: column for name, column in chosen.items() if column}

    def choosers(self) -> list[forms.BoundField]:
        """The fields that choose a column."""
        return [self[f"c_{name}"] for name in FIELDS]


class Door(forms.Form):
    """A door for a program."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
