"""Briefs for the desk: composed from the archive, made when they are due, mailed.

Promises that a plan makes one brief a period, also after a crash or a long sleep (the newest period only: nobody wants
seven old ones at once), and that a mail keeps its Message-ID, so that one sent twice can be told for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.core.mail import EmailMessage
from django.utils.translation import gettext as _
from django.utils.translation import override

from kalkan import brief as briefs
from kalkan import figures
from kalkan.config import Config
from kalkan.desk import labelling, mail, receptions
from kalkan.desk import stories as books
from kalkan.desk.actions import briefs as acts
from kalkan.desk.jobs import Work
from kalkan.desk.models import Brand, BriefPlan, KeptBrief
from kalkan.posts import ABOUT, FEELINGS
from kalkan.text import fold

_STATES: Final = ("rising", "steady", "fading", "closed")
_GRAVE: Final = 2
_STORIES: Final = 8
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
) -> briefs.Brief:
    """The brief on ``brand``, with the stories that concern it."""
    ask = figures.Ask(
        since=since, until=until, measures=FEELINGS, where=figures.Where(brand=brand.slug, kinds=ABOUT), zone=zone
    )
    return briefs.compose(
        archive,
        honest=labelling.fitting(brand, ask, archive, now=now),
        brand=brand.as_brand(),
        since=since,
        until=until,
        made_at=now.replace(microsecond=0),
        zone=zone,
        lang=lang,
        sort=sort,
        stories=_stories(brand, since, until),
        acts=receptions.for_brief(brand, archive, since=since, until=until, now=now),
        by=by,
    )


def _stories(brand: Brand, since: datetime, until: datetime) -> list[briefs.Told]:
    """Stories of the period that touch the brand or are grave, those that touch it first."""
    found = [
        row
        for row in books.listed(brand, now=until, states=_STATES, days=max(1, (until - since).days))
        if row.began < until and row.last >= since
    ]
    found = [row for row in found if fold(row.title) != fold(brand.name)]  # that people speak of us is no story
    own = f"brand:{brand.slug}"
    near = {row.id for row in found if own in (row.scope, *(part.name for part in row.watches))}
    worth = [row for row in found if row.id in near or row.gravity.level >= _GRAVE]
    worth.sort(key=lambda row: (row.id not in near, -row.gravity.level, -row.authors, row.id))
    return [
        briefs.Told(title=row.title, gravity=row.gravity.level, authors=row.authors, began=row.began)
        for row in worth[:_STORIES]
    ]


def days(first: date, last: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From the beginning of one day to the end of another, on the clock of ``zone``."""
    return datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone)


def due(plan: BriefPlan, now: datetime) -> tuple[datetime, datetime] | None:
    """The newest period that ``plan`` should have told by ``now``; None where that was before the plan was made."""
    zone = ZoneInfo(plan.zone)
    here = now.astimezone(zone)
    end = here.date()
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
            sort=plan.sort,
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
