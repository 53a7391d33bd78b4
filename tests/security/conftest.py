"""The two servers that the attempts are made at: with a login, and behind a proxy."""

from collections.abc import Iterator

import pytest

from tests.security.target import Private, Target, filled, served


@pytest.fixture(scope="session")
def private(tmp_path_factory: pytest.TempPathFactory) -> Private:
    """A workspace with a private data set and run of the admin's."""
    return filled(tmp_path_factory.mktemp("security") / "workspace")


@pytest.fixture(scope="session")
def with_login(private: Private) -> Iterator[Target]:
    """The app with a login."""
    with served(private, proxied=False) as target:
        yield target


@pytest.fixture(scope="session")
def behind_proxy(private: Private) -> Iterator[Target]:
    """The app behind a proxy that signs people in."""
    with served(private, proxied=True) as target:
        yield target
