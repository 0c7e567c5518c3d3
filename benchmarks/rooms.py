"""The room check played back over documented cases: true, empty and swapped rooms, a grid of shares and lags.

Needs the folder of shared data (``KALKAN_SHARED``): ``rooms/cases.jsonl`` and posts for the background. A room is
background posts of the case's language, dates shifted, with posts about the event made from templates and from the
case's keywords and hashtags only: never from the draft, the expected verdict or what happened. Of the brand the check
is told name, sector, country and language, and nothing else.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kalkan.room import DEFAULT, BrandFacts, Draft, Policy, Room, Story, Verdict, check, room_from_posts
from kalkan.room.vocabulary import HARMS, in_text
from kalkan.text import fold

SHARED = Path(os.environ.get("KALKAN_SHARED", "shared"))
LANGS = ("en", "tr")
BACKGROUND = {
    "en": ("tweeteval_sentiment.train", "tweeteval_sentiment.val"),
    "tr": ("bounti_sentiment_tr.train", "tweets2022_sentiment_tr.train", "offenseval2020_tr.train"),
}
SHARES = (0.005, 0.02, 0.1, 0.4)
LAGS = {"5 min": 5 / 60, "30 min": 0.5, "2 h": 2.0, "1 day": 24.0, "7 days": 168.0}
HEAD = (0.1, "2 h")
POSTS = 2_000
RANK = {"go": 0, "care": 1, "hold": 2}
TEMPLATES = {
    "en": (
        "{a} {b} {t}", "still reading about {a} and {b}", "{t} {a}", "anyone else following {a}? {t}",
        "my whole feed is {a}, {b}, {c}", "{a}. just {a}. {t}", "what is known so far: {a}, {b}", "{a} {t} {b}",
        "everybody here talks of {a} and {c}", "cannot stop thinking about {a} {t}", "{b} and {a}, all day long",
        "RT {a}: {b} {t}", "more on {a} here {t}", "{c}, {a}, {b}",
    ),
    "tr": (
        "{a} {b} {t}", "sabahtan beri {a} ve {b} okuyorum", "{t} {a}", "{a} haberini izleyen var mı? {t}",
        "akışım hep {a}, {b}, {c}", "{a}. sadece {a}. {t}", "şu ana kadar bilinen: {a}, {b}", "{a} {t} {b}",
        "herkes {a} ve {c} konuşuyor", "aklımdan çıkmıyor {a} {t}", "{b} ve {a}, bütün gün", "RT {a}: {b} {t}",
        "{a} ile ilgili yeni bilgi {t}", "{c}, {a}, {b}",
    ),
}  # fmt: skip


SPARSE = {
    "en": ("{a} {t}", "{a}", "thinking about {a} today", "{t}", "what of {a} now? {t}", "{a} again", "{t} {a}"),
    "tr": ("{a} {t}", "{a}", "aklım hep orada, {a}", "{t}", "{a} için ne deniyor? {t}", "yine {a}", "{t} {a}"),
}  # fmt: skip
"""One keyword a post: the harm is then told by other posts than the place."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A case as far as the check and the room's maker may see it, and, apart, what is expected."""

    id: str
    event: str
    lang: str
    at: datetime
    started: datetime
    keywords: tuple[str, ...]
    hashtags: tuple[str, ...]
    draft: Draft
    brand: BrandFacts
    kind: str
    depends: str
    expected: str
    acceptable: tuple[str, ...]
    reasons: tuple[str, ...]


def cases(path: Path | None = None) -> list[Case]:
    """The cases in English and Turkish."""
    lines = (path or SHARED / "rooms" / "cases.jsonl").read_text(encoding="utf-8").splitlines()
    return [case for line in lines if line.strip() and (case := _case(json.loads(line))).lang in LANGS]


def _case(row: dict[str, Any]) -> Case:
    context, expected = row["context"], row["expected"]
    started = _moment(context["started"])
    at = _moment(row["post_time_approx"]) if row.get("post_time_approx") else _moment(row["date"]) + timedelta(hours=12)
    lang = row["language"]
    if at.date() == started.date():
        at = max(at, started + timedelta(minutes=5))
    return Case(
        id=row["id"], event=row["event_id"], lang=lang, at=at, started=started,
        keywords=tuple(context["keywords"]), hashtags=tuple(context["hashtags"]),
        draft=Draft(text=row["draft_text"], lang=lang, act=row["act"]),
        brand=BrandFacts(name=row["brand"], sector=row["sector"], markets=(row["country"],), langs=(lang,)),
        kind=row["kind"], depends=row["depends_on"], expected=expected["verdict"],
        acceptable=tuple(expected["acceptable"]), reasons=tuple(expected["reasons"]),
    )  # fmt: skip


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@cache
def background(lang: str) -> tuple[str, ...]:
    """Posts of a language that were written about anything."""
    tables = [pq.read_table(SHARED / "data" / f"{name}.parquet", columns=["text"]) for name in BACKGROUND[lang]]
    texts = pa.concat_tables(tables)["text"].unique()
    return tuple(texts.filter(pc.less(pc.utf8_length(texts), 300)).to_pylist())


