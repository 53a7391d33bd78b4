"""The Predict page: nothing yet, one image, many, broken files, another model."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.datasets import Dataset, DatasetStore
from core.errors import RunError
from core.evaluation.openings import record_openings
from core.evaluation.rejection import Rejection, save_rejection
from core.export.formats import FORMATS
from core.files import write_json
from core.jobs.job import Kind, read_job
from core.jobs.reporter import Reporter
from core.jobs.state import JobState
from core.runs import Run, litert
from core.settings import Settings
from tests.alive import asked, at_work
from tests.evaluation.runs_on_disk import finished_pair
from tests.patience import wait_until
from tests.ui.app import open_page, words

MODELS = Path(__file__).parent.parent / "evaluation" / "data"
COLOURS = ["red", "green", "blue"]


def png(red: int, green: int, blue: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((20, 20, 3), (red, green, blue), dtype=np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def dataset(make_dataset: Callable[..., Dataset]) -> Dataset:
    return make_dataset(classes=3, per_class=50)


def give_models(*runs: Run) -> None:
    """A tiny model that names an image's strongest colour, and a stand-in for Keras' file."""
    for run in runs:
        write_json(run.path / "predict.json", {"class_names": COLOURS, "image_size": 8})
        run.litert_path.write_bytes((MODELS / "colour.tflite").read_bytes())
        run.model_path.write_bytes(b"the model of " + run.id.encode())


@pytest.fixture
def pair(settings: Settings, dataset: Dataset) -> tuple[Run, Run]:
    head, tuned = finished_pair(settings, dataset, before=range(12), after=range(1))
    give_models(head, tuned)
    return head, tuned


def upload(page: AppTest, *files: tuple[str, bytes]) -> AppTest:
    uploads = [(name, data, "image/png") for name, data in files]
    page.file_uploader(key="predict_files").set_value(uploads).run()
    assert not page.exception
    return page


def answers(page: AppTest) -> list[str]:
    return [m.value.removeprefix("#### ") for m in page.markdown if m.value.startswith("#### ")]


def test_nothing_yet_leads_to_the_head(settings: Settings) -> None:
    page = open_page("pages/5_Predict.py")
    assert not page.exception
    assert "no finished model yet" in words(page)
    assert any(link.proto.label == "Train a head" for link in page.get("page_link"))


def test_one_image_has_its_class_and_probabilities(pair: tuple[Run, Run]) -> None:
    page = upload(open_page("pages/5_Predict.py"), ("sky.png", png(10, 10, 230)))
    assert answers(page) == ["blue"]
    bars = [bar.proto for bar in page.get("progress")]
    # By hand: softmax of the mean colours over 32.
    scores = np.exp(np.array([10, 10, 230]) / 32)
    assert bars[0].value == int(100 * scores[2] / scores.sum())
    assert bars[0].text == f"**blue** {100 * scores[2] / scores.sum():.1f}\u00a0%"
    assert "sky.png" in words(page)


def test_a_broken_file_is_named_and_the_others_go_on(pair: tuple[Run, Run]) -> None:
    files = [
        ("a.png", png(250, 0, 0)),
        ("page.png", b"<html>no image</html>"),
        ("cut.png", png(0, 250, 0)[:60]),
        ("b.png", png(0, 250, 0)),
    ]
    page = upload(open_page("pages/5_Predict.py"), *files)
    assert answers(page) == ["red", "green"]
    errors = [error.value.replace("\\", "") for error in page.error]
    assert len(errors) == 2
    assert errors[0].startswith("page.png")
    assert errors[1].startswith("cut.png")
    assert "2 images" in words(page)


def test_the_fine_tuned_model_is_suggested_where_it_helped(pair: tuple[Run, Run]) -> None:
    closed = words(open_page("pages/5_Predict.py"))
    assert "helped" not in closed
    assert "the verdict is not opened yet" in closed

    open_page("pages/4_Evaluate.py", run=pair[1].id)
    page = open_page("pages/5_Predict.py")
    assert "Suggested: From block 6, because fine-tuning helped." in words(page)


def test_the_head_is_suggested_where_fine_tuning_did_not_help(
    settings: Settings, dataset: Dataset
) -> None:
    head, tuned = finished_pair(settings, dataset, before=range(3), after=range(3))
    give_models(head, tuned)
    record_openings(dataset.path, dataset.version, [head.id, tuned.id])
    page = open_page("pages/5_Predict.py")
    assert "Suggested: the head-only model, because fine-tuning made no difference" in words(page)


def test_a_link_can_name_the_model(pair: tuple[Run, Run]) -> None:
    head, _ = pair
    page = open_page("pages/5_Predict.py", model=head.id)
    assert page.selectbox(key=f"predict_model_{head.id}").value == head.id
    assert "Suggested instead: the fine-tuned model, by validation accuracy" in words(page)


def test_a_kept_threshold_says_none_of_these(pair: tuple[Run, Run]) -> None:
    _, tuned = pair
    save_rejection(tuned, Rejection(0.9, 0.01, "val", 30, 0.8))
    files = [("grey.png", png(90, 91, 90)), ("red.png", png(255, 0, 0))]
    page = upload(open_page("pages/5_Predict.py"), *files)
    assert answers(page) == ["none of these", "red"]


def test_a_model_that_cannot_be_loaded_is_an_error_card(pair: tuple[Run, Run]) -> None:
    _, tuned = pair
    tuned.litert_path.write_bytes(b"broken")
    page = open_page("pages/5_Predict.py")
    assert not page.exception
    assert "is no LiteRT model" in words(page)


def ended(folder: Path) -> bool:
    job = read_job(folder)
    return job is not None and not job.active


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders of the model jobs that are started, in place of their processes."""
    folders: list[Path] = []

    def start(folder: Path, kind: Kind, **about: object) -> None:
        folders.append(folder)
        at_work(folder, kind, "Converting")

    monkeypatch.setattr(litert, "ask", start)
    return folders


