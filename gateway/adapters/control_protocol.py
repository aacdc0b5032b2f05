"""What the daemon and the technician's commands say to each other over the control socket: one JSON line each way.

Both sides import this and nothing of each other. `StatusReport` is the whole of what `status` shows; a screen never asks the store.
"""

from enum import StrEnum

import msgspec

MAX_LINE_BYTES = 2_000_000
"""A voucher for a whole building fits; a hostile client can't fill the daemon's memory."""
SOCKET_NAME = "control.sock"


class Request(msgspec.Struct, frozen=True):
    """One order to the daemon: `{"do": "release", "arguments": {"account": "b1-301", "by": "li"}}`."""

    do: str
    arguments: dict[str, str | int | bool] = {}


class ControlRefusal(StrEnum):
    """Why the daemon did not do it."""

    MALFORMED = "malformed"
    TOO_LONG = "too-long"
    UNKNOWN_ORDER = "unknown-order"
    BUSY = "busy"
    REFUSED = "refused"
    FAILED = "failed"


class Reply(msgspec.Struct, frozen=True):
    """The daemon's answer: `result` when done (`refusal` None), else `refusal` and a `message` that says what to do."""

    result: msgspec.Raw = msgspec.Raw(b"null")
    refusal: ControlRefusal | None = None
    message: str = ""


class RoomStatus(msgspec.Struct, frozen=True):
    """One account's line in `status`. `balance` in micro-yuan or watt-hours by `unit`; relay states None: unknown."""

    account: str
    room: str
    unit: str
    balance: int
    meter: str | None
    desired_closed: bool | None
    observed_closed: bool | None
    why: str
    """The relay's verdict and the reason behind it: `confirmed: credit-left`, `contradicted: welded`, ..."""
    last_seen_s: int | None
    """Since the last good reading; None: never."""
    protected: bool = False
    quarantined: bool = False
    closed: bool = False
    power_w: int | None = None
    locks: list[str] = []
    """Who locked the relay out."""
    doubt: str = ""
    """Why the meter's story is not believed."""
    pays_from: str = ""
    """The account whose balance this is, where it is another one's."""


class LineStatus(msgspec.Struct, frozen=True):
    """One RS-485 line and its counters since the daemon's start."""

    line: str
    port: str
    meters: int
    silent_meters: int
    counters: dict[str, int]
    answering: int = 0
    """Meters that answered since the daemon's start and are not silent now."""


class StatusReport(msgspec.Struct, frozen=True):
    """All that `cardroom-gateway status` shows."""

    gateway: str
    software: str
    up_s: int
    rooms: list[RoomStatus]
    lines: list[LineStatus]
    outbox_rows: int
    """Not yet acknowledged by central."""
    oldest_outbox_s: int | None
    link: str
    """`connected`, or what is wrong with it and what to do."""
    link_connected: bool
    clock_wall_ms: int
    clock_doubt: str | None
    """Why the wall clock is not believed; None when it is."""
    bench_rate: float | None
    """Set when a bench clock runs."""
    config_version: int
    last_command: int
    cuts_held: int
    """Cuts that wait for approve-cuts (C-10)."""
    unbound_meters: list[str] = []
    """Bound by central, but on no line here."""
    stalled_loops: list[str] = []
    alarms: list[str] = []
    """Those that stand: `what subject: detail`."""
    counters: dict[str, int] = {}
    hours_left: int | None = None
    """How long the disk lasts at the last day's pace; None when the journal does not grow."""
    store_bytes: int = 0
    """What the journal uses of the disk."""
    store_grows_bytes: int | None = None
    """A day, at the pace of the last one; None before an hour was seen."""


class SwapReport(msgspec.Struct, frozen=True):
    """What a swap will do, or has done. Registers in Wh; `..._by` who typed it, empty where the gateway read the meter."""

    old: str
    new: str
    line: str
    address: str
    model: str
    account: str | None
    """None: a meter that bills nobody."""
    room: str
    last_wh: int
    last_by: str
    first_wh: int
    first_by: str
    unbilled_wh: int
    """Billed to the account by it."""
    unmetered_s: int | None
    """Between the two registers; None: the clocks can't say."""
    groups: list[str] = []
    notes: list[str] = []
    """What the technician should know before he says yes, or of what was done."""
    done: bool = False
    before: bool = False
    """It was done before; nothing was changed now."""


def encode_line(message: Request | Reply) -> bytes:
    """Encode one message as a line."""
    return msgspec.json.encode(message) + b"\n"


def decode_request(line: bytes) -> Request | None:
    """Decode a request; None when it is none."""
    try:
        return msgspec.json.decode(line, type=Request)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def decode_reply(line: bytes) -> Reply | None:
    """Decode a reply; None when it is none."""
    try:
        return msgspec.json.decode(line, type=Reply)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
