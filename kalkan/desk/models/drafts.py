"""Drafts with their versions and checks, who approved what, pictures, the accounts we publish from, and pauses."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kalkan.desk.models.people import Brand, Person


class Pillar(models.TextChoices):
    """What a draft is about, for the mix of what a brand says."""

    PRODUCT = "product", _("product")
    SERVICE = "service", _("service")
    EDUCATION = "education", _("education")
    CAUSE = "cause", _("cause")
    COMMUNITY = "community", _("community")


class Account(models.Model):
    """An account of a brand on a network that Kalkan may publish from. Its secrets are kept sealed only."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="accounts")
    network = models.CharField(max_length=20)  # bluesky, mastodon
    server = models.CharField(max_length=200)  # https://bsky.social, https://social.example
    handle = models.CharField(max_length=200)  # as people write it, without the sign
    account_id = models.CharField(max_length=300)  # lasting: bluesky:did:plc:…, mastodon:https://…
    name = models.CharField(max_length=120, blank=True)
    url = models.CharField(max_length=300, blank=True)
    loopback = models.BooleanField(default=False)  # on this machine: the demo's town
    lang = models.CharField(max_length=2, blank=True)  # the language it usually speaks
    sealed = models.TextField(blank=True)  # by vault.py
    limits = models.JSONField(default=dict, blank=True)  # as the server said when last asked
    fault = models.JSONField(default=dict, blank=True)  # code and params of what is wrong; empty: it works
    checked_at = models.DateTimeField(null=True)
    added_by = models.ForeignKey(Person, models.SET_NULL, null=True)
    added_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        """By network, then by age; an account once a brand."""

        ordering: ClassVar[list[str]] = ["network", "id"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["brand", "account_id"], name="account_once"),
        ]

    def __str__(self) -> str:
        return f"{self.network} {self.handle}"


class Draft(models.Model):
    """Something the brand may say. What it says stands in its versions; how far it has come, here."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="drafts")
    title = models.CharField(max_length=120)
    pillar = models.CharField(max_length=12, choices=Pillar.choices, blank=True)
    state = models.CharField(max_length=12, default="draft")  # a state of kalkan.drafts
    progress = models.JSONField(default=dict, blank=True)  # the whole of it, as kalkan.drafts keeps it
    version = models.PositiveIntegerField(default=0)  # the newest
    planned_at = models.DateTimeField(null=True)  # of the newest version
    due_at = models.DateTimeField(null=True)  # until when approvals are asked for
    story = models.CharField(max_length=80, blank=True)  # the story that gave the idea
    verdict = models.CharField(max_length=8, blank=True)  # of the last check: go, care, hold
    sent_at = models.DateTimeField(null=True)
    leased_by = models.CharField(max_length=40, blank=True)  # a worker has it in hand
    leased_until = models.DateTimeField(null=True)
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Last changed first."""

        ordering: ClassVar[list[str]] = ["-changed_at", "-id"]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["brand", "state"], name="draft_by_state")]

    def __str__(self) -> str:
        return self.title


class Version(models.Model):
    """One version of a draft. Only added to: what was approved can always be looked at again."""

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="versions")
    n = models.PositiveIntegerField()
    content = models.JSONField()  # in the words of kalkan.drafts
    digest = models.CharField(max_length=64)
    by = models.ForeignKey(Person, models.SET_NULL, null=True)
    at = models.DateTimeField()

    class Meta:
        """Newest first, each number once."""

        ordering: ClassVar[list[str]] = ["-n"]
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["draft", "n"], name="version_once")]

    def __str__(self) -> str:
        return f"{self.draft_id} version {self.n}"


class RoomCheck(models.Model):
    """What the room check said of one version at one moment. Only added to."""

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="checks")
    n = models.PositiveIntegerField()  # the version
    digest = models.CharField(max_length=64)
    occasion = models.CharField(max_length=12)  # written, submitted, approved, sending
    verdict = models.CharField(max_length=8)
    found = models.JSONField()  # the whole answer, so that it can be shown as it was
    at = models.DateTimeField()

    class Meta:
        """Newest first."""

        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return f"{self.draft_id} {self.occasion} {self.verdict}"


