"""Modbus RTU shape by shape (application protocol V1.1b3, clause 6): lengths, limits, both sides, and what each damage shows."""

import pytest

from gateway.protocols.modbus.content import float32, float_text, read_fields
from gateway.protocols.modbus.frame import (
    Decoder,
    Frame,
    Role,
    crc16,
    encode,
    read_registers,
    write_registers,
)
from gateway.protocols.stream import Damage
from tests.protocols.streams import drain, hear, hear_modbus

REPLY = encode(1, 4, bytes.fromhex("0443663334"))
REQUEST = read_registers(1, 4, 0x0048, 2)


def told(stream: bytes, decoder: Decoder | None = None, portion: int = 0) -> list[object]:
    """The role of each good frame, the name and bytes of each damage."""
    return [
        (event.reason.value, event.raw) if isinstance(event, Damage) else event.role.value
        for event in hear(decoder or Decoder(), stream, portion)
    ]


def bit_by_bit(raw: bytes) -> int:
    """The CRC as the serial line specification computes it (V1.02, clause 6.2.2)."""
    crc = 0xFFFF
    for byte in raw:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


@pytest.mark.parametrize("raw", [b"", b"\x00", b"\xff", b"123456789", bytes(range(256))])
def test_the_crc_is_the_specifications_low_byte_first(raw: bytes) -> None:
    assert crc16(raw) == bit_by_bit(raw)
    assert crc16(b"123456789") == 0x4B37
    body = raw[:200]
    assert encode(1, 3, body)[-2:] == bit_by_bit(b"\x01\x03" + body).to_bytes(2, "little")


def read(function: int, quantity: int) -> bytes:
    return encode(1, function, b"\x00\x20" + quantity.to_bytes(2, "big"))


def answered(function: int, count: int) -> bytes:
    return encode(1, function, bytes((count,)) + bytes(count))


@pytest.mark.parametrize(("function", "most"), [(1, 2000), (2, 2000), (3, 125), (4, 125)])
@pytest.mark.parametrize("portion", [0, 1])
def test_a_read_asks_for_one_to_the_most(function: int, most: int, portion: int) -> None:
    """Clauses 6.1 to 6.4; a request beyond its limits is still heard as one when its CRC is right, but never claimed."""
    for quantity in (1, 2, most - 1, most):
        assert told(read(function, quantity), portion=portion) == ["request"]
        assert told(read(function, quantity)[:-1])[0][0] == "truncated"
    for quantity in (0, most + 1, 0xFFFF):
        raw = read(function, quantity)
        assert told(raw, portion=portion) == ["request"]
        assert told(raw[:-1] + bytes((raw[-1] ^ 1,)), portion=portion)[0][0] == "garbage"
        assert told(raw, Decoder(Role.RESPONSE))[0][0] == "garbage"


@pytest.mark.parametrize("function", [3, 4])
def test_a_reply_of_registers_has_an_even_number_of_bytes(function: int) -> None:
    for count in (2, 4, 248, 250):
        for role in (None, Role.RESPONSE):
            assert told(answered(function, count), Decoder(role)) == ["response"]
            assert told(answered(function, count), Decoder(role), portion=1) == ["response"]
    for count in (0, 1, 3, 249):
        assert "response" not in told(answered(function, count), Decoder(Role.RESPONSE))


@pytest.mark.parametrize("function", [1, 2])
def test_a_reply_of_bits_has_one_to_250_bytes(function: int) -> None:
    for count in (1, 2, 3, 4, 249, 250):
        assert told(answered(function, count), Decoder(Role.RESPONSE)) == ["response"]
        assert told(answered(function, count), Decoder(Role.RESPONSE), portion=1) == ["response"]
    assert "response" not in told(answered(function, 0), Decoder(Role.RESPONSE))
    assert "response" not in told(encode(1, function, b"\xfb" + bytes(250)), Decoder(Role.RESPONSE))


def written(function: int, quantity: int, count: int) -> bytes:
    covered = bytes((1, function, 0x00, 0x10)) + quantity.to_bytes(2, "big") + bytes((count,)) + bytes(count)
    return covered + crc16(covered).to_bytes(2, "little")


