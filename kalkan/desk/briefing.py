"""Briefs for the desk: composed from the archive, made when they are due, mailed.

Promises that a plan makes one brief a period, also after a crash or a long sleep (the newest period only: nobody wants
seven old ones at once), and that a mail keeps its Message-ID, so that one sent twice can be told for one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _
from django.utils.translation import override

from kalkan import brief as briefs
from kalkan import figures
from kalkan.config import Config
from kalkan.desk import labelling, mail, receptions, vault
from kalkan.desk import stories as books
from kalkan.desk.actions import briefs as acts
from kalkan.desk.jobs import Work
from kalkan.desk.models import Brand, BriefPlan, KeptBrief, WordingDoor
from kalkan.networks.endpoint import Endpoint, say
from kalkan.posts import ABOUT, FEELINGS
from kalkan.stories.record import StoryRow

PAGE: Final = 4_000  # mentions gone through for stories while a page is waited for; the worker takes its time
_STORY_POSTS: Final = 1_000
_LENGTH: Final = {"day": 1, "week": 7}


def compose(
    brand: Brand,
    archive: figures.Archive,
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    zone: str,
    lang: str,
    sort: str,
    by: str = "",
    story: StoryRow | None = None,
    most: int = PAGE,
) -> briefs.Brief:
    """The brief on ``brand``, with the stories that concern it; with ``story``, on that story alone."""
    told = brand.as_brand()
    one = None if story is None else briefs.told(
        story, books.opened(), archive, brand=told, most=_STORY_POSTS, part=True
    )  # fmt: skip
    around: tuple[briefs.Told, ...] = ()
    afterwards = False
    if story is None:
        around, afterwards = briefs.stories_of(
            archive, told, since=since, until=until, book=books.opened(), most=most
        )  # fmt: skip
    ask = figures.Ask(
        since=since, until=until, measures=FEELINGS, where=figures.Where(brand=brand.slug, kinds=ABOUT), zone=zone
    )
    return briefs.compose(
        archive,
        honest={} if one else labelling.fitting(brand, ask, archive, now=now),
        brand=told,
        since=since,
        until=until,
        made_at=now.replace(microsecond=0),
        zone=zone,
        lang=lang,
        sort=sort,
        stories=around,
        afterwards=afterwards,
        story=one,
        acts=receptions.for_brief(brand, archive, since=since, until=until, now=now),
        by=by,
        speak=speaking(now),
    )


def speaking(now: datetime) -> briefs.Speak | None:
    """How to ask the language model that an owner named; None where there is none (so by default) or it is off."""
    row = WordingDoor.objects.filter(enabled=True).order_by("id").first()
    if row is None:
        return None
    key = vault.unseal(row.sealed, key=str(settings.SECRET_KEY)).get("key", "")
    endpoint = Endpoint(url=row.url, model=row.model, key=key, here=row.here)

    def speak(messages: Sequence[Mapping[str, str]]) -> str:
        return say(endpoint, messages, now=now)

    return speak


def period_of(story: StoryRow) -> tuple[datetime, datetime]:
    """From its beginning to the end of the last minute in which anybody spoke of it."""
    return story.began - timedelta(minutes=1), story.last + timedelta(minutes=1)


def days(first: date, last: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From the beginning of one day to the end of another, on the clock of ``zone``."""
    return datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone)


def due(plan: BriefPlan, now: datetime) -> tuple[datetime, datetime] | None:
    """The newest period that ``plan`` should have told by ``now``; None where that was before the plan was made."""
    zone = ZoneInfo(plan.zone)
    here = now.astimezone(zone)
    end = here.date()
    if plan.every == "month":
        return _month(plan, here, zone)
    if plan.every == "week":
        end -= timedelta(days=(here.weekday() - plan.weekday) % 7)
    moment = datetime.combine(end, time(plan.hour), zone)
    if moment > here:
        end -= timedelta(days=_LENGTH[plan.every])
        moment = datetime.combine(end, time(plan.hour), zone)
    if moment < plan.made_at:
        return None
    until = datetime.combine(end, time(), zone)
    return datetime.combine(end - timedelta(days=_LENGTH[plan.every]), time(), zone), until


def _month(plan: BriefPlan, here: datetime, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """The newest whole month, told on the first day of the next."""
    first = here.date().replace(day=1)
    if datetime.combine(first, time(plan.hour), zone) > here:
        first = (first - timedelta(days=1)).replace(day=1)
    if datetime.combine(first, time(plan.hour), zone) < plan.made_at:
        return None
    before = (first - timedelta(days=1)).replace(day=1)
    return datetime.combine(before, time(), zone), datetime.combine(first, time(), zone)


def make(work: Work) -> None:
    """The worker's job: make what is due, then mail what waits to be mailed.

    :raises KalkanError: the archive cannot be asked, or the mail server did not take one; tried again later.
    """
    now = work.now()
    for plan in BriefPlan.objects.select_related("brand").order_by("id"):
        period = due(plan, now)
        if period is None or KeptBrief.objects.filter(plan=plan, since=period[0], until=period[1]).exists():
            continue
        made = compose(
            plan.brand, work.archive, since=period[0], until=period[1], now=now, zone=plan.zone, lang=plan.lang,
            sort=plan.sort, most=briefs.POSTS,
        )  # fmt: skip
        acts.keep(plan.brand, made, person=None, plan=plan)
    waiting = KeptBrief.objects.filter(mailed_at=None, plan__isnull=False, made_at__gt=now - timedelta(days=3))
    for row in waiting.select_related("plan", "brand").order_by("id"):
        if row.plan is not None and row.plan.to and work.config.smtp_host:
            mail.post(letter(row, row.plan.to, config=work.config), config=work.config)
            acts.mailed(row, now=work.now())


def letter(row: KeptBrief, to: Sequence[str], *, config: Config) -> EmailMessage:
    """A kept brief as a mail: its title and first sentence, the PDF and the page with it."""
    made = reborn(row)
    links = briefs.links(made, config.public_url) if config.public_url else {}
    with override(row.lang):
        said = "".join(span.text for span in made.lead.spans)
        body = "\n\n".join((made.title, said, _("The whole of it is attached. Every number in it can be asked again.")))
        name = f"{row.brand.slug}-{made.since.astimezone(ZoneInfo(made.zone)):%Y-%m-%d}"
    message = EmailMessage(
        subject=f"{made.head[0]}: {made.title}",
        body=body,
        from_email=mail.sender(config),
        to=list(to),
        headers={
            "Message-ID": f"<brief-{row.pk}-{row.digest[:24]}@{mail.host(config)}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    message.attach(f"{name}.pdf", briefs.pdf(made, links=links), "application/pdf")
    message.attach(f"{name}.html", briefs.html(made, links=links), "text/html")
    return message


def reborn(row: KeptBrief) -> briefs.Brief:
    """The brief that ``row`` keeps.

    :raises InvalidInput: ``brief_unreadable``: its data is not what it was.
    """
    return briefs.from_plain(briefs.from_json(row.data))
