"""Alarms of a brand: which ones concern it, how each is told in words, and the budget of those told in vain.

Owns the rule of what concerns whom. Promises that an alarm about another brand's watches is never told here, and that
an alarm is told with its reason, its baseline and how late it came. Never sends anything: that is
:mod:`kalkan.desk.alarms_outbox`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext, ngettext

from kalkan.desk import access, formats, stories, stories_opening, stories_words
from kalkan.desk.models import AlarmLetter, Brand, Person
from kalkan.stories.book import A_WEEK, A_WEEK_OF_A_MARKET
from kalkan.stories.record import EVERYTHING, AlarmRow, Part

SHOWN: Final = timedelta(days=30)
UNREAD: Final = timedelta(days=7)
_MOST: Final = 1000
_LEAST_A_WEEK: Final = 0.1
_ALMOST_NONE: Final = 0.1  # authors an hour


def concerns(alarm: AlarmRow, brand: Brand, *, floor: int) -> bool:
    """Whether ``alarm`` is for the team of ``brand``: it is about what they watch, or it is grave (``floor`` or more)
    and told in one of their languages."""
    if not stories.sees(brand, alarm.scope):
        return False
    if alarm.scope.partition(":")[0] in ("brand", "peer", "topic"):
        return True
    if any(own(part, brand) for part in alarm.watches):
        return True
    if alarm.what == "surge":  # of a language: it has no gravity of its own
        return alarm.scope.partition(":")[2] in brand.langs
    langs = {one.lang for one in alarm.examples if one.lang}
    if alarm.scope.startswith("market:"):
        langs = {alarm.scope.partition(":")[2]}
    return alarm.gravity.level >= floor and (not brand.langs or not langs or bool(langs & set(brand.langs)))


def own(part: Part, brand: Brand) -> bool:
    """Whether ``part`` counts what names a watch of ``brand``."""
    return part.name.partition(":")[0] in ("brand", "peer", "topic") and stories.sees(brand, part.name)


def told(brand: Brand, *, now: datetime, limit: int = 200, late: bool = False) -> tuple[AlarmRow, ...]:
    """Alarms that concern ``brand`` in the last thirty days, newest first; with ``late`` those found late instead."""
    floor = access.alarm_rules(brand).floor
    found = stories.opened().alarms(since=now - SHOWN, late=late, limit=_MOST)
    ours = [row for row in found if row.late is late and concerns(row, brand, floor=floor)]
    mine = {row.story for row in ours if stories.is_own(row.scope)}
    ours = [row for row in ours if stories.is_own(row.scope) or not _told_as_part(row, mine)]
    return tuple(sorted(ours, key=lambda row: (row.at, row.seq), reverse=True))[:limit]


def _told_as_part(alarm: AlarmRow, mine: set[str]) -> bool:
    """Whether a story of everybody's was told to this team before, as a story of its own that became a part of it."""
    return alarm.what == "born" and bool(mine) and not mine.isdisjoint(stories.opened().parts(alarm.story))


def unread(person: Person, brand: Brand, *, now: datetime) -> int:
    """How many alarms of the last week ``person`` has not read."""
    seen = access.alarm_wish(person, brand).seen
    return sum(row.seq > seen and row.at >= now - UNREAD for row in told(brand, now=now))


# — in words —


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmLine:
    """One alarm as a page, a mail and a message show it."""

    seq: int
    id: str
    at: datetime
    title: str
    story: str
    gravity: int
    gravity_words: str
    scope: str
    reason: str
    counted: str
    usual: str
    delay: str
    terms: str
    near: str
    judged: str
    late: bool
    told_in: str = ""  # its scope, where that is not everything
    url: str = ""  # the posts it was raised on
    usual_url: str = ""  # the curve its baseline is drawn in
    named: tuple[tuple[str, str], ...] = ()  # watches of the brand with their authors, and where those posts open
    unread: bool = False
    sent: str = ""


