"""The desk as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig


class Desk(AppConfig):
    """The one app."""

    name = "kalkan.desk"
    label = "desk"
    verbose_name = "Kalkan"
    default_auto_field = "django.db.models.BigAutoField"
