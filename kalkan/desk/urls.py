"""The desk's addresses."""

from __future__ import annotations

from django.urls import path

from kalkan.desk.routes import briefs, cases, corrections, drafts, inbox, index, labels, stories
from kalkan.desk.views import (
    audit,
    choosing,
    invited,
    listening,
    own,
    posts,
    security,
    setup,
    signing,
    team,
    today,
    watches,
)

urlpatterns = [
    path("", today.today, name="today"),
    path("posts/", posts.posts, name="posts"),
    path("figures.csv", posts.figures_csv, name="figures_csv"),
    path("watches/", watches.watches, name="watches"),
    path("listening/", listening.listening, name="listening"),
    path("listening/now/", listening.now, name="listening_now"),
    path("listening/add/<slug:network>/", listening.add, name="source_add"),
    path("listening/<int:pk>/", listening.edit, name="source"),
    path("listening/<int:pk>/switch/", listening.switch, name="source_switch"),
    path("listening/<int:pk>/remove/", listening.remove, name="source_remove"),
    path("settings/", own.own, name="settings"),
    path("settings/password/", own.password, name="password"),
    path("settings/brand/", own.brand, name="brand_settings"),
    path("settings/security/", security.security, name="security"),
    path("settings/security/begin/", security.begin, name="factor_begin"),
    path("settings/security/stop/", security.stop, name="factor_stop"),
    path("settings/security/confirm/", security.confirm, name="factor_confirm"),
    path("settings/security/change/", security.change, name="factor_change"),
    path("settings/security/sessions/", security.end_others, name="sessions_end"),
    path("settings/security/sessions/<int:pk>/", security.end, name="session_end"),
    path("team/", team.team, name="team"),
    path("team/invite/", team.invite, name="invite"),
    path("team/invitations/<int:pk>/withdraw/", team.withdraw, name="invitation_withdraw"),
    path("team/<int:pk>/role/", team.role, name="member_role"),
    path("team/<int:pk>/remove/", team.remove, name="member_remove"),
    path("audit/", audit.audit, name="audit"),
    path("brand/add/", own.add_brand, name="brand_add"),
    path("invited/<str:word>/", invited.invited, name="invited"),
    path("setup/", setup.account, name="setup"),
    path("setup/brand/", setup.brand, name="setup_brand"),
    path("setup/networks/", setup.networks, name="setup_networks"),
    path("sign-in/", signing.sign_in, name="sign_in"),
    path("sign-in/code/", signing.code, name="sign_in_code"),
    path("sign-out/", signing.sign_out, name="sign_out"),
    path("language/", choosing.language, name="language"),
    path("brand/", choosing.brand, name="choose_brand"),
    *briefs.urlpatterns,
    *cases.urlpatterns,
    *corrections.urlpatterns,
    *labels.urlpatterns,
    *stories.urlpatterns,
    *drafts.urlpatterns,
    *inbox.urlpatterns,
    *index.urlpatterns,
]

handler400 = "kalkan.desk.views.faults.bad_request"
handler403 = "kalkan.desk.views.faults.forbidden"
handler404 = "kalkan.desk.views.faults.not_found"
handler500 = "kalkan.desk.views.faults.unforeseen"
