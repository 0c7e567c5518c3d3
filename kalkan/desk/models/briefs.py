"""Briefs that were kept, and when new ones are made."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kalkan.desk.models.people import Brand, Person


class KeptBrief(models.Model):
    """A brief as it was made. Its data is whole in ``data``: page and PDF are drawn from it, byte for byte."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="briefs")
    sort = models.CharField(max_length=12)
    lang = models.CharField(max_length=2)
    since = models.DateTimeField()
    until = models.DateTimeField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True)
    plan = models.ForeignKey("BriefPlan", models.SET_NULL, null=True, related_name="made")
    title = models.CharField(max_length=300)
    digest = models.CharField(max_length=64)
    data = models.TextField()  # kalkan.brief.Brief.to_json
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        """Newest first; a plan makes one for each period and language, however often it is tried."""

        ordering: ClassVar[list[str]] = ["-made_at", "-id"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["plan", "since", "until"], name="brief_once_a_period"),
        ]

    def __str__(self) -> str:
        return f"{self.brand_id} {self.sort} {self.since:%F}"


class BriefPlan(models.Model):
    """A brief that is made by itself: which, how often, for whom."""

    class Every(models.TextChoices):
        """How often, and how long a time each tells of."""

        DAY = "day", _("every day")
        WEEK = "week", _("every week")
        MONTH = "month", _("every month")

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="brief_plans")
    sort = models.CharField(max_length=12)
    lang = models.CharField(max_length=2)
    every = models.CharField(max_length=5, choices=Every.choices)
    weekday = models.PositiveSmallIntegerField(default=0)  # of a weekly one, 0 = Monday
    hour = models.PositiveSmallIntegerField(default=9)  # on the clock of ``zone``
    zone = models.CharField(max_length=64, default="UTC")
    to = models.JSONField(default=list, blank=True)  # addresses it is mailed to
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.brand_id} {self.sort} {self.every}"


class WordingDoor(models.Model):
    """A language model that may propose wording for briefs; none by default. Its key is sealed."""

    url = models.URLField(max_length=400)
    model = models.CharField(max_length=120)
    sealed = models.TextField(blank=True)  # kalkan.desk.vault
    here = models.BooleanField(default=False)  # whether this machine and home networks may be asked
    enabled = models.BooleanField(default=True)
    changed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.model} {self.url}"
