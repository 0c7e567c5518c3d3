"""Who handles what is held and the evidence kept of it, pile-ons, audits of the shield, asks and what became of them,
deeds on the networks, and the shifts of those who read.

What stands here of strangers' words is evidence under a named, dated hold, and goes when the hold ends. Time at the
inbox and topics put off are shown to the person they are of, and to nobody else.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from kalkan.desk.models.drafts import Account
from kalkan.desk.models.inbox import Item
from kalkan.desk.models.people import Brand, Person


class CareRules(models.Model):
    """Who handles what is held, and how long what they keep of it is kept."""

    brand = models.OneToOneField(Brand, models.CASCADE, related_name="care_rules")
    handler = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")  # None: the owners
    hold_days = models.PositiveIntegerField(default=90)
    break_minutes = models.PositiveIntegerField(default=120)

    def __str__(self) -> str:
        return f"{self.brand_id}"


class EvidenceHold(models.Model):
    """Why posts are kept beyond their erasure: a case with a name, who opened it, and until when."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="holds")
    name = models.CharField(max_length=120)
    why = models.CharField(max_length=400)
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    until = models.DateField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")

    class Meta:
        """Newest first."""

        ordering: ClassVar[list[str]] = ["-made_at", "-id"]

    def __str__(self) -> str:
        return self.name


class Evidence(models.Model):
    """One record of a brand's chain. Once its hold has ended its words are gone; its place in the chain stays."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="evidence")
    hold = models.ForeignKey(EvidenceHold, models.RESTRICT, related_name="records")
    item = models.ForeignKey(Item, models.SET_NULL, null=True, related_name="evidence")
    seq = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    body = models.JSONField(null=True)  # kalkan.shield.vault.to_row; None: released
    before = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    released_at = models.DateTimeField(null=True)

    class Meta:
        """In order of the chain, each number once."""

        ordering: ClassVar[list[str]] = ["seq"]
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["brand", "seq"], name="evidence_once")]

    def __str__(self) -> str:
        return f"{self.brand_id} {self.seq}"


class PileOn(models.Model):
    """Posts that say the same, or throw abuse at the same post, as one card. Its items point here."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="piles")
    card = models.CharField(max_length=820)
    n = models.PositiveIntegerField()
    authors = models.PositiveIntegerField(null=True)
    kept = models.PositiveIntegerField(default=0)  # who also ask or complain: they stay in the list
    same = models.FloatField(default=0)
    began = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        """A card once a brand."""

        ordering: ClassVar[list[str]] = ["-n", "id"]
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["brand", "card"], name="pile_once")]

    def __str__(self) -> str:
        return f"{self.brand_id} {self.n}"


class PiledItem(models.Model):
    """An item that stands behind a card."""

    item = models.OneToOneField(Item, models.CASCADE, related_name="piled")
    pile = models.ForeignKey(PileOn, models.CASCADE, related_name="items")

    def __str__(self) -> str:
        return f"{self.pile_id} {self.item_id}"


