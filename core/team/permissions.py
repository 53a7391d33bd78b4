"""Permissions, one row per action. Pages ask in order to disable a button; `core` refuses."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.errors import NotAllowedError
from core.language import mark, tr
from core.team.people import Person, Role


class Action(StrEnum):
    """Everything that changes something."""

    PREDICT = "predict"
    HEAT_MAPS = "heat_maps"
    BATCH = "batch"
    EXPORT = "export"
    START_RUN = "start_run"
    STOP_RUN = "stop_run"
    RESUME_RUN = "resume_run"
    KILL_RUN = "kill_run"
    MOVE_RUN_UP = "move_run_up"
    DELETE_RUN = "delete_run"
    SET_THRESHOLD = "set_threshold"
    IMPORT_DATA = "import_data"
    EDIT_DATA = "edit_data"
    DELETE_DATA = "delete_data"
    SHARE = "share"
    WRITE_NOTE = "write_note"
    DELETE_NOTE = "delete_note"
    PIN_RUN = "pin_run"
    DELETE_FEATURES = "delete_features"
    END_PROCESSES = "end_processes"
    START_TENSORBOARD = "start_tensorboard"


@dataclass(frozen=True)
class Rule:
    """Requirements of an action.

    Attributes:
        role: The least role.
        own: Whether somebody else's thing needs an admin.
        words: What is done, to put into "Only an admin may …".
    """

    role: Role
    own: bool
    words: str


RULES = {
    Action.PREDICT: Rule(Role.VIEWER, False, mark("classify images")),
    Action.HEAT_MAPS: Rule(Role.VIEWER, False, mark("compute heat maps")),
    Action.BATCH: Rule(Role.TRAINER, False, mark("classify a whole folder")),
    Action.EXPORT: Rule(Role.TRAINER, False, mark("make other formats")),
    Action.START_RUN: Rule(Role.TRAINER, False, mark("train a model")),
    Action.STOP_RUN: Rule(Role.TRAINER, True, mark("stop it")),
    Action.RESUME_RUN: Rule(Role.TRAINER, True, mark("resume it")),
    Action.KILL_RUN: Rule(Role.TRAINER, True, mark("end it by force")),
    # Asked for the run and for the one before it: nobody passes a colleague.
    Action.MOVE_RUN_UP: Rule(Role.TRAINER, True, mark("put it before somebody else's")),
    Action.DELETE_RUN: Rule(Role.TRAINER, True, mark("delete it")),
    Action.SET_THRESHOLD: Rule(Role.TRAINER, True, mark("set its threshold")),
    Action.IMPORT_DATA: Rule(Role.TRAINER, False, mark("bring in data")),
    # A team labels together what is shared; a lock sees to it that it is one at a time.
    Action.EDIT_DATA: Rule(Role.TRAINER, False, mark("change a data set")),
    Action.DELETE_DATA: Rule(Role.TRAINER, True, mark("delete it")),
    Action.SHARE: Rule(Role.TRAINER, True, mark("say who sees it")),
    Action.WRITE_NOTE: Rule(Role.TRAINER, False, mark("write notes")),
    Action.DELETE_NOTE: Rule(Role.TRAINER, True, mark("delete it")),
    Action.PIN_RUN: Rule(Role.TRAINER, False, mark("pin runs")),
    Action.DELETE_FEATURES: Rule(Role.ADMIN, False, mark("delete stored features")),
    Action.END_PROCESSES: Rule(Role.ADMIN, False, mark("end all processes")),
    # It shows all runs, private ones as well.
    Action.START_TENSORBOARD: Rule(Role.ADMIN, False, mark("start TensorBoard")),
}


def refusal(
    person: Person, action: Action, owner: str | None = None, private: bool = False
) -> NotAllowedError | None:
    """Reason why a user may not do something; None where they may.

    Args:
        person: Who.
        action: What.
        owner: Address of the owner of what it is done to, "" for nobody's; None where it is done
            to nothing that has one.
        private: Whether that is the owner's alone.
    """
    rule = RULES[action]
    if person.role is Role.ADMIN:
        return None
    if person.role.rank < rule.role.rank:
        what = (
            tr("Only an admin may {action}.", action=tr(rule.words))
            if rule.role is Role.ADMIN
            else tr("Only a trainer may {action}; you are a viewer.", action=tr(rule.words))
        )
        return NotAllowedError(what, tr("Ask an admin for it."))
    if owner is None or (owner and owner == person.email):
        return None
    if private:
        return NotAllowedError(
            tr("This is private."), tr("Ask {owner} to share it.", owner=owner or tr("an admin"))
        )
    if rule.own:
        return NotAllowedError(
            tr(
                "It is {owner}'s: only they or an admin may {action}.",
                owner=owner or tr("nobody"),
                action=tr(rule.words),
            ),
            tr("Ask one of them."),
        )
    return None


def require(
    person: Person, action: Action, owner: str | None = None, private: bool = False
) -> None:
    """Check that a user may do something.

    Args:
        person: Who.
        action: What.
        owner: See `refusal`.
        private: See `refusal`.

    Raises:
        NotAllowedError: If they may not.
    """
    error = refusal(person, action, owner, private)
    if error is not None:
        raise error


def sees(person: Person, owner: str, private: bool) -> bool:
    """Return True if a user can see a thing at all."""
    return not private or person.role is Role.ADMIN or (bool(owner) and owner == person.email)
