"""Whatever a page changes goes through `core.team`.

Runs and data sets reach pages as readers that have no method to write, so the type checker refuses
the functions that need a writer. What needs none is read from the pages' source.
"""

import ast
from pathlib import Path
from typing import get_type_hints

import pytest

from core.config import HeadConfig
from core.datasets import Datasets, DatasetStore
from core.runs import Runs, RunStore
from core.ui import session

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [
        *(ROOT / "core" / "ui").rglob("*.py"),
        *(ROOT / "pages").glob("*.py"),
        ROOT / "streamlit_app.py",
    ]
)
FUNCTIONS = {
    "DatasetStore",
    "RunStore",
    "drop_rejection",
    "end_all",
    "end_process",
    "end_task",
    "import_folder",
    "import_zip",
    "load_bundled",
    "load_download",
    "publish",
    "save_rejection",
    "staging",
    "write_json",
    "write_status",
}
OF_MODULES = {
    "heatmaps.ask_for",
    "litert.ask_for",
    "litert.ask_early",
    "scheduler.stop",
    "tensorboard.end",
    "tensorboard.start",
}
METHODS = {
    "claim",
    "forget",
    "make_room",
    "rmtree",
    "unlink",
    "write_bytes",
    "write_text",
}
STORES = {"TeamDatabase"}
# It opens the team's database for `session.team`.
MAY_OPEN = "core/ui/session/access.py"


def changes(source: str) -> list[str]:
    """What a module changes itself, past `core.team`."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            found += [alias.name for alias in node.names if alias.name in FUNCTIONS]
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            method = isinstance(node.func, ast.Attribute) and node.func.attr in METHODS
            if (method and "team()." not in called) or called in OF_MODULES | STORES:
                found.append(called)
    return found


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_change_nothing_past_the_team(path: Path) -> None:
    found = changes(path.read_text(encoding="utf-8"))

    assert [name for name in found if str(path.relative_to(ROOT)) != MAY_OPEN] == []


@pytest.mark.parametrize(
    "source",
    [
        "from core.runs import Run, RunStore",
        "from core.datasets.importing import import_zip",
        "tensorboard.start(settings)",
        "TeamDatabase(settings.database_url)",
        "run.path.unlink()",
    ],
)
def test_the_rule_sees_what_it_forbids(source: str) -> None:
    assert changes(source)
    assert not changes("session.team().runs.delete(run.id)\nsession.run_store().get('r')")


def test_readers_have_no_method_that_writes() -> None:
    assert methods(Runs) == {"children", "get", "hidden", "list", "queued", "startable"}
    assert methods(Datasets) == {"get", "list"}
    assert "create" in methods(RunStore) and "delete" in methods(DatasetStore)


def test_pages_are_given_readers() -> None:
    assert get_type_hints(session.run_store)["return"] is Runs
    assert get_type_hints(session.dataset_store)["return"] is Datasets


def test_reading_changes_no_file(tmp_path: Path) -> None:
    run = RunStore(tmp_path).create(HeadConfig("data", "v1"))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    runs = Runs(tmp_path)

    assert [found.id for found in (runs.get(run.id), *runs.list(), *runs.queued())] == [run.id] * 3
    assert list(runs.children(run.id)) == []
    assert [found.id for found in runs.startable()] == [run.id]
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def methods(cls: type) -> set[str]:
    """The public methods of a class."""
    return {name for name in dir(cls) if not name.startswith("_")}
