"""Which damage a DL/T 645 stream is given, which bytes it shows, and what is not named twice."""

import pytest

from gateway.protocols.dlt645.frame import Decoder, encode
from gateway.protocols.stream import BUFFER_BYTES, Damage, Reason
from tests.protocols.streams import drain, hear_645

METER = "123456789012"
REPLY = encode(METER, 0x91, bytes.fromhex("0000010078563412"))
WRONG_SUM = REPLY[:-2] + b"\x00\x16"
GOOD = "good"
HEAD = b"\x68" + b"\x11" * 6 + b"\x68"


def told(stream: bytes, portion: int = 0) -> list[object]:
    """Good frames as `good`, damages as name and bytes."""
    return [
        (event.reason.value, event.raw) if isinstance(event, Damage) else GOOD
        for event in hear_645(stream, portion)
    ]


NOISE = bytes(range(1, 100)).replace(b"\x68", b"\x00")


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        pytest.param(b"\x01\x02" + REPLY, [("garbage", b"\x01\x02"), GOOD], id="noise-before"),
        pytest.param(b"\xfe\xfe\x01\x02" + REPLY, [("garbage", b"\x01\x02"), GOOD], id="FE-before-noise"),
        pytest.param(
            b"\x01\xfe\x02\xfe\xfe" + REPLY, [("garbage", b"\x01\xfe\x02"), GOOD], id="FE-behind-noise"
        ),
        pytest.param(NOISE + REPLY, [("garbage", NOISE[:64]), GOOD], id="noise-is-shown-by-64-bytes"),
        pytest.param(b"\xfe" * 9, [("preamble-only", b"\xfe")], id="FE-alone"),
        pytest.param(REPLY + b"\xfe\xfe", [GOOD, ("preamble-only", b"\xfe")], id="FE-and-silence-behind"),
        pytest.param(REPLY + b"\xfe\x01\xfe", [GOOD, ("garbage", b"\x01")], id="noise-behind"),
        pytest.param(WRONG_SUM, [("bad-checksum", WRONG_SUM)], id="wrong-sum"),
        pytest.param(REPLY[:-1] + b"\x17", [("bad-end", REPLY[:-1] + b"\x17")], id="wrong-end"),
        pytest.param(HEAD[:7] + b"\x67" + REPLY, [("bad-second-68", HEAD[:7] + b"\x67"), GOOD], id="no-twin"),
        pytest.param(HEAD[:7] + b"\x67", [("bad-second-68", HEAD[:7] + b"\x67")], id="no-twin-and-silence"),
        pytest.param(REPLY[:11], [("truncated", REPLY[:11])], id="cut"),
        pytest.param(HEAD + b"\x91", [("truncated", HEAD + b"\x91")], id="cut-before-L"),
        pytest.param(
            HEAD + b"\x91\x02\x33\x33\x00\x00",
            [("length-mismatch", HEAD + b"\x91\x02\x33\x33\x00\x00")],
            id="lost",
        ),
    ],
)
@pytest.mark.parametrize("portion", [0, 1, 5])
def test_damage_shows_what_it_was(stream: bytes, expected: list[object], portion: int) -> None:
    assert told(stream, portion) == expected


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        pytest.param(WRONG_SUM + b"\x01\x02" + REPLY, ["bad-checksum", GOOD], id="noise-behind-damage"),
        pytest.param(WRONG_SUM + b"\x01\x02", ["bad-checksum"], id="noise-behind-damage-and-silence"),
        pytest.param(
            WRONG_SUM + REPLY + b"\x01", ["bad-checksum", GOOD, "garbage"], id="noise-after-a-good-one"
        ),
        pytest.param(b"\x01" + WRONG_SUM + b"\x02" + REPLY, ["garbage", "bad-checksum", GOOD], id="both"),
        pytest.param(b"\x01" + b"\x68\x02" * 9 + REPLY, ["garbage", GOOD], id="68-in-noise"),
        pytest.param(b"\x68\x02" * 9 + REPLY, ["bad-second-68", GOOD], id="68-again-and-again"),
        pytest.param(
            encode(METER, 0x91, HEAD)[:-2] + b"\x00\x16" + REPLY,
            ["bad-checksum", GOOD],
            id="68-within-a-damage",
        ),
        pytest.param(
            HEAD + b"\x91\x20" + REPLY + b"\x00" * 30, ["length-mismatch", GOOD, "garbage"], id="good-within"
        ),
        pytest.param(WRONG_SUM * 3, ["bad-checksum"] * 3, id="each-its-own"),
        pytest.param(WRONG_SUM + WRONG_SUM[:9], ["bad-checksum", "truncated"], id="then-cut"),
        pytest.param(WRONG_SUM + b"\x68\x01", ["bad-checksum"], id="then-a-mark-in-its-noise"),
        pytest.param(b"\x01\x68\x02", ["garbage"], id="noise-then-a-mark"),
    ],
)
@pytest.mark.parametrize("portion", [0, 1, 7])
def test_one_run_of_bad_bytes_is_named_once(stream: bytes, expected: list[str], portion: int) -> None:
    assert [event if event == GOOD else event[0] for event in told(stream, portion)] == expected