@pytest.mark.parametrize(
    ("function", "quantity", "count"),
    [
        (15, 1, 1),
        (15, 8, 1),
        (15, 9, 2),
        (15, 16, 2),
        (15, 1968, 246),
        (16, 1, 2),
        (16, 2, 4),
        (16, 123, 246),
    ],
)
@pytest.mark.parametrize("portion", [0, 1])
def test_a_block_write_and_its_acknowledgement(
    function: int, quantity: int, count: int, portion: int
) -> None:
    """Clauses 6.11 and 6.12: the byte count is what the quantity fills."""
    ask, done = (
        written(function, quantity, count),
        encode(1, function, b"\x00\x10" + quantity.to_bytes(2, "big")),
    )
    assert told(ask + done, portion=portion) == ["request", "response"]
    assert told(done, Decoder(Role.RESPONSE), portion=portion) == ["response"]
    assert told(ask, Decoder(Role.REQUEST), portion=portion) == ["request"]
    assert told(done, Decoder(Role.REQUEST))[0][0] in ("garbage", "truncated", "bad-crc")


@pytest.mark.parametrize(
    ("function", "quantity", "count"),
    [(15, 0, 0), (15, 1969, 247), (15, 8, 2), (15, 9, 1), (16, 0, 0), (16, 124, 248), (16, 1, 1), (16, 2, 2)],
)
def test_a_block_write_of_another_size_is_none(function: int, quantity: int, count: int) -> None:
    assert "request" not in told(written(function, quantity, count), Decoder(Role.REQUEST))


@pytest.mark.parametrize("quantity", [0, 1969])
def test_an_acknowledgement_of_no_possible_quantity_is_none(quantity: int) -> None:
    assert (
        told(encode(1, 15, b"\x00\x10" + quantity.to_bytes(2, "big")), Decoder(Role.RESPONSE))[0][0]
        == "garbage"
    )


@pytest.mark.parametrize("function", [5, 6])
def test_a_single_write_is_answered_by_its_own_copy(function: int) -> None:
    raw, other = encode(1, function, b"\x00\x10\xff\x00"), encode(1, function, b"\x00\x11\xff\x00")
    assert told(raw * 2) == ["request", "response"]
    assert told(raw + other + other) == ["request", "request", "response"]
    assert told(raw, Decoder(Role.RESPONSE)) == ["response"]
    assert told(raw * 2, Decoder(Role.REQUEST)) == ["request", "request"]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_coils_answer_the_question_for_as_many(count: int) -> None:
    """Three bytes of coils make a reply as long as a request: what was asked before tells."""
    answer = encode(1, 1, bytes((count,)) + b"\x01\x02\x05\x01\x07"[:count])
    for asked in (8 * count - 7, 8 * count):
        assert told(read(1, asked) + answer) == ["request", "response"]


@pytest.mark.parametrize("asked", [16, 25])
def test_three_bytes_of_coils_answer_no_question_for_more_or_fewer(asked: int) -> None:
    like_both = encode(1, 1, b"\x03\x01\x02\x03")
    assert told(read(1, asked) + like_both) == ["request", "request"]
    assert told(encode(2, 1, b"\x00\x20\x00\x18") + like_both) == ["request", "request"]
    assert told(read(2, 24) + like_both) == ["request", "request"]
    assert told(read(1, 24) + like_both * 2) == ["request", "response", "request"]


@pytest.mark.parametrize("code", range(256))
def test_a_refusal_of_a_known_function_has_any_code(code: int) -> None:
    for function in (1, 2, 3, 4, 5, 6, 15, 16):
        raw = encode(1, function | 0x80, bytes((code,)))
        assert told(raw) == ["response"]
    (frame,) = hear_modbus(raw)
    assert (frame.is_exception, frame.body) == (True, bytes((code,)))


