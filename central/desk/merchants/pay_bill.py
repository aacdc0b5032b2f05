"""Take the money for a monthly bill, by any method: a payment of a debt with its receipt, once (R-4.1.4, R-4.2.1)."""

from django.db import transaction

from central.clock import campus_day
from central.desk.books import issue_page
from central.desk.merchants.bill_models import BillPayment, MonthlyBill
from central.desk.merchants.bill_queries import state_of
from central.desk.models import Payment, Receipt
from central.desk.money_in import CASH, HowPaid, fault_of, is_an_id, money_side, receipt_without_credit
from central.desk.numbering import RECEIPTS, locked_series, next_number
from central.desk.operations import Paid, original_for
from central.desk.refusals import DeskRefusal, Refused
from central.desk.shift_models import Shift
from central.desk.shifts import locked_shift_of
from central.ledger import chart_of_accounts as chart
from central.ledger.one_writer import one_writer
from central.ledger.operations import Draft, book_new
from central.office.models import User
from gateway.contract.quantities import MICRO_YUAN_PER_FEN, Fen, micro_yuan_from_fen


@one_writer
@transaction.atomic
def pay_bill(
    payment_id: str,
    number: int,
    amount_fen: int,
    cashier: User,
    *,
    now_ms: int,
    page: str = "",
    how: HowPaid = CASH,
) -> Paid | Refused:
    """Take money for a bill, all or a part of what is open, once per `payment_id`; give the receipt.

    Refused by name: no shift, more than is open, an unknown bill, a reference that paid before. `page` and `how`: as in
    `operations.pay`.
    """
    series = locked_series(RECEIPTS)
    known = Payment.objects.select_related("receipt", "bill_payment").filter(pk=payment_id).first()
    if known is not None:
        same = known.amount_fen == amount_fen and _bill_of(known) == number
        return Paid(known.receipt, True) if same else Refused(DeskRefusal.EXISTS_WITH_DIFFERENT)
    shift = locked_shift_of(cashier)
    if shift is None:
        return Refused(DeskRefusal.NO_SHIFT)
    if not is_an_id(payment_id):
        return Refused(DeskRefusal.BAD_PAYMENT_ID)
    found = MonthlyBill.objects.select_for_update(of=("self",)).select_related("account")
    bill = found.filter(pk=number).first()
    if bill is None:
        return Refused(DeskRefusal.UNKNOWN_ACCOUNT)
    open_fen = state_of(bill, campus_day(now_ms)).open_fen
    if fault := _fault_of(amount_fen, open_fen) or fault_of(how, amount_fen, payment_id):
        return fault
    original = original_for(page, cashier, now_ms)
    if isinstance(original, Refused):
        return original
    payment = Payment.objects.create(
        payment_id=payment_id,
        account=bill.account,
        purpose=Payment.Purpose.DEBT,
        amount_fen=amount_fen,
        sale=payment_id,
        **how.stored(),
        cashier=cashier,
        at_ms=now_ms,
        shift=shift,
    )
    BillPayment.objects.create(payment=payment, bill=bill)
    issue_page(original, payment)
    return Paid(_book(next_number(series), payment, bill, open_fen, shift), False)


def _book(number: int, payment: Payment, bill: MonthlyBill, open_fen: int, shift: Shift) -> Receipt:
    receipt = _write_receipt(number, payment, bill, open_fen, shift)
    book_new([_draft(payment, receipt, bill, shift)], payment.at_ms)
    return receipt


def _fault_of(amount_fen: int, open_fen: int) -> Refused | None:
    if amount_fen <= 0:
        return Refused(DeskRefusal.NOT_POSITIVE)
    return Refused(DeskRefusal.ABOVE_CEILING, open_fen) if amount_fen > open_fen else None


def _bill_of(payment: Payment) -> int | None:
    return payment.bill_payment.bill_id if hasattr(payment, "bill_payment") else None


def _write_receipt(number: int, payment: Payment, bill: MonthlyBill, open_fen: int, shift: Shift) -> Receipt:
    """The balance on it is what of the bill was owed: below zero before, what is left of it after."""
    return receipt_without_credit(
        number,
        payment,
        shift,
        room=bill.room,
        occupants=bill.occupants,
        class_name=bill.class_name,
        balance_before=-open_fen * MICRO_YUAN_PER_FEN,
        balance_after=(payment.amount_fen - open_fen) * MICRO_YUAN_PER_FEN,
    )


def _draft(payment: Payment, receipt: Receipt, bill: MonthlyBill, shift: Shift) -> Draft:
    return Draft(
        id=f"bill-payment:{payment.payment_id}",
        debit=money_side(payment.method, shift),
        credit=chart.billed(bill.account.code),
        amount=micro_yuan_from_fen(Fen(payment.amount_fen)),
        kind="bill-payment",
        at_ms=payment.at_ms,
        reference=payment.payment_id,
        note=f"receipt {receipt.number}, bill {bill.pk}, by {payment.cashier.get_username()}",
    )
