"""DL/T 645-2007 annex A, row by row: what each identifier is called, in which unit, and how its digits stand.

A layout is written as the standard writes it: each X is a BCD digit, the lowest byte comes first, `+-` before it says that the
top bit of the highest byte is the sign.
"""

import pytest

from gateway.protocols.dlt645.content import Content, read_content
from gateway.protocols.dlt645.formats import Problem
from gateway.protocols.dlt645.frame import Frame
from gateway.protocols.dlt645.identifiers import find

METER = "123456789012"


def said(di: str, written: str) -> Content:
    """What a reply says whose data bytes, highest first, are `written`."""
    data = bytes.fromhex(di)[::-1] + bytes.fromhex(written)[::-1]
    return read_content(Frame(METER, 0x91, data, b""))


def digits_of(layout: str, first: int = 1) -> str:
    return "".join(str((first + place) % 10) for place in range(layout.count("X")))


def set_into(layout: str, digits: str) -> str:
    supply = iter(digits)
    return "".join(next(supply) if sign == "X" else sign for sign in layout)


def trimmed(text: str) -> str:
    """A number as people write it: no zeros before the last digit in front of the point."""
    whole, point, part = text.partition(".")
    return (whole.lstrip("0") or "0") + point + part


ENERGY, SIGNED = "XXXXXX.XX", "+-XXXXXX.XX"
REGISTERS = [
    # table A.1, DI2 to what is counted; table A.2 counts its demands by the same numbers
    (0x00, "combined active energy", "kWh", SIGNED),
    (0x01, "forward active energy", "kWh", ENERGY),
    (0x02, "reverse active energy", "kWh", ENERGY),
    (0x03, "combined reactive energy 1", "kvarh", SIGNED),
    (0x04, "combined reactive energy 2", "kvarh", SIGNED),
    (0x05, "quadrant I reactive energy", "kvarh", ENERGY),
    (0x06, "quadrant II reactive energy", "kvarh", ENERGY),
    (0x07, "quadrant III reactive energy", "kvarh", ENERGY),
    (0x08, "quadrant IV reactive energy", "kvarh", ENERGY),
    (0x09, "forward apparent energy", "kVAh", ENERGY),
    (0x0A, "reverse apparent energy", "kVAh", ENERGY),
]
OF_A_PHASE = [row for row in REGISTERS if 0x01 <= row[0] <= 0x08]
for _phase, _first in (("A", 0x15), ("B", 0x29), ("C", 0x3D)):
    REGISTERS += [
        (_first + place, f"phase {_phase} {name}", unit, layout)
        for place, (_, name, unit, layout) in enumerate(OF_A_PHASE)
    ]

