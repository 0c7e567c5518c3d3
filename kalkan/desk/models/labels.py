"""Random samples for honest shares, and what people said of their units."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from kalkan.desk.models.people import Brand, Person


class Sample(models.Model):
    """One question whose share is being made honest: which posts, what about them, and the seed of its order."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="samples")
    measure = models.CharField(max_length=30)
    ask = models.JSONField()  # kalkan.figures.Ask.as_dict, without measures
    seed = models.BigIntegerField()
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True)
    made_at = models.DateTimeField()

    class Meta:
        """Newest first."""

        ordering: ClassVar[list[str]] = ["-made_at", "-id"]

    def __str__(self) -> str:
        return f"{self.brand_id} {self.measure} {self.pk}"


class Label(models.Model):
    """What one person said of one unit. ``unit`` is a number without meaning outside the sample: no author is kept."""

    sample = models.ForeignKey(Sample, models.CASCADE, related_name="labels")
    unit = models.CharField(max_length=16)
    person = models.ForeignKey(Person, models.CASCADE)
    yes = models.BooleanField(null=True)  # None: could not say
    at = models.DateTimeField()

    class Meta:
        """One word a person and unit."""

        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["sample", "unit", "person"], name="label_once"),
        ]

    def __str__(self) -> str:
        return f"{self.sample_id} {self.unit} {self.yes}"
