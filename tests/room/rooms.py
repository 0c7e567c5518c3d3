"""Rooms for tests: made-up chatter, and made-up events told into it from keywords and hashtags."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import product

import numpy as np
import pyarrow as pa

from kalkan.room import BrandFacts, Draft, Room, Verdict, check, room_from_posts

NOW = datetime(2026, 5, 12, 10, tzinfo=UTC)

_CHATTER = {
    "en": (
        ("my neighbour", "our teacher", "the new barber", "aunt Vera", "this podcast", "the bus driver", "my sister"),
        ("painted the fence", "lost a mitten", "plays the tuba", "found a recipe", "fixed the bike", "missed the tram"),
        ("again", "before lunch", "in the garden", "with a smile", "for a bet", "on a Tuesday", "and I love it", "lol"),
    ),
    "tr": (
        ("komşum", "öğretmenimiz", "yeni berber", "Nermin teyze", "bu podcast", "şoför bey", "ablam"),
        ("çiti boyadı", "eldivenini düşürdü", "klarnet çalıyor", "tarif buldu", "bisikleti onardı", "tramvayı kaçırdı"),
        ("yine", "öğleden önce", "bahçede", "gülerek", "iddiasına", "salı günü", "ve bayıldım", "ya"),
    ),
}
_TOLD = {
    "en": ("{a} {b} {t}", "still reading about {a}", "{t} {a}", "anyone else following {a}? {t}", "more on {a}, {b}"),
    "tr": ("{a} {b} {t}", "sabahtan beri {a} okuyorum", "{t} {a}", "{a} haberini izleyen var mı? {t}", "{a}, {b}"),
}


def chatter(lang: str, n: int) -> list[str]:
    """``n`` harmless posts."""
    every = [" ".join(parts) for parts in product(*_CHATTER[lang])]
    return [f"{every[at % len(every)]} {'!' * (at // len(every))}".strip() for at in range(n)]


def room(
    lang: str = "en",
    *,
    keywords: Sequence[str] = (),
    hashtags: Sequence[str] = (),
    share: float = 0.1,
    hours: float = 2.0,
    posts: int = 600,
    at: datetime = NOW,
    seed: int = 3,
    extra: Sequence[str] = (),
    **given: object,
) -> Room:
    """Chatter of a day, and in its last ``hours`` an event told from its words."""
    rng = np.random.default_rng(seed)
    texts, ages = chatter(lang, posts), list(rng.uniform(0, 24, posts))
    if keywords:
        told = round(posts * share / (1 - share))
        for _ in range(told):
            a, b = (keywords[int(one)] for one in rng.integers(0, len(keywords), 2))
            tag = hashtags[int(rng.integers(0, len(hashtags)))] if hashtags and rng.random() < 0.7 else ""
            texts.append(_TOLD[lang][int(rng.integers(0, len(_TOLD[lang])))].format(a=a, b=b, t=tag).strip())
        ages += rng.uniform(0, hours, told).tolist()
    texts += list(extra)
    ages += rng.uniform(0, hours, len(extra)).tolist()
    return room_from_posts(table(texts, lang, [at - timedelta(hours=age) for age in ages]), at=at, **given)  # type: ignore[arg-type]


def table(texts: Sequence[str], lang: str, when: Sequence[datetime]) -> pa.Table:
    """Posts, each by somebody else."""
    return pa.table(
        {
            "id": [f"p{at}" for at in range(len(texts))],
            "text": list(texts),
            "at": pa.array(list(when), pa.timestamp("us", tz="UTC")),
            "author_id": [f"a{at}" for at in range(len(texts))],
            "lang": [lang] * len(texts),
        }
    )


QUAKE = {"keywords": ("deprem", "sarıyar", "enkaz", "arama kurtarma", "yardım"), "hashtags": ("#deprem", "#Sarıyar")}
TRAIN = {"keywords": ("train derailment", "harwick", "injured", "rescuers"), "hashtags": ("#Harwick",)}
FISH = BrandFacts(name="Marlow & Finch", sector="food", markets=("GB",), langs=("en",))
NUT = BrandFacts(name="Kestane", sector="gıda food", markets=("TR",), langs=("tr",))


def judge(text: str, room_: Room, brand: BrandFacts = FISH, *, at: datetime = NOW, **draft: object) -> Verdict:
    """The verdict on a text."""
    hours = draft.pop("view_hours", 24)
    lang = draft.pop("lang", brand.langs[0])
    return check(Draft(text=text, lang=lang, **draft), brand=brand, room=room_, at=at, view_hours=hours)  # type: ignore[arg-type]
