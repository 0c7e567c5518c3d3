"""The ledger in words, and the room check's own record: how often what it said was borne out.

Promises that the record is reckoned from the chain alone, whoever asks, and that nothing is left out of it: a HOLD that
was overruled and praised counts against the check as openly as one that was right counts for it. Never writes.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kalkan import ledger, text
from kalkan.desk import drafts_telling, drafts_writing, formats, showing, telling
from kalkan.desk.models import Brand, LedgerEntry
from kalkan.figures import ENOUGH, Interval, from_dict
from kalkan.figures.intervals import share

DECISIONS: Final[dict[str, Any]] = {
    "submitted": gettext_lazy("submitted"),
    "approved": gettext_lazy("approved"),
    "changes": gettext_lazy("asked for changes"),
    "edited": gettext_lazy("changed the text; approvals are void"),
    "released": gettext_lazy("let it go"),
    "overruled": gettext_lazy("let it go in spite of the room check"),
    "withdrawn": gettext_lazy("took it back"),
    "retried": gettext_lazy("tried again"),
    "noted": gettext_lazy("kept a private note"),
    "paused": gettext_lazy("paused"),
    "resumed": gettext_lazy("ended the pause"),
}
KINDS: Final[dict[str, Any]] = {
    "advice": gettext_lazy("advice"),
    "decision": gettext_lazy("decisions"),
    "sent": gettext_lazy("out"),
    "held": gettext_lazy("held"),
    "failed": gettext_lazy("failed"),
    "outcome": gettext_lazy("how it was received"),
    "hindsight": gettext_lazy("looking back"),
    "pause": gettext_lazy("pauses"),
}
RECEPTIONS: Final[dict[str, Any]] = {
    "praised": gettext_lazy("praised"),
    "called_out": gettext_lazy("called out"),
    "mixed": gettext_lazy("mixed"),
    "too_few": gettext_lazy("too few to say"),
}
COUNTS: Final[dict[str, Any]] = {
    "likes": gettext_lazy("likes"),
    "reposts": gettext_lazy("reposts"),
    "replies": gettext_lazy("replies"),
    "quotes": gettext_lazy("quotes"),
}
AFTER: Final[dict[str, Any]] = {
    "1h": gettext_lazy("1 hour after"),
    "24h": gettext_lazy("24 hours after"),
    "7d": gettext_lazy("7 days after"),
}


def line(row: LedgerEntry) -> dict[str, Any]:
    """One entry as a page shows it."""
    at = datetime.fromisoformat(row.at)
    found: dict[str, Any] = {
        "at": at, "seq": row.seq, "hash": row.hash[:16], "draft": row.draft, "kind": row.kind, "lines": [],
        "verdict": "", "quote": "", "title": "",
    }  # fmt: skip
    told = {
        "advice": _advice, "decision": _decision, "sent": _sent, "held": _held, "failed": _failed,
        "outcome": _outcome, "hindsight": _hindsight, "pause": _decision,
    }.get(row.kind)  # fmt: skip
    return found | (told(row.body) if told else {"title": row.kind})


def _advice(body: Mapping[str, Any]) -> dict[str, Any]:
    verdict = str(body.get("verdict", ""))
    codes = [str(each.get("code", "")) for each in body.get("reasons", ())]
    occasion = str(drafts_telling.OCCASIONS.get(body.get("occasion", ""), ""))
    lines = [{"text": ", ".join(dict.fromkeys(reason_word(code) for code in codes))}] if codes else []
    return {
        "verdict": verdict, "verdict_word": drafts_telling.verdict_word(verdict),
        "title": _("%(occasion)s, version %(n)s") % {"occasion": text_first_up(occasion), "n": body.get("version", "")},
        "lines": lines,
    }  # fmt: skip


def text_first_up(words: str) -> str:
    """``words`` with a capital, as the active language makes it."""
    upper = text.upper_tr if formats.language() == "tr" else str.upper
    return upper(words[:1]) + words[1:]


REASONS: Final[dict[str, Any]] = {
    "event_collision": gettext_lazy("collides with an event"),
    "hashtag_hijack": gettext_lazy("a tag that means something else now"),
    "tone_clash": gettext_lazy("wrong tone"),
    "insensitive_observance": gettext_lazy("against the day"),
    "ambiguous_wording": gettext_lazy("can be read in two ways"),
    "opportunistic": gettext_lazy("sells on an event"),
    "performative": gettext_lazy("words only"),
    "record_gap": gettext_lazy("against our own record"),
    "too_late": gettext_lazy("too late"),
    "silence_questioned": gettext_lazy("silence is noticed"),
    "invites_hijack": gettext_lazy("an open call that may turn"),
    "divisive": gettext_lazy("takes a side"),
    "offensive": gettext_lazy("may offend"),
    "legal_risk": gettext_lazy("legal risk"),
}


def reason_word(code: str) -> str:
    """A reason of the room check in two or three words."""
    return str(REASONS.get(code, code))


def _decision(body: Mapping[str, Any]) -> dict[str, Any]:
    what = str(body.get("what", ""))
    role = str(body.get("role", ""))
    who = str(body.get("name", "")) + (f" ({drafts_telling.role_word(role)})" if role else "")
    title = _("%(who)s: %(what)s") % {"who": who or "–", "what": DECISIONS.get(what, what)}
    if body.get("market"):
        title += f" ({body['market']})"
    lines = []
    if body.get("version"):
        lines.append({"text": _("version %(n)s") % {"n": body["version"]}})
    if body.get("until"):
        lines.append(
            {"text": _("to be looked at again %(at)s") % {"at": formats.moment(datetime.fromisoformat(body["until"]))}}
        )
    if body.get("stopped"):
        n = len(body["stopped"])
        lines.append({"text": ngettext("%(n)s draft waits", "%(n)s drafts wait", n) % {"n": n}})
    against = body.get("against") == "hold" and what in ("approved", "released", "overruled")
    return {
        "title": title, "quote": str(body.get("why", "")), "lines": lines,
        "verdict": "hold" if against else "", "verdict_word": _("against a HOLD") if against else "",
    }  # fmt: skip


def _sent(body: Mapping[str, Any]) -> dict[str, Any]:
    url = str(body.get("url", ""))
    lines = (
        [{"text": _("open at %(host)s") % {"host": text.display_host(url)}, "url": url, "outside": True}] if url else []
    )
    account, handle = str(body.get("account", "")), str(body.get("handle", ""))
    network = drafts_writing.TITLES.get(account.partition(":")[0], "")
    told = f"{network} @{handle}" if handle else account
    return {"title": _("Out: %(account)s") % {"account": told}, "lines": lines}


def _held(body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "title": _("Held"),
        "quote": "",
        "lines": [{"text": drafts_telling.say(str(body.get("why", "")), body.get("params"))}],
    }


def _failed(body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "title": _("A network refused it"),
        "lines": [{"text": drafts_telling.say(str(body.get("why", "")), body.get("params"))}],
    }


def _outcome(body: Mapping[str, Any]) -> dict[str, Any]:
    n = int(body.get("authors", 0))
    words = ngettext("%(n)s author answered", "%(n)s authors answered", n) % {"n": formats.number(n)}
    lines: list[dict[str, Any]] = [{"text": words, "url": _behind(body)}]
    counts = {name: int(value) for name, value in body.get("counts", {}).items() if value}
    if counts:
        lines.append({"text": ", ".join(f"{COUNTS[name]} {formats.number(value)}" for name, value in counts.items())})
    if n >= ENOUGH:
        shown = [(name, one) for name, one in body.get("shares", {}).items() if int(one["count"]) and one["low"]]
        lines.append({"text": "; ".join(_share(name, one) for name, one in shown)})
    reception = str(body.get("reception", ""))
    told = {
        "after": text_first_up(str(AFTER.get(body.get("after", ""), ""))),
        "reception": RECEPTIONS.get(reception, reception),
    }
    return {"title": _("%(after)s: %(reception)s") % told, "lines": lines}


def _behind(body: Mapping[str, Any]) -> str:
    """Where the answers are listed."""
    if not body.get("posts"):
        return ""
    return showing.link(from_dict(body["ask"]).behind())


def _share(name: str, one: Mapping[str, Any]) -> str:
    """One measure with its interval: Anger 18 % (15–21)."""
    part = formats.share(int(one["count"]) / max(1, int(one["n"])))
    ends = f"{round(float(one['low']) * 100)}–{round(float(one['high']) * 100)}"
    return f"{telling.NAMES.get(name, name)} {part} ({ends})"


def _hindsight(body: Mapping[str, Any]) -> dict[str, Any]:
    words = {"yes": _("it was right"), "no": _("it was wrong"), "mixed": _("in part right")}
    right = words.get(str(body.get("right", "")), "")
    title = _("%(who)s, looking back: %(words)s") % {"who": body.get("name", ""), "words": right}
    return {"title": title, "quote": str(body.get("text", "")), "lines": []}


# — the check's own record —


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """How often something was so: ``count`` of ``n``, with its 95 % interval where there is any."""

    count: int
    n: int

    @property
    def interval(self) -> Interval | None:
        """Wilson's 95 % interval."""
        return share(self.count, self.n) if self.n else None

    @property
    def words(self) -> str:
        """26 of 29 (90 %, 74–96)."""
        if not self.interval:
            return _("none yet")
        ends = f"{round(self.interval.low * 100)}–{round(self.interval.high * 100)}"
        return _("%(count)s of %(n)s (%(share)s, %(ends)s)") % {
            "count": formats.number(self.count), "n": formats.number(self.n),
            "share": formats.share(self.count / self.n), "ends": ends,
        }  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """The room check against what people decided and how it turned out, from the chain alone."""

    upheld: Tally  # of drafts with a HOLD, decided: not sent with that HOLD standing
    overruled_well: Tally  # of drafts sent against a HOLD with enough answers: not called out
    go_well: Tally  # of drafts sent with GO or CARE and enough answers: not called out
    by_verdict: tuple[tuple[str, Mapping[str, int]], ...]  # verdict → reception → drafts


