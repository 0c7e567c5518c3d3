"""What the team says of readings: corrections, and the adjustment that a brand has learned from them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from kalkan.desk.models.people import Brand, Person


class Correction(models.Model):
    """One verdict of one person on one task of one post's reading. Of several on a task the newest counts.

    Kept apart from labels drawn at random: people correct what they come across and what strikes them, so no share of
    these speaks for all posts. Holds nothing of the post's text; goes when the post is erased.
    """

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="corrections")
    network = models.CharField(max_length=40)
    post = models.TextField()  # the network's own id
    post_at = models.DateTimeField()
    task = models.CharField(max_length=12)  # one of kalkan.desk.corrections.TASKS
    was = models.CharField(max_length=12, blank=True)  # what the page said; empty: not sure
    became = models.CharField(max_length=12)  # the same as ``was``: confirmed
    recipe = models.CharField(max_length=120)  # whose probabilities ``shares`` are
    shares = models.JSONField(default=dict)  # probabilities of all tasks, by name
    person = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="corrections")
    at = models.DateTimeField()

    class Meta:
        """Newest first."""

        ordering: ClassVar[list[str]] = ["-at", "-id"]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["brand", "-at"], name="correction_by_brand")]

    def __str__(self) -> str:
        return f"{self.task}: {self.was or '–'} → {self.became}"


class Adjustment(models.Model):
    """What a brand's corrections taught, as it was measured; counts only while it is switched on."""

    brand = models.OneToOneField(Brand, models.CASCADE, related_name="adjustment")
    base = models.CharField(max_length=120)  # the recipe that is adjusted
    shifts = models.JSONField(default=dict)  # task → one number a class, for tasks measured as better
    measured = models.JSONField(default=list)  # of every task with enough labels: as kalkan.reading.adjust.Measured
    labels = models.PositiveIntegerField(default=0)
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    on = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.base} {'on' if self.on else 'off'}"
