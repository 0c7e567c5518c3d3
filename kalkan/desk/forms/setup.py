"""What a person may type, and what is made of it.

Never writes: a valid form hands words of the core (:class:`kalkan.brands.Watch`, options as text) to an action.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import pytz
from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalkan.brands import Watch
from kalkan.desk.fields import Address, Feeds, Lines, Markets, Tags, Watches, line_of, watch_of
from kalkan.desk.models import Person
from kalkan.text import fold

POST_LANGS: Final = (
    ("en", "English"), ("tr", "Türkçe"), ("de", "Deutsch"), ("fr", "Français"), ("es", "Español"), ("it", "Italiano"),
    ("pt", "Português"), ("nl", "Nederlands"), ("ru", "Русский"), ("ar", "العربية"), ("ku", "Kurdî"),
    ("az", "Azərbaycanca"),
)  # fmt: skip


def _langs(**options: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=gettext_lazy("Languages of the posts you want"),
        help_text=gettext_lazy("None chosen: posts in every language."),
        choices=POST_LANGS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        **options,
    )


def password_field(label: Any, *, new: bool) -> forms.CharField:
    """A password, the one that is kept or a new one."""
    word = "new-password" if new else "current-password"
    return forms.CharField(
        label=label,
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": word}),
        help_text=gettext_lazy("Ten characters or more. A sentence is easier to keep than a riddle.") if new else "",
    )


class Account(forms.Form):
    """Step 1: who you are."""

    name = forms.CharField(
        label=gettext_lazy("Your name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail, your sign-in name"), widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = password_field(gettext_lazy("Password"), new=True)
    lang = forms.ChoiceField(
        label=gettext_lazy("Language of the desk"),
        choices=(("en", "English"), ("tr", "Türkçe")),
        widget=forms.RadioSelect,
    )
    zone = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput(attrs={"data-zone": ""}))
    token = forms.CharField(
        label=gettext_lazy("Set-up word"),
        help_text=gettext_lazy(
            "You open this page from another machine, so Kalkan asks for the word it printed where it was started."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, needs_token: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not needs_token:
            del self.fields["token"]

    def clean_zone(self) -> str:
        """The browser's time zone, if it is one."""
        found: str = self.cleaned_data["zone"]
        return found if found in zoneinfo.available_timezones() else ""

    def clean(self) -> dict[str, Any]:
        """A password that suits its owner."""
        data = self.cleaned_data
        if password := data.get("password"):
            try:
                password_validation.validate_password(
                    password, Person(email=data.get("email", ""), name=data.get("name", ""))
                )
            except ValidationError as fault:
                self.add_error("password", fault)
        return data


WATCH_HELP: Final = {
    "names": gettext_lazy(
        "The brand and its products, as people write them. Leave a word out with a minus: Fındık -fındıkkabuğu"
    ),
    "handles": gettext_lazy("Your own accounts. Replies to them and quotes of them are mentions."),
    "hashtags": gettext_lazy("With or without #."),
    "topics": gettext_lazy("Words of your trade that you want to hear about even when nobody names you."),
    "peers": gettext_lazy("Competitors and models. They are counted beside you, never mixed with you."),
}
WATCH_EXAMPLES: Final = {
    "names": "Fındık\nFındık Kreması",
    "handles": "@findik.example.com\n@findik@mastodon.social",
    "hashtags": "#findik\n#küçükkavanoz",
    "topics": "fındık kreması\npalm oil",
    "peers": "Çikola\nNutty",
}
WATCH_KINDS: Final = (
    ("names", "name"),
    ("handles", "handle"),
    ("hashtags", "hashtag"),
    ("topics", "topic"),
    ("peers", "peer"),
)


class Watched(forms.Form):
    """Everything that is watched for one brand."""

    names = Watches("name", label=gettext_lazy("Names"), help_text=WATCH_HELP["names"], example=WATCH_EXAMPLES["names"])
    handles = Watches(
        "handle",
        label=gettext_lazy("Handles"),
        required=False,
        help_text=WATCH_HELP["handles"],
        example=WATCH_EXAMPLES["handles"],
    )
    hashtags = Watches(
        "hashtag",
        label=gettext_lazy("Hashtags"),
        required=False,
        help_text=WATCH_HELP["hashtags"],
        example=WATCH_EXAMPLES["hashtags"],
    )
    topics = Watches(
        "topic",
        label=gettext_lazy("Topics"),
        required=False,
        help_text=WATCH_HELP["topics"],
        example=WATCH_EXAMPLES["topics"],
    )
    peers = Watches(
        "peer",
        label=gettext_lazy("Peers"),
        required=False,
        help_text=WATCH_HELP["peers"],
        example=WATCH_EXAMPLES["peers"],
    )

    def watches(self) -> tuple[Watch, ...]:
        """What the person wants watched."""
        return tuple(watch for field, _kind in WATCH_KINDS for watch in self.cleaned_data.get(field, ()))

    @staticmethod
    def initial_of(watches: Iterable[Watch]) -> dict[str, str]:
        """The fields as they stand now."""
        found = tuple(watches)
        return {
            field: "\n".join(line_of(watch) for watch in found if watch.kind == kind) for field, kind in WATCH_KINDS
        }


