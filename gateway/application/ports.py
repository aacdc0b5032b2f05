"""The only abstract file: what the loops and use cases need from the world. Adapters implement these; tests fake them by name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol, TypeVar

import msgspec

from gateway.contract.facts import Entry, Fact, Instant, ReadingRow, UpRow
from gateway.contract.identifiers import AccountId, EntryId, Epoch
from gateway.domain.buckets import Bucket, Posting
from gateway.protocols.driver import (
    Accepted,
    Answer,
    Driver,
    Exchange,
    Item,
    MeterClock,
    Refused,
    RelayAction,
)
from gateway.words import WordedError

T = TypeVar("T")
R = TypeVar("R", bound=msgspec.Struct)
Tx_co = TypeVar("Tx_co", covariant=True)


class Rank(IntEnum):
    """Who goes first on a line: a relay command never waits behind a sweep (architecture: ranked callers)."""

    RELAY = 0
    READ_BACK = 1
    AFTER_GRANT = 2
    POLL = 3


@dataclass(frozen=True, slots=True)
class Silent:
    """Nothing came within the standard's time, retries included. On DL/T 645 a damaged request looks the same (clause 5.3.4)."""

    tries: int


@dataclass(frozen=True, slots=True)
class Garbled:
    """Bytes came, no good answer among them; `reason` is the last damage or `other-meter`, `wrong-parity`, `collision`."""

    reason: str
    tries: int


@dataclass(frozen=True, slots=True)
class BackedOff:
    """Not asked: this meter was silent lately and its turn has not come yet. Only polls are backed off."""

    again_in_ms: int


@dataclass(frozen=True, slots=True)
class LineGone:
    """The port is missing or was taken away; the bus reopens it by itself. `why` is the system's word."""

    why: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A broadcast went out; nobody answers one. `ago_ms`: since its last byte, for the line was held meanwhile."""

    ago_ms: int


LineReply = Answer | Accepted | Refused | Silent | Garbled | BackedOff | LineGone


@dataclass(frozen=True, slots=True)
class MeterCounts:
    """What one address did on its line since the daemon's start: tries answered and not, and calls lost to a collision."""

    answered: int
    missed: int
    collisions: int


class Line(Protocol):
    """One RS-485 line with one owner."""

    name: str

    async def read(self, driver: Driver, item: Item, rank: Rank) -> LineReply: ...

    async def read_block(self, driver: Driver, items: Sequence[Item], rank: Rank) -> LineReply:
        """Ask for one of the driver's groups in one exchange."""

    async def switch(self, driver: Driver, action: RelayAction, valid_until: MeterClock) -> LineReply:
        """Send a relay command ONCE, never retried: after silence the caller reads back first (C-15)."""

    async def tell(self, driver: Driver, exchange: Exchange) -> LineReply:
        """Send ONCE what changes a meter; `exchange` is of that driver. After silence the caller looks first what came of it."""

    async def write_clock(
        self, driver: Driver, part: Item, clock: MeterClock, password: str | None
    ) -> LineReply:
        """Write a meter's date or time ONCE, never retried. Raises KeyError when the model doesn't allow it."""

    async def broadcast(self, driver: Driver, exchange: Exchange, rank: Rank) -> Sent | LineGone:
        """Send once what no meter answers, and hold the line for the protocol's time. `exchange` is of that driver."""

    def counters(self) -> dict[str, int]:
        """Exchanges, answers, silences, damages by reason, echoes, foreign frames, reopenings: since start."""

    def meter_counts(self) -> dict[str, MeterCounts]:
        """What each address did, since start."""

    @property
    def echoes(self) -> bool:
        """Whether this adapter returns our own bytes (learnt)."""


class Store(Protocol[Tx_co]):
    """The journal. One writer thread owns it, so that a slow disk never stalls a line (C-13)."""

    async def run(self, use_case: Callable[[Tx_co], T]) -> T:
        """Run a use case in the writer's thread. Returns after its commit when it wrote an entry, a decision or a command,
        at once otherwise (plain readings are committed within 30 s). Raises StoreFull or StoreDamaged."""

    @property
    def trouble(self) -> "StoreFull | None":
        """Why the last commit failed; None again once one succeeded."""


class StoreFull(WordedError):
    """The disk is full, or held by another program: nothing of this use case was written. Ask again later; the meters' registers
    keep the energy meanwhile (C-13)."""


class StoreInUse(Exception):
    """Another process has the store: a second daemon would spoil the books. The message says what to do."""


class StoreDamaged(Exception):
    """The store can't be read or written any more. Only this stops the daemon (C-17); the message says what to do."""


