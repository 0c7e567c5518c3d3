"""One event told in two languages, and accounts that act in step among crowds that do not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from kalkan.stories.replay import Stories


def two_languages(*, seeds: int) -> dict[str, Any]:
    """The made-up town's accident, told in Turkish and in English: how much of each ends up in the one story."""
    from kalkan.world.world import demo_world

    now = datetime(2026, 11, 23, 9, 10, tzinfo=UTC)
    found: dict[str, list[int]] = {"tr": [0, 0], "en": [0, 0], "other": [0, 0]}
    for seed in range(1, seeds + 1):
        world = demo_world(seed=seed, now=now)
        events = [
            event
            for event in world.events(now - timedelta(days=3), now + timedelta(minutes=50))
            if event.verb == "post"
        ]
        table = pa.table(
            {
                "text": [event.text for event in events],
                "at": pa.array([event.at for event in events], pa.timestamp("us", tz="UTC")),
                "author_id": [event.actor for event in events],
                "lang": pa.array([event.lang for event in events], pa.string()),
                "id": [event.key for event in events],
                "key": pa.array(range(len(events))),
            }
        )
        stories = Stories(takes_keys=True)
        stories.hear(table)
        of = {number: event.lang for number, event in enumerate(events) if event.key.startswith("ordu")}
        sets = [
            {int(key) for _, keys in story.new_keys for key in keys}
            for story in (*stories.stories, *stories.follower.closed)
            if not story.into
        ]
        best = max(sets, key=lambda one: len(one & of.keys()), default=set())
        for number, lang in of.items():
            if lang in ("tr", "en"):
                found[lang][0] += number in best
                found[lang][1] += 1
        found["other"][0] += len(best - of.keys())
        found["other"][1] += len(best)
    return {
        "seeds": seeds,
        "turkish_posts_in_it": round(found["tr"][0] / found["tr"][1], 3),
        "english_posts_in_it": round(found["en"][0] / found["en"][1], 3),
        "not_of_it": round(found["other"][0] / max(1, found["other"][1]), 3),
        "n": found["tr"][1] + found["en"][1],
    }


def in_step(*, crowds: int, seed: int = 4) -> dict[str, Any]:
    """Crowds that merely talk about one thing, and the same with a dozen accounts that post one text in step."""
    from kalkan.stories.pileon import in_step as signs
    from kalkan.stories.terms import terms as terms_of

    rng = np.random.default_rng(seed)
    words = [f"word{k}" for k in range(300)]
    called = {"crowd": 0, "crowd of one slogan": 0, "in step": 0}
    for _ in range(crowds):
        n = int(rng.integers(40, 200))
        texts = [" ".join(rng.choice(words, 9)) + " harbour bridge" for _ in range(n)]
        slogan = [text if rng.random() < 0.9 else "never again at the harbour bridge my friends" for text in texts]
        seconds = np.sort(rng.random(n) * 7200)
        who = [f"p{k}" for k in range(n)]
        burst = np.repeat(rng.random(4) * 7200, 12) + rng.random(48) * 8
        cases = {
            "crowd": (texts, seconds, who),
            "crowd of one slogan": (slogan, seconds, who),
            "in step": (
                texts + ["shame on the harbour bridge builders every one of them"] * 48,
                np.concatenate([seconds, burst]),
                who + [f"s{k % 12}" for k in range(48)],
            ),
        }
        for name, (text, when, authors) in cases.items():
            found = terms_of(pa.table({"text": text, "author_id": authors}))
            answer = signs(when, found, [None] * len(text))
            called[name] += answer is not None and "in_step" in answer.kinds
    return {"of": crowds, "called_in_step": called}