class Approval(models.Model):
    """A yes, or a wish for changes, to one exact digest."""

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="approvals")
    n = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    person = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    outside = models.ForeignKey("OutsideLink", models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=80)  # as it was then
    role = models.CharField(max_length=10)  # owner, approver, outside
    yes = models.BooleanField()
    reason = models.TextField(blank=True)
    at = models.DateTimeField()
    void_at = models.DateTimeField(null=True)

    class Meta:
        """In the order in which they were given."""

        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return f"{self.name} {'yes' if self.yes else 'changes'} {self.digest[:8]}"


class OutsideLink(models.Model):
    """A door for one person without an account: to look at one digest and say yes or what to change."""

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="links")
    n = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    name = models.CharField(max_length=80)
    email = models.EmailField(blank=True)
    lang = models.CharField(max_length=2)
    nonce = models.CharField(max_length=32, unique=True)
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    until = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        """Newest first."""

        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} {self.digest[:8]}"

    def state(self, now: datetime) -> str:
        """open, answered, withdrawn, changed (the draft is another one by now) or expired at ``now``."""
        if self.answered_at:
            return "answered"
        if self.withdrawn_at:
            return "withdrawn"
        return "open" if now < self.until else "expired"


class Comment(models.Model):
    """A word about a draft, for those who work on it. Never sent, never in the ledger."""

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="comments")
    n = models.PositiveIntegerField()
    person = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=80)
    text = models.TextField()
    at = models.DateTimeField()

    class Meta:
        """In the order in which they were written."""

        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return f"{self.name}: {self.text[:40]}"


class Picture(models.Model):
    """A picture that a brand has; its bytes are in the folder ``media``."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="pictures")
    sha256 = models.CharField(max_length=64)
    mime = models.CharField(max_length=20)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Once a brand."""

        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["brand", "sha256"], name="picture_once"),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]


class Policy(models.Model):
    """How a brand publishes: who has to say yes, how many, how late is too late. One row a brand, as JSON."""

    brand = models.OneToOneField(Brand, models.CASCADE, related_name="policy")
    rules = models.JSONField(default=dict)
    changed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"policy {self.brand_id}"


class Facts(models.Model):
    """What the room check may know of a brand beside its watches: its trade, what it sells, tags it used."""

    brand = models.OneToOneField(Brand, models.CASCADE, related_name="facts")
    sector = models.CharField(max_length=80, blank=True)
    sells = models.JSONField(default=list, blank=True)
    tags = models.JSONField(default=list, blank=True)
    view_hours = models.PositiveSmallIntegerField(default=24)  # how long a post stays in view
    changed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"facts {self.brand_id}"


class Fact(models.Model):
    """One thing known about a brand that a finding can rest on, in the kinds of :class:`kalkan.room.Fact`."""

    class Kind(models.TextChoices):
        """What it is."""

        CRISIS = "crisis", _("a crisis of our own")
        GAP = "gap", _("something that speaks against our words")
        ACT = "act", _("something we did or pay for")
        LINK = "link", _("a true tie to a subject")
        STAND = "stand", _("a stand we took")

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="known")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    text = models.CharField(max_length=300)
    topics = models.JSONField(default=list, blank=True)
    at = models.DateField(null=True)
    until = models.DateField(null=True)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    told_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        """Newest first."""

        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return self.text


class Mourning(models.Model):
    """Days of mourning that no calendar knows: declared, and written down by somebody on the team."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="mournings")
    name = models.CharField(max_length=120)
    market = models.CharField(max_length=2, blank=True)
    begins = models.DateTimeField()
    until = models.DateTimeField()
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    told_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Newest first."""

        ordering: ClassVar[list[str]] = ["-begins"]

    def __str__(self) -> str:
        return self.name


