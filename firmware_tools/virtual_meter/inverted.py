"""What a receiver hears when A and B are swapped: every driven level is the other one, the undriven line is not.

    sent      ____ 0 d0..d7 p 1 | 0 d0..d7 p 1 ____       idle is high on both sides, undriven
    arrives   -0--- 1 ~d ..~p 0 | 1 ~d .. ~p 0 ----       the first low is the driver that takes the line, just before it sends

A UART knows nothing of it: it takes the first low for a start bit and counts on from there. Where a stop bit should be it often
finds a low, which it takes for the next start bit, as the 16550 does. Pure.
"""

from collections.abc import Iterator

DATA_BITS = 8


def inverted(data: bytes, *, has_parity: bool) -> bytes:
    """Return the bytes that a UART of the same speed makes of these, sent without a pause over swapped wires."""
    levels = [1, 0, *(1 - level for byte in data for level in _levels(byte, has_parity=has_parity)), 1]
    return bytes(_received(levels, DATA_BITS + has_parity))


def _levels(byte: int, *, has_parity: bool) -> Iterator[int]:
    yield 0
    for bit in range(DATA_BITS):
        yield byte >> bit & 1
    if has_parity:
        yield byte.bit_count() % 2
    yield 1


def _received(levels: list[int], bits: int) -> Iterator[int]:
    at = 0
    while at < len(levels):
        if levels[at]:
            at += 1
            continue
        character = levels[at + 1 : at + 1 + bits]
        character += [1] * (bits - len(character))
        yield sum(level << place for place, level in enumerate(character[:DATA_BITS]))
        at += 1 + bits
