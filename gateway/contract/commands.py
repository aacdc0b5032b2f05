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


class BindingRule(msgspec.Struct, frozen=True):
    """A dated tie of a meter to an account (C-3). Takes effect at the meter's first good reading at or after `from_ms`."""

    binding: str
    meter: MeterNo
    account: AccountId
    from_ms: int
    baseline_wh: int | None = None
    """The register at the tie when a person recorded it; None: the first good reading is the baseline."""


class PriceRule(msgspec.Struct, frozen=True):
    """A tariff's price from an instant on (C-9)."""

    version: str
    tariff: str
    from_ms: int
    micro_yuan_per_kwh: int


class GroupKind(StrEnum):
    """What a group of meters stands for."""

    BUILDING = "building"
    FLOOR = "floor"
    RISER = "riser"


class GroupRule(msgspec.Struct, frozen=True):
    """A master and what is counted behind it, from an instant on (R-B2, R-4.2.3). A change is a later rule of the same group.

    Shares are parts in a million: whole numbers, since messages carry no fractions.
    """

    group: str
    kind: GroupKind
    master: MeterNo
    subs: list[MeterNo]
    sub_groups: list[str] = []
    """Groups whose masters are counted behind this one."""
    from_ms: int = 0
    own_use_w: int = 0
    """Unmetered load behind the master that is known: corridor lights, the cabinet itself."""
    fixed_loss_ppm: int = 0
    """The group's usual technical loss, a share of the master's energy."""
    tolerance_ppm: int = 50_000
    """How much more may be missing before the fixed rule raises an alarm."""
    master_class_ppm: int = 10_000
    """The greatest error of the master within its class: 10,000 is class 1."""
    sub_class_ppm: int = 10_000


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
    balance_every_s: int = 3600
    """Between two balances of master and subs."""
    loss_judged_every_s: int = 86_400
    """The period whose loss is judged: shorter ones show the registers' steps more than the loss."""


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
    groups: list[GroupRule] = []
    """Which meters are counted behind which."""


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


Command = Grant | TakeBack | SetRelay | CloseAccount | Configure | ApproveCuts | Resend | BeginEpoch | ReadNow


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
