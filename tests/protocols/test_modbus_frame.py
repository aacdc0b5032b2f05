"""The Modbus RTU stream: shapes told apart without silence, damage named, the next frame found."""

import pytest

from gateway.protocols.modbus.frame import Decoder, Role, crc16, encode, read_registers, write_registers
from gateway.protocols.stream import BUFFER_BYTES, Damage, Reason
from tests.protocols.streams import drain, hear, hear_modbus

REQUEST = read_registers(1, 4, 0x0048, 2)
REPLY = encode(1, 4, bytes.fromhex("0443663334"))


def kinds(events: list) -> list[str]:
    return [event.reason.value if isinstance(event, Damage) else event.role.value for event in events]


def test_the_crc_is_the_specifications() -> None:
    assert bytes.fromhex("010400480002f1dd") == REQUEST
    assert crc16(REQUEST) == 0


@pytest.mark.parametrize(
    ("stream", "heard"),
    [
        pytest.param(b"", [], id="nothing"),
        pytest.param(REQUEST, ["request"], id="request"),
        pytest.param(REPLY, ["response"], id="reply"),
        pytest.param(REQUEST + REPLY, ["request", "response"], id="echo-and-reply"),
        pytest.param(b"\x00" + REPLY, ["bad-crc", "response"], id="zero-before"),
        pytest.param(b"\xff\xff" + REPLY, ["garbage", "response"], id="FF-before"),
        pytest.param(REPLY + b"\x00", ["response", "truncated"], id="zero-behind"),
        pytest.param(REPLY[:-1], ["truncated"], id="no-last-byte"),
        pytest.param(REPLY[:-2] + REPLY[:-3:-1], ["bad-crc"], id="CRC-high-first"),
        pytest.param(REPLY[1:] + REQUEST, ["garbage", "request"], id="lost-address"),
        pytest.param(bytes.fromhex("0211c0e0"), ["garbage"], id="function-11"),
        pytest.param(encode(1, 0x84, b"\x02"), ["response"], id="exception"),
        pytest.param(
            encode(1, 5, bytes.fromhex("0000ff00")) * 2, ["request", "response"], id="coil-and-copy"
        ),
        pytest.param(
            encode(1, 6, bytes.fromhex("00c80006")) * 3, ["request", "response", "request"], id="write-copies"
        ),
        pytest.param(write_registers(7, 0x1A, b"\0\1"), ["request"], id="write-block"),
        pytest.param(encode(7, 16, bytes.fromhex("001a0001")), ["response"], id="write-block-reply"),
        pytest.param(encode(1, 15, bytes.fromhex("0013000a02cd01")), ["request"], id="write-coils"),
        pytest.param(encode(1, 15, bytes.fromhex("0013000a")), ["response"], id="write-coils-reply"),
        pytest.param(encode(1, 1, b"\x01\x02"), ["response"], id="one-coil-byte"),
        pytest.param(encode(1, 3, bytes((250,)) + bytes(250)), ["response"], id="longest-reply"),
        pytest.param(read_registers(1, 3, 0x2000, 125), ["request"], id="start-looks-like-a-byte-count"),
        pytest.param(encode(0, 6, bytes.fromhex("00010002")), ["request"], id="broadcast"),
    ],
)
@pytest.mark.parametrize("portion", [0, 1, 3])
def test_what_the_line_does_to_frames(stream: bytes, heard: list[str], portion: int) -> None:
    assert kinds(hear_modbus(stream, portion)) == heard


@pytest.mark.parametrize("position", range(len(REPLY)))
def test_one_wrong_byte_never_passes_and_never_hides_the_next_frame(position: int) -> None:
    bad = REPLY[:position] + bytes((REPLY[position] ^ 0x10,)) + REPLY[position + 1 :]
    events = hear_modbus(bad + REPLY)
    assert isinstance(events[0], Damage)
    assert kinds(events)[1:] == ["response"]


@pytest.mark.parametrize("cut", range(1, len(REPLY)))
def test_a_reply_cut_anywhere_is_waited_for_then_found(cut: int) -> None:
    decoder = Decoder(Role.RESPONSE)
    decoder.feed(REPLY[:cut])
    assert decoder.next_event() is None
    decoder.feed(REPLY[cut:])
    assert decoder.next_event().raw == REPLY


def test_the_own_echo_is_known_whatever_it_looks_like() -> None:
    """Register 2000H: read as a reply, the request would claim 37 bytes and swallow the answer until the line is silent."""
    request = read_registers(1, 4, 0x2000, 2)
    decoder = Decoder(Role.RESPONSE, echo=request)
    for byte in request + REPLY:
        decoder.feed(bytes((byte,)))
    assert kinds(drain(decoder)) == ["request", "response"]


def test_a_listener_for_replies_takes_no_request_of_another_master() -> None:
    assert kinds(hear(Decoder(Role.RESPONSE), read_registers(9, 3, 0, 1) + REPLY)) == ["garbage", "response"]


def test_a_listener_for_requests_takes_no_reply() -> None:
    assert kinds(hear(Decoder(Role.REQUEST), REPLY + REQUEST)) == ["garbage", "request"]


def test_a_false_claim_holds_at_most_one_frame_of_bytes() -> None:
    decoder = Decoder()
    for byte in b"\x01\x03\xfa" * 400:
        decoder.feed(bytes((byte,)))
        drain(decoder)
        assert decoder.pending_bytes <= 256


def test_feeding_without_asking_is_bounded_and_named() -> None:
    decoder = Decoder()
    for _ in range(5):
        decoder.feed(REPLY * 5000)
        assert decoder.pending_bytes <= BUFFER_BYTES
    events = drain(decoder)
    assert events[0].reason is Reason.OVERRUN
    assert kinds(events).count("response") >= BUFFER_BYTES // len(REPLY) - 1


@pytest.mark.parametrize("values", [b"", b"\0", b"\0" * 248])
def test_a_write_holds_whole_registers(values: bytes) -> None:
    with pytest.raises(ValueError, match="registers"):
        write_registers(1, 0, values)


def test_a_frame_has_at_most_256_bytes() -> None:
    assert len(encode(1, 16, bytes(252))) == 256
    with pytest.raises(ValueError, match="256"):
        encode(1, 16, bytes(253))
