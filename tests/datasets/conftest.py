"""A web server for tests of downloads."""

from collections.abc import Iterator

import pytest

from tests.datasets.web_server import Server, serving


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running
