from __future__ import annotations

from typing import Any, ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar[list[Any]] = [
        ("desk", "0008_labels"),
    ]

    operations: ClassVar[list[Any]] = [
        migrations.CreateModel(
            name="Act",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("who", models.CharField(blank=True, max_length=100)),
                ("text", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
                ("event", models.CharField(blank=True, max_length=200)),
                ("event_at", models.DateTimeField(blank=True, null=True)),
                ("post", models.CharField(blank=True, max_length=800)),
                ("url", models.URLField(blank=True, max_length=800)),
                ("words", models.JSONField(blank=True, default=list)),
                ("spoke", models.BooleanField(default=True)),
                ("unseen", models.CharField(blank=True, max_length=200)),
                ("made_at", models.DateTimeField()),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="acts", to="desk.brand"
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Case",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=160)),
                ("lesson", models.TextField(blank=True)),
                ("tags", models.JSONField(blank=True, default=list)),
                ("snapshot", models.JSONField(default=dict)),
                ("digest", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField()),
                ("acts", models.ManyToManyField(related_name="cases", to="desk.act")),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="cases", to="desk.brand"
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-made_at", "-id"],
            },
        ),
    ]
