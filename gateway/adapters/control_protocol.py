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
    """In English; the three below are the same for a command in another language."""
    about: str = ""
    """Names and stable words that stand before the sentence."""
    text: str = ""
    facts: dict[str, str] = {}


class LockTold(msgspec.Struct, frozen=True):
    """Who keeps a relay open, why, for which work order; `since_s` None: not known."""

    owner: str
    by: str
    why: str
    since_s: int | None = None
    ref: str = ""


class ControlTold(msgspec.Struct, frozen=True):
    """A room's software control: nothing is billed from its meter since the last good register."""

    by: str
    why: str
    since_s: int | None
    wh_per_day: int
    estimated_wh: int | None
    last_good_wh: int | None
    ref: str = ""


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
    lock_notes: list[LockTold] = []
    control: ControlTold | None = None


class LineStatus(msgspec.Struct, frozen=True):
    """One RS-485 line and its counters since the daemon's start."""

    line: str
    port: str
    meters: int
    silent_meters: int
    counters: dict[str, int]
    answering: int = 0
    """Meters that answered since the daemon's start and are not silent now."""


class MeterState(msgspec.Struct, frozen=True):
    """One meter on its line, as `meters` shows it. Milliseconds and seconds; None: not known."""

    meter: str
    address: str
    model: str
    location: str
    answered: int = 0
    missed: int = 0
    """Tries without an answer."""
    collisions: int = 0
    failures: int = 0
    """Failed calls since the last good frame."""
    ever_answered: bool = False
    reason: str = ""
    """Why its last call failed: `silent`, or what garbled it."""
    received: str = ""
    """What that call brought, in hex."""
    pause_ms: int = 0
    preamble: str = "untried"
    """Whether it needs the FE bytes before a question: `untried`, `hears` (no), `needed`."""
    usual_ms: int | None = None
    """From our last byte to its first."""
    fastest_ms: int | None = None
    slowest_ms: int | None = None
    last_seen_s: int | None = None
    clock_off_s: int | None = None
    relay: str = ""
    """Position and verdict, `closed confirmed`; empty: no relay is driven."""
    doubt: str = ""
    alarms: list[str] = []
    """What stands against it, by name."""
    unusable: str = ""
    """Why its row can't be used."""
    locks: list[LockTold] = []
    is_faulty: bool = False
    """Its room is under software control: nothing is billed from it."""


class LineState(msgspec.Struct, frozen=True):
    """One line with its meters, in the registry's order."""

    line: str
    port: str
    baud: int
    parity: str
    up_s: int = 0
    busy_per_mille: int = 0
    counters: dict[str, int] = {}
    stray: str = ""
    """The last bytes that came unasked, in hex."""
    fault: str = ""
    """Why the port is not open (`missing`, `busy`, ...), with the system's own word for it."""
    fault_detail: str = ""
    meters: list[MeterState] = []


class TraceNote(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing on a wire. `at_us` by one clock that never steps."""

    line: str
    at_us: int
    kind: str
    """`out`, `in` or `end`."""
    data: str = ""
    """Hex."""
    address: str = ""
    outcome: str = ""


class TraceBatch(msgspec.Struct, frozen=True):
    """What went over the traced lines since the last batch; `lost` notes were too many to keep."""

    notes: list[TraceNote] = []
    lost: int = 0
    now_us: int = 0
    """When it was put together, by the notes' clock."""


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
    """`link_text` and its facts below are the same for a command in another language."""
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
    link_trouble: str = ""
    """The stable word for what is wrong with the link; empty while it is up."""
    link_text: str = ""
    link_facts: dict[str, str] = {}
    certificate_until_ms: int | None = None
    """Until when the link's certificate holds; None where it has none that is renewed here."""
    certificate_trouble: str = ""
    """Why it was not renewed when it was last tried: a stable word, and what is known."""


class MeterClockOff(msgspec.Struct, frozen=True):
    """How far a meter's own calendar was off when it was read; None: not read, or ours was in doubt then."""

    meter: str
    off_s: int | None
    needs_person: bool
    """The alarm `meter-clock-off` stands, or the meter is further off than it lets itself be told by all."""


class ClockReport(msgspec.Struct, frozen=True):
    """What the daemon, or its store while it is stopped, knows of time."""

    wall_ms: int
    doubt: str | None
    steady_in_ms: int
    central_ahead_ms: int | None
    """Central's clock less ours; None: not heard in this boot."""
    heard_ms: int | None
    """When central last acknowledged something new, to ten minutes."""
    latest_ms: int | None
    """The newest wall time stored or believed: an earlier clock is wrong."""
    central_ms: int
    """The newest time that central put its name to; 0: none."""
    bench_rate: float | None
    utc_offset_minutes: int
    meters: list[MeterClockOff]
    meters_read: int = 0
    """How many meters' calendars are known."""


class Noted(msgspec.Struct, frozen=True):
    """A marked sentence beside what was ordered, and its facts: the command says it in its reader's language."""

    text: str
    facts: dict[str, str] = {}


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
    notes: list[Noted] = []
    """What the technician should know before he says yes, or of what was done."""
    done: bool = False
    before: bool = False
    """It was done before; nothing was changed now."""
    ends_control: bool = False
    """The room is under software control; its last register is the last good one."""
    counted_wh: int | None = None
    """What the faulty meter counted meanwhile, billed to nobody; None: not known."""
    locks: list[LockTold] = []
    """Who keeps the room's relay open; the new one takes that over."""


class ControlReport(msgspec.Struct, frozen=True):
    """What a software control's begin or end will do, or has done. Registers in Wh; `register_by` who typed it."""

    account: str
    room: str
    meter: str
    end: bool
    register_wh: int | None
    """Begin: billed up to here. End: billed from here on."""
    register_by: str = ""
    unbilled_wh: int = 0
    """Begin: billed to the account by it."""
    wh_per_day: int = 0
    counted_wh: int | None = None
    """End: what the meter counted meanwhile; billed to nobody."""
    answers: str = ""
    """Why the meter was not read now; empty where it was."""
    believed: bool = True
    """False: what it says now can't be."""
    locks: list[LockTold] = []
    done: bool = False


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
