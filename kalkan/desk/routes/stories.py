"""Addresses of stories and alarms."""

from __future__ import annotations

from django.urls import URLPattern, path

from kalkan.desk.views import alarms, stories, stories_files

urlpatterns: list[URLPattern] = [
    path("stories/", stories.listing, name="stories"),
    path("stories.csv", stories_files.listing, name="stories_csv"),
    path("stories/talk.csv", stories_files.talk, name="talk_csv"),
    # the id of a watched curve holds the watch, and that may hold a slash
    path("stories/<path:id>/posts/", stories.posts, name="story_posts"),
    path("stories/<path:id>/curve.csv", stories_files.curve, name="story_curve"),
    path("stories/<path:id>/feelings.csv", stories_files.feelings, name="story_feelings"),
    path("stories/<path:id>/", stories.story, name="story"),
    path("alarms/", alarms.listing, name="alarms"),
    path("alarms/read/", alarms.read, name="alarms_read"),
    path("alarms/<int:seq>/judge/", alarms.judge, name="alarm_judge"),
    path("settings/alarms/", alarms.preferences, name="alarm_settings"),
    path("settings/alarms/rules/", alarms.set_rules, name="alarm_rules"),
    path("settings/alarms/own/", alarms.set_wish, name="alarm_wish"),
    path("settings/alarms/hooks/", alarms.add_hook, name="alarm_hook_add"),
    path("settings/alarms/hooks/<int:pk>/", alarms.change_hook, name="alarm_hook"),
    path("settings/alarms/trial/", alarms.try_out, name="alarm_trial"),
]