@cache
def _folded(lang: str) -> tuple[str, ...]:
    return tuple(fold(text) for text in background(lang))


@cache
def _calm(lang: str, words: tuple[str, ...]) -> tuple[int, ...]:
    """Background posts that have none of an event's words."""
    plain = [fold(word).strip("#") for word in words]
    plain = [word for word in plain if len(word) >= 4]
    return tuple(at for at, text in enumerate(_folded(lang)) if not any(word in text for word in plain))


def event_posts(case: Case, n: int, rng: np.random.Generator, *, sparse: bool = False) -> list[str]:
    """``n`` posts from templates, the case's keywords and hashtags."""
    forms, out = (SPARSE if sparse else TEMPLATES)[case.lang], []
    for _ in range(n):
        a, b, c = (case.keywords[int(at)] for at in rng.integers(0, len(case.keywords), 3))
        tag = case.hashtags[int(rng.integers(0, len(case.hashtags)))] if case.hashtags and rng.random() < 0.7 else ""
        out.append(forms[int(rng.integers(0, len(forms)))].format(a=a, b=b, c=c, t=tag).strip())
    return out


def room_of(
    case: Case, *, share: float, lag: float, seed: int, at: datetime | None = None, of: Case | None = None,
    posts: int = POSTS, sparse: bool = False,
) -> Room:  # fmt: skip
    """The room of ``case`` at ``at``: ``posts`` of the background, and ``share`` of what was said in the last day (or
    since it began, ``lag`` hours ago) about the event; after a day the share halves every day and a half.

    ``share`` 0 is the empty room; ``of`` another case whose event it is instead.
    """
    at, event = at or case.at, of or case
    rng = np.random.default_rng([seed, hash_of(event.id), round(share * 1000), round(lag * 60), int(sparse)])
    hours = max(24.0, lag + 1)
    calm = np.array(_calm(case.lang, (*case.keywords, *case.hashtags, *event.keywords, *event.hashtags)))
    texts = [background(case.lang)[int(one)] for one in rng.choice(calm, min(posts, len(calm)), replace=False)]
    ages = list(rng.uniform(0, hours, len(texts)))
    if share:
        a_day = share / (1 - share) * len(texts) * 24 / hours
        if lag <= 24:
            live = rng.uniform(0, lag, max(8, round(a_day)))
        else:
            # One talk an hour at its height, thinned by age: density falls from the beginning to now.
            born = rng.uniform(0, lag, round(a_day * lag / 24))
            live = born[rng.random(len(born)) < 0.5 ** ((lag - born) / 36)]
        texts += event_posts(event, len(live), rng, sparse=sparse)
        ages += live.tolist()
    order = np.argsort(-np.array(ages))
    when = [at - timedelta(hours=float(ages[int(one)])) for one in order]
    table = pa.table(
        {
            "id": [f"p{one}" for one in range(len(texts))],
            "text": [texts[int(one)] for one in order],
            "at": pa.array(when, pa.timestamp("us", tz="UTC")),
            "author_id": [f"a{int(one)}" for one in order],
            "lang": [case.lang] * len(texts),
        }
    )
    return room_from_posts(table, at=at)


def hash_of(text: str) -> int:
    """A number that is the same in every process."""
    return int.from_bytes(text.encode()[:64].ljust(8, b"0"), "big") % (2**32)


def judge(case: Case, room: Room, policy: Policy = DEFAULT) -> Verdict:
    """What the check says."""
    return check(case.draft, brand=case.brand, room=room, at=case.at, policy=policy)


