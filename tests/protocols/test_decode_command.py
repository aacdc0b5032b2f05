"""`cardroom-gateway decode` as a technician types it."""

import json
import subprocess
import sys

import pytest

from gateway.technician.decode import Named, decode_line

READING = "6812907856341268910833333433ab896745cc16"


def decode(*args: str, stdin: bytes = b"") -> tuple[list[dict], int]:
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "decode", *args], input=stdin, capture_output=True, timeout=60
    )
    assert done.stderr == b""
    return [json.loads(line) for line in done.stdout.splitlines()], done.returncode


def test_one_frame_as_argument() -> None:
    (event,), code = decode(READING)
    assert code == 0
    assert event == {
        "line": 1,
        "event": "frame",
        "protocol": "dlt645-2007",
        "direction": "response",
        "address": "123456789012",
        "control": "91",
        "di": "00010000",
        "value": "123456.78",
        "unit": "kWh",
        "data_hex": "0000010078563412",
        "name": "forward active energy total",
    }


def test_lines_of_stdin_keep_their_numbers() -> None:
    lines = [
        b"fe fe FE FE 68 12 90 78 56 34 12 68 91 08 33 33 34 33 AB 89 67 45 CC 16",
        b"",
        b"xyz",
        b"123",
        b"\xff\xfe",
        b"01040000000271cb\r",
        b"010400000002cb71",
        READING.encode()[:-4] + b"0016",
    ]
    events, code = decode(stdin=b"\n".join(lines))
    assert code == 0
    told = [(event["line"], event["event"], event.get("reason", event.get("protocol"))) for event in events]
    assert told == [
        (1, "frame", "dlt645-2007"),
        (3, "damage", "not-hex"),
        (4, "damage", "not-hex"),
        (5, "damage", "not-hex"),
        (6, "frame", "modbus-rtu"),
        (7, "damage", "bad-crc"),
        (8, "damage", "bad-checksum"),
    ]


def test_a_stream_of_several_frames_is_told_in_order() -> None:
    request = "68129078563412681104333334336816"
    events, _ = decode("fefefefe" + request + "fefe" + READING + "0011", "zz")
    assert [(e["line"], e.get("direction", e.get("reason"))) for e in events] == [
        (1, "request"),
        (1, "response"),
        (1, "garbage"),
        (2, "not-hex"),
    ]


@pytest.mark.parametrize(
    ("protocol", "hexes", "told"),
    [
        ("dlt645-1997", READING, {"protocol": "dlt645-1997", "di": None}),
        (
            "dlt645-2007",
            "6803000000000068810444e93334ec16",
            {"protocol": "dlt645-2007", "control": "81", "value": None},
        ),
        (
            "auto",
            "6803000000000068810444e93334ec16",
            {"protocol": "dlt645-1997", "value": "100", "unit": "V"},
        ),
        ("modbus-rtu", "0b03023f803015", {"protocol": "modbus-rtu", "address": 11, "value": "0x3F80"}),
        ("auto", "010404436633341b38", {"value": "230.2", "float32_be": 230.2, "direction": "response"}),
        ("dlt645-2007", "0b03023f803015", {"event": "damage", "reason": "garbage"}),
        ("modbus-rtu", READING, {"event": "damage"}),
    ],
)
def test_the_protocol_can_be_named(protocol: str, hexes: str, told: dict) -> None:
    events, _ = decode("--protocol", protocol, hexes)
    assert told.items() <= events[0].items()


def test_a_very_long_line() -> None:
    events, _ = decode(stdin=(READING * 20_000).encode())
    assert len(events) == 20_000
    assert {event["event"] for event in events} == {"frame"}


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    command = f"yes {READING} | head -20000 | {sys.executable} -m gateway decode | head -1"
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, timeout=60)
    assert done.stderr == b""
    assert done.stdout.count(b"\n") == 1


def test_a_wrong_option_says_what_is_there() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "decode", "--protocol", "x"], capture_output=True, timeout=60
    )
    assert done.returncode == 2
    assert b"dlt645-2007" in done.stderr