def test_a_model_is_prepared_when_it_is_first_needed(
    pair: tuple[Run, Run], started: list[Path]
) -> None:
    _, tuned = pair
    tuned.litert_path.unlink()
    litert.folder(tuned.path).mkdir()

    page = open_page("pages/5_Predict.py")

    assert not page.exception
    assert started == [litert.folder(tuned.path)]
    assert "Preparing this model to predict." in words(page)
    assert not page.get("file_uploader")
    labels = [button.proto.label.split(" (")[0] for button in page.get("download_button")]
    assert "Keras model" in labels
    assert "LiteRT model" not in labels

    give_models(tuned)
    Reporter(litert.folder(tuned.path)).finish(JobState.COMPLETED, {})
    page.run()
    assert answers(upload(page, ("sky.png", png(10, 10, 230)))) == ["blue"]
    assert len(started) == 1


def test_a_model_that_cannot_be_prepared_says_why_and_can_be_tried_again(
    pair: tuple[Run, Run], started: list[Path]
) -> None:
    _, tuned = pair
    tuned.litert_path.unlink()
    folder = litert.folder(tuned.path)
    folder.mkdir()
    asked(folder, litert.KIND)
    Reporter(folder).fail(RunError("It differs.", "Take Keras."))

    page = open_page("pages/5_Predict.py")
    assert "It differs." in words(page)
    assert started == []
    page.button(key=f"litert_{tuned.id}_start").click().run()
    assert started == [folder]
    assert "Preparing this model to predict." in words(page)


def test_both_files_can_be_taken_away(pair: tuple[Run, Run]) -> None:
    page = open_page("pages/5_Predict.py")
    labels = [button.proto.label for button in page.get("download_button")]
    assert [label.split(" (")[0] for label in labels][:2] == ["Keras model", "LiteRT model"]


def test_a_folder_of_the_workspace_becomes_a_csv(settings: Settings, pair: tuple[Run, Run]) -> None:
    _, tuned = pair
    (settings.data_dir / "shots").mkdir(parents=True)
    (settings.data_dir / "shots" / "sky.png").write_bytes(png(10, 10, 230))
    (settings.data_dir / "shots" / "broken.png").write_bytes(b"none")
    page = open_page("pages/5_Predict.py")
    assert page.button(key=f"batch_{tuned.id}_start").disabled

    page.selectbox(key="batch_folder").select("shots").run()
    page.button(key=f"batch_{tuned.id}_start").click().run()
    assert wait_until(lambda: ended(tuned.path / "batch"))
    page.run()

    assert not page.exception
    assert "1 image of shots" in words(page).replace("*", "")
    assert "1 image cannot be read" in words(page)
    assert "sky.png,blue" in (tuned.path / "batch" / "answers.csv").read_text()


def test_the_script_is_made_of_the_runs_folder(settings: Settings, pair: tuple[Run, Run]) -> None:
    _, tuned = pair
    page = open_page("pages/5_Predict.py")
    button = next(b for b in page.get("download_button") if "script" in b.proto.label)
    assert not button.proto.disabled
    DatasetStore(settings.datasets_dir).delete(tuned.base.dataset_id)
    page = open_page("pages/5_Predict.py")
    button = next(b for b in page.get("download_button") if "script" in b.proto.label)
    assert button.proto.disabled
    assert "no readable data set" in button.proto.help


def test_other_formats_show_their_certificates_and_only_what_agrees_is_given_away(
    pair: tuple[Run, Run],
) -> None:
    _, tuned = pair
    for key, task, refusal in (("litert", "done", ""), ("litert_int8", "failed", "It differs.")):
        folder = tuned.path / "exports" / key
        measured = {"images": 60, "split": "test", "max_difference": 2e-6, "label_flips": 3}
        about = {
            "title": key,
            "accuracy": 0.5,
            "trained_accuracy": 0.75,
            "megabytes": 3.5,
            "ms_per_image": 1.0,
        }
        certificate = {**measured, **about, "difference": "Cannot tell.", "refusal": refusal}
        write_json(folder / "certificate.json", certificate)
        error = {"what": "Not given away. It differs.", "way_out": "", "details": ""}
        write_json(folder / "task.json", {"state": task, "error": error if refusal else None})
    (tuned.path / "exports" / "litert" / "model.zip").write_bytes(b"zip")

    page = open_page("pages/5_Predict.py")

    labels = [button.proto.label for button in page.get("download_button")]
    assert [label for label in labels if "(0.0 MB)" in label and "LiteRT (" in label]
    assert not any("int8" in label for label in labels)
    assert "Not given away. It differs." in words(page)
    assert "which has 75.0 % of them right" in words(page)
    assert page.dataframe[0].value["Given away"].tolist() == ["yes", "no"]
    onnx = page.button(key=f"export_onnx_{tuned.id}_start")
    assert onnx.disabled == bool(FORMATS["onnx"].missing)