# — measures —


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A case and what was said of it in one room."""

    case: Case
    verdict: str
    risk: float
    codes: tuple[str, ...] = ()
    evidence: bool | None = None  # whether a cited story holds a word of the event


def judged(case: Case, verdict: Verdict) -> Judged:
    """A verdict, kept small."""
    words = [fold(word).strip("#") for word in (*case.keywords, *case.hashtags)]
    cited = {proof.id for one in verdict.findings for proof in one.evidence if proof.kind == "story"}
    terms = [fold(" ".join(story.terms)) for story in verdict.room.stories if story.id in cited]
    hit = any(part in term for term in terms for word in words for part in word.split()) if cited else None
    return Judged(case=case, verdict=verdict.verdict, risk=verdict.risk, codes=verdict.codes, evidence=hit)


def measures(rows: Sequence[Judged], *, intervals: bool = False) -> dict[str, Any]:
    """Recall of holds, goes wrongly held, goes kept, exact and acceptable; with 95 % intervals by event, if wanted."""
    parts = {
        "hold_recall": [(one.case.event, one.verdict == "hold") for one in rows if one.case.expected == "hold"],
        "hold_stopped": [(one.case.event, one.verdict != "go") for one in rows if one.case.expected == "hold"],
        "go_wrongly_held": [(one.case.event, one.verdict == "hold") for one in rows if one.case.expected == "go"],
        "go_kept": [(one.case.event, one.verdict == "go") for one in rows if one.case.expected == "go"],
        "exact": [(one.case.event, one.verdict == one.case.expected) for one in rows],
        "acceptable": [(one.case.event, one.verdict in one.case.acceptable) for one in rows],
    }
    out: dict[str, Any] = {}
    for name, found in parts.items():
        value = round(float(np.mean([hit for _, hit in found])), 3) if found else None
        out[name] = {"value": value, "n": len(found), "interval": _interval(found)} if intervals else value
    return out


def _interval(found: Sequence[tuple[str, bool]], *, rounds: int = 2_000, seed: int = 7) -> list[float] | None:
    """95 % interval by resampling events, never rows."""
    events: dict[str, list[bool]] = defaultdict(list)
    for event, hit in found:
        events[event].append(hit)
    if len(events) < 2:
        return None
    hits = np.array([sum(one) for one in events.values()], dtype=float)
    counts = np.array([len(one) for one in events.values()], dtype=float)
    picks = np.random.default_rng(seed).integers(0, len(hits), (rounds, len(hits)))
    means = hits[picks].sum(axis=1) / counts[picks].sum(axis=1)
    low, high = (float(one) for one in np.quantile(means, [0.025, 0.975]))
    if hits.sum() in (0, counts.sum()):
        # All or none: resampling sees no doubt, Wilson's interval over events does.
        n = len(hits)
        edge = 1.96**2 / (n + 1.96**2)
        low, high = (0.0, edge) if hits.sum() == 0 else (1 - edge, 1.0)
    return [round(low, 3), round(high, 3)]


def floors(found: Sequence[Case]) -> dict[str, Any]:
    """What simple rules reach on the same cases, with the case's own keywords as the room, which flatters them."""
    grave = [in_text("harm", *(f"{kind} {lang}" for kind in HARMS for lang in LANGS))]

    def shares(case: Case) -> bool:
        own = fold(case.draft.text)
        return any(fold(word).strip("#") in own for word in (*case.keywords, *case.hashtags))

    def harms(case: Case) -> bool:
        return any(pattern.search(fold(" ".join(case.keywords))) for pattern in grave)

    rules: dict[str, Callable[[Case], str]] = {
        "always go": lambda case: "go",
        "draft shares a word of the room: hold": lambda case: "hold" if shares(case) else "go",
        "a grave word in the room: hold": lambda case: "hold" if harms(case) else "go",
        "both: hold, grave only: care": lambda case: ("hold" if shares(case) else "care") if harms(case) else "go",
    }
    return {
        name: measures([Judged(case=case, verdict=rule(case), risk=0.0) for case in found])
        for name, rule in rules.items()
    }


# — the grid —


def grid(
    found: Sequence[Case], *, seeds: int, shares: Sequence[float], lags: Iterable[str], sparse: bool, kept: bool = False
) -> Rows:
    """Every case in every cell. ``kept``: with the stories that the same desk heard two hours after it began."""
    out: Rows = {}
    for share in shares:
        for lag in lags:
            out[share, lag] = [
                judged(case, judge(case, _room(case, share=share, lag=LAGS[lag], seed=seed, sparse=sparse, kept=kept)))
                for seed in range(seeds)
                for case in found
            ]
    return out