PHASES = {1: "phase A", 2: "phase B", 3: "phase C"}
TOTAL_AND_PHASES = {0: "total"} | PHASES
INSTANTANEOUS = [
    # table A.3
    (0x01, "voltage", "V", "XXX.X", PHASES),
    (0x02, "current", "A", "+-XXX.XXX", PHASES),
    (0x03, "active power", "kW", "+-XX.XXXX", TOTAL_AND_PHASES),
    (0x04, "reactive power", "kvar", "+-XX.XXXX", TOTAL_AND_PHASES),
    (0x05, "apparent power", "kVA", "+-XX.XXXX", TOTAL_AND_PHASES),
    (0x06, "power factor", "", "+-X.XXX", TOTAL_AND_PHASES),
    (0x07, "phase angle", "deg", "XXX.X", PHASES),
    (0x08, "voltage distortion", "%", "XX.XX", PHASES),
    (0x09, "current distortion", "%", "XX.XX", PHASES),
]
SINGLE_NUMBERS = [
    ("00900100", "remaining energy (prepaid)", "kWh", ENERGY),
    ("00900101", "overdraft energy (prepaid)", "kWh", ENERGY),
    ("00900200", "remaining amount (prepaid)", "CNY", ENERGY),
    ("00900201", "overdraft amount (prepaid)", "CNY", ENERGY),
    ("02800001", "neutral current", "A", "+-XXX.XXX"),
    ("02800002", "frequency", "Hz", "XX.XX"),
    ("02800003", "active power, one-minute average", "kW", "+-XX.XXXX"),
    ("02800004", "active demand now", "kW", "+-XX.XXXX"),
    ("02800005", "reactive demand now", "kvar", "+-XX.XXXX"),
    ("02800006", "apparent demand now", "kVA", "+-XX.XXXX"),
    ("02800007", "temperature in the meter", "degC", "+-XXX.X"),
    ("02800008", "clock battery voltage", "V", "XX.XX"),
    ("02800009", "outage battery voltage", "V", "XX.XX"),
    ("0280000A", "clock battery time used", "min", "XXXXXXXX"),
    ("03110000", "power-off count", "times", "XXXXXX"),
    ("03300000", "programming count", "times", "XXXXXX"),
    ("03300100", "meter clear count", "times", "XXXXXX"),
    ("03300200", "demand clear count", "times", "XXXXXX"),
    ("03300300", "event clear count", "times", "XXXXXX"),
    ("03300400", "clock setting count", "times", "XXXXXX"),
    ("03300D00", "meter cover opening count", "times", "XXXXXX"),
    ("03300E00", "terminal cover opening count", "times", "XXXXXX"),
    ("04000103", "demand period", "min", "XX"),
    ("04000104", "demand slide", "min", "XX"),
    ("04000105", "pulse width", "ms", "XXXX"),
    ("04000409", "active constant", "imp/kWh", "XXXXXX"),
    ("0400040A", "reactive constant", "imp/kvarh", "XXXXXX"),
    ("04000E01", "forward power limit", "kW", "XX.XXXX"),
    ("04000E02", "reverse power limit", "kW", "XX.XXXX"),
    ("04000F01", "alarm 1 energy", "kWh", ENERGY),
    ("04000F02", "alarm 2 energy", "kWh", ENERGY),
    ("04000F03", "hoard limit energy", "kWh", ENERGY),
    ("04000F04", "overdraft limit energy", "kWh", ENERGY),
    ("1D000001", "relay trip count", "times", "XXXXXX"),
    ("1E000001", "relay close count", "times", "XXXXXX"),
]
NUMBERS = [
    *((f"00{kind:02X}0000", f"{name} total", unit, layout) for kind, name, unit, layout in REGISTERS),
    *(
        (f"02{kind:02X}{phase:02X}00", f"{name} {title}", unit, layout)
        for kind, name, unit, layout, phases in INSTANTANEOUS
        for phase, title in phases.items()
    ),
    *SINGLE_NUMBERS,
]


