"""The inbox between the archive and the page: mentions taken in with their triage, and shown with their words.

Owns the intake (a worker's job), the counts of the views, and what of a conversation is shown. Promises that a mention
is taken in once, that nothing of what people wrote is kept here, and that an item whose post is gone goes with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
from django.db import transaction
from django.db.models import Count, Min, Q, QuerySet

from kalkan import figures, shield
from kalkan.desk import access
from kalkan.desk.jobs import Work
from kalkan.desk.models import Account, Brand, InboxRules, Item, KeptAsk, PiledItem
from kalkan.posts import ABOUT, READ_POSTS
from kalkan.shield import Policy, Rule
from kalkan.shield import answers as care
from kalkan.shield.hours import Hours, due

OPEN: Final = "open"
NEEDED: Final = ("question", "ask", "complaint", "criticism")
WAITING: Final = Q(needs=True, answered_at=None, replying=False)  # as the index of those who wait has it
VIEWS: Final = ("needs", "questions", "criticism", "asks", "praise", "folded", "held", "all")
_PIECE: Final = 2_000
_FIRST: Final = timedelta(days=3)  # how far back a new inbox begins
_BACK: Final = timedelta(days=7)  # what was said before is no news, whenever it comes
_TALK: Final = 40
_TALK_DAYS: Final = 30
_COLUMNS: Final = ", ".join(f'"{name}"' for name in READ_POSTS.names)


# — intake —


def take_in(work: Work) -> None:
    """The worker's job: triage what was heard since the last time, wake what was snoozed.

    :raises ArchiveDamaged: our own data is not what it must be.
    """
    now = work.now()
    Item.objects.filter(state=Item.State.SNOOZED, snoozed_until__lte=now).update(
        state=Item.State.OPEN, snoozed_until=None
    )
    for brand in Brand.objects.all():
        while not work.stop.is_set() and _take(brand, work.archive, now=now):
            pass


@transaction.atomic
def _take(brand: Brand, archive: figures.Archive, *, now: datetime) -> bool:
    """Take in some of what is new; whether there is more.

    What is new is known by the batches of each source: sources run at different speeds, and what one brings late (after
    an hour without a network, say) must not be missed because another was quicker. Mentions that a changed watch finds
    in older posts belong to no batch; of those, whatever is young and not here yet is new.
    """
    rules, made = InboxRules.objects.select_for_update().get_or_create(
        brand=brand, defaults={"zone": access.home_of(brand)}
    )
    if made or rules.taken_until is None:
        rules.taken_until = now - _FIRST
    until, more = _batches(brand, archive, rules, now=now)
    posts = _new(brand, archive, rules, until, now=now)
    keep(brand, posts, rules)
    if until or made:
        rules.taken = {**rules.taken, **until}
        rules.save(update_fields=["taken", "taken_until"])
    return more


def keep(brand: Brand, posts: pa.Table, rules: InboxRules) -> None:
    """Make items of ``posts`` (columns of READ_POSTS), each once and none of the brand's own."""
    if posts.num_rows == 0:
        return
    own, authors = own_of(brand), posts["author_id"].to_pylist()
    made = zip(rows_of(brand, posts, rules), authors, strict=True)
    items = [row for row, author in made if row[1] not in own and author not in own]
    Item.objects.bulk_create((item for item, _handle in items), ignore_conflicts=True, batch_size=500)


def _batches(
    brand: Brand, archive: figures.Archive, rules: InboxRules, *, now: datetime
) -> tuple[dict[str, int], bool]:
    """Up to which batch of each source to take this time, a few thousand mentions in all; whether there are more."""
    marks = ", ".join("?" * len(ABOUT))
    found = archive.query(
        f"SELECT source, batch, count(*) AS n FROM mentions WHERE brand = ? AND kind IN ({marks}) AND batch > 0"
        " AND seen_at > ?::TIMESTAMPTZ GROUP BY source, batch ORDER BY batch, source",
        [brand.slug, *ABOUT, rules.taken_until],
        since=now - _BACK,
        tables=("mentions",),
    ).to_pylist()
    until: dict[str, int] = {}
    n = 0
    for row in found:
        if row["batch"] <= rules.taken.get(row["source"], 0):
            continue
        if n >= _PIECE:
            return until, True
        until[row["source"]], n = row["batch"], n + row["n"]
    return until, False


