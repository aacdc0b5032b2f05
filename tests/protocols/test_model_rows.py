"""What a model's row may say, key by key: bounds, kinds, defaults, and that an item is only read where it can be said."""

import tomllib
from typing import Any

import pytest

from gateway.adapters.model_files import read_models
from gateway.protocols.driver import Item, RelayAction
from gateway.protocols.models import CommandRelay, LineSettings, ModelRow, Register, RegisterRelay, parse_row

ROW_2007 = """
title = "A meter"
protocol = "dlt645-2007"
phases = 1
[line]
baud = 2400
parity = "E"
[items]
energy = { di = "00010000" }
[relay]
password = "02abcdef"
operator = "01000000"
actions = { open = "1a", permit = "1B", close = "1C" }
"""
ROW_MODBUS = """
title = "A meter"
protocol = "modbus-rtu"
phases = 3
[line]
baud = 9600
parity = "N"
[items]
energy = { function = 3, register = "0010", type = "uint32" }
relay = { function = 3, register = "001A", type = "uint16" }
[relay]
register = "001A"
actions = { open = 0, close = 1 }
"""


def row_of(text: str, **changes: Any) -> ModelRow | list[str]:
    """Read a row with keys replaced, `line__baud=300`; a mistake shows as its text. None leaves a key out."""
    content: dict[str, Any] = tomllib.loads(text)
    for path, value in changes.items():
        *tables, key = path.split("__")
        table = content
        for name in tables:
            table = table[name]
        if value is None:
            del table[key]
        else:
            table[key] = value
    row = parse_row("my-meter", content)
    return row if isinstance(row, ModelRow) else [str(mistake) for mistake in row]


def mistakes_in(row: ModelRow | list[str]) -> list[str]:
    return [] if isinstance(row, ModelRow) else row


def test_a_row_of_2007_is_what_its_text_says() -> None:
    actions = {RelayAction.OPEN: 0x1A, RelayAction.PERMIT: 0x1B, RelayAction.CLOSE: 0x1C}
    assert row_of(ROW_2007) == ModelRow(
        "my-meter",
        "A meter",
        "dlt645-2007",
        1,
        LineSettings(2400, "E", 0),
        {Item.ENERGY: "00010000"},
        {},
        CommandRelay(actions, "02ABCDEF", "01000000", None),
    )
    assert row_of(ROW_2007).items == {Item.ENERGY}


def test_a_modbus_row_is_what_its_text_says() -> None:
    registers = {
        Item.ENERGY: Register(3, 0x10, "uint32", 0, 1),
        Item.RELAY: Register(3, 0x1A, "uint16", 0, 1),
    }
    relay = RegisterRelay(0x1A, {RelayAction.OPEN: 0, RelayAction.CLOSE: 1})
    line = LineSettings(9600, "N", 0)
    assert row_of(ROW_MODBUS) == ModelRow("my-meter", "A meter", "modbus-rtu", 3, line, {}, registers, relay)
    assert row_of(ROW_MODBUS).items == {Item.ENERGY, Item.RELAY}


@pytest.mark.parametrize(
    ("changes", "mistakes"),
    [
        ({"line__baud": 300}, []),
        ({"line__baud": 115_200}, []),
        ({"line__baud": 299}, ["line.baud: must be a whole number from 300 to 115200, not 299"]),
        ({"line__baud": 115_201}, ["line.baud: must be a whole number from 300 to 115200, not 115201"]),
        ({"line__parity": "N"}, []),
        ({"line__parity": "O"}, []),
        ({"line__parity": "M"}, ["line.parity: must be one of E, N, O, not 'M'"]),
        ({"line__preamble": 0}, []),
        ({"line__preamble": 8}, []),
        ({"line__preamble": 9}, ["line.preamble: must be a whole number from 0 to 8, not 9"]),
        ({"line__preamble": -1}, ["line.preamble: must be a whole number from 0 to 8, not -1"]),
        ({"line__stop": 1}, ["line.stop: is not known here"]),
        ({"phases": 2}, []),
        ({"phases": 3}, []),
        ({"phases": 0}, ["phases: must be a whole number from 1 to 3, not 0"]),
        ({"colour": 1}, ["colour: is not known here"]),
        ({"title": None}, ["title: must be text, not None"]),
        ({"relay": None}, []),
        ({"relay__trip_delayed_above_ma": 0}, []),
        ({"relay__trip_delayed_above_ma": 1_000_000}, []),
        (
            {"relay__trip_delayed_above_ma": 1_000_001},
            ["relay.trip_delayed_above_ma: must be a whole number from 0 to 1000000, not 1000001"],
        ),
        (
            {"relay__trip_delayed_above_ma": -1},
            ["relay.trip_delayed_above_ma: must be a whole number from 0 to 1000000, not -1"],
        ),
        ({"relay__password": "020000"}, ["relay.password: must be text of 8 hex digits, not '020000'"]),
        ({"relay__operator": "020000"}, ["relay.operator: must be text of 8 hex digits, not '020000'"]),
        ({"relay__actions__open": "1A0"}, ["relay.actions.open: must be text of 2 hex digits, not '1A0'"]),
        ({"relay__actions__open": None}, ["relay.actions.open: a relay can at least be opened"]),
        ({"relay__actions__trip": "1A"}, ["relay.actions.trip: is not known here"]),
        ({"relay__register": "001A"}, ["relay.register: is not known here"]),
        ({"items__energy__register": "0000"}, ["items.energy.register: is not known here"]),
        ({"items__zzz": {}}, ["items.zzz: is not known here"]),
        ({"items": {}}, ["items: a model has at least one item"]),
    ],
)
def test_a_row_of_2007_key_by_key(changes: dict[str, Any], mistakes: list[str]) -> None:
    assert mistakes_in(row_of(ROW_2007, **changes)) == mistakes


