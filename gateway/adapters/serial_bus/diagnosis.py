"""Say what is wrong with a line from the bytes that never made a good frame.

Pure heuristics over the raw bytes of each try of one call; a suspicion, not a proof, so the words go to counters and messages and
never decide anything. It must never know a codec: a request's own first byte is enough, because an answer begins with the same mark
(DL/T 645: 68H; Modbus: the unit's address).

* `swapped-wires`: nothing but 00 each time, which a receiver makes of a line that rests at the wrong level after our question; or a
  start of an answer with every level inverted.
* `wrong-parity`: the two sides disagree about the parity bit. Either a framing error turns each second character into 00 and only
  those with an odd (or even) number of ones come through, or the parity bit lands in bit 7; both ways all bytes have the same
  parity, 00 aside. In LEAST_BYTES_FOR_PARITY bytes that is no accident. Also: the same bytes each time behind an intact start mark,
  from a meter that never answered well.
* `wrong-baud`: the same bytes each time, never the start mark, from a meter that never answered well.
* `collision`: other bytes each time from one address, while its neighbours answer well: two meters share the address. Also: two
  starts of an answer in one.
Everything else keeps the codec's own word for the last damage.
"""

from collections.abc import Sequence
from dataclasses import dataclass

PREAMBLE = b"\xfe"
DLT645_MARK = b"\x68"
LEAST_BYTES_FOR_PARITY = 12
COLLISION = "collision"
SWAPPED = "swapped-wires"
INVERTED_PREAMBLE = bytes.fromhex("03060c18f0")
"""Four FE heard with A and B swapped: each driven level is the other one, and a receiver takes the first low for a start bit."""
INVERTED_MARKS = frozenset(b"\x2f\x5e")
"""A 68H heard so, at the beginning and one bit on."""
MARK_DISTANCE = 7


@dataclass(frozen=True, slots=True)
class FailedTry:
    """What one try brought: raw bytes without our own echo, the codec's damages and the foreign frames, by name."""

    received: bytes
    damages: tuple[str, ...]
    foreign: tuple[str, ...]


def diagnose(
    request: bytes, tries: Sequence[FailedTry], *, ever_answered: bool, others_answer: bool
) -> str | None:
    """Name what garbled a call, or None when nothing but silence (and our echo) was heard.

    `ever_answered`: this meter, since the line was opened first; `others_answer`: some other meter of the line, lately.
    """
    heard = [one for one in tries if one.received and (one.damages or one.foreign)]
    if not heard:
        return None
    damaged = [one for one in heard if one.damages]
    if not damaged:
        return heard[-1].foreign[-1]
    if all(looks_inverted(one.received) for one in damaged):
        return SWAPPED
    if looks_like_lost_parity(b"".join(one.received for one in damaged)):
        return "wrong-parity"
    if any(_starts(one.received, request) > 1 for one in damaged):
        return COLLISION
    if len(damaged) > 1:
        if not _same_each_time(damaged):
            return COLLISION if others_answer else damaged[-1].damages[-1]
        if not ever_answered:
            return "wrong-parity" if _begins(damaged[0].received, request) else "wrong-baud"
    return damaged[-1].damages[-1]


def looks_inverted(received: bytes) -> bool:
    """Whether bytes are a break alone, or what swapped wires make of an answer's beginning."""
    if not received or not received.strip(b"\x00"):
        return bool(received)
    marks = received[: MARK_DISTANCE + 1 : MARK_DISTANCE]
    return INVERTED_PREAMBLE in received or (len(marks) == 2 and INVERTED_MARKS.issuperset(marks))


def looks_like_lost_parity(received: bytes) -> bool:
    """All bytes but 00 have an odd number of ones, or all have an even one."""
    whole = [byte for byte in received if byte]
    return len(whole) >= LEAST_BYTES_FOR_PARITY and len({byte.bit_count() % 2 for byte in whole}) == 1


def _begins(received: bytes, request: bytes) -> bool:
    """The answer's first byte is the request's: its mark came through, so the speed is right."""
    return received.lstrip(PREAMBLE)[:1] == request.lstrip(PREAMBLE)[:1]


def _starts(received: bytes, request: bytes) -> int:
    """How often an answer from this address seems to begin (DL/T 645: mark, address, mark; Modbus: unit and function)."""
    opening = request.lstrip(PREAMBLE)
    return received.count(opening[:8] if opening[:1] == DLT645_MARK else opening[:2])


def _same_each_time(heard: Sequence[FailedTry]) -> bool:
    """All bytes: two meters at one address begin alike, until the slower one joins in."""
    return len({one.received.lstrip(PREAMBLE) for one in heard}) == 1
