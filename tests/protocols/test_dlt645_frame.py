"""The DL/T 645 stream: what the field does to frames, one by one (protocols.md's oddities), and the bounds."""

import pytest

from gateway.protocols.dlt645.frame import MAX_FRAME_BYTES, Decoder, Frame, encode
from gateway.protocols.stream import BUFFER_BYTES, Damage, Reason
from tests.protocols.streams import drain, hear_645

METER = "123456789012"
ENERGY = bytes.fromhex("00000100")
REQUEST = encode(METER, 0x11, ENERGY)
REPLY = encode(METER, 0x91, ENERGY + bytes.fromhex("78563412"))


def kinds(events: list) -> list[str]:
    """`reply`, `request` or the damage's name, in order."""
    return [
        event.reason.value if isinstance(event, Damage) else "reply" if event.is_reply else "request"
        for event in events
    ]


def test_the_standards_example() -> None:
    (frame,) = hear_645(bytes.fromhex("6812907856341268910833333433ab896745cc16"))
    assert frame == Frame(METER, 0x91, bytes.fromhex("0000010078563412"), REPLY)
    assert (frame.is_reply, frame.is_abnormal, frame.has_more, frame.function) == (True, False, False, 0x11)


@pytest.mark.parametrize(
    ("stream", "heard"),
    [
        pytest.param(b"", [], id="nothing"),
        *(pytest.param(b"\xfe" * n + REPLY, ["reply"], id=f"{n}-FE") for n in (0, 1, 2, 3, 4, 5, 7, 9, 100)),
        pytest.param(b"\xfe" * 4, ["preamble-only"], id="preamble-only"),
        pytest.param(b"\xfe" * 4 + REQUEST + b"\xfe\xfe" + REPLY, ["request", "reply"], id="echo-and-reply"),
        pytest.param(REQUEST + REPLY, ["request", "reply"], id="echo-glued"),
        pytest.param(b"\xfe\xfe\xaa\xaa" + REPLY, ["garbage", "reply"], id="AA-noise"),
        pytest.param(b"\x68" + REPLY, ["bad-second-68", "reply"], id="extra-68"),
        pytest.param(b"\x68\x68\x68" + REPLY, ["bad-second-68", "reply"], id="three-extra-68"),
        pytest.param(REPLY[1:] + REPLY, ["garbage", "reply"], id="lost-first-68"),
        pytest.param(REPLY[:1] + REPLY[2:] + REPLY, ["bad-second-68", "reply"], id="lost-address-byte"),
        pytest.param(REPLY[:12] + REPLY[13:] + REPLY, ["length-mismatch", "reply"], id="lost-data-byte"),
        pytest.param(
            REPLY[:12] + b"\x33" + REPLY[12:] + REPLY, ["length-mismatch", "reply"], id="doubled-byte"
        ),
        pytest.param(REPLY + b"\xff" * 20, ["reply", "garbage"], id="padding-FF"),
        pytest.param(b"\x00" + REPLY, ["garbage", "reply"], id="break-on-switching"),
        pytest.param(bytes.fromhex("aabbccddeeff") + REPLY, ["garbage", "reply"], id="MAC-prefix"),
        pytest.param(REPLY[9:], ["garbage"], id="head-destroyed"),
        pytest.param(REPLY[:-2] + b"\x00\x16" + REPLY, ["bad-checksum", "reply"], id="bad-checksum"),
        pytest.param(REPLY[:-1] + b"\x17" + REPLY, ["bad-end", "reply"], id="bad-end"),
        pytest.param(REPLY[:7] + b"\x69" + REPLY[8:] + REPLY, ["bad-second-68", "reply"], id="bad-second-68"),
        pytest.param(REPLY[:-1], ["truncated"], id="no-end"),
        pytest.param(REPLY[:3], ["truncated"], id="three-bytes"),
        pytest.param(b"\x68", ["truncated"], id="lone-68"),
        pytest.param(REPLY[:9] + b"\xff" + REPLY, ["truncated", "reply"], id="cut-short-behind-a-long-L"),
        pytest.param(b"\x55\x68\x12\x68", ["garbage"], id="68-in-noise"),
        pytest.param(
            REPLY[:12] + REPLY + REQUEST, ["length-mismatch", "reply", "request"], id="cut-short-in-traffic"
        ),
        pytest.param(
            b"\x68" + b"\x11" * 6 + b"\x68\x91\xff" + REPLY, ["truncated", "reply"], id="false-head-L-FF"
        ),
        pytest.param(REPLY * 5, ["reply"] * 5, id="five-replies"),
        pytest.param(
            REPLY[:-2] + b"\0\x16" + REPLY[:-2] + b"\1\x16", ["bad-checksum"] * 2, id="two-bad-ones"
        ),
        pytest.param(
            b"\x12\x34" + REPLY + b"\x56", ["garbage", "reply", "garbage"], id="noise-on-both-sides"
        ),
    ],
)
@pytest.mark.parametrize("portion", [0, 1, 3])
def test_what_the_line_does_to_frames(stream: bytes, heard: list[str], portion: int) -> None:
    assert kinds(hear_645(stream, portion)) == heard


