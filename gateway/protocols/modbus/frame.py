"""The Modbus RTU frame: bytes to frames and back. Knows no register map and no meter.

    address | function | body | CRC-16 low byte | CRC-16 high byte        (at most 256 bytes)

RTU has no start mark and no length: frames are told apart by silence (3.5 characters), which adapters and TCP servers don't keep.
So the length is worked out from function and byte count, and the CRC has the last word. A request and a response of one function
can look alike; each possible shape is a claim, the shortest is tried first, and whoever knows which side it hears says so (`role`).
Damage to expect: bytes lost at the head when an adapter switches late, the request's echo glued to the reply, printed CRCs that
never were right. Where no claim holds, the search goes on at the NEXT BYTE; one run of bytes without a good frame is one damage.
"""

import re
import struct
from enum import StrEnum
from typing import NamedTuple

import crcmod
import msgspec

from gateway.protocols.stream import Damage, Reason, StreamDecoder

crc16 = crcmod.mkCrcFun(0x18005, initCrc=0xFFFF, rev=True, xorOut=0x0000)
"""CRC-16 with polynomial A001H (reversed 8005H), start FFFFH; over a whole good frame it is 0."""

READ_COILS = 0x01
READ_DISCRETE_INPUTS = 0x02
READ_HOLDING_REGISTERS = 0x03
READ_INPUT_REGISTERS = 0x04
WRITE_COIL = 0x05
WRITE_REGISTER = 0x06
WRITE_COILS = 0x0F
WRITE_REGISTERS = 0x10
EXCEPTION_BIT = 0x80

_READ_REQUEST = struct.Struct(">BBHH")
_CRC = struct.Struct("<H")

MAX_FRAME_BYTES = 256
_SHORT_BYTES = 8
_EXCEPTION_BYTES = 5
_SHORTEST_REPLY_BYTES = 7
"""Of registers: address, function, byte count, one register, CRC."""

_READS = {
    READ_COILS: 2000,
    READ_DISCRETE_INPUTS: 2000,
    READ_HOLDING_REGISTERS: 125,
    READ_INPUT_REGISTERS: 125,
}
"""Function: most items in one request (Modbus application protocol V1.1b3, clause 6)."""
_REGISTER_READS = frozenset({READ_HOLDING_REGISTERS, READ_INPUT_REGISTERS})
_REGISTER_BYTE_COUNTS = frozenset(range(2, 251, 2))
_REPLY_BYTES = tuple(5 + count if count in _REGISTER_BYTE_COUNTS else 0 for count in range(256))
"""Byte count of a reply with registers to the frame's length; 0 where there is no such reply (nothing has the CRC 0)."""
_SINGLE_WRITES = frozenset({WRITE_COIL, WRITE_REGISTER})
_BLOCK_WRITES = {WRITE_COILS: 1968, WRITE_REGISTERS: 123}
_BITS = frozenset({READ_COILS, READ_DISCRETE_INPUTS, WRITE_COILS})
FUNCTIONS = frozenset({*_READS, *_SINGLE_WRITES, *_BLOCK_WRITES})

EXCEPTION_CODES = frozenset({*range(0x01, 0x09), 0x0A, 0x0B})
"""What a refusal says (clause 7)."""

_KNOWN_FUNCTION = re.compile(b"[%b\x81-\xfe]" % re.escape(bytes(sorted(FUNCTIONS))))

_HEAD_BYTES = dict.fromkeys(_READS, 6) | dict.fromkeys(_SINGLE_WRITES, 8) | dict.fromkeys(_BLOCK_WRITES, 7)
"""What must have come before a frame's possible shapes are known; never more than the shortest of them."""


class Role(StrEnum):
    """Which side sent a frame."""

    REQUEST = "request"
    RESPONSE = "response"