@pytest.mark.parametrize(
    "between",
    [" ", ",", ", ", ";", ":", "-", "\t", " 0x", ",0X", ", 0x"],
)
def test_bytes_are_taken_as_tools_print_them(between: str) -> None:
    spread = between.join(READING[at : at + 2] for at in range(0, len(READING), 2))
    for text in (spread, "0x" + spread, "\ufeff" + spread.upper().replace("X", "x") + "\r\n"):
        ((_, said),) = [(e["event"], e["value"]) for e in decode_line(text, Named.AUTO)]
        assert said == "123456.78"


def test_a_frame_pasted_without_quotes_is_one_stream() -> None:
    (event,), _ = decode(*(READING[at : at + 2] for at in range(0, len(READING), 2)))
    assert (event["line"], event["value"]) == (1, "123456.78")


@pytest.mark.parametrize("text", ["68 1 2", "0x681", "6g", "\x00", "６８", "RX: 68", "68 12 --- x"])
def test_what_is_no_byte_is_no_hex(text: str) -> None:
    assert list(decode_line(text, Named.AUTO)) == [{"event": "damage", "reason": "not-hex"}]


def test_binary_junk_on_stdin_is_named_line_by_line() -> None:
    events, code = decode(stdin=bytes(range(256)) * 40)
    assert code == 0
    assert {event.get("reason") for event in events} == {"not-hex"}


def test_no_input_is_no_event() -> None:
    assert decode(stdin=b"") == ([], 0)
    assert decode(stdin=b"\n \r\n\t\n") == ([], 0)


OWN_FRAMES = [
    # (bytes, protocol asked, what is expected of the only event)
    ("010304b200010000", "auto", {"reason": "bad-crc", "crc_computed": "251D"}),
    ("0103200000020000", "auto", {"reason": "bad-crc"}),
    ("01ab019ef0", "auto", {"protocol": "modbus-rtu", "control": "AB", "exception": 1}),
    ("0197018ff0", "modbus-rtu", {"control": "97", "exception": 1}),
    ("01030000007ec5ea", "auto", {"protocol": "modbus-rtu", "direction": "request", "quantity": 126}),
    ("01030000000045ca", "modbus-rtu", {"direction": "request", "quantity": 0}),
    ("01020304242068910833333433ab8967456416", "auto", {"reason": "garbage"}),
    ("12907856341268910833333433ab896745cc16", "auto", {"reason": "garbage"}),
    ("04032810192068910833333433ab8967458e16", "auto", {"reason": "garbage"}),
    (
        "6812907856341268811b52c3ab896745ddab896745ddab896745ddab896745ddab896745dde816",
        "auto",
        {"protocol": "dlt645-1997", "di": "901F", "value": ["123456.78"] * 5},
    ),
    ("6812907856341268180c363f33373733333337456789c516", "auto", {"control": "18", "di": "04000C03"}),
    ("68129078563412681b0c3533333344444444323363368916", "auto", {"control": "1B", "di": "033000FF"}),
    ("6812907856341268d1005716", "auto", {"control": "D1", "value": None}),
    ("6812907856341268d10533333433355e16", "auto", {"control": "D1", "value": "ERR=00", "name": "other"}),
    ("6812907856341268910a373733373232323232322516", "auto", {"di": "04000404", "value": None}),
    ("68aaaaaaaaaaaa68150645c3ab896745cf16", "auto", {"control": "15", "value": "123456789012"}),
    (
        "6812907856341268830643c3ab3a6745a616",
        "auto",
        {"protocol": "dlt645-1997", "di": "9010", "value": "123407.78"},
    ),
]


@pytest.mark.parametrize(("text", "asked", "expected"), OWN_FRAMES)
def test_frames_at_the_edges_of_the_standards(text: str, asked: str, expected: dict) -> None:
    (said,) = decode_line(text, Named(asked))
    assert {key: said.get(key, "missing") for key in expected} == expected


def test_without_standard_input_there_is_nothing_to_say() -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m gateway decode <&-"], capture_output=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize(
    ("bits", "text"),
    [("3727c5ac", "0.00001"), ("80000000", "0.0"), ("42700000", "60.0"), ("43663334", "230.2")],
)
def test_a_float_is_plain_decimal_text(bits: str, text: str) -> None:
    from gateway.protocols.modbus.content import float32, float_text

    number = float32(bytes.fromhex(bits))
    assert number is not None
    assert float_text(number) == text
