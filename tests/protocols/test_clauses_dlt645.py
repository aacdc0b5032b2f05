"""DL/T 645-2007 clause 7, function by function: what a request's bytes are, and what a frame of each function says."""

import pytest

from gateway.protocols.dlt645 import functions, relay
from gateway.protocols.dlt645.content import Content, read_content
from gateway.protocols.dlt645.frame import Decoder, Frame
from gateway.protocols.driver import MeterClock

METER = "123456789012"
EVERYBODY = "999999999999"
SOMEBODY = "AAAAAAAAAAAA"
NOON = MeterClock(2026, 11, 23, 12, 5, 9)


def parts(raw: bytes) -> tuple[int, str, int, str]:
    """FE bytes, address, control and DATA (33H taken off) of one request."""
    decoder = Decoder()
    decoder.feed(raw)
    frame = decoder.next_event()
    assert isinstance(frame, Frame)
    return len(raw) - len(frame.raw), frame.address, frame.control, frame.data.hex()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(functions.read(METER, "00010200"), (METER, 0x11, "00020100"), id="7.1-read"),
        pytest.param(functions.read_follow_up(METER, "00010200", 1), (METER, 0x12, "0002010001"), id="7.2-first"),
        pytest.param(functions.read_follow_up(METER, "00010200", 255), (METER, 0x12, "00020100ff"), id="7.2-last"),
        pytest.param(functions.read_address(), (SOMEBODY, 0x13, ""), id="7.3-read-address"),
        pytest.param(
            functions.write(METER, "04000103", "02112233", "44556677", b"\x15"),
            (METER, 0x14, "03010004" + "02112233" + "44556677" + "15"),
            id="7.4-write",
        ),
        pytest.param(functions.freeze(EVERYBODY, "99999999"), (EVERYBODY, 0x16, "99999999"), id="7.6-now"),
        pytest.param(functions.freeze(METER, "99051230"), (METER, 0x16, "30120599"), id="7.6-monthly"),
        pytest.param(functions.broadcast_time(NOON), (EVERYBODY, 0x08, "090512231126"), id="7.8-time"),
        pytest.param(
            relay.switch(METER, 0x1A, "02112233", "44556677", NOON),
            (METER, 0x1C, "02112233" + "44556677" + "1a00" + "090512231126"),
            id="1C-trip",
        ),
        pytest.param(
            relay.switch(METER, 0x1B, "02112233", "44556677", NOON, duration=3),
            (METER, 0x1C, "02112233" + "44556677" + "1b03" + "090512231126"),
            id="1C-permit",
        ),
    ],
)  # fmt: skip
def test_a_request_is_the_clauses(raw: bytes, expected: tuple[str, int, str]) -> None:
    assert parts(raw) == (0, *expected)


@pytest.mark.parametrize("preamble", [0, 1, 4])
def test_fe_bytes_stand_before_any_request(preamble: int) -> None:
    for raw in (
        functions.read(METER, "00010000", preamble),
        functions.read_follow_up(METER, "00010000", 1, preamble),
        functions.read_address(preamble),
        functions.write(METER, "04000103", "02000000", "00000000", b"\x15", preamble),
        functions.broadcast_time(NOON, preamble),
        functions.freeze(METER, "99999999", preamble),
        functions.change_baud(METER, 2400, preamble),
        relay.switch(METER, 0x1A, "02000000", "00000000", NOON, preamble=preamble),
    ):
        assert parts(raw)[0] == preamble


@pytest.mark.parametrize(
    ("baud", "word"), [(600, "02"), (1200, "04"), (2400, "08"), (4800, "10"), (9600, "20"), (19_200, "40")]
)
def test_a_rate_is_one_bit_of_the_feature_word(baud: int, word: str) -> None:
    """Clause 7.7."""
    assert parts(functions.change_baud(METER, baud)) == (0, METER, 0x17, word)


@pytest.mark.parametrize("baud", [0, 300, 601, 38_400])
def test_other_rates_have_no_feature_word(baud: int) -> None:
    with pytest.raises(ValueError, match=f"no feature word for {baud} baud"):
        functions.change_baud(METER, baud)


@pytest.mark.parametrize("sequence", [0, 256, -1])
def test_follow_up_frames_are_numbered_1_to_255(sequence: int) -> None:
    """Clause 7.2."""
    with pytest.raises(ValueError, match=f"1 to 255, not {sequence}"):
        functions.read_follow_up(METER, "00010000", sequence)


@pytest.mark.parametrize(
    ("password", "operator"),
    [("02", "00000000"), ("02000000", "00"), ("0200000000", "00000000"), ("", ""), ("020000000000", "0000")],
)
def test_password_and_operator_are_four_bytes_each(password: str, operator: str) -> None:
    """Not eight together: what one has too many, the other would lack, and the meter would read another code."""
    with pytest.raises(ValueError, match="expected 8 hex digits, got"):
        functions.write(METER, "04000103", password, operator, b"\x15")
    with pytest.raises(ValueError, match="expected 8 hex digits, got"):
        relay.switch(METER, 0x1A, password, operator, NOON)


@pytest.mark.parametrize("year", [2000, 2026, 2099])
def test_a_year_is_its_last_two_digits(year: int) -> None:
    clock = MeterClock(year, 1, 2, 3, 4, 5)
    assert functions.clock_bytes(clock).hex() == f"0504030201{year % 100:02}"


