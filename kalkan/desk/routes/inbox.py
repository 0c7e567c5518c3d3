"""Addresses of the inbox, the shield and care."""

from __future__ import annotations

from django.urls import path

from kalkan.desk.views import inbox, shield

urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/many/", inbox.many, name="inbox_many"),
    path("inbox/view/", inbox.keep_view, name="inbox_view"),
    path("inbox/answers/", inbox.answers, name="answers"),
    path("inbox/care/", inbox.care, name="care"),
    path("inbox/<int:pk>/", inbox.item, name="item"),
    path("inbox/<int:pk>/opened/", inbox.opened, name="item_opened"),
    path("inbox/<int:pk>/reply/", inbox.reply, name="item_reply"),
    path("inbox/<int:pk>/<slug:verb>/", inbox.act, name="item_act"),
    path("shield/", shield.page, name="shield"),
    path("shield/preview/", shield.preview, name="shield_preview"),
    path("shield/rule/", shield.rule, name="shield_rule"),
    path("shield/rule/<int:pk>/remove/", shield.drop, name="shield_rule_drop"),
]
