"""The cast: Ayşe owns Fındık, Bora is on her team, Cem must see nothing of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone, translation

from kalkan.desk.models import Brand, Membership, Person, Watch

PASSWORD = "uzun bir cümle olsun"


@pytest.fixture(autouse=True)
def data(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """A data folder of the test's own, a known secret key, and hashing that does not slow the suite."""
    folder = tmp_path / "data"
    folder.mkdir()
    settings.CONFIG = dataclasses.replace(
        django_settings.CONFIG, data=folder, demo=False, public_url="", host="127.0.0.1"
    )
    settings.SECRET_KEY = "a key for tests that is long enough to be one"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
    with translation.override("en"), timezone.override("UTC"):  # pages leave theirs behind in this thread
        yield folder


@dataclass(frozen=True)
class Cast:
    """Who is who."""

    ayse: Person
    bora: Person
    cem: Person
    findik: Brand
    cay: Brand


def person(name: str, email: str, **more: Any) -> Person:
    """Somebody with the suite's password."""
    made = Person(name=name, email=email, zone="Europe/Istanbul", **more)
    made.set_password(PASSWORD)
    made.save()
    return made


@pytest.fixture
def cast(db: None) -> Cast:
    """Two brands, three people."""
    ayse = person("Ayşe Y.", "ayse@example.com", lang="en", founder=True)
    bora = person("Bora K.", "bora@example.com", lang="tr")
    cem = person("Cem T.", "cem@example.com", lang="en")
    findik = Brand.objects.create(slug="findik", name="Fındık", langs=["tr", "en"], markets=["TR", "GB"])
    cay = Brand.objects.create(slug="cay", name="Çay Bahçesi")
    Watch.objects.create(brand=findik, kind="name", text="Fındık", without=["fındıkkabuğu"])
    Watch.objects.create(brand=findik, kind="handle", text="findik.example.com")
    Watch.objects.create(brand=cay, kind="name", text="Çay Bahçesi")
    Membership.objects.create(person=ayse, brand=findik, role="owner")
    Membership.objects.create(person=bora, brand=findik, role="viewer")
    Membership.objects.create(person=cem, brand=cay, role="owner")
    return Cast(ayse, bora, cem, findik, cay)


def signed_in(who: Person) -> Client:
    """A browser in which ``who`` is signed in."""
    client = Client()
    client.force_login(who)
    return client
