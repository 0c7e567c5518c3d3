"""Addresses of corrected readings."""

from __future__ import annotations

from django.urls import URLPattern, path

from kalkan.desk.views import corrections

urlpatterns: list[URLPattern] = [
    path("posts/correct/", corrections.correct, name="correct"),
    path("settings/readings/", corrections.readings, name="readings"),
    path("settings/readings/measure/", corrections.measure, name="adjustment_measure"),
    path("settings/readings/switch/", corrections.switch, name="adjustment_switch"),
]
