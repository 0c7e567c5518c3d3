"""People and their sessions, brands and their teams, what is watched, what is listened to, and who did what."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kalkan import brands


class People(BaseUserManager["Person"]):
    """People, found by e-mail in any case."""

    def get_by_natural_key(self, username: str | None) -> Person:
        """The person whose sign-in name this is."""
        return self.get(email=(username or "").strip().lower())


class Person(AbstractBaseUser):
    """Somebody who may sign in. The e-mail is the sign-in name, kept in lower case."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=80)
    lang = models.CharField(max_length=2, blank=True)  # en, tr; empty: as the browser says
    zone = models.CharField(max_length=64, default="UTC")  # IANA name
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=timezone.now)
    founder = models.BooleanField(null=True, unique=True, editable=False)  # True for the first alone: no second set-up

    objects: ClassVar[People] = People()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


class Brand(models.Model):
    """A brand we speak for."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=80)
    langs = models.JSONField(default=list, blank=True)  # ISO 639-1; empty: any
    markets = models.JSONField(default=list, blank=True)  # ISO 3166-1 alpha-2
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    people = models.ManyToManyField(Person, through="Membership", related_name="brands")

    def __str__(self) -> str:
        return self.name

    def as_brand(self) -> brands.Brand:
        """This brand in the words of the core."""
        found = tuple(watch.as_watch() for watch in self.watches.all())
        return brands.Brand(
            slug=self.slug,
            name=self.name,
            watches=found,
            accounts=tuple(watch.text for watch in found if watch.kind == "handle"),
            langs=tuple(self.langs),
            markets=tuple(self.markets),
        )


class Watch(models.Model):
    """One thing to look for on behalf of a brand."""

    class Kind(models.TextChoices):
        """What is looked for."""

        NAME = "name", _("name")
        HANDLE = "handle", _("handle")
        HASHTAG = "hashtag", _("hashtag")
        TOPIC = "topic", _("topic")
        PEER = "peer", _("peer")

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="watches")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    text = models.CharField(max_length=100)
    without = models.JSONField(default=list, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """In the order in which they were written."""

        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["brand", "kind", "text"], name="watch_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.text}"

    def as_watch(self) -> brands.Watch:
        """This watch in the words of the core."""
        return brands.Watch(kind=self.kind, text=self.text, without=tuple(self.without))


class Membership(models.Model):
    """What a person does for a brand."""

    class Role(models.TextChoices):
        """From most to least allowed."""

        OWNER = "owner", _("owner")
        APPROVER = "approver", _("approver")
        WRITER = "writer", _("writer")
        MODERATOR = "moderator", _("moderator")
        VIEWER = "viewer", _("viewer")

    person = models.ForeignKey(Person, models.CASCADE, related_name="memberships")
    brand = models.ForeignKey(Brand, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.VIEWER)

    class Meta:
        """One role a person and brand."""

        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["person", "brand"], name="membership_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.role} {self.brand_id}"


class Source(models.Model):
    """One listener on one network. Secrets are kept apart from the other options, and only sealed."""

    network = models.CharField(max_length=40)  # a name of the plug-in group kalkan.networks
    name = models.SlugField(max_length=60)
    title = models.CharField(max_length=120, blank=True)
    options = models.JSONField(default=dict, blank=True)  # str → str; lists are one a line
    sealed = models.TextField(blank=True)  # by vault.py
    enabled = models.BooleanField(default=True)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """A name once a network."""

        ordering: ClassVar[list[str]] = ["network", "id"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["network", "name"], name="source_once"),
        ]

    def __str__(self) -> str:
        return self.source

    @property
    def source(self) -> str:
        """The name that the archive knows this listener by, as in ``bluesky:jetstream``."""
        return f"{self.network}:{self.name}"


class SignIn(models.Model):
    """One attempt to sign in, kept for the throttle and swept after a day."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    account = models.CharField(max_length=254)
    address = models.CharField(max_length=64)
    kind = models.CharField(max_length=10, default="password")  # password, code, invitation
    ok = models.BooleanField()

    def __str__(self) -> str:
        return f"{self.account} {self.address}"


class Audit(models.Model):
    """Who did what, when. Only added to."""

    at = models.DateTimeField(default=timezone.now)
    person = models.ForeignKey(Person, models.SET_NULL, null=True)
    brand = models.ForeignKey(Brand, models.SET_NULL, null=True)
    verb = models.CharField(max_length=40)
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        """Read by brand, newest first."""

        indexes: ClassVar[list[Any]] = [models.Index(fields=["brand", "-at"], name="audit_by_brand")]

    def __str__(self) -> str:
        return f"{self.at:%F %T} {self.verb}"


class Invitation(models.Model):
    """A place on a brand's team, offered to one person. The link is signed, so this row alone does not open it."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Membership.Role.choices)
    lang = models.CharField(max_length=2)
    nonce = models.CharField(max_length=32, unique=True)
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True)
    made_at = models.DateTimeField()
    until = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        """Newest first."""

        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return f"{self.email} {self.role} {self.brand_id}"

    def state(self, now: datetime) -> str:
        """open, taken, withdrawn or expired at ``now``."""
        if self.taken_at:
            return "taken"
        if self.withdrawn_at:
            return "withdrawn"
        return "open" if now < self.until else "expired"


class SecondFactor(models.Model):
    """The secret that a person's phone makes codes from. Asked for at sign-in once it is confirmed."""

    person = models.OneToOneField(Person, models.CASCADE, related_name="second_factor")
    sealed = models.TextField()  # by vault.py
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(default=0)  # of the last code taken: no code counts twice

    def __str__(self) -> str:
        return f"{self.person_id} {'on' if self.confirmed_at else 'begun'}"


class RecoveryCode(models.Model):
    """A code on paper, for once. Only its digest is kept."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.person_id} {'used' if self.used_at else 'unused'}"


class OpenSession(models.Model):
    """A browser in which somebody is signed in. Without its row a session counts for nothing."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="open_sessions")
    word = models.CharField(max_length=32, unique=True)  # the same stands in the session
    browser = models.CharField(max_length=40, blank=True)  # roughly, as in "Firefox, Linux"; no address is kept
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        """Last seen first."""

        ordering: ClassVar[list[str]] = ["-seen_at", "-id"]

    def __str__(self) -> str:
        return f"{self.person_id} {self.browser}"
