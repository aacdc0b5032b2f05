"""Words whose bits have names: running status words (annex C), error bytes, security errors, the relay's answers, exceptions."""

import pytest

from gateway.protocols.dlt645 import edition1997, status_words
from gateway.protocols.dlt645.content import Content, read_content
from gateway.protocols.dlt645.frame import Frame
from gateway.protocols.dlt645.functions import is_security
from gateway.protocols.dlt645.relay import read_status
from gateway.protocols.modbus import content as modbus_content
from gateway.protocols.modbus import frame as modbus

METER = "123456789012"

OF_THE_METER = {
    1: "demand-type",
    2: "clock-battery-low",
    3: "outage-battery-low",
    4: "reverse-active",
    5: "reverse-reactive",
}
DIRECTIONS = {
    0: "reverse-active-A",
    1: "reverse-active-B",
    2: "reverse-active-C",
    4: "reverse-reactive-A",
    5: "reverse-reactive-B",
    6: "reverse-reactive-C",
}
OF_A_PHASE = {
    0: "loss-of-voltage",
    1: "under-voltage",
    2: "over-voltage",
    3: "loss-of-current",
    4: "over-current",
    5: "overload",
    6: "reverse-flow",
    7: "phase-cut",
    8: "current-cut",
}
COMBINED = {
    0: "voltage-sequence",
    1: "current-sequence",
    2: "voltage-unbalance",
    3: "current-unbalance",
    4: "auxiliary-loss",
    5: "power-off",
    6: "demand-over",
    7: "power-factor-low",
    8: "severe-current-unbalance",
}
STATUS_WORDS = {1: OF_THE_METER, 2: DIRECTIONS, 4: OF_A_PHASE, 5: OF_A_PHASE, 6: OF_A_PHASE, 7: COMBINED}


def said(control: int, data: str, address: str = METER) -> Content:
    """What a frame says; `data` in the order of the wire."""
    return read_content(Frame(address, control, bytes.fromhex(data), b""))


def wire(word: int, size: int = 2) -> str:
    return word.to_bytes(size, "little").hex()


@pytest.mark.parametrize("number", STATUS_WORDS)
def test_each_bit_of_a_status_word_has_annex_cs_name(number: int) -> None:
    di = wire(0x04000500 + number, 4)
    title = f"running status word {number}"
    for bit in range(16):
        name = STATUS_WORDS[number].get(bit, f"bit-{bit}")
        value = f"{1 << bit:04X} {name}"
        assert said(0x91, di + wire(1 << bit)) == Content(f"0400050{number}", title, value, "bits")
    assert said(0x91, di + "0000").value == "0000"


@pytest.mark.parametrize("bit", range(16))
def test_bits_4_and_6_of_status_word_3_are_the_relay_and_its_command(bit: int) -> None:
    """Annex C, word 3: 0 closed, 1 open; the capture of meter 151230011061 agrees (0050 after a trip, 0000 after closing)."""
    status = read_status(1 << bit)
    assert status == (1 << bit, bit != 4, bit != 6)
    text = f"{1 << bit:04X} relay={'open' if bit == 4 else 'closed'} cmd={'open' if bit == 6 else 'closed'}"
    assert said(0x91, "03050004" + wire(1 << bit)).value == text


def test_all_seven_words_come_in_order() -> None:
    words = said(0x91, "ff050004" + "".join(wire(1 << number) for number in range(7)))
    assert (words.name, words.unit) == ("running status words", "bits")
    assert words.value == [
        "0001 bit-0",
        "0002 reverse-active-B",
        "0004 relay=closed cmd=closed",
        "0008 loss-of-current",
        "0010 over-current",
        "0020 overload",
        "0040 demand-over",
    ]


ERRORS_2007 = [
    "other",
    "no-such-data",
    "password",
    "baud-rate",
    "year-zones",
    "day-periods",
    "tariffs",
    "reserved",
]
ERRORS_1997 = [
    "illegal-data",
    "no-such-data",
    "password",
    "bit-3",
    "year-zones",
    "day-periods",
    "tariffs",
    "rates",
]
ERRORS_SECURITY = [
    "other",
    "repeated-top-up",
    "esam-verify",
    "identity",
    "customer-number",
    "top-up-count",
    "over-hoard",
    *(f"bit-{bit}" for bit in range(7, 16)),
]
ERRORS_RELAY = [
    "suspended",
    "mac",
    "password",
    "not-authenticated",
    "expired",
    "keep-power",
    "keep-power-refuses-pre-trip",
    "bad-duration",
    "already-tripped",
    *(f"bit-{bit}" for bit in range(9, 16)),
]


@pytest.mark.parametrize("control", [0xD1, 0xD2, 0xD4, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA, 0xDB, 0xDC, 0xC3])
@pytest.mark.parametrize("bit", range(8))
def test_an_error_byte_is_a_field_of_bits(control: int, bit: int) -> None:
    """Clause 7.1.5. A security error that is one byte long has its own names all the same."""
    name = ERRORS_SECURITY[bit] if control == 0xC3 else ERRORS_2007[bit]
    assert said(control, wire(1 << bit, 1)) == Content(name=name, value=f"ERR={1 << bit:02X}", unit="err")