class Pause(models.Model):
    """Nothing of a brand goes out, in one market or all, until a time or until somebody ends it."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="pauses")
    market = models.CharField(max_length=2, blank=True)  # ISO 3166-1 alpha-2; empty: all
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    began_at = models.DateTimeField()
    until = models.DateTimeField()  # a time to look again: nothing starts by itself
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    stopped = models.JSONField(default=list)  # ids of the drafts that it stopped

    class Meta:
        """Newest first."""

        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return f"{self.brand_id} {self.market or 'all'} {self.began_at:%F %T}"


class SendingStep(models.Model):
    """One line of the journal of a draft's way out, in the words of :class:`kalkan.publishing.Step`. Only added to."""

    draft = models.ForeignKey(Draft, models.PROTECT, related_name="steps")
    name = models.CharField(max_length=120)
    at = models.DateTimeField()
    body = models.JSONField(default=dict)
    kind = models.CharField(max_length=12, blank=True)  # sent: a receipt, with what follows
    account = models.CharField(max_length=300, blank=True)
    post_id = models.CharField(max_length=500, blank=True, db_index=True)
    url = models.CharField(max_length=500, blank=True)

    class Meta:
        """In the order in which they were written, each once."""

        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["draft", "name"], name="step_once")]

    def __str__(self) -> str:
        return f"{self.draft_id} {self.name}"


class Clock(models.Model):
    """The latest moment the sender ever saw, so that a clock set back sends nothing twice. One row."""

    name = models.CharField(max_length=20, unique=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.at:%F %T}"


class Outcome(models.Model):
    """A look at how a sent draft was received, due or done: one hour, one day, seven days after."""

    draft = models.ForeignKey(Draft, models.PROTECT, related_name="outcomes")
    after = models.CharField(max_length=4)  # 1h, 24h, 7d
    due_at = models.DateTimeField(db_index=True)
    done_at = models.DateTimeField(null=True)
    found = models.JSONField(default=dict)

    class Meta:
        """In time order, each once a draft."""

        ordering: ClassVar[list[str]] = ["due_at"]
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["draft", "after"], name="outcome_once")]

    def __str__(self) -> str:
        return f"{self.draft_id} {self.after}"


class LedgerEntry(models.Model):
    """One entry of a brand's chain, field for field as :class:`kalkan.ledger.Entry` has it. Only added to."""

    brand = models.ForeignKey(Brand, models.PROTECT, related_name="ledger")
    draft = models.ForeignKey(Draft, models.PROTECT, null=True, related_name="ledger")
    seq = models.PositiveIntegerField()
    at = models.CharField(max_length=32)  # as it was hashed: ISO 8601, UTC, microseconds
    slug = models.CharField(max_length=60)  # of the brand, as it was hashed
    kind = models.CharField(max_length=12)
    about = models.CharField(max_length=80)
    who = models.CharField(max_length=80, blank=True)
    body = models.JSONField()
    note = models.CharField(max_length=64, blank=True)
    prev = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        """Oldest first, each number once."""

        ordering: ClassVar[list[str]] = ["brand", "seq"]
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["brand", "seq"], name="ledger_once")]

    def __str__(self) -> str:
        return f"{self.slug} {self.seq} {self.kind}"

    def as_row(self) -> dict[str, Any]:
        """This entry as :func:`kalkan.ledger.read` takes it."""
        names = ("seq", "at", "kind", "about", "who", "body", "note", "prev", "hash")
        return {name: getattr(self, name) for name in names} | {"brand": self.slug}


class PrivateNote(models.Model):
    """What somebody noted for themselves. Its salted hash stands in the chain; its words are shown to them only."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="notes")
    draft = models.ForeignKey(Draft, models.CASCADE, related_name="notes")
    entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="private")
    salt = models.CharField(max_length=64)
    text = models.TextField()
    at = models.DateTimeField()

    class Meta:
        """In the order in which they were written."""

        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return f"{self.person_id} on {self.draft_id}"
