"""How money comes in: cash into a drawer, by payment card, by bank transfer; whatever for, it is kept the same way (R-4.1.4)."""

from dataclasses import dataclass

from central.desk.models import Payment, Receipt
from central.desk.refusals import DeskRefusal, Refused
from central.desk.shift_models import Shift
from central.desk.stand_in import name_at_desk
from central.ledger import chart_of_accounts as chart
from gateway.contract.identifiers import NotAnIdentifier, checked
from gateway.contract.quantities import Unit

LONGEST_REFERENCE = 80


@dataclass(frozen=True, slots=True)
class HowPaid:
    """The method; of cash what was given for the whole sale, of the others the terminal's or the bank's number.

    A payment in the place of a void one says so: `instead_of` are the sales whose number it may go on using, `without` is the
    credit that the same account had by the void one and that its receipt's balances leave out (R-4.1.5).
    """

    method: Payment.Method = Payment.Method.CASH
    reference: str = ""
    tendered_fen: int | None = None
    instead_of: tuple[str, ...] = ()
    without: int = 0

    def stored(self) -> dict[str, str | int | None]:
        """Give the fields of a payment that keep it."""
        reference = self.reference.strip()
        return {"method": self.method, "method_reference": reference, "tendered_fen": self.tendered_fen}


CASH = HowPaid()


def fault_of(how: HowPaid, sum_fen: int, sale: str) -> Refused | None:
    """Say why a sale's sum can't be paid like this; None when it can. Called with the receipts' series locked.

    A reference pays once: another sale that has it and was not made void is refused by name.
    """
    if how.method == Payment.Method.CASH:
        too_little = how.tendered_fen is not None and how.tendered_fen < sum_fen
        return Refused(DeskRefusal.TENDERED_TOO_LITTLE, sum_fen) if too_little else None
    reference = how.reference.strip()
    if not reference or len(reference) > LONGEST_REFERENCE:
        return Refused(DeskRefusal.NO_REFERENCE)
    used = Payment.objects.filter(method=how.method, method_reference=reference, receipt__void=None)
    is_used = used.exclude(sale__in=[sale, *how.instead_of]).exists()
    return Refused(DeskRefusal.REFERENCE_USED) if is_used else None


def is_an_id(payment_id: str) -> bool:
    """Say whether a page's payment id can be one: it and its grant's name must be identifiers."""
    try:
        checked(payment_id)
        checked(f"p-{payment_id}")
    except NotAnIdentifier:
        return False
    return True


def money_side(method: str, shift: Shift) -> chart.Side:
    """Give the ledger account that money of a method comes into."""
    if method == Payment.Method.CARD:
        return chart.card_clearing()
    return chart.bank_clearing() if method == Payment.Method.TRANSFER else chart.cash(shift.drawer)


def receipt_without_credit(number: int, payment: Payment, shift: Shift, **said: str | int) -> Receipt:
    """Issue the receipt of a payment that bought no credit; `said`: room, occupants, class_name, and balances or a price it has."""
    return Receipt.objects.create(
        number=number,
        payment=payment,
        cashier_name=name_at_desk(payment.cashier, shift),
        amount_fen=payment.amount_fen,
        credited=0,
        unit=Unit.YUAN.value,
        at_ms=payment.at_ms,
        shift=shift,
        **{"balance_before": 0, "balance_after": 0, "micro_yuan_per_kwh": 0, **said},
    )
