"""Model rows: what ships is right, and every mistake of a wrong row is listed with its path."""

import tomllib
from pathlib import Path

import pytest

from gateway.adapters.model_files import BrokenModels, read_models
from gateway.protocols.driver import Item, RelayAction
from gateway.protocols.models import CommandRelay, ModelRow, Register, RegisterRelay, parse_row

GOOD_645 = """
title = "x"
protocol = "dlt645-2007"
phases = 1
[line]
baud = 2400
parity = "E"
[items]
energy = { di = "00010000" }
"""
GOOD_MODBUS = """
title = "x"
protocol = "modbus-rtu"
phases = 1
[line]
baud = 9600
parity = "N"
[items]
energy = { function = 3, register = "0000", type = "uint32", decimals = 2 }
[relay]
register = "001A"
actions = { open = 0, close = 1 }
"""


def test_what_ships() -> None:
    models = read_models()
    assert sorted(models) == [
        "acrel-ddsy1352",
        "chint-ddsu666",
        "chint-dtsu666",
        "eastron-sdm120",
        "eastron-sdm630",
        "generic-dlt645-1997",
        "generic-dlt645-2007",
        "hiking-dds238-zn-sr",
        "three-phase-dlt645-2007",
    ]
    generic, hiking = models["generic-dlt645-2007"].relay, models["hiking-dds238-zn-sr"].relay
    assert isinstance(generic, CommandRelay)
    assert generic.actions == {RelayAction.OPEN: 0x1A, RelayAction.PERMIT: 0x1B, RelayAction.CLOSE: 0x1C}
    assert generic.trip_delayed_above_ma == 30_000
    assert hiking == RegisterRelay(0x001A, {RelayAction.OPEN: 0, RelayAction.CLOSE: 1})
    assert models["eastron-sdm120"].relay is None
    assert models["generic-dlt645-1997"].relay is None
    assert models["eastron-sdm630"].registers[Item.CURRENT] == Register(4, 0x0006, "float32", count=3)


def test_no_model_writes_a_register_it_counts_in() -> None:
    for row in read_models().values():
        if isinstance(row.relay, RegisterRelay):
            counted = [register for item, register in row.registers.items() if item is not Item.RELAY]
            assert not any(register.covers(row.relay.address) for register in counted)


@pytest.mark.parametrize("text", [GOOD_645, GOOD_MODBUS])
def test_a_good_row(text: str) -> None:
    assert isinstance(parse_row("x", tomllib.loads(text)), ModelRow)


@pytest.mark.parametrize(
    ("text", "old", "new", "mistakes"),
    [
        (GOOD_645, 'title = "x"', "", ["title: must be text, not None"]),
        (
            GOOD_645,
            "dlt645-2007",
            "dlt645-2006",
            ["protocol: must be one of dlt645-2007, dlt645-1997, modbus-rtu, not 'dlt645-2006' (did you mean 'dlt645-2007'?)"],
        ),
        (GOOD_645, "phases = 1", "phases = 4", ["phases: must be a whole number from 1 to 3, not 4"]),
        (GOOD_645, "baud = 2400", "baud = true", ["line.baud: must be a whole number from 300 to 115200, not True"]),
        (GOOD_645, '"E"', '"even"', ["line.parity: must be one of E, N, O, not 'even'"]),
        (GOOD_645, "energy", "enery", ["items.enery: is not known here (did you mean 'energy'?)"]),
        (GOOD_645, '"00010000"', '"1"', ["items.energy.di: must be text of 8 hex digits, not '1'"]),
        (GOOD_645, '"00010000"', '"FFFFFFFF"', ["items.energy.di: FFFFFFFF is no identifier that can be read here"]),
        (GOOD_645, "[items]", "[itms]", ["items: a model has at least one item",
            "itms: is not known here (did you mean 'items'?)"]),
        (GOOD_645, "[line]", "[[line]]", ["line: must be a table"]),
        (GOOD_MODBUS, '"uint32"', '"uint64"',
            ["items.energy.type: must be one of float32, uint32, uint16, int16, not 'uint64' (did you mean 'uint16'?)"]),
        (GOOD_MODBUS, "function = 3", "function = 6", ["items.energy.function: must be a whole number from 3 to 4, not 6"]),
        (GOOD_MODBUS, '"001A"', '"0001"', ["relay.register: is part of energy: writing there would change what the meter counted"]),
        (GOOD_MODBUS, "open = 0, ", "", ["relay.actions.open: a relay can at least be opened"]),
        (GOOD_MODBUS, "open = 0", "open = 70000", ["relay.actions.open: must be a whole number from 0 to 65535, not 70000"]),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_path(text: str, old: str, new: str, mistakes: list[str]) -> None:
    assert old in text
    found = parse_row("x", tomllib.loads(text.replace(old, new)))
    assert isinstance(found, list)
    assert set(mistakes) <= {str(mistake) for mistake in found}


def test_all_mistakes_are_listed() -> None:
    found = parse_row("x", {"protocol": "dlt645-1997", "relay": {"pasword": 1}, "items": {"energy": 5}})
    assert isinstance(found, list)
    assert {mistake.path for mistake in found} >= {
        "title",
        "phases",
        "line.baud",
        "line.parity",
        "items.energy",
        "relay",
    }


def test_a_site_brings_its_own_models(tmp_path: Path) -> None:
    (tmp_path / "house-meter.toml").write_text(GOOD_MODBUS)
    (tmp_path / "eastron-sdm120.toml").write_text(GOOD_645)
    models = read_models(tmp_path)
    assert models["house-meter"].protocol == "modbus-rtu"
    assert models["eastron-sdm120"].protocol == "dlt645-2007"


def test_broken_files_are_listed_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("title =")
    (tmp_path / "b.toml").write_bytes(b"\xff")
    (tmp_path / "c.toml").write_text("")
    with pytest.raises(BrokenModels) as caught:
        read_models(tmp_path)
    assert sorted(caught.value.mistakes) == ["a.toml", "b.toml", "c.toml"]
    assert "a.toml: file: is no TOML" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (GOOD_645 + '[address]\nregister = "0014"\ntype = "uint16"\n', "has a function of its own"),
        (GOOD_MODBUS + '[address]\nregister = "0001"\ntype = "uint16"\n', "is part of energy"),
        (GOOD_MODBUS + '[address]\nregister = "0015"\ntype = "int16"\n', "address.type"),
    ],
)
def test_a_wrong_address_register_is_a_mistake(text: str, mistake: str) -> None:
    found = parse_row("x", tomllib.loads(text))
    assert isinstance(found, list)
    assert mistake in " ".join(str(one) for one in found)


def test_an_address_register_is_read() -> None:
    row = parse_row("x", tomllib.loads(GOOD_MODBUS + '[address]\nregister = "0015"\ntype = "uint16"\n'))
    assert isinstance(row, ModelRow)
    assert row.address == Register(3, 0x0015, "uint16")
