"""What the ledger and the gateways' entries have that is not folded yet, as changes by account and period. It writes nothing.

Use up to an instant was used before it: what a gateway settles at a period's very end is that period's, as a bill has it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from django.db.models import QuerySet

from central.campus.models import Account
from central.desk.debts.models import DebtSplit
from central.domain.account_moves import SHARE_SIDE, Move, account_of, moves_of, split_of
from central.domain.book_periods import Counted, Edges, Locked, place
from central.domain.book_rows import Change
from central.domain.periods import PeriodKind
from central.ledger.models import Transfer
from central.link.models import GatewayEntry, GatewayEpoch, TakeBackRequest
from central.prepared import Prepared
from central.reports.books.edges import MONTHS
from central.reports.books.models import EnergyPosition, FoldState, LateBooking, PeriodLock
from gateway.contract.facts import EntryKind
from gateway.contract.quantities import Unit

Key = tuple[str, str, str, int]
"""Kind of period, account, unit, number of the period."""
CHUNK = 2_000
"""Rows folded in one write: it holds the one writer's lock of SQLite for some hundredths of a second."""
MONTH, ACCOUNTING = PeriodKind.MONTH.value, PeriodKind.ACCOUNTING.value
COLUMNS = (
    "position",
    "id",
    "kind",
    "debit_id",
    "credit_id",
    "amount",
    "unit",
    "at_ms",
    "booked_ms",
    "reference",
)
ENTRY_COLUMNS = (
    "gateway_id",
    "epoch",
    "seq",
    "entry",
    "account",
    "used_by",
    "energy_wh",
    "at_ms",
    "received_ms",
    "lines",
)


@dataclass(slots=True)
class Whose:
    """Whose a side of the ledger is, and in which building with which locks; read once for many rows."""

    buildings: dict[str, str] = field(default_factory=dict)
    sides: dict[str, str] = field(default_factory=dict)
    locks: dict[str, list[Locked]] = field(default_factory=dict)
    newest_lock: int = 0

    def learn(self, rows: Sequence[tuple], entries: Sequence[tuple]) -> None:
        """Read what these rows ask for. Locks are read after the rows: each one that came before a row is among them."""
        sides = {side for row in rows for side in row[3:5] if side not in self.sides}
        splits = {split_of(side) for side in sides if side.startswith(SHARE_SIDE)}
        shares = (
            dict(DebtSplit.objects.filter(pk__in=splits).values_list("pk", "account__code")) if splits else {}
        )
        self.sides.update((side, account_of(side, shares)) for side in sides)
        named = {self.sides[side] for side in sides} | {code for row in entries for code in row[4:6] if code}
        unknown = [code for code in named if code and code not in self.buildings]
        if unknown:
            found = Account.objects.filter(code__in=unknown)
            self.buildings.update(found.values_list("code", "point__room__building__code"))
        for lock in PeriodLock.objects.filter(pk__gt=self.newest_lock).order_by("pk"):
            self.locks.setdefault(lock.building, []).append(lock.locked)
            self.newest_lock = lock.pk

    def locks_of(self, account: str) -> list[Locked]:
        """Give the locks of an account's building, in order."""
        return self.locks.get(self.buildings.get(account, ""), []) if self.locks else []


@dataclass(slots=True)
class Gathered:
    """Changes of some rows, and how far the fold has come with them."""

    whose: Whose
    edges: Edges
    position: int
    newest_ms: int = 0
    seqs: dict[tuple[str, str], int] = field(default_factory=dict)
    changes: dict[Key, Change] = field(default_factory=dict)
    lates: list[LateBooking] = field(default_factory=list)
    rows: int = 0
    tells_late: bool = True

    def add(self, rows: Sequence[tuple], entries: Sequence[tuple], sign: int = 1) -> None:
        """Add transfers and entries of energy; with -1 take them off again."""
        self.whose.learn(rows, entries)
        asked = _asked_of(rows)
        for row in rows:
            for move, unit in moves_in(row, self.whose.sides, asked):
                self._move(row, move, unit, sign)
        for entry in entries:
            self._energy(entry, sign)

    def _move(self, row: tuple, move: Move, unit: str, sign: int) -> None:
        position, kind, at_ms = row[0], row[2], row[7]
        counts_ms = at_ms - 1 if kind == EntryKind.CONSUMPTION else at_ms
        self._change(MONTH, move.account, unit, MONTHS.ordinal_at(counts_ms)).add(move, sign)
        counted = self._counted(move.account, counts_ms, lambda lock: position > lock.position)
        self._change(ACCOUNTING, move.account, unit, counted.ordinal).add(move, sign)
        if counted.belongs_to is not None and move.grows and self.tells_late:
            self._late(counted, row[1], kind, move.account, unit, move.grows, at_ms, row[8])

    def _energy(self, entry: tuple, sign: int) -> None:
        gateway, epoch, seq, name, payer, used_by, energy_wh, at_ms, received_ms, lines = entry
        account, unit = used_by or payer, lines[0][1] if lines else Unit.YUAN.value
        key = entries_key(gateway, epoch)
        counts_ms = at_ms - 1
        self._change(MONTH, account, unit, MONTHS.ordinal_at(counts_ms)).energy_wh += energy_wh * sign
        counted = self._counted(account, counts_ms, lambda lock: seq > lock.entries.get(key, 0))
        self._change(ACCOUNTING, account, unit, counted.ordinal).energy_wh += energy_wh * sign
        if counted.belongs_to is not None and self.tells_late and not any(line[2] for line in lines):
            self._late(counted, name, "energy", account, unit, energy_wh, at_ms, received_ms)

    def _counted(self, account: str, at_ms: int, came_after: Callable[[Locked], bool]) -> Counted:
        locks = self.whose.locks_of(account)
        if not locks:
            return Counted(self.edges.ordinal_at(at_ms))
        return place(at_ms, self.edges, locks, came_after)

    def _change(self, kind: str, account: str, unit: str, ordinal: int) -> Change:
        key = (kind, account, unit, ordinal)
        found = self.changes.get(key)
        if found is None:
            found = self.changes[key] = Change()
        return found

    def _late(
        self,
        counted: Counted,
        source: str,
        what: str,
        account: str,
        unit: str,
        amount: int,
        at_ms: int,
        booked_ms: int,
    ) -> None:
        self.lates.append(
            LateBooking(
                ordinal=counted.ordinal,
                belongs_to=counted.belongs_to,
                building=self.whose.buildings.get(account, ""),
                source=source,
                what=what,
                account=account,
                unit=unit,
                amount=amount,
                at_ms=at_ms,
                booked_ms=booked_ms,
            )
        )