class ShieldAudit(models.Model):
    """A random sample of what the shield folded and of what it left, to be judged blind."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="shield_audits")
    seed = models.BigIntegerField()
    units = models.JSONField()  # in order: [item, folded, whole]
    folded_of = models.PositiveIntegerField()
    untouched_of = models.PositiveIntegerField()
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        """Newest first."""

        ordering: ClassVar[list[str]] = ["-made_at", "-id"]

    def __str__(self) -> str:
        return f"{self.brand_id} {self.pk}"


class ShieldMark(models.Model):
    """What one person said of one sampled item. Both empty: could not say."""

    audit = models.ForeignKey(ShieldAudit, models.CASCADE, related_name="marks")
    unit = models.PositiveBigIntegerField()  # an item's number; the item may be gone
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    abuse = models.BooleanField(null=True)
    criticism = models.BooleanField(null=True)
    at = models.DateTimeField()

    class Meta:
        """One word a person and unit."""

        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["audit", "unit", "person"], name="shield_mark_once")
        ]

    def __str__(self) -> str:
        return f"{self.audit_id} {self.unit}"


class KeptAsk(models.Model):
    """One thing people ask, and what became of it: heard, passed on, decided, answered."""

    class Stage(models.TextChoices):
        """How far it has come."""

        PASSED = "passed", _("passed on")
        DECIDED = "decided", _("decided")
        ANSWERED = "answered", _("answered")

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="kept_asks")
    title = models.CharField(max_length=200)  # in the team's words
    posts = models.JSONField(default=list)  # ids, as far as they were gathered
    first = models.DateTimeField()
    stage = models.CharField(max_length=8, choices=Stage.choices, default=Stage.PASSED)
    passed_to = models.CharField(max_length=120)
    passed_at = models.DateTimeField()
    passed_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    decision = models.CharField(max_length=400, blank=True)
    decided_at = models.DateTimeField(null=True)
    telling_since = models.DateTimeField(null=True)  # replies to those who asked are under way
    answered_at = models.DateTimeField(null=True)

    class Meta:
        """Newest first."""

        ordering: ClassVar[list[str]] = ["-passed_at", "-id"]

    def __str__(self) -> str:
        return self.title


class NetworkDeed(models.Model):
    """Something a person did on a network with an account of the brand, and what undoes it."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="deeds")
    account = models.ForeignKey(Account, models.RESTRICT, related_name="+")
    item = models.ForeignKey(Item, models.SET_NULL, null=True, related_name="deeds")
    kind = models.CharField(max_length=20)
    person = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    undo = models.JSONField(null=True)  # a Deed; None: the network allows no undoing, or it is undone
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")

    class Meta:
        """Newest first."""

        ordering: ClassVar[list[str]] = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.brand_id} {self.kind}"


class Duty(models.Model):
    """A line of the rota: who is on duty on a day of the week, from when to when, in the brand's own time."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="rota")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    weekday = models.PositiveSmallIntegerField(null=True)  # 0 = Monday; None: every day
    begins = models.CharField(max_length=5)
    ends = models.CharField(max_length=5)

    class Meta:
        """By day and hour."""

        ordering: ClassVar[list[str]] = ["weekday", "begins", "id"]

    def __str__(self) -> str:
        return f"{self.brand_id} {self.weekday} {self.begins}"


class Stint(models.Model):
    """A stretch at the inbox without a break, of one person, for them alone; swept after eight weeks."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    begin = models.DateTimeField()
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.begin:%F %R}"


class NotToday(models.Model):
    """A topic that a person does not want to see today; for them alone."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    content = models.CharField(max_length=12)
    day = models.DateField()

    class Meta:
        """Once a person, topic and day."""

        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["person", "content", "day"], name="not_today_once")
        ]

    def __str__(self) -> str:
        return f"{self.content} {self.day}"


class CareWish(models.Model):
    """How one person wants to be treated by the inbox: how opened insults look, and a letter about their own week."""

    class Look(models.TextChoices):
        """How opened insults look. A choice, with no promise that it helps."""

        PLAIN = "plain", _("as they are")
        GREY = "grey", _("in grey")
        BLUR = "blur", _("blurred until pointed at")

    person = models.OneToOneField(Person, models.CASCADE, related_name="care_wish")
    look = models.CharField(max_length=5, choices=Look.choices, default=Look.PLAIN)
    weekly = models.BooleanField(default=False)
    week = models.DateField(null=True)  # the Monday of the last letter
    awake_until = models.DateTimeField(null=True)  # looks on in quiet hours until then

    def __str__(self) -> str:
        return f"{self.person_id}"


class HeldCall(models.Model):
    """A person called because something is held for them: once an item, and not in their quiet hours."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="calls")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    due_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    over = models.BooleanField(default=False)  # sent, given up, or not needed any more
    fault = models.JSONField(default=dict)

    class Meta:
        """Once a person and item."""

        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["item", "person"], name="held_call_once")]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["over", "due_at"], name="held_call_due")]

    def __str__(self) -> str:
        return f"{self.item_id} {self.person_id}"
