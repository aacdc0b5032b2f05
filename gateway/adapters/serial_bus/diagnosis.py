"""Say what is wrong with a line from the bytes that never made a good frame.

Pure heuristics over the raw bytes of each try of one call; a suspicion, not a proof, so the words go to counters and messages and
never decide anything. It must never know a codec: a request's own first byte is enough, because an answer begins with the same mark
(DL/T 645: 68H; Modbus: the unit's address).

* `wrong-parity`: the sender has even parity, we have none. A character whose parity bit is 0 is then a framing error, which Linux
  delivers as 00; one whose parity bit is 1 comes through whole and has an odd number of ones. Such a pattern in 6 or more bytes is
  no accident. Also: the same garbled bytes each time behind an intact start mark, from a meter that never answered well.
* `wrong-baud`: the same without a start mark: bytes each time, never the mark.
* `collision`: the bytes hold more than one start of an answer and no good one, or a good answer with another one on its heels.
"""

from collections.abc import Sequence
from dataclasses import dataclass

PREAMBLE = b"\xfe"
DLT645_MARK = b"\x68"
LEAST_BYTES_FOR_PARITY = 6
SAME_START_BYTES = 4


@dataclass(frozen=True, slots=True)
class FailedTry:
    """What one try brought: raw bytes without our own echo, the codec's damages and the foreign frames, by name."""

    received: bytes
    damages: tuple[str, ...]
    foreign: tuple[str, ...]


def diagnose(request: bytes, tries: Sequence[FailedTry], *, ever_answered: bool) -> str | None:
    """Name what garbled a call, or None when nothing but silence (and our echo) was heard."""
    heard = [one for one in tries if one.received and (one.damages or one.foreign)]
    if not heard:
        return None
    if any(looks_like_lost_parity(one.received) for one in heard):
        return "wrong-parity"
    damages = [damage for one in heard for damage in one.damages]
    if not damages:
        return heard[-1].foreign[-1]
    if any(_starts(one.received, request) > 1 for one in heard):
        return "collision"
    if not ever_answered and len(heard) > 1 and _same_each_time(heard):
        return "wrong-parity" if _begins(heard[0].received, request) else "wrong-baud"
    return damages[-1]


def looks_like_lost_parity(received: bytes) -> bool:
    """Every byte that came through has an odd number of ones, the rest are 00."""
    whole = [byte for byte in received if byte]
    return (
        len(received) >= LEAST_BYTES_FOR_PARITY
        and len(whole) * 4 >= len(received)
        and len(whole) < len(received)
        and all(byte.bit_count() % 2 for byte in whole)
    )


def _begins(received: bytes, request: bytes) -> bool:
    """The answer's first byte is the request's: its mark came through, so the speed is right."""
    return received.lstrip(PREAMBLE)[:1] == request.lstrip(PREAMBLE)[:1]


def _starts(received: bytes, request: bytes) -> int:
    """How often an answer from this address seems to begin (DL/T 645: mark, address, mark; Modbus: unit and function)."""
    opening = request.lstrip(PREAMBLE)
    return received.count(opening[:8] if opening[:1] == DLT645_MARK else opening[:2])


def _same_each_time(heard: Sequence[FailedTry]) -> bool:
    starts = {one.received.lstrip(PREAMBLE)[:SAME_START_BYTES] for one in heard}
    return len(starts) == 1
