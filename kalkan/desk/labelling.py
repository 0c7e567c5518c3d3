"""What labels say: the honest share of a sample, how far two people agree, whether the reader drifted.

Promises that a unit counts once: where people differ, the one who spoke first on it counts, and the page says how often
they differ. Units that nobody could judge are left out. Never shows the reader's word to who labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from kalkan import figures
from kalkan.desk import access
from kalkan.desk.models import Brand, Label, Person, Sample
from kalkan.figures import Ask, from_dict, honest
from kalkan.figures.estimate import Estimate, drifted, rates
from kalkan.figures.sampling import MORE, Agreement, agreement


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How far a sample is. ``unsure``: units that were passed over; ``together``: agreement of the two who labelled
    most of the same; ``drift``: rates of the reader that left the interval of the sample before."""

    sample: Sample
    ask: Ask
    estimate: Estimate
    unsure: int
    people: int
    together: Agreement | None
    drift: tuple[str, ...]


def ask_of(sample: Sample) -> Ask:
    """The sample's question."""
    return from_dict(sample.ask)


def standing(sample: Sample, archive: figures.Archive) -> Standing:
    """What the labels of ``sample`` say by now."""
    ask = ask_of(sample)
    found = honest.units(ask, archive, sample.measure, seed=sample.seed)
    labels = list(access.labels_of(sample))
    truth = words(labels)
    said, people = honest.verdicts(found, truth)
    before = _before(sample, archive)
    return Standing(
        sample=sample,
        ask=ask,
        estimate=honest.corrected(found, truth),
        unsure=len({label.unit for label in labels} - truth.keys()),
        people=len({label.person_id for label in labels}),
        together=together(labels),
        drift=drifted(rates(*before), said, people) if before is not None and len(people) >= MORE else (),
    )


def words(labels: Sequence[Label]) -> dict[str, bool]:
    """One word a unit: that of who spoke first."""
    found: dict[str, bool] = {}
    for label in labels:
        if label.yes is not None:
            found.setdefault(label.unit, label.yes)
    return found


def together(labels: Sequence[Label]) -> Agreement | None:
    """How far the two agree who labelled most of the same units; None below ten such units."""
    by: dict[int, dict[str, bool]] = {}
    for label in labels:
        if label.yes is not None:
            by.setdefault(label.person_id, {})[label.unit] = label.yes
    pairs = [(len(by[a].keys() & by[b].keys()), a, b) for a in by for b in by if a < b]
    n, one, other = max(pairs, default=(0, 0, 0))
    if n < 10:
        return None
    units = sorted(by[one].keys() & by[other].keys())
    return agreement(np.array([by[one][unit] for unit in units]), np.array([by[other][unit] for unit in units]))


def _before(sample: Sample, archive: figures.Archive) -> tuple[np.ndarray[tuple[int], np.dtype[np.bool_]], ...] | None:
    """The reader's word and people's on the last earlier sample of the same measure with enough labels."""
    earlier = Sample.objects.filter(brand=sample.brand, measure=sample.measure, made_at__lt=sample.made_at)
    for row in earlier[:3]:
        truth = words(list(access.labels_of(row)))
        if len(truth) >= MORE:
            return honest.verdicts(honest.units(ask_of(row), archive, row.measure, seed=row.seed), truth)
    return None


def fitting(brand: Brand, ask: Ask, archive: figures.Archive, *, now: datetime) -> dict[str, Estimate]:
    """Honest shares for the measures of ``ask``: from samples of exactly its posts (same filters), whose period lies
    within a day of it at both ends. A sample of another time would be corrected with another time's errors.
    """
    found: dict[str, Estimate] = {}
    for sample in Sample.objects.filter(brand=brand, measure__in=ask.measures, made_at__gt=now - timedelta(days=120)):
        kept = ask_of(sample)
        near = all(abs(a - b) <= timedelta(days=1) for a, b in ((kept.since, ask.since), (kept.until, ask.until)))
        if sample.measure in found or kept.where != ask.where or not near:
            continue
        truth = words(list(access.labels_of(sample)))
        if truth:
            units = honest.units(ask.behind(), archive, sample.measure, seed=sample.seed)
            told = honest.corrected(units, truth)
            if told.how != "uncorrected":
                found[sample.measure] = told
    return found


def next_units(sample: Sample, person: Person, archive: figures.Archive) -> tuple[tuple[honest.Unit, ...], int]:
    """The next units that this person has not labelled, and how many they have."""
    done = list(access.labels_of(sample).filter(person=person).values_list("unit", flat=True))
    ask = ask_of(sample)
    found = honest.units(ask, archive, sample.measure, seed=sample.seed)
    return honest.to_label(ask, archive, found, 1, without=done), len(done)