@pytest.mark.parametrize(
    ("changes", "mistakes"),
    [
        ({"items__energy__function": 4}, []),
        (
            {"items__energy__function": 2},
            ["items.energy.function: must be a whole number from 3 to 4, not 2"],
        ),
        (
            {"items__energy__function": 5},
            ["items.energy.function: must be a whole number from 3 to 4, not 5"],
        ),
        ({"items__energy__type": "float32"}, []),
        ({"items__energy__type": "uint16"}, []),
        ({"items__energy__type": "int16"}, []),
        ({"items__energy__decimals": 6}, []),
        (
            {"items__energy__decimals": 7},
            ["items.energy.decimals: must be a whole number from 0 to 6, not 7"],
        ),
        (
            {"items__energy__decimals": -1},
            ["items.energy.decimals: must be a whole number from 0 to 6, not -1"],
        ),
        ({"items__energy__count": 3}, []),
        ({"items__energy__count": 0}, ["items.energy.count: must be a whole number from 1 to 3, not 0"]),
        ({"items__energy__count": 4}, ["items.energy.count: must be a whole number from 1 to 3, not 4"]),
        ({"items__energy__register": "ffff"}, []),
        (
            {"items__energy__register": "10"},
            ["items.energy.register: must be text of 4 hex digits, not '10'"],
        ),
        ({"items__energy__di": "00010000"}, ["items.energy.di: is not known here"]),
        ({"relay__register": "1A"}, ["relay.register: must be text of 4 hex digits, not '1A'"]),
        ({"relay__actions__open": 0xFFFF}, []),
        (
            {"relay__actions__open": 0x10000},
            ["relay.actions.open: must be a whole number from 0 to 65535, not 65536"],
        ),
        (
            {"relay__actions__open": -1},
            ["relay.actions.open: must be a whole number from 0 to 65535, not -1"],
        ),
        ({"relay__password": "00000000"}, ["relay.password: is not known here"]),
    ],
)
def test_a_modbus_row_key_by_key(changes: dict[str, Any], mistakes: list[str]) -> None:
    assert mistakes_in(row_of(ROW_MODBUS, **changes)) == mistakes


def test_a_row_may_delay_its_trip() -> None:
    assert row_of(ROW_2007, relay__trip_delayed_above_ma=30_000).relay.trip_delayed_above_ma == 30_000


WITHIN = ["relay.register: is part of energy: writing there would change what the meter counted"]


@pytest.mark.parametrize(
    ("kind", "count", "register", "mistakes"),
    [
        ("uint32", 1, "000F", []),
        ("uint32", 1, "0010", WITHIN),
        ("uint32", 1, "0011", WITHIN),
        ("uint32", 1, "0012", []),
        ("float32", 3, "0015", WITHIN),
        ("float32", 3, "0016", []),
        ("uint16", 1, "0011", []),
        ("int16", 2, "0011", WITHIN),
        ("int16", 2, "0012", []),
    ],
)
def test_a_relay_is_never_written_where_a_meter_counts(
    kind: str, count: int, register: str, mistakes: list[str]
) -> None:
    energy = {"function": 3, "register": "0010", "type": kind, "count": count}
    assert mistakes_in(row_of(ROW_MODBUS, items__energy=energy, relay__register=register)) == mistakes


