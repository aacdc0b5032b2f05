"""Which bytes of a DL/T 645 frame nobody may read over a shoulder: passwords, operator codes, what an ESAM was told.

For screens and files that show frames. The sum goes, too: with all else known, it gives one byte of a password away.
"""

from collections.abc import Iterator

from gateway.protocols.dlt645 import edition1997, functions
from gateway.protocols.dlt645.frame import START, Frame

HEAD_BYTES = 10
"""68, six address bytes, 68, C, L."""
TAIL_BYTES = 2
REST = 255
WRITE_1997 = 0x04
CLEAR_DEMAND, CLEAR_METER = 0x19, 0x1A
_HIDDEN = {
    functions.WRITE: range(5, 12),
    functions.RELAY: range(1, 8),
    functions.CHANGE_PASSWORD: range(4, REST),
    CLEAR_DEMAND: range(1, 8),
    CLEAR_METER: range(1, 8),
    functions.CLEAR_EVENTS: range(1, 8),
    functions.SECURITY: range(4, REST),
    WRITE_1997: range(2, 6),
    edition1997.CHANGE_PASSWORD: range(REST),
    edition1997.CLEAR_DEMAND: range(REST),
}
"""Function to what is hidden of a request's DATA; PA, the password's level, is none of it."""


def is_secret(frame: Frame) -> bool:
    """Say whether a frame carries what is hidden. An answer does only where the ESAM speaks."""
    if frame.function == functions.SECURITY:
        return functions.is_security(frame)
    return not frame.is_reply and frame.function in _HIDDEN and bool(frame.data)


def masked_hex(frame: Frame) -> str:
    """Give a frame's bytes in hex, `**` for each that is hidden."""
    if not is_secret(frame):
        return frame.raw.hex()
    hidden = {HEAD_BYTES + place for place in _HIDDEN[frame.function] if place < len(frame.data)}
    hidden.add(len(frame.raw) - TAIL_BYTES)
    return _hex(frame.raw, hidden)


def masked_damage_hex(raw: bytes, *, all_hidden: bool = False) -> str:
    """Give bytes that are no good frame: behind a head that would carry something hidden, all is hidden."""
    first = 0 if all_hidden else min(_secret_bodies(raw), default=len(raw))
    return _hex(raw, set(range(first, len(raw))))


def _secret_bodies(raw: bytes) -> Iterator[int]:
    for at in range(len(raw) - HEAD_BYTES + 1):
        if raw[at] == START == raw[at + 7] and raw[at + 8] in _HIDDEN:
            yield at + HEAD_BYTES


def _hex(raw: bytes, hidden: set[int]) -> str:
    return "".join("**" if place in hidden else f"{byte:02x}" for place, byte in enumerate(raw))
