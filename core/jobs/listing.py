"""The jobs of a workspace that wait or run, apart from the trainings, which `core.runs` lists."""

from __future__ import annotations

import time
from pathlib import Path

from core.jobs import waiting
from core.jobs.job import Job, read_job
from core.jobs.process import recorded_process

# A job that was asked for this moment may not be written down yet.
_NEW_SECONDS = 60.0


def active_jobs(queue_dir: Path) -> list[Job]:
    """Jobs that wait or run, or whose process has not gone yet, the oldest first.

    Args:
        queue_dir: The workspace's `queue/`.
    """
    found = []
    for folder in waiting.folders(queue_dir):
        job = read_job(folder)
        if job is not None and (job.active or recorded_process(job.process_path) is not None):
            found.append(job)
        elif job is None or time.time() - job.order > _NEW_SECONDS:
            waiting.remove(queue_dir, folder)
    return sorted(found, key=lambda job: (job.order, str(job.folder)))
