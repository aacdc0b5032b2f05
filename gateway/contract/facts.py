"""What a gateway reports: the rows of its outbox, in order, none lost (C-11, C-12).

Additive: a field that a reader doesn't know is ignored, a field that a writer doesn't send has its default. A fact's kind is
the `kind` field on the wire.
"""

from enum import StrEnum

import msgspec

from gateway.contract.identifiers import AccountId, AlarmId, BootId, CommandId, EntryId, Epoch, KeyId, MeterNo
from gateway.contract.instant import Instant as Instant
from gateway.contract.meter_facts import (
    LockOut,
    MeterBound,
    MeterSwapped,
    PeriodRegister,
    SoftwareControlBegun,
    SoftwareControlEnded,
)
from gateway.contract.registry_facts import RegistryCopy


class ReadingOutcome(StrEnum):
    """What a register value means beside the last one (R-G2: none of these bills money that was not used)."""

    FIRST = "first"
    ADVANCED = "advanced"
    UNCHANGED = "unchanged"
    ROLLOVER = "rollover"
    BACKWARDS = "backwards"
    ZERO_GLITCH = "zero-glitch"
    IMPLAUSIBLE = "implausible"
    REPLACED = "replaced"


class ReadingRow(msgspec.Struct, frozen=True, array_like=True):
    """One reading, packed as a JSON array. A reading is not an entry (C-12)."""

    meter: MeterNo
    wall_ms: int
    register_wh: int
    power_w: int | None
    current_ma: int | None
    relay_closed: bool | None
    outcome: ReadingOutcome
    trusted: bool = True


class Readings(msgspec.Struct, frozen=True, tag="readings", tag_field="kind"):
    """A poll round's readings."""

    rows: list[ReadingRow]


class EntryKind(StrEnum):
    """Why the gateway wrote a ledger entry."""

    CONSUMPTION = "consumption"
    GRANT = "grant"
    TAKEN_BACK = "taken-back"
    ADJUSTMENT = "adjustment"
    """A price learnt late, or the true-up of an untrusted clock (C-9, C-14)."""
    EXPIRED = "expired"
    """What was left in a bucket on its last day."""
    OPENING = "opening"
    """Balances adopted from central by a new epoch (C-11)."""


class EntryCause(StrEnum):
    """The event that settles consumption (C-12)."""

    HOUR = "hour"
    DECISION = "decision"
    GRANT = "grant"
    PRICE_EDGE = "price-edge"
    BINDING = "binding"
    CLOSING = "closing"
    COMMAND = "command"
    CLOCK = "clock"
    CLOSING_INSTANT = "closing-instant"
    """The accounting period ended (R-4.1.9)."""


class EntryLine(msgspec.Struct, frozen=True, array_like=True):
    """What one bucket gained (positive) or lost (negative): micro-yuan or watt-hours, by `unit`."""

    bucket: str
    unit: str
    amount: int
    balance_after: int


class Entry(msgspec.Struct, frozen=True, tag="entry", tag_field="kind"):
    """One append-only ledger entry of the gateway."""

    entry: EntryId
    account: AccountId
    entry_kind: EntryKind
    cause: EntryCause
    at: Instant
    lines: list[EntryLine]
    carried_nano_yuan: int
    """The account's remainder after this entry."""
    meter: MeterNo | None = None
    energy_wh: int = 0
    register_from_wh: int | None = None
    register_to_wh: int | None = None
    from_ms: int | None = None
    """Wall time at which the settled interval began."""
    price_micro_yuan_per_kwh: int | None = None
    price_version: str | None = None
    provisional: bool = False
    """Billed at the lowest price because the clock was not trusted; a true-up follows (C-14)."""
    source: str | None = None
    """The grant, command or entry this one answers or adjusts."""
    raw_frame: str | None = None
    """Hex of the meter's frame behind the closing register (C-12)."""
    month_wh: int | None = None
    """What the account had used before this interval in its calendar month: the steps of a price count it."""
    used_by: AccountId | None = None
    """Whose meter, tariff and month it was, where another account than that pays (C-4)."""


class DecisionKind(StrEnum):
    """What the credit rule says about a metering point's relay."""

    OPEN = "open"
    CLOSE = "close"
    WARN = "warn"
    HOLD = "hold"


