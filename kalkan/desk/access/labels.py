"""Samples and labels of a brand, for its team."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404

from kalkan.desk.access.people import may
from kalkan.desk.models import Brand, Label, Person, Sample


def samples_for(person: Person, brand: Brand) -> QuerySet[Sample]:
    """Samples of ``brand``, newest first; none for somebody who is not on its team."""
    found = Sample.objects.filter(brand=brand).select_related("made_by")
    return found if may(person, brand, "read") else found.none()


def sample_for(person: Person, brand: Brand, pk: int) -> Sample:
    """One of them.

    :raises Http404: there is none, or it is not theirs.
    """
    found = samples_for(person, brand).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def labels_of(sample: Sample) -> QuerySet[Label]:
    """Everything said of its units, in order."""
    return Label.objects.filter(sample=sample)
