"""What the server keeps in memory between runs of pages has an end."""

import ast
import gc
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.evaluation import classifier as classifiers
from core.evaluation.classifier import Classifier
from core.server import SERVER
from core.settings import APP_ROOT, Settings
from core.ui.data.manifests import Manifests
from core.ui.predict import model as predict_model
from tests.datasets.pictures import pets, write_zip
from tests.evaluation.runs_on_disk import finished_pair
from tests.ui.app import open_page
from tests.ui.test_predict_page import COLOURS, MODELS, give_models, png, upload

# One for each server, workspace, database or sample.
FEW = {"_books", "_glimpse"}


class Cached(NamedTuple):
    """A cached function, the arguments that make its key, and those of its cache."""

    name: str
    returns: str
    key: set[str]
    given: set[str]


def cached_functions() -> Iterator[Cached]:
    """All of the app."""
    for path in [*(APP_ROOT / "core").rglob("*.py"), *(APP_ROOT / "pages").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for mark in getattr(node, "decorator_list", ()):
                if "st.cache_" in ast.unparse(mark):
                    given = {word.arg for word in getattr(mark, "keywords", ()) if word.arg}
                    key = {word.arg for word in node.args.args if word.arg[0] != "_"}
                    yield Cached(node.name, ast.unparse(node.returns), key, given)


def test_every_cache_has_a_bound() -> None:
    endless = {
        kept.name
        for kept in cached_functions()
        if kept.key and not {"max_entries", "max_size"} & kept.given
    }
    assert endless <= FEW


def test_pictures_are_kept_by_their_bytes_not_by_their_number() -> None:
    pictures = {kept.name: kept.given for kept in cached_functions() if "bytes" in kept.returns}
    assert {"_thumbnail", "_strip", "_heat_thumbnail"} <= set(pictures)
    assert [name for name, given in pictures.items() if "max_size" not in given] == []


def test_a_model_is_loaded_once_for_all_sessions(
    settings: Settings, dataset: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_models(*finished_pair(settings, dataset, before=range(12), after=range(1)))
    loaded = []

    def load(run: object) -> Classifier:
        loaded.append(run)
        return classifiers.load_classifier(run)

    monkeypatch.setattr(predict_model, "load_classifier", load)
    for _ in range(2):
        upload(open_page("pages/5_Predict.py"), ("sky.png", png(10, 10, 230)))
    assert len(loaded) == 1


def test_a_session_keeps_a_handle_of_the_model_that_keeps_nothing_in_memory(
    settings: Settings, dataset: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_models(*finished_pair(settings, dataset, before=range(12), after=range(1)))
    asked, shared = [], predict_model._loaded

    def loaded(*key: object) -> Classifier:
        asked.append(key)
        return shared(*key)

    monkeypatch.setattr(predict_model, "_loaded", loaded)
    first, second = (open_page("pages/5_Predict.py") for _ in range(2))
    handles = [page.session_state["held_classifier"][1] for page in (first, second)]
    assert handles[0]() is handles[1]() and isinstance(handles[0](), Classifier)
    first.run()
    assert len(asked) == 2  # once a session

    shared.clear()
    gc.collect()
    assert handles[0]() is None
    assert not upload(first, ("sky.png", png(10, 10, 230))).exception
    assert len(asked) == 3


def test_threads_that_share_a_model_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    classifier = Classifier(MODELS / "colour.tflite", tuple(COLOURS), 8)
    model, inside, most = classifier._interpreter, [], []

    class Slow:
        """The model, given time to be disturbed."""

        def set_tensor(self, index: int, values: np.ndarray) -> None:
            inside.append(index)
            model.set_tensor(index, values)

        def invoke(self) -> None:
            threading.Event().wait(0.01)
            most.append(len(inside))
            model.invoke()

        def get_tensor(self, index: int) -> np.ndarray:
            inside.pop()
            return model.get_tensor(index)

    monkeypatch.setattr(classifier, "_interpreter", Slow())
    images = np.zeros((1, 8, 8, 3), np.uint8)
    threads = [threading.Thread(target=classifier.classify, args=(images,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1, 1]


def test_answers_go_with_their_images(settings: Settings, dataset: object) -> None:
    give_models(*finished_pair(settings, dataset, before=range(12), after=range(1)))
    page = open_page("pages/5_Predict.py")
    for shade in (250, 240, 230):
        upload(page, (f"{shade}.png", png(shade, 0, 0)))
    (kept,) = page.session_state["cached_answers"][1].values()
    assert kept.name == "230.png"


def test_a_zip_is_freed_once_it_was_brought_in(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    freed: list[str] = []
    monkeypatch.setattr(SERVER, "release_upload", freed.append)
    page: AppTest = open_page("pages/1_Data.py")
    data = write_zip(tmp_path / "pets.zip", pets(4)).read_bytes()
    page.file_uploader(key="zip").set_value([("pets.zip", data, "application/zip")]).run()
    assert freed == []
    page.button(key="import_zip").click().run()
    assert len(freed) == 1 and freed[0]
    assert page.file_uploader(key="zip1").value is None


def test_manifests_are_kept_until_they_are_too_many_or_too_large() -> None:
    read: list[str] = []

    def made(name: str, images: int = 10) -> SimpleNamespace:
        def manifest() -> pd.DataFrame:
            read.append(name)
            return pd.DataFrame({"path": range(images)})

        return SimpleNamespace(path=Path(name), version="1", manifest=manifest)

    kept = Manifests(most=3, most_images=100)
    for name in ("a", "b", "a", "c", "d", "a", "b"):
        kept.of(made(name))
    assert read == ["a", "b", "c", "d", "b"]  # the one that was asked for longest ago went

    large = made("large", 1000)
    assert len(kept.of(large)) == 1000
    assert kept.of(large) is kept.of(large)
    kept.of(made("a"))
    kept.of(large)
    assert read[5:] == ["large", "a", "large"]