@pytest.mark.parametrize("cut", range(1, len(REPLY)))
def test_a_reply_cut_anywhere_is_waited_for_then_found(cut: int) -> None:
    decoder = Decoder()
    decoder.feed(REPLY[:cut])
    assert decoder.next_event() is None
    decoder.feed(REPLY[cut:])
    assert decoder.next_event().raw == REPLY


@pytest.mark.parametrize("cut", range(1, len(REPLY)))
def test_a_reply_that_stops_anywhere_is_named_and_costs_nothing_later(cut: int) -> None:
    decoder = Decoder()
    decoder.feed(REPLY[:cut])
    decoder.flush()
    assert kinds(drain(decoder)) == ["truncated"]
    decoder.feed(REPLY)
    assert kinds(drain(decoder)) == ["reply"]


@pytest.mark.parametrize("position", range(len(REPLY)))
def test_one_wrong_byte_never_passes_and_never_hides_the_next_frame(position: int) -> None:
    bad = REPLY[:position] + bytes((REPLY[position] ^ 0x01,)) + REPLY[position + 1 :]
    events = hear_645(bad + REPLY)
    assert isinstance(events[0], Damage)
    assert kinds(events)[1:] == ["reply"]


@pytest.mark.parametrize("size", [0, 1, 50, 199, 200, 201, 255])
@pytest.mark.parametrize("filling", [0x00, 0x35, 0xE3, 0xCB, 0xFF], ids=["plain", "68", "16", "FE", "FF"])
def test_any_length_and_any_mark_inside(size: int, filling: int) -> None:
    data = bytes((filling,)) * size
    raw = encode("FEFE68681616", 0x91, data)
    assert hear_645(b"\xfe" + raw + raw, portion=1) == [Frame("FEFE68681616", 0x91, data, raw)] * 2


def test_a_frame_inside_a_false_frames_claim_is_found_without_waiting_for_silence() -> None:
    decoder = Decoder()
    decoder.feed(b"\x68" + b"\x11" * 6 + b"\x68\x91\x20" + REPLY + b"\x00" * 30)
    assert kinds(drain(decoder)) == ["length-mismatch", "reply"]


def test_damage_shows_its_bytes() -> None:
    bad = REPLY[:-2] + b"\x00\x16"
    assert hear_645(b"\x01\x02" + bad) == [(Reason.GARBAGE, b"\x01\x02"), (Reason.BAD_CHECKSUM, bad)]


def test_endless_noise_keeps_next_to_nothing() -> None:
    decoder = Decoder()
    for _ in range(1000):
        decoder.feed(b"\x55" * 1000)
        assert decoder.next_event() is None
        assert decoder.pending_bytes == 0
    decoder.flush()
    assert decoder.next_event() == (Reason.GARBAGE, b"\x55" * 64)


def test_a_start_mark_holds_at_most_one_frame_of_bytes() -> None:
    decoder = Decoder()
    for byte in (b"\x68" + b"\x11" * 6) * 200:
        decoder.feed(bytes((byte,)))
        drain(decoder)
        assert decoder.pending_bytes <= MAX_FRAME_BYTES


def test_feeding_without_asking_is_bounded_and_named() -> None:
    decoder = Decoder()
    for _ in range(5):
        decoder.feed(REPLY * 2000)
        assert decoder.pending_bytes <= BUFFER_BYTES
    events = drain(decoder)
    assert kinds(events[:1]) == ["overrun"]
    assert kinds(events).count("reply") >= BUFFER_BYTES // len(REPLY) - 1


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_bytes_like_portion_is_taken(kind: type) -> None:
    decoder = Decoder()
    decoder.feed(kind(REPLY[:7]))
    decoder.feed(kind(REPLY[7:]))
    assert decoder.next_event().raw == REPLY


@pytest.mark.parametrize(
    ("address", "data"),
    [("12345678901", b""), ("1234567890123", b""), ("12345678", b""), (METER, b"\0" * 256)],
)
def test_encode_refuses_what_no_frame_can_hold(address: str, data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        encode(address, 0x11, data)


def test_encode_puts_the_preamble_outside_the_sum() -> None:
    assert encode(METER, 0x11, ENERGY, preamble=4) == b"\xfe" * 4 + REQUEST
    assert encode("AAAAAAAAAAAA", 0x13).hex() == "68aaaaaaaaaaaa681300df16"
