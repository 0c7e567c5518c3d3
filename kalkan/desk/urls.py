"""The desk's addresses."""

from __future__ import annotations

from django.urls import path

from kalkan.desk.views import choosing, later, listening, own, posts, setup, signing, today, watches

urlpatterns = [
    path("", today.today, name="today"),
    path("posts/", posts.posts, name="posts"),
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
    path("setup/", setup.account, name="setup"),
    path("setup/brand/", setup.brand, name="setup_brand"),
    path("setup/networks/", setup.networks, name="setup_networks"),
    path("sign-in/", signing.sign_in, name="sign_in"),
    path("sign-out/", signing.sign_out, name="sign_out"),
    path("language/", choosing.language, name="language"),
    path("brand/", choosing.brand, name="choose_brand"),
    *(path(f"{name}/", later.later, {"page": name}, name=name) for name in later.PAGES),
]

handler400 = "kalkan.desk.views.faults.bad_request"
handler403 = "kalkan.desk.views.faults.forbidden"
handler404 = "kalkan.desk.views.faults.not_found"
handler500 = "kalkan.desk.views.faults.unforeseen"
