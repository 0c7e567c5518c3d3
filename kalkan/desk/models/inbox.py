"""What waits for a person: triaged mentions with what became of them, and how a team wants to work.

No text and no name of an author stands here: posts are asked of the archive by their ids, so that what is erased there
is gone from the inbox.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from kalkan.desk.models.drafts import Account, Draft
from kalkan.desk.models.people import Brand, Person


class Item(models.Model):
    """One mention with its triage. ``version`` grows with every change: two who change at once are told."""

    class State(models.TextChoices):
        """Where it stands."""

        OPEN = "open", _("open")
        SNOOZED = "snoozed", _("snoozed")
        DONE = "done", _("done")

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="items")
    post = models.CharField(max_length=800)
    root = models.CharField(max_length=800)
    network = models.CharField(max_length=20)
    lang = models.CharField(max_length=8, blank=True)
    at = models.DateTimeField()
    seen_at = models.DateTimeField()
    place = models.CharField(max_length=8)
    kind = models.CharField(max_length=12)
    kinds = models.JSONField(default=list)
    target = models.CharField(max_length=8)
    content = models.CharField(max_length=12)
    reason = models.CharField(max_length=60)
    params = models.TextField(default="{}")
    folds = models.JSONField(default=list)
    whole = models.BooleanField(default=False)
    p_abuse = models.FloatField(default=0)
    p_critic = models.FloatField(default=0)
    rule = models.CharField(max_length=80, blank=True)
    need = models.FloatField(default=0)
    bucket = models.SmallIntegerField(default=0)
    needs = models.BooleanField(default=False)  # a person
    hard = models.CharField(max_length=10, blank=True)  # stance, service, community
    recipe = models.CharField(max_length=60)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    assignee = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    snoozed_until = models.DateTimeField(null=True)
    tags = models.JSONField(default=list)
    draft = models.ForeignKey(Draft, models.SET_NULL, null=True, related_name="+")
    replying = models.BooleanField(default=False)  # a reply is being written or waits at the approvals' door
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        """A mention once a brand; found by what is asked most."""

        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["brand", "post"], name="item_once")]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["brand", "state", "-bucket", "due_at", "id"], name="item_in_order"),
            models.Index(
                fields=["brand", "state", "-bucket", "due_at", "id"],
                condition=models.Q(needs=True, answered_at=None, replying=False),
                name="item_waiting",
            ),
            models.Index(
                fields=["brand", "state", "-bucket", "due_at", "id"],
                condition=models.Q(whole=True),
                name="item_whole",
            ),
            models.Index(fields=["brand", "state", "kind", "-bucket", "due_at", "id"], name="item_by_kind"),
            models.Index(fields=["brand", "state", "place", "kind", "whole", "needs"], name="item_counts"),
            models.Index(fields=["state", "snoozed_until"], name="item_wakes"),
        ]

    def __str__(self) -> str:
        return f"{self.brand_id} {self.kind} {self.pk}"


class ItemNote(models.Model):
    """A word between colleagues about an item."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="notes")
    person = models.ForeignKey(Person, models.SET_NULL, null=True)
    text = models.CharField(max_length=1000)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.item_id} {self.at:%F}"


class ItemLook(models.Model):
    """Who has an item open now."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="looks")
    person = models.ForeignKey(Person, models.CASCADE)
    since = models.DateTimeField()
    at = models.DateTimeField()

    class Meta:
        """One a person and item."""

        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["item", "person"], name="look_once")]

    def __str__(self) -> str:
        return f"{self.item_id} {self.person_id}"


class SavedAnswer(models.Model):
    """An answer that is given often. ``{name}`` and ``{brand}`` are filled in."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="answers")
    name = models.CharField(max_length=60)
    lang = models.CharField(max_length=2)
    text = models.TextField()

    class Meta:
        """By name."""

        ordering: ClassVar[list[str]] = ["name", "lang", "id"]

    def __str__(self) -> str:
        return self.name


class SavedView(models.Model):
    """A filter of the inbox under a name of one's own."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="views")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=400)

    def __str__(self) -> str:
        return self.name


class InboxRules(models.Model):
    """How a brand works: how soon it answers, when it is open, what its shield folds, how much one person reads."""

    brand = models.OneToOneField(Brand, models.CASCADE, related_name="inbox_rules")
    goal_minutes = models.PositiveIntegerField(default=240)
    zone = models.CharField(max_length=64, default="UTC")
    opens = models.CharField(max_length=5, default="08:00")
    shuts = models.CharField(max_length=5, default="20:00")
    weekdays = models.JSONField(default=list)  # 0 = Monday; empty: every day
    policy = models.TextField(blank=True)  # kalkan.shield.Policy as JSON; empty: the shipped one
    cap_characters = models.PositiveIntegerField(default=2000)
    taken_until = models.DateTimeField(null=True)  # where the inbox began: what was seen before is not taken in
    taken = models.JSONField(default=dict)  # source → its last batch whose mentions are in the inbox

    def __str__(self) -> str:
        return f"{self.brand_id}"


class TeamRule(models.Model):
    """A rule of the team's own for the shield, as data."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="shield_rules")
    body = models.TextField()  # kalkan.shield.Rule as JSON
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.brand_id} {self.pk}"


class Opened(models.Model):
    """A fold that a person opened: for their own dose, shown to nobody else, swept after eight weeks."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    item = models.ForeignKey(Item, models.CASCADE, related_name="+")
    characters = models.PositiveIntegerField()
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.at:%F %T}"


class Notices(models.Model):
    """How far the notifications of a connected account are in the inbox, and how the last look went."""

    account = models.OneToOneField(Account, models.CASCADE, related_name="notices")
    cursor = models.TextField(blank=True)
    looked_at = models.DateTimeField(null=True)
    fault = models.JSONField(default=dict)  # code and params of the last look; empty: it went well
    faults = models.PositiveIntegerField(default=0)  # in a row
    retry_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.account_id} {self.looked_at}"
