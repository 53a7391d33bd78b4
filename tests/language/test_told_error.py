"""Errors that one process wrote down, told by another in the reader's language."""

from core.errors import RunError, told_error
from core.language import in_language, tr


def test_an_error_is_told_from_what_it_was_made_of() -> None:
    way_out = tr("Choose a lower learning rate.")
    record = RunError(tr("Nothing in {file}.", file="a{b}.jpg"), way_out).record("trace")
    with in_language("ru"):
        what, told = told_error(record, "Failed.")

    assert record["what"] == what == "Nothing in a{b}.jpg."  # no catalogue has it
    assert told == "Выберите меньшую скорость обучения."
    assert record["way_out"] == way_out and record["details"] == "trace"


def test_what_an_older_version_wrote_is_told_too() -> None:
    with in_language("ru"):
        told = told_error({"what": "{never} said", "way_out": "Choose a lower learning rate."}, "")

    assert told == ("{never} said", "Выберите меньшую скорость обучения.")


def test_where_nothing_was_written_something_is_said() -> None:
    assert told_error(None, "This run failed.") == ("This run failed.", "")
