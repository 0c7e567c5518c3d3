"""The calendar: a month or a week of what is planned, beside what people keep on those days."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from kalkan.desk import access, drafts_days, formats

_MONTH: Final = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
_DAY: Final = re.compile(r"(20\d\d)-(\d\d)-(\d\d)")


def calendar(request: HttpRequest) -> HttpResponse:
    """``?month=2026-11`` or ``?week=2026-11-23``; without either, this month."""
    person, brand, now = access.person_of(request), access.current_brand(request), timezone.now()
    here = formats.local(now)
    first = _week(request.GET.get("week", ""))
    if first is not None:
        dates, month = [first + timedelta(days=n) for n in range(7)], 0
        before, after = f"week={first - timedelta(days=7):%Y-%m-%d}", f"week={first + timedelta(days=7):%Y-%m-%d}"
        ends = [formats.day(drafts_days.start_of(each)) for each in (dates[0], dates[-1])]
        title = f"{ends[0]} – {ends[1]} {dates[-1].year}"
    else:
        found = _MONTH.fullmatch(request.GET.get("month", ""))
        year, month = (int(found[1]), int(found[2])) if found else (here.year, here.month)
        dates = drafts_days.month_of(year, month)
        last, then = date(year, month, 1) - timedelta(days=1), date(year + month // 12, month % 12 + 1, 1)
        before, after = f"month={last:%Y-%m}", f"month={then:%Y-%m}"
        title = f"{formats.MONTHS[formats.language()].split()[month - 1]} {year}"
    rows = access.drafts_for(person, brand).filter(
        planned_at__gte=drafts_days.start_of(dates[0]),
        planned_at__lt=drafts_days.start_of(dates[-1] + timedelta(days=1)),
    )
    days = drafts_days.days(brand, dates, rows, now=now, month=month)
    shown = {
        "title": title, "days": days, "month": bool(month), "before": before, "after": after,
        "names": [day.name.split()[0] for day in days[:7]],
        "week_link": f"week={dates[0] if not month else drafts_days.week_of(now)[0]:%Y-%m-%d}",
        "month_link": f"month={(dates[3] if not month else date(year, month, 1)):%Y-%m}",
        "may_write": access.may(person, brand, "write"),
        "markets": brand.markets,
    }  # fmt: skip
    return render(request, "desk/calendar.html", shown)


def _week(given: str) -> date | None:
    found = _DAY.fullmatch(given)
    if not found:
        return None
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
    return day - timedelta(days=day.weekday())
