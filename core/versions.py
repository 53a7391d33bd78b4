"""The versions of the packages that decide what a run computes."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("tensorflow", "keras", "numpy", "pillow", "scikit-learn")


def package_versions() -> dict[str, str]:
    """Versions by name, `python` among them, without importing any of them."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        # On Linux the package of TensorFlow that the app installs has another name.
        for installed in (name, f"{name}-cpu"):
            try:
                found[name] = version(installed)
            except PackageNotFoundError:
                continue
            break
    return found
