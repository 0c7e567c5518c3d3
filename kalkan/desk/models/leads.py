"""What came of what was said: links that are counted, clicks and conversions that were brought in.

No address, no cookie and no browser of anybody who opened a link stands here: a link and a day have one number.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from kalkan.desk.models.drafts import Draft
from kalkan.desk.models.people import Brand, Person


class LeadLink(models.Model):
    """A link of ours that leads to one address and is counted. ``closed_at``: it leads nowhere any more."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="lead_links")
    code = models.CharField(max_length=16, unique=True)
    target = models.CharField(max_length=2000)  # with the campaign's tags
    campaign = models.CharField(max_length=120)
    source = models.CharField(max_length=120, blank=True)
    medium = models.CharField(max_length=120, blank=True)
    content = models.CharField(max_length=120, blank=True)
    draft = models.ForeignKey(Draft, models.SET_NULL, null=True, related_name="lead_links")
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)
    demo = models.BooleanField(default=False)  # its numbers are made up

    class Meta:
        """Newest first."""

        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["brand", "campaign"], name="lead_link_campaign")]

    def __str__(self) -> str:
        return self.code


class LeadDay(models.Model):
    """How often one link was opened on one day (UTC): by people as far as can be told, and by machines."""

    link = models.ForeignKey(LeadLink, models.CASCADE, related_name="days")
    day = models.DateField()
    opens = models.PositiveIntegerField(default=0)
    machines = models.PositiveIntegerField(default=0)

    class Meta:
        """One number a link and day."""

        ordering: ClassVar[list[str]] = ["day"]
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["link", "day"], name="lead_day_once")]

    def __str__(self) -> str:
        return f"{self.link_id} {self.day} {self.opens}"


class LeadFile(models.Model):
    """A table of clicks or conversions that somebody brought: what it held, and what of it was taken."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="lead_files")
    name = models.CharField(max_length=160)
    sha256 = models.CharField(max_length=64)
    columns = models.JSONField(default=list)
    sample = models.JSONField(default=list)  # its first rows, while it waits to be taken
    mapping = models.JSONField(default=dict)
    kind = models.CharField(max_length=12, blank=True)
    taken = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0)
    righted = models.PositiveIntegerField(default=0)  # totals of a day that said something else before
    faults = models.PositiveIntegerField(default=0)
    bad = models.JSONField(default=list)  # the first faults: line, code, params
    brought_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    brought_at = models.DateTimeField(default=timezone.now)
    taken_at = models.DateTimeField(null=True)

    class Meta:
        """Newest first."""

        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return self.name


class LeadHook(models.Model):
    """A door for one program to post clicks and conversions through. Its secret is kept sealed only."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="lead_hooks")
    name = models.CharField(max_length=80)
    door = models.CharField(max_length=32, unique=True)  # the last part of its address
    sealed = models.TextField()  # by vault.py
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(null=True)  # when it posted something that was believed
    removed_at = models.DateTimeField(null=True)

    class Meta:
        """In the order in which they were made."""

        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return self.name


class LeadEvent(models.Model):
    """Clicks or conversions that were brought in, each row once (``key``), as :class:`kalkan.index.Event` has them."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="lead_events")
    key = models.CharField(max_length=64)
    kind = models.CharField(max_length=12)  # click, conversion
    at = models.DateTimeField()
    campaign = models.CharField(max_length=120)
    source = models.CharField(max_length=120, blank=True)
    medium = models.CharField(max_length=120, blank=True)
    content = models.CharField(max_length=120, blank=True)
    n = models.PositiveBigIntegerField(default=1)
    value = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    currency = models.CharField(max_length=3, blank=True)
    file = models.ForeignKey(LeadFile, models.SET_NULL, null=True, related_name="events")
    hook = models.ForeignKey(LeadHook, models.SET_NULL, null=True, related_name="events")
    demo = models.BooleanField(default=False)

    class Meta:
        """Each once a brand; found by time."""

        ordering: ClassVar[list[str]] = ["at", "id"]
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["brand", "key"], name="lead_event_once")]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["brand", "at", "campaign"], name="lead_event_by_time")]

    def __str__(self) -> str:
        return f"{self.kind} {self.campaign} {self.n}"
