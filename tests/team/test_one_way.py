"""Whatever a page changes goes through `core.team`: read from the pages' source."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [
        *(ROOT / "core" / "ui").rglob("*.py"),
        *(ROOT / "pages").glob("*.py"),
        ROOT / "streamlit_app.py",
    ]
)
FUNCTIONS = {
    "add_edit",
    "add_picture",
    "carry_over",
    "delete_group",
    "drop_rejection",
    "end_all",
    "end_process",
    "end_task",
    "import_folder",
    "import_zip",
    "load_bundled",
    "load_download",
    "publish",
    "queue_group",
    "queue_seeds",
    "queue_shares",
    "queue_sweep",
    "resume_group",
    "save_rejection",
    "staging",
    "stop_group",
    "undo",
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
    "changing",
    "claim",
    "create",
    "delete",
    "forget",
    "forget_rate_tests",
    "kill",
    "make_room",
    "move_up",
    "request_resume",
    "request_stop",
    "rmtree",
    "unlink",
    "write_bytes",
    "write_text",
}
STORES = {"RunStore", "DatasetStore", "TeamDatabase"}
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
        "session.run_store().request_stop(run.id)",
        "from core.datasets.edits import add_edit",
        "tensorboard.start(settings)",
        "RunStore(settings.runs_dir).list()",
        "store = session.dataset_store()\nstore.delete(dataset.id)",
    ],
)
def test_the_rule_sees_what_it_forbids(source: str) -> None:
    assert changes(source)
    assert not changes("session.team().runs.delete(run.id)\nsession.run_store().get('r')")
