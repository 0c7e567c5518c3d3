"""A clock that went back stops sending until a person says that it is right."""

from __future__ import annotations

import json
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from kalkan.desk import jobs
from kalkan.desk.models import Clock, Membership
from tests.desk.conftest import Cast, signed_in


def test_the_page_says_so_and_an_owner_lets_it_go_on(cast: Cast) -> None:
    ahead = timezone.now() + timedelta(days=3)
    Clock.objects.create(name="sending", at=ahead)
    params = {"now": "2026-11-23T09:00", "seen": "2026-11-26T09:00"}
    fault = {"send": {"code": "clock_went_back", "params": params, "at": timezone.now().isoformat()}}
    path = jobs.faults_path(settings.CONFIG)
    path.write_text(json.dumps(fault), encoding="utf-8")
    assert "2026-11-26T09:00" in signed_in(cast.ayse).get("/pause/").content.decode()
    Membership.objects.filter(person=cast.bora).update(role="approver")
    assert signed_in(cast.bora).post("/pause/clock/").status_code == 403
    assert Clock.objects.get().at == ahead
    assert signed_in(cast.ayse).post("/pause/clock/").status_code == 302
    assert Clock.objects.get().at < ahead
    path.unlink()
    assert "2026-11-26T09:00" not in signed_in(cast.ayse).get("/pause/").content.decode()
