"""All checks, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from core.doctor.files import check_bundled, check_secrets, check_workspace
from core.doctor.finding import Finding, warning
from core.doctor.listening import Listening, configured
from core.doctor.machine import check_clock, check_gpus, check_python_and_packages
from core.doctor.network import check_address, check_port, check_queue
from core.language import tr
from core.settings import APP_ROOT, Settings


def examine(
    settings: Settings, listening: Listening | None = None, app_root: Path = APP_ROOT
) -> list[Finding]:
    """Looks at everything; takes a second or two, and makes nothing but the workspace.

    Args:
        settings: Of the installation.
        listening: How the web server can be reached; read from Streamlit's files unless given.
        app_root: Folder of `streamlit_app.py`.

    Returns:
        What was found, in a fixed order.
    """
    reached = listening or configured(app_root)
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (
        lambda: check_address(reached),
        lambda: check_secrets(app_root),
        lambda: check_workspace(settings),
        lambda: check_bundled(app_root),
        lambda: check_queue(settings),
        lambda: check_port(reached),
        lambda: check_python_and_packages(app_root),
        lambda: check_gpus(),
        lambda: check_clock(app_root, settings),
    )
    return [finding for check in checks for finding in _held(check)]


def _held(check: Callable[[], Iterator[Finding]]) -> list[Finding]:
    """One check that cannot be made must not hide the others."""
    try:
        return list(check())
    except OSError as error:
        what = tr("A check could not be made: {reason}.", reason=str(error))
        return [warning(tr("Check"), what, tr("See to it, then look again."))]
