"""The function codes of DL/T 645-2007 (clause 7) and the requests built with them. The error byte's bits are read here too.

A request is bytes; nothing here sends it. Passwords and operator codes are hex digits in wire order, as captures print them.
"""

from gateway.protocols.dlt645.frame import (
    BROADCAST_ADDRESS,
    WILDCARD_ADDRESS,
    Frame,
    encode,
)
from gateway.protocols.driver import MeterClock

SECURITY = 0x03
"""Extension: ESAM and top-up."""
BROADCAST_TIME = 0x08
READ = 0x11
READ_FOLLOW_UP = 0x12
READ_ADDRESS = 0x13
WRITE = 0x14
WRITE_ADDRESS = 0x15
FREEZE = 0x16
CHANGE_BAUD = 0x17
CHANGE_PASSWORD = 0x18
CLEAR_EVENTS = 0x1B
RELAY = 0x1C
"""Extension: not in the standard's list, which ends at 1BH; see relay.py."""

CARRIES_IDENTIFIER = frozenset({SECURITY, READ, READ_FOLLOW_UP, WRITE})
SECURITY_GROUP = 0x07
"""DI3 of all that goes by function 03H, as 070102FF for a top-up."""
SECURITY_ERROR_BYTES = 2

BAUD_WORDS = {0x02: 600, 0x04: 1200, 0x08: 2400, 0x10: 4800, 0x20: 9600, 0x40: 19200}
"""Baud feature word Z: exactly one bit (clause 7.7)."""

ERROR_BITS = (
    "other",
    "no-such-data",
    "password",
    "baud-rate",
    "year-zones",
    "day-periods",
    "tariffs",
    "reserved",
)
"""The error byte of an abnormal reply, bit 0 first; bits may combine (clause 7.1.5)."""

SECURITY_ERROR_BITS = (
    "other",
    "repeated-top-up",
    "esam-verify",
    "identity",
    "customer-number",
    "top-up-count",
    "over-hoard",
)
"""Extension: the two-byte error word of function 03H, bit 0 first."""


def is_security(frame: Frame) -> bool:
    """Tell 03H of the State Grid extension from 03H of 1997, which reads again and has two-byte identifiers and one error byte."""
    if frame.is_abnormal:
        return len(frame.data) == SECURITY_ERROR_BYTES
    return len(frame.data) >= 4 and frame.data[3] == SECURITY_GROUP


def named_bits(word: int, names: tuple[str, ...]) -> list[str]:
    """Return the names of the bits set in `word`; `bit-N` where the table has none."""
    return [
        names[bit] if bit < len(names) else f"bit-{bit}"
        for bit in range(word.bit_length())
        if word >> bit & 1
    ]


def identifier_bytes(di: str) -> bytes:
    """Turn `00010000` (DI3 first, as written) into wire order."""
    return bytes.fromhex(di)[::-1]


def read(address: str, di: str, preamble: int = 0) -> bytes:
    """Ask for one data item or block (11H, clause 7.1)."""
    return encode(address, READ, identifier_bytes(di), preamble)


def read_follow_up(address: str, di: str, sequence: int, preamble: int = 0) -> bytes:
    """Ask for part `sequence` (1..255) of a divided answer (12H, clause 7.2). Raises ValueError beyond that range."""
    if not 1 <= sequence <= 255:
        raise ValueError(f"follow-up frames are numbered 1 to 255, not {sequence}")
    return encode(address, READ_FOLLOW_UP, identifier_bytes(di) + bytes((sequence,)), preamble)


def read_address(preamble: int = 0) -> bytes:
    """Ask the only meter on the line for its address (13H, clause 7.3; point to point)."""
    return encode(WILDCARD_ADDRESS, READ_ADDRESS, b"", preamble)


def write_address(address: str, preamble: int = 0) -> bytes:
    """Give the only meter on the line an address (15H, clause 7.5). It answers from there, and needs its programming key.

    Point to point: every meter that hears it takes it.
    """
    return encode(WILDCARD_ADDRESS, WRITE_ADDRESS, bytes.fromhex(address)[::-1], preamble)


def write(address: str, di: str, password: str, operator: str, content: bytes, preamble: int = 0) -> bytes:
    """Write a data item (14H, clause 7.4): `password` is PA and P0..P2 (8 digits), `operator` C0..C3 (8 digits).

    Raises ValueError when either is not four bytes.
    """
    data = identifier_bytes(di) + four_bytes(password) + four_bytes(operator) + content
    return encode(address, WRITE, data, preamble)


def broadcast_time(clock: MeterClock, preamble: int = 0) -> bytes:
    """Set all clocks that differ by five minutes at most (08H, clause 7.8). No meter answers."""
    return encode(BROADCAST_ADDRESS, BROADCAST_TIME, clock_bytes(clock), preamble)


def freeze(address: str, moment: str, preamble: int = 0) -> bytes:
    """Freeze at `moment`, MMDDhhmm with 99 for "each": 99999999 now, 99990000 daily at midnight (16H, clause 7.6)."""
    return encode(address, FREEZE, bytes.fromhex(moment)[::-1], preamble)


def change_baud(address: str, baud: int, preamble: int = 0) -> bytes:
    """Move one meter to another rate (17H, clause 7.7). Raises ValueError for a rate without a feature word."""
    for word, rate in BAUD_WORDS.items():
        if rate == baud:
            return encode(address, CHANGE_BAUD, bytes((word,)), preamble)
    raise ValueError(f"DL/T 645-2007 has no feature word for {baud} baud")


def clock_bytes(clock: MeterClock) -> bytes:
    """Return ss mm hh DD MM YY in BCD, the order of the wire."""
    digits = f"{clock.year % 100:02d}{clock.month:02d}{clock.day:02d}"
    return bytes.fromhex(f"{digits}{clock.hour:02d}{clock.minute:02d}{clock.second:02d}")[::-1]


def four_bytes(digits: str) -> bytes:
    """Turn a password or an operator code into wire order. Raises ValueError when it has not 8 hex digits."""
    data = bytes.fromhex(digits)
    if len(data) != 4:
        raise ValueError(f"expected 8 hex digits, got {len(digits)}")
    return data
