"""What can go wrong between a meter and its master: seeded, switchable while running.

Probabilities are per exchange. `garble` turns a clean reply into what the wire makes of it: stretches of bytes, each after a pause.
Pure: the dice are an argument, pauses are numbers.
"""

import random
from dataclasses import dataclass

import msgspec

PARITY_MASK = 0x80


class LineFaults(msgspec.Struct, forbid_unknown_fields=True):
    """The faults of one line; 0 is a healthy one."""

    loss: float = 0.0
    """The meter acts, its reply is lost."""
    deaf: float = 0.0
    """The request never reaches the meter."""
    split: float = 0.0
    """The reply comes in two parts, `split_ms` apart."""
    split_ms: int = 120
    delay: float = 0.0
    """The reply comes `delay_ms` later."""
    delay_ms: int = 300
    echo: bool = False
    """The adapter hears itself: every request comes back first."""
    noise: float = 0.0
    """1 to 6 random bytes before the reply."""
    flip: float = 0.0
    """One bit of the reply is wrong."""
    late_switch: float = 0.0
    """The direction switches too late: the first 1 to 9 bytes are lost."""
    wrong_parity: float = 0.0
    """The master decodes bytes with the wrong parity: those with an odd number of ones are garbled."""
    foreign: float = 0.0
    """Another meter's reply, meant for a second master, comes first."""
    inverted: bool = False
    """A and B are swapped at the master: each side hears the other inverted, and the bias of the resting line reads as a break."""
    second_master: float = 0.0
    """Another master asks so many times a second, whoever speaks; its questions are heard by all."""
    break_after: int = 0
    """The wire is broken behind so many meters, in the file's order; 0: it is whole."""
    adapter_ms: int = 0
    """The master's adapter keeps what it hears for so long (an FTDI of its own accord: 16)."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bytes that follow one another at wire speed, after a pause."""

    pause_ms: float
    data: bytes


def garble(reply: bytes, faults: LineFaults, dice: random.Random) -> list[Stretch]:
    """Return what the master hears instead of the reply."""
    if dice.random() < faults.loss:
        return []
    if dice.random() < faults.late_switch:
        reply = reply[dice.randint(1, 9) :]
    if dice.random() < faults.flip:
        at = dice.randrange(len(reply))
        reply = reply[:at] + bytes([reply[at] ^ 1 << dice.randrange(8)]) + reply[at + 1 :]
    if dice.random() < faults.wrong_parity:
        reply = bytes(byte ^ PARITY_MASK if byte.bit_count() % 2 else byte for byte in reply)
    if dice.random() < faults.noise:
        reply = dice.randbytes(dice.randint(1, 6)) + reply
    pause_ms = faults.delay_ms if dice.random() < faults.delay else 0
    stretches = [Stretch(pause_ms, reply)]
    if len(reply) > 1 and dice.random() < faults.split:
        cut = dice.randrange(1, len(reply))
        stretches = [Stretch(pause_ms, reply[:cut]), Stretch(faults.split_ms, reply[cut:])]
    if dice.random() < faults.foreign:
        stretches.insert(0, Stretch(0, foreign_reply(dice)))
    return stretches


def foreign_reply(dice: random.Random) -> bytes:
    """Build a whole, valid reply of a meter that isn't on this line's list."""
    body = b"\x68" + dice.randbytes(6) + b"\x68\x91\x08\x33\x33\x34\x33" + dice.randbytes(4)
    return b"\xfe\xfe" + body + bytes([sum(body) & 0xFF, 0x16])


def foreign_question(dice: random.Random) -> bytes:
    """Build a valid question of another master to a meter that isn't on this line's list."""
    body = b"\x68" + dice.randbytes(6) + b"\x68\x11\x04\x33\x33\x34\x33"
    return b"\xfe\xfe\xfe\xfe" + body + bytes([sum(body) & 0xFF, 0x16])


def collide(talkers: list[tuple[float, bytes]], byte_s: float) -> tuple[float, bytes]:
    """Lay several replies over one another: where two drive the wire, the zeros win. Return start and bytes."""
    start_s = min(at for at, _ in talkers)
    slots: dict[int, int] = {}
    for at, data in talkers:
        first = round((at - start_s) / byte_s)
        for index, byte in enumerate(data, first):
            slots[index] = slots.get(index, 0xFF) & byte
    return start_s, bytes(slots[index] for index in sorted(slots))