@pytest.mark.parametrize("code", range(16))
def test_a_refusal_of_an_unknown_function_has_a_code_of_the_standard(code: int) -> None:
    """Clause 7: 01 to 08, 0A, 0B; FF and 80 are no functions."""
    known = code in (1, 2, 3, 4, 5, 6, 7, 8, 10, 11)
    assert ("response" in told(encode(1, 0xAB, bytes((code,))))) is known
    assert "response" not in told(encode(1, 0x80, bytes((code,))))
    assert "response" not in told(encode(1, 0xFF, bytes((code,))))
    assert "response" not in told(encode(1, 0xAB, bytes((code,))), Decoder(Role.REQUEST))


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        pytest.param(REPLY[:-1], [("truncated", REPLY[:-1])], id="cut"),
        pytest.param(REPLY[:3], [("truncated", REPLY[:3])], id="cut-in-its-head"),
        pytest.param(b"\x01", [("truncated", b"\x01")], id="one-byte"),
        pytest.param(REPLY[:-1] + b"\x00", [("bad-crc", REPLY[:-1] + b"\x00")], id="wrong-crc"),
        pytest.param(
            REQUEST[:-1] + b"\x00", [("bad-crc", REQUEST[:-1] + b"\x00")], id="wrong-crc-of-a-request"
        ),
        pytest.param(b"\x02\x11\xc0\xe0", [("garbage", b"\x02\x11")], id="function-11"),
        pytest.param(b"\xff" * 30 + REPLY, [("garbage", b"\xff\xff"), "response"], id="FF-in-front"),
        pytest.param(
            REPLY + b"\xff\xff" + REPLY, ["response", ("garbage", b"\xff\xff"), "response"], id="FF-between"
        ),
        pytest.param(
            REPLY[:-1] + b"\x00" + b"\xff" * 3 + REPLY,
            [("bad-crc", REPLY[:-1] + b"\x00"), "response"],
            id="a-run-of-bad-bytes-is-named-once",
        ),
    ],
)
@pytest.mark.parametrize("portion", [0, 1, 3])
def test_damage_shows_what_it_was(stream: bytes, expected: list[object], portion: int) -> None:
    assert told(stream, portion=portion) == expected


@pytest.mark.parametrize("before", [b"\xff\xff", REPLY[:4], REPLY[:-1] + b"\0", REPLY])
@pytest.mark.parametrize("role", [None, Role.RESPONSE])
def test_silence_ends_what_was_and_new_noise_has_its_name(before: bytes, role: Role | None) -> None:
    decoder = Decoder(role)
    decoder.feed(before)
    drain(decoder)
    decoder.flush()
    drain(decoder)
    assert decoder.pending_bytes == 0
    decoder.feed(b"\xff\xff" + REPLY)
    noise, frame = drain(decoder)
    assert (noise.raw, frame.raw) == (b"\xff\xff", REPLY)


@pytest.mark.parametrize("portion", [0, 1])
def test_an_echo_is_taken_before_any_other_reading(portion: int) -> None:
    """A master's own request, however often it comes back, whole or cut by the silence."""
    for request in (REQUEST, read_registers(1, 4, 0x0200, 1), write_registers(1, 0x10, b"\0\1")):
        decoder = Decoder(Role.RESPONSE, echo=request)
        assert told(request + REPLY, decoder, portion) == ["request", "response"]
        assert told(request + request + REPLY, Decoder(Role.RESPONSE, echo=request), portion) == [
            "request",
            "request",
            "response",
        ]
        cut = Decoder(Role.RESPONSE, echo=request)
        assert told(request[:5], cut, portion) == [("truncated", request[:5])]
        (frame,) = hear(Decoder(Role.RESPONSE, echo=request), request)
        assert frame == Frame(1, request[1], Role.REQUEST, request[2:-2], request)


def test_an_echo_that_reads_as_a_reply_is_still_an_echo() -> None:
    """Registers from 0200H: as a reply, two bytes of data and a CRC that only this request's start has by chance."""
    request = read_registers(1, 3, 0x0200, 1)
    longer = b"\x01\x03\x02" + request[3:5]
    raw = longer + crc16(longer).to_bytes(2, "little")
    decoder = Decoder(Role.RESPONSE, echo=raw + b"\x00")
    decoder.feed(raw)
    assert decoder.next_event() is None
    decoder.feed(b"\x00")
    assert decoder.next_event().role is Role.REQUEST


@pytest.mark.parametrize("body", [bytes(252), bytes(0)])
def test_a_frame_has_at_most_256_bytes(body: bytes) -> None:
    assert len(encode(1, 16, body)) == len(body) + 4
    with pytest.raises(ValueError, match="at most 256 bytes, not 257"):
        encode(1, 16, bytes(253))


@pytest.mark.parametrize(
    ("address", "function", "start", "count"),
    [(256, 3, 0, 1), (1, 256, 0, 1), (1, 3, 0x10000, 1), (1, 3, 0, -1)],
)
def test_what_has_no_room_in_a_request_is_refused(
    address: int, function: int, start: int, count: int
) -> None:
    with pytest.raises(ValueError, match="no such request"):
        read_registers(address, function, start, count)


