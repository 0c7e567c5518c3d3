"""The house's laws: who imports whom, every sentence in both languages, reference pages fresh, files small."""

from __future__ import annotations

import ast
import os
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kalkan.sentences import LANGUAGES, SENTENCES, say

ROOT = Path(__file__).parents[2]
CODE = sorted((ROOT / "kalkan").rglob("*.py"))
RAISERS = {"KalkanError", "InvalidInput", "Refused", "NetworkError", "ArchiveDamaged", "PluginError", "say", "Finding"}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def codes() -> Iterator[tuple[str, str]]:
    """Every code that the source names where it raises or says something, with its place."""
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name not in RAISERS or not node.args:
                continue
            first = node.args[1] if name == "Finding" and len(node.args) > 1 else node.args[0]
            for code in _named(first):
                if re.fullmatch(r"[a-z_]+[*]?", code):
                    yield code, f"{path.relative_to(ROOT)}:{node.lineno}"


def _named(node: ast.expr) -> Iterator[str]:
    """The codes that an expression can be: a literal, either side of a choice, the beginning of an f-string."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _named(node.body)
        yield from _named(node.orelse)
    elif isinstance(node, ast.BoolOp):
        for one in node.values:
            yield from _named(one)
    elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
        yield f"{node.values[0].value}*"


def test_every_code_has_a_sentence() -> None:
    def told(code: str) -> bool:
        return any(each.startswith(code[:-1]) for each in SENTENCES) if code.endswith("*") else code in SENTENCES

    assert not {code: place for code, place in codes() if not told(code)}


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_a_sentence_exists_in_both_languages_with_the_same_parameters(code: str) -> None:
    texts = SENTENCES[code]
    assert set(texts) == set(LANGUAGES)
    assert fields(texts["en"]) == fields(texts["tr"])
    assert all(text.strip() == text and text for text in texts.values())


def test_an_unknown_code_is_told_honestly() -> None:
    assert "never_heard_of" in say("never_heard_of", {"x": 1})
    assert "never_heard_of" in say("never_heard_of", lang="tr")


def test_imports_go_down_only() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("kalkan.cli", ("django", "pyarrow", "numpy")),
        ("kalkan.pipeline", ("django", "pyspark", "httpx")),
        ("kalkan.reading.tables", ("django", "duckdb", "torch")),
        ("kalkan.figures", ("django",)),
    ],
)
def test_a_module_does_not_drag_others_along(module: str, absent: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print([name for name in {absent!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_reference_pages_are_fresh() -> None:
    environment = {**os.environ, "COLUMNS": "100"}
    done = subprocess.run(
        [sys.executable, "docs/make.py", "--check"], cwd=ROOT, capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_stays_small_enough_to_be_read(path: Path) -> None:
    if "migrations" in path.parts:  # made by Django, and never edited once released
        return
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 500
    assert ast.get_docstring(ast.parse(text)) or not text.strip(), "a module says what it owns"


def test_links_between_documents_lead_somewhere() -> None:
    broken = []
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)} → {target}")
    assert not broken