def _new(
    brand: Brand, archive: figures.Archive, rules: InboxRules, until: dict[str, int], *, now: datetime
) -> pa.Table:
    marks = ", ".join("?" * len(ABOUT))
    sources = sorted(until)
    return archive.query(
        f"SELECT {_COLUMNS} FROM mentions LEFT JOIN"
        " (SELECT unnest(?::VARCHAR[]) AS told, unnest(?::BIGINT[]) AS low, unnest(?::BIGINT[]) AS high)"
        f" ON source = told WHERE brand = ? AND kind IN ({marks}) AND seen_at > ?::TIMESTAMPTZ"
        " AND (batch > low AND batch <= high OR batch = 0 AND list_contains(?::VARCHAR[], id)) ORDER BY seen_at, id",
        [sources, [rules.taken.get(name, 0) for name in sources], [until[name] for name in sources], brand.slug,
         *ABOUT, rules.taken_until, _found_late(brand, archive, now=now)],
        since=now - _BACK,
        tables=("mentions",),
    )  # fmt: skip


def _found_late(brand: Brand, archive: figures.Archive, *, now: datetime) -> list[str]:
    """Young mentions that a changed watch found in posts held already, and that are not here yet."""
    marks = ", ".join("?" * len(ABOUT))
    ids = archive.query(
        f"SELECT DISTINCT id FROM mentions WHERE brand = ? AND kind IN ({marks}) AND batch = 0"
        f" AND seen_at > ?::TIMESTAMPTZ LIMIT {_PIECE}",
        [brand.slug, *ABOUT, now - _FIRST],
        since=now - _FIRST,
        tables=("mentions",),
    )["id"].to_pylist()
    here: set[str] = set()
    for begin in range(0, len(ids), 500):
        some = Item.objects.filter(brand=brand, post__in=ids[begin : begin + 500])
        here.update(some.values_list("post", flat=True))
    return [one for one in ids if one not in here]


def rows_of(brand: Brand, posts: pa.Table, rules: InboxRules) -> list[tuple[Item, str]]:
    """Items for ``posts`` (columns of READ_POSTS), with the handle each came from."""
    told = shield.triage(posts, brand=brand.as_brand(), policy=policy_of(rules), rules=rules_of(brand))
    hours, goal = hours_of(rules), timedelta(minutes=rules.goal_minutes)
    made = []
    columns = ["id", "root", "network", "lang", "at", "seen_at", "recipe", "author_handle"]
    for post, row in zip(posts.select(columns).to_pylist(), told.to_pylist(), strict=True):
        needed = row["kind"] in NEEDED and not row["whole"] and row["place"] != "hold"
        item = Item(
            brand=brand, post=post["id"], root=post["root"] or post["id"], network=post["network"],
            lang=post["lang"] or "", at=post["at"], seen_at=post["seen_at"], place=row["place"], kind=row["kind"],
            kinds=row["kinds"], target=row["target"], content=row["content"], reason=row["reason"],
            params=row["params"], folds=[[fold["start"], fold["end"]] for fold in row["folds"]], whole=row["whole"],
            p_abuse=row["p_abuse"], p_critic=row["p_critic"], rule=row["rule"] or "", need=row["need"],
            hard=row["hard"], bucket=int(min(row["need"], 90) * 4), needs=needed, recipe=post["recipe"],
            due_at=due(post["at"], hours=hours, goal=goal),
        )  # fmt: skip
        made.append((item, (post["author_handle"] or "").casefold()))
    return made


def own_of(brand: Brand) -> frozenset[str]:
    """How the brand's own posts are signed: its handles, and the lasting ids of the accounts it publishes from."""
    ids = Account.objects.filter(brand=brand).values_list("account_id", flat=True)
    handles = {account.casefold() for account in brand.as_brand().accounts}
    return frozenset(handles | {one.partition(":")[2] for one in ids})


