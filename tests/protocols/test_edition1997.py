"""DL/T 645-1997 where it differs from 2007: function codes, two-byte identifiers, their lengths and layouts (protocols.md, 2)."""

import pytest

from gateway.protocols.dlt645 import edition1997
from gateway.protocols.dlt645.content import Content
from gateway.protocols.dlt645.formats import Problem
from gateway.protocols.dlt645.frame import Decoder, Frame

METER = "123456789012"


def said(di: str, written: str, control: int = 0x81) -> Content:
    """What a reply says whose data bytes, highest first, are `written`."""
    data = bytes.fromhex(di)[::-1] + bytes.fromhex(written)[::-1]
    return edition1997.read_content(Frame(METER, control, data, b""))


PARTS = {0: "total", 1: "A", 2: "B", 3: "C"}
NUMBERS = [
    *((f"B61{n}", f"voltage {PARTS[n]}", "V", "0226", "226") for n in (1, 2, 3)),
    *((f"B62{n}", f"current {PARTS[n]}", "A", "1234", "12.34") for n in (1, 2, 3)),
    *((f"B63{n}", f"active power {PARTS[n]}", "kW", "123456", "12.3456") for n in PARTS),
    *((f"B64{n}", f"reactive power {PARTS[n]}", "kvar", "1234", "12.34") for n in PARTS),
    *((f"B65{n}", f"power factor {PARTS[n]}", "", "0987", "0.987") for n in PARTS),
    ("C010", "date and weekday", "date", "19070606", "2019-07-06 w06"),
    ("C011", "time of day", "time", "235958", "23:59:58"),
    ("C020", "running status word", "bits", "A5", "A5"),
    ("C030", "active constant", "imp/kWh", "001600", "1600"),
    ("C031", "reactive constant", "imp/kvarh", "001600", "1600"),
    ("C032", "meter number", None, METER, METER),
    ("C033", "user number", None, METER, METER),
    ("C034", "device code", None, METER, METER),
]


@pytest.mark.parametrize(("di", "name", "unit", "written", "value"), NUMBERS)
@pytest.mark.parametrize("control", [0x81, 0x83])
def test_items_and_the_same_read_again(
    di: str, name: str, unit: str | None, written: str, value: str, control: int
) -> None:
    assert said(di, written, control) == Content(di, name, value, unit)
    assert said(di, written + "00", control).problem is Problem.WRONG_LENGTH


@pytest.mark.parametrize(
    "di", ["B610", "B614", "B620", "B624", "B634", "B644", "B654", "C012", "C021", "C035", "E323"]
)
def test_identifiers_no_public_source_explains_have_no_value(di: str) -> None:
    assert said(di, "0102") == Content(di=di)


QUANTITIES = {
    "900": ("active energy", "kWh"),
    "901": ("forward active energy", "kWh"),
    "902": ("reverse active energy", "kWh"),
    "910": ("reactive energy", "kvarh"),
    "911": ("forward reactive energy", "kvarh"),
    "912": ("reverse reactive energy", "kvarh"),
}
MONTHS = {0x00: "", 0x04: ", last month", 0x08: ", month before last"}


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize("group", QUANTITIES)
def test_energies_by_direction_tariff_and_month(group: str, month: int) -> None:
    quantity, unit = QUANTITIES[group]
    digits = f"{int(group[:2], 16) + month:02X}{group[2]}"
    for tariff, part in {"0": "total", "1": "tariff 1", "E": "tariff 14"}.items():
        di = digits + tariff
        assert said(di, "12345678") == Content(di, f"{quantity} {part}{MONTHS[month]}", "123456.78", unit)
    block, name = f"{digits}F", f"{quantity} total and tariffs{MONTHS[month]}"
    assert said(block, "12345678" * 2) == Content(block, name, ["123456.78"] * 2, unit)


