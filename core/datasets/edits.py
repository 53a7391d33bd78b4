"""Changes to a data set, kept as a layer over what was brought in; no user's file is touched.

`edits.json` in the data set's folder lists them in order. Each change makes a new version of the
data set: the version that was brought in with all changes applied. Taking the last one back makes
the version before it current again; runs keep the version that they used.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import pandas as pd

from core.datasets.copies import mark_copies
from core.datasets.coverage import coverage_notes, is_coverage_note
from core.datasets.manifest import SPLITS, split_word
from core.datasets.regroup import DIFFERENT, SAME, regrouped
from core.datasets.split import SplitPlan, divide, split_sentence
from core.datasets.store import Dataset, DatasetStore
from core.errors import DatasetError
from core.files import read_json, write_json
from core.language import english, mark, tr, trn
from core.records import UNREADABLE_RECORD, known_fields

EditKind = Literal["relabel", "exclude", "include", "move", "split", "near_duplicates"]
_OF_ALL = ("split", "near_duplicates")
_FILE = "edits.json"
_JUDGED = {
    SAME: mark("Near-duplicates confirmed as the same images."),
    DIFFERENT: mark("Near-duplicates marked as different images; only exact copies are grouped."),
}


@dataclass(frozen=True)
class Edit:
    """One change.

    Attributes:
        kind: `relabel` (value is a class name), `exclude`, `include` (takes an exclusion back),
            `move` (value is a split), `split` (all images anew, as `plan` says) or
            `near_duplicates` (value is `same` or `different`: whether the images of a group show
            the same picture; `different` leaves only groups of equal files).
        paths: The images, as the manifest names them; empty where all are meant.
        value: See `kind`.
        plan: See `kind`.
    """

    kind: EditKind
    paths: tuple[str, ...] = ()
    value: str = ""
    plan: SplitPlan | None = None

    def sentence(self) -> str:
        """Describe the edit in a few words."""
        if self.plan is not None:
            return split_sentence(self.plan)
        if self.kind == "near_duplicates":
            return tr(_JUDGED[self.value])
        value = split_word(self.value) if self.kind == "move" else self.value
        several = len(self.paths) != 1
        words = (
            _about_several(len(self.paths), value) if several else _about_one(self.paths[0], value)
        )
        return words[self.kind]


def _about_one(path: str, value: str) -> dict[str, str]:
    return {
        "relabel": tr("{path} relabelled as {value}.", path=path, value=value),
        "exclude": tr("{path} excluded.", path=path),
        "include": tr("{path} included again.", path=path),
        "move": tr("{path} moved to {value}.", path=path, value=value),
    }


def _about_several(count: int, value: str) -> dict[str, str]:
    return {
        "relabel": trn(
            "{count} image relabelled as {value}.",
            "{count} images relabelled as {value}.",
            count,
            value=value,
        ),
        "exclude": trn("{count} image excluded.", "{count} images excluded.", count),
        "include": trn("{count} image included again.", "{count} images included again.", count),
        "move": trn(
            "{count} image moved to {value}.",
            "{count} images moved to {value}.",
            count,
            value=value,
        ),
    }


def edits_of(dataset: Dataset) -> tuple[Edit, ...]:
    """The changes that the current version of a data set has, the oldest first.

    Raises:
        DatasetError: If their file cannot be read.
    """
    return _read(dataset)[1]


def near_duplicates_judged(edits: Sequence[Edit]) -> str:
    """Return what a person last said of all near-duplicates: `same`, `different`, or ""."""
    answers = [edit.value for edit in edits if edit.kind == "near_duplicates"]
    return answers[-1] if answers else ""


def unedited(store: DatasetStore, dataset: Dataset) -> Dataset:
    """The version that the changes start from."""
    return store.get(dataset.id, _read(dataset)[0])


def add_edit(store: DatasetStore, dataset: Dataset, *more: Edit) -> Dataset:
    """Makes one or more changes, and with them a new version.

    They are added to the data set's current version, whichever `dataset` is: what a colleague has
    changed since it was shown stays changed.

    Raises:
        DatasetError: If one names an unknown image, class or split, or if they leave nothing to
            train on. Nothing is changed then.
    """
    with store.changing(dataset.id) as current:
        base, edits = _read(current)
        every = (*edits, *more)
        if not edits or near_duplicates_judged(more):
            return _save(store, dataset.id, base, every)
        # Not all over again: a version's split stays, however splits are made by now.
        edited = apply_edits(current.manifest(), current.class_names, more)
        return _save(store, dataset.id, base, every, edited)


def undo(store: DatasetStore, dataset: Dataset) -> Dataset:
    """Takes the last change back; without one, nothing happens."""
    with store.changing(dataset.id) as current:
        base, edits = _read(current)
        return _save(store, dataset.id, base, edits[:-1]) if edits else current


def carry_over(store: DatasetStore, after: Dataset, before: tuple[Edit, ...]) -> Dataset:
    """Applies the changes of an earlier import to a new one, where the images are still there."""
    known = set(after.manifest()["path"])
    kept = []
    for edit in before:
        paths = tuple(path for path in edit.paths if path in known)
        fits = edit.kind != "relabel" or edit.value in after.class_names
        if edit.kind in _OF_ALL or (paths and fits):
            kept.append(dataclasses.replace(edit, paths=paths))
    return _save(store, after.id, after.version, tuple(kept)) if kept else after


def apply_edits(
    manifest: pd.DataFrame, class_names: Sequence[str], edits: Sequence[Edit]
) -> pd.DataFrame:
    """The manifest with all changes made, and its marks of copies written anew.

    Raises:
        DatasetError: If a change names an unknown image, class, split or answer.
    """
    table = manifest.copy()
    labels = {name: label for label, name in enumerate(class_names)}
    for edit in edits:
        table = _applied(table, labels, edit)
    return mark_copies(table)


def _applied(table: pd.DataFrame, labels: dict[str, int], edit: Edit) -> pd.DataFrame:
    if edit.kind == "split":
        return divide(table, edit.plan or SplitPlan())
    if edit.kind == "near_duplicates":  # it is about what all the others start from
        _check_known(edit.value, list(_JUDGED), mark("There is no answer {name}."))
        return table
    rows = table["path"].isin(edit.paths)
    if rows.sum() != len(set(edit.paths)):
        missing = sorted(set(edit.paths) - set(table["path"]))
        raise DatasetError(
            tr("There is no image {path} in this data set.", path=missing[0]),
            tr("Choose another."),
        )
    if edit.kind == "relabel":
        _check_known(edit.value, list(labels), mark("There is no class {name}."))
        table.loc[rows, "class_name"] = edit.value
        table.loc[rows, "label"] = labels[edit.value]
    elif edit.kind == "move":
        _check_known(edit.value, SPLITS, mark("There is no split {name}."))
        table.loc[rows, "split"] = edit.value
    elif edit.kind == "exclude":
        # What cannot be read is out already, and stays out when this is taken back.
        rows &= table["usable"]
        table.loc[rows, "issues"] = [_with(text) for text in table.loc[rows, "issues"]]
        table.loc[rows, "usable"] = False
    else:
        rows &= table["issues"].str.split(";").map(lambda codes: "excluded" in codes)
        table.loc[rows, "issues"] = [_without(text) for text in table.loc[rows, "issues"]]
        table.loc[rows, "usable"] = True
    return table


def _with(issues: str) -> str:
    return f"{issues};excluded" if issues else "excluded"


def _without(issues: str) -> str:
    return ";".join(code for code in issues.split(";") if code != "excluded")


def _check_known(value: str, known: Sequence[str], otherwise: str) -> None:
    if value not in known:
        raise DatasetError(
            tr(otherwise, name=repr(value)),
            tr("Choose one of {names}.", names=", ".join(known[:8])),
        )


def _save(
    store: DatasetStore,
    dataset_id: str,
    base: str,
    edits: tuple[Edit, ...],
    edited: pd.DataFrame | None = None,
) -> Dataset:
    """Save the version that has these edits; `edited` is its manifest where that is known."""
    first = store.get(dataset_id, base)
    manifest, told = first.manifest(), list(first.notes)
    if near_duplicates_judged(edits) == DIFFERENT:
        manifest, told = regrouped(manifest, told)
    if edited is None:
        edited = apply_edits(manifest, first.class_names, edits) if edits else manifest
    # Checks as well that at least two classes are left.
    notes = _notes(told, edits) + coverage_notes(edited, first.class_names)
    saved = store.save(
        dataset_id,
        first.name,
        edited,
        first.class_names,
        first.root,
        first.source,
        tuple(notes),
        first.created,
    )
    record = {"base": base, "version": saved.version, "edits": [_plain(edit) for edit in edits]}
    write_json(saved.path / _FILE, record)
    return saved


def _notes(told: Sequence[str], edits: Sequence[Edit]) -> list[str]:
    """Notes of the import that are still true."""
    outdated: tuple[str, ...] = ()
    if any(edit.kind == "split" for edit in edits):
        outdated = ("Split by the app", "There was no ", "Nearly all images are", "“")
    return [n for n in told if not is_coverage_note(n) and not english(n).startswith(outdated)]


def _read(dataset: Dataset) -> tuple[str, tuple[Edit, ...]]:
    path = dataset.path / _FILE
    if not path.exists():
        return dataset.version, ()
    try:
        record = read_json(path)
        edits = tuple(_edit(values) for values in record["edits"])
        base, version = str(record["base"]), record.get("version")
    except UNREADABLE_RECORD as error:
        raise DatasetError(
            tr(
                "The changes of {name} cannot be read: {error}.",
                name=dataset.name,
                error=str(error),
            ),
            tr("Delete {path} to go back to the data set as it was brought in.", path=str(path)),
        ) from error
    # Another import since then made its own version: the changes are not part of that one.
    return (base, edits) if version == dataset.version else (dataset.version, ())


def _plain(edit: Edit) -> dict[str, Any]:
    return dataclasses.asdict(edit)


def _edit(values: dict[str, Any]) -> Edit:
    plan = {**values}.get("plan")  # a TypeError where it is no object
    built = SplitPlan(**known_fields(SplitPlan, plan)) if plan else None
    edit = Edit(**known_fields(Edit, {**values, "plan": built}))
    judged = edit.kind == "near_duplicates" and edit.value in _JUDGED
    if (edit.kind == "split") != (built is not None) or not (edit.paths or built or judged):
        raise ValueError(f"a change without what it changes: {values!r:.60}")
    return replace(edit, paths=tuple(str(path) for path in edit.paths))
