"""Sentences, plurals and numbers in two languages."""

import pytest

from core.language import anew, best_language, in_english, in_language, number, retold, tr, trn


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "1 изображение"),
        (3, "3 изображения"),
        (11, "11 изображений"),
        (25_000, "25\u00a0000 изображений"),
    ],
)
def test_russian_has_three_plurals(russian: None, count: int, words: str) -> None:
    assert trn("{count} image", "{count} images", count) == words


@pytest.mark.parametrize(
    ("count", "words"), [(1, "1 image"), (0, "0 images"), (1234, "1,234 images")]
)
def test_english_has_two(count: int, words: str) -> None:
    assert trn("{count} image", "{count} images", count) == words


def test_what_one_process_wrote_is_told_in_the_readers_language() -> None:
    count = trn("{count} image", "{count} images", 2)
    record = tr("Not in any catalogue: {count} in {file}.", count=count, file="a{b}.jpg").record()

    with in_language("ru"):
        told = retold(record, "otherwise")

    assert told == "Not in any catalogue: 2 изображения in a{b}.jpg."


@pytest.mark.parametrize(
    "record", [None, {}, {"message": 3}, {"message": "{a}", "many": "", "values": {}}]
)
def test_a_record_that_cannot_be_read_gives_the_plain_words(
    record: dict[str, object] | None,
) -> None:
    assert retold(record, "otherwise") in ("otherwise", "{a}")


def test_numbers_are_written_as_the_reader_does(russian: None) -> None:
    assert number(1234567.25, 1) == "1\u00a0234\u00a0567,2"


@pytest.mark.parametrize(
    ("value", "words"), [(3.16, "+3,2"), (-0.04, "0,0"), (-1234.5, "-1\u00a0234,5")]
)
def test_signed_numbers(russian: None, value: float, words: str) -> None:
    assert number(value, 1, signed=True) == words


def test_a_recorded_number_is_written_as_the_reader_does() -> None:
    record = tr("Not in any catalogue: {share} %.", share=number(99.25, 2)).record()

    with in_language("ru"):
        told = retold(record, "otherwise")

    assert told == "Not in any catalogue: 99,25 %."


def test_what_travels_is_english_whoever_reads(russian: None) -> None:
    words = trn("{count} image", "{count} images", 2)

    with in_english():
        travels = f"{anew(words)}, {number(0.5, 1)}"

    assert (words, travels) == ("2 изображения", "2 images, 0.5")


@pytest.mark.parametrize(
    ("wanted", "code"), [("ru-RU", "ru"), ("ru", "ru"), ("de-DE", "en"), (None, "en")]
)
def test_the_browser_decides_at_first(wanted: str | None, code: str) -> None:
    assert best_language(wanted) == code