class FirstBrand(Watched):
    """Step 2: the brand you speak for. Its name is watched without being asked for again."""

    brand = forms.CharField(label=gettext_lazy("Name of the brand"), max_length=80)
    names = Watches(
        "name",
        label=gettext_lazy("Other names people use"),
        required=False,
        help_text=gettext_lazy("Products and spellings. The name above is watched already."),
        example="Fındık Kreması",
    )
    field_order = ("brand", "names", "handles", "hashtags", "topics", "peers")

    def clean_brand(self) -> str:
        """A name that can be watched."""
        name = " ".join(self.cleaned_data["brand"].split())
        watch_of("name", name)
        return name

    def watches(self) -> tuple[Watch, ...]:
        """What the person wants watched, the brand's own name first."""
        own = Watch(kind="name", text=self.cleaned_data["brand"])
        rest = tuple(w for w in super().watches() if (w.kind, fold(w.text)) != ("name", fold(own.text)))
        return (own, *rest)


class FirstNetworks(forms.Form):
    """Step 3: in which languages and where to listen."""

    langs = _langs()
    bluesky = forms.BooleanField(
        label=gettext_lazy("Bluesky"), required=False, initial=True,
        help_text=gettext_lazy("All public posts, as they are written. No account needed."),
    )  # fmt: skip
    mastodon_server = Address(
        label=gettext_lazy("A Mastodon server"), required=False, max_length=200,
        help_text=gettext_lazy("Its public posts, where the server shows them to everybody. Leave empty for none."),
    )  # fmt: skip
    mastodon_hashtags = Tags(
        label=gettext_lazy("Hashtags to follow there"), required=False, rows=2,
        help_text=gettext_lazy("One a line. These come from the servers it knows as well."), example="#findik",
    )  # fmt: skip
    feeds = Feeds(
        label=gettext_lazy("Feeds"), required=False, rows=2,
        help_text=gettext_lazy("News sites, blogs, YouTube channels: RSS or Atom addresses, one a line."),
        example="https://example.com/feed.xml",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Hashtags need a server."""
        data = self.cleaned_data
        if data.get("mastodon_hashtags") and not data.get("mastodon_server") and "mastodon_server" not in self.errors:
            self.add_error(
                "mastodon_server", _("Hashtags are followed through a server. Name one: mastodon.social, for example.")
            )
        return data

    def wanted(self) -> tuple[tuple[str, dict[str, str]], ...]:
        """Networks with their options."""
        data = self.cleaned_data
        found: list[tuple[str, dict[str, str]]] = []
        if data["bluesky"]:
            found.append(("bluesky", {}))
        if data["mastodon_server"]:
            found.append(
                ("mastodon", {"server": data["mastodon_server"], "hashtags": "\n".join(data["mastodon_hashtags"])})
            )
        if data["feeds"]:
            found.append(("feeds", {"feeds": "\n".join(data["feeds"])}))
        return tuple(found)


class SignInForm(forms.Form):
    """E-mail and password."""

    email = forms.CharField(
        label=gettext_lazy("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = password_field(gettext_lazy("Password"), new=False)


class Own(forms.Form):
    """A person's own settings."""

    name = forms.CharField(label=gettext_lazy("Your name"), max_length=80)
    lang = forms.ChoiceField(
        label=gettext_lazy("Language of the desk"),
        choices=(("", gettext_lazy("As the browser says")), ("en", "English"), ("tr", "Türkçe")),
        required=False,
        widget=forms.RadioSelect,
    )
    zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=[("UTC", "UTC"), *((zone, zone.replace("_", " ")) for zone in pytz.common_timezones if zone != "UTC")],
    )