def _room(case: Case, *, share: float, lag: float, seed: int, sparse: bool, kept: bool) -> Room:
    room = room_of(case, share=share, lag=lag, seed=seed, sparse=sparse)
    return replace(room, stories=remembered(case, share=share, lag=lag, seed=seed)) if kept else room


def remembered(case: Case, *, share: float, lag: float, seed: int) -> tuple[Story, ...]:
    """The grave stories found two hours after it began, as a desk that follows stories still knows them now."""
    early = case.at - timedelta(hours=lag - 2)
    room = room_of(case, share=share, lag=2.0, seed=seed + 50, at=early)
    told = check(case.draft, brand=case.brand, room=room, at=early).room.stories
    return tuple(
        replace(one, share=0.0, rising=False, examples=one.examples) for one in told if one.gravity >= 2 and one.rising
    )


def _cell(rows: Sequence[Judged]) -> dict[str, Any]:
    """The measures of a cell, with intervals for the two that decide."""
    both = measures(rows, intervals=True)
    spans = {f"{name}_interval": both[name]["interval"] for name in ("hold_recall", "go_wrongly_held", "acceptable")}
    return {**{name: one["value"] for name, one in both.items()}, **spans}


def counterfactuals(found: Sequence[Case], head: Sequence[Judged], *, seeds: int) -> dict[str, Any]:
    """The same draft in the empty room, and in the room of another event: does the risk follow the room?"""
    share, lag = HEAD[0], LAGS[HEAD[1]]
    empty, swap = [], []
    for seed in range(seeds):
        for at, case in enumerate(found):
            others = [one for one in found if one.lang == case.lang and one.event != case.event]
            other = others[(at * 7 + seed * 13) % len(others)]
            empty.append(judged(case, judge(case, room_of(case, share=0, lag=lag, seed=seed))))
            swap.append(judged(case, judge(case, room_of(case, share=share, lag=lag, seed=seed, of=other))))
    depends = [
        (true, none, other)
        for true, none, other in zip(head, empty, swap, strict=True)
        if "room" in true.case.depends and true.case.expected != "go"
    ]
    held = [(true.case.event, true.risk > none.risk) for true, none, _ in depends]
    return {
        "room_dependent": len(depends),
        "risk_true_over_empty": round(float(np.mean([hit for _, hit in held])), 3),
        "interval": _interval(held),
        "risk_true_over_swap": round(float(np.mean([true.risk > other.risk for true, _, other in depends])), 3),
        "empty": measures(empty),
        "swapped": measures(swap),
    }


def left_out(found: Sequence[Case]) -> dict[str, Any]:
    """Floors chosen without the event they are measured on: for each event, the policy best on all the others."""
    rooms = {
        (case.id, cell): room_of(case, share=cell[0], lag=LAGS[cell[1]], seed=0) for case in found for cell in CELLS
    }
    rows: list[list[Judged]] = []
    for policy in POLICIES:
        rows.append([judged(case, judge(case, rooms[case.id, cell], policy)) for case in found for cell in CELLS])
    chosen: Counter[int] = Counter()
    out: list[Judged] = []
    head: list[Judged] = []
    for event in dict.fromkeys(case.event for case in found):
        scores = [_score([one for one in some if one.case.event != event]) for some in rows]
        best = int(np.argmax(scores))
        chosen[best] += 1
        mine = [(at, one) for at, one in enumerate(rows[best]) if one.case.event == event]
        out += [one for _, one in mine]
        head += [one for at, one in mine if CELLS[at % len(CELLS)] == HEAD]
    return {
        "events": len({case.event for case in found}),
        "policies": len(POLICIES),
        "cells": [f"{share:g} · {lag}" for share, lag in CELLS],
        "chosen": {str(at): n for at, n in chosen.most_common()},
        "head_cell": measures(head, intervals=True),
        "all_cells": measures(out, intervals=True),
        "as_they_stand": measures(rows[0], intervals=True),
    }


def _score(rows: Sequence[Judged]) -> float:
    found = measures(rows)
    return float(found["hold_recall"] + (1 - found["go_wrongly_held"]) + found["acceptable"])


CELLS = ((0.005, "2 h"), (0.02, "2 h"), (0.02, "1 day"), HEAD, (0.1, "7 days"))
"""Where floors are chosen: few voices at once, few all day, many, and many last week."""

