"""Addresses of drafts, approvals, the calendar, the ledger and the pause."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
