"""What a meter is, from what it answers: above all whether it would cut by itself."""

import pytest

from gateway.protocols.driver import Item, MeterClock, Values
from gateway.protocols.models import LineSettings, ModelRow, Register
from gateway.protocols.search.portrait import portrait_of
from gateway.protocols.search.registers import fits, phase_rows

ENERGY = bytes.fromhex("78563412")
ZERO = bytes(4)


@pytest.mark.parametrize(
    ("bodies", "own_prepay", "notes"),
    [
        ({"04000503": "0000"}, False, ()),
        ({"04000503": "0001"}, True, ("prepay-by:status-word-3-energy", "prepay-account-open")),
        ({"04000503": "0042"}, True, ("prepay-by:status-word-3-money", "prepay-account-not-open")),
        ({"04000503": "0000", "00900200": "00050000"}, True, ("prepay-by:money-credit",)),
        ({"04000503": "0000", "00900101": "01000000"}, True, ("prepay-by:energy-overdraft",)),
        ({"04000503": "0000", "00900100": "00000000"}, None, ("prepay-registers-empty",)),
        ({"00900100": "ffffffff"}, None, ()),
        ({"04000503": "ffff"}, None, ()),
        ({}, None, ()),
    ],
)
def test_a_meter_that_would_cut_by_itself_is_told_by_its_source(
    bodies: dict[str, str], own_prepay: bool | None, notes: tuple[str, ...]
) -> None:
    """Status word 3 low byte first: bits 8 and 9 the kind, bit 14 set: no account was opened (protocols 1.5)."""
    portrait = portrait_of("dlt645-2007", {di: bytes.fromhex(body) for di, body in bodies.items()})
    assert (portrait.own_prepay, portrait.notes) == (own_prepay, notes)


def test_a_whole_portrait_and_one_of_nonsense() -> None:
    bodies = {
        "00010000": ENERGY,
        "0400040B": b"DTZY-VM\0\0\0"[::-1],
        "04000402": bytes.fromhex("010000004120"),
        "04000503": bytes.fromhex("5000"),
        "04000101": bytes.fromhex("01301126"),
        "04000102": bytes.fromhex("590312"),
        "00020000": bytes.fromhex("01000000"),
    }
    told = portrait_of("dlt645-2007", bodies)
    assert (told.energy_wh, told.meter_number) == (123_456_780, "204100000001")
    assert told.clock == MeterClock(2026, 11, 30, 12, 3, 59)
    assert (told.relay_closed, told.has_relay, told.notes) == (False, True, ("reverse-energy",))
    nonsense = dict.fromkeys(bodies, b"\xfe\xfe\xfe")
    nothing = portrait_of("dlt645-2007", nonsense)
    assert (nothing.energy_wh, nothing.clock, nothing.relay_closed, nothing.meter_number) == (None,) * 4


@pytest.mark.parametrize(
    ("text", "voltages", "model"),
    [
        ("DDZY666", None, "generic-dlt645-2007"),
        ("DTZY666", None, "three-phase-dlt645-2007"),
        ("DDSY1352", None, "acrel-ddsy1352"),
        ("", "002200220022", "three-phase-dlt645-2007"),
        ("", "0022ffffffff", "generic-dlt645-2007"),
        ("", "002200000000", "generic-dlt645-2007"),
    ],
)
def test_the_model_is_guessed_by_the_type_code_then_by_the_phases(
    text: str, voltages: str | None, model: str
) -> None:
    bodies = {"0400040B": text.encode().ljust(10, b"\0")[::-1]}
    if voltages:
        bodies["0201FF00"] = bytes.fromhex(voltages)
    assert portrait_of("dlt645-2007", bodies).model == model


def test_1997_tells_its_register_and_clock_and_nothing_of_a_prepayment() -> None:
    bodies = {"9010": ENERGY, "C010": bytes.fromhex("01301126"), "C011": bytes.fromhex("590312")}
    told = portrait_of("dlt645-1997", bodies)
    assert (told.model, told.energy_wh, told.own_prepay) == ("generic-dlt645-1997", 123_456_780, None)
    assert told.clock == MeterClock(2026, 11, 30, 12, 3, 59)


def test_a_modbus_row_fits_only_where_every_phase_and_the_frequency_are_of_the_mains() -> None:
    registers = {
        Item.VOLTAGE: Register(4, 0, "float32", count=3),
        Item.FREQUENCY: Register(4, 0x46, "float32"),
    }
    row = ModelRow("m", "m", "modbus-rtu", 3, LineSettings(9600, "N"), registers=registers)
    assert [one.registers[Item.VOLTAGE].address for one in phase_rows(row)] == [0, 2, 4]
    assert {one.registers[Item.VOLTAGE].count for one in phase_rows(row)} == {1}
    mains, none = Values(voltage_mv=230_000), Values(voltage_mv=0)
    assert fits([mains] * 3, Values(frequency_mhz=50_010), row) == 4
    assert fits([mains, none, mains], Values(frequency_mhz=50_010), row) == 0
    assert fits([mains] * 3, Values(frequency_mhz=5_001), row) == 0
    assert fits([mains] * 3, None, row) == 0
    assert fits([], None, row) == 0