TRIED: dict[str, tuple[Any, ...]] = {
    "care_share": (0.008, 0.03), "steady_share": (0.02, 0.05), "story_share": (0.002, 0.008), "purity": (0.2, 0.35),
    "telling": (0.1, 0.3), "surprise": (20.0,), "knot_surprise": (10.0, 20.0), "knot_tie": (0.45,),
    "knot_telling": (0.2, 0.45), "burst_surprise": (6.0, 12.0), "burst_hours": ((1.0,), (1.0, 3.0, 6.0)),
    "felt_hours": (48.0, 96.0), "contact_voices": (2, 5),
}  # fmt: skip
"""Each floor that could be elsewhere, one at a time."""

POLICIES = (DEFAULT, *(replace(DEFAULT, **{name: value}) for name, some in TRIED.items() for value in some))


# — cases of nobody —


def invented_cases() -> list[Case]:
    """Made-up drafts of made-up brands among made-up events; round 2 was written when rules and words stood."""
    out = []
    for row in json.loads((Path(__file__).parent / "invented_cases.json").read_text("utf-8")):
        at = _moment(row["date"]) + timedelta(hours=10)
        out.append(
            Case(
                id=row["id"], event=row["keywords"][0], lang=row["lang"], at=at, started=at,
                keywords=tuple(row["keywords"]), hashtags=tuple(row["hashtags"]),
                draft=Draft(text=row["text"], lang=row["lang"], act=row["act"]),
                brand=BrandFacts(
                    name=row["brand"], sector=row["sector"], markets=(row["market"],), langs=(row["lang"],)
                ),
                kind=f"round {row['round']}", depends="room", expected=row["expected"],
                acceptable=tuple(row["acceptable"]), reasons=(),
            )
        )  # fmt: skip
    return out


def invented() -> dict[str, Any]:
    """The made-up cases as the rules now stand; what they scored when first seen stands in the explanation."""
    found = invented_cases()
    rows = [judged(case, judge(case, room_of(case, share=HEAD[0], lag=LAGS[HEAD[1]], seed=5))) for case in found]
    return {"n": len(rows), **measures(rows, intervals=True)}


# — ordinary days —


def ordinary(*, rooms: int, drafts: int) -> dict[str, Any]:
    """Ordinary posts in rooms of nothing but background: how many are stopped, and how many a person is asked for.

    Posts of our own (made up, of every everyday kind), and posts of the background itself as drafts.
    """
    out: dict[str, Any] = {}
    when = [datetime(2026, 3, 3, 12, tzinfo=UTC) + timedelta(days=31 * at + at) for at in range(rooms)]
    for lang, market in (("en", "GB"), ("tr", "TR")):
        brand = BrandFacts(name="Example" if lang == "en" else "Örnek", sector="food", markets=(market,), langs=(lang,))
        case = Case(
            id=f"ordinary-{lang}", event="none", lang=lang, at=when[0], started=when[0], keywords=("zzzz",),
            hashtags=(), draft=Draft(text=""), brand=brand, kind="", depends="", expected="go", acceptable=("go",),
            reasons=(),
        )  # fmt: skip
        rng = np.random.default_rng(11)
        some = [background(lang)[int(one)] for one in rng.choice(len(background(lang)), drafts, replace=False)]
        for name, texts in (("own", ORDINARY[lang]), ("background", some)):
            seen: Counter[str] = Counter()
            why: Counter[str] = Counter()
            for at, moment in enumerate(when):
                room = room_of(case, share=0, lag=2.0, seed=100 + at, at=moment)
                for text in texts if name == "own" else texts[at::rooms]:
                    said = check(Draft(text=text, lang=lang), brand=brand, room=room, at=moment)
                    seen[said.verdict] += 1
                    why.update(f"{one.detector}:{one.code}" for one in said.findings[:1])
            n = sum(seen.values())
            out[f"{lang} {name}"] = {
                "n": n, "held": seen["hold"], "false_stops": round(seen["hold"] / n, 4),
                "asked": round(seen["care"] / n, 4), "first_reasons": dict(why.most_common(5)),
            }  # fmt: skip
    held = sum(one["held"] for name, one in out.items() if name.endswith("own"))
    n = sum(one["n"] for name, one in out.items() if name.endswith("own"))
    out["false_stops_of_own"] = {"value": round(held / n, 4), "n": n}
    return out


