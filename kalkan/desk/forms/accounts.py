"""What a person types to connect an account, to set the rules of approval, to tell what a brand is. Never writes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalkan.desk.drafts_rules import LATE_MINUTES, VIEW_HOURS, WHO
from kalkan.desk.fields import Address, Lines, Tags
from kalkan.desk.forms.drafts import KINDS
from kalkan.desk.models import Fact
from kalkan.drafts import Policy, Rule
from kalkan.drafts.policy import MOST_LATE
from kalkan.networks.bluesky_publish import SERVICE


class Bluesky(forms.Form):
    """A handle and an app password."""

    handle = forms.CharField(
        label=gettext_lazy("Handle"),
        max_length=200,
        help_text=gettext_lazy("As in findik.example.com, without the @."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
    )
    password = forms.CharField(
        label=gettext_lazy("App password"),
        max_length=200,
        strip=True,
        help_text=gettext_lazy(
            "Make one at Bluesky under Settings, Privacy and security, App passwords. Never the password itself."
        ),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    service = Address(
        label=gettext_lazy("Server"), initial=SERVICE, required=False, max_length=200,
        help_text=gettext_lazy("Only if the account lives on a server of its own."),
    )  # fmt: skip


class Mastodon(forms.Form):
    """A server to go to and give leave, or a token made there by hand."""

    server = Address(
        label=gettext_lazy("Server"), max_length=200, help_text=gettext_lazy("Where the account lives: social.example")
    )
    token = forms.CharField(
        label=gettext_lazy("Access token"),
        max_length=400,
        required=False,
        strip=True,
        help_text=gettext_lazy(
            "Only if you made one there by hand, under Preferences, Development. Left empty, you are sent to the server"
            " to give leave."
        ),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )


class Rules(forms.Form):
    """The rules of approval in plain words; at most one stricter rule beside the usual one."""

    needed = forms.TypedChoiceField(
        label=gettext_lazy("How many people have to agree to a draft"),
        coerce=int,
        choices=((1, "1"), (2, "2"), (3, "3")),
    )
    owner = forms.BooleanField(label=gettext_lazy("One of them has to be an owner"), required=False)
    own = forms.BooleanField(label=gettext_lazy("Somebody may agree to what they wrote themselves"), required=False)
    outside = forms.BooleanField(
        label=gettext_lazy("An approver without an account counts, by a link for one version"), required=False
    )
    strict_kinds = forms.MultipleChoiceField(
        label=gettext_lazy("These kinds need more"), choices=KINDS, required=False, widget=forms.CheckboxSelectMultiple
    )
    strict_needed = forms.TypedChoiceField(
        label=gettext_lazy("For them, how many people"), coerce=int, choices=((1, "1"), (2, "2"), (3, "3")), initial=2
    )
    strict_owner = forms.BooleanField(
        label=gettext_lazy("For them, one has to be an owner"), required=False, initial=True
    )
    late = forms.IntegerField(
        label=gettext_lazy("Minutes after its time from which a draft is held instead of sent"), min_value=1,
        max_value=int(MOST_LATE.total_seconds() // 60),
    )  # fmt: skip
    release = forms.ChoiceField(
        label=gettext_lazy("Who may let a held draft go, or decide against a HOLD"),
        choices=(("both", gettext_lazy("owners and approvers")), ("owner", gettext_lazy("owners only"))),
    )

    @staticmethod
    def initial_of(rules: Policy) -> dict[str, Any]:
        """The fields as they stand now."""
        usual = next((rule for rule in rules.rules if not rule.kinds), Rule())
        strict = next((rule for rule in rules.rules if rule.kinds), None)
        return {
            "needed": usual.needed, "owner": "owner" in usual.among, "own": usual.own, "outside": usual.outside,
            "strict_kinds": sorted(strict.kinds) if strict else [],
            "strict_needed": strict.needed if strict else 2,
            "strict_owner": "owner" in strict.among if strict else True,
            "late": int(rules.late_after.total_seconds() // 60) or LATE_MINUTES,
            "release": "both" if len(rules.release) > 1 else "owner",
        }  # fmt: skip

    def policy(self) -> Policy:
        """The rules as the core knows them."""
        data = self.cleaned_data
        roles = frozenset(WHO)

        def rule(kinds: list[str], needed: int, owner: bool) -> Rule:
            return Rule(
                kinds=frozenset(kinds), roles=roles, needed=needed, among=("owner",) if owner else (), own=data["own"],
                outside=data["outside"],
            )  # fmt: skip

        usual = rule([], data["needed"], data["owner"])
        strict = (
            rule(data["strict_kinds"], data["strict_needed"], data["strict_owner"]) if data["strict_kinds"] else None
        )
        return Policy(
            rules=(strict, usual) if strict else (usual,),
            late_after=timedelta(minutes=data["late"]),
            release=roles if data["release"] == "both" else frozenset({"owner"}),
        )


class About(forms.Form):
    """What the brand is, for the room check."""

    sector = forms.CharField(
        label=gettext_lazy("Trade"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("In a word or two: food, bank, airline."),
    )
    sells = Lines(label=gettext_lazy("What it sells"), required=False, example="fındık kreması\nhazelnut spread")
    tags = Tags(label=gettext_lazy("Hashtags it has used before"), required=False, example="#kahvalti")
    view_hours = forms.IntegerField(
        label=gettext_lazy("Hours a post stays in view"), min_value=1, max_value=168, initial=VIEW_HOURS,
        help_text=gettext_lazy("The check looks at all of them, not only at the minute a post goes out."),
    )  # fmt: skip


class OneFact(forms.Form):
    """Something known about the brand."""

    kind = forms.ChoiceField(label=gettext_lazy("What it is"), choices=Fact.Kind.choices)
    text = forms.CharField(label=gettext_lazy("In a sentence"), max_length=300)
    topics = Lines(label=gettext_lazy("Words by which people speak of it"), required=False, example="kavanoz\n320 gram")
    at = forms.DateField(label=gettext_lazy("Since"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(
        label=gettext_lazy("Until, if it is over"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def clean(self) -> dict[str, Any]:
        """An end is after its beginning."""
        data = self.cleaned_data
        if data.get("at") and data.get("until") and data["until"] < data["at"]:
            self.add_error("until", _("This is before its beginning."))
        return data


class Mourned(forms.Form):
    """Days of mourning that were declared."""

    name = forms.CharField(label=gettext_lazy("What is mourned"), max_length=120)
    market = forms.ChoiceField(label=gettext_lazy("Where"), required=False)
    begins = forms.DateField(label=gettext_lazy("First day"), widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=gettext_lazy("Last day"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, markets: list[str], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["market"].choices = [("", _("everywhere")), *((code, code) for code in markets)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """In order, and no longer than a season."""
        data = self.cleaned_data
        if (
            data.get("begins")
            and data.get("until")
            and not timedelta(0) <= data["until"] - data["begins"] <= timedelta(days=90)
        ):
            self.add_error("until", _("The last day comes after the first, within 90 days."))
        return data

    def period(self) -> Mapping[str, datetime]:
        """The first moment and the first one after it, on the person's own clock."""
        zone = timezone.get_current_timezone()
        last = self.cleaned_data["until"] + timedelta(days=1)
        return {
            "begins": datetime.combine(self.cleaned_data["begins"], time(0), tzinfo=zone),
            "until": datetime.combine(last, time(0), tzinfo=zone),
        }


NAMES: Final = {"bluesky": Bluesky, "mastodon": Mastodon}
