"""Reading: what a text says, by models that are measured and say when they are unsure.

The door: :func:`read` reads batches by a :class:`Recipe`; :func:`current` names the recipe that new posts are read by.
"""

from kalkan.reading.kernel import read
from kalkan.reading.recipe import Recipe, current

__all__ = ["Recipe", "current", "read"]