def score(rows: Iterable[LedgerEntry]) -> Score:
    """The record of the room check from the entries of one brand, oldest first.

    A HOLD was *upheld* when the draft was changed, moved, taken back or never sent; *overruled* when a person approved
    or let it go against the HOLD. What was received is taken from the latest look at it.
    """
    last: dict[str, str] = {}
    held, over, ended, sent, received = set(), set(), set(), dict[str, str](), dict[str, str]()
    for row in rows:
        body, about = row.body, row.about
        if row.kind == "advice" and body.get("occasion") not in ("written", "out"):
            last[about] = str(body.get("verdict", ""))
            if last[about] == "hold":
                held.add(about)
        elif row.kind == "decision":
            if body.get("what") in ("approved", "released", "overruled") and body.get("against") == "hold":
                over.add(about)
            if body.get("what") in ("withdrawn", "changes", "edited"):
                ended.add(about)
        elif row.kind == "sent":
            sent.setdefault(about, "hold" if about in over else last.get(about, ""))
            ended.add(about)
        elif row.kind == "outcome":
            received[about] = str(body.get("reception", ""))
    table: dict[str, dict[str, int]] = {}
    for about, verdict in sent.items():
        if about in received:
            kinds = table.setdefault(verdict or "go", {})
            kinds[received[about]] = kinds.get(received[about], 0) + 1

    def well(verdicts: tuple[str, ...]) -> Tally:
        told = {name: n for verdict in verdicts for name, n in table.get(verdict, {}).items() if name != "too_few"}
        counts = [
            (name, n)
            for verdict in verdicts
            for name, n in table.get(verdict, {}).items()
            if name in told and name != "too_few"
        ]
        return Tally(count=sum(n for name, n in counts if name != "called_out"), n=sum(n for _name, n in counts))

    decided = {about for about in held if about in ended or about in over}
    return Score(
        upheld=Tally(count=len(decided - over), n=len(decided)),
        overruled_well=well(("hold",)),
        go_well=well(("go", "care")),
        by_verdict=tuple((verdict, table.get(verdict, {})) for verdict in ("go", "care", "hold")),
    )


