"""What central tells a gateway: numbered commands, signed configuration, acknowledgements (C-1, C-3, C-5 to C-11)."""

from enum import StrEnum

import msgspec

from gateway.contract.facts import Balance
from gateway.contract.identifiers import AccountId, Epoch, GrantId, MeterNo


class Grant(msgspec.Struct, frozen=True, tag="grant", tag_field="kind"):
    """Credit for one bucket. Never expires as a command; idempotent by its id (C-5), also as a voucher (C-6)."""

    grant: GrantId
    account: AccountId
    bucket: str
    unit: str
    amount: int
    """Micro-yuan or watt-hours, by `unit`; above zero."""
    expires_ms: int = 0
    """When what is left of it lapses; 0 never. Acts only on a trusted clock."""
    note: str = ""


class TakeBack(msgspec.Struct, frozen=True, tag="take-back", tag_field="kind"):
    """Ask for credit back: the gateway takes min(asked, left) and answers what it took; it never cuts (C-7)."""

    request: GrantId
    account: AccountId
    bucket: str
    amount: int


class RelayWish(StrEnum):
    """What a person at central may ask of a relay."""

    OPEN = "open"
    CLOSE = "close"
    AUTO = "auto"
    """Back to the credit rule."""
    LOCK_OUT = "lock-out"
    """Nothing closes it until RELEASE."""
    RELEASE = "release"


class SetRelay(msgspec.Struct, frozen=True, tag="set-relay", tag_field="kind"):
    """Override a relay; the envelope's expiry applies."""

    meter: MeterNo
    wish: RelayWish
    by: str
    why: str


class CloseAccount(msgspec.Struct, frozen=True, tag="close-account", tag_field="kind"):
    """Final register and lock-out; answered PENDING, then APPLIED with the register and what was left (C-8)."""

    account: AccountId
    lock_out: bool
    why: str


class CutOff(StrEnum):
    """How a metering point can be cut (C-4)."""

    INTERNAL = "internal"
    CONTACTOR = "contactor"
    NONE = "none"


class Billing(StrEnum):
    """Who keeps the credit (C-4): cards keep their own, monthly accounts are never cut for credit."""

    PREPAID = "prepaid"
    CARD = "card"
    MONTHLY = "monthly"


class BucketRule(msgspec.Struct, frozen=True):
    """A bucket's unit and its place in the order of use (C-4)."""

    name: str
    unit: str
    order: int
    refundable: bool
    rollover_max: int = 0
    """How much of what is left on its last day goes on to the end of the next month, in its unit; the rest lapses."""
    rollover_until_ms: int = 0
    """Nothing goes on beyond this; 0 never."""
    utc_offset_minutes: int = 480
    """Local time less UTC, for the end of the month."""


DESK_CLOSED = "desk-closed"
"""The calendar of the hours in which nobody can pay, unless the configuration lists one of this name: outside 11:30 to 13:30 and
17:00 to 22:00 (R-4.1.1a, R-B1)."""


class PowerCapRule(msgspec.Struct, frozen=True):
    """How much power a point may draw (R-B1). A limit of 0 is none."""

    limit_w: int = 0
    night_limit_w: int = 0
    """Instead of `limit_w` while the calendar `night` holds; nothing is cut by it on an untrusted clock."""
    night: str = ""
    confirmations: int = 3
    """Readings in a row above the limit before the relay opens; 2 at least."""
    restore_after_s: int = 600
    restores_per_day: int = 3
    """In any 24 hours; after that the relay stays open until a person closes it."""


class HighPowerRule(msgspec.Struct, frozen=True):
    """A resistive load that came on at once, such as a heater (R-B1)."""

    step_w: int
    """A rise of active power between two readings that counts."""
    power_factor_milli: int = 950
    """The step's own power factor, at least."""
    confirmations: int = 2
    """Readings in a row that show the step; 2 at least."""
    restore_after_s: int = 600
    restores_per_day: int = 3


class EmergencyRule(msgspec.Struct, frozen=True):
    """How far further below zero a room may be supplied once a resident asks for it: no credit is written (C-1)."""

    limit: int
    """Beyond the overdraft, in the account's unit."""
    hours: int = 24
    every_days: int = 30


