"""Prove accounts' books: each row is what the ledger and the gateways' entries say when they are added up anew (R-4.1.9)."""

from collections.abc import Iterator, Sequence

from django.db.models import Q, QuerySet, Sum

from central.desk.debts.models import DebtSplit
from central.domain.account_moves import account_of
from central.domain.book_periods import Edges, name_of
from central.domain.book_rows import OPEN_END, Row, add_change
from central.domain.periods import PeriodKind
from central.ledger.models import AuditEntry, LedgerAccount, Transfer
from central.ledger.verification import Check
from central.link.models import TakeBackRequest
from central.reports.books.edges import KINDS, accounting_begins
from central.reports.books.gathering import COLUMNS, ENTRY_COLUMNS, Gathered, Whose, energy_entries
from central.reports.books.held import SUMS
from central.reports.books.models import (
    BookRow,
    BookSheet,
    EnergyPosition,
    FoldState,
    LateBooking,
    PeriodLock,
)
from central.reports.books.sheets import read_rows, unpacked
from gateway.contract.quantities import Unit

AT_ONCE = 200
"""Accounts added up at once: memory stays small however long the ledger is."""
NAME = "period books"
Name = tuple[str, str, str]
"""Account, unit, kind of period."""
Rows = dict[Name, list[Row]]


def verify_period_books() -> Check:
    """Check what is folded so far; name the first row that differs."""
    state = FoldState.objects.filter(pk=1).first()
    if state is None or state.turns == 0:
        return Check(NAME, "nothing folded yet")
    sides = _sides_by_account()
    rows = homeless = 0
    for some in _slices(sorted({*sides, *BookRow.objects.values_list("account", flat=True).distinct()})):
        kept = _kept(some)
        count = sum(len(one) for one in kept.values())
        made = Gathered(Whose(), Edges(accounting_begins, state.begins), state.position)
        made.add(
            _transfers(state, [side for code in some for side in sides.get(code, ())], some), _entries(some)
        )
        if fault := _difference(kept, _added_up(made, some)) or _late_fault(made, some):
            return Check(NAME, f"{rows} rows before it", fault)
        rows += count
        homeless += len({name[0] for name in kept} - made.whose.buildings.keys())
    if fault := _closing_fault(state, sides) or _sheet_fault() or _lock_fault():
        return Check(NAME, f"{rows} rows", fault)
    seen = f"{rows} rows are what transfers and entries say, up to row {state.position}"
    return Check(NAME, f"{seen}; {homeless} accounts of no building" if homeless else seen)


def _sides_by_account() -> dict[str, list[str]]:
    shares = dict(DebtSplit.objects.values_list("pk", "account__code"))
    found: dict[str, list[str]] = {}
    for side in LedgerAccount.objects.values_list("code", flat=True).iterator():
        if code := account_of(side, shares):
            found.setdefault(code, []).append(side)
    return found


def _slices(codes: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(codes), AT_ONCE):
        yield list(codes[start : start + AT_ONCE])


def _transfers(state: FoldState, sides: Sequence[str], codes: Sequence[str]) -> list[tuple]:
    """Give the folded transfers of sides; with those by which a subsidy was taken back through what had lapsed."""
    asked = TakeBackRequest.objects.filter(account__code__in=codes).values("pk")
    about = Q(debit__in=sides) | Q(credit__in=sides) | Q(kind="subsidy-back", reference__in=asked)
    found = Transfer.objects.filter(about, position__lte=state.position).order_by("position")
    return list(found.values_list(*COLUMNS))


def _entries(codes: Sequence[str]) -> list[tuple]:
    done = {(one.gateway, one.epoch): one.seq for one in EnergyPosition.objects.all()}
    whose = Q(used_by__in=codes) | (Q(account__in=codes) & (Q(used_by=None) | Q(used_by="")))
    found = energy_entries().filter(whose).values_list(*ENTRY_COLUMNS)
    return [entry for entry in found if entry[2] <= done.get((entry[0], entry[1]), 0)]


def _kept(codes: Sequence[str]) -> Rows:
    found: Rows = {}
    rows = BookRow.objects.filter(account__in=codes).order_by("ordinal")
    for *name, ordinal, until, sums in _columns(rows):
        found.setdefault(tuple(name), []).append(Row(ordinal, until, *sums))
    return found


def _columns(rows: QuerySet[BookRow]) -> Iterator[tuple]:
    for account, unit, kind, ordinal, until, *sums in rows.values_list(
        *("account", "unit", "kind", "ordinal", "until"), *SUMS
    ):
        yield account, unit, kind, ordinal, until, sums


