"""The rules of the house: who may import what, and how large a file may grow."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "core").rglob("*.py"))
PAGES = [ROOT / "streamlit_app.py", *sorted((ROOT / "pages").glob("*.py"))]
KERAS_FREE = (
    "config",
    "settings",
    "errors",
    "language",
    "records",
    "files",
    "runs",
    "jobs",
    "queue",
    "charts",
    "doctor",
    "datasets",
    "evaluation",
    "team",
    "ui",
    "app",
    "health",
    "server",
)
KERAS_FREE_BACKBONES = ("catalog", "block", "account", "defaults")
# Who may import whom, the highest first: each imports from the lines below its own, never from
# its own line, and from nothing above. A new part of `core` is put where it belongs.
LAYERS = (
    ("streamlit_app", "pages"),
    ("app",),
    ("ui",),
    ("metrics", "health", "server"),
    ("team", "train", "predict", "serve", "doctor", "backup"),
    ("export",),
    ("training",),
    ("charts",),
    ("evaluation",),
    ("queue",),
    ("runs",),
    ("datasets",),
    ("backbones",),
    ("jobs",),
    ("config", "versions"),
    ("sizes", "logs"),
    ("records", "tables"),
    ("files", "settings", "errors", "posix"),
    ("language",),
)
LEVEL = {name: level for level, names in enumerate(reversed(LAYERS)) for name in names}
PRIVATE_MODULES = ("streamlit.runtime", "streamlit.web", "streamlit.proto", "keras.src")
# What is used of a library's own parts all the same: where, what, and why there is no other door.
EXCEPTIONS = {
    "core.backbones.graph": {
        "_keras_history": "which operation made a tensor; public names tell it of layers used once",
        "_inbound_nodes": "what that operation was given; likewise",
    },
    "core.training.batches": {
        "keras.src.trainers.data_adapters.py_dataset_adapter.PyDatasetAdapter": (
            "how `fit` reads a PyDataset, whose tf.data options cannot be set from outside"
        ),
    },
}
MAX_LINES = 300
MAX_PAGE_LINES = 120
MAX_FUNCTION_LINES = 60


def imports(path: Path) -> set[str]:
    """Names of all modules that a file imports, at its top or inside functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def unit(module: str) -> str:
    """The part of the house that a module belongs to; "" outside of it."""
    parts = module.split(".")
    return ".".join(parts[1:2]) if parts[0] == "core" else parts[0] if parts[0] in LAYERS[0] else ""


def upward(module: str, names: set[str]) -> set[str]:
    """What a module imports from above, or from beside its own part."""
    own = unit(module)
    return {n for n in names if unit(n) != own and LEVEL.get(unit(n), -1) >= LEVEL[own]}


def test_the_rules_look_at_real_files() -> None:
    assert len(MODULES) > 40
    assert [page.name for page in PAGES[1:]] == [
        "1_Data.py",
        "2_Head.py",
        "3_Fine_tune.py",
        "4_Evaluate.py",
        "5_Predict.py",
        "6_Runs.py",
    ]


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_only_ui_and_app_import_streamlit_and_only_app_starlette(path: Path) -> None:
    part = unit(module_name(path))
    used = {name.split(".")[0] for name in imports(path)} & {"streamlit", "starlette"}

    assert used <= {"ui": {"streamlit"}, "app": {"streamlit", "starlette"}}.get(part, set())


@pytest.mark.parametrize("door", ["st.fragment", "st.dialog"])
def test_what_runs_without_its_page_asks_the_gate_each_time(door: str) -> None:
    users = [module_name(p) for p in (*MODULES, *PAGES) if door in p.read_text("utf-8")]

    assert users == ["core.ui.refreshed"]


def private_names(text: str) -> set[str]:
    """What a file uses that Streamlit, Keras or another library keeps to itself."""
    tree = ast.parse(text)
    own = {
        name
        for node in ast.walk(tree)
        for name in (getattr(node, "name", None), getattr(node, "arg", None))
    }
    own |= {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and is_self(n.value)}
    own |= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {n.name for n in node.names if n.name.startswith(PRIVATE_MODULES)}
        elif isinstance(node, ast.ImportFrom) and node.module:
            full = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {n for n in full if n.startswith(PRIVATE_MODULES)}
            theirs = node.module.split(".")[0] not in ("core", "__future__")
            found |= {n for n in full if theirs and n.split(".")[-1][0] == "_"}
        elif isinstance(node, ast.Attribute) and is_private(node.attr) and node.attr not in own:
            found.add(node.attr)
    return found


