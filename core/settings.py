"""Settings of an installation."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path

APP_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """What the operator decides, read from environment variables `UNFREEZE_*`.

    Attributes:
        workspace: Folder of everything that is written: data, runs, features, weights.
        scheduler: Address of a running Dask scheduler, or "" to start one on this machine.
        queue: Whether this process hands runs to the queue; `UNFREEZE_QUEUE=off` makes a server
            that only looks at runs.
        max_archive_bytes: Largest zip that is accepted, in bytes.
        max_archive_files: Most files that a zip may hold.
        max_unpacked_bytes: Largest size of a zip's contents once unpacked, in bytes.
        max_compression_ratio: Largest unpacked size over packed size of one file.
        max_pixels: Most pixels (width x height) that an image may have. Pillow itself refuses
            more than 178,956,970, so that a larger value lets nothing more pass.
        max_features_bytes: Size on disk of all stored features; the longest unused go first.
    """

    workspace: Path
    scheduler: str = ""
    queue: bool = True
    max_archive_bytes: int = 4_000_000_000
    max_archive_files: int = 200_000
    max_unpacked_bytes: int = 20_000_000_000
    max_compression_ratio: int = 200
    max_pixels: int = 100_000_000
    max_features_bytes: int = 50_000_000_000

    @classmethod
    def from_environment(cls) -> Settings:
        """Reads `UNFREEZE_WORKSPACE`, `_SCHEDULER`, `_QUEUE` and `_MAX_*`."""
        workspace = Path(os.environ.get("UNFREEZE_WORKSPACE") or APP_ROOT / "workspace")
        limits = {
            f.name: int(os.environ[f"UNFREEZE_{f.name.upper()}"])
            for f in dataclasses.fields(cls)
            if f.name.startswith("max_") and os.environ.get(f"UNFREEZE_{f.name.upper()}")
        }
        scheduler = os.environ.get("UNFREEZE_SCHEDULER", "")
        queue = os.environ.get("UNFREEZE_QUEUE", "on") != "off"
        return cls(workspace=workspace.resolve(), scheduler=scheduler, queue=queue, **limits)

    @property
    def data_dir(self) -> Path:
        """Folders that users put here themselves; never written to."""
        return self.workspace / "data"

    @property
    def datasets_dir(self) -> Path:
        """Imported data sets, one folder each."""
        return self.workspace / "datasets"

    @property
    def runs_dir(self) -> Path:
        """Runs, one folder each."""
        return self.workspace / "runs"

    @property
    def features_dir(self) -> Path:
        """Stored outputs of frozen layers, one folder a key."""
        return self.workspace / "features"

    @property
    def weights_dir(self) -> Path:
        """Pretrained weights that users put here, and downloaded ones."""
        return self.workspace / "weights"

    @property
    def queue_dir(self) -> Path:
        """The queue's scheduler file, logs and scratch space."""
        return self.workspace / "queue"
