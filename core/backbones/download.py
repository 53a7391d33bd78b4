"""Downloads ImageNet weights by Keras, and says quickly where there is no internet."""

from __future__ import annotations

import os
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import keras

from core.backbones.spec import BackboneSpec
from core.errors import WeightsError
from core.language import tr

WEIGHTS_HOST = "storage.googleapis.com"
# A page waits for this answer; a name server that never replies would take minutes.
REACH_TIMEOUT_S = 3.0
# Longest silence in a download that has begun.
SILENCE_TIMEOUT_S = 15.0


def downloaded_weights(
    spec: BackboneSpec, builder: Callable[..., keras.Model], weights_dir: Path
) -> Path:
    """Finds a backbone's weights in Keras' cache, or has Keras download them into it.

    Args:
        spec: The backbone.
        builder: Its function.
        weights_dir: Named in the message as the place for a file.

    Returns:
        The file.

    Raises:
        WeightsError: If it cannot be downloaded.
    """
    path = keras_cache() / spec.weights_file
    if path.is_file():
        return path
    if not is_reachable(*_first_hop()):
        raise _not_downloaded(spec, weights_dir)
    shape = (spec.default_image_size, spec.default_image_size, 3)
    with _timeout(SILENCE_TIMEOUT_S):
        try:
            builder(include_top=False, weights="imagenet", input_shape=shape)
        except Exception as error:  # Keras raises nothing narrower
            raise _not_downloaded(spec, weights_dir) from error
    return path


def keras_cache() -> Path:
    """The folder that Keras keeps downloaded weights in."""
    home = os.environ.get("KERAS_HOME") or Path("~/.keras").expanduser()
    return Path(home) / "models"


def is_reachable(host: str, port: int, seconds: float = REACH_TIMEOUT_S) -> bool:
    """Return True if a host accepts connections, within a time that also covers the DNS look-up."""
    reached = threading.Event()

    def connect() -> None:
        try:
            socket.create_connection((host, port), timeout=seconds).close()
        except OSError:
            return
        reached.set()

    # The look-up of a name knows no time limit, so it is left behind where it hangs.
    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(seconds)
    return reached.is_set()


def _first_hop() -> tuple[str, int]:
    """The host that a download talks to: a proxy where one is set."""
    proxy = urllib.request.getproxies().get("https")
    if proxy and not urllib.request.proxy_bypass(WEIGHTS_HOST):
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        if parts.hostname:
            return parts.hostname, parts.port or 80
    return WEIGHTS_HOST, 443


@contextmanager
def _timeout(seconds: float) -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _not_downloaded(spec: BackboneSpec, weights_dir: Path) -> WeightsError:
    return WeightsError(
        tr("The ImageNet weights of {title} could not be downloaded.", title=spec.title),
        tr(
            "Put {file} into {folder}, or choose the bundled EfficientNet-Lite0.",
            file=spec.weights_file,
            folder=str(weights_dir),
        ),
    )
