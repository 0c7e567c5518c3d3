"""What our links and campaigns brought: opens, visits, conversions, and what they were worth.

Promises that opens of our own links and visits that another program counted are never added together, that a share is
given only where both its parts came in, and that money stays in its currency.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from kalkan.index.lines import Line, Was, number, part
from kalkan.index.periods import Period


@dataclass(frozen=True, kw_only=True, slots=True)
class Campaign:
    """What came of one campaign in a period. ``visits`` and ``conversions`` are None where nothing was brought in."""

    name: str
    opens: int = 0
    visits: int | None = None
    conversions: int | None = None
    value: Mapping[str, Decimal] = field(default_factory=dict)
    links: int = 0

    @property
    def both(self) -> bool:
        """Whether a share of conversions can be told."""
        return self.visits is not None and self.conversions is not None and self.conversions <= self.visits

    def share(self) -> Line:
        """Conversions among visits."""
        return part("conversion_share", self.conversions or 0, self.visits or 0, of=self.name)


def leads(now: Sequence[Campaign], was: Sequence[Campaign] | None, period: Period) -> tuple[Line, ...]:
    """The lines of all campaigns together."""
    lines = [
        number("opens", _sum(now, "opens") or 0, was=_sum(was, "opens"), scale=period.scale, apart=False),
    ]
    if any(one.visits is not None for one in (*now, *(was or ()))):
        lines.append(
            number(
                "visits", sum(one.visits or 0 for one in now), was=_sum(was, "visits"), scale=period.scale, apart=False
            )
        )
    if any(one.conversions is not None for one in (*now, *(was or ()))):
        lines.append(
            number("conversions", _sum(now, "conversions") or 0, was=_sum(was, "conversions"),
                   scale=period.scale)
        )  # fmt: skip
    both = [one for one in now if one.both]
    if both:
        before = [one for one in was or () if one.both]
        lines.append(part("conversion_share", *_pair(both), was=_pair(before) if before else None))
    for currency in sorted({name for one in now for name in one.value}):
        money, then = _money(now, currency), _money(was or (), currency)
        lines.append(
            Line(figure="value", of=currency, money=money, value=float(money), count=1, n=1,
                 was=Was(value=float(then), count=0, n=0) if was is not None else None)
        )  # fmt: skip
    return tuple(lines)


def _sum(rows: Sequence[Campaign] | None, name: str) -> int | None:
    return None if rows is None else sum(getattr(one, name) or 0 for one in rows)


def _pair(rows: Sequence[Campaign]) -> tuple[int, int]:
    return sum(one.conversions or 0 for one in rows), sum(one.visits or 0 for one in rows)


def _money(rows: Sequence[Campaign], currency: str) -> Decimal:
    return sum((one.value.get(currency, Decimal(0)) for one in rows), Decimal(0))
