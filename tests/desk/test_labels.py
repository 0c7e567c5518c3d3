"""Honest shares at the desk: blind, random, the same for two people, and used where they fit."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from kalkan.desk import briefing, labelling, shelf
from kalkan.desk.actions import labels as acts
from kalkan.desk.models import Label, Membership, Sample
from kalkan.errors import InvalidInput, Refused
from kalkan.figures import Ask, Where
from kalkan.posts import ABOUT, FEELINGS
from tests.desk.conftest import Cast, signed_in
from tests.desk.test_today import NOW, Keep, keep, week  # noqa: F401 (a fixture)

DAYS = {"measure": "anger", "first": "2026-11-16", "last": "2026-11-22"}


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def told(cast: Cast, keep: Keep) -> Cast:  # noqa: F811
    keep(*week(400, days_ago=0.5, angry=100))
    return cast


def begun(cast: Cast) -> Sample:
    assert signed_in(cast.ayse).post("/labels/", DAYS).status_code == 302
    return Sample.objects.get()


def test_a_person_labels_blind_and_the_share_is_told(told: Cast) -> None:
    client = signed_in(told.ayse)
    row = begun(told)
    units = []
    for i in range(40):
        page = client.get(f"/labels/{row.pk}/").content.decode()
        shown = page[page.index("<main") :]
        assert "kisi" not in shown and "did:plc" not in shown and "Öfke" not in shown
        unit = re.search(r'name="unit" value="([0-9a-f]{16})"', page)
        assert unit and unit.group(1) not in units
        units.append(unit.group(1))
        word = "unsure" if i == 39 else "yes" if i % 5 == 0 else "no"
        assert client.post(f"/labels/{row.pk}/say/", {"unit": unit.group(1), "word": word}).status_code == 302
    found = labelling.standing(row, shelf.opened())
    assert (found.estimate.how, found.estimate.labels, found.unsure) == ("labels", 39, 1)
    assert found.estimate.value == pytest.approx(8 / 39)
    page = client.get("/labels/").content.decode()
    assert "too few to correct with" in page and "1 passed over" in page


def label_all(cast: Cast, row: Sample, n: int) -> None:
    """Says the truth of the first ``n``: those are angry whom the reader calls angry, and some more."""
    units = labelling.honest.units(labelling.ask_of(row), shelf.opened(), "anger", seed=row.seed)
    said = dict(zip(units.names.to_pylist(), units.said.tolist(), strict=True))
    Label.objects.bulk_create(
        Label(sample=row, unit=name, person=cast.ayse, yes=bool(yes or i % 6 == 0), at=NOW)
        for i, (name, yes) in enumerate(list(said.items())[:n])
    )


def test_the_brief_and_today_of_the_same_days_are_corrected_and_others_are_not(
    told: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = begun(told)
    label_all(told, row, 200)
    ask = labelling.ask_of(row)
    given = {"now": NOW, "zone": "Europe/Istanbul", "lang": "en", "sort": "team"}
    monkeypatch.setattr(timezone, "now", lambda: ask.until)
    shown = signed_in(told.ayse).get("/?period=7d").content.decode()
    assert "corrected by 200 labels of people drawn at random" in shown
    made = briefing.compose(told.findik, shelf.opened(), since=ask.since, until=ask.until, **given)
    text = made.to_json()
    assert "Corrected with 200 labels of people drawn at random: Anger." in text
    assert "read as" in text
    other = briefing.compose(told.findik, shelf.opened(), since=ask.since - timedelta(days=7), until=ask.since, **given)
    assert "Corrected with" not in other.to_json()
    where = Where(brand="findik", kinds=ABOUT)
    elsewhere = Ask(
        since=ask.since, until=ask.until, measures=FEELINGS, where=Where(brand="findik", kinds=ABOUT, langs=("en",))
    )
    assert labelling.fitting(told.findik, elsewhere, shelf.opened(), now=NOW) == {}
    same = Ask(since=ask.since, until=ask.until, measures=FEELINGS, where=where)
    assert set(labelling.fitting(told.findik, same, shelf.opened(), now=NOW)) == {"anger"}


def test_two_people_agree(told: Cast) -> None:
    row = begun(told)
    Membership.objects.filter(person=told.bora).update(role="moderator")
    for i, (unit, _) in enumerate([(f"{i:016x}", i) for i in range(20)]):
        acts.label(told.ayse, row, unit, i < 10, now=NOW)
        acts.label(told.bora, row, unit, i < 8, now=NOW)
    found = labelling.together(list(row.labels.all()))
    assert found and (found.n, found.same) == (20, 18)
    assert labelling.words(list(row.labels.all()))["0" * 15 + "9"] is True  # who spoke first counts


def test_the_same_unit_comes_first_for_everybody(told: Cast) -> None:
    row = begun(told)
    archive = shelf.opened()
    Membership.objects.filter(person=told.bora).update(role="moderator")
    one, other = (labelling.next_units(row, person, archive)[0][0].name for person in (told.ayse, told.bora))
    assert one == other


def test_who_may(told: Cast) -> None:
    row = begun(told)
    assert signed_in(told.cem).get(f"/labels/{row.pk}/").status_code == 404
    assert signed_in(told.bora).get("/labels/").status_code == 200
    assert signed_in(told.bora).post("/labels/", DAYS).status_code == 403
    assert signed_in(told.bora).get(f"/labels/{row.pk}/").status_code == 403
    with pytest.raises(Refused):
        acts.label(told.bora, row, "0" * 16, True, now=NOW)
    with pytest.raises(InvalidInput):
        acts.label(told.ayse, row, "did:plc:ayse", True, now=NOW)
    assert signed_in(told.ayse).post("/labels/", {**DAYS, "first": "2026-11-30"}).status_code == 400