@pytest.mark.parametrize(("di", "name", "unit", "layout"), NUMBERS)
def test_a_number_stands_in_its_layout(di: str, name: str, unit: str, layout: str) -> None:
    shown = layout.removeprefix("+-")
    digits = digits_of(shown)
    assert said(di, digits) == Content(di, name, trimmed(set_into(shown, digits)), unit)
    assert said(di, "FF" * (len(digits) // 2)) == Content(di, name, None, unit)
    longer = said(di, digits + "00")
    assert (longer.problem, longer.unit) == (Problem.WRONG_LENGTH, None)
    assert longer.value == f"unexpected length {len(digits) // 2 + 1} (want {len(digits) // 2})"


@pytest.mark.parametrize(("di", "name", "unit", "layout"), NUMBERS)
def test_only_where_the_layout_has_a_sign_the_top_bit_is_one(
    di: str, name: str, unit: str, layout: str
) -> None:
    shown = layout.removeprefix("+-")
    digits = digits_of(shown, first=9)
    signed = f"-{trimmed(set_into(shown, '1' + digits[1:]))}"
    value = signed if layout.startswith("+-") else trimmed(set_into(shown, digits))
    assert said(di, digits) == Content(di, name, value, unit)


@pytest.mark.parametrize(("kind", "name", "unit", "layout"), REGISTERS)
def test_a_register_has_tariffs_settlements_and_blocks_of_them(
    kind: int, name: str, unit: str, layout: str
) -> None:
    parts = {
        "0100": (f"{name} tariff 1", "1.00"),
        "3F00": (f"{name} tariff 63", "1.00"),
        "0001": (f"{name} total, settlement 1", "1.00"),
        "020C": (f"{name} tariff 2, settlement 12", "1.00"),
        "FF00": (f"{name} total and tariffs", ["1.00"]),
        "FF0C": (f"{name} total and tariffs, settlement 12", ["1.00"]),
        "03FF": (f"{name} tariff 3, now and settlements", ["1.00"]),
        "FFFF": (f"{name} total and tariffs, now and settlements", ["1.00"]),
    }
    for part, (title, value) in parts.items():
        di = f"00{kind:02X}{part}"
        assert said(di, "00000100") == Content(di, title, value, unit)
    for part in ("4000", "FE00", "000D", "00FE", "FF0D", "400C"):
        assert find(int(f"00{kind:02X}{part}", 16)) is None


@pytest.mark.parametrize(("kind", "name", "unit", "layout"), REGISTERS)
def test_a_demand_is_a_power_and_the_minute_it_was_reached(
    kind: int, name: str, unit: str, layout: str
) -> None:
    title = name.replace("energy", "maximum demand")
    power = "-1.2345" if layout == SIGNED else "81.2345"
    value = {"demand": power, "at": "2026-11-23 12:05"}
    one = f"01{kind:02X}0000"
    assert said(one, "2611231205" + "812345") == Content(one, f"{title} total", value, unit[:-1])
    block = f"01{kind:02X}FF01"
    found = said(block, "2611231205" + "812345")
    assert found == Content(block, f"{title} total and tariffs, settlement 1", [value], unit[:-1])
    for part in ("4000", "000D"):
        assert find(int(f"01{kind:02X}{part}", 16)) is None


@pytest.mark.parametrize("kind", [0x0B, 0x14, 0x1D, 0x28, 0x31, 0x3C, 0x45, 0x80, 0xFF])
def test_what_table_a1_does_not_count_is_no_register(kind: int) -> None:
    assert find(kind << 16) is None
    assert find(0x01000000 | kind << 16) is None


@pytest.mark.parametrize(("kind", "name", "unit", "layout", "phases"), INSTANTANEOUS)
def test_all_phases_come_in_one_block(
    kind: int, name: str, unit: str, layout: str, phases: dict[int, str]
) -> None:
    shown, di = layout.removeprefix("+-"), f"02{kind:02X}FF00"
    digits = digits_of(shown)
    value = trimmed(set_into(shown, digits))
    found = said(di, "F" * len(digits) + digits * (len(phases) - 1))
    assert found == Content(di, f"{name} all phases", [value] * (len(phases) - 1) + [None], unit)
    for phase in set(range(5)) - set(phases):
        assert find(int(f"02{kind:02X}{phase:02X}00", 16)) is None
    for last in ("01", "FF"):
        assert find(int(f"02{kind:02X}01{last}", 16)) is None


@pytest.mark.parametrize("di", ["02000100", "020A0100", "0280000B", "02800000"])
def test_what_table_a3_does_not_measure_is_no_quantity(di: str) -> None:
    assert find(int(di, 16)) is None


@pytest.mark.parametrize(
    ("di", "name", "unit", "written", "value"),
    [
        ("04000101", "date and weekday", "date", "26112301", "2026-11-23 w01"),
        ("04000102", "time of day", "time", "235958", "23:59:58"),
        ("04000106", "time zone switch moment", "datetime", "2611231205", "2026-11-23 12:05"),
        ("04000107", "day table switch moment", "datetime", "2611231205", "2026-11-23 12:05"),
        (
            "0400010C",
            "date, weekday and time of day",
            "datetime",
            "26112301235958",
            "2026-11-23 w01 23:59:58",
        ),
        ("04000401", "communication address", None, METER, METER),
        ("04000402", "meter number", None, "00000000ABCD", "00000000ABCD"),
        ("0400040E", "customer number", None, METER, METER),
        ("04000701", "baud rate of port 1", "baud feature word", "08", "08"),
        ("04000702", "baud rate of port 2", "baud feature word", "08", "08"),
        ("04000703", "baud rate of port 3", "baud feature word", "10", "10"),
        ("04000704", "baud rate of port 4", "baud feature word", "20", "20"),
        ("04000705", "baud rate of port 5", "baud feature word", "40", "40"),
    ],
)
def test_moments_and_digits(di: str, name: str, unit: str | None, written: str, value: str) -> None:
    assert said(di, written) == Content(di, name, value, unit)
    assert said(di, written + "00").problem is Problem.WRONG_LENGTH


@pytest.mark.parametrize("di", ["04000101", "04000102", "04000106", "0400010C"])
def test_a_moment_of_all_ff_is_not_there(di: str) -> None:
    size = find(int(di, 16)).form.size
    assert (said(di, "FF" * size).value, said(di, "FF" * size).problem) == (None, None)
    assert said(di, "FF" * (size - 1) + "F0").problem is Problem.NON_BCD


@pytest.mark.parametrize(
    ("di", "name", "size"),
    [
        ("04000403", "asset code", 32),
        ("04000404", "rated voltage", 6),
        ("04000405", "rated current", 6),
        ("04000406", "maximum current", 6),
        ("04000407", "active accuracy class", 4),
        ("04000408", "reactive accuracy class", 4),
        ("0400040B", "model", 10),
        ("0400040C", "manufacture date", 10),
        ("0400040D", "protocol version", 16),
        ("04800001", "factory software version", 32),
        ("04800002", "factory hardware version", 32),
        ("04800003", "factory serial number", 32),
    ],
)
def test_text_comes_last_character_first_and_padded(di: str, name: str, size: int) -> None:
    for padded in (b"0.5L".ljust(size, b"\0"), b"0.5L".rjust(size, b" "), b"0.5L".rjust(size, b"\0")):
        assert said(di, padded.hex()) == Content(di, name, "0.5L", "ascii")
    assert said(di, "FF" * size) == Content(di, name, None, "ascii")
    assert said(di, "20" * size) == Content(di, name, "", "ascii")
    assert said(di, "41" + "C3" * (size - 1)).value == "A" + "\ufffd" * (size - 1)
    assert said(di, "41" * (size + 1)).problem is Problem.WRONG_LENGTH


@pytest.mark.parametrize(
    "di", ["03110100", "03300F00", "04000100", "04000400", "04000508", "04000700", "04000706"]
)
def test_neighbours_of_the_rows_are_not_guessed(di: str) -> None:
    assert find(int(di, 16)) is None


MOMENT, OTHER = "261123235958", "991231000000"
RECORDS = [
    # (DI1 and above, name, the parts' bytes in the order of the wire, what they say)
    (
        "031100",
        "power-off",
        [(MOMENT, "start"), (OTHER, "end")],
        {"start": "2026-11-23 23:59:58", "end": "2099-12-31 00:00:00"},
    ),
    (
        "033000",
        "programming",
        [(MOMENT, "at"), ("01020304", "operator"), *((f"0400010{n}", "di") for n in range(10))],
        {"at": "2026-11-23 23:59:58", "operator": "01020304"}
        | {f"di_{n}": f"0400010{n - 1}" for n in range(1, 11)},
    ),
    (
        "033003",
        "event clear",
        [(MOMENT, "at"), ("01020304", "operator"), ("03300D00", "di")],
        {"at": "2026-11-23 23:59:58", "operator": "01020304", "di": "03300D00"},
    ),
    (
        "033004",
        "clock setting",
        [("01020304", "operator"), (MOMENT, "before"), (OTHER, "after")],
        {"operator": "01020304", "before": "2026-11-23 23:59:58", "after": "2099-12-31 00:00:00"},
    ),
]
_OPENED = [(MOMENT, "start"), (OTHER, "end"), *((f"{n:08}", "energy") for n in range(100, 1300, 100))]
_BY_NAME = {"start": "2026-11-23 23:59:58", "end": "2099-12-31 00:00:00"} | {
    f"{name}_{when}": f"{number}.00"
    for number, (when, name) in enumerate(
        (
            (when, name)
            for when in ("before", "after")
            for name in ("forward", "reverse", "quadrant_1", "quadrant_2", "quadrant_3", "quadrant_4")
        ),
        start=1,
    )
}
RECORDS += [
    ("03300D", "meter cover opening", _OPENED, _BY_NAME),
    ("03300E", "terminal cover opening", _OPENED, _BY_NAME),
]


@pytest.mark.parametrize(("kind", "name", "parts", "value"), RECORDS)
def test_an_event_record_is_its_parts_one_behind_the_other(
    kind: str, name: str, parts: list[tuple[str, str]], value: dict[str, str]
) -> None:
    written = "".join(digits for digits, _ in reversed(parts))
    for number in (1, 10):
        di = f"{kind}{number:02X}"
        assert said(di, written) == Content(di, f"{name} record {number}", value, None)
        assert said(di, written + "00").problem is Problem.WRONG_LENGTH
    assert find(int(f"{kind}0B", 16)) is None


def test_a_part_that_is_not_there_leaves_the_record_standing() -> None:
    """A power-off that has not ended: FF bytes for its end."""
    assert said("03110001", "FF" * 6 + MOMENT).value == {"start": "2026-11-23 23:59:58", "end": None}
    assert said("03110001", "A0" * 6 + MOMENT).problem is Problem.NON_BCD


FREEZES = [
    (0x00, "timed freeze"),
    (0x01, "instant freeze"),
    (0x02, "zone switch freeze"),
    (0x03, "day table switch freeze"),
    (0x04, "hourly freeze"),
    (0x06, "daily freeze"),
]


@pytest.mark.parametrize(("kind", "title"), FREEZES)
def test_a_freeze_has_its_moment_energies_and_demands(kind: int, title: str) -> None:
    for number in (1, 254):
        moment = f"05{kind:02X}00{number:02X}"
        expected = Content(moment, f"{title} {number} moment", "2026-11-23 12:05", "datetime")
        assert said(moment, "2611231205") == expected
        for part, name, unit, layout in REGISTERS[1:9]:
            di = f"05{kind:02X}{part:02X}{number:02X}"
            second = "-0.02" if layout == SIGNED else "800000.02"
            assert said(di, "80000002" + "00000001") == Content(
                di, f"{title} {number} {name} total and tariffs", ["0.01", second], unit
            )
        for part, direction in (("09", "forward"), ("0A", "reverse")):
            di = f"05{kind:02X}{part}{number:02X}"
            said_demand = said(di, "2611231205" + "912345")
            assert said_demand == Content(
                di,
                f"{title} {number} {direction} active maximum demand",
                [{"demand": "91.2345", "at": "2026-11-23 12:05"}],
                "kW",
            )
    for rest in ("0000", "00FF", "0100", "01FF", "0B01", "1001", "FF01"):
        assert find(int(f"05{kind:02X}{rest}", 16)) is None


@pytest.mark.parametrize("di", ["05050101", "05070101", "06000001", "07010100", "1D000100", "1C000001"])
def test_classes_without_a_public_table_are_not_guessed(di: str) -> None:
    assert find(int(di, 16)) is None