_RESPONSE = Role.RESPONSE


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One good frame. `body` is what stands between function and CRC. A Struct, as the quickest to make of its kind."""

    address: int
    function: int
    role: Role
    body: bytes
    raw: bytes

    @property
    def is_exception(self) -> bool:
        """The meter refused; `body` is the exception code."""
        return self.function & EXCEPTION_BIT != 0


class _Claim(NamedTuple):
    length: int
    role: Role


def encode(address: int, function: int, body: bytes) -> bytes:
    """Build a frame. Raises ValueError for an address or function beyond a byte, or a frame beyond 256 bytes."""
    covered = bytes((address, function)) + body
    if len(covered) + 2 > MAX_FRAME_BYTES:
        raise ValueError(f"a Modbus RTU frame has at most {MAX_FRAME_BYTES} bytes, not {len(covered) + 2}")
    return covered + _CRC.pack(crc16(covered))


def read_registers(address: int, function: int, start: int, count: int) -> bytes:
    """Ask for `count` registers (or bits) from `start` on (functions 01 to 04). Raises ValueError for what has no room there."""
    try:
        covered = _READ_REQUEST.pack(address, function, start, count)
    except struct.error as error:
        raise ValueError(f"no such request: {error}") from None
    return covered + _CRC.pack(crc16(covered))


def write_registers(address: int, start: int, values: bytes) -> bytes:
    """Write whole registers, two bytes each, with function 10H. Raises ValueError when `values` is no whole number of them."""
    count, odd = divmod(len(values), 2)
    if odd or not 1 <= count <= _BLOCK_WRITES[WRITE_REGISTERS]:
        raise ValueError(f"{len(values)} bytes are no whole number of registers from 1 to 123")
    head = start.to_bytes(2, "big") + count.to_bytes(2, "big") + bytes((len(values),))
    return encode(address, WRITE_REGISTERS, head + values)


class Decoder(StreamDecoder):
    """Frames out of bytes: `feed(data)`, `next_event()`, and `flush()` when the line fell silent.

    `role` is the side one listens to (None: both). `echo` is our own request: on a two-wire line it may come back before the reply,
    and it is taken byte for byte, as a REQUEST, before any other reading of these bytes.
    """

    __slots__ = ("_asked", "_echo", "_in_damage", "_role")

    def __init__(self, role: Role | None = None, echo: bytes = b"") -> None:
        super().__init__()
        self._role = role
        self._echo = echo
        self._asked = b""
        """The request heard last, as long as nothing has answered it."""
        self._in_damage = False

    def next_event(self) -> Frame | Damage | None:
        """Return the next frame or damage in the order of the stream; None when nothing (more) can be decided yet."""
        if self._overrun is not None:
            return self._take_overrun()
        buffer, start = self._buffer, self._position
        arrived = len(buffer) - start
        if (
            arrived > 2
            and self._role is _RESPONSE
            and buffer[start + 1] in _REGISTER_READS
            and not (self._echo and self._echo.startswith(buffer[start : start + _SHORTEST_REPLY_BYTES]))
        ):
            # The short way for what a master hears most: registers, not its own echo. All else goes the long way.
            length = _REPLY_BYTES[buffer[start + 2]]
            if arrived < length and not self._ended:
                return None
            is_all = length == len(buffer)
            raw = buffer if is_all else buffer[start : start + length]
            if not crc16(raw) and arrived >= length:
                if is_all:
                    self._buffer = b""
                else:
                    self._position = start + length
                self._in_damage = False
                return Frame(raw[0], raw[1], _RESPONSE, raw[2:-2], raw)
        while self._position < len(self._buffer):
            found = self._try()
            if isinstance(found, Frame):
                self._position += len(found.raw)
                self._in_damage = False
                return found
            if found is None:
                return None
            damage = Damage(found[0], self._buffer[self._position : self._position + found[1]])
            self._step_on()
            if not self._in_damage:
                self._in_damage = True
                return damage
        if self._ended:
            self._in_damage = False
        return None

    def _step_on(self) -> None:
        """Go to the next byte that a known function follows, or to the last byte: what follows that is still to come."""
        following = _KNOWN_FUNCTION.search(self._buffer, self._position + 2)
        last = max(self._position + 1, len(self._buffer) - 1)
        self._position = following.start() - 1 if following else last

    def _try(self) -> Frame | tuple[Reason, int] | None:
        """Read what starts at the position: a frame, why not (with the bytes it claimed), or None while bytes are to come."""
        buffer, start = self._buffer, self._position
        arrived = len(buffer) - start
        if self._echo and buffer.startswith(self._echo[:arrived], start):
            return self._try_echo(arrived)
        function = buffer[start + 1] if arrived > 1 else READ_COILS
        if function & EXCEPTION_BIT and self._may_be_exception(function, arrived):
            head_bytes = _EXCEPTION_BYTES
        elif function in FUNCTIONS:
            head_bytes = _HEAD_BYTES[function]
        else:
            return Reason.GARBAGE, 2
        if arrived < head_bytes:
            return (Reason.TRUNCATED, arrived) if self._ended else None
        claims = _claims(buffer[start : start + 7], self._role)
        for length, role in claims:
            if length > arrived:
                return self._unfinished(claims, arrived) if self._ended else None
            raw = buffer[start : start + length]
            if crc16(raw) == 0:
                return Frame(raw[0], raw[1], self._side(raw, role), raw[2:-2], raw)
        if claims and function & ~EXCEPTION_BIT in FUNCTIONS:
            return Reason.BAD_CRC, claims[-1].length
        return self._try_odd_request(arrived) if function in _READS else (Reason.GARBAGE, head_bytes)

    def _try_odd_request(self, arrived: int) -> Frame | tuple[Reason, int] | None:
        """A read of no item, or of more than the standard lets one ask for: no shape is claimed for it, so only its CRC tells."""
        raw = self._buffer[self._position : self._position + _SHORT_BYTES]
        if self._role is not _RESPONSE and crc16(raw) == 0 and len(raw) == _SHORT_BYTES:
            return Frame(raw[0], raw[1], Role.REQUEST, raw[2:-2], raw)
        if self._role is not _RESPONSE and arrived < _SHORT_BYTES and not self._ended:
            return None
        return Reason.GARBAGE, min(arrived, 6)

    def _may_be_exception(self, function: int, arrived: int) -> bool:
        """Any function can be refused, those that we never use too; of those only a code of the standard is believed."""
        if function & ~EXCEPTION_BIT in FUNCTIONS:
            return True
        code = self._buffer[self._position + 2] if arrived > 2 else min(EXCEPTION_CODES)
        return function not in (EXCEPTION_BIT, 0xFF) and code in EXCEPTION_CODES

    def _unfinished(self, claims: "list[_Claim]", arrived: int) -> tuple[Reason, int]:
        """Name what the stream ended in: a whole frame of wrong CRC where a shape ends with it, else a truncated one."""
        whole = any(claim.length == arrived for claim in claims)
        return Reason.BAD_CRC if whole else Reason.TRUNCATED, arrived

    def _try_echo(self, arrived: int) -> Frame | tuple[Reason, int] | None:
        raw = self._echo
        if arrived >= len(raw):
            return Frame(raw[0], raw[1], Role.REQUEST, raw[2:-2], raw)
        return (Reason.TRUNCATED, arrived) if self._ended else None

    def _side(self, raw: bytes, claimed: Role) -> Role:
        """Where both sides' frames look alike, the request heard before tells: a single write is answered by its own copy, and a
        reply of three bytes of coils is as long as a request."""
        if self._role is not None:
            return claimed
        asked, self._asked = self._asked, b""
        if raw[1] in _SINGLE_WRITES:
            answers = raw == asked
        else:
            answers = raw[:2] == asked[:2] and raw[2] == _coil_bytes(asked) == len(raw) - _EXCEPTION_BYTES
        side = Role.RESPONSE if answers else claimed
        if side is Role.REQUEST:
            self._asked = raw
        return side


def _coil_bytes(request: bytes) -> int:
    """Return how many bytes of coils answer a request; 0 for one that doesn't ask for any."""
    return (int.from_bytes(request[4:6], "big") + 7) // 8 if request[1] in _BITS else 0


