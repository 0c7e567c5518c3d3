"""Addresses of honest shares."""

from __future__ import annotations

from django.urls import path

from kalkan.desk.views import labels

urlpatterns = [
    path("labels/", labels.samples, name="labels"),
    path("labels/<int:pk>/", labels.label, name="label"),
    path("labels/<int:pk>/say/", labels.say, name="label_say"),
]