@dataclass(frozen=True, slots=True)
class BucketSum:
    """One bucket of the ledger: its balance is what is folded away and what is posted, or the books don't add up (C-17)."""

    name: str
    unit: str
    expires_ms: int
    balance: int
    folded: int
    posted: int


class Journal(Protocol):
    """The gateway's durable memory, as a use case sees it inside one transaction.

    Appending an entry or a fact makes the transaction commit before `Store.run` returns; keeping a record or adding a reading
    alone does not (C-13).
    """

    def record(self, kind: type[R], key: str) -> R | None:
        """Give the record of this kind under this key, or None."""

    def records(self, kind: type[R]) -> dict[str, R]:
        """Give all records of a kind, by key."""

    def made_of(self, kind: type[R], make: Callable[[Mapping[str, R]], T]) -> T:
        """Give what a function makes of all records of a kind, made anew only after one of them changed. Don't change it."""

    def keep(self, key: str, record: msgspec.Struct) -> None:
        """Store a record in place of the one of its kind under this key."""

    def forget(self, kind: type[msgspec.Struct], key: str) -> None:
        """Delete a record; nothing happens when there is none."""

    def buckets(self, account: AccountId) -> list[Bucket]:
        """Give an account's buckets with their balances, empty ones included."""

    def bucket_accounts(self) -> list[AccountId]:
        """Give every account that ever had a posting."""

    def next_entry_number(self) -> int:
        """Give the number of the next ledger entry: in order, never used twice."""

    def append_entry(self, entry: Entry, postings: Sequence[Posting]) -> None:
        """Append a ledger entry, move its buckets, and put it in the outbox. Nothing changes it afterwards."""

    def entry(self, entry: EntryId) -> Entry | None:
        """Give one ledger entry."""

    def entries_of(self, account: AccountId, since_ms: int, limit: int) -> list[Entry]:
        """Give an account's newest entries dated since an instant, oldest first, at most `limit`. Slow: for a person who looks."""

    def bucket_sums(self, account: AccountId) -> list[BucketSum]:
        """Give an account's buckets with their sums. Slow: reads the ledger."""

    def consumption_since(self, wall_ms: int) -> list[Entry]:
        """Give the consumption entries whose `at` is later than an instant or not trusted, oldest first. Slow: reads the ledger."""

    def ledger_differences(self) -> list[AccountId]:
        """Name the accounts whose balances are not the sum of their postings (C-17). Slow: reads the ledger."""

    def rebuild_buckets(self, account: AccountId) -> None:
        """Set an account's balances to the sums of its postings: the ledger is right."""

    def fold_entries(self, before_ms: int, now_ms: int, keep_from: int | None) -> int:
        """Fold the next stretch of entries dated before an instant into sums and a chain of digests; give how many. None that an
        outbox row still needs, none that is dated since or follows such a one, and none from the entry number `keep_from` on."""

    def folded_until_ms(self) -> int:
        """Give until when entries are folded away; 0 when none is. Earlier ones are at central only."""

    def append_fact(self, fact: Fact) -> int:
        """Put a fact in the outbox of the station's epoch and give its sequence; plain readings before it come first."""

    def add_reading(self, row: ReadingRow) -> None:
        """Add a reading to those that travel packed in one row per commit (C-12)."""

    def outbox(
        self, epoch: Epoch, after_seq: int, max_bytes: int, max_rows: int | None = None
    ) -> list[UpRow]:
        """Give committed rows in order, at least one when there is any, as many as fit."""

    def replace_readings(self, epoch: Epoch, seq: int, rows: Sequence[ReadingRow]) -> None:
        """Put fewer readings in the place of a row of readings that was never sent; sequence and date stay."""

    def stored_bytes(self) -> int:
        """How much of the disk the journal uses, room inside its file not counted."""

    def last_seq(self, epoch: Epoch) -> int:
        """Give the newest row's sequence of an epoch; 0 when there is none."""

    def written_ms(self, epoch: Epoch, after_seq: int) -> int | None:
        """Give the wall time at which the first row after a sequence was written; None when there is none."""

    def first_kept_seq(self, epoch: Epoch) -> int:
        """Give the oldest row still kept of an epoch; one more than the newest when there is none."""

    def drop_rows(self, epoch: Epoch, up_to_seq: int, before_ms: int) -> int:
        """Delete rows up to a sequence that were written before a wall time; give how many. The newest row stays."""

    def must_commit(self) -> None:
        """Ask for a commit before the caller goes on, although nothing was appended."""


class Clock(Protocol):
    """Time, and whether the wall clock may be believed (C-14)."""

    def now(self) -> Instant:
        """The instant by which energy, prices and credit are dated."""

    def line_now(self) -> Instant:
        """The instant by which wires and relays are waited for: its monotonic time is the world's even on a bench."""
