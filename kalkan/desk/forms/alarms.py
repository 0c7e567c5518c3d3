"""What a person may say about alarms. Never writes."""

from __future__ import annotations

from datetime import time
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalkan.desk.models import AlarmHook
from kalkan.errors import InvalidInput
from kalkan.networks.addresses import check_address

LANGS: Final = (("en", "English"), ("tr", "Türkçe"))
FLOORS: Final = (
    (0, gettext_lazy("everything that rises")),
    (1, gettext_lazy("gravity 1 or more")),
    (2, gettext_lazy("gravity 2 or more")),
    (3, gettext_lazy("gravity 3")),
    (4, gettext_lazy("none of it")),
)
COOL: Final = (
    (0, gettext_lazy("every time")),
    (60, gettext_lazy("once an hour")),
    (180, gettext_lazy("once in 3 hours")),
    (720, gettext_lazy("once in 12 hours")),
    (1440, gettext_lazy("once a day")),
)


class Rules(forms.Form):
    """What a brand wants to be told."""

    a_week = forms.FloatField(
        label=gettext_lazy("Alarms not worth it that you accept, a week"), min_value=0.1, max_value=50,
        help_text=gettext_lazy("Over all that is watched for you. Kalkan moves its bar by what you say of alarms."),
        localize=True, widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )  # fmt: skip
    all_week = forms.FloatField(
        label=gettext_lazy("The same for talk that names nothing of yours"), min_value=0.1, max_value=50,
        help_text=gettext_lazy("Shared by all brands of this Kalkan."), required=False,
        localize=True, widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )  # fmt: skip
    floor = forms.TypedChoiceField(
        label=gettext_lazy("Of talk that names nothing of yours, tell"), choices=FLOORS, coerce=int,
        help_text=gettext_lazy("In the languages of the brand. What names you, your topics or peers is always told."),
    )  # fmt: skip
    cool_down = forms.TypedChoiceField(
        label=gettext_lazy("Tell of the same story"), choices=COOL, coerce=int,
        help_text=gettext_lazy("Sooner only when it gets graver. The desk always shows every alarm."),
    )  # fmt: skip

    def __init__(self, *args: Any, may_share: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not may_share:
            del self.fields["all_week"]


class Wish(forms.Form):
    """How a person wants to be told."""

    by_mail = forms.BooleanField(label=gettext_lazy("Tell me by e-mail"), required=False)
    quiet_from = forms.TimeField(
        label=gettext_lazy("Quiet from"), required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=gettext_lazy("By your own clock. Mails wait until the quiet hours end and then come as one."),
    )  # fmt: skip
    quiet_until = forms.TimeField(
        label=gettext_lazy("Quiet until"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    on_call = forms.BooleanField(label=gettext_lazy("Wake me for gravity 3 all the same"), required=False, initial=True)

    def clean(self) -> dict[str, Any]:
        """Both ends of the quiet hours, or neither, and not the same."""
        data = self.cleaned_data
        begin, end = data.get("quiet_from"), data.get("quiet_until")
        if (begin is None) != (end is None) and not {"quiet_from", "quiet_until"} & set(self.errors):
            self.add_error(
                "quiet_until" if end is None else "quiet_from", _("Quiet hours have a beginning and an end.")
            )
        elif begin is not None and begin == end:
            self.add_error("quiet_until", _("They end when they begin. Leave both empty for none."))
        return data

    def quiet(self) -> tuple[time, time] | None:
        """From and until; None for none."""
        begin, end = self.cleaned_data["quiet_from"], self.cleaned_data["quiet_until"]
        return (begin, end) if begin is not None and end is not None else None


class Hook(forms.Form):
    """Where alarms are posted to."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    url = forms.CharField(
        label=gettext_lazy("Address"), max_length=500, widget=forms.URLInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("A webhook of Slack or Mattermost, or a program of your own. It must be public."),
    )  # fmt: skip
    form = forms.ChoiceField(
        label=gettext_lazy("What is posted"), choices=AlarmHook.Form.choices, initial="whole", widget=forms.RadioSelect
    )
    lang = forms.ChoiceField(label=gettext_lazy("Language"), choices=LANGS, widget=forms.RadioSelect)

    def __init__(self, *args: Any, say: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.say = say

    def clean_name(self) -> str:
        """In one line."""
        return " ".join(self.cleaned_data["name"].split())

    def clean_url(self) -> str:
        """A public web address."""
        url = self.cleaned_data["url"].strip()
        try:
            check_address(url)
        except InvalidInput as fault:
            raise ValidationError(self.say(fault)) from fault
        return str(url)
