"""Addresses of the inbox, the shield and care."""

from __future__ import annotations

from django.urls import path

from kalkan.desk.views import asks, care, evidence, inbox, inbox_more, shield, shield_more

urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/many/", inbox_more.many, name="inbox_many"),
    path("inbox/view/", inbox_more.keep_view, name="inbox_view"),
    path("inbox/view/<int:pk>/remove/", inbox_more.drop_view, name="inbox_view_drop"),
    path("inbox/answers/", inbox_more.answers, name="answers"),
    path("inbox/answers/<int:pk>/", inbox_more.answer, name="answer"),
    path("inbox/dose/", inbox_more.dose, name="dose"),
    path("inbox/awake/", inbox_more.awake, name="awake"),
    path("inbox/care/wish/", inbox_more.wish, name="care_wish"),
    path("inbox/care/", care.care, name="care"),
    path("inbox/care/handling/", care.handling, name="handling"),
    path("inbox/care/rota/", care.duty, name="rota"),
    path("inbox/care/rota/<int:pk>/remove/", care.off_duty, name="rota_remove"),
    path("inbox/care/hand-over/", care.hand_over, name="hand_over"),
    path("inbox/care/not-today/", care.not_today, name="not_today"),
    path("inbox/evidence/", evidence.evidence, name="evidence"),
    path("inbox/evidence/export/", evidence.export, name="evidence_export"),
    path("inbox/evidence/<int:pk>/end/", evidence.end, name="hold_end"),
    path("inbox/asks/", asks.asks, name="asks"),
    path("inbox/asks/pass-on/", asks.pass_on, name="ask_pass_on"),
    path("inbox/asks/<int:pk>/", asks.ask, name="ask"),
    path("inbox/asks/<int:pk>/decide/", asks.decide, name="ask_decide"),
    path("inbox/asks/<int:pk>/tell/", asks.tell, name="ask_tell"),
    path("inbox/pile-on/<int:pk>/", shield_more.pile, name="pile"),
    path("inbox/pile-on/<int:pk>/finish/", shield_more.finish, name="pile_finish"),
    path("inbox/deeds/", shield_more.deeds_done, name="deeds"),
    path("inbox/deeds/<int:pk>/undo/", shield_more.undo, name="deed_undo"),
    path("inbox/deeds/shields-up/<int:pk>/", shield_more.up, name="shields_up"),
    path("inbox/<int:pk>/", inbox.item, name="item"),
    path("inbox/<int:pk>/looks/", inbox_more.looks, name="item_looks"),
    path("inbox/<int:pk>/opened/", inbox.opened, name="item_opened"),
    path("inbox/<int:pk>/keep/", evidence.keep, name="item_keep"),
    path("inbox/<int:pk>/deed/", shield_more.do, name="item_deed"),
    path("inbox/<int:pk>/reply/", inbox.reply, name="item_reply"),
    path("inbox/<int:pk>/<slug:verb>/", inbox.act, name="item_act"),
    path("shield/", shield.page, name="shield"),
    path("shield/audit/", shield_more.begin, name="shield_audit_begin"),
    path("shield/audit/<int:pk>/", shield_more.audit, name="shield_audit"),
    path("shield/preview/", shield.preview, name="shield_preview"),
    path("shield/rule/", shield.rule, name="shield_rule"),
    path("shield/rule/<int:pk>/remove/", shield.drop, name="shield_rule_drop"),
]