@pytest.mark.parametrize("before", [b"\x01\x02", WRONG_SUM, REPLY[:9], b"\xfe\xfe", REPLY])
def test_silence_ends_what_was_and_new_noise_has_its_name(before: bytes) -> None:
    decoder = Decoder()
    decoder.feed(before)
    drain(decoder)
    decoder.flush()
    drain(decoder)
    assert decoder.pending_bytes == 0
    decoder.feed(b"\x05" + REPLY)
    noise, frame = drain(decoder)
    assert noise == (Reason.GARBAGE, b"\x05")
    assert frame.raw == REPLY


def test_noise_and_a_mark_in_it_are_one_damage_though_silence_comes_before_the_question() -> None:
    decoder = Decoder()
    decoder.feed(b"\x01")
    assert decoder.next_event() is None
    decoder.feed(b"\x68\x02")
    decoder.flush()
    assert drain(decoder) == [(Reason.GARBAGE, b"\x01")]


def test_silence_is_over_when_more_comes() -> None:
    """Fed again, an unfinished frame is waited for once more."""
    decoder = Decoder()
    decoder.flush()
    decoder.feed(REPLY[:12])
    assert decoder.next_event() is None
    decoder.feed(REPLY[12:])
    assert decoder.next_event().raw == REPLY


def test_nothing_heard_is_nothing_told() -> None:
    decoder = Decoder()
    assert decoder.next_event() is None
    decoder.flush()
    assert decoder.next_event() is None
    decoder.feed(b"")
    assert decoder.next_event() is None


@pytest.mark.parametrize("address", ["AAAAAAAAAAAA", "999999999999", "FE1668FE1668", "000000000000"])
@pytest.mark.parametrize("control", [0x00, 0x16, 0x68, 0x91, 0xFE, 0xFF])
def test_any_address_and_control_code_travel_as_they_are(address: str, control: int) -> None:
    """Clause 5.2: only DATA is offset by 33H."""
    raw = encode(address, control, b"\xcd\x00\x33")
    assert raw[1:7] == bytes.fromhex(address)[::-1]
    assert (raw[8], raw[9], raw[10:13].hex()) == (control, 3, "003366")
    assert raw[-2] == sum(raw[:-2]) % 256
    assert told(raw) == [GOOD]


@pytest.mark.parametrize("more", [1, 63, 64, 65, 1000])
def test_what_was_fed_beyond_the_buffer_is_named_by_its_oldest_bytes(more: int) -> None:
    decoder = Decoder()
    stream = bytes(position % 251 for position in range(BUFFER_BYTES + more))
    decoder.feed(stream)
    assert decoder.pending_bytes == BUFFER_BYTES
    assert decoder.next_event() == (Reason.OVERRUN, stream[: min(more, 64)])


def test_a_full_buffer_loses_nothing() -> None:
    decoder = Decoder()
    whole = b"\x01" * (BUFFER_BYTES - len(REPLY)) + REPLY
    decoder.feed(whole)
    noise, frame = drain(decoder)
    assert (noise.reason, frame.raw) == (Reason.GARBAGE, REPLY)


def test_an_overrun_is_named_once_by_the_first_bytes_lost() -> None:
    decoder = Decoder()
    decoder.feed(b"\x07" * BUFFER_BYTES)
    decoder.feed(b"\x08" * 100)
    decoder.feed(b"\x09" * 100 + REPLY)
    assert decoder.next_event() == (Reason.OVERRUN, b"\x07" * 64)
    noise, frame = drain(decoder)
    assert (noise.reason, frame.raw) == (Reason.GARBAGE, REPLY)