class SoftwareControlRule(msgspec.Struct, frozen=True):
    """The room's meter is missing: it stays on and nothing is billed until the true use is agreed (R-4.3.5)."""

    from_ms: int
    wh_per_day: int
    """The estimate that is shown meanwhile."""


class AccountRule(msgspec.Struct, frozen=True):
    """What the gateway must know of an account to bill and cut it."""

    account: AccountId
    room: str
    """The label people use: `1-301`."""
    tariff: str
    unit: str
    """The unit the balance is kept and shown in: `yuan` or `kwh`."""
    buckets: list[BucketRule]
    """In order of use; consumption beyond all of them is booked to the one named `paid`, below zero."""
    billing: Billing = Billing.PREPAID
    cut_off: CutOff = CutOff.INTERNAL
    protected: bool = False
    overdraft: int = 0
    """How far below zero the supply stays on, in the account's unit; never negative."""
    warn_at: list[int] = []
    """Warning levels in the account's unit, highest first."""
    max_power_w: int = 60_000
    """No plausible reading exceeds this; three-phase masters have their own."""
    no_cut: str = DESK_CLOSED
    """The calendar of the hours in which the supply stays on down to `no_cut_extra` below the overdraft."""
    no_cut_extra: int = 0
    isolated_extra: int = 0
    """How far below the overdraft the supply stays on while central isn't heard (`isolated_after_s`)."""
    emergency: EmergencyRule | None = None
    lights_out: str = ""
    """The calendar of the hours in which the relay is open, whatever the credit; none when empty."""
    power_cap: PowerCapRule | None = None
    high_power: HighPowerRule | None = None
    software: SoftwareControlRule | None = None


class BindingRule(msgspec.Struct, frozen=True):
    """A dated tie of a meter to an account (C-3). Takes effect at the meter's first good reading at or after `from_ms`."""

    binding: str
    meter: MeterNo
    account: AccountId
    from_ms: int
    baseline_wh: int | None = None
    """The register at the tie when a person recorded it; None: the first good reading is the baseline."""


class WeekWindow(msgspec.Struct, frozen=True):
    """A part of each week in campus local time. A window that ends at or before its beginning ends on the next day."""

    days: list[int]
    """The days it begins on: 1 Monday to 7 Sunday."""
    from_minute: int
    """Minutes after local midnight, 0 to 1439."""
    to_minute: int
    """Its end, excluded: 1 to 1440."""


class PriceWindow(msgspec.Struct, frozen=True):
    """A part of the week with a price of its own: peak, flat, valley."""

    window: WeekWindow
    micro_yuan_per_kwh: int


class PriceStep(msgspec.Struct, frozen=True):
    """What each kWh costs more once an account used so much in a calendar month; steps don't add up."""

    above_wh: int
    add_micro_yuan_per_kwh: int


class PriceRule(msgspec.Struct, frozen=True):
    """A tariff's price from an instant on (C-9)."""

    version: str
    tariff: str
    from_ms: int
    micro_yuan_per_kwh: int
    """Outside all windows."""
    windows: list[PriceWindow] = []
    """The first that holds counts."""
    steps: list[PriceStep] = []
    """Rising; metered energy counts, whatever bucket paid for it."""
    utc_offset_minutes: int = 480
    """Local time less UTC, for windows and months."""


class CalendarException(msgspec.Struct, frozen=True):
    """From one instant to another the week is as these windows say, not as usual: a holiday, an exam week."""

    from_ms: int
    to_ms: int
    """Excluded."""
    windows: list[WeekWindow] = []


class CalendarRule(msgspec.Struct, frozen=True):
    """Times of the week under a name, with dated exceptions; of two exceptions for one time the later in the list holds."""

    calendar: str
    windows: list[WeekWindow]
    exceptions: list[CalendarException] = []
    utc_offset_minutes: int = 480
    """Local time less UTC."""


