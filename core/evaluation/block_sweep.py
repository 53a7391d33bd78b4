"""The block sweep: the same short training for every block, ranked on validation images alone.

Source of the idea that one block alone may be enough: Y. Lee et al. (2023), "Surgical fine-tuning
improves adaptation to distribution shifts", ICLR.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from core.backbones.account import account
from core.backbones.block import Block
from core.backbones.defaults import suggest_fine_tuning
from core.config import FineTuneConfig, HeadConfig, Scope, TrainingConfig
from core.errors import RunError
from core.evaluation.class_changes import holm
from core.evaluation.comparison import model_name
from core.evaluation.intervals import wilson
from core.evaluation.predictions import join_predictions, read_predictions
from core.evaluation.verdict import LEVEL, judge_pairs
from core.language import mark, number, tr, trn
from core.runs import Run
from core.runs.groups import CreateRun, Group, new_mark, queue_group

SWEEP_EPOCHS = 3


@dataclass(frozen=True)
class Sweep:
    """Results of a sweep so far.

    Attributes:
        table: One row a run that was trained to its end, the best on validation first, with the
            columns
            run_id, block, scope, name (str), accuracy, low, high (float64): on the validation
            images, with Wilson's interval, between 0 and 1,
            compute (float64): share of the backbone's multiply-adds computed in every step,
            p_holm (float64): exact McNemar against the first row on the same validation images,
            corrected for the number of rows; 1 for the first row itself,
            tied (bool): whether it cannot be told from the first row.
        images: Validation images.
    """

    table: pd.DataFrame
    images: int


def sweep_choices(blocks: Sequence[Block]) -> list[tuple[str, Scope]]:
    """List the choices: from each block on, each block alone, and the head alone for comparison.

    The last block comes first: it costs the least, so that there is something to see soon.
    """
    choices: list[tuple[str, Scope]] = [(blocks[-1].name, "none"), (blocks[-1].name, "from")]
    for block in reversed(blocks[:-1]):
        choices += [(block.name, "from"), (block.name, "only")]
    return choices


def queue_sweep(
    create: CreateRun, head: Run, blocks: Sequence[Block], epochs: int = SWEEP_EPOCHS
) -> None:
    """Queues the same short fine-tuning from a head for every choice.

    Raises:
        RunError: If it is no head run, or the workspace cannot be written to.
    """
    configs = [full_run(head, block, scope) for block, scope in sweep_choices(blocks)]
    configs = [replace(c, training=replace(c.training, epochs=epochs)) for c in configs]
    group = new_mark("sweep", mark("Every block"), head.id)
    queue_group(create, group, configs, head.dataset_name)


def full_run(head: Run, block: str, scope: Scope) -> FineTuneConfig:
    """A choice trained as long as is suggested for this head.

    Raises:
        RunError: If it is no head run.
    """
    if not isinstance(head.config, HeadConfig):
        raise RunError(
            tr("Run {run} is no head run.", run=head.id), tr("Choose a head to start from.")
        )
    training: TrainingConfig = suggest_fine_tuning(head.config)
    return FineTuneConfig(head.id, head.config, block, scope, training=training)


def sweep(group: Group, blocks: Sequence[Block]) -> Sweep:
    """Ranks what was trained by its accuracy on the validation images; the test ones stay shut.

    Where two have the same accuracy, the one that trains less comes first.

    Raises:
        RunError: If predictions cannot be read.
    """
    tuned = [(r, r.config) for r in group.completed if isinstance(r.config, FineTuneConfig)]
    rows, tables = [], {}
    for run, config in tuned:
        tables[run.id] = predictions = read_predictions(run, "val")
        right = int((predictions["predicted"] == predictions["label"]).sum())
        score = wilson(right, len(predictions))
        compute = account(blocks, 0, config.block, config.scope).compute_trained
        limits = (score.estimate, score.low, score.high)
        rows.append((run.id, config.block, config.scope, model_name(run), *limits, compute))
    columns = ["run_id", "block", "scope", "name", "accuracy", "low", "high", "compute"]
    table = pd.DataFrame(rows, columns=columns)
    table = table.sort_values(
        ["accuracy", "compute"], ascending=[False, True], kind="stable", ignore_index=True
    )
    order = table["run_id"].to_list()
    p_values = [judge_pairs(join_predictions(tables[run], tables[order[0]])) for run in order[1:]]
    corrected = holm(np.asarray([verdict.p_value for verdict in p_values], dtype=np.float64))
    table["p_holm"] = np.concatenate([np.ones(min(1, len(order))), corrected])
    table["tied"] = table["p_holm"] >= LEVEL
    return Sweep(table, len(tables[order[0]]) if order else 0)


def sweep_in_words(found: Sweep) -> str:
    """The best choice, how many cannot be told from it, and the cheapest of those."""
    table = found.table
    if len(table) < 2:
        return ""
    best = table.iloc[0]
    tied = table[table["tied"]]
    words = tr(
        "**{name}** is best on the {count} validation images: {accuracy} % ({low} to {high}).",
        name=best["name"],
        count=found.images,
        accuracy=number(100 * best["accuracy"], 1),
        low=number(100 * best["low"], 1),
        high=number(100 * best["high"], 1),
    )
    others = len(tied) - 1
    if not others:
        worse = tr("Every other choice is worse than chance explains.")
        return f"{words} {worse}"
    cheapest = tied.sort_values("compute", kind="stable").iloc[0]
    if len(table) == 2:
        other = tr("The other one cannot be told from it as far as these images show.")
        return f"{words} {other}"
    tied_words = trn(
        "{count} of the {others} others cannot be told from it: differences among them are not "
        "real as far as these images show.",
        "{count} of the {others} others cannot be told from it: differences among them are not "
        "real as far as these images show.",
        others,
        others=len(table) - 1,
    )
    if cheapest["run_id"] == best["run_id"]:
        return f"{words} {tied_words}"
    cheap = tr("The cheapest of them to train is **{name}**.", name=str(cheapest["name"]).lower())
    return f"{words} {tied_words} {cheap}"
