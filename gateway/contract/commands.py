"""What central tells a gateway: numbered commands, signed configuration, acknowledgements (C-1, C-3, C-5 to C-11)."""

from enum import StrEnum
from hashlib import sha256
from typing import Any

import msgspec

from gateway.contract.facts import Balance, Instant
from gateway.contract.identifiers import AccountId, Epoch, GrantId, MeterNo
from gateway.contract.meter_facts import SoftwareControlBegun
from gateway.contract.rules import AccountRule, BindingRule, GroupRule, PolicyRule, PriceRule

MOST_KEYS = 32
"""Of each list of a `trust-keys`; more is a mistake of central's."""


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
    serial: int = 0
    """Rises with each grant to this gateway; 0 for one from before there were serials. What an opening and a code name it by."""


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
    ref: str = ""
    """The work order or fault it belongs to; shown on site where the relay is locked out (R-4.3.4)."""


class CloseAccount(msgspec.Struct, frozen=True, tag="close-account", tag_field="kind"):
    """Final register and lock-out; answered PENDING, then APPLIED with the register and what was left (C-8)."""

    account: AccountId
    lock_out: bool
    why: str


class MonthUsed(msgspec.Struct, frozen=True, array_like=True):
    """What an account had used in a calendar month by the entries central has; `month` is year times twelve plus month from 0."""

    account: AccountId
    month: int
    used_wh: int


class LockStanding(msgspec.Struct, frozen=True):
    """A lock-out that stands by central's records: a store that doesn't know it takes it up again."""

    meter: MeterNo
    owner: str
    since: Instant
    by: str
    why: str
    ref: str = ""


class Opening(msgspec.Struct, frozen=True):
    """What a new epoch starts from: central's balances, last billed registers, and the grants they contain."""

    epoch: Epoch
    balances: list[Balance]
    registers_wh: dict[MeterNo, int]
    known_grants: list[GrantId]
    """Those without a serial, by their ids."""
    grants_up_to: int = 0
    """Every serial up to here is in the balances ..."""
    grants_pending: list[int] = []
    """... but these."""
    months: list[MonthUsed] = []
    """Where the steps of stepped prices go on; an account that is not listed keeps what the store knows."""
    billed_ms: dict[MeterNo, int] = {}
    """When those registers were read, where that is known: what was used since has its true prices."""
    controls: list[SoftwareControlBegun] = []
    """Software controls that stand, as they were told: a store that doesn't know one takes it up again ..."""
    controls_ended: list[str] = []
    """... and those that ended: a store that went back in time may still have them."""
    locks: list[LockStanding] = []
    """Lock-outs that stand. One that only the store has stands, too: releasing is a person's deed."""


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


class BeginSoftwareControl(msgspec.Struct, frozen=True, tag="begin-software-control", tag_field="kind"):
    """Supply a room whose meter is faulty, and bill nothing from it until it is metered again (R-4.3.5); idempotent by its id."""

    control: str
    account: AccountId
    by: str
    why: str
    wh_per_day: int = 0
    """The estimate that is shown meanwhile; 0: none."""
    ref: str = ""
    """The fault or work order it belongs to."""


class EndSoftwareControl(msgspec.Struct, frozen=True, tag="end-software-control", tag_field="kind"):
    """Bill the room by the same meter again, from its last good reading on. A replaced meter ends it by itself."""

    control: str
    by: str
    why: str


class ResolveAlarm(msgspec.Struct, frozen=True, tag="resolve-alarm", tag_field="kind"):
    """End an alarm that nothing later can end: a person looked into it."""

    what: str
    subject: str
    by: str
    why: str


class TrustKeys(msgspec.Struct, frozen=True, tag="trust-keys", tag_field="kind"):
    """Believe these of central's keys beside those of the gateway's own file, and none of the retired ones, wherever they stand."""

    keys: list[str]
    """64 hex digits each, the one that signs among them."""
    retired: list[str] = []


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
    | BeginSoftwareControl
    | EndSoftwareControl
    | ResolveAlarm
    | TrustKeys
)


class VoucherList(msgspec.Struct, frozen=True, tag="voucher-list", tag_field="kind"):
    """The first envelope of a voucher file: which grants follow, so that one that was cut off is missed."""

    grants: list[GrantId]


class Ack(msgspec.Struct, frozen=True):
    """Central has committed every row of this epoch up to `seq` (C-11)."""

    epoch: Epoch
    seq: int
    central_ms: int
    """Central's clock, a hint for the gateway's judgement of its own (C-14)."""
    expected: int | None = None
    """Set when a gap was seen: send again from this sequence."""
    answers: str = ""
    """The id of the batch that it answers; a gap told of one that is not under way is an old copy. Empty from older software."""


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


def content_digest(message: msgspec.Struct) -> bytes:
    """Digest what a message says, whichever release encoded it: fields at their defaults are left out, so that one which a later
    release adds changes nothing (C-1). Holds as long as no default is ever changed."""
    return sha256(msgspec.json.encode(_without_defaults(message), order="deterministic")).digest()


def _without_defaults(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        return {
            field.encode_name: _without_defaults(getattr(value, field.name))
            for field in msgspec.structs.fields(value)
            if getattr(value, field.name) != _default_of(field)
        }
    if isinstance(value, list | tuple):
        return [_without_defaults(item) for item in value]
    return value


def _default_of(field: msgspec.structs.FieldInfo) -> Any:
    factory = field.default_factory
    return field.default if factory is msgspec.NODEFAULT else factory()
