"""Reading one table of a model's text: each key by its type, and every mistake named by its path."""

import pytest

from gateway.protocols.checked_table import Mistake, Table


def told(mistakes: list[Mistake]) -> list[str]:
    return [str(mistake) for mistake in mistakes]


def read(content: object, path: str = "") -> tuple[Table, list[Mistake]]:
    mistakes: list[Mistake] = []
    return Table(content, path, mistakes), mistakes


@pytest.mark.parametrize("value", [1, 2, 3])
def test_a_number_within_its_bounds_is_taken(value: int) -> None:
    table, mistakes = read({"phases": value})
    assert table.number("phases", 1, 3) == value
    assert mistakes == []


@pytest.mark.parametrize("value", [0, 4, -1, 2.0, "2", True, None, [2]])
def test_any_other_number_is_a_mistake_and_the_lowest_goes_on(value: object) -> None:
    table, mistakes = read({"phases": value}, "line")
    assert table.number("phases", 1, 3) == 1
    assert told(mistakes) == [f"line.phases: must be a whole number from 1 to 3, not {value!r}"]


def test_a_number_left_out_is_its_default_or_a_mistake() -> None:
    table, mistakes = read({})
    assert table.number("preamble", 0, 8, default=4) == 4
    assert mistakes == []
    assert table.number("baud", 300, 9600) == 300
    assert told(mistakes) == ["baud: must be a whole number from 300 to 9600, not None"]


def test_text_is_taken_and_what_is_none_is_a_mistake() -> None:
    table, mistakes = read({"title": "x", "empty": "", "number": 5, "parity": "E"})
    assert (table.text("title"), table.text("parity", ("E", "N"))) == ("x", "E")
    assert mistakes == []
    assert [table.text("empty"), table.text("number"), table.text("gone", ("E", "N"))] == ["", "", "E"]
    assert told(mistakes) == [
        "empty: must be text, not ''",
        "number: must be text, not 5",
        "gone: must be text, not None",
    ]


def test_a_choice_that_is_none_says_what_there_is_and_what_was_meant() -> None:
    table, mistakes = read({"protocol": "modbus-rtv", "parity": "x"})
    assert table.text("protocol", ("dlt645-2007", "modbus-rtu")) == "dlt645-2007"
    assert table.text("parity", ("E", "N")) == "E"
    assert told(mistakes) == [
        "protocol: must be one of dlt645-2007, modbus-rtu, not 'modbus-rtv' (did you mean 'modbus-rtu'?)",
        "parity: must be one of E, N, not 'x'",
    ]


@pytest.mark.parametrize("value", ["00ff", "0123", "4567", "89AB", "cdef", "CDEF"])
def test_hex_digits_are_taken_in_upper_case(value: str) -> None:
    table, mistakes = read({"di": value})
    assert table.hexadecimal("di", 4) == value.upper()
    assert mistakes == []


@pytest.mark.parametrize("value", ["00f", "00fff", "00fg", "0x01", "0X01", "00 1", 1234, None, "", "٠٠٠١"])
def test_other_digits_are_a_mistake_and_zeros_go_on(value: object) -> None:
    table, mistakes = read({"di": value})
    assert table.hexadecimal("di", 4) == "0000"
    assert told(mistakes) == [f"di: must be text of 4 hex digits, not {value!r}"]


def test_tables_within_tables_carry_their_path() -> None:
    table, mistakes = read({"items": {"energy": {"di": 5}}, "line": 3})
    items = table.table("items")
    energy = items.table("energy")
    assert (table.path, items.path, energy.path) == ("", "items", "items.energy")
    assert (len(table), len(items), len(table.table("gone"))) == (2, 1, 0)
    energy.text("di")
    table.table("line")
    assert told(mistakes) == ["items.energy.di: must be text, not 5", "line: must be a table"]


def test_what_nobody_asked_for_is_a_mistake() -> None:
    table, mistakes = read({"title": "x", "ttle": "y", "energy": {}, "zzz": 1, "items": {}, "di": ""})
    table.text("title")
    table.number("phases", 1, 3, default=1)
    table.hexadecimal("di", 0)
    table.table("items")
    assert table.has("zzz")
    assert not table.has("gone")
    assert table.keys(("energy", "voltage")) == ["energy"]
    mistakes.clear()
    table.close()
    assert told(mistakes) == ["ttle: is not known here (did you mean 'title'?)", "zzz: is not known here"]


def test_what_is_no_table_is_one_mistake_and_empty() -> None:
    table, mistakes = read(["title"], "relay")
    assert len(table) == 0
    table.close()
    assert told(mistakes) == ["relay: must be a table"]
