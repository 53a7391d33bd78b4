"""Settings of an installation."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass, field
from pathlib import Path

APP_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """Settings of the operator, read from environment variables `UNFREEZE_*`.

    Attributes:
        workspace: Folder of everything that is written: data, runs, features, weights.
        scheduler: Address of a running Dask scheduler, or "" to start one on this machine.
        queue: Whether this process hands runs to the queue; `UNFREEZE_QUEUE=off` makes a server
            that only looks at runs.
        warm: Whether a worker keeps a process ready for the next run, about 0.6 GB of memory while
            nothing is trained; `UNFREEZE_WARM=off` starts every run in a new process.
        max_archive_bytes: Largest zip that is accepted, in bytes.
        max_archive_files: Most files that a zip may hold.
        max_unpacked_bytes: Largest size of a zip's contents once unpacked, in bytes.
        max_compression_ratio: Largest unpacked size over packed size of one file.
        max_pixels: Most pixels (width x height) that an image may have. Pillow itself refuses
            more than 178,956,970, so that a larger value lets nothing more pass.
        max_decode_seconds: How long an image that somebody brings in may take to decode.
        max_decode_bytes: How much memory the process that decodes it may use.
        max_features_bytes: Size on disk of all stored features; the longest unused go first.
        database: Address of the team's database, as SQLAlchemy writes it; "" for a file in the
            workspace.
        admins: Who may do everything, where people sign in: e-mail addresses, or domains as
            "@example.org", between commas.
        trainers: Who may bring in data and train, and has things of their own.
        viewers: Who may look and predict.
        default_role: What anybody else who signs in is: `viewer`, `trainer`, `admin`, or "" for
            nobody.
        limit_data_bytes: Size of all imported data sets.
        limit_data_bytes_each: Size of the data sets that one person owns, where people sign in.
        limit_runs_bytes: Size of all runs' folders.
        limit_runs_bytes_each: Size of the runs that one person owns, where people sign in.
        limit_free_bytes: What must stay free on the workspace's disk: the longest unused features
            go before a run is refused.
        limit_runs: Jobs that wait or run, trainings and others, of all people.
        limit_runs_each: Those of one person, where people sign in.
        limit_images: Images in one data set.
        limit_predictions: Images classified on Predict in a minute, by all people.
        limit_predictions_each: Images classified on Predict in a minute, by one person, where
            people sign in.
        limit_login_hours: For how many hours a sign-in holds.
    """

    workspace: Path
    scheduler: str = ""
    queue: bool = True
    warm: bool = True
    max_archive_bytes: int = 4_000_000_000
    max_archive_files: int = 200_000
    max_unpacked_bytes: int = 20_000_000_000
    max_compression_ratio: int = 200
    max_pixels: int = 100_000_000
    max_decode_seconds: int = 30
    max_decode_bytes: int = 4_000_000_000
    max_features_bytes: int = 50_000_000_000
    database: str = field(default="", repr=False)  # it may hold a password
    admins: tuple[str, ...] = ()
    trainers: tuple[str, ...] = ()
    viewers: tuple[str, ...] = ()
    default_role: str = ""
    limit_data_bytes: int = 500_000_000_000
    limit_data_bytes_each: int = 100_000_000_000
    limit_runs_bytes: int = 200_000_000_000
    limit_runs_bytes_each: int = 50_000_000_000
    limit_free_bytes: int = 2_000_000_000
    limit_runs: int = 500
    limit_runs_each: int = 100
    limit_images: int = 1_000_000
    limit_predictions: int = 20_000
    limit_predictions_each: int = 5_000
    limit_login_hours: int = 12

    @classmethod
    def from_environment(cls) -> Settings:
        """Reads `UNFREEZE_WORKSPACE`, `_SCHEDULER`, `_QUEUE`, `_WARM`, `_DATABASE`, those of the
        team, `_MAX_*` and `_LIMIT_*`."""
        workspace = Path(os.environ.get("UNFREEZE_WORKSPACE") or APP_ROOT / "workspace")
        limits = {
            f.name: int(os.environ[f"UNFREEZE_{f.name.upper()}"])
            for f in dataclasses.fields(cls)
            if f.name.startswith(("max_", "limit_"))
            and os.environ.get(f"UNFREEZE_{f.name.upper()}")
        }
        scheduler = os.environ.get("UNFREEZE_SCHEDULER", "")
        queue = os.environ.get("UNFREEZE_QUEUE", "on") != "off"
        warm = os.environ.get("UNFREEZE_WARM", "on") != "off"
        return cls(
            workspace=workspace.resolve(),
            scheduler=scheduler,
            queue=queue,
            warm=warm,
            database=os.environ.get("UNFREEZE_DATABASE", ""),
            default_role=os.environ.get("UNFREEZE_DEFAULT_ROLE", "").strip().lower(),
            admins=_listed("admins"),
            trainers=_listed("trainers"),
            viewers=_listed("viewers"),
            **limits,
        )

    @property
    def database_url(self) -> str:
        """Address of the team's database."""
        return self.database or f"sqlite:///{self.workspace / 'team.db'}"

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


def _listed(name: str) -> tuple[str, ...]:
    """Addresses and domains of a variable, which stand between commas or spaces."""
    text = os.environ.get(f"UNFREEZE_{name.upper()}", "")
    return tuple(text.replace(",", " ").casefold().split())
