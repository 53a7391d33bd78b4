"""The catalogue of backbones: plain data that pages can show without keras."""

from __future__ import annotations

from pathlib import Path

from core.backbones.own import OWN_PREFIX, own_backbones, own_spec
from core.backbones.rows import ROWS
from core.backbones.spec import BackboneSpec, Preprocessing
from core.errors import BackboneError
from core.language import tr

__all__ = [
    "CATALOG",
    "BackboneSpec",
    "Preprocessing",
    "backbones_on_offer",
    "find_backbone",
    "title_of",
]

CATALOG: dict[str, BackboneSpec] = {row.name: row for row in ROWS}


def find_backbone(name: str, weights_dir: Path | None = None) -> BackboneSpec:
    """Looks a backbone up by name.

    Args:
        name: A key of the catalogue, or `own:<file name>`.
        weights_dir: The workspace's `weights/`; needed for what a user's own file says of itself.

    Raises:
        BackboneError: If there is none of that name.
    """
    if name.startswith(OWN_PREFIX):
        return own_spec(name, weights_dir)
    try:
        return CATALOG[name]
    except KeyError:
        raise BackboneError(
            tr("There is no backbone {name}.", name=repr(name)),
            tr("Choose one of {names}.", names=", ".join(CATALOG)),
        ) from None


def title_of(name: str) -> str:
    """A backbone's title, also of one's own; the name itself where there is none of that name."""
    try:
        return find_backbone(name).title
    except BackboneError:
        return name


def backbones_on_offer(weights_dir: Path) -> list[BackboneSpec]:
    """All backbones that a run can use: the catalogue's, then the user's own files."""
    return [*ROWS, *own_backbones(weights_dir, CATALOG)]
