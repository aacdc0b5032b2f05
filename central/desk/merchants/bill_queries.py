"""Read bills: what of each is open, which are overdue."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Sum

from central.desk.merchants.bill_models import BillPayment, CreditNote, MonthlyBill


@dataclass(frozen=True, slots=True)
class BillState:
    """A bill and what became of it so far, in fen."""

    bill: MonthlyBill
    paid_fen: int
    credited_fen: int
    overdue: bool

    @property
    def open_fen(self) -> int:
        """What is still owed."""
        return self.bill.amount_fen - self.paid_fen - self.credited_fen

    @property
    def is_taken_back(self) -> bool:
        """Say whether nothing of it holds."""
        return self.credited_fen == self.bill.amount_fen


def states_of(bills: Iterable[MonthlyBill], today: date) -> list[BillState]:
    """Give the bills' states, in their order. A payment whose receipt was made void has paid nothing."""
    bills = list(bills)
    numbers = [bill.pk for bill in bills]
    paid = BillPayment.objects.filter(bill__in=numbers, payment__receipt__void=None)
    paid_fen = dict(paid.values_list("bill").annotate(Sum("payment__amount_fen")).order_by())
    credited_fen = credited_of(numbers)
    found = []
    for bill in bills:
        paid, credited = paid_fen.get(bill.pk, 0), credited_fen.get(bill.pk, 0)
        late = paid + credited < bill.amount_fen and bill.due_day < today
        found.append(BillState(bill, paid, credited, late))
    return found


def credited_of(numbers: Iterable[int]) -> dict[int, int]:
    """Give how much of bills was taken back, in fen; bills of which nothing was are missing."""
    notes = CreditNote.objects.filter(bill__in=numbers)
    return dict(notes.values_list("bill").annotate(Sum("amount_fen")).order_by())


def state_of(bill: MonthlyBill, today: date) -> BillState:
    """Give one bill's state."""
    return states_of([bill], today)[0]


def open_bills(today: date, *, only_overdue: bool) -> list[BillState]:
    """Give the bills that are owed, the oldest due first."""
    bills = MonthlyBill.objects.order_by("due_day", "number")
    due = bills.filter(due_day__lt=today) if only_overdue else bills
    return [state for state in states_of(due, today) if state.open_fen > 0]