def entries_key(gateway: str, epoch: str) -> str:
    """Name a gateway's epoch in a lock."""
    return f"{gateway} {epoch}"


def moves_in(row: tuple, sides: dict[str, str], asked: dict[str, str]) -> Iterable[tuple[Move, str]]:
    """Give what a transfer changes, with its unit."""
    _position, _id, kind, debit, credit, amount, unit, _at_ms, _booked_ms, reference = row
    whose = asked.get(reference, "") if asked else ""
    return [
        (move, unit) for move in moves_of(kind, debit, credit, amount, sides[debit], sides[credit], whose)
    ]


def _asked_of(rows: Sequence[tuple]) -> dict[str, str]:
    """Say which account each subsidy was taken back from."""
    names = [row[9] for row in rows if row[2] == "subsidy-back"]
    if not names:
        return {}
    return dict(TakeBackRequest.objects.filter(pk__in=names).values_list("pk", "account__code"))


def gather(state: FoldState, whose: Whose, edges: Edges, most: int = CHUNK) -> Gathered:
    """Take up to so many rows that are not folded yet, CHUNK at most."""
    rows = _TRANSFERS.rows(state.position)[:most]
    entries = list(new_entries(most - len(rows))) if len(rows) < most else []
    found = Gathered(whose, edges, rows[-1][0] if rows else state.position, rows=len(rows) + len(entries))
    found.add(rows, entries)
    found.seqs = {(entry[0], entry[1]): entry[2] for entry in entries}
    found.newest_ms = max(chain((row[7] for row in rows), (entry[7] for entry in entries)), default=0)
    return found


def new_entries(most: int) -> Iterator[tuple]:
    """Give up to so many entries of energy that are not folded yet, each epoch's in order.

    What a gateway's epoch has received is committed together with its entries: behind it, none comes any more.
    """
    done = {(gateway, epoch): seq for gateway, epoch, seq in _FOLDED.rows()}
    for gateway, epoch, received in _RECEIVED.rows():
        seq = done.get((gateway, epoch), 0)
        if received > seq and most > 0:
            found = _ENTRIES.rows(gateway, epoch, seq)[:most]
            most -= len(found)
            yield from found


def energy_entries() -> QuerySet[GatewayEntry]:
    """Give the entries that say that energy was used: booked ones, as bills count them."""
    return GatewayEntry.objects.filter(kind=EntryKind.CONSUMPTION.value, booked=True).exclude(energy_wh=0)


_TRANSFERS = Prepared(
    lambda position: (
        Transfer.objects.filter(position__gt=position).order_by("position").values_list(*COLUMNS)[:CHUNK]
    ),
    int,
)
_FOLDED = Prepared(lambda: EnergyPosition.objects.values_list("gateway", "epoch", "seq"))
_RECEIVED = Prepared(
    lambda: GatewayEpoch.objects.order_by("pk").values_list("gateway_id", "epoch", "received_seq")
)
_ENTRIES = Prepared(
    lambda gateway, epoch, seq: (
        energy_entries()
        .filter(gateway=gateway, epoch=epoch, seq__gt=seq)
        .order_by("seq")
        .values_list(*ENTRY_COLUMNS)[:CHUNK]
    ),
    *(str, str, int),
)