def said(control: int, data: str) -> Content:
    return read_content(Frame(METER, control, bytes.fromhex(data), b""))


TOTAL = "forward active energy total"


@pytest.mark.parametrize(
    ("control", "data", "expected"),
    [
        # 7.1, 7.2: reading
        (0x11, "00000100", Content("00010000", TOTAL)),
        (0x11, "0000010002", Content("00010000", TOTAL)),
        (0x91, "00000100", Content("00010000", TOTAL)),
        (0x91, "0000010001000000", Content("00010000", TOTAL, "0.01", "kWh")),
        (0x91, "000001", Content()),
        (0x91, "", Content()),
        (0x12, "0000010001", Content("00010000", TOTAL, sequence=1)),
        (0x12, "00000100", Content("00010000", TOTAL)),
        (0x92, "000001000100000007", Content("00010000", TOTAL, sequence=7)),
        (0x92, "0000010007", Content("00010000", TOTAL, sequence=7)),
        (0x92, "00ff01000100000007", Content("0001FF00", f"{TOTAL} and tariffs", ["0.01"], "kWh", sequence=7)),
        (0x92, "00ff01001a00000007", Content("0001FF00", f"{TOTAL} and tariffs", sequence=7)),
        (0xB1, "00ff010001000000", Content("0001FF00", f"{TOTAL} and tariffs", ["0.01"], "kWh")),
        (0xB1, "0000010001000000", Content("00010000", TOTAL)),
        (0x91, "ffffffff01", Content("FFFFFFFF")),
        # 7.3, 7.5: addresses
        (0x93, "129078563412", Content(value=METER)),
        (0x93, "1290785634", Content()),
        (0x93, "12907856341200", Content()),
        (0x13, "129078563412", Content()),
        (0x15, "129078563412", Content(value=METER)),
        (0x15, "1290785634", Content()),
        (0x95, "129078563412", Content()),
        # 7.4: writing
        (0x14, "03010004" + "02000000" + "00000000" + "15", Content("04000103", "demand period")),
        (0x94, "", Content()),
        (0x94, "0301000415", Content("04000103", "demand period")),
        # 7.6, 7.8: the moment, highest first
        (0x16, "30120599", Content(value="99051230", unit="moment")),
        (0x16, "", Content()),
        (0x96, "30120599", Content()),
        (0x08, "090512231126", Content(value="261123120509", unit="moment")),
        (0x88, "090512231126", Content()),
        # 7.7: the feature word, asked and agreed
        (0x17, "08", Content(value="08", unit="baud feature word")),
        (0x97, "AB", Content(value="AB", unit="baud feature word")),
        (0x17, "0800", Content()),
        (0x17, "", Content()),
        # 7.9 to 7.13: passwords and clearing
        (0x18, "010c0004" + "02000000" + "02000001", Content("04000C01")),
        (0x18, "03010004", Content("04000103", "demand period")),
        (0x18, "030100", Content()),
        (0x98, "02000001", Content()),
        (0x19, "0200000000000000", Content()),
        (0x1A, "0200000000000000", Content()),
        (0x1B, "02000000" + "00000000" + "ffffffff", Content()),
        (0x1B, "02000000" + "00000000" + "000d3003", Content("03300D00", "meter cover opening count")),
        (0x1B, "02000000" + "00000000" + "000d30", Content()),
        (0x1B, "02000000" + "00000000" + "000d300300", Content()),
        (0x9B, "02000000" + "00000000" + "000d3003", Content()),
        # 03H, an extension
        (0x03, "ff020107" + "11", Content("070102FF")),
        (0x83, "000d3003" + "120000", Content("03300D00", "meter cover opening count", "12", "times")),
        (0x1F, "00000100", Content()),
        (0x00, "00000100", Content()),
    ],
)  # fmt: skip
def test_what_a_frame_says(control: int, data: str, expected: Content) -> None:
    assert said(control, data) == expected


def test_a_relay_command_shows_its_fields() -> None:
    """protocols.md 1.6: PA P0 P1 P2, C0..C3, N1, N2, then the expiry with the seconds first."""
    fields = {
        "PA": "02",
        "P": "AB1122",
        "C": "33445566",
        "N1": "1A",
        "N2": "07",
        "expiry_YYMMDDhhmmss": "261123120509",
    }
    plain = "02ab1122" + "33445566" + "1a07" + "090512231126"
    assert said(0x1C, plain) == Content(value=fields)
    for other in (plain[:-2], plain + "00", ""):
        assert said(0x1C, other) == Content()


@pytest.mark.parametrize(
    ("control", "is_reply", "is_abnormal", "has_more", "function"),
    [
        (0x11, False, False, False, 0x11),
        (0x91, True, False, False, 0x11),
        (0xB1, True, False, True, 0x11),
        (0xD1, True, True, False, 0x11),
        (0x7F, False, True, True, 0x1F),
        (0x80, True, False, False, 0x00),
        (0x60, False, True, True, 0x00),
    ],
)
def test_the_bits_of_the_control_code(
    control: int, is_reply: bool, is_abnormal: bool, has_more: bool, function: int
) -> None:
    """Clause 5.2.3: D7 direction, D6 abnormal, D5 more follows, D4 to D0 the function."""
    frame = Frame(METER, control, b"", b"")
    assert frame.is_reply is is_reply
    assert frame.is_abnormal is is_abnormal
    assert frame.has_more is has_more
    assert frame.function == function