def test_no_relay_of_1997_is_told_anything() -> None:
    items = {"energy": {"di": "9010"}}
    assert isinstance(row_of(ROW_2007, protocol="dlt645-1997", items=items, relay=None), ModelRow)
    mistakes = row_of(ROW_2007, protocol="dlt645-1997", items=items)
    assert "relay: no relay is commanded by dlt645-1997" in mistakes


@pytest.mark.parametrize(
    ("item", "di", "name"),
    [
        ("energy", "02010100", "voltage phase A"),
        ("energy", "01010000", "forward active maximum demand total"),
        ("energy", "00030000", "combined reactive energy 1 total"),
        ("energy", "04000402", "meter number"),
        ("voltage", "02020100", "current phase A"),
        ("current", "02030000", "active power total"),
        ("power", "02050000", "apparent power total"),
        ("power-factor", "02010100", "voltage phase A"),
        ("frequency", "02800001", "neutral current"),
        ("cover-openings", "00010000", "forward active energy total"),
        ("relay", "04000501", "running status word 1"),
        ("relay", "040005FF", "running status words"),
        ("status-words", "04000503", "running status word 3"),
        ("clock", "04000101", "date and weekday"),
        ("date", "0400010C", "date, weekday and time of day"),
        ("time", "04000101", "date and weekday"),
        ("identity", "00010000", "forward active energy total"),
        ("identity", "040005FF", "running status words"),
        ("identity", "04000101", "date and weekday"),
    ],
)
def test_an_item_is_only_read_from_an_identifier_that_says_it(item: str, di: str, name: str) -> None:
    """A relay read from another word would prove cuts that never were."""
    mistake = f"items.{item}.di: {di} is {name}, which says no {item}"
    assert row_of(ROW_2007, items={item: {"di": di}}) == [mistake]


def test_the_status_of_1997_is_no_relay() -> None:
    found = row_of(ROW_2007, protocol="dlt645-1997", relay=None, items={"relay": {"di": "C020"}})
    assert found == ["items.relay.di: C020 is running status word, which says no relay"]


@pytest.mark.parametrize("item", ["clock", "date", "time", "identity", "status-words"])
def test_what_is_no_number_is_not_read_from_registers(item: str) -> None:
    register = {"function": 3, "register": "0000", "type": "uint16"}
    assert row_of(ROW_MODBUS, items={item: register}) == [f"items.{item}: can't be read from registers here"]


@pytest.mark.parametrize("item", ["cover-openings", "frozen-energy"])
def test_other_numbers_are(item: str) -> None:
    register = {"function": 3, "register": "0000", "type": "uint16"}
    assert isinstance(row_of(ROW_MODBUS, items={item: register}), ModelRow)


def test_an_identifier_is_written_in_the_digits_of_its_edition() -> None:
    found = row_of(ROW_2007, items__energy__di="9010")
    assert found == ["items.energy.di: must be text of 8 hex digits, not '9010'"]
    found = row_of(ROW_2007, protocol="dlt645-1997", relay=None)
    assert "items.energy.di: must be text of 4 hex digits, not '00010000'" in found
    assert row_of(ROW_2007, items__energy__di="0001ff00").identifiers == {Item.ENERGY: "0001FF00"}


SHIPPED = {
    "acrel-ddsy1352": ("dlt645-2007", 1, LineSettings(2400, "E", 4)),
    "chint-ddsu666": ("modbus-rtu", 1, LineSettings(9600, "N", 0)),
    "chint-dtsu666": ("modbus-rtu", 3, LineSettings(9600, "N", 0)),
    "eastron-sdm120": ("modbus-rtu", 1, LineSettings(2400, "N", 0)),
    "eastron-sdm630": ("modbus-rtu", 3, LineSettings(9600, "N", 0)),
    "generic-dlt645-1997": ("dlt645-1997", 1, LineSettings(1200, "E", 4)),
    "generic-dlt645-2007": ("dlt645-2007", 1, LineSettings(2400, "E", 4)),
    "hiking-dds238-zn-sr": ("modbus-rtu", 1, LineSettings(9600, "N", 0)),
    "three-phase-dlt645-2007": ("dlt645-2007", 3, LineSettings(2400, "E", 4)),
}


def test_how_the_shipped_models_leave_the_factory() -> None:
    found = {name: (row.protocol, row.phases, row.line) for name, row in read_models().items()}
    assert found == SHIPPED