def policy_of(rules: InboxRules) -> Policy:
    """The brand's policy; the shipped one where it has none of its own."""
    return shield.policy_from_json(rules.policy) if rules.policy else shield.DEFAULT


def rules_of(brand: Brand) -> tuple[Rule, ...]:
    """The team's own rules."""
    return tuple(shield.rule_from_json(row.body) for row in access.shield_rules(brand))


def hours_of(rules: InboxRules) -> Hours:
    """The brand's business hours."""
    days = rules.weekdays or list(range(7))
    return Hours(zone=rules.zone, days={int(day): ((rules.opens, rules.shuts),) for day in days})


# — the list —


def narrowed(items: QuerySet[Item], view: str) -> QuerySet[Item]:
    """``items`` of one of :data:`VIEWS`, those that need a person most and wait longest first.

    What stands behind a pile-on's card is in the view of all and nowhere else.
    """
    items = items if view == "all" else items.filter(piled__isnull=True)
    chosen = {
        "needs": WAITING,
        "questions": Q(kind="question"),
        "criticism": Q(kind__in=("criticism", "complaint")),
        "asks": Q(kind="ask"),
        "praise": Q(kind="praise"),
        "folded": Q(whole=True) & ~Q(place="hold"),
        "held": Q(place="hold"),
    }.get(view, Q())
    return items.filter(chosen).order_by("-bucket", "due_at", "id")


def page(items: QuerySet[Item], *, at: int, n: int) -> list[Item]:
    """``n`` of ``items`` from place ``at`` on: the order is found in an index alone, whole rows are read for these."""
    picked = list(items.values_list("pk", flat=True)[at : at + n])
    rows = {row.pk: row for row in items.model.objects.filter(pk__in=picked).select_related("assignee", "brand")}
    return [rows[pk] for pk in picked if pk in rows]


def tagged(items: QuerySet[Item], tag: str) -> QuerySet[Item]:
    """Those of ``items`` that bear ``tag``, on any database."""
    told = items.exclude(tags=[]).values_list("pk", "tags")
    return items.filter(pk__in=[pk for pk, tags in told if tag in tags][:_PIECE])


def counts(items: QuerySet[Item]) -> dict[str, int]:
    """How many of ``items`` (of one state) each view holds."""
    names, items = ("place", "kind", "whole"), items.order_by()
    rows = list(items.values(*names).annotate(n=Count("*")))
    piled = items.filter(pk__in=PiledItem.objects.values("item_id"))  # few: looked up from that side
    behind = list(piled.values(*names).annotate(n=Count("*")))
    found = dict.fromkeys(VIEWS, 0)
    found["all"] = sum(row["n"] for row in rows)
    found["needs"] = items.filter(WAITING).count() - (piled.filter(WAITING).count() if behind else 0)
    for row in [*rows, *({**row, "n": -row["n"]} for row in behind)]:
        n = row["n"]
        found["questions"] += n * (row["kind"] == "question")
        found["criticism"] += n * (row["kind"] in ("criticism", "complaint"))
        found["asks"] += n * (row["kind"] == "ask")
        found["praise"] += n * (row["kind"] == "praise")
        found["folded"] += n * (row["whole"] and row["place"] != "hold")
        found["held"] += n * (row["place"] == "hold")
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """How many open items need a person and are answered by none, how many are late, since when the oldest waits."""

    n: int
    late: int
    oldest: datetime | None


def solved(asks: QuerySet[KeptAsk], *, now: datetime) -> list[KeptAsk]:
    """Asks whose people were told lately: good news, two at most."""
    found = asks.filter(stage=KeptAsk.Stage.ANSWERED, answered_at__gte=now - timedelta(days=7))
    return list(found.order_by("-answered_at")[:2])


def waiting(brand: Brand, *, now: datetime) -> Waiting:
    """Who waits for ``brand``."""
    found = Item.objects.filter(WAITING, brand=brand, state=Item.State.OPEN).aggregate(
        n=Count("id"), late=Count("id", filter=Q(due_at__lt=now)), oldest=Min("at")
    )
    return Waiting(n=found["n"], late=found["late"], oldest=found["oldest"])


