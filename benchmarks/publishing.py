"""Publishing on Bluesky's own servers while being killed: how many posts are missing, how many are there twice?

A draft of two posts with a picture is sent by workers that are ended by SIGKILL, first at every single step (before and
after every write, move and request), then at random moments, until it is out. Needs the servers of
``python -m tests.publishing.real``.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kalkan.drafts import Media, Part, Variant, Version
from kalkan.networks import bluesky_publish
from tests.publishing import real
from tests.publishing.keeper import Keeper
from tests.publishing.killing import Workers
from tests.publishing.test_bluesky_real import png


def run(*, quick: bool) -> dict[str, Any]:
    """Kill and count; ``missing`` and ``twice`` are to be 0."""
    begun, moments = time.monotonic(), 10 if quick else 100
    with real.Pds() as pds, tempfile.TemporaryDirectory() as folder:
        password, _ = pds.account("findik.test")
        options = {"handle": "findik.test", "password": password, "service": pds.url}
        who, held = bluesky_publish.connect(options, now=datetime.now(UTC), loopback=True)
        scene = _Scene(Path(folder), {who.account: held}, who.account)
        steps = scene.every_step(stride=5 if quick else 1)
        for number in range(moments):
            scene.any_moment(f"m{number}")
        found = Counter(_all(pds, held["did"]))
    return {
        "drafts": scene.drafts,
        "posts": len(scene.expected),
        "steps": steps,
        "kills": scene.kills,
        "missing": sum(text not in found for text in scene.expected),
        "twice": sum(n > 1 for n in found.values()),
        "strange": sum(text not in scene.expected for text in found),
        "seconds": round(time.monotonic() - begun, 1),
    }


class _Scene:
    """Drafts of one account, each in a file of its own."""

    def __init__(self, folder: Path, held: dict[str, dict[str, str]], account: str) -> None:
        self.folder = folder
        self.held = held
        self.account = account
        self.workers = Workers()
        self.chance = random.Random(23)
        self.expected: set[str] = set()
        self.kills = self.drafts = 0

    def _draft(self, name: str) -> tuple[Path, Keeper]:
        path = self.folder / f"{name}.sqlite3"
        keeper, data, now = Keeper(path), png(), datetime.now(UTC)
        picture = Media(sha256=keeper.keep(data), mime="image/png", size=len(data), alt="Gri bir kare")
        texts = (f"{name} bir", f"{name} iki")
        self.expected.update(texts)
        self.drafts += 1
        parts = (Part(text=texts[0], media=(picture,)), Part(text=texts[1]))
        variant = Variant(network="bluesky", account=self.account, parts=parts)
        keeper.approved("d", Version(variants=(variant,), planned_at=now + timedelta(seconds=0.01)), now=now)
        time.sleep(0.02)
        return path, keeper

    def _worker(self, path: Path, keeper: Keeper, **how: Any) -> bool:
        ended = self.workers.run(path, self.held, **how)
        self.kills += not ended
        keeper.base.execute("UPDATE drafts SET holder = ''")  # as if its time had run out
        return ended

    def every_step(self, *, stride: int) -> int:
        """Once for every step; how many there are."""
        point = 0
        while True:
            point += stride
            path, keeper = self._draft(f"s{point}")
            ended = self._worker(path, keeper, point=point)
            self._worker(path, keeper)
            self._worker(path, keeper)
            keeper.close()
            if ended:
                return point - 1

    def any_moment(self, name: str) -> None:
        """Killed again and again at random moments, until it is out."""
        path, keeper = self._draft(name)
        for _ in range(40):
            self._worker(path, keeper, wait=self.chance.uniform(0.005, 0.25))
            if keeper.state("d").name == "sent":
                break
        keeper.close()


def _all(pds: real.Pds, did: str) -> list[str]:
    """The texts of all posts in a repository."""
    texts: list[str] = []
    cursor = ""
    while True:
        asked = f"com.atproto.repo.listRecords?repo={did}&collection=app.bsky.feed.post&limit=100"
        page = pds.call(asked + (f"&cursor={cursor}" if cursor else ""))
        texts += [one["value"]["text"] for one in page["records"]]
        cursor = page.get("cursor", "")
        if not page["records"] or not cursor:
            return texts
