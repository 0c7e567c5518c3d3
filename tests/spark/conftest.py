"""One cluster for all tests of this folder: its start takes longer than any of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kalkan.reading.cluster import cluster


@pytest.fixture(scope="session")
def master() -> Iterator[str]:
    """The address of a standalone cluster: a master and two workers on loopback."""
    with cluster() as address:
        yield address
