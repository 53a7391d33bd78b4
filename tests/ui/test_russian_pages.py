"""Every page in Russian: no English word is left but names and formats."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block, Element

from core.datasets import Dataset
from core.files import write_json
from core.runs import Run, RunStore
from core.settings import Settings
from tests.evaluation.runs_on_disk import finished_pair
from tests.tied import tied
from tests.ui import runs
from tests.ui.app import open_page, words

# Of images in the data sets of tests.
KINDS = ("class", "square", "circle", "triangle", "red", "green", "blue")
MODELS = Path(__file__).parent.parent / "evaluation" / "data"
# Parts of an element that people read.
READ = ("label", "body", "help", "placeholder", "options", "text", "alt", "caption", "value")
# Names of people's own, of software, formats and methods, and what code is called.
# fmt: off
NAMES = {
    "onnx", "onnxruntime",
    "Adam", "AdamW", "BatchNorm", "Brier", "CAM", "CMYK", "CPU", "CSV", "Cohen", "Core",
    "CutMix", "Dropout", "EXIF", "EfficientNet", "English", "GPU", "Grad", "HTML", "Hub",
    "ImageNet", "JPEG", "JSON", "Keras", "Lee", "Lite", "LiteRT", "McNemar", "Microsoft",
    "MixUp", "MobileNet", "ONNX", "PNG", "PyTorch", "Python", "RGB", "RMSprop", "ROC",
    "Raspberry", "ResNet", "Research", "Runtime", "SGD", "SavedModel", "Serving", "Shapes",
    "Squares", "TPU", "TensorBoard", "TensorFlow", "Torch", "Unfreeze", "backbone", "batch",
    "bfloat", "csv", "dropout", "float", "head", "install", "labels", "opset", "pip",
    "precision", "recall", "seed", "tar", "tensorboard", "test", "train", "val", "weights",
    "zip",
}
# fmt: on
WORD = re.compile(r"[A-Za-z]{3,}")
# Icons, colours, HTML, code, paths, addresses, and words with digits or dots, are no words.
MARKUP = re.compile(
    r":material/\w+:|:\w+(?=\[)|<style>.*?</style>|<[^>]*>|`[^`]*`|&\w+;|\S*[/\\_@=.]\S*|\b\w*\d\w*\b",
    re.DOTALL,
)


def english_words(page: AppTest, *names: str) -> list[str]:
    """Words in Latin letters that are no names, each with the text that it stands in."""
    assert not page.exception
    allowed = NAMES | set(names)
    found = []
    for text in texts(page):
        left = [word for word in WORD.findall(MARKUP.sub(" ", text)) if word not in allowed]
        if left:
            found.append(f"{' '.join(left)} | {text[:120]}")
    return found


def texts(page: AppTest) -> Iterator[str]:
    """All that a person may read on a page, with its charts' titles."""
    for part in parts(page._tree):
        proto = part.proto
        if part.type == "plotly_chart":
            yield from titles(json.loads(proto.spec))  # type: ignore[union-attr]
        elif part.type not in ("html", "code", "bidi_component", "file_uploader"):
            for name in READ:
                value = getattr(proto, name, None)
                yield from [value] if isinstance(value, str) else strings(value)
        if part.type == "arrow_data_frame":
            yield from (str(name) for name in part.value.columns)  # type: ignore[union-attr]


def strings(value: Any) -> Iterator[str]:
    if hasattr(value, "__iter__"):
        yield from (text for text in value if isinstance(text, str))


def parts(block: Block) -> Iterator[Block | Element]:
    for part in block.children.values():
        yield part
        if isinstance(part, Block):
            yield from parts(part)


def titles(part: Any, key: str = "") -> Iterator[str]:
    if isinstance(part, dict):
        for name, value in part.items():
            if name != "template":
                yield from titles(value, name)
    elif isinstance(part, list):
        for value in part:
            yield from titles(value, key)
    elif isinstance(part, str) and key in ("text", "name", "hovertemplate", "title"):
        yield re.sub(r"%\{[^}]*\}|<extra>.*?</extra>", " ", part)


def give_models(*tuned: Run) -> None:
    for run in tuned:
        about = {"class_names": ["circle", "square", "triangle"], "image_size": 8}
        write_json(run.path / "predict.json", about)
        run.litert_path.write_bytes((MODELS / "colour.tflite").read_bytes())
        run.model_path.write_bytes(b"the model of " + run.id.encode())


@pytest.fixture
def evaluated(settings: Settings, make_dataset: Callable[..., Dataset]) -> tuple[Dataset, Run]:
    """A head and a fine-tuned run with predictions and a model."""
    dataset = make_dataset(classes=3, per_class=50)
    head, tuned = finished_pair(settings, dataset, before=range(12), after=range(1))
    give_models(head, tuned)
    return dataset, tuned


PAGES = [
    "",
    "pages/1_Data.py",
    "pages/2_Head.py",
    "pages/3_Fine_tune.py",
    "pages/4_Evaluate.py",
    "pages/5_Predict.py",
    "pages/6_Runs.py",
]
TRAINING = ["pages/2_Head.py", "pages/3_Fine_tune.py"]


@pytest.mark.parametrize("page", PAGES)
def test_nothing_there_yet(settings: Settings, page: str) -> None:
    assert english_words(open_page(page, lang="ru")) == []


@pytest.mark.parametrize("page", [page for page in PAGES if page not in TRAINING])
def test_with_finished_runs(evaluated: tuple[Dataset, Run], page: str) -> None:
    dataset, tuned = evaluated
    opened = open_page(page, lang="ru", dataset=dataset.id, run=tuned.id)

    assert english_words(opened, *KINDS) == []


@pytest.mark.parametrize("page", TRAINING)
def test_what_was_trained(dataset: Dataset, store: RunStore, page: str) -> None:
    head = runs.finished(store, runs.head_config(dataset))
    tuned = runs.finished(store, runs.fine_tune_config(head))
    run = head if page == TRAINING[0] else tuned

    assert english_words(open_page(page, lang="ru", dataset=dataset.id, run=run.id)) == []


@pytest.mark.parametrize("view", ["images", "issues", "split"])
def test_the_views_of_data(evaluated: tuple[Dataset, Run], view: str) -> None:
    page = open_page("pages/1_Data.py", lang="ru", dataset=evaluated[0].id)
    page.segmented_control(key="data_view").set_value(view).run()

    assert english_words(page, *KINDS) == []


def test_the_question_about_images_that_look_alike(settings: Settings) -> None:
    page = open_page("pages/1_Data.py", lang="ru", dataset=tied(settings).id)
    page.segmented_control(key="data_view").set_value("issues").run()

    assert english_words(page, "cat", "dog", "Parts") == []
    page.button(key="near_duplicates_different").click().run()
    assert english_words(page, "cat", "dog", "Parts") == []
    assert "Почти дубликаты признаны разными" in words(page)


@pytest.mark.parametrize("make", [runs.running, runs.failed])
def test_a_run_that_goes_on_or_failed(
    dataset: Dataset, store: RunStore, make: Callable[..., Run]
) -> None:
    run = make(store, runs.head_config(dataset))
    page = open_page("pages/2_Head.py", lang="ru", dataset=dataset.id, run=run.id)

    # What an older version wrote of a failure is English.
    old = "The weights could not be downloaded Put the file into Traceback secret details VGG16"
    assert english_words(page, *old.split()) == []
