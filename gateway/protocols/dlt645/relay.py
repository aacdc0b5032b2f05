"""The relay of a DL/T 645-2007 meter: function 1CH and running status word 3. An extension; the sources are the makers' firmware.

DATA of 1CH: `PA P0 P1 P2 | C0 C1 C2 C3 | N1 | N2 | ss mm hh DD MM YY`. The time is the command's expiry by the METER's clock.
N1, where a model's row says that it is taken: 1A trip; 1B permit to close, for which the customer must press the meter's key (a
setting of some makes closes at once); 1C close; 1D/1E trip, after N2 close or permit; 2A/2B alarm, 3A/3B keep power on/off.
9CH means "accepted", never "done": a large load delays a trip, keep-power refuses it, so the status word must be read back.
"""

from typing import NamedTuple

from gateway.protocols.dlt645.frame import encode
from gateway.protocols.dlt645.functions import RELAY, clock_bytes, four_bytes, named_bits
from gateway.protocols.driver import MeterClock

BODY_BYTES = 16
STATUS_BYTES = 2

DONE_BITS = (
    "direct-close",
    "close-permit",
    "trip",
    "delayed-trip",
    "pre-trip",
    "delayed-by-high-current",
    "bit-6",
    "bit-7",
    "keep-power-on",
    "keep-power-off",
    "alarm-on",
    "alarm-off",
)
"""The execution word some meters add to 9CH, bit 0 first."""

REFUSED_BITS = (
    "suspended",
    "mac",
    "password",
    "not-authenticated",
    "expired",
    "keep-power",
    "keep-power-refuses-pre-trip",
    "bad-duration",
    "already-tripped",
)
"""The two-byte error word some meters give in DCH, bit 0 first."""

RELAY_OPEN_BIT = 1 << 4
"""Status word 3: 0 closed, 1 open (annex C; the capture of meter 151230011061 agrees, one source of three doesn't)."""
COMMANDED_OPEN_BIT = 1 << 6
"""Extension: the last command the meter holds."""


class RelayStatus(NamedTuple):
    """Running status word 3, as far as the relay goes."""

    word: int
    is_closed: bool
    is_commanded_closed: bool


def switch(
    address: str,
    action: int,
    password: str,
    operator: str,
    valid_until: MeterClock,
    duration: int = 0,
    preamble: int = 0,
) -> bytes:
    """Command a relay (1CH). `password` is PA and P0..P2, `operator` C0..C3, eight digits each in wire order; `duration` is N2,
    the time of a pre-trip in units of five minutes. Raises ValueError when the two codes are not four bytes each.
    """
    codes = four_bytes(password) + four_bytes(operator)
    body = codes + bytes((action, duration)) + clock_bytes(valid_until)
    return encode(address, RELAY, body, preamble)


def describe_switch(data: bytes) -> dict[str, str] | None:
    """Return the fields of a plain 1CH body as hex digits, None for any other shape (PA = 98 carries ciphertext)."""
    if len(data) != BODY_BYTES:
        return None
    return {
        "PA": data[:1].hex().upper(),
        "P": data[1:4].hex().upper(),
        "C": data[4:8].hex().upper(),
        "N1": data[8:9].hex().upper(),
        "N2": data[9:10].hex().upper(),
        "expiry_YYMMDDhhmmss": data[:9:-1].hex().upper(),
    }


def read_status(word: int) -> RelayStatus:
    """Read word 3 (04000503)."""
    return RelayStatus(word, not word & RELAY_OPEN_BIT, not word & COMMANDED_OPEN_BIT)


def describe_status(word: int) -> str:
    """Return `0050 relay=open cmd=open`."""
    status = read_status(word)
    relay, command = ("closed" if closed else "open" for closed in status[1:])
    return f"{word:04X} relay={relay} cmd={command}"


def describe_done(data: bytes) -> str | None:
    """Return `0002 close-permit` for the execution word some meters add to 9CH, None for the plain acknowledgement."""
    if len(data) != STATUS_BYTES:
        return None
    word = int.from_bytes(data, "little")
    return " ".join([f"{word:04X}", *named_bits(word, DONE_BITS)])