@pytest.mark.parametrize("di", ["9030", "9C10", "8010", "9210", "A010"])
def test_other_groups_are_no_energies_of_ours(di: str) -> None:
    assert edition1997.find(int(di, 16)) is None


ONE, TWO, THREE = "01000000", "02000000", "03000000"
ENDED = "aa"


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (ONE + TWO + THREE, ["0.01", "0.02", "0.03"]),
        (ONE + ENDED + TWO + ENDED + THREE + ENDED, ["0.01", "0.02", "0.03"]),
        (ONE + ENDED + TWO + ENDED + THREE, ["0.01", "0.02", "0.03"]),
        (ONE + TWO + THREE + ENDED, ["0.01", "0.02", "0.03"]),
        (ONE + ENDED, ["0.01"]),
        (ONE, ["0.01"]),
    ],
)
def test_a_block_may_carry_aa_behind_its_items(body: str, value: list[str]) -> None:
    wire = bytes.fromhex("901F")[::-1] + bytes.fromhex(body)
    assert edition1997.read_content(Frame(METER, 0x81, wire, b"")).value == value


def test_aa_where_no_separator_stands_is_a_problem() -> None:
    wire = bytes.fromhex("901F")[::-1] + bytes.fromhex(ONE + ENDED + TWO + THREE)
    assert edition1997.read_content(Frame(METER, 0x81, wire, b"")).problem is Problem.WRONG_LENGTH
    single = bytes.fromhex("9010")[::-1] + bytes.fromhex(ONE + ENDED)
    assert edition1997.read_content(Frame(METER, 0x81, single, b"")).problem is Problem.WRONG_LENGTH


@pytest.mark.parametrize(
    ("control", "data", "expected"),
    [
        pytest.param(0x01, "1090", Content("9010", "forward active energy total"), id="asked"),
        pytest.param(0xA1, "109001000000", Content("9010", "forward active energy total"), id="more-follow"),
        pytest.param(0x82, "109001000000", Content("9010", "forward active energy total"), id="follow-up"),
        pytest.param(0x04, "10c00000000001061926", Content("C010", "date and weekday"), id="written"),
        pytest.param(0x01, "10", Content(), id="half-an-identifier"),
        pytest.param(0x84, "", Content(), id="written-well"),
        pytest.param(0x0A, "129078563412", Content(value=METER), id="new-address"),
        pytest.param(0x8A, "129078563412", Content(), id="new-address-taken"),
        pytest.param(0x0A, "1290785634", Content(), id="short-address"),
        pytest.param(0x0C, "08", Content(value="08", unit="baud feature word"), id="baud"),
        pytest.param(0x8C, "AB", Content(value="AB", unit="baud feature word"), id="baud-agreed"),
        pytest.param(0x0C, "0800", Content(), id="long-baud"),
        pytest.param(0x08, "109078563412", Content(), id="time"),
        pytest.param(0x0F, "109078563412", Content(), id="password"),
        pytest.param(0x10, "109078563412", Content(), id="demand-clear"),
        pytest.param(0x91, "109078563412", Content(), id="a-code-of-2007"),
    ],
)  # fmt: skip
def test_only_reads_and_writes_carry_an_identifier(control: int, data: str, expected: Content) -> None:
    assert edition1997.read_content(Frame(METER, control, bytes.fromhex(data), b"")) == expected


def test_a_question_is_the_captured_one() -> None:
    """Function 01H, two bytes of identifier, low byte first."""
    decoder = Decoder()
    decoder.feed(edition1997.read("000000000003", "B611", preamble=2))
    asked = decoder.next_event()
    assert isinstance(asked, Frame)
    assert (asked.address, asked.control, asked.data) == ("000000000003", 0x01, bytes.fromhex("11B6"))
    assert edition1997.read("000000000003", "B611", preamble=2)[:3] == b"\xfe\xfe\x68"
    assert edition1997.read("000000000003", "B611")[:1] == b"\x68"
