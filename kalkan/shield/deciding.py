"""Where each post goes and why: from weights, policy and the team's rules to place, kind, target and need.

Owns the decision, column by column. Promises, whatever the policy and the rules (rule 6): only threats and doxing are
held; what reads as a grievance is never folded as a whole; whatever is folded has a reason; a row's outcome depends on
that row alone. Never removes or reorders a row.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kalkan.brands import Brand
from kalkan.shield import signs
from kalkan.shield.policy import DEFAULT, Policy
from kalkan.shield.rules import Rule, first_match, spans_of
from kalkan.shield.targets import targets
from kalkan.shield.weigh import WORDED, Flags, Floats, Weighed, odds, weigh

PLACES: Final = ("show", "soften", "hold")
KINDS: Final = ("question", "ask", "complaint", "criticism", "praise", "abuse", "threat", "spam", "other")
CONTENTS: Final = ("none", "profanity", "insult", "hate", "sexual", "threat", "doxing", "spam")
GRIEVANCES: Final = ("question", "ask", "complaint", "criticism")
"""The kinds that ask something or say something against: a row of one of them is never folded as a whole."""
PARTS: Final = ("threat", "question", "hard", "ask", "complaint", "criticism", "thread")
HARD: Final = ("stance", "service", "community")
"""What makes a question hard: where the brand stands, service that fails again or is not safe, how it treats people."""
WORTH: Final = (1.0, 0.45, 0.3, 0.35, 0.3, 0.15, 0.2)
"""What each part adds to ``need``, the order of the inbox. Set by us; nothing in it comes from likes or reposts."""
_SPAN: Final = pa.struct([pa.field("start", pa.int32(), nullable=False), pa.field("end", pa.int32(), nullable=False)])
TRIAGED: Final = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("place", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("kinds", pa.list_(pa.string()), nullable=False),
        pa.field("target", pa.string(), nullable=False),
        pa.field("content", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("params", pa.string(), nullable=False),
        pa.field("folds", pa.list_(_SPAN), nullable=False),
        pa.field("whole", pa.bool_(), nullable=False),
        pa.field("p_abuse", pa.float32(), nullable=False),
        pa.field("p_critic", pa.float32(), nullable=False),
        pa.field("rule", pa.string()),
        pa.field("need", pa.float32(), nullable=False),
        pa.field("hard", pa.string(), nullable=False),
        pa.field("need_parts", pa.struct([pa.field(name, pa.float32()) for name in PARTS]), nullable=False),
    ]
)
"""One row a post; ``docs/explanation/shield.md`` says what each column means."""

_HALF: Final = 0.5
_SURE: Final = 0.35  # how offensive a post must read before a phrase that only may be a threat holds it

Objects = npt.NDArray[np.object_]
Spans = dict[int, list[signs.Span]]


def triage(
    posts: pa.Table, *, brand: Brand | None = None, policy: Policy = DEFAULT, rules: Sequence[Rule] = ()
) -> pa.Table:
    """Where each of ``posts`` goes, as a table of :data:`TRIAGED`, row for row.

    ``posts`` has at least ``text``, ``lang`` and a reading's probabilities; other columns of ``READ_POSTS`` are used
    where they are there, and a column ``thread`` (0–1, how far the conversation has spread) where there is one. Of
    ``rules`` the first that matches a post counts.

    :raises InvalidInput: a column that is needed is missing.
    """
    weighed = weigh(posts)
    says = _Says.of(weighed)
    matched = first_match(rules, posts)
    does = np.array([*(rule.does for rule in rules), ""], object)[matched]
    spans = _spans(posts, weighed, says, policy, rules, matched, does)
    done = _decide(weighed, says, policy, does, spans)
    return _told(posts, weighed, says, done, spans, [*(rule.name for rule in rules), None], matched, brand)


@dataclass(frozen=True, slots=True)
class _Says:
    """What is found in each row before any policy: one flag a row."""

    threat: Flags
    harm: Flags  # abuse with words of harm in it: held where it would be folded
    doxing: Flags
    question: Flags
    ask: Flags
    complaint: Flags
    negative: Flags
    praise: Flags
    grievance: Flags
    hate: Flags

    @staticmethod
    def of(weighed: Weighed) -> _Says:
        read, found = weighed.read, weighed.signs
        grievance = weighed.critic >= _HALF
        figure = found["figure"] > 0
        sure = np.where(grievance, _HALF, _SURE)
        may = (found["threat"] > 0) & ~figure & (read["p_offensive"] >= sure) & ~weighed.asked
        reads = (read["p_threat"] >= _HALF) & (read["p_offensive"] >= _HALF) & ~weighed.asked & ~grievance
        harm = weighed.harm["plain"] & ~grievance | weighed.harm["grievance"]
        question, ask = read["p_question"] >= _HALF, read["p_ask"] >= _HALF
        complaint = (read["p_complaint"] >= _HALF) | (grievance & ~question & ~ask & (read["p_positive"] < _HALF))
        kind = (read["p_praise"] >= _HALF) | (read["p_positive"] >= 0.6)
        praise = (kind | (found["thanks"] > 0) & ~grievance) & (read["p_negative"] < 0.4)
        return _Says(
            threat=(found["direct"] > 0) & ~figure | harm & ~figure | may | reads,
            harm=weighed.harm["folded"] & ~grievance,
            doxing=found["doxing"] > 0,
            question=question,
            ask=ask,
            complaint=complaint & ~praise,
            negative=(read["p_negative"] >= _HALF) & ~complaint,
            praise=praise,
            grievance=grievance,
            hate=(found["slur"] > 0) | (read["p_hate"] >= _HALF) & (found["group"] > 0),
        )


@dataclass(frozen=True, slots=True)
class _Done:
    """What becomes of each row."""

    held: Flags
    abuse: Flags
    spam: Flags
    softened: Flags
    reason: Objects
    kinds: dict[str, Flags]


def _spans(
    posts: pa.Table, weighed: Weighed, says: _Says, policy: Policy, rules: Sequence[Rule],
    matched: npt.NDArray[np.int64], does: Objects,
) -> Spans:  # fmt: skip
    """The words to fold in each post of which only words are folded: few rows, one at a time."""
    opened = np.isin(does, ("show", "praise", "criticism"))
    over = weighed.score - odds(policy.cut)
    worded = (over >= weighed.words) & (over < weighed.whole) & policy.fold_insults & ~opened
    ruled = np.isin(does, ("fold", "hold", "spam")) & says.grievance
    wanted = np.flatnonzero(worded | ruled)
    if not len(wanted):
        return {}
    texts = posts["text"].take(pa.array(wanted)).to_pylist()
    langs = posts["lang"].take(pa.array(wanted)).to_pylist()
    told: Spans = {}
    for row, text, lang in zip(wanted.tolist(), texts, langs, strict=True):
        names = [name for name, more in WORDED.items() if not (says.grievance[row] and max(over[row], 0) < more)]
        places = signs.places(text or "", lang, names) if worded[row] else []
        if ruled[row]:
            places = signs.merged([*places, *spans_of(rules[matched[row]], text or "")], text or "")
        if places:
            told[row] = places
    return told


def _decide(weighed: Weighed, says: _Says, policy: Policy, does: Objects, spans: Spans) -> _Done:
    opened = np.isin(does, ("show", "praise", "criticism"))
    over = weighed.score - odds(policy.cut)
    hit = over >= weighed.whole
    threat = (says.threat | says.harm & (over >= np.minimum(weighed.words, weighed.whole))) & ~opened
    doxing = says.doxing & ~opened
    held = threat & policy.hold_threats | doxing & policy.hold_doxing
    spam_found = (weighed.signs["spam"] > 0) & ~opened
    spam = (spam_found & policy.fold_spam | (does == "spam")) & ~says.grievance & ~held
    ruled = np.isin(does, ("fold", "hold")) & ~says.grievance & ~held & ~spam
    abuse = ((hit & policy.fold_abuse & ~opened & ~spam) | ruled) & ~says.grievance & ~held
    softened = np.zeros(len(hit), bool)
    softened[list(spans)] = True
    softened &= ~held & ~abuse & ~spam
    doubt = softened & ~says.grievance  # criticism, as long as nobody knows better
    reason = np.select(
        [
            held & threat & (says.threat | doxing),
            held & threat,
            held,
            (does == "praise") | (does == "criticism") | (does == "show"),
            ruled | (does == "spam") & spam,
            spam,
            abuse & says.hate,
            abuse & (weighed.signs["sexual"] > 0),
            abuse,
            softened & np.isin(does, ("fold", "hold", "spam")),
            doubt,
            softened,
            (over >= 0) & says.grievance,
        ],
        [
            "shield_held_threat", "shield_held_harm", "shield_held_doxing", "shield_shown_rule", "shield_folded_rule",
            "shield_folded_spam", "shield_folded_hate", "shield_folded_sexual", "shield_folded_abuse",
            "shield_softened_rule", "shield_softened_doubt", "shield_softened", "shield_shown_grievance",
        ],
        "",
    ).astype(object)  # fmt: skip
    abusive = abuse | hit & ~says.grievance & ~opened
    kinds = _kinds(says, does, threat | doxing, abusive, spam_found | (does == "spam"), doubt)
    for name in KINDS:
        reason[(reason == "") & kinds[name]] = f"shield_shown_{name}"
    return _Done(held, abuse, spam, softened, reason, kinds)


def _kinds(says: _Says, does: Objects, threat: Flags, abuse: Flags, spam: Flags, doubt: Flags) -> dict[str, Flags]:
    """One flag a row for each kind; at least one of them holds."""
    plain = ~threat & ~abuse & ~(spam & ~says.grievance)
    found = {
        "question": says.question & plain,
        "ask": says.ask & plain,
        "complaint": says.complaint & plain,
        "criticism": (says.negative | doubt) & plain,
        "praise": says.praise & plain,
        "abuse": abuse & ~threat & ~spam,
        "threat": threat,
        "spam": spam & ~threat & ~says.grievance,
    }
    for name in ("praise", "criticism"):
        told = does == name
        found = {kind: np.where(told, kind == name, flags) for kind, flags in found.items()}
    found["other"] = ~np.logical_or.reduce(list(found.values()))
    return found


def _told(
    posts: pa.Table, weighed: Weighed, says: _Says, done: _Done, spans: Spans, names: Sequence[str | None],
    matched: npt.NDArray[np.int64], brand: Brand | None,
) -> pa.Table:  # fmt: skip
    whole = done.held | done.abuse | done.spam
    place = np.where(done.held, "hold", np.where(whole | done.softened, "soften", "show"))
    flags = np.stack([done.kinds[name] for name in KINDS], 1)
    spoken = np.array(["abuse", "threat", "spam"], object)
    first = np.array(KINDS, object)[flags.argmax(1)]
    rule = np.array([*names], object)[matched]
    hard = _hard(weighed, done)
    parts = _parts(posts, done, hard)
    need = np.sum([parts[name] for name in PARTS], axis=0).astype(np.float32)
    need[whole & ~done.held | np.isin(first, spoken) & ~done.held] = 0
    columns = {
        "id": posts["id"].cast(pa.string()) if "id" in posts.column_names else pa.nulls(posts.num_rows, pa.string()),
        "place": pa.array(place, pa.string()),
        "kind": pa.array(first, pa.string()),
        "kinds": _lists(flags),
        "target": pa.array(targets(posts, weighed, brand), pa.string()),
        "content": pa.array(_content(weighed, says, done), pa.string()),
        "reason": pa.array(done.reason, pa.string()),
        "params": _params(done, spans, posts, rule),
        "folds": _folds(posts, whole, done.softened, spans),
        "whole": pa.array(whole),
        "p_abuse": pa.array(weighed.abuse),
        "p_critic": pa.array(weighed.critic),
        "rule": pa.array(rule, pa.string()),
        "need": pa.array(need),
        "hard": pa.array(hard, pa.string()),
        "need_parts": pa.StructArray.from_arrays([pa.array(parts[name]) for name in PARTS], names=list(PARTS)),
    }
    return pa.table(columns, schema=TRIAGED)


def _hard(weighed: Weighed, done: _Done) -> Objects:
    """Which of :data:`HARD` each question or grievance is, by the most signs and of equals the first; else none."""
    counts = np.stack([weighed.signs[name] for name in HARD], 1)
    which: Objects = np.array(HARD, object)[counts.argmax(1)]
    which[(counts.max(1) == 0) | ~np.logical_or.reduce([done.kinds[name] for name in GRIEVANCES])] = ""
    return which


def _parts(posts: pa.Table, done: _Done, hard: Objects) -> dict[str, Floats]:
    flags = {**done.kinds, "threat": done.held, "hard": hard != ""}
    parts = {name: flags[name].astype(np.float32) for name in PARTS if name != "thread"}
    spread = np.zeros(posts.num_rows, np.float32)
    if "thread" in posts.column_names:
        spread = np.clip(pc.fill_null(pc.cast(posts["thread"], pa.float32()), 0).to_numpy(), 0, 1)
    parts["thread"] = spread * np.logical_or.reduce([done.kinds[name] for name in GRIEVANCES])
    return {name: (parts[name] * worth).astype(np.float32) for name, worth in zip(PARTS, WORTH, strict=True)}


def _content(weighed: Weighed, says: _Says, done: _Done) -> Objects:
    found = weighed.signs
    hard = found["rude"] + found["harsh"] > 0
    insult = (found["insult"] + found["attack"] > 0) | done.abuse | done.softened & hard
    chosen: Objects = np.select(
        [
            done.kinds["threat"] & ~says.doxing | done.kinds["threat"] & says.threat,
            done.kinds["threat"],
            done.kinds["spam"],
            says.hate & (done.abuse | (found["slur"] > 0)),
            (found["sexual"] > 0) & (weighed.read["p_offensive"] >= _HALF),
            insult,
            found["swearing"] > 0,
        ],
        ["threat", "doxing", "spam", "hate", "sexual", "insult", "profanity"],
        "none",
    ).astype(object)
    return chosen


def _lists(flags: npt.NDArray[np.bool_]) -> pa.Array:
    offsets = np.concatenate([[0], np.cumsum(flags.sum(1))]).astype(np.int32)
    return pa.ListArray.from_arrays(offsets, pa.array(KINDS, pa.string()).take(pa.array(np.nonzero(flags)[1])))


def _params(done: _Done, spans: Spans, posts: pa.Table, rule: Objects) -> pa.Array:
    """The parameters of each row's sentence, as JSON: most rows have none."""
    told: Objects = np.full(posts.num_rows, "{}", object)
    for row in np.flatnonzero(done.softened & (rule == None) | np.char.endswith(done.reason.astype(str), "_rule")):  # noqa: E711
        given: dict[str, Any] = {}
        if rule[row] is not None:
            given["rule"] = rule[row]
        if done.softened[row]:
            text = posts["text"][int(row)].as_py() or ""
            given["words"] = sum(len(text[start:end].split()) for start, end in spans[int(row)])
        told[row] = json.dumps(given, ensure_ascii=False)
    return pa.array(told, pa.string())


def _folds(posts: pa.Table, whole: Flags, softened: Flags, spans: Spans) -> pa.Array:
    """Spans to fold, as lists of structs: the whole text, the insults in it, or none."""
    lengths = pc.fill_null(pc.utf8_length(posts["text"]), 0).to_numpy().astype(np.int32)
    counts = np.where(whole, 1, 0).astype(np.int64)
    for row in np.flatnonzero(softened & ~whole).tolist():
        counts[row] = len(spans[row])
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    starts, ends = np.zeros(offsets[-1], np.int32), np.zeros(offsets[-1], np.int32)
    ends[offsets[:-1][whole]] = lengths[whole]
    for row in np.flatnonzero(softened & ~whole).tolist():
        at = int(offsets[row])
        for place, (start, end) in enumerate(spans[row]):
            starts[at + place], ends[at + place] = start, end
    values = pa.StructArray.from_arrays([pa.array(starts), pa.array(ends)], fields=list(_SPAN))
    return pa.ListArray.from_arrays(offsets, values)
