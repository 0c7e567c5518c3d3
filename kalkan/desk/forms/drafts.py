"""What a person may type about a draft: its words, its time, its pictures; a wish for changes, a comment, a pause.

Never writes: a valid form hands :class:`kalkan.desk.drafts_writing.Typed` to an action.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalkan.desk import formats
from kalkan.desk.drafts_writing import MOST_PICTURES, Said, Shown, Slot, Typed
from kalkan.desk.forms.setup import POST_LANGS
from kalkan.desk.models import Pillar

KINDS: Final = (
    ("sale", gettext_lazy("sale")),
    ("joke", gettext_lazy("joke")),
    ("celebration", gettext_lazy("celebration")),
    ("question", gettext_lazy("question to the crowd")),
    ("condolence", gettext_lazy("condolence")),
    ("help", gettext_lazy("help")),
    ("stand", gettext_lazy("stand")),
    ("service", gettext_lazy("service")),
    ("everyday", gettext_lazy("everyday")),
)
VISIBILITIES: Final = (
    ("public", gettext_lazy("everybody, and in lists")),
    ("unlisted", gettext_lazy("everybody, not in lists")),
)
_FARTHEST: Final = timedelta(days=730)
_LANGS: Final = frozenset(code for code, _name in POST_LANGS)


class Files(forms.FileField):
    """Any number of files."""

    class Widget(forms.ClearableFileInput):
        """A file input that takes several."""

        allow_multiple_selected = True

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=self.Widget(), **options)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """The files, each as Django has it."""
        given = data if isinstance(data, (list, tuple)) else [data] if data else []
        return [super(Files, self).clean(one, initial) for one in given]


class Writing(forms.Form):
    """One version of a draft, as the page sends it."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=120)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False)
    pillar = forms.ChoiceField(label=gettext_lazy("About"), required=False)
    day = forms.DateField(
        label=gettext_lazy("Planned for"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    hour = forms.TimeField(
        label=gettext_lazy("at"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    answer = forms.ChoiceField(
        label=gettext_lazy("Answer wanted"),
        required=False,
        choices=(
            ("", gettext_lazy("by its time")),
            ("1", gettext_lazy("1 hour earlier")),
            ("4", gettext_lazy("4 hours earlier")),
            ("24", gettext_lazy("a day earlier")),
        ),
    )
    campaign = forms.CharField(label=gettext_lazy("Campaign"), required=False, max_length=80)
    medium = forms.CharField(label=gettext_lazy("Medium"), required=False, max_length=40)
    content = forms.CharField(label=gettext_lazy("Content"), required=False, max_length=80)
    upload = Files(required=False)

    def __init__(self, places: Sequence[Slot], *args: Any, read_as: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self.places = places
        names = {code: str(name) for code, name in KINDS}
        read = _("read from the text") + (f": {names[read_as]}" if read_as in names else "")
        self.fields["kind"].choices = [("", read), *KINDS]  # type: ignore[attr-defined]
        self.fields["pillar"].choices = [("", "–"), *Pillar.choices]  # type: ignore[attr-defined]
        for name in ("day", "hour"):
            self.fields[name].error_messages["invalid"] = _("This cannot be read as a date or a time.")

    @property
    def planned_at(self) -> datetime | None:
        """The planned moment on the person's own clock."""
        day, hour = self.cleaned_data.get("day"), self.cleaned_data.get("hour")
        if day is None:
            return None
        return datetime.combine(day, hour or time(9), tzinfo=timezone.get_current_timezone())

    @property
    def deadline(self) -> datetime | None:
        """Until when approvals are taken; None: until the planned time."""
        planned, hours = self.planned_at, self.cleaned_data.get("answer")
        return planned - timedelta(hours=int(hours)) if planned and hours else None

    def clean(self) -> dict[str, Any]:
        """A time without a day is none, and nobody plans years ahead."""
        data = self.cleaned_data
        if data.get("hour") and not data.get("day") and "day" not in self.errors:
            self.add_error("day", _("Choose the day as well."))
        if data.get("day"):
            try:
                planned = self.planned_at
                far = planned is not None and planned > timezone.now() + _FARTHEST
            except (OverflowError, ValueError):
                far = True
            if far:
                self.add_error("day", _("This is too far ahead. Two years is the most."))
        return data

    def typed(self, given: MultiValueDict[str, Any] | Any, *, new: Sequence[str] = (), reply_to: str = "") -> Typed:
        """Everything that was typed. ``new``: digests of pictures that came with it."""
        data = self.cleaned_data
        drop = set(given.getlist("drop"))
        kept = [sha for sha in dict.fromkeys((*given.getlist("picture"), *new)) if _digest(sha) and sha not in drop]
        return Typed(
            variants=tuple(_said(place, given) for place in self.places),
            pictures=tuple(
                Shown(sha256=sha, alt=" ".join(given.get(f"alt-{sha}", "").replace("\x00", "").split())[:1500])
                for sha in kept[:MOST_PICTURES]
            ),
            kind=data.get("kind", ""),
            planned_at=self.planned_at if not {"day", "hour"} & set(self.errors) else None,
            campaign=data.get("campaign", ""), medium=data.get("medium", ""), content=data.get("content", ""),
            reply_to=reply_to,
        )  # fmt: skip

    @staticmethod
    def initial_of(title: str, pillar: str, typed: Typed) -> dict[str, Any]:
        """The fields as they stand now, with the time on the reader's clock."""
        at = formats.local(typed.planned_at) if typed.planned_at else None
        return {
            "title": title, "pillar": pillar, "kind": typed.kind, "campaign": typed.campaign,
            "medium": typed.medium, "content": typed.content,
            "day": at.date() if at else None, "hour": at.time().replace(second=0, microsecond=0) if at else None,
        }  # fmt: skip


def _said(place: Slot, given: Any) -> Said:
    def one(name: str) -> str:
        return str(given.get(f"{name}-{place.key}", "")).replace("\x00", "")

    lang = one("lang")
    return Said(
        key=place.key,
        text=one("text").replace("\r\n", "\n")[:20_000],
        used=bool(one("use")),
        lang=lang if lang in _LANGS else place.lang,
        visibility=one("visibility") if one("visibility") in dict(VISIBILITIES) else "public",
        warning=" ".join(one("warning").split())[:200],
    )


def _digest(sha: str) -> bool:
    return len(sha) == 64 and all(sign in "0123456789abcdef" for sign in sha)


class Word(forms.Form):
    """A comment, a reason, a private note."""

    text = forms.CharField(max_length=4000, strip=True, widget=forms.Textarea(attrs={"rows": 3}))


class Reason(forms.Form):
    """A reason that may be left out, with the digest that the page showed."""

    reason = forms.CharField(max_length=2000, required=False, strip=True)
    digest = forms.RegexField(r"^[0-9a-f]{64}$", required=False)


class Hindsight(forms.Form):
    """What one thinks of a decision afterwards."""

    right = forms.ChoiceField(
        label=gettext_lazy("Was it right?"),
        choices=(("yes", gettext_lazy("yes")), ("mixed", gettext_lazy("in part")), ("no", gettext_lazy("no"))),
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label=gettext_lazy("What we learned"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}), required=False
    )


class Moment(forms.Form):
    """A day and an hour on the person's own clock."""

    day = forms.DateField(label=gettext_lazy("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    hour = forms.TimeField(label=gettext_lazy("Time"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))

    @property
    def at(self) -> datetime:
        """The moment."""
        return datetime.combine(
            self.cleaned_data["day"], self.cleaned_data["hour"], tzinfo=timezone.get_current_timezone()
        )

    def clean(self) -> dict[str, Any]:
        """Ahead of now, and not years ahead."""
        data = self.cleaned_data
        if data.get("day") and data.get("hour"):
            try:
                now = timezone.now()
                fine = now < self.at < now + _FARTHEST
            except (OverflowError, ValueError):
                fine = False
            if not fine:
                raise ValidationError(_("Choose a time ahead of now, within two years."))
        return data


class Pausing(Moment):
    """What is paused, why, and when to look again."""

    market = forms.ChoiceField(label=gettext_lazy("What is paused"), required=False)
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))
    field_order = ("market", "reason", "day", "hour")

    def __init__(self, markets: Sequence[str], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["market"].choices = [("", _("everything of the brand")), *((code, code) for code in markets)]  # type: ignore[attr-defined]
        self.fields["day"].label, self.fields["hour"].label = _("Look again on"), _("at")


class Outside(forms.Form):
    """Somebody without an account who is asked for a yes."""

    name = forms.CharField(label=gettext_lazy("Their name"), max_length=80)
    email = forms.EmailField(label=gettext_lazy("E-mail, for your own record"), required=False, max_length=254)
    lang = forms.ChoiceField(
        label=gettext_lazy("Language of the page"), choices=(("en", "English"), ("tr", "Türkçe")), initial="en"
    )
    hours = forms.TypedChoiceField(
        label=gettext_lazy("Open for"),
        coerce=int,
        initial=48,
        choices=(
            (4, gettext_lazy("4 hours")),
            (24, gettext_lazy("1 day")),
            (48, gettext_lazy("2 days")),
            (168, gettext_lazy("7 days")),
        ),
    )
