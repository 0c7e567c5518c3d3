"""Addresses of briefs."""

from __future__ import annotations

from django.urls import path

from kalkan.desk.views import briefs

urlpatterns = [
    path("brief/", briefs.brief, name="brief"),
    path("brief/keep/", briefs.keep, name="brief_keep"),
    path("brief/style.css", briefs.style, name="brief_style"),
    path("brief/story/<path:story>/", briefs.story, name="brief_story"),
    path("brief/wording/", briefs.wording, name="brief_wording"),
    path("brief/wording/drop/", briefs.drop_wording, name="brief_wording_drop"),
    path("brief/plan/", briefs.plan, name="brief_plan"),
    path("brief/plan/<int:pk>/drop/", briefs.drop, name="brief_plan_drop"),
    path("brief/<int:pk>/", briefs.kept, name="brief_kept"),
    path("brief/<int:pk>/again/", briefs.again, name="brief_again"),
    path("brief/<int:pk>/file.<slug:suffix>", briefs.file, name="brief_file"),
    path("brief/<int:pk>/<slug:name>/", briefs.behind, name="brief_behind"),
]
