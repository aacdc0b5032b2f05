"""What DL/T 645 frames say: numbers, blocks, phases that are not there, status words, records, relay commands."""

import pytest

from gateway.protocols.dlt645 import edition1997, functions, relay
from gateway.protocols.dlt645.content import Content, read_content
from gateway.protocols.dlt645.formats import Problem
from gateway.protocols.dlt645.frame import Frame, encode
from gateway.protocols.dlt645.identifiers import find
from gateway.protocols.driver import MeterClock
from tests.protocols.streams import hear_645

METER = "123456789012"


def reply(di: str, body: str, control: int = 0x91) -> Content:
    """What a reply with this identifier (as written) and these data bytes (wire order) says."""
    (frame,) = hear_645(encode(METER, control, bytes.fromhex(di)[::-1] + bytes.fromhex(body)))
    return read_content(frame)


@pytest.mark.parametrize(
    ("di", "body", "value", "unit"),
    [
        ("00010000", "78563412", "123456.78", "kWh"),
        ("00010000", "99999999", "999999.99", "kWh"),
        ("00000000", "05000080", "-0.05", "kWh"),
        ("00010100", "00000001", "10000.00", "kWh"),
        ("0001000C", "01000000", "0.01", "kWh"),
        ("000100FF", "0100000002000000", ["0.01", "0.02"], "kWh"),
        ("0001FF01", "0100000002000000", ["0.01", "0.02"], "kWh"),
        ("00030000", "01000080", "-0.01", "kvarh"),
        ("00090000", "01000000", "0.01", "kVAh"),
        ("00150000", "01000000", "0.01", "kWh"),
        ("0201FF00", "0122ffffffff", ["220.1", None, None], "V"),
        ("02010200", "ffff", None, "V"),
        ("0202FF00", "010000020080ffffff", ["0.001", "-0.002", None], "A"),
        ("02030000", "563412", "12.3456", "kW"),
        ("02030000", "563492", "-12.3456", "kW"),
        ("0203FF00", "010000020000030000040000", ["0.0001", "0.0002", "0.0003", "0.0004"], "kW"),
        ("02060000", "0010", "1.000", ""),
        ("02060100", "0085", "-0.500", ""),
        ("02800002", "0050", "50.00", "Hz"),
        ("02800007", "5382", "-25.3", "degC"),
        ("02800008", "6503", "3.65", "V"),
        ("00900100", "34120000", "12.34", "kWh"),
        ("00900201", "34120000", "12.34", "CNY"),
        ("04000101", "02231126", "2026-11-23 w02", "date"),
        ("04000102", "593023", "23:30:59", "time"),
        ("0400010C", "03070901231126", "2026-11-23 w01 09:07:03", "datetime"),
        ("04000401", "129078563412", METER, None),
        ("04000409", "001600", "1600", "imp/kWh"),
        ("0400040B", "00000056542d5a4444" + "44", "DDDZ-TV", "ascii"),
        ("04000503", "5000", "0050 relay=open cmd=open", "bits"),
        ("04000503", "1000", "0010 relay=open cmd=closed", "bits"),
        ("04000503", "4000", "0040 relay=closed cmd=open", "bits"),
        ("04000501", "1400", "0014 clock-battery-low reverse-active", "bits"),
        ("04000504", "0101", "0101 loss-of-voltage current-cut", "bits"),
        ("040005FF", "00000000500000000000000000" + "00", ["0000", "0000", "0050 relay=open cmd=open", *["0000"] * 4], "bits"),
        ("04000703", "08", "08", "baud feature word"),
        ("03110000", "170000", "17", "times"),
        ("05060101", "0100000002000000", ["0.01", "0.02"], "kWh"),
        ("05060001", "0000231126", "2026-11-23 00:00", "datetime"),
        ("1D000001", "030000", "3", "times"),
    ],
)  # fmt: skip
def test_values(di: str, body: str, value: object, unit: str | None) -> None:
    said = reply(di, body)
    assert (said.di, said.value, said.unit, said.problem) == (di, value, unit, None)


def test_records() -> None:
    assert reply("03110001", "000102231126" + "595923231126").value == {
        "start": "2026-11-23 02:01:00",
        "end": "2026-11-23 23:59:59",
    }
    assert reply("01010000", "563412" + "3012231126").value == {"demand": "12.3456", "at": "2026-11-23 12:30"}
    assert reply("033004" + "01", "44332211" + "000000010120" + "010000010120").value == {
        "operator": "11223344",
        "before": "2020-01-01 00:00:00",
        "after": "2020-01-01 00:00:01",
    }
    assert len(reply("03300D01", "00" * 60).value) == 14


@pytest.mark.parametrize(
    ("di", "body", "value", "problem"),
    [
        ("00010000", "3726000001", "unexpected length 5 (want 4)", Problem.WRONG_LENGTH),
        ("0001FF00", "3726000001", "unexpected length 5 (want a multiple of 4)", Problem.WRONG_LENGTH),
        ("00010000", "1a000000", "non-BCD digits 0000001A", Problem.NON_BCD),
        ("02010100", "ff1f", "non-BCD digits 1FFF", Problem.NON_BCD),
        ("0201FF00", "0122f1ffffff", "non-BCD digits FFFFFFF12201", Problem.NON_BCD),
        ("04000101", "0a231126", "non-BCD digits 2611230A", Problem.NON_BCD),
    ],
)
def test_problems_are_named_not_raised(di: str, body: str, value: str, problem: Problem) -> None:
    said = reply(di, body)
    assert (said.value, said.unit, said.problem) == (value, None, problem)


@pytest.mark.parametrize(
    "di", ["02010000", "04600101", "001D0000", "33343233", "FFFFFFFF", "00014000", "0001000D"]
)
def test_identifiers_no_public_source_explains_have_no_value(di: str) -> None:
    assert find(int(di, 16)) is None
    assert reply(di, "01020304") == Content(di=di)


