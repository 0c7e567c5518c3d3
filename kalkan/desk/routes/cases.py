"""Addresses of acts and cases."""

from __future__ import annotations

from django.urls import path

from kalkan.desk.views import cases

urlpatterns = [
    path("cases/", cases.cases, name="cases"),
    path("cases/act/", cases.enter, name="act_enter"),
    path("cases/act/<int:pk>/remove/", cases.forget, name="act_forget"),
    path("cases/keep/", cases.keep, name="case_keep"),
    path("cases/<int:pk>/", cases.case, name="case"),
    path("cases/<int:pk>/file.<slug:suffix>", cases.file, name="case_file"),
]