def speed() -> dict[str, Any]:
    """Seconds to make a room of a day ready, and for one check in it."""
    out = {}
    for n in (25_000, 200_000):
        texts = background("en")
        posts = pa.table(
            {
                "id": [str(at) for at in range(n)],
                "text": [texts[at % len(texts)] for at in range(n)],
                "at": pa.array(
                    [datetime(2026, 3, 3, 12, tzinfo=UTC) - timedelta(seconds=86_000 * at / n) for at in range(n)],
                    pa.timestamp("us", tz="UTC"),
                ),
                "author_id": [str(at) for at in range(n)],
                "lang": ["en"] * n,
            }
        )
        at = datetime(2026, 3, 3, 12, tzinfo=UTC)
        room = room_from_posts(posts, at=at)
        took = []
        for text in (
            "Our new jar is here, 20% off today",
            "Tell us your favourite breakfast",
            "Parcels are late today, sorry",
        ):
            begun = time.perf_counter()
            check(Draft(text=text, lang="en"), brand=BrandFacts(name="Example", markets=("GB",)), room=room, at=at)
            took.append(round(time.perf_counter() - begun, 3))
        out[f"{n} posts"] = {"first_s": took[0], "then_s": max(took[1:])}
    return out


def run(*, quick: bool) -> dict[str, Any]:
    """All figures. ``quick``: one seed, two cells. The head cell has three rooms a case, the others of the grid one."""
    found = cases()
    seeds = 1 if quick else 3
    shares = (0.02, 0.1) if quick else SHARES
    lags = ("2 h",) if quick else tuple(LAGS)
    rich = grid(found, seeds=1, shares=shares, lags=lags, sparse=False)
    rich |= grid(found, seeds=seeds, shares=HEAD[:1], lags=HEAD[1:], sparse=False)
    head = rich[HEAD]
    kept = grid(found, seeds=1, shares=shares, lags=[lag for lag in lags if LAGS[lag] > 12], sparse=False, kept=True)
    spare = grid(found, seeds=1, shares=(0.02, 0.1), lags=("2 h",), sparse=True)
    codes = [(set(one.codes), {code for code in one.case.reasons if code != "none"}) for one in head]
    hits = sum(len(said & wanted) for said, wanted in codes)
    evidence = [one.evidence for one in head if one.evidence is not None]
    whole = [one for rows in rich.values() for one in rows[: len(found)]]  # one room a case and cell
    return {
        "cases": len(found),
        "events": len({case.event for case in found}),
        "languages": list(LANGS),
        "head_cell": {"share": HEAD[0], "lag": HEAD[1], **measures(head, intervals=True)},
        "whole_grid": measures(whole),
        "grid": {f"{share:g} · {lag}": _cell(rows) for (share, lag), rows in rich.items()},
        "remembered": {f"{share:g} · {lag}": _cell(rows) for (share, lag), rows in kept.items()},
        "one_keyword_a_post": {f"{share:g} · {lag}": measures(rows) for (share, lag), rows in spare.items()},
        "reasons_f1": round(2 * hits / max(1, sum(len(a) + len(b) for a, b in codes)), 3),
        "evidence_hit": round(float(np.mean(evidence)), 3) if evidence else None,
        "first_hold": _first(rich, shares, lags),
        "counterfactual": counterfactuals(found, head, seeds=seeds),
        "leave_one_event_out": left_out(found),
        "floors": floors(found),
        "invented": invented(),
        "ordinary": ordinary(rooms=2 if quick else 12, drafts=200 if quick else 1_200),
        "speed": speed(),
        "note": "Rules, words and floors were written with these cases in sight: but for the floors chosen by leaving "
        "an event out, figures are in-sample. Labels know the outcome; cases are famous; templates are cleaner than"
        " life.",
    }


def _first(rich: Rows, shares: Sequence[float], lags: Sequence[str]) -> dict[str, Any]:
    """Smallest share (at two hours) and shortest time (at a tenth) at which a hold case is held, first seed."""
    wanted = [one.case.id for one in rich[HEAD] if one.case.expected == "hold"]
    held = {cell: {one.case.id for one in rows if one.verdict == "hold"} for cell, rows in rich.items()}
    by_share = {f"{share:g}": sum(1 for one in set(wanted) if one in held[share, HEAD[1]]) for share in shares}
    by_lag = {lag: sum(1 for one in set(wanted) if one in held[HEAD[0], lag]) for lag in lags}
    return {"hold_cases": len(set(wanted)), "held_by_share_at_2_h": by_share, "held_by_lag_at_a_tenth": by_lag}


Rows = dict[tuple[float, str], list[Judged]]
ORDINARY: dict[str, tuple[str, ...]] = json.loads((Path(__file__).parent / "ordinary_posts.json").read_text("utf-8"))
