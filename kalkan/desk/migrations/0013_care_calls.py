from __future__ import annotations

from typing import Any, ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar[list[Any]] = [
        ("desk", "0012_leads"),
    ]

    operations: ClassVar[list[Any]] = [
        migrations.CreateModel(
            name="CareWish",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "look",
                    models.CharField(
                        choices=[("plain", "as they are"), ("grey", "in grey"), ("blur", "blurred until pointed at")],
                        default="plain",
                        max_length=5,
                    ),
                ),
                ("weekly", models.BooleanField(default=False)),
                ("week", models.DateField(null=True)),
                ("awake_until", models.DateTimeField(null=True)),
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="care_wish",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HeldCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due_at", models.DateTimeField()),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("sent_at", models.DateTimeField(null=True)),
                ("over", models.BooleanField(default=False)),
                ("fault", models.JSONField(default=dict)),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="calls", to="desk.item"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["over", "due_at"], name="held_call_due")],
                "constraints": [models.UniqueConstraint(fields=("item", "person"), name="held_call_once")],
            },
        ),
    ]
