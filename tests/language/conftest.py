"""A reader of Russian."""

from collections.abc import Iterator

import pytest

from core.language import in_language


@pytest.fixture
def russian() -> Iterator[None]:
    """Tells everything in Russian."""
    with in_language("ru"):
        yield
