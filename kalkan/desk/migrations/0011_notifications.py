from __future__ import annotations

from typing import Any, ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar[list[Any]] = [
        ("desk", "0010_care"),
    ]

    operations: ClassVar[list[Any]] = [
        migrations.AddField(
            model_name="inboxrules",
            name="taken",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="item",
            name="replying",
            field=models.BooleanField(default=False),
        ),
        migrations.CreateModel(
            name="Notices",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("cursor", models.TextField(blank=True)),
                ("looked_at", models.DateTimeField(null=True)),
                ("fault", models.JSONField(default=dict)),
                ("faults", models.PositiveIntegerField(default=0)),
                ("retry_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="notices", to="desk.account"
                    ),
                ),
            ],
        ),
    ]
