"""All that a room's bill of a period is made of, as plain data (R-B3): what the data file holds, and page and paper show.

Pure, and versioned: a field may be added, none changes its meaning. The same books give the same bytes, and so one digest.
Amounts are whole micro-yuan or watt-hours, by `unit`; instants milliseconds since 1970 in UTC. docs/explain-a-bill.md explains it.
"""

import hashlib
from collections.abc import Sequence

import msgspec

FORMAT, VERSION = "cardroom-bill", 1


class SideSum(msgspec.Struct, frozen=True):
    """One of the room's ledger accounts: opening + what the transfers moved = closing. `grows` is `credit` or `debit`."""

    code: str
    unit: str
    grows: str
    opening: int
    closing: int

    @property
    def bucket(self) -> str:
        """What it holds: a bucket's name, or `debt`, `taken-back` and the like."""
        parts = self.code.split(":")
        return parts[2] if parts[0] == "customer" else ":".join(parts[:-2])

    @property
    def is_balance(self) -> bool:
        """Whether it is credit that the meter uses up; the others are owed, billed, taken back."""
        return self.code.startswith("customer:")


class LedgerRow(msgspec.Struct, frozen=True):
    """A transfer with its place in the hash chain: sha256(previous + JSON of [table, position, *content]) is its hash."""

    position: int
    previous: str
    hash: str
    content: list[str | int]
    """Id, debit, credit, amount, unit, kind, happened, booked, reference, note: exactly what the hash covers."""

    @property
    def id(self) -> str:
        return str(self.content[0])

    @property
    def kind(self) -> str:
        return str(self.content[5])

    @property
    def at_ms(self) -> int:
        return int(self.content[6])

    @property
    def booked_ms(self) -> int:
        return int(self.content[7])

    @property
    def reference(self) -> str:
        return str(self.content[8])

    @property
    def note(self) -> str:
        return str(self.content[9])

    def moved(self, code: str, grows: str) -> int:
        """Give what it moved on one of its sides, from that side's own view; 0 on another's."""
        ours = str(self.content[2 if grows == "credit" else 1])
        other = str(self.content[1 if grows == "credit" else 2])
        return int(self.content[3]) * ((ours == code) - (other == code))


class EntryRow(msgspec.Struct, frozen=True):
    """A gateway's ledger entry: registers with the raw frame, price, what each bucket lost, what was carried below a micro-yuan."""

    entry: str
    account: str
    used_by: str
    """Whose energy it was, where `account` pays for another room; else empty."""
    store: str
    """The life of the gateway's store that wrote it."""
    seq: int
    kind: str
    cause: str
    at_ms: int
    received_ms: int
    is_trusted: bool
    is_provisional: bool
    is_booked: bool
    meter: str
    energy_wh: int
    from_ms: int | None
    register_from_wh: int | None
    register_to_wh: int | None
    begins: bool
    """The register before is not this bill's: the meter was swapped or tied anew, or another account was billed in between."""
    price: int | None
    """Micro-yuan per kWh."""
    price_version: str
    lines: list[tuple[str, str, int, int]]
    """Bucket, unit, amount, balance after."""
    carried_before_nano: int
    carried_after_nano: int
    follows: str
    """The account's entry before it in the same store; empty for the first."""
    source: str
    frame: str
    """Hex of the meter's answer behind the closing register."""
    ratio: int = 1
    """Of the current transformers in front of the meter: register = what the frame shows x ratio."""


class RegisterRow(msgspec.Struct, frozen=True):
    """A meter's register at an accounting period's closing instant."""

    meter: str
    period_ms: int
    register_wh: int
    uncertainty_wh: int
    method: str
    at_ms: int
    frame: str


class SwapRow(msgspec.Struct, frozen=True):
    """A meter replaced on site; between `last_at_ms` and `at_ms` nothing was metered, and nothing is billed."""

    swap: str
    old_meter: str
    new_meter: str
    last_wh: int
    first_wh: int
    last_frame: str
    first_frame: str
    last_read_by: str
    first_read_by: str
    by: str
    why: str
    last_at_ms: int
    at_ms: int


class PriceRow(msgspec.Struct, frozen=True):
    """A price in force at some time of the period, with its times of the week and its steps, as the gateway has them."""

    version: str
    tariff: str
    from_ms: int
    price: int
    windows: list[dict[str, object]]
    steps: list[dict[str, object]]


class ReceiptRow(msgspec.Struct, frozen=True):
    """A receipt of the period; `void` where it was made void."""

    number: int
    payment: str
    purpose: str
    method: str
    amount_fen: int
    at_ms: int
    cashier: str
    is_void: bool


class EventRow(msgspec.Struct, frozen=True):
    """A word of the relay (`meter` is set) or a decision on the account."""

    at_ms: int
    meter: str
    said: str
    """The relay's verdict, or the decision."""
    why: str
    is_closed: bool | None


class GroupRow(msgspec.Struct, frozen=True):
    """The balance of a group that the room's meter is counted in (R-B2); energies in Wh."""

    group: str
    from_ms: int
    until_ms: int
    master_wh: int
    subs_wh: int
    own_use_wh: int
    technical_wh: int
    unexplained_wh: int
    uncertainty_wh: int
    hours: int
    """That were measured, of `of_hours`."""
    of_hours: int


class Remark(msgspec.Struct, frozen=True):
    """Something that is missing or not as usual, by its name, with figures: pages say it in words."""

    code: str
    count: int = 0
    at_ms: int | None = None
    what: list[str] = []


class Bill(msgspec.Struct, frozen=True):
    """The whole of it."""

    room: str
    building: str
    account: str
    class_name: str
    unit: str
    occupants: list[str]
    period: str
    from_ms: int
    until_ms: int
    is_over: bool
    sides: list[SideSum]
    transfers: list[LedgerRow]
    entries: list[EntryRow]
    elsewhere: list[EntryRow]
    """Energy of this room that another account pays for: not in this sum."""
    registers: list[RegisterRow]
    swaps: list[SwapRow]
    prices: list[PriceRow]
    receipts: list[ReceiptRow]
    events: list[EventRow]
    groups: list[GroupRow]
    remarks: list[Remark]
    format: str = FORMAT
    version: int = VERSION
    table: str = "ledger_transfer"
    """What the hashes of the ledger's rows begin with."""


class NotABill(ValueError):
    """Stored bytes are no bill of this version."""


def encode(bill: Bill) -> bytes:
    """Give the data file: JSON with one row a line, always the same bytes for the same bill."""
    return msgspec.json.format(msgspec.json.encode(bill, order="deterministic"), indent=1)


def decode(content: bytes) -> Bill:
    """Read a data file. Raises NotABill."""
    try:
        return msgspec.json.decode(content, type=Bill)
    except msgspec.DecodeError as error:
        raise NotABill(f"the stored bill can't be read: {error}") from error


def digest_of(content: bytes) -> str:
    """Give the digest that a printed bill bears: SHA-256 of the data file's bytes, 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def moved_on(side: SideSum, transfers: Sequence[LedgerRow]) -> int:
    """Give what the bill's transfers moved on one of its sides."""
    return sum(row.moved(side.code, side.grows) for row in transfers)
