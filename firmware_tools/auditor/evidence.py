"""What the auditor knows, as plain rows: read from the databases by the readers, judged by the checks.

Amounts are integers in micro-yuan or watt-hours, by `unit`. Nothing here knows a table or a rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Line:
    """What one bucket of an account gained (positive) or lost, and what it held after."""

    bucket: str
    unit: str
    amount: int
    balance_after: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a gateway's ledger, in the order in which it was written."""

    entry: str
    gateway: str
    account: str
    kind: str
    cause: str
    lines: tuple[Line, ...]
    carried_nano_yuan: int
    wall_ms: int
    trusted: bool
    meter: str | None = None
    energy_wh: int = 0
    register_from_wh: int | None = None
    register_to_wh: int | None = None
    from_ms: int | None = None
    price_micro_yuan_per_kwh: int | None = None
    provisional: bool = False
    source: str | None = None
    used_by: str | None = None
    """Whose energy it was, where the account pays for another one."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One row of a gateway's outbox: the bytes that were signed, by epoch and sequence."""

    epoch: str
    seq: int
    fact: bytes


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """A gateway's entry as central stored it, with the row that brought it."""

    epoch: str
    seq: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of one meter."""

    meter: str
    wall_ms: int
    register_wh: int
    outcome: str


@dataclass(frozen=True, slots=True)
class Balance:
    """One bucket of one account with what it holds."""

    account: str
    bucket: str
    unit: str
    amount: int


@dataclass(frozen=True, slots=True)
class Swap:
    """A meter that was replaced on site: one chain of registers ends, another begins."""

    swap: str
    account: str | None
    old_meter: str
    last_wh: int
    new_meter: str
    first_wh: int


@dataclass(frozen=True, slots=True)
class Control:
    """A room whose meter was faulty for a while: what it counted then is billed to nobody, a chain begins anew at its end."""

    control: str
    meter: str
    first_wh: int


@dataclass(frozen=True, slots=True)
class Fold:
    """Entries that were folded away: up to which number, and the running digest."""

    up_to: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Journal:
    """One gateway's store."""

    gateway: str
    entries: tuple[Entry, ...]
    outbox: tuple[OutboxRow, ...]
    balances: tuple[Balance, ...]
    inbox: Mapping[int, bytes]
    """Command bodies by number."""
    settled_wh: Mapping[str, int]
    """Per meter, the register up to which it is billed."""
    swaps: tuple[Swap, ...] = ()
    controls: tuple[Control, ...] = ()
    """Those that ended."""
    folds: tuple[Fold, ...] = ()
    inbox_digests: Mapping[int, bytes] = field(default_factory=dict)
    """SHA-256 of old commands whose body is gone."""


@dataclass(frozen=True, slots=True)
class Payment:
    """Money taken at the desk. `page` is the form's own id: a double click carries the same one."""

    payment: str
    account: str
    fen: int
    grant: str | None
    page: str = ""
    reversed: bool = False
    purpose: str = "energy"
    """Only what was paid for energy becomes a grant."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A numbered receipt for one payment."""

    number: str
    payment: str | None
    fen: int
    void: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """A numbered command as central sealed it for a gateway. Superseded ones were given a new number and never count."""

    gateway: str
    number: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Grant:
    """Credit that central gave to an account, by whatever carrier."""

    grant: str
    gateway: str
    number: int
    account: str
    bucket: str
    unit: str
    amount: int
    serial: int | None = None

    @property
    def typed_name(self) -> str:
        """How the gateway's entry names it when it came as a code (docs/messages.md, Codes)."""
        return f"n-{self.serial}-{sha256(self.grant.encode()).hexdigest()[:4]}"


@dataclass(frozen=True, slots=True)
class Transfer:
    """One double entry in central's books."""

    transfer: str
    debit: str
    credit: str
    unit: str
    amount: int
    kind: str
    reference: str


@dataclass(frozen=True, slots=True)
class WeekPrice:
    """A price of its own for a part of the local week; `days` 1 Monday to 7 Sunday, on which it begins."""

    days: tuple[int, ...]
    from_minute: int
    to_minute: int
    micro_yuan_per_kwh: int


@dataclass(frozen=True, slots=True)
class Price:
    """A tariff's price from an instant on. `adds`: what the month's steps may add to it."""

    tariff: str
    from_ms: int
    micro_yuan_per_kwh: int
    week: tuple[WeekPrice, ...] = ()
    adds: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Books:
    """Central's side."""

    payments: tuple[Payment, ...]
    receipts: tuple[Receipt, ...]
    commands: tuple[Command, ...]
    grants: tuple[Grant, ...]
    transfers: tuple[Transfer, ...]
    entries: tuple[StoredEntry, ...]
    digests: Mapping[tuple[str, str, int], bytes]
    """SHA-256 of every row received, by gateway, epoch and sequence."""
    quarantined: tuple[tuple[str, str, int, str], ...]
    """Rows that central couldn't take: gateway, epoch, sequence, reason."""
    readings: tuple[Reading, ...]
    """In the order in which they were stored."""
    balances: tuple[Balance, ...]
    """What central's ledger says each account holds."""
    prices: tuple[Price, ...] = ()
    tariffs: Mapping[str, str] = field(default_factory=dict)
    """Per account, its tariff."""


@dataclass(frozen=True, slots=True)
class Install:
    """One piece of metering hardware at a point, as it stood at its last sample."""

    meter: str
    install: int
    register_start_wh: int
    register_wh: int
    true_wh: int
    """Energy that flowed through it, rounded down."""
    sampled_ms: int
    step_wh: int
    """What one step of its register is worth."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All there is to judge."""

    books: Books
    journals: tuple[Journal, ...]
    installs: tuple[Install, ...]
