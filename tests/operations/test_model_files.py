"""A model file that a user uploads is never loaded: not as an image, not as data, not at all."""

import ast
import io
import pickle
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.datasets import Dataset, DatasetStore
from core.evaluation.batch import classify_all
from core.evaluation.classifier import Classifier
from core.evaluation.image_source import image_source
from core.files import write_json
from core.runs import Run
from core.settings import APP_ROOT, Settings
from tests.evaluation.runs_on_disk import finished_pair
from tests.ui.app import open_page, words

COLOUR = APP_ROOT / "tests" / "evaluation" / "data" / "colour.tflite"
# What can run code when it reads a file.
UNSAFE = {"pickle", "joblib", "torch", "dill", "cloudpickle", "marshal", "shelve", "jsonpickle"}
UNSAFE_CALLS = {"read_pickle", "unsafe_load", "enable_unsafe_deserialization", "eval", "exec"}
KERAS = {"keras", "tensorflow", "h5py"}
# Processes of their own, which the server starts and does not import.
LOADERS = {
    "core/backbones/own_model.py": "path",  # of the operator's weights folder, in safe mode
    "core/export/fresh.py": "path",  # what an export has just written
    "core/export/litert_task.py": "run.model_path",
    "core/export/task.py": "run.model_path",
    "core/training/fine_tune.py": "head_run.model_path",
    "core/training/heatmap_worker.py": "run.model_path",
}
SERVER = ("pages", "core/ui", "core/team", "core/runs", "core/charts", "core/datasets")
SERVER += ("core/evaluation",)


class Trap:
    """Leaves a file behind where its pickle is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self.path,)


def models(sprung: Path) -> dict[str, bytes]:
    """A model file of each kind; `sprung` is there once a pickle in one was read."""
    trap = pickle.dumps(Trap(sprung))
    keras = io.BytesIO()
    with zipfile.ZipFile(keras, "w") as archive:
        archive.writestr("config.json", '{"class_name": "Lambda"}')
        archive.writestr("data.pkl", trap)
    hdf5 = b"\x89HDF\r\n\x1a\n" + trap
    return {
        "m.keras": keras.getvalue(),
        "m.h5": hdf5,
        "m.pkl": trap,
        "m.pt": keras.getvalue(),
        "m.tflite": COLOUR.read_bytes(),
    }


def sources(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for folder in folders:
        for path in sorted((APP_ROOT / folder).rglob("*.py")):
            name = path.relative_to(APP_ROOT).as_posix()
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def calls(tree: ast.AST, *names: str) -> list[ast.Call]:
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [c for c in found if getattr(c.func, "attr", getattr(c.func, "id", "")) in names]


@pytest.fixture
def sprung(tmp_path: Path) -> Path:
    return tmp_path / "sprung"


@pytest.fixture
def run(settings: Settings, make_dataset: Callable[..., Dataset]) -> Run:
    """A finished run with a tiny model."""
    _, tuned = finished_pair(settings, make_dataset(classes=3, per_class=50), range(3), range(1))
    facts = {"class_names": ["red", "green", "blue"], "image_size": 8}
    write_json(tuned.path / "predict.json", facts)
    tuned.litert_path.write_bytes(COLOUR.read_bytes())
    tuned.model_path.write_bytes(b"of Keras")
    return tuned


def test_the_trap_works(sprung: Path) -> None:
    pickle.loads(models(sprung)["m.pkl"])  # noqa: S301 - the very thing that must not happen
    assert sprung.exists()


def test_nothing_reads_what_can_run_code() -> None:
    files = dict(sources("core", "pages"))
    assert len(files) > 200
    assert {f: i for f, tree in files.items() if (i := imported(tree) & UNSAFE)} == {}
    assert [f for f, tree in files.items() if calls(tree, *UNSAFE_CALLS)] == []
    for name, tree in files.items():
        for call in calls(tree, "load"):
            if ast.unparse(call.func).startswith("np."):
                assert "allow_pickle=False" in ast.unparse(call), name


def test_models_are_loaded_by_processes_of_their_own_and_only_from_the_apps_folders() -> None:
    found = {
        name: ast.unparse(call.args[0])
        for name, tree in sources("core", "pages")
        for call in calls(tree, "load_model")
    }
    assert found == LOADERS
    assert {f: i for f, tree in sources(*SERVER) if (i := imported(tree) & KERAS)} == {}
    (own,) = [tree for name, tree in sources("core/backbones") if name.endswith("own_model.py")]
    assert all("safe_mode=True" in ast.unparse(call) for call in calls(own, "load_model"))
    made = [name for name, tree in sources("core", "pages") if calls(tree, "Interpreter")]
    assert made == ["core/evaluation/classifier.py"]


@pytest.mark.parametrize("kind", ["m.keras", "m.h5", "m.pkl", "m.pt", "m.tflite"])
def test_the_pages_refuse_models(run: Run, sprung: Path, settings: Settings, kind: str) -> None:
    data = models(sprung)[kind]
    page = open_page("pages/5_Predict.py", run=run.id)
    disguised = [(f"{kind}.png", data, "image/png")]
    page.file_uploader(key="predict_files").set_value(disguised).run()
    assert not page.exception
    assert re.search(rf"{kind}\.png (is no image|cannot be read as an image)", words(page))

    page = open_page("pages/1_Data.py")
    page.file_uploader(key="zip").set_value([(f"{kind}.zip", data, "application/zip")]).run()
    assert not page.exception
    assert "import_zip" not in [button.key for button in page.button]
    assert len(page.error) > 0
    assert len(DatasetStore(settings.datasets_dir).list()) == 1  # the one of the run
    assert not settings.weights_dir.exists()
    assert not sprung.exists()


def test_a_zip_of_models_gets_no_answers(run: Run, sprung: Path, tmp_path: Path) -> None:
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in models(sprung).items():
            archive.writestr(name, data)
            archive.writestr(f"{name}.jpg", data)
    classifier = Classifier(run.litert_path, ("red", "green", "blue"), 8)
    source = image_source(path)
    result = classify_all(
        classifier, source, tmp_path / "a.csv", 0.0, 10**6, lambda done, total: None
    )

    assert (result.images, result.broken) == (0, 5)
    assert all(name.startswith("m.") and "image" in name for name in result.named)
    assert not sprung.exists()
