"""Downloads: the name of the file, the time without internet, and what is said then."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import keras
import pytest

from core.backbones.catalog import CATALOG
from core.backbones.download import REACH_TIMEOUT_S, is_reachable, keras_cache
from core.backbones.weights import backbone_builder, load_backbone
from core.errors import WeightsError

PROXIES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY")


class AskedFor(Exception):  # noqa: N818
    """Carries the name of the file that Keras would download."""


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "keras" / "models"


@pytest.fixture
def hanging_names(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A name server that never replies."""
    over = threading.Event()

    def hang(*args: object, **kwargs: object) -> list[object]:
        over.wait(600)
        raise OSError("timed out")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    yield over
    over.set()


@pytest.mark.parametrize("name", [n for n, spec in CATALOG.items() if not spec.bundled])
def test_the_catalogue_names_the_file_that_keras_downloads(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def get_file(fname: str, *args: object, **kwargs: object) -> str:
        raise AskedFor(fname)

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", get_file)
    size = CATALOG[name].default_image_size

    with pytest.raises(AskedFor) as caught:
        backbone_builder(CATALOG[name])(include_top=False, input_shape=(size, size, 3))

    assert str(caught.value) == CATALOG[name].weights_file


def test_a_name_server_that_never_replies_is_told_of_while_it_is_still_silent(
    tmp_path: Path, empty_cache: Path, hanging_names: threading.Event
) -> None:
    with pytest.raises(WeightsError) as caught:
        load_backbone(CATALOG["mobilenet_v3_small"], 32, tmp_path / "weights")

    assert REACH_TIMEOUT_S < 5
    assert not hanging_names.is_set()
    assert "MobileNetV3 Small could not be downloaded" in caught.value.what
    assert CATALOG["mobilenet_v3_small"].weights_file in caught.value.way_out
    assert str(tmp_path / "weights") in caught.value.way_out


def test_a_host_that_refuses_is_told_of_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused

        # Who waited for the time to pass would wait longer than a test may take.
        assert not is_reachable("127.0.0.1", taken.getsockname()[1], seconds=10_000)


def test_a_proxy_is_asked_instead_of_the_host(
    tmp_path: Path, empty_cache: Path, hanging_names: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, int]] = []

    def reachable(host: str, port: int) -> bool:
        asked.append((host, port))
        return False

    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setattr("core.backbones.download.is_reachable", reachable)

    with pytest.raises(WeightsError):
        load_backbone(CATALOG["vgg16"], 32, tmp_path)

    assert asked == [("proxy.example", 3128)]


def test_what_keras_downloaded_before_is_used_without_internet(
    tmp_path: Path, empty_cache: Path, hanging_names: None
) -> None:
    spec = CATALOG["mobilenet_v3_small"]
    donor = keras.applications.MobileNetV3Small((32, 32, 3), include_top=False, weights=None)
    empty_cache.mkdir(parents=True)
    donor.save(empty_cache / spec.weights_file)

    model = load_backbone(spec, 32, tmp_path / "weights")

    expected = donor.get_layer("conv").kernel
    assert (model.get_layer("conv").kernel.numpy() == expected.numpy()).all()


def test_the_cache_is_where_keras_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KERAS_HOME", raising=False)

    assert keras_cache() == Path(keras.src.backend.config.keras_home()) / "models"


def test_random_weights_need_no_file_and_are_only_given_by_name(
    tmp_path: Path, empty_cache: Path, hanging_names: None
) -> None:
    spec = CATALOG["mobilenet_v3_small"]

    assert load_backbone(spec, 32, tmp_path, "random").count_params() == spec.parameters
    with pytest.raises(WeightsError):
        load_backbone(spec, 32, tmp_path)
