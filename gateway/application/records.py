"""What the journal keeps beside the ledger and the outbox: one small record per thing. Knows no table and no file.

The domain's states (`MeterState`, `AccountState`, `RelayState`, `CutGuard`, `TariffPrices`) and the contract's rules
(`AccountRule`, `PolicyRule`) are records too. A record that is added later needs a default for every field that is added after it.
"""

import msgspec

from gateway.contract.facts import CommandResult, EntryLine, Instant
from gateway.contract.identifiers import AccountId, AlarmId, CommandId, EntryId, Epoch, GatewayId, MeterNo
from gateway.contract.meter_facts import (
    MeterSwapped,
    PeriodRegister,
    SoftwareControlBegun,
    SoftwareControlEnded,
)
from gateway.contract.rules import BindingRule

ONLY = ""
"""The key of a record that exists once."""


class Station(msgspec.Struct, frozen=True, array_like=True):
    """This gateway's own identity and marks."""

    gateway: GatewayId
    epoch: Epoch
    config_version: int = 0
    config_digest: bytes = b""
    last_command: int = 0
    high_water_ms: int = 0
    """The latest trusted wall time ever recorded: the clock can't honestly be earlier."""
    central_ms: int = 0
    """The latest time central put its name to: what is dated before it has begun, even on an untrusted clock."""
    alarms: int = 0
    """How many alarms were numbered."""
    last_close: Instant | None = None
    last_watermark: Instant | None = None
    opened_epoch: str = ""
    """The epoch whose opening balances were adopted."""
    heard_at: Instant | None = None
    """When central last acknowledged something new, to ten minutes."""
    back_at: Instant | None = None
    """When it did so after a silence as long as the policy's isolation."""


class OutboxMark(msgspec.Struct, frozen=True, array_like=True):
    """How far central has acknowledged one epoch. `number` orders the epochs of this store."""

    epoch: Epoch
    number: int
    acked_seq: int = 0
    sendable_seq: int = -1
    """Rows up to here may have been sent: they never change any more. -1 in a store from before rows were thinned."""
    thinned_seq: int = 0
    thinned_readings: int = 0
    """How many readings were left out of rows that were thinned."""


class Tie(msgspec.Struct, frozen=True, array_like=True):
    """The binding in force on a meter; keyed by the meter."""

    account: AccountId
    binding: str


class Billed(msgspec.Struct, frozen=True, array_like=True):
    """Up to where an ended binding billed a meter's running total; keyed by the meter. No later binding begins before it."""

    total_wh: int


class MeterTies(msgspec.Struct, frozen=True):
    """All bindings that the configuration has for a meter, by their instant; keyed by the meter."""

    ties: tuple[BindingRule, ...]


class KnownGrant(msgspec.Struct, frozen=True, array_like=True):
    """A grant or take-back that was done, whatever carried it (C-6); keyed by its id."""

    content: bytes
    entry: EntryId | None = None
    taken: tuple[EntryLine, ...] = ()
    """What a take-back took, for when its entry is folded away."""


class TakenSerial(msgspec.Struct, frozen=True, array_like=True):
    """A grant that was done, by its serial (as text): what a code and a command of the same grant know of each other."""

    name: str
    """As a code names it."""
    terms: tuple[str, str, str, int, int]
    """Account, bucket, unit, amount, expiry."""
    entry: EntryId


class OpenedSerials(msgspec.Struct, frozen=True, array_like=True):
    """Which serials the adopted opening balances contain: all up to one, but those pending."""

    up_to: int
    pending: tuple[int, ...] = ()


class InboxRow(msgspec.Struct, frozen=True, array_like=True):
    """A command that was taken, byte for byte, with its answer (C-5); keyed by its number. An old one keeps its digest only."""

    number: int
    command: CommandId
    body: bytes
    result: CommandResult
    digest: bytes = b""
    """SHA-256 of the body that was folded away."""


class Folded(msgspec.Struct, frozen=True, array_like=True):
    """How far old things are folded away (`fold_books`)."""

    commands: int = 0
    """Up to this number, bodies are gone where that was worth it."""


class Provisional(msgspec.Struct, frozen=True, array_like=True):
    """A consumption entry billed at the lowest price; keyed by the entry (C-14).

    `earliest_ms` is a wall time that is certainly not after the interval's start, for when it can't be derived any more.
    """

    entry: EntryId
    account: AccountId
    began: Instant
    ended: Instant
    earliest_ms: int
    settled_span: tuple[int, int] | None = None
    """The true wall times, once known; from then on it is billed like any other."""
    month_wh: int = 0
    """What the account had used in that month when the true times became known."""


class RaisedAlarm(msgspec.Struct, frozen=True, array_like=True):
    """An alarm that stands; keyed by `what subject`."""

    alarm: AlarmId
    what: str
    subject: str
    since: Instant
    detail: str = ""


class BootRow(msgspec.Struct, frozen=True, array_like=True):
    """One start of the daemon; keyed by the boot id."""

    started: Instant


class MeterPlace(msgspec.Struct, frozen=True, array_like=True):
    """Where a meter hangs and what it is: what its row in the registry says."""

    line: str
    address: str
    model: str
    ct_ratio: int = 1
    location: str = ""


class KeysTold(msgspec.Struct, frozen=True, array_like=True):
    """What central said last of its keys, 64 hex digits each: believed beside the file's, and believed nowhere."""

    keys: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()


class AddressChange(msgspec.Struct, frozen=True, array_like=True):
    """A meter that was told to answer at another address, before it is known whether it does; keyed by the meter."""

    old: str
    new: str
    by: str
    why: str
    at: Instant | None = None
    """When it was told; a note of an older version doesn't say."""


class PeriodAnchor(msgspec.Struct, frozen=True, array_like=True):
    """The last reading before the clock was not believed any more; keyed by the meter. A closing instant behind it is told late."""

    wall_ms: int
    total_wh: int
    power_w: int


class PeriodMark(msgspec.Struct, frozen=True, array_like=True):
    """The latest closing instant whose register was told; keyed by the meter."""

    fact: PeriodRegister
    power_w: int = 0
    """The most that flowed around it, as far as was seen."""
    settled: bool = False
    """The meter's own monthly register was compared, or it has none of that instant."""


class RoomControl(msgspec.Struct, frozen=True):
    """A software control of a room, kept after its end, too; keyed by its id. `AccountState.control` names the one that stands."""

    begun: SoftwareControlBegun
    ended: SoftwareControlEnded | None = None
    baseline_total_wh: int = 0
    """The running total of the meter that bills the room since its end."""


class LockNote(msgspec.Struct, frozen=True, array_like=True):
    """Who locked a relay out, and why; keyed by `meter owner`. Gone with the lock-out."""

    meter: MeterNo
    owner: str
    by: str = ""
    why: str = ""
    since: Instant | None = None
    """None: locked out by an older version, which kept no note."""
    ref: str = ""


class Swap(msgspec.Struct, frozen=True):
    """A meter that was replaced on site; keyed by the swap's id. The registry follows it (C-3)."""

    fact: MeterSwapped
    place: MeterPlace
    """The new meter's."""
    old_place: MeterPlace | None = None
    """Where the old one hung, for swapping back."""
    registered: bool = False
    """The registry has followed."""
    booked: bool = False
    """Central's configuration has the binding: what it says from now on holds."""
