"""What is said about bytes that never made a good frame. The captured one is vector v272 (node-serialport #2627)."""

import pytest

from firmware_tools.virtual_meter.inverted import inverted
from gateway.adapters.serial_bus.diagnosis import SWAPPED, FailedTry, diagnose, looks_inverted
from gateway.protocols.dlt645 import functions

READ = bytes.fromhex("fefefefe 68 032212202265 68 11 04 33333433 7a16")
ANSWER = bytes.fromhex("fefefefe 68 032212202265 68 91 08 33333433ab896745 3a 16")
CAPTURED_WRONG_PARITY = bytes.fromhex("fefefefe680188c58a481140da9106cda24656c45aa5818b")


def garbled(received: bytes, *damages: str) -> FailedTry:
    return FailedTry(received, damages or ("bad-checksum",), ())


def name(*tries: FailedTry, ever_answered: bool = False, others_answer: bool = False) -> str | None:
    return diagnose(READ, tries, ever_answered=ever_answered, others_answer=others_answer)


def test_nothing_heard_is_no_damage() -> None:
    assert name(FailedTry(b"", (), ()), FailedTry(b"", (), ())) is None


def test_parity_in_bit_seven() -> None:
    shown = bytes(byte ^ 0x80 if byte.bit_count() % 2 else byte for byte in ANSWER)
    assert name(garbled(shown)) == "wrong-parity"


def test_even_parity_read_without_parity_loses_each_even_character() -> None:
    shown = bytes(byte if byte.bit_count() % 2 else 0 for byte in ANSWER)
    assert name(garbled(shown)) == "wrong-parity"


def test_the_captured_wrong_parity() -> None:
    assert name(*[garbled(CAPTURED_WRONG_PARITY)] * 3) == "wrong-parity"


def test_the_same_garbage_without_a_start_mark_is_another_speed() -> None:
    assert name(*[garbled(bytes.fromhex("80f8e0780087e6fe009818e0"))] * 3) == "wrong-baud"


def test_other_garbage_each_time_beside_healthy_neighbours_is_a_shared_address() -> None:
    tries = [
        garbled(ANSWER[:place] + bytes([number]) + ANSWER[place + 1 :])
        for place, number in ((5, 1), (6, 0), (7, 2))
    ]
    assert name(*tries, others_answer=True) == "collision"
    assert name(*tries, others_answer=False) == "bad-checksum"


def test_two_answers_in_one_are_a_collision() -> None:
    assert name(garbled(ANSWER[:-2] + ANSWER)) == "collision"


def test_one_damaged_answer_of_a_known_meter_keeps_the_codecs_word() -> None:
    damaged = ANSWER[:-3] + b"\x00" + ANSWER[-2:]
    assert (
        name(*[garbled(damaged, "bad-checksum")] * 3, ever_answered=True, others_answer=True)
        == "bad-checksum"
    )


@pytest.mark.parametrize("kind", ["other-meter", "stale", "unexpected"])
def test_good_frames_that_are_not_the_answer_are_named(kind: str) -> None:
    assert name(FailedTry(ANSWER, (), (kind,))) == kind


@pytest.mark.parametrize("has_parity", [True, False])
@pytest.mark.parametrize("preamble", [0, 4])
@pytest.mark.parametrize("address", ["000000000001", "202411110002", "202000000177"])
def test_swapped_wires_are_known_by_what_a_receiver_makes_of_them(
    address: str, preamble: int, has_parity: bool
) -> None:
    sent = functions.read(address, "00010000", preamble)
    assert looks_inverted(inverted(sent, has_parity=has_parity))
    assert not looks_inverted(sent)
    assert not looks_inverted(sent[3:])
    broken = [FailedTry(b"\x00", ("garbage",), ())] * 3
    assert diagnose(sent, broken, ever_answered=False, others_answer=False) == SWAPPED