def words_of(items: Sequence[Item], archive: figures.Archive) -> dict[str, dict[str, Any]]:
    """The posts of ``items`` by id, as the archive has them now; those that are gone are missing."""
    if not items:
        return {}
    since, until = min(item.at for item in items), max(item.at for item in items) + timedelta(seconds=1)
    marks = ", ".join("?" * len(items))
    rows = archive.query(
        f"SELECT {_COLUMNS} FROM mentions WHERE brand = ? AND id IN ({marks})"
        " QUALIFY row_number() OVER (PARTITION BY id ORDER BY edited_at DESC NULLS LAST) = 1",
        [items[0].brand.slug, *(item.post for item in items)],
        since=since,
        until=until,
        tables=("mentions",),
    )
    return {row["id"]: row for row in rows.to_pylist()}


def forget(items: Iterable[Item]) -> None:
    """Take out items whose posts are gone."""
    Item.objects.filter(pk__in=[item.pk for item in items]).delete()


# — one conversation —


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """One post of a conversation. ``this``: the item's own."""

    row: Mapping[str, Any]
    this: bool
    ours: bool


def talk(item: Item, archive: figures.Archive, *, own: frozenset[str]) -> tuple[Said, ...]:
    """The conversation around ``item``, oldest first: its root, what stands above it, and what was said under it."""
    since, until = item.at - timedelta(days=_TALK_DAYS), item.at + timedelta(days=_TALK_DAYS)
    wanted = [item.root, item.post, item.root, item.post]
    rows = archive.query(
        f"SELECT {_COLUMNS} FROM posts WHERE id IN (?, ?) OR root = ? OR reply_to = ?"
        " QUALIFY row_number() OVER (PARTITION BY id ORDER BY edited_at DESC NULLS LAST) = 1"
        f' ORDER BY "at", id LIMIT {_TALK}',
        wanted,
        since=since,
        until=until,
        tables=("posts",),
    ).to_pylist()
    if all(row["id"] != item.post for row in rows):
        rows += list(words_of([item], archive).values())
    return tuple(
        Said(row=row, this=row["id"] == item.post, ours=_ours(row, own))
        for row in sorted(rows, key=lambda row: (row["at"], row["id"]))
    )


def _ours(row: Mapping[str, Any], own: frozenset[str]) -> bool:
    return (row["author_handle"] or "").casefold() in own or row["author_id"] in own


def folds_of(brand: Brand, posts: Iterable[str]) -> dict[str, Item]:
    """The items of those posts: what of them is folded stays folded wherever they are shown."""
    return {item.post: item for item in Item.objects.filter(brand=brand, post__in=list(posts))}


def before(item: Item, author: str, archive: figures.Archive) -> list[Mapping[str, Any]]:
    """What this author said to the brand before: only what was said to us, newest first, three at most."""
    if not author:
        return []
    found: list[Mapping[str, Any]] = archive.query(
        'SELECT id, "at", text, lang FROM mentions WHERE brand = ? AND author_id = ? AND id <> ?'
        ' AND "at" < ?::TIMESTAMPTZ ORDER BY "at" DESC LIMIT 3',
        [item.brand.slug, author, item.post, item.at],
        since=item.at - timedelta(days=365),
        until=item.at,
        tables=("mentions",),
    ).to_pylist()
    return found


# — how fast we answer —


def answers(brand: Brand, *, since: datetime, now: datetime) -> care.Answers:
    """Customer care of the items that needed a person since ``since``: first answer, solved, still open."""
    rows = list(
        Item.objects.filter(brand=brand, needs=True, at__gte=since).values_list("at", "answered_at", "done_at")[
            :200_000
        ]
    )

    def moments(place: int) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
        given = [at.astimezone(UTC).replace(tzinfo=None) if (at := row[place]) else None for row in rows]
        return np.array(given, "datetime64[us]")

    rules = access.inbox_rules(brand)
    return care.answers(
        moments(0), moments(1), moments(2), hours=hours_of(rules), now=now, goal=timedelta(minutes=rules.goal_minutes)
    )


def say_params(item: Item) -> dict[str, Any]:
    """The parameters of an item's reason."""
    found: dict[str, Any] = json.loads(item.params)
    return found