_scores: Final[dict[int, tuple[str, Score]]] = {}


def score_of(brand: Brand) -> Score:
    """The record for ``brand``; reckoned anew when its chain has grown."""
    end = LedgerEntry.objects.filter(brand=brand).order_by("-seq").values_list("hash", flat=True).first() or ""
    kept = _scores.get(brand.pk)
    if kept is None or kept[0] != end:
        found = score(LedgerEntry.objects.filter(brand=brand).order_by("seq").iterator())
        _scores[brand.pk] = kept = (end, found)
    return kept[1]


def record_words(found: Score) -> str:
    """The record in a sentence, for the foot of a check."""
    if not found.upheld.n:
        return _("No HOLD has been decided yet: how often the check is right will stand here.")
    return _("People upheld %(tally)s of its HOLDs.") % {"tally": found.upheld.words}


# — the proof —


def _heads() -> Path:
    folder: Path = settings.CONFIG.data
    return folder / "ledger-heads.json"


def heads() -> dict[str, ledger.Head]:
    """How far each brand's chain reached when it was last written, kept beside the tables: a cut-off end is seen."""
    try:
        found = json.loads(_heads().read_text(encoding="utf-8"))
        return {slug: ledger.Head(seq=int(seq), hash=str(end)) for slug, (seq, end) in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def remember(slug: str, head: ledger.Head) -> None:
    """Keep how far the chain of a brand reaches. Best effort: what is missed here is caught up by the next entry."""
    kept = {name: (one.seq, one.hash) for name, one in heads().items()} | {slug: (head.seq, head.hash)}
    path = _heads()
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}.tmp")
        draft.write_text(json.dumps(kept), encoding="utf-8")
        draft.replace(path)


def broken(brand: Brand) -> ledger.Break | None:
    """The first place where the chain of ``brand`` is not what it was; None: it is whole."""
    rows = LedgerEntry.objects.filter(brand=brand).order_by("seq").iterator()
    return ledger.verify((row.as_row() for row in rows), known=heads().get(brand.slug))


def examined() -> tuple[ledger.Examined, ...]:
    """Every brand's chain in a sentence, for ``kalkan doctor``."""
    known = heads()
    return tuple(
        ledger.examine(
            brand.slug,
            (row.as_row() for row in LedgerEntry.objects.filter(brand=brand).order_by("seq").iterator()),
            known=known.get(brand.slug),
        )
        for brand in Brand.objects.filter(ledger__isnull=False).distinct().order_by("id")
    )
