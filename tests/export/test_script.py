"""The script of a run: what it says, and that a fresh process gets the same model from it."""

import ast
import json
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.backbones.catalog import CATALOG
from core.config import FineTuneConfig, TrainingConfig
from core.datasets import DatasetStore
from core.errors import ExportError
from core.export.script import Script, make_script
from core.files import read_json, write_json
from core.runs import Run, RunStore
from core.settings import APP_ROOT, Settings
from tests.squares import squares
from tests.ui.runs import fine_tune_config, finished, head_config
from tests.workshop import FAST, Workshop, arrays_of


@pytest.fixture
def workspace(tmp_path: Path) -> Settings:
    return Settings(workspace=tmp_path)


def script_of(run: Run, settings: Settings) -> Script:
    return make_script(run, RunStore(settings.runs_dir), DatasetStore(settings.datasets_dir))


def head_run(settings: Settings, **changes: object) -> Run:
    config = replace(head_config(squares(settings)), **changes)
    return finished(RunStore(settings.runs_dir), config, "Squares")


def test_script_and_notebook_have_the_same_cells_and_no_import_of_this_app(
    workspace: Settings,
) -> None:
    script = script_of(head_run(workspace), workspace)
    nodes = ast.walk(ast.parse(script.text))
    imported = {a.name for n in nodes if isinstance(n, ast.Import) for a in n.names}

    cells = [c for c in json.loads(script.notebook)["cells"] if c["cell_type"] == "code"]

    assert imported == {"csv", "hashlib", "io", "sys", "keras"} | {"numpy"}
    assert "from core" not in script.text
    assert len(cells) == len(script.cells) == 9
    same = ["".join(cell["source"]) in script.text for cell in cells]
    assert same.count(False) == 1  # only where the files are differs


def test_an_option_that_is_left_out_is_said_at_the_top(workspace: Settings) -> None:
    training = TrainingConfig(backbone_rate=0.1, epochs=3)

    script = script_of(head_run(workspace, training=training), workspace)

    assert "NOT THE SAME AS THE RUN" in script.introduction
    assert "backbone_rate = 0.1" in script.introduction


def test_a_plain_run_promises_the_same_and_trains_as_long_as_the_run_did(
    workspace: Settings,
) -> None:
    training = TrainingConfig(epochs=50)

    script = script_of(head_run(workspace, training=training), workspace)

    assert "NOT THE SAME" not in script.introduction
    assert "epochs=3" in script.text  # it was stopped after three


def test_a_backbone_of_ones_own_is_refused_with_the_reason(workspace: Settings) -> None:
    with pytest.raises(ExportError, match=r"own:mine\.keras"):
        script_of(head_run(workspace, backbone="own:mine.keras"), workspace)


def test_names_of_classes_are_text_and_never_code(workspace: Settings) -> None:
    dataset = squares(workspace)
    run = finished(RunStore(workspace.runs_dir), head_config(dataset), '"""; import os; """')

    assert "os" not in {
        a.name
        for n in ast.walk(ast.parse(script_of(run, workspace).text))
        if isinstance(n, ast.Import)
        for a in n.names
    }


def train_both(settings: Settings, *runs: Run) -> None:
    """One process for both: starting TensorFlow takes longer than these runs."""
    code = "import sys; from core.training.worker import main; [main([p]) for p in sys.argv[1:]]"
    subprocess.run(
        [sys.executable, "-c", code, *(str(run.path) for run in runs)],
        cwd=APP_ROOT,
        env={**os.environ, "UNFREEZE_WORKSPACE": str(settings.workspace)},
        check=True,
    )


@pytest.mark.slow
def test_a_fresh_process_gets_the_runs_model_from_the_script(tmp_path: Path) -> None:
    settings = Settings(workspace=tmp_path / "workspace")
    shop = Workshop(settings, squares(settings), RunStore(settings.runs_dir))
    head = shop.store.create(shop.head_config())
    training = replace(
        FAST,
        learning_rate=1e-3,
        epochs=2,
        schedule="cosine",
        warmup_epochs=0.5,
        weight_decay=0.1,
        label_smoothing=0.1,
        class_weights=True,
    )
    run = shop.store.create(FineTuneConfig(head.id, head.base, "block6", training=training))
    train_both(settings, head, run)
    run = shop.store.get(run.id)
    assert run.has_model, run.status.error
    packed = tmp_path / "script.zip"
    packed.write_bytes(script_of(run, settings).zip_bytes())
    zipfile.ZipFile(packed).extractall(tmp_path / "class")

    done = subprocess.run(
        [sys.executable, "train.py", str(shop.dataset.root)],
        cwd=tmp_path / "class",
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.splitlines()[-1].endswith("in the run: the same."), done.stderr
    expected, got = arrays_of(run.model_path), arrays_of(tmp_path / "class" / "model.keras")
    assert len(expected) > 200
    for name, array in expected.items():
        np.testing.assert_allclose(got[name], array, atol=1e-4, err_msg=name)


@pytest.mark.parametrize("name", sorted(CATALOG))
def test_every_backbones_script_is_python(workspace: Settings, name: str) -> None:
    head = head_run(workspace, backbone=name)
    tuned = finished(RunStore(workspace.runs_dir), fine_tune_config(head), "Squares")

    text = script_of(tuned, workspace).text

    called = {n.func.attr for n in ast.walk(ast.parse(text)) if is_method(n)}
    assert CATALOG[name].builder.partition(":")[2] in called | {"EfficientNetLite0"}
    assert "CUT = 'head_pool'" in text
    assert "LAST = 'block6_bn'" in text


def is_method(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)


def test_a_fine_tuning_of_the_head_alone_unfreezes_nothing(workspace: Settings) -> None:
    head = head_run(workspace)
    tuned = finished(RunStore(workspace.runs_dir), replace(fine_tune_config(head), scope="none"))
    write_json(tuned.account_path, {**read_json(tuned.account_path), "unfrozen": []})

    text = script_of(tuned, workspace).text

    assert "LAST" not in text
    assert "fit(CUT, FINE_TUNE)" in text