def _added_up(made: Gathered, codes: Sequence[str]) -> Rows:
    """Give the rows of accounts as they must be, made from the first transfer on."""
    found: Rows = {}
    wanted = set(codes)
    for (kind, account, unit, ordinal), change in sorted(made.changes.items(), key=lambda one: one[0][3]):
        if account in wanted:
            add_change(found.setdefault((account, unit, kind), []), ordinal, change)
    return found


def _difference(kept: Rows, made: Rows) -> str:
    """Name the first row that differs; "" when all are the same."""
    for name in sorted({*kept, *made}):
        account, unit, kind = name
        ours, ledgers = _as_told(kept.get(name, [])), _as_told(made.get(name, []))
        for ordinal in sorted({*ours, *ledgers}):
            if ours.get(ordinal) != ledgers.get(ordinal):
                period = name_of(PeriodKind(kind), ordinal)
                said = f"kept {ours.get(ordinal)}, the ledger says {ledgers.get(ordinal)}"
                return f"{account} {unit} {period}: {said} ({', '.join(SUMS)})"
        rows = kept.get(name, [])
        followers = [*(row.ordinal for row in rows[1:]), OPEN_END]
        wrong = [row for row, next_one in zip(rows, followers, strict=True) if row.until != next_one]
        if wrong:
            return f"{account} {unit} {name_of(PeriodKind(kind), wrong[0].ordinal)}: lasts until {wrong[0].until}"
    return ""


def _as_told(rows: Sequence[Row]) -> dict[int, tuple[int, ...]]:
    """Give what rows say by period; one that says nothing new is as good as none."""
    found: dict[int, tuple[int, ...]] = {}
    before = (0, 0)
    for row in rows:
        sums = tuple(getattr(row, name) for name in SUMS)
        is_idle = not any(sums[1:6]) and not row.energy_wh and (row.closing, row.outside) == before
        if not is_idle:
            found[row.ordinal] = sums
        before = (row.closing, row.outside)
    return found


def _late_fault(made: Gathered, codes: Sequence[str]) -> str:
    """Compare what is told as late."""
    columns = ("source", "account", "unit", "ordinal", "belongs_to", "amount")
    kept = set(LateBooking.objects.filter(account__in=codes).values_list(*columns))
    wanted = set(codes)
    told = {tuple(getattr(one, name) for name in columns) for one in made.lates if one.account in wanted}
    odd = sorted(kept ^ told)
    return (
        f"{odd[0][0]} of {odd[0][1]}: told late {'twice or wrongly' if odd[0] in kept else 'nowhere'}"
        if odd
        else ""
    )


def _sheet_fault() -> str:
    """Compare what is packed with the rows."""
    for kind, ordinal, building, content in BookSheet.objects.values_list(
        "kind", "ordinal", "building", "content"
    ):
        if unpacked(content) != read_rows(kind, ordinal, [building])[building]:
            return f"the sheet of building {building or '-'} for {name_of(PeriodKind(kind), ordinal)} is not its rows"
    return ""


def _lock_fault() -> str:
    """Compare locks with the record: each was made once, up to the row that the audit chain says."""
    known = set(AuditEntry.objects.filter(action="lock-period").values_list("subject", "detail"))
    for one in PeriodLock.objects.order_by("pk"):
        if (one.building, f"{one.period} up to row {one.position}") not in known:
            return f"building {one.building} {one.period}: the audit chain doesn't know its lock"
    return ""


def _closing_fault(state: FoldState, sides: dict[str, list[str]]) -> str:
    """Compare each account's newest balance with the plain sums of its transfers, by the database."""
    folded = Transfer.objects.filter(position__lte=state.position)
    gained = dict(folded.values_list("credit").annotate(Sum("amount")))
    lost = dict(folded.values_list("debit").annotate(Sum("amount")))
    for kind in KINDS:
        newest = BookRow.objects.filter(kind=kind.value, until=OPEN_END).values_list(
            "account", "unit", "closing"
        )
        balances = {(account, unit): closing for account, unit, closing in newest}
        for account, codes in sides.items():
            for unit in Unit:
                own = [code for code in codes if code.endswith(f":{unit.value}")]
                booked = sum(gained.get(code, 0) - lost.get(code, 0) for code in own)
                if balances.get((account, unit.value), 0) != booked:
                    kept = balances.get((account, unit.value), 0)
                    return f"{account} {unit.value} by {kind.value}: kept {kept}, its transfers sum up to {booked}"
    return ""