class PolicyRule(msgspec.Struct, frozen=True):
    """The building's own limits."""

    cut_guard_count: int = 20
    cut_guard_window_s: int = 600
    """More cuts than this in this time wait for a second signature or a person (C-10)."""
    restore_gap_ms: int = 250
    """Between two closings in one building: inrush (C-10)."""
    settle_every_s: int = 3600
    """The hour of C-12."""
    silent_alarm_after_s: int = 900
    new_account_grace_s: int = 120
    """An account that never had credit is not cut so soon after its meter was tied to it: its credit may still be on its way."""
    keep_acked_days: int = 35
    """How long acknowledged rows stay for `resend` (C-11)."""
    calendars: list[CalendarRule] = []
    """What the accounts' rules name; `desk-closed` is known without being listed."""
    isolated_after_s: int = 0
    """Without a new acknowledgement from central for so long, the accounts' `isolated_extra` holds; 0 never."""
    isolated_until_ms: int = 0
    """The day that allowance ends; 0 never."""


class Opening(msgspec.Struct, frozen=True):
    """What a new epoch starts from: central's balances, last billed registers, and the grants they contain."""

    epoch: Epoch
    balances: list[Balance]
    registers_wh: dict[MeterNo, int]
    known_grants: list[GrantId]


class Configure(msgspec.Struct, frozen=True, tag="configure", tag_field="kind"):
    """The building's whole configuration; replaces the one before. A lower version is EXISTS."""

    version: int
    accounts: list[AccountRule]
    bindings: list[BindingRule]
    prices: list[PriceRule]
    policy: PolicyRule = PolicyRule()
    opening: Opening | None = None


class ApproveCuts(msgspec.Struct, frozen=True, tag="approve-cuts", tag_field="kind"):
    """Let the cuts that the guard holds go on (C-10). `second_signature` is an approver's, by another key than the envelope's, over
    `approve-cuts <gateway> <count> <until_ms>`."""

    count: int
    until_ms: int
    second_key: str = ""
    second_signature: str = ""


class Resend(msgspec.Struct, frozen=True, tag="resend", tag_field="kind"):
    """Send again everything kept from this sequence of this epoch on (C-11)."""

    epoch: Epoch
    from_seq: int


class BeginEpoch(msgspec.Struct, frozen=True, tag="begin-epoch", tag_field="kind"):
    """The store went back in time (a restored card): begin a new epoch before anything else is sent (C-11)."""

    seen_epoch: Epoch
    seen_seq: int


class ReadNow(msgspec.Struct, frozen=True, tag="read-now", tag_field="kind"):
    """Read these meters at the next chance; all when empty."""

    meters: list[MeterNo] = []


class DrawEmergency(msgspec.Struct, frozen=True, tag="draw-emergency", tag_field="kind"):
    """Let a room be supplied beyond its overdraft by its emergency rule, once in the rule's time; idempotent by `draw`."""

    draw: GrantId
    account: AccountId
    by: str = ""


class BillGap(msgspec.Struct, frozen=True, tag="bill-gap", tag_field="kind"):
    """Bill what was agreed for a time without a meter (R-4.3.5); idempotent by `gap`."""

    gap: GrantId
    account: AccountId
    energy_wh: int
    from_ms: int
    to_ms: int
    grace_until_ms: int
    """Until then nobody is cut for it: what it costs widens the overdraft."""
    note: str = ""


Command = (
    Grant
    | TakeBack
    | SetRelay
    | CloseAccount
    | Configure
    | ApproveCuts
    | Resend
    | BeginEpoch
    | ReadNow
    | DrawEmergency
    | BillGap
)


class Ack(msgspec.Struct, frozen=True):
    """Central has committed every row of this epoch up to `seq` (C-11)."""

    epoch: Epoch
    seq: int
    central_ms: int
    """Central's clock, a hint for the gateway's judgement of its own (C-14)."""
    expected: int | None = None
    """Set when a gap was seen: send again from this sequence."""


CENTRAL = "central"
"""Central's name as sender and recipient."""


def encode_command(command: Command) -> bytes:
    """Encode a command's body as JSON."""
    return msgspec.json.encode(command)


def decode_command(raw: bytes) -> Command | None:
    """Decode a command's body; None when this version doesn't know it or it is malformed (answered UNSUPPORTED)."""
    try:
        command: Command = msgspec.json.decode(raw, type=Command)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return command
