"""Answers in several frames: joined in order, and only frames of this answer."""

import pytest

from gateway.protocols.dlt645 import functions
from gateway.protocols.dlt645.follow_up import MAX_PARTS, FollowUp, Joined
from gateway.protocols.dlt645.frame import Frame

METER, DI = "123456789012", "03300001"
WIRE_DI = bytes.fromhex(DI)[::-1]


def part(control: int, body: bytes, address: str = METER, di: bytes = WIRE_DI) -> Frame:
    return Frame(address, control, di + body, b"")


def test_three_parts() -> None:
    answer = FollowUp(METER, DI)
    assert answer.request()[8:10] == b"\x11\x04"
    assert answer.add(part(0xB1, b"ab")) is Joined.MORE
    assert answer.request()[8:10] == b"\x12\x05"
    assert answer.add(part(0xB2, b"cd\x01")) is Joined.MORE
    assert answer.add(part(0x92, b"e\x02")) is Joined.WHOLE
    assert answer.data == b"abcde"


def test_one_part_is_whole_at_once() -> None:
    answer = FollowUp(METER, DI)
    assert answer.add(part(0x91, b"ab")) is Joined.WHOLE
    assert answer.data == b"ab"


@pytest.mark.parametrize(
    ("frame", "outcome"),
    [
        (part(0xB2, b"x\x02"), Joined.OUT_OF_SEQUENCE),
        (part(0xB2, b"x\x00"), Joined.REPEATED),
        (part(0xB1, b"ab"), Joined.REPEATED),
        (part(0x92, b"x\x01", address="123456789013"), Joined.OTHER_METER),
        (part(0x92, b"x\x01", di=b"\0\0\1\0"), Joined.OTHER_ITEM),
        (part(0x9C, b""), Joined.OTHER_ITEM),
        (part(0x12, b"\x01"), Joined.OTHER_ITEM),
        (Frame(METER, 0xD2, b"\x02", b""), Joined.REFUSED),
        (part(0x92, b""), Joined.TOO_SHORT),
        (Frame(METER, 0x92, b"", b""), Joined.TOO_SHORT),
    ],
)
def test_what_is_not_the_next_part_changes_nothing(frame: Frame, outcome: Joined) -> None:
    answer = FollowUp(METER, DI)
    answer.add(part(0xB1, b"ab"))
    assert answer.add(frame) is outcome
    assert (answer.data, answer.next_sequence) == (b"ab", 1)
    assert answer.add(part(0x92, b"c\x01")) is Joined.WHOLE
    assert answer.data == b"abc"


def test_an_endless_answer_ends() -> None:
    answer = FollowUp(METER, DI)
    answer.add(part(0xB1, b"a"))
    for sequence in range(1, MAX_PARTS - 1):
        assert answer.add(part(0xB2, bytes((0x61, sequence)))) is Joined.MORE
    assert answer.add(part(0xB2, b"a\xff")) is Joined.OUT_OF_SEQUENCE
    assert answer.add(part(0x92, b"a\xff")) is Joined.WHOLE
    assert len(answer.data) == MAX_PARTS


def test_a_record_that_is_not_there_is_an_answer_of_the_identifier_alone() -> None:
    """Clause 7.1: no matching load record, a normal reply with L = 4. A last part may be as empty."""
    answer = FollowUp(METER, DI)
    assert answer.add(part(0x91, b"")) is Joined.WHOLE
    assert answer.data == b""
    divided = FollowUp(METER, DI)
    assert divided.add(part(0xB1, b"ab")) is Joined.MORE
    assert divided.add(part(0x92, b"\x01")) is Joined.WHOLE
    assert divided.data == b"ab"


@pytest.mark.parametrize("data", [b"", WIRE_DI[:1], WIRE_DI[:3]])
def test_half_an_identifier_is_too_short(data: bytes) -> None:
    assert FollowUp(METER, DI).add(Frame(METER, 0x91, data, b"")) is Joined.TOO_SHORT


@pytest.mark.parametrize(
    ("frame", "outcome"),
    [
        (part(0x11, b""), Joined.REPEATED),
        (part(0x92, b"x\x01"), Joined.OTHER_ITEM),
        (part(0x91, b"x", di=b"\0\0\1\0"), Joined.OTHER_ITEM),
        (part(0x91, b"x", address="AAAAAAAAAAAA"), Joined.OTHER_METER),
        (Frame(METER, 0xD1, b"\x02", b""), Joined.REFUSED),
    ],
)
def test_what_is_not_the_first_frame_changes_nothing(frame: Frame, outcome: Joined) -> None:
    answer = FollowUp(METER, DI.lower())
    assert answer.add(frame) is outcome
    assert (answer.data, answer.next_sequence) == (b"", 0)


@pytest.mark.parametrize("preamble", [0, 4])
def test_each_part_is_asked_for_by_its_number(preamble: int) -> None:
    answer = FollowUp(METER, DI)
    assert answer.request(preamble) == functions.read(METER, DI, preamble)
    answer.add(part(0xB1, b"a"))
    assert answer.request(preamble) == functions.read_follow_up(METER, DI, 1, preamble)
    answer.add(part(0xB2, b"b\x01"))
    assert answer.request(preamble) == functions.read_follow_up(METER, DI, 2, preamble)


def test_what_becomes_of_a_part_has_stable_names() -> None:
    names = "whole more repeated out-of-sequence other-meter other-item refused too-short"
    assert [joined.value for joined in Joined] == names.split()
