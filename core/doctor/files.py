"""Checks of files: what comes with the app, the workspace, secrets."""

from __future__ import annotations

import hashlib
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from core.doctor.finding import Finding, ok, problem, warning
from core.language import number, tr
from core.posix import belongs_to_another, open_to_others
from core.settings import Settings

# Of the files that come with the app: an interrupted copy or a text conversion damages them.
BUNDLED = {
    "core/backbones/bundled/efficientnet_lite0_imagenet.npz": (
        "bdf817385ec249a1dd147c28c6326e64ec13186b668aa3624b04ad4226e3d17e"
    ),
    "core/datasets/bundled/clipart.zip": (
        "f8b14455db0ca75ce77b0846acb2ed424c0f4a5a9ef5a9fa097a390d71c39cb3"
    ),
}
# Below the first nothing starts any more; below the second a large data set does not fit.
_FULL_BYTES = 500_000_000
_SCARCE_BYTES = 10_000_000_000


def check_bundled(app_root: Path) -> Iterator[Finding]:
    """Check that the bundled weights and samples are intact."""
    for name, digest in BUNDLED.items():
        try:
            with (app_root / name).open("rb") as handle:
                whole = hashlib.file_digest(handle, "sha256").hexdigest() == digest
        except OSError:
            whole = False
        if whole:
            yield ok(tr("Weights"), tr("{file} is whole.", file=Path(name).name))
        else:
            yield problem(
                tr("Weights"),
                tr("{file} is missing or damaged.", file=name),
                tr("Install the app again; git must not convert the file's line ends."),
            )


def check_workspace(settings: Settings) -> Iterator[Finding]:
    """Check that the workspace is writable, has room and is closed to other users."""
    area, folder = tr("Workspace"), settings.workspace
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
    except OSError as error:
        reason = error.strerror or str(error)
        yield problem(
            area,
            tr("{folder} cannot be written to: {reason}.", folder=str(folder), reason=reason),
            tr("Give the app's user the right to write there, or set UNFREEZE_WORKSPACE."),
        )
        return
    yield ok(area, tr("{folder} can be written to.", folder=str(folder)))
    yield _room(folder)
    yield _open_to_others(folder)


def check_secrets(app_root: Path) -> Iterator[Finding]:
    """Check that other users of this machine cannot read the login's secrets."""
    for path in (app_root / ".streamlit" / "secrets.toml", Path("~/.streamlit/secrets.toml")):
        path = path.expanduser()
        try:
            facts = path.stat()
        except OSError:
            continue
        if open_to_others(facts):
            yield problem(
                tr("Secrets"),
                tr("Other users of this machine may read {file}.", file=str(path)),
                tr("Type: {command}", command=f"chmod 600 {path}"),
            )
        elif belongs_to_another(facts):
            yield problem(
                tr("Secrets"),
                tr("{file} belongs to another user.", file=str(path)),
                tr("Give it to the user that runs the app."),
            )
        else:
            yield ok(tr("Secrets"), tr("Only its owner reads {file}.", file=str(path)))


def _room(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    words = tr("{gigabytes} GB are free.", gigabytes=number(free / 1e9, 1))
    way_out = tr("Delete runs, data sets or stored features, or move the workspace.")
    if free < _FULL_BYTES:
        return problem(tr("Disk"), words, way_out)
    return warning(tr("Disk"), words, way_out) if free < _SCARCE_BYTES else ok(tr("Disk"), words)


def _open_to_others(folder: Path) -> Finding:
    facts = folder.stat()
    if open_to_others(facts, stat.S_IWOTH):
        return problem(
            tr("Permissions"),
            tr("Every user of this machine may change what is in {folder}.", folder=str(folder)),
            tr("Type: {command}", command=f"chmod o-w {folder}"),
        )
    if open_to_others(facts, stat.S_IROTH):
        return warning(
            tr("Permissions"),
            tr("Every user of this machine may read the images in {folder}.", folder=str(folder)),
            tr("Type: {command}", command=f"chmod o-rx {folder}"),
        )
    return ok(tr("Permissions"), tr("Other users of this machine cannot read the workspace."))