def line(alarm: AlarmRow, brand: Brand, *, seen: int | None = None, sent: str = "") -> AlarmLine:
    """``alarm`` in words, in the active language."""
    hours = formats.number(alarm.per_hour, 0 if alarm.per_hour >= 10 else 1)
    usual = formats.number(alarm.usual_per_hour, 0 if alarm.usual_per_hour >= 10 else 1)
    usual = gettext("almost none") if alarm.usual_per_hour < _ALMOST_NONE else usual
    near = [part for part in alarm.watches if own(part, brand)]
    return AlarmLine(
        seq=alarm.seq,
        id=alarm.id,
        at=alarm.at,
        title=stories_words.title(alarm),
        story=alarm.story,
        gravity=alarm.gravity.level,
        gravity_words=stories_words.gravity(alarm.gravity),
        scope=(scope := stories_words.scope(stories.scope_of(alarm.scope, brand))),
        told_in="" if alarm.scope == EVERYTHING else scope,
        reason=stories_words.said(alarm.reason),
        counted=gettext("%(posts)s posts by %(authors)s authors since %(since)s")
        % {
            "posts": formats.number(alarm.n),
            "authors": formats.number(alarm.authors),
            "since": formats.when(alarm.began, now=alarm.at),
        },
        usual=gettext("%(now)s authors an hour, usual for this hour: %(usual)s") % {"now": hours, "usual": usual},
        delay="; ".join(_delays(alarm)),
        terms=", ".join(alarm.terms[:6]),
        near=", ".join(_near(part, brand) for part in near[:4]),
        named=tuple((_near(part, brand), stories_opening.near(alarm, part, brand)) for part in near[:4]),
        url=stories_opening.alarm(alarm, brand),
        usual_url=stories_opening.usual(alarm),
        judged=alarm.judged,
        late=alarm.late,
        unread=seen is not None and alarm.seq > seen,
        sent=sent,
    )


def _near(part: Part, brand: Brand) -> str:
    return f"{stories_words.scope(stories.scope_of(part.name, brand))} {formats.number(part.authors)}"


def _delays(alarm: AlarmRow) -> list[str]:
    words = [gettext("known %(span)s after the first post") % {"span": stories_words.minutes(alarm.after_first)}]
    if alarm.after_fifth is not None:
        words.append(gettext("%(span)s after the fifth author") % {"span": stories_words.minutes(alarm.after_fifth)})
    return words


def lines(rows: Sequence[AlarmRow], brand: Brand, *, now: datetime, seen: int | None = None) -> tuple[AlarmLine, ...]:
    """``rows`` as a page lists them, each with what became of its messages."""
    sent = _sent(brand, rows, now)
    return tuple(line(row, brand, seen=seen, sent=sent.get(row.seq, "")) for row in rows)


def _sent(brand: Brand, rows: Sequence[AlarmRow], now: datetime) -> dict[int, str]:
    """What became of each alarm's messages, by its number."""
    if not rows:
        return {}
    seqs = {row.seq for row in rows}
    first = min(row.at for row in rows) - timedelta(days=2)
    letters: dict[int, list[AlarmLetter]] = {}
    for letter in access.alarm_letters(brand, since=first):
        for seq in letter.seqs:
            if seq in seqs:
                letters.setdefault(seq, []).append(letter)
    kept = {row.seq: row.why_not for row in access.alarm_notices(brand, seqs)}
    return {seq: _fate(letters.get(seq, []), kept.get(seq), now) for seq in seqs}


def _fate(letters: Iterable[AlarmLetter], why_not: str | None, now: datetime) -> str:
    if why_not == "cool_down":
        return gettext("not sent: this story was told shortly before")
    if why_not == "old":
        return gettext("not sent: it was already old when Kalkan came to it")
    words = []
    found = list(letters)
    sent = [one for one in found if one.state == "sent"]
    if sent:
        words.append(ngettext("sent to %(n)s", "sent to %(n)s", len(sent)) % {"n": formats.number(len(sent))})
    waiting = [one for one in found if one.state == "waiting"]
    held = [one for one in waiting if one.held]
    if held:
        until = formats.when(min(one.due_at for one in held), now=now)
        words.append(gettext("held in quiet hours until %(time)s") % {"time": until})
    if len(waiting) > len(held):
        words.append(gettext("on its way: %(n)s") % {"n": formats.number(len(waiting) - len(held))})
    lost = sum(one.state == "given_up" for one in found)
    if lost:
        words.append(gettext("could not be sent: %(n)s") % {"n": formats.number(lost)})
    return ", ".join(words)