def test_names() -> None:
    assert find(0x00010203).name == "forward active energy tariff 2, settlement 3"
    assert find(0x0201FF00).name == "voltage all phases"
    assert find(0x05060101).name == "daily freeze 1 forward active energy total and tariffs"
    assert find(0x03110002).name == "power-off record 2"


def test_short_answers_have_no_value() -> None:
    assert read_content(Frame(METER, 0x91, b"", b"")) == Content()
    assert reply("00010000", "").value is None


@pytest.mark.parametrize(
    ("control", "di", "body", "value", "sequence"),
    [
        (0xB1, "0001FF00", "0100000002000000", ["0.01", "0.02"], None),
        (0xB2, "0001FF00", "0300000001", ["0.03"], 1),
        (0x92, "0001FF00", "0400000002", ["0.04"], 2),
        (0x92, "0001FF00", "040002", None, 2),
        (0xB1, "00010000", "01", None, None),
        (0xB1, "033002" + "01", "01020304", None, None),
        (0x92, "00010000", "", None, None),
        (0x12, "03300001", "01", None, 1),
    ],
)
def test_parts_of_a_divided_answer(
    control: int, di: str, body: str, value: object, sequence: int | None
) -> None:
    said = reply(di, body, control)
    assert (said.value, said.sequence, said.problem) == (value, sequence, None)


@pytest.mark.parametrize(
    ("control", "data", "value", "name"),
    [
        (0xD1, "04", "ERR=04", "password"),
        (0xD1, "06", "ERR=06", "no-such-data+password"),
        (0xD1, "00FF00", "ERR=00", "other"),
        (0xC3, "0200", "ERR=0002", "repeated-top-up"),
        (0xDC, "04", "ERR=04", "password"),
        (0xDC, "0100", "ERR=0001", "suspended"),
        (0xDC, "1000", "ERR=0010", "expired"),
        (0xDC, "2000", "ERR=0020", "keep-power"),
        (0xDC, "0001", "ERR=0100", "already-tripped"),
    ],
)
def test_refusals(control: int, data: str, value: str, name: str) -> None:
    (frame,) = hear_645(encode(METER, control, bytes.fromhex(data)))
    assert read_content(frame) == Content(name=name, value=value, unit="err")


def test_a_refusal_without_an_error_byte_has_only_its_name() -> None:
    (frame,) = hear_645(encode(METER, 0xD1, b""))
    assert read_content(frame) == Content(name="other")


@pytest.mark.parametrize(
    ("data", "value"), [("", None), ("0200", "0002 close-permit"), ("2000", "0020 delayed-by-high-current")]
)
def test_relay_acknowledgements(data: str, value: str | None) -> None:
    (frame,) = hear_645(encode(METER, 0x9C, bytes.fromhex(data)))
    assert read_content(frame) == Content(value=value)


def test_relay_command_is_the_captured_one() -> None:
    """Capture v100: close permit, expiry 2099-12-30."""
    built = relay.switch("151230011061", 0x1B, "02370602", "01000000", MeterClock(2099, 12, 30, 0, 0, 0))
    assert built.hex() == "68611001301215681c10356a3935343333334e333333336345cc2d16"


def test_relay_commands_of_another_shape_have_no_fields() -> None:
    assert relay.describe_switch(b"\x98" + bytes(20)) is None
    (frame,) = hear_645(encode(METER, 0x1C, b"\x98" + bytes(20)))
    assert read_content(frame) == Content()


def test_requests() -> None:
    assert functions.read("AAAAAAAAAAAA", "00010000", 4).hex() == "fefefefe68aaaaaaaaaaaa68110433333433ae16"
    assert functions.read_follow_up(METER, "03300001", 1).hex() == "681290785634126812053433633634d116"
    assert functions.read_address().hex() == "68aaaaaaaaaaaa681300df16"
    assert functions.change_baud("477618000006", 1200).hex() == "6806000018764768170137fa16"
    assert functions.write("201910280004", "04600101", "02000000", "31313131", b"\x3c\x00").hex() == (
        "6804002810192068140e3434933735333333646464646f339916"
    )
    (frame,) = hear_645(functions.broadcast_time(MeterClock(2026, 11, 23, 9, 7, 3)))
    assert (frame.address, frame.control, frame.data.hex()) == ("999999999999", 0x08, "030709231126")
    (frame,) = hear_645(functions.freeze("999999999999", "99999900"))
    assert frame.data.hex() == "00999999"
    with pytest.raises(ValueError, match="baud"):
        functions.change_baud(METER, 115200)
    with pytest.raises(ValueError, match="1 to 255"):
        functions.read_follow_up(METER, "03300001", 256)
    with pytest.raises(ValueError, match="8 hex digits"):
        functions.write(METER, "04600101", "02", "31313131", b"")


@pytest.mark.parametrize(
    ("di", "body", "value"),
    [
        ("9010", "78563412", "123456.78"),
        ("901F", "0100000002000000", ["0.01", "0.02"]),
        ("901F", "0100000002000000aa", ["0.01", "0.02"]),
        ("9410", "01000000", "0.01"),
        ("B613", "2002", "220"),
        ("B621", "3412", "12.34"),
        ("B630", "563412", "12.3456"),
        ("C010", "06060719", "2019-07-06 w06"),
        ("C032", "129078563412", METER),
        ("E323", "01", None),
    ],
)
def test_1997_values(di: str, body: str, value: object) -> None:
    data = bytes.fromhex(di)[::-1] + bytes.fromhex(body)
    assert edition1997.read_content(Frame(METER, 0x81, data, b"")).value == value