class Decision(msgspec.Struct, frozen=True, tag="decision", tag_field="kind"):
    """A decision that changed; `reason` is a name from the gateway's decision table."""

    account: AccountId
    decision: DecisionKind
    reason: str
    at: Instant
    balance: int
    """Spendable, in the account's unit (micro-yuan or Wh)."""
    facts: dict[str, int] = {}
    """What the reason rests on, by names that stay (`until_ms`, `limit`, `power_w`, ...)."""


class RelayVerdict(StrEnum):
    """What reading back says about a command or a state."""

    CONFIRMED = "confirmed"
    """Status word and current agree with what is desired: the only proof of `supplied` or `cut` (C-15)."""
    CONTRADICTED = "contradicted"
    """The status word and the current, or the command and the status, disagree: welded, stuck or lying."""
    DELAYED = "delayed"
    WAITING_KEY = "waiting-key"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    HELD = "held"
    """Nothing is sent: lock-out, no relay, protected, or the cut guard waits for a person."""


class RelayReport(msgspec.Struct, frozen=True, tag="relay", tag_field="kind"):
    """A change in what is desired of, commanded to or observed at a relay."""

    meter: MeterNo
    desired_closed: bool | None
    commanded_closed: bool | None
    observed_closed: bool | None
    verdict: RelayVerdict
    why: str
    at: Instant
    current_ma: int | None = None
    status_word: int | None = None
    command: CommandId | None = None
    account: AccountId | None = None


class Alarm(msgspec.Struct, frozen=True, tag="alarm", tag_field="kind"):
    """Raised or cleared; `alarm` is the same in both, so that central shows one."""

    alarm: AlarmId
    what: str
    """A stable name: `meter-silent`, `relay-contradicted`, `account-quarantined`, `cut-guard`, `clock-untrusted`, ..."""
    subject: str
    raised: bool
    at: Instant
    detail: str = ""


class LossVerdict(StrEnum):
    """What a balance says."""

    MEASURED = "measured"
    """An interval within a judged period: its figures, no judgement."""
    BALANCED = "balanced"
    LOSS = "loss"
    """More is missing than the rule allows and the uncertainty explains: an alarm stands."""
    INCOMPLETE = "incomplete"
    """`missing` meters were not heard in time, or their story is in doubt; the next balance covers this interval, too."""
    SUB_BACKWARDS = "sub-backwards"
    """`missing` meters count backwards: put them right before any loss is judged."""
    MASTER_BELOW_SUBS = "master-below-subs"
    """The master counts less than its subs: wrong meter, phase or transformer ratio. No loss is judged."""


class LossRow(msgspec.Struct, frozen=True, array_like=True):
    """One group over one interval, packed as a JSON array; master = subs + own use + technical + unexplained."""

    group: str
    from_ms: int
    to_ms: int
    verdict: LossVerdict
    master_wh: int = 0
    subs_wh: int = 0
    own_use_wh: int = 0
    technical_wh: int = 0
    """By the rule that judged: fixed share, or what calibration found usual."""
    unexplained_wh: int = 0
    uncertainty_wh: int = 0
    """Of the unexplained loss, twice its standard uncertainty."""
    rule: str = "fixed"
    """`fixed` or `calibrated`."""
    z_milli: int | None = None
    """How unusual the calibrated rule finds the last days, in thousandths of a standard deviation."""
    frozen: int = 0
    """How many of the meters froze at one instant; the others were interpolated."""
    meters: int = 0
    missing: list[MeterNo] = []


class MeterTotal(msgspec.Struct, frozen=True, array_like=True):
    """One meter's running total at a balance's instant: what it counted between two instants is their difference, where `offset_wh`
    (the total less the register) is the same. Another offset: the meter was swapped or begun anew, nobody counted in between."""

    meter: MeterNo
    total_wh: int
    offset_wh: int
    step_wh: int
    skew_wh: int = 0
    """The total at the instant was at most so far from it, beside the register's own step."""
    frozen: bool = False


class LossBalances(msgspec.Struct, frozen=True, tag="loss-balances", tag_field="kind"):
    """The balances of master and subs at one instant (R-B2), and the totals they were made of."""

    at: Instant
    rows: list[LossRow]
    totals: list[MeterTotal] = []
    """Each meter of any group once; one that was not heard in time or is in doubt is left out."""


