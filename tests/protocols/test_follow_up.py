"""Answers in several frames: joined in order, and only frames of this answer."""

import pytest

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
