from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar[list[Any]] = [("desk", "0002_team")]

    operations: ClassVar[list[Any]] = []
