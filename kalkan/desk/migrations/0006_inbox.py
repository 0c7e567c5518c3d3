from __future__ import annotations

from typing import Any, ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar[list[Any]] = [
        ("desk", "0005_drafts"),
    ]

    operations: ClassVar[list[Any]] = [
        migrations.CreateModel(
            name="InboxRules",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("goal_minutes", models.PositiveIntegerField(default=240)),
                ("zone", models.CharField(default="UTC", max_length=64)),
                ("opens", models.CharField(default="08:00", max_length=5)),
                ("shuts", models.CharField(default="20:00", max_length=5)),
                ("weekdays", models.JSONField(default=list)),
                ("policy", models.TextField(blank=True)),
                ("cap_characters", models.PositiveIntegerField(default=2000)),
                ("taken_until", models.DateTimeField(null=True)),
                (
                    "brand",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="inbox_rules", to="desk.brand"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Item",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("post", models.CharField(max_length=800)),
                ("root", models.CharField(max_length=800)),
                ("network", models.CharField(max_length=20)),
                ("lang", models.CharField(blank=True, max_length=8)),
                ("at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("place", models.CharField(max_length=8)),
                ("kind", models.CharField(max_length=12)),
                ("kinds", models.JSONField(default=list)),
                ("target", models.CharField(max_length=8)),
                ("content", models.CharField(max_length=12)),
                ("reason", models.CharField(max_length=60)),
                ("params", models.TextField(default="{}")),
                ("folds", models.JSONField(default=list)),
                ("whole", models.BooleanField(default=False)),
                ("p_abuse", models.FloatField(default=0)),
                ("p_critic", models.FloatField(default=0)),
                ("rule", models.CharField(blank=True, max_length=80)),
                ("need", models.FloatField(default=0)),
                ("bucket", models.SmallIntegerField(default=0)),
                ("needs", models.BooleanField(default=False)),
                ("recipe", models.CharField(max_length=60)),
                ("due_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "open"), ("snoozed", "snoozed"), ("done", "done")],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("snoozed_until", models.DateTimeField(null=True)),
                ("tags", models.JSONField(default=list)),
                ("answered_at", models.DateTimeField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "answered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "assignee",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="items", to="desk.brand"
                    ),
                ),
                (
                    "done_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "draft",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="desk.draft"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ItemLook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateTimeField()),
                ("at", models.DateTimeField()),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="looks", to="desk.item"
                    ),
                ),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name="ItemNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.CharField(max_length=1000)),
                ("at", models.DateTimeField()),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="notes", to="desk.item"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Opened",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("characters", models.PositiveIntegerField()),
                ("at", models.DateTimeField(db_index=True)),
                (
                    "item",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="desk.item"),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SavedAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60)),
                ("lang", models.CharField(max_length=2)),
                ("text", models.TextField()),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="answers", to="desk.brand"
                    ),
                ),
            ],
            options={
                "ordering": ["name", "lang", "id"],
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40)),
                ("query", models.CharField(max_length=400)),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="views", to="desk.brand"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TeamRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("body", models.TextField()),
                ("made_at", models.DateTimeField()),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="shield_rules", to="desk.brand"
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(fields=["brand", "state", "needs", "-bucket", "due_at", "id"], name="item_by_need"),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(fields=["brand", "state", "kind", "-bucket", "due_at", "id"], name="item_by_kind"),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(fields=["brand", "state", "place", "kind", "whole", "needs"], name="item_counts"),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(fields=["state", "snoozed_until"], name="item_wakes"),
        ),
        migrations.AddConstraint(
            model_name="item",
            constraint=models.UniqueConstraint(fields=("brand", "post"), name="item_once"),
        ),
        migrations.AddConstraint(
            model_name="itemlook",
            constraint=models.UniqueConstraint(fields=("item", "person"), name="look_once"),
        ),
    ]
