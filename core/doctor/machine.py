"""Checks of the machine: packages, clock, GPUs."""

from __future__ import annotations

import importlib.metadata
import re
import time
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from core.doctor.finding import Finding, ok, problem, warning
from core.jobs.gpus import gpu_names
from core.language import tr
from core.settings import Settings

# Every optional file of requirements, and what one does without it.
OPTIONAL = (
    ("requirements-export.txt", "ONNX, TensorBoard"),
    ("requirements-serve.txt", "python -m core.serve"),
)
# A clock that is further behind than the newest file of the app has never been set.
_CLOCK_SLACK_S = 24 * 3600.0


def check_python_and_packages(app_root: Path) -> Iterator[Finding]:
    """Check that the packages have versions that the tests have passed with."""
    wrong = list(_unmet(app_root / "requirements.txt"))
    for words in wrong:
        yield problem(
            tr("Packages"), words, tr("Type: {command}", command="pip install -r requirements.txt")
        )
    if not wrong:
        yield ok(tr("Packages"), tr("All have the versions that requirements.txt asks for."))
    for name, use in OPTIONAL:
        if not (app_root / name).is_file():
            continue
        missing = list(_unmet(app_root / name))
        words = tr("{file} ({use}): not installed.", file=name, use=use)
        if not missing:
            words = tr("{file} ({use}): installed.", file=name, use=use)
        yield ok(tr("Optional"), words)


def check_clock(app_root: Path, settings: Settings) -> Iterator[Finding]:
    """Check the clock: states, heartbeats and login sessions depend on it."""
    folders = [app_root / "core", settings.workspace, settings.runs_dir]
    newest = max((f.stat().st_mtime for f in folders if f.is_dir()), default=0.0)
    if newest > time.time() + _CLOCK_SLACK_S:
        yield warning(
            tr("Clock"),
            tr("Files are from the future: the clock is wrong, or was when they were written."),
            tr("Set the clock: whether a run still goes on is told by it."),
        )
    else:
        yield ok(tr("Clock"), tr("It is {time}.", time=time.strftime("%Y-%m-%d %H:%M %Z")))


def check_gpus() -> Iterator[Finding]:
    """List the GPUs that runs would use, without TensorFlow, which must not be in the web
    server."""
    names = gpu_names()
    if names:
        yield ok(tr("GPU"), tr("Seen: {count}.", count=len(names)))
    else:
        yield ok(tr("GPU"), tr("None is seen: runs train on the processor."))


def _unmet(path: Path) -> Iterator[str]:
    """A sentence for each requirement that is missing or has another version."""
    for line in path.read_text(encoding="utf-8").splitlines():
        text = re.sub(r"(^|\s)#.*", "", line).strip()
        if not text or text.startswith("-"):
            continue
        try:
            needed = Requirement(text)
        except InvalidRequirement:
            yield tr("{line} in {file} cannot be read.", line=text, file=path.name)
            continue
        if needed.marker is not None and not needed.marker.evaluate():
            continue
        try:
            version = importlib.metadata.version(needed.name)
        except importlib.metadata.PackageNotFoundError:
            yield tr("{package} is not installed.", package=needed.name)
            continue
        if not needed.specifier.contains(version, prereleases=True):
            yield tr(
                "{package} is {version}; {needed} is needed.",
                package=needed.name,
                version=version,
                needed=str(needed.specifier),
            )
