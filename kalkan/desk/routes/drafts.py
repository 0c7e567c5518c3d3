"""Addresses of drafts, approvals, accounts, the calendar, the ledger and the pause."""

from __future__ import annotations

from django.urls import URLPattern, path

from kalkan.desk.views import accounts, approvals, calendar, drafts, ledger, pause

urlpatterns: list[URLPattern] = [
    path("drafts/", drafts.listing, name="drafts"),
    path("drafts/new/", drafts.new, name="draft_new"),
    path("drafts/<int:pk>/", drafts.draft, name="draft"),
    path("drafts/<int:pk>/check/", drafts.check, name="draft_check"),
    path("drafts/<int:pk>/versions/", drafts.versions, name="draft_versions"),
    path("drafts/<int:pk>/approve/", approvals.approve, name="draft_approve"),
    path("drafts/<int:pk>/changes/", approvals.changes, name="draft_changes"),
    path("drafts/<int:pk>/release/", approvals.release, name="draft_release"),
    path("drafts/<int:pk>/withdraw/", approvals.withdraw, name="draft_withdraw"),
    path("drafts/<int:pk>/retry/", approvals.retry, name="draft_retry"),
    path("drafts/<int:pk>/comment/", approvals.comment, name="draft_comment"),
    path("drafts/<int:pk>/note/", approvals.note, name="draft_note"),
    path("drafts/<int:pk>/hindsight/", approvals.hindsight, name="draft_hindsight"),
    path("drafts/<int:pk>/outside/", approvals.make_link, name="outside_make"),
    path("drafts/<int:pk>/outside/<int:link>/withdraw/", approvals.withdraw_link, name="outside_withdraw"),
    path("pictures/<str:sha256>/", drafts.picture, name="picture"),
    path("agree/<str:word>/", approvals.outside_page, name="outside"),
    path("agree/<str:word>/<str:sha256>/", approvals.outside_picture, name="outside_picture"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("pause/", pause.pause, name="pause"),
    path("pause/clock/", pause.clock, name="pause_clock"),
    path("pause/drill/", pause.drill, name="pause_drill"),
    path("pause/<int:pk>/end/", pause.end, name="pause_end"),
    path("ledger/", ledger.ledger, name="ledger"),
    path("ledger/export/", ledger.export, name="ledger_export"),
    path("ledger/score/", ledger.score, name="ledger_score"),
    path("accounts/", accounts.accounts, name="accounts"),
    path("accounts/add/<slug:network>/", accounts.add, name="account_add"),
    path("accounts/back/", accounts.back, name="account_back"),
    path("accounts/<int:pk>/look/", accounts.look, name="account_look"),
    path("accounts/<int:pk>/disconnect/", accounts.disconnect, name="account_disconnect"),
    path("settings/approvals/", accounts.rules, name="rules"),
    path("settings/facts/", accounts.facts, name="facts"),
    path("settings/facts/about/", accounts.describe, name="facts_describe"),
    path("settings/facts/tell/", accounts.tell, name="fact_tell"),
    path("settings/facts/<int:pk>/close/", accounts.close, name="fact_close"),
    path("settings/facts/mourning/", accounts.mourn, name="mourning_add"),
    path("settings/facts/mourning/<int:pk>/out/", accounts.mourn_no_more, name="mourning_out"),
]