class NewPassword(forms.Form):
    """A new password, with the old one as proof."""

    old = password_field(gettext_lazy("Password now"), new=False)
    new = password_field(gettext_lazy("New password"), new=True)

    def __init__(self, person: Person, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.person = person

    def clean_old(self) -> str:
        """The password as it is."""
        old: str = self.cleaned_data["old"]
        if not self.person.check_password(old):
            raise ValidationError(_("This is not your password now."))
        return old

    def clean_new(self) -> str:
        """A password that suits its owner."""
        new: str = self.cleaned_data["new"]
        password_validation.validate_password(new, self.person)
        return new


class BrandSettings(forms.Form):
    """What a brand is, beside what is watched for it."""

    name = forms.CharField(label=gettext_lazy("Name of the brand"), max_length=80)
    langs = _langs()
    markets = Markets(
        label=gettext_lazy("Markets"), required=False, max_length=400,
        help_text=gettext_lazy("Countries by their two letters: TR, GB, DE. Remembrance days follow them."),
    )  # fmt: skip


OptionRows = Sequence[Any]


class SourceForm(forms.Form):
    """The options of one network, as its plug-in lists them."""

    def __init__(
        self, options: OptionRows, *args: Any, words: Mapping[str, OptionWords], kept: Mapping[str, str], **more: Any
    ) -> None:
        super().__init__(*args, **more)
        self.rows = options
        self.kept = kept
        for row in options:
            self.fields[row.name] = _option_field(row, words.get(row.name), has_secret=row.name in kept)

    def values(self) -> tuple[dict[str, str], dict[str, str]]:
        """(options, secrets), as text; a secret left empty stays as it was."""
        plain: dict[str, str] = {}
        secret: dict[str, str] = {}
        for row in self.rows:
            value = self.cleaned_data[row.name]
            text = "\n".join(value) if isinstance(value, list) else {True: "yes", False: ""}.get(value, value)
            if row.kind == "secret":
                secret[row.name] = text or self.kept.get(row.name, "")
            else:
                plain[row.name] = text
        return {name: v for name, v in plain.items() if v}, {name: v for name, v in secret.items() if v}


class OptionWords:
    """How an option that we know is called on the desk."""

    def __init__(
        self, label: Any, help_text: Any = "", example: str = "", choices: Sequence[tuple[str, Any]] = ()
    ) -> None:
        self.label, self.help_text, self.example, self.choices = label, help_text, example, choices


OPTION_WORDS: Final = {
    "server": OptionWords(
        gettext_lazy("Server"), gettext_lazy("The server whose public posts you want to hear."), "mastodon.social"
    ),
    "hashtags": OptionWords(gettext_lazy("Hashtags"), gettext_lazy("One a line."), "#findik"),
    "timeline": OptionWords(
        gettext_lazy("Public posts of the server"),
        choices=(("public", gettext_lazy("all of them")), ("none", gettext_lazy("only the hashtags"))),
    ),
    "token": OptionWords(
        gettext_lazy("Access token"),
        gettext_lazy("Only where the server asks for one. It is kept sealed and never shown again."),
    ),
    "feeds": OptionWords(
        gettext_lazy("Feeds"), gettext_lazy("RSS or Atom addresses, one a line."), "https://example.com/feed.xml"
    ),
    "instances": OptionWords(
        gettext_lazy("Jetstream servers"), gettext_lazy("One a line, tried in order. Empty: the public ones.")
    ),
    "wanted_dids": OptionWords(
        gettext_lazy("Only these accounts"),
        gettext_lazy("Account ids (did:…), one a line. Empty: everybody."),
        "did:plc:…",
    ),
}
HIDDEN_OPTIONS: Final = frozenset({"loopback", "max_rows", "replay_hours", "allow_private"})


def _option_field(row: Any, words: OptionWords | None, *, has_secret: bool) -> forms.Field:
    label = words.label if words else row.name.replace("_", " ").capitalize()
    common: dict[str, Any] = {"label": label, "help_text": words.help_text if words else "", "required": row.required}
    common["initial"] = row.default
    if words and words.choices:
        return forms.ChoiceField(choices=words.choices, widget=forms.RadioSelect, **{**common, "required": False})
    if row.kind == "flag":
        return forms.BooleanField(**{**common, "required": False, "initial": row.default in {"yes", "true", "1", "on"}})
    if row.kind == "secret":
        held = gettext_lazy("One is kept. Leave empty to keep it.")
        common["required"] = row.required and not has_secret
        common["help_text"] = held if has_secret else common["help_text"]
        return forms.CharField(max_length=2000, widget=forms.PasswordInput(attrs={"autocomplete": "off"}), **common)
    if row.kind == "list":
        shape: type[Lines] = {"feeds": Feeds, "hashtags": Tags}.get(row.name, Lines)
        return shape(example=words.example if words else "", **common)
    if row.kind == "url":
        return Address(max_length=500, **common)
    return forms.CharField(max_length=500, **common)
