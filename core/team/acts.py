"""Base of all classes of actions."""

from __future__ import annotations

from core.runs import Run
from core.team.acting import Acting
from core.team.limits import Limits
from core.team.permissions import Action
from core.team.visible import visible_runs


class Acts:
    """Acts for somebody: allowed, within limits, on record.

    Every method that changes something raises `NotAllowedError` where they may not, and
    `LimitError` where there is no room; nothing is done then.

    Args:
        acting: Who.
    """

    def __init__(self, acting: Acting) -> None:
        self._acting = acting
        self._limits = Limits(acting)

    def _run(self, run_id: str) -> Run:
        """A run that this person sees."""
        return visible_runs(self._acting).get(run_id)

    def _check(self, action: Action, run_id: str) -> Run:
        """A run to which this person may do something."""
        run = self._run(run_id)
        self._acting.require(action, "run", run_id)
        return run