def _claims(head: bytes, role: Role | None) -> list[_Claim]:
    """Return the shapes a frame with these first bytes can have, shortest first."""
    function = head[1]
    if function & EXCEPTION_BIT:
        claims = [_Claim(_EXCEPTION_BYTES, Role.RESPONSE)]
    elif function in _READS:
        claims = _read_claims(function, head[2], int.from_bytes(head[4:6], "big"))
    elif function in _SINGLE_WRITES:
        claims = [_Claim(_SHORT_BYTES, role or Role.REQUEST)]
    else:
        claims = _write_claims(function, int.from_bytes(head[4:6], "big"), head[6])
    return sorted(claim for claim in claims if role in (None, claim.role))


def _read_claims(function: int, byte_count: int, quantity: int) -> list[_Claim]:
    claims = []
    if 1 <= quantity <= _READS[function]:
        claims.append(_Claim(_SHORT_BYTES, Role.REQUEST))
    if byte_count in _REGISTER_BYTE_COUNTS or (function in _BITS and 1 <= byte_count <= 250):
        claims.append(_Claim(_EXCEPTION_BYTES + byte_count, Role.RESPONSE))
    return claims


def _write_claims(function: int, quantity: int, byte_count: int) -> list[_Claim]:
    if not 1 <= quantity <= _BLOCK_WRITES[function]:
        return []
    claims = [_Claim(_SHORT_BYTES, Role.RESPONSE)]
    if byte_count == ((quantity + 7) // 8 if function in _BITS else quantity * 2):
        claims.append(_Claim(9 + byte_count, Role.REQUEST))
    return claims