# — the budget —


@dataclass(frozen=True, kw_only=True, slots=True)
class Spent:
    """The budget of some scopes together: what is allowed a week, and what the last four weeks cost."""

    a_week: float
    told: int
    false: int
    useful: int
    unsaid: int
    expected: float
    margin: float  # nats, the largest of the scopes
    this_week: int  # judged false in the last seven days

    @property
    def words(self) -> str:
        """In one line, as it stands over lists."""
        allowed = formats.number(self.a_week, 0 if self.a_week == int(self.a_week) else 1)
        text = ngettext(
            "%(n)s alarm not worth it this week, of %(of)s allowed",
            "%(n)s alarms not worth it this week, of %(of)s allowed",
            self.this_week,
        )
        return text % {"n": formats.number(self.this_week), "of": allowed}

    @property
    def bar(self) -> str:
        """How far the bar has moved, as a person reads it."""
        if self.margin > 0.05:
            return gettext("raised: fewer alarms, each surer")
        if self.margin < -0.05:
            return gettext("lowered: none was in vain lately")
        return gettext("as the rules set it")


def own_scopes(brand: Brand) -> tuple[str, ...]:
    """What is followed for this brand alone."""
    return tuple(one.id for one in stories.scopes(brand) if one.kind in ("brand", "topic", "peer"))


def shared_scopes() -> tuple[str, ...]:
    """What is followed for everybody: everything, and the languages of all brands."""
    langs = {lang for brand in Brand.objects.only("langs") for lang in brand.langs}
    return (EVERYTHING, *(f"market:{lang}" for lang in sorted(langs)))


def budget(scopes: Sequence[str], *, now: datetime) -> Spent:
    """The budget of ``scopes`` together."""
    book = stories.opened()
    found = [book.budget(scope, now=now) for scope in scopes]
    week = [row for scope in scopes for row in book.alarms(scope=scope, since=now - timedelta(days=7), late=False)]
    told_ = sum(one.told for one in found)
    false, useful = sum(one.false for one in found), sum(one.useful for one in found)
    return Spent(
        a_week=round(sum(one.a_week for one in found), 2),
        told=told_,
        false=false,
        useful=useful,
        unsaid=told_ - false - useful,
        expected=round(sum(one.expected for one in found), 2),
        margin=max((one.margin for one in found), key=abs, default=0.0),
        this_week=sum(row.judged == "false" for row in week),
    )


def budget_words(brand: Brand, *, now: datetime) -> str:
    """What alarms in vain cost this brand this week: its own and those of everything heard."""
    mine, shared = budget(own_scopes(brand), now=now), budget(shared_scopes(), now=now)
    both = Spent(
        a_week=access.alarm_rules(brand).a_week + shared.a_week,
        told=0, false=0, useful=0, unsaid=0, expected=0.0, margin=0.0,
        this_week=mine.this_week + shared.this_week,
    )  # fmt: skip
    return both.words


def share_out(brand: Brand, a_week: float) -> None:
    """Give each stretch of talk that is followed for ``brand`` its equal part of the week's budget."""
    scopes = own_scopes(brand)
    _set(dict.fromkeys(scopes, max(_LEAST_A_WEEK, round(a_week / max(len(scopes), 1), 3))))


def share_out_shared(a_week: float) -> bool:
    """Give each language its part of the budget that all brands share, and everything the rest; whether that changes
    anything."""
    languages = [scope for scope in shared_scopes() if scope != EVERYTHING]
    part = A_WEEK_OF_A_MARKET / (A_WEEK + A_WEEK_OF_A_MARKET * len(languages))
    each = dict.fromkeys(languages, max(_LEAST_A_WEEK, round(a_week * part, 3)))
    return _set({EVERYTHING: max(_LEAST_A_WEEK, round(a_week - sum(each.values()), 3)), **each})


def _set(budgets: Mapping[str, float]) -> bool:
    book, now = stories.opened(), timezone.now()
    changed = {scope: a_week for scope, a_week in budgets.items() if book.budget(scope, now=now).a_week != a_week}
    for scope, a_week in changed.items():
        book.set_budget(scope, a_week)
    return bool(changed)
