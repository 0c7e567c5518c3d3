"""Acts of brands, and the cases that a team keeps to learn from."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from kalkan.desk.models.people import Brand, Person


class Act(models.Model):
    """What a brand did in public: ours, or a peer's (``who`` as the peer is watched).

    ``post`` is the id of its post; ``words`` are what people say who speak of it. ``spoke`` False: an act was looked
    for and not found, which is told as silence.
    """

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="acts")
    who = models.CharField(max_length=100, blank=True)  # empty: we ourselves
    text = models.CharField(max_length=300)
    at = models.DateTimeField()
    event = models.CharField(max_length=200, blank=True)  # what it answered, in the team's words
    event_at = models.DateTimeField(null=True, blank=True)
    post = models.CharField(max_length=800, blank=True)
    url = models.URLField(max_length=800, blank=True)
    words = models.JSONField(default=list, blank=True)
    spoke = models.BooleanField(default=True)
    unseen = models.CharField(max_length=200, blank=True)  # where it may have spoken and nobody listened
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True)
    made_at = models.DateTimeField()

    class Meta:
        """Newest first."""

        ordering: ClassVar[list[str]] = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.who or self.brand_id}: {self.text}"


class Case(models.Model):
    """Acts side by side, with what was known of their reception when the case was kept, and what it teaches."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="cases")
    title = models.CharField(max_length=160)
    lesson = models.TextField(blank=True)
    tags = models.JSONField(default=list, blank=True)
    acts = models.ManyToManyField(Act, related_name="cases")
    snapshot = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True)
    made_at = models.DateTimeField()

    class Meta:
        """Newest first."""

        ordering: ClassVar[list[Any]] = ["-made_at", "-id"]

    def __str__(self) -> str:
        return self.title