def is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def is_private(name: str) -> bool:
    """`os._exit` is documented."""
    return name.startswith("_") and not name.endswith("__") and name != "_exit"


@pytest.mark.parametrize("path", [*MODULES, *PAGES], ids=module_name)
def test_nobody_uses_what_a_library_keeps_to_itself(path: Path) -> None:
    allowed = set(EXCEPTIONS.get(module_name(path), {}))

    assert private_names(path.read_text("utf-8")) == allowed


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("from streamlit.runtime import Runtime", {"streamlit.runtime.Runtime"}),
        ("from streamlit.runtime.state import X", {"streamlit.runtime.state.X"}),
        ("import streamlit.web.server", {"streamlit.web.server"}),
        ("from streamlit import _cache", {"streamlit._cache"}),
        ("import keras\nkeras.src.backend", set()),
        ("from keras.src import backend", {"keras.src.backend"}),
        ("tensor._keras_history", {"_keras_history"}),
        ("self._own = other._own", set()),
        ("import streamlit as st\nst.__version__", set()),
    ],
)
def test_the_rule_of_private_names_sees_what_it_forbids(line: str, found: set[str]) -> None:
    assert private_names(line) == found


@pytest.mark.parametrize("path", [*MODULES, *PAGES], ids=module_name)
def test_imports_point_down(path: Path) -> None:
    assert not upward(module_name(path), imports(path))


def test_the_rule_of_layers_sees_what_it_forbids() -> None:
    assert upward("core.evaluation.data_amount", {"core.training.stage"})
    assert upward("core.team.limits", {"core.doctor", "numpy"}) == {"core.doctor"}
    assert not upward("core.training.stage", {"core.training.fit", "core.runs.Run", "keras"})


@pytest.mark.parametrize(
    ("word", "home"),
    [
        ("subprocess.Popen(", "core.jobs.process"),
        ("FileLock(", "core.jobs.lock"),
        ("import resource", "core.posix"),
        ("import fcntl", ""),
        ("os.uname", ""),
        ("pass_fds", ""),
    ],
)
def test_processes_locks_and_what_posix_alone_has_lie_in_one_place(word: str, home: str) -> None:
    users = [module_name(path) for path in MODULES if word in path.read_text("utf-8")]

    assert users == [home] * bool(home)


def test_imports_make_no_circle() -> None:
    names = {module_name(path) for path in MODULES}
    graph = {module_name(p): {n for n in imports(p) if n in names} for p in MODULES}
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join((*way, name))
        if name not in done:
            for other in graph[name]:
                # A package's __init__ gathers its own modules; they do not import it back.
                visit(other, (*way, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_the_web_server_never_imports_tensorflow() -> None:
    modules = [
        module_name(path)
        for path in MODULES
        if path.relative_to(ROOT).parts[1].removesuffix(".py") in KERAS_FREE
        or (path.stem in KERAS_FREE_BACKBONES and path.parent.name == "backbones")
    ]
    code = (
        "import importlib, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        "print([m for m in ('tensorflow', 'keras') if m in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.stdout.strip() == "[]", done.stdout + done.stderr
    assert len(modules) > 30


@pytest.mark.parametrize("path", [*MODULES, *PAGES], ids=module_name)
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    limit = MAX_PAGE_LINES if path in PAGES else MAX_LINES
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
        and node.end_lineno - node.lineno + 1 > MAX_FUNCTION_LINES
    ]

    assert len(text.splitlines()) <= limit
    assert not long


@pytest.mark.parametrize("path", PAGES, ids=module_name)
def test_every_page_sets_itself_up_first(path: Path) -> None:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    # The first page shares its file with the application.
    if path.name == "streamlit_app.py":
        body = next(node.body for node in body if isinstance(node, ast.If))
    calls = [
        node.value
        for node in body
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ]

    assert ast.unparse(calls[0].func) == "page.setup"
