"""Every sentence of the desk in both languages, and the ways numbers and days are written."""

from __future__ import annotations

import ast
import gettext
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

import kalkan.desk
from kalkan.desk import formats

DESK = Path(kalkan.desk.__file__).parent
PO = DESK / "locale" / "tr" / "LC_MESSAGES" / "django.po"
ISTANBUL = ZoneInfo("Europe/Istanbul")


def messages(path: Path) -> dict[tuple[str, str], list[str]]:
    """(msgid, plural) → translations, from a .po file."""
    found: dict[tuple[str, str], list[str]] = {}
    for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
        parts: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if line.startswith("#"):
                assert not line.startswith("#, fuzzy"), f"a guessed translation: {block}"
                continue
            if head := re.match(r"(msgid|msgid_plural|msgstr(?:\[\d\])?) ", line):
                name, line = head.group(1), line[head.end() :]
            parts[name] = parts.get(name, "") + ast.literal_eval(line)
        if parts.get("msgid"):
            told = [text for key, text in sorted(parts.items()) if key.startswith("msgstr")]
            found[parts["msgid"], parts.get("msgid_plural", "")] = told
    return found


def names_in(text: str) -> list[str]:
    """The placeholders of a message."""
    return sorted(set(re.findall(r"%\(\w+\)[sd]", text)))


def test_everything_is_translated_with_the_same_placeholders() -> None:
    found = messages(PO)
    assert len(found) > 250
    for (single, plural), told in found.items():
        assert all(told), f"no Turkish for: {single}"
        assert len(told) == (2 if plural else 1), single
        for text in told:
            assert set(names_in(text)) <= set(names_in(single + plural)), single
            if not plural:
                assert names_in(text) == names_in(single), single
            assert re.findall(r"</?\w+", text) == re.findall(r"</?\w+", plural or single), single


def test_turkish_takes_no_suffix_after_a_filled_in_name() -> None:
    for told in messages(PO).values():
        for text in told:
            assert not re.search(r"%\(\w+\)[sd](</?\w+>)?['’]", text), text


def test_the_compiled_messages_are_those_of_the_source() -> None:
    with PO.with_suffix(".mo").open("rb") as file:
        kept = gettext.GNUTranslations(file)
    for (single, plural), told in messages(PO).items():
        if plural:
            assert [kept.ngettext(single, plural, n) for n in (1, 2)] == told
        else:
            assert kept.gettext(single) == told[0]


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="needs gettext's xgettext")
def test_no_sentence_of_the_pages_is_missing_from_the_source(tmp_path: Path) -> None:
    copy = tmp_path / "desk"
    shutil.copytree(DESK, copy, ignore=shutil.ignore_patterns("static", "__pycache__", "*.po", "*.mo"))
    environ = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "-l", "tr", "--no-location", "--verbosity", "0"],
        cwd=copy,
        env=environ,
        check=True,
        capture_output=True,
    )
    fresh = set(_ids(copy / "locale" / "tr" / "LC_MESSAGES" / "django.po"))
    assert fresh - set(messages(PO)) == set()
    assert set(messages(PO)) - fresh == set(), "translated, but said nowhere"


def _ids(path: Path) -> set[tuple[str, str]]:
    text = path.read_text(encoding="utf-8").replace("#, fuzzy", "#, guessed")
    path.write_text(text, encoding="utf-8")
    return set(messages(path))


AT = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("lang", "number", "part", "share", "moment", "clock"),
    [
        ("en", "2,963", "1,234.5", "18\u00a0%", "Monday 23 November 2026, 09:10", "09:10"),
        ("tr", "2.963", "1.234,5", "%18", "23 Kasım 2026 Pazartesi, 09.10", "09.10"),
    ],
)
def test_formats(lang: str, number: str, part: str, share: str, moment: str, clock: str) -> None:
    assert formats.number(2963, lang=lang) == number
    assert formats.number(1234.5, 1, lang=lang) == part
    assert formats.share(0.18, lang=lang) == share
    assert formats.moment(AT, lang=lang, zone=ISTANBUL) == moment
    assert formats.clock(AT, lang=lang, zone=ISTANBUL) == clock


def test_when_names_the_day_only_if_it_is_another() -> None:
    late = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)  # already Monday in Istanbul
    assert formats.when(late, now=AT, lang="en", zone=ISTANBUL) == "01:30"
    assert formats.when(late, now=AT, lang="tr", zone=ZoneInfo("UTC")) == "22 Kasım 22.30"


@pytest.mark.parametrize(
    ("seconds", "en", "tr"),
    [
        (0, "0 s", "0 sn"),
        (2.4, "2 s", "2 sn"),
        (120, "2 min", "2 dk"),
        (7200, "2 h", "2 sa"),
        (259200, "3 days", "3 gün"),
    ],
)
def test_spans(seconds: float, en: str, tr: str) -> None:
    with translation.override("en"):
        assert formats.span(seconds) == en
    with translation.override("tr"):
        assert formats.span(seconds) == tr


def test_sizes() -> None:
    assert [formats.size(n) for n in (0, 999, 1_500, 912_000_000, 3_000_000_000_000)] == [
        "0 B",
        "999 B",
        "1.5 kB",
        "912 MB",
        "3,000 GB",
    ]