@pytest.mark.parametrize("bit", range(16))
def test_the_extensions_refuse_by_two_bytes(bit: int) -> None:
    for control, names in ((0xC3, ERRORS_SECURITY), (0xDC, ERRORS_RELAY)):
        expected = Content(name=names[bit], value=f"ERR={1 << bit:04X}", unit="err")
        assert said(control, wire(1 << bit)) == expected
    (first, second) = (ERRORS_2007[bit] if bit < 8 else "other", wire(1 << bit)[:2].upper())
    assert said(0xD1, wire(1 << bit)) == Content(name=first, value=f"ERR={second}", unit="err")


def test_what_stands_behind_an_error_is_no_part_of_it() -> None:
    assert said(0xDC, "0400FF") == Content(name="password", value="ERR=04", unit="err")
    assert said(0xC3, "0200FF") == Content(name="repeated-top-up", value="ERR=02", unit="err")
    old = edition1997.read_content(Frame(METER, 0xC4, b"\x04\x02", b""))
    assert old == Content(name="password", value="ERR=04", unit="err")


@pytest.mark.parametrize("bit", range(8))
def test_the_errors_of_1997_have_names_of_their_own(bit: int) -> None:
    frame = Frame(METER, 0xC1, bytes((1 << bit,)), b"")
    assert edition1997.refusal(frame) == ERRORS_1997[bit]
    assert edition1997.read_content(frame) == Content(
        name=ERRORS_1997[bit], value=f"ERR={1 << bit:02X}", unit="err"
    )


@pytest.mark.parametrize("data", [b"", b"\0"])
def test_a_refusal_without_a_reason_is_other(data: bytes) -> None:
    frame = Frame(METER, 0xC1, data, b"")
    assert edition1997.refusal(frame) == "other"
    assert edition1997.read_content(frame) == Content(
        name="other", value="ERR=00" if data else None, unit="err" if data else None
    )


DONE = [
    "direct-close",
    "close-permit",
    "trip",
    "delayed-trip",
    "pre-trip",
    "delayed-by-high-current",
    "bit-6",
    "bit-7",
    "keep-power-on",
    "keep-power-off",
    "alarm-on",
    "alarm-off",
    "bit-12",
    "bit-13",
    "bit-14",
    "bit-15",
]


@pytest.mark.parametrize("bit", range(16))
def test_what_a_relay_says_it_did(bit: int) -> None:
    assert said(0x9C, wire(1 << bit)) == Content(value=f"{1 << bit:04X} {DONE[bit]}")


@pytest.mark.parametrize("data", ["", "01", "010000"])
def test_a_plain_acknowledgement_says_nothing_more(data: str) -> None:
    assert said(0x9C, data) == Content()


@pytest.mark.parametrize(
    ("control", "data", "is_one"),
    [
        (0xC3, "0200", True),
        (0xC3, "02", False),
        (0xC3, "020000", False),
        (0x83, "ff020107", True),
        (0x03, "ff02010711223344", True),
        (0x83, "ff0201", False),
        (0x83, "ff020108", False),
        (0x83, "070707", False),
        (0x03, "1090", False),
    ],
)
def test_function_03_of_2007_is_told_from_reading_again_of_1997(
    control: int, data: str, is_one: bool
) -> None:
    assert is_security(Frame(METER, control, bytes.fromhex(data), b"")) is is_one


EXCEPTIONS = {
    1: "illegal-function",
    2: "illegal-address",
    3: "illegal-value",
    4: "device-failure",
    5: "acknowledged",
    6: "busy",
    7: "negative-acknowledge",
    8: "memory-parity",
    9: "unknown",
    10: "no-gateway-path",
    11: "no-gateway-answer",
    12: "unknown",
    255: "unknown",
}


@pytest.mark.parametrize("code", EXCEPTIONS)
def test_modbus_exceptions_have_the_specifications_names(code: int) -> None:
    decoder = modbus.Decoder()
    decoder.feed(modbus.encode(1, 0x83, bytes((code,))))
    frame = decoder.next_event()
    assert modbus_content.read_fields(frame) == {"value": None, "exception": code, "name": EXCEPTIONS[code]}


@pytest.mark.parametrize("number", range(1, 8))
def test_a_status_words_form_has_two_bytes(number: int) -> None:
    form = status_words.form(number)
    assert form.size == 2
    shown = "1004 relay=closed cmd=closed" if number == 3 else f"1004 {STATUS_WORDS[number].get(2)} bit-12"
    assert form.parse(b"\x04\x10") == shown


def test_several_reasons_are_joined() -> None:
    assert said(0xD1, "86").name == "no-such-data+password+reserved"
    assert said(0xDC, "3000").name == "expired+keep-power"
    assert said(0xC3, "0300").name == "other+repeated-top-up"
    assert said(0x9C, "2a00").value == "002A close-permit delayed-trip delayed-by-high-current"
    assert edition1997.refusal(Frame(METER, 0xC1, b"\x06", b"")) == "no-such-data+password"