class CommandOutcome(StrEnum):
    """What became of a command that had the right number."""

    APPLIED = "applied"
    EXISTS = "exists"
    EXISTS_WITH_DIFFERENT = "exists-with-different"
    PARTLY = "partly"
    """Taken back: less was left than asked (C-7)."""
    EXPIRED = "expired"
    UNKNOWN_ACCOUNT = "unknown-account"
    UNKNOWN_METER = "unknown-meter"
    UNSUPPORTED = "unsupported"
    PROTECTED = "protected"
    LOCKED_OUT = "locked-out"
    NEEDS_SECOND_SIGNATURE = "needs-second-signature"
    PENDING = "pending"
    """Accepted; a later row with the same number tells the end (closing waits for the final register)."""
    REFUSED = "refused"


class CommandResult(msgspec.Struct, frozen=True, tag="command-result", tag_field="kind"):
    """The durable answer to a numbered command (C-5), a voucher (number 0) or the end of a PENDING one."""

    number: int
    command: CommandId
    outcome: CommandOutcome
    at: Instant
    detail: str = ""
    taken: list[EntryLine] = []
    final_register_wh: int | None = None


class Balance(msgspec.Struct, frozen=True, array_like=True):
    """One bucket of one account at the watermark; `expires_ms` 0 means never."""

    account: AccountId
    bucket: str
    unit: str
    amount: int
    expires_ms: int = 0


class Watermark(msgspec.Struct, frozen=True, tag="watermark", tag_field="kind"):
    """The only place where balances may be compared (C-2): epoch and sequence are the row's own."""

    last_command: int
    at: Instant
    balances: list[Balance]


class Health(msgspec.Struct, frozen=True, tag="health", tag_field="kind"):
    """Counters since boot; every drop and refusal is here (nothing is lost silently)."""

    at: Instant
    counters: dict[str, int]


Fact = (
    Readings
    | Entry
    | Decision
    | RelayReport
    | Alarm
    | CommandResult
    | Watermark
    | Health
    | LossBalances
    | MeterBound
    | MeterSwapped
    | PeriodRegister
    | LockOut
    | SoftwareControlBegun
    | SoftwareControlEnded
    | RegistryCopy
)


class UpRow(msgspec.Struct, frozen=True):
    """One outbox row. `fact` stays raw so that a row central can't read is quarantined alone (C-11)."""

    seq: int
    fact: msgspec.Raw


class UpBatch(msgspec.Struct, frozen=True):
    """Rows in order without gaps."""

    epoch: Epoch
    rows: list[UpRow]


class MeterSeen(msgspec.Struct, frozen=True):
    """One commissioned meter, as the birth message lists it."""

    meter: MeterNo
    line: str
    model: str
    address: str


class Birth(msgspec.Struct, frozen=True):
    """Said at every connection, retained."""

    boot: BootId
    epoch: Epoch
    software: str
    last_seq: int
    """The newest outbox row's sequence."""
    last_command: int
    """The highest command number stored."""
    config_version: int
    meters: list[MeterSeen]
    bench_clock: bool = False
    """Time runs at another rate than the world's: central refuses it unless it is a bench itself."""
    central_keys: list[KeyId] = []
    """Ids of those of central's keys that are believed now; empty from software that doesn't say."""


class State(msgspec.Struct, frozen=True):
    """Retained, unsigned: for display only."""

    online: bool
    boot: BootId


NOT_OPENED = "not-opened"
"""The reason of an answer: the store has not adopted its epoch's opening, and takes nothing before it (C-11)."""


class Answer(msgspec.Struct, frozen=True):
    """A command that was not taken: `expected` is the next number the gateway will take (C-5)."""

    number: int
    reason: str
    expected: int
    command: CommandId = CommandId("")
    """The id of the command that was not taken: an answer said long ago is known by it. Empty from older software."""


def encode_fact(fact: Fact) -> bytes:
    """Encode a fact as JSON."""
    return msgspec.json.encode(fact)


def decode_fact(raw: bytes) -> Fact:
    """Decode a fact. Raises msgspec.ValidationError or DecodeError: the caller quarantines the row."""
    fact: Fact = msgspec.json.decode(raw, type=Fact)
    return fact
