"""The worker's job that follows stories: what was stored, into the book, until the worker ends."""

from __future__ import annotations

from kalkan.desk import listening
from kalkan.desk.jobs import Work
from kalkan.following import Following
from kalkan.stories import book


def stories(with_: Work) -> None:
    """Follow until the worker is asked to end. Taken up from its checkpoint whenever it is begun again."""
    follower = Following(with_.archive, book.open(with_.config.stories), brands=listening.brands)
    follower.run(with_.stop, now=with_.now)
