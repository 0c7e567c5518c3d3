"""Addresses of the inbox, the shield and care."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
