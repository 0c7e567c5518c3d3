"""Addresses of the index and of leads."""

from __future__ import annotations

from django.urls import path

from kalkan.desk.views import index, leads

urlpatterns = [
    path("index/", index.index, name="index"),
    path("index/<str:when>/", index.index, name="index_of"),
    path("index/<str:when>/file.<slug:suffix>", index.file, name="index_file"),
    path("index/<str:when>/chart/<slug:name>.csv", index.chart, name="index_chart"),
    path("index/<str:when>/<slug:figure>/", index.behind, name="index_behind"),
    path("leads/", leads.leads, name="leads"),
    path("leads/link/", leads.make, name="lead_make"),
    path("leads/link/<int:pk>/close/", leads.close, name="lead_close"),
    path("leads/draft/<int:pk>/", leads.draft, name="lead_draft"),
    path("leads/file/", leads.bring, name="lead_bring"),
    path("leads/file/<int:pk>/", leads.file, name="lead_file"),
    path("leads/door/", leads.door, name="lead_door"),
    path("leads/door/<int:pk>/shut/", leads.shut, name="lead_shut"),
    path("leads/hook/<slug:door>/", leads.hook, name="lead_hook"),
]
