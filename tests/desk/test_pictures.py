"""The README's pictures, from the living demo. KALKAN_PICTURES=1 keeps them; otherwise the pages are only proved."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
FLAGS += ["--disable-sync", "--no-first-run"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running demo with the whole past of its town heard."""
    if shutil.which("chromium") is None:
        pytest.skip("needs Chromium")
    command = [sys.executable, "-m", "kalkan", "up", "--demo", "--no-browser", "--port", "0"]
    command += ["--data", str(tmp_path_factory.mktemp("demo"))]
    environment = {**os.environ, "KALKAN_LANG": "en"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        address = ""
        for line in process.stderr:
            if "Ready after" in line:
                address = re.findall(r"http://\S+", line)[0]
                break
        try:
            assert address
            limit = time.monotonic() + 60
            while time.monotonic() < limit:
                with urllib.request.urlopen(f"{address}?days=7") as page:
                    text = page.read().decode()
                if int("0" + "".join(re.findall(r">([\d,]+) mentions<", text)[:1]).replace(",", "")) > 1000:
                    break
                time.sleep(0.5)
            time.sleep(2)
            yield address
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=40)


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("lang", "name", "words"), [("en-GB", "today.png", "authors"), ("tr-TR", "today.tr.png", "yazar")]
)
def test_the_first_page_tells_something_true_in_both_languages(demo: str, lang: str, name: str, words: str) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_context(
            viewport={"width": 1280, "height": 1000}, locale=lang, timezone_id="Europe/Istanbul", color_scheme="light"
        ).new_page()
        faults: list[str] = []
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.goto(demo)
        page.wait_for_selector("h1")
        assert words in page.inner_text("main")
        assert page.locator("section").count() >= 6
        if os.environ.get("KALKAN_PICTURES") == "1":
            page.screenshot(path=PICTURES / name)
        assert faults == []
        browser.close()
