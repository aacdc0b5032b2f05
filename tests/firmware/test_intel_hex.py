"""Intel HEX: what goes out comes back, another implementation agrees, and every damage is named with its line."""

import io
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intelhex import IntelHex

from firmware_tools.image.hex_records import (
    MOST_MISTAKES,
    HexMistake,
    HexReason,
    Segment,
    flat,
    gaps,
    read_hex,
)
from tests.firmware.hex_writer import write_hex

PIECES = st.lists(
    st.tuples(
        st.integers(0, 0x1_8000) | st.integers(0xFFFF_0000, 0xFFFF_FF00), st.binary(min_size=1, max_size=90)
    ),
    min_size=1,
    max_size=6,
)


def apart(pieces: list[tuple[int, bytes]]) -> list[Segment]:
    """Keep the pieces that don't touch an earlier one."""
    kept: list[Segment] = []
    for address, data in sorted(pieces):
        if not kept or address > kept[-1].end:
            kept.append(Segment(address, data))
    return kept


@given(PIECES, st.none() | st.integers(0, 0xFFFF_FFFF))
@settings(max_examples=200, deadline=None)
def test_segments_come_back_and_a_peer_reads_the_same(
    pieces: list[tuple[int, bytes]], start: int | None
) -> None:
    segments = apart(pieces)
    text = write_hex(segments, start)
    found = read_hex(text.encode())
    assert (list(found.segments), found.start, found.mistakes) == (segments, start, ())
    peer = IntelHex(io.StringIO(text))
    assert [(first, last) for first, last in peer.segments()] == [(one.address, one.end) for one in segments]
    assert all(bytes(peer.tobinarray(one.address, one.end - 1)) == one.data for one in segments)
    written = io.StringIO()
    peer.write_hex_file(written)
    again = read_hex(written.getvalue().encode())
    assert (list(again.segments), again.mistakes) == (segments, ())


@given(st.binary(max_size=400) | st.text(alphabet=":0123456789ABCDEF\r\n ", max_size=400).map(str.encode))
@settings(max_examples=300, deadline=None)
def test_no_input_raises(text: bytes) -> None:
    found = read_hex(text)
    assert found.mistakes or text


def record(address: int, kind: int, data: bytes) -> str:
    raw = bytes((len(data),)) + address.to_bytes(2, "big") + bytes((kind,)) + data
    return f":{raw.hex()}{-sum(raw) & 0xFF:02x}".upper()


END = record(0, 1, b"")
GOOD = record(0x10, 0, b"abcd")


@pytest.mark.parametrize(
    ("lines", "mistakes"),
    [
        ([GOOD, "hello", END], [(2, "no-colon")]),
        ([GOOD, ":zz", END], [(2, "not-hex")]),
        ([GOOD, GOOD[:-1], END], [(2, "not-hex")]),
        ([GOOD[:-2], END], [(1, "wrong-length")]),
        ([GOOD[:-2] + "00", GOOD[:-2] + "00", END], [(1, "bad-checksum"), (2, "bad-checksum")]),
        ([record(0, 6, b""), END], [(1, "unknown-type")]),
        ([record(0, 4, b"\0"), END], [(1, "bad-field")]),
        ([GOOD, record(0x13, 0, b"x"), END], [(2, "overlap")]),
        ([GOOD, record(0x0C, 0, b"12345"), END], [(2, "overlap")]),
        ([record(0, 4, b"\xff\xff"), record(0xFFFF, 0, b"xy"), END], [(2, "beyond-end")]),
        ([END, GOOD], [(2, "after-end")]),
        ([GOOD], [(1, "no-end")]),
        ([], [(1, "no-end")]),
    ],
)
def test_a_damage_is_named_with_its_line(lines: list[str], mistakes: list[tuple[int, str]]) -> None:
    found = read_hex("\r\n".join(lines).encode())
    assert list(found.mistakes) == [HexMistake(line, HexReason(reason)) for line, reason in mistakes]


def test_a_segment_address_wraps_within_its_64_kib_and_a_linear_one_does_not() -> None:
    segment = read_hex("\n".join([record(0, 2, b"\x10\x00"), record(0xFFFE, 0, b"abcd"), END]).encode())
    assert segment.segments == (Segment(0x10000, b"cd"), Segment(0x1FFFE, b"ab"))
    linear = read_hex("\n".join([record(0, 4, b"\x00\x01"), record(0xFFFE, 0, b"abcd"), END]).encode())
    assert linear.segments == (Segment(0x1FFFE, b"abcd"),)


def test_a_file_of_noise_lists_a_bounded_number_of_mistakes_quickly() -> None:
    found = read_hex(b":\n" * 300_000)
    assert len(found.mistakes) == MOST_MISTAKES
    assert found.mistakes[-1].reason is HexReason.MORE


def test_records_in_any_order_and_far_apart_cost_no_more_than_their_bytes() -> None:
    dice = random.Random(1)
    order = list(range(4_000))
    dice.shuffle(order)
    lines = [record(0, 4, b"\0\0"), *(record(16 * place, 0, bytes(16)) for place in order), END]
    assert read_hex("\n".join(lines).encode()).segments == (Segment(0, bytes(64_000)),)
    far = [GOOD, record(0, 4, b"\xff\xf0"), GOOD, END]
    segments = read_hex("\n".join(far).encode()).segments
    assert flat(segments, 4 * 1024 * 1024) is None
    assert gaps(segments)[0].size == 0xFFF0_0010 - 0x14
    assert flat((Segment(4, b"a"), Segment(6, b"b")), 3) == b"a\xffb"