@pytest.mark.parametrize(("size", "count"), [(2, 1), (4, 2), (246, 123)])
def test_a_block_write_carries_start_count_and_bytes(size: int, count: int) -> None:
    raw = write_registers(7, 0x1234, bytes(range(size)))
    assert raw[:-2] == b"\x07\x10\x12\x34" + count.to_bytes(2, "big") + bytes((size,)) + bytes(range(size))


@pytest.mark.parametrize("size", [0, 1, 3, 248])
def test_a_block_write_holds_1_to_123_registers(size: int) -> None:
    with pytest.raises(ValueError, match=f"{size} bytes are no whole number of registers from 1 to 123"):
        write_registers(7, 0, bytes(size))


FIELDS = [
    (REQUEST, {"value": None, "start": "0048", "quantity": 2}),
    (read_registers(1, 3, 0x0048, 126), {"value": None, "start": "0048", "quantity": 126}),
    (encode(1, 3, b"\x02\x12\xab"), {"value": "0x12AB", "data_hex": "12ab"}),
    (REPLY, {"value": "230.2", "data_hex": "43663334", "float32_be": 230.2}),
    (encode(1, 3, b"\x04\x7f\xc0\0\0"), {"value": None, "data_hex": "7fc00000", "float32_be": None}),
    (encode(1, 3, b"\x06" + bytes(6)), {"value": None, "data_hex": "000000000000"}),
    (encode(1, 1, b"\x01\xab"), {"value": "AB", "data_hex": "ab"}),
    (encode(1, 2, b"\x01\xab"), {"value": None, "data_hex": "ab"}),
    (encode(1, 5, b"\x00\xac\xff\x00"), {"value": None, "start": "00AC", "raw": "FF00"}),
    (encode(1, 6, b"\x00\xac\x12\x34"), {"value": None, "start": "00AC", "raw": "1234"}),
    (write_registers(1, 0xAC, b"\x43\x66\x33\x34"), {"value": "230.2", "start": "00AC", "quantity": 2, "data_hex": "43663334"}),
    (write_registers(1, 0xAC, b"\x7f\xc0\0\0"), {"value": None, "start": "00AC", "quantity": 2, "data_hex": "7fc00000"}),
    (write_registers(1, 0xAC, b"\0\1"), {"value": None, "start": "00AC", "quantity": 1, "data_hex": "0001"}),
    (encode(1, 16, b"\x00\xac\x00\x02"), {"value": None, "start": "00AC", "quantity": 2}),
    (
        encode(1, 15, b"\x00\x13\x00\x20\x04\x43\x66\x33\x34"),
        {"value": None, "start": "0013", "quantity": 32, "data_hex": "43663334"},
    ),
    (encode(1, 0x84, b"\x02"), {"value": None, "exception": 2, "name": "illegal-address"}),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "fields"), FIELDS, ids=[raw.hex()[:16] for raw, _ in FIELDS])
def test_what_a_frame_says_without_a_register_map(raw: bytes, fields: dict[str, object]) -> None:
    (frame,) = hear_modbus(raw)
    assert read_fields(frame) == fields


@pytest.mark.parametrize(
    ("bits", "text"),
    [
        ("00000000", "0.0"),
        ("00800000", "0.00000000000000000000000000000000000001175494"),
        ("007fffff", None),
        ("80800000", "-0.00000000000000000000000000000000000001175494"),
        ("7f7fffff", "340282300000000000000000000000000000000.0"),
        ("7f800000", None),
        ("ff800000", None),
        ("7fc00000", None),
        ("3f800000", "1.0"),
        ("bf800000", "-1.0"),
        ("42f6e979", "123.456"),
        ("4b3c614e", "12345680.0"),
    ],
)
def test_a_float_is_seven_significant_digits_or_no_measurement(bits: str, text: str | None) -> None:
    number = float32(bytes.fromhex(bits))
    assert (None if number is None else float_text(number)) == text


@pytest.mark.parametrize("size", [0, 2, 3, 5, 8])
def test_a_float_has_four_bytes(size: int) -> None:
    assert float32(bytes(size)) is None
