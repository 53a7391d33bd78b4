"""`python -m core.train`: what its file may say, its exit codes, and the run folders it leaves."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core import train
from core.config import FineTuneConfig, HeadConfig, RunConfig, TrainingConfig
from core.errors import RunError
from core.runs import Run, RunState, RunStore
from core.runs.recipe import filled, read_recipe
from core.settings import APP_ROOT, Settings
from core.train import main
from tests.squares import squares

RECIPE = """
data: {data}
minimum_test_accuracy: {limit}
head:
  image_size: 32
  training: {{epochs: 4, batch_size: 8, learning_rate: 1e-2}}
fine_tune:
  block: top
  training: {{epochs: 1}}
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("UNFREEZE_WORKSPACE", str(tmp_path / "workspace"))
    return Settings.from_environment()


def test_what_yaml_reads_as_text_is_a_number_still() -> None:
    training = filled(TrainingConfig(), {"learning_rate": "1e-4", "epochs": 3}, "training")

    assert (training.learning_rate, training.epochs) == (1e-4, 3)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"data": "x", "heads": {}}, "`heads`"),
        ({"data": "x", "fine_tune": {"from": "block5"}}, "`fine_tune.from`"),
        ({"data": "x", "fine_tune": {"scope": "some"}}, "`fine_tune.scope` is 'some'"),
        ({"data": "x", "head": 3}, "head is 3"),
        ({"head": {}}, "`data` is missing"),
    ],
)
def test_a_slip_of_the_pen_is_named(values: object, named: str) -> None:
    with pytest.raises(RunError) as caught:
        read_recipe(values)

    assert named in str(caught.value)


def test_a_value_of_the_wrong_kind_is_named() -> None:
    with pytest.raises(RunError, match=r"training\.epochs` is 'many'"):
        filled(HeadConfig("a", "b"), {"training": {"epochs": "many"}}, "head")


def test_nothing_is_started_where_the_data_is_not_there(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "train.yaml").write_text("data: nowhere.zip\n")

    assert main([str(tmp_path / "train.yaml")]) == 2
    assert f"no folder or zip at {tmp_path}/nowhere.zip" in capsys.readouterr().err
    assert main([str(tmp_path / "no.yaml")]) == 2
    assert "no.yaml cannot be read: No such file or directory." in capsys.readouterr().err
    assert RunStore(settings.runs_dir).list() == []


def test_an_interrupt_before_and_after_the_training_is_no_traceback(
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    (tmp_path / "train.yaml").write_text("data: sample:digits\n")
    monkeypatch.setattr(train, "load_bundled", interrupt)
    monkeypatch.setattr(train.litert, "wait_for", interrupt)

    assert main([str(tmp_path / "train.yaml")]) == 2
    train._prepare(RunStore(settings.runs_dir).create(HeadConfig("d", "v1")))
    said = capsys.readouterr().err
    assert "Stopped before anything was trained." in said
    assert "its LiteRT model is made when it is first needed" in said


def test_both_runs_follow_from_the_file_and_low_accuracy_is_an_exit_code(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The runs end at once: what trains them is tested elsewhere."""
    from tests.ui.runs import finished

    dataset = squares(settings)
    store = RunStore(settings.runs_dir)
    asked: list[RunConfig] = []

    def create(self: RunStore, config: RunConfig, name: str = "") -> Run:
        asked.append(config)
        monkeypatch.undo()
        run = finished(store, config, name)
        patch()
        return run

    def patch() -> None:
        monkeypatch.setenv("UNFREEZE_WORKSPACE", str(settings.workspace))
        monkeypatch.setattr(RunStore, "create", create)
        monkeypatch.setattr("core.train.supervise", lambda run: RunState.COMPLETED)

    patch()
    (tmp_path / "train.yaml").write_text(
        RECIPE.format(data=dataset.id, limit=0.9).replace("block: top", "block: block6")
    )

    code = main([str(tmp_path / "train.yaml")])

    head, tuned = asked
    assert code == 1  # the stand-in's accuracy is a half
    assert isinstance(head, HeadConfig)
    assert (head.image_size, head.training.learning_rate) == (32, 0.01)
    assert isinstance(tuned, FineTuneConfig)
    assert (tuned.block, tuned.base, tuned.training.epochs) == ("block6", head, 1)
    assert tuned.training.learning_rate == pytest.approx(0.001)  # a tenth of the head's


@pytest.mark.slow
def test_a_folder_is_trained_on_from_the_shell(settings: Settings, tmp_path: Path) -> None:
    source = squares(Settings(workspace=tmp_path / "elsewhere"))
    for row in source.manifest().itertuples():
        target = tmp_path / "images" / str(row.split) / str(row.class_name) / str(row.path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((source.root / str(row.path)).read_bytes())
    recipe = RECIPE.format(data="images", limit=0.8).partition("fine_tune")[0]
    (tmp_path / "train.yaml").write_text(recipe)

    done = subprocess.run(
        [sys.executable, "-m", "core.train", str(tmp_path / "train.yaml")],
        cwd=APP_ROOT,
        env={**os.environ},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    (run,) = RunStore(settings.runs_dir).list()
    assert run.has_model
    assert run.status.results["test_accuracy"] >= 0.8
