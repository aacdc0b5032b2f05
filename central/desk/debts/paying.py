"""Take money for a debt: a payment with a receipt, like any other; it buys no credit (R-4.1.4). All of it, or a part."""

from django.db import transaction

from central.campus.models import Account
from central.campus.queries import building_of, occupant_names, price_at
from central.desk.books import issue_page
from central.desk.debts.models import DebtPayment
from central.desk.debts.owing import Debt, locked_debt
from central.desk.debts.refusals import DebtRefusal as Why
from central.desk.debts.refusals import Refused as DebtRefused
from central.desk.models import Payment, Receipt
from central.desk.money_in import CASH, HowPaid, fault_of, is_an_id, money_side, receipt_without_credit
from central.desk.numbering import RECEIPTS, locked_series, next_number
from central.desk.operations import Paid, original_for
from central.desk.refusals import DeskRefusal, Refused
from central.desk.shift_models import Shift
from central.desk.shifts import locked_shift_of
from central.ledger.one_writer import one_writer
from central.ledger.operations import Draft, book_new
from central.link.outbox import lock_gateway_or_building
from central.office.models import User
from gateway.contract.quantities import MICRO_YUAN_PER_FEN

KIND = "debt-paid"
Part = tuple[int | None, int | None]
"""A share's key and a penalty's: one of them at most."""


@one_writer
@transaction.atomic
def pay_debt(
    payment_id: str,
    account_code: str,
    amount_fen: int,
    cashier: User,
    *,
    now_ms: int,
    share_id: int | None = None,
    penalty_id: int | None = None,
    page: str = "",
    how: HowPaid = CASH,
) -> Paid | Refused | DebtRefused:
    """Take money for a room's debt, one person's share of it or a penalty, once per `payment_id`; give the receipt.

    Never more than is owed. `page` and `how` are as in `operations.pay`.
    """
    series = locked_series(RECEIPTS)
    known = Payment.objects.select_related("receipt", "account").filter(pk=payment_id).first()
    if known is not None:
        same = _same(known, account_code, (share_id, penalty_id), amount_fen)
        return Paid(known.receipt, True) if same else Refused(DeskRefusal.EXISTS_WITH_DIFFERENT)
    shift = locked_shift_of(cashier)
    if shift is None:
        return Refused(DeskRefusal.NO_SHIFT)
    if not is_an_id(payment_id):
        return Refused(DeskRefusal.BAD_PAYMENT_ID)
    done = _take(
        payment_id, account_code, amount_fen, cashier, shift, (share_id, penalty_id), page, how, now_ms
    )
    if not isinstance(done, Payment):
        transaction.set_rollback(True)
        return done
    return Paid(_write_receipt(next_number(series), done, shift), False)


def _take(
    payment_id: str,
    account_code: str,
    amount_fen: int,
    cashier: User,
    shift: Shift,
    part: Part,
    page: str,
    how: HowPaid,
    now_ms: int,
) -> Payment | Refused | DebtRefused:
    building = building_of(account_code)
    if building is not None:
        lock_gateway_or_building(building)  # before the book's page, as a sale does
    original = original_for(page, cashier, now_ms)
    if isinstance(original, Refused):
        return original
    debt = locked_debt(account_code, part[0], now_ms, part[1])
    if isinstance(debt, DebtRefused):
        return debt
    if amount_fen <= 0:
        return DebtRefused(Why.NOT_POSITIVE)
    if amount_fen > debt.due_fen:
        return DebtRefused(Why.MORE_THAN_OWED, str(debt.due_fen))
    if fault := fault_of(how, amount_fen, payment_id):
        return fault
    payment = Payment.objects.create(
        payment_id=payment_id,
        account=debt.account,
        purpose=Payment.Purpose.DEBT,
        amount_fen=amount_fen,
        sale=payment_id,
        **how.stored(),
        cashier=cashier,
        at_ms=now_ms,
        shift=shift,
    )
    issue_page(original, payment)
    DebtPayment.objects.create(payment=payment, share=debt.share, penalty=debt.penalty)
    book_new([*debt.form, _draft(payment, debt, shift)], now_ms)
    return payment


def _draft(payment: Payment, debt: Debt, shift: Shift) -> Draft:
    return Draft(
        id=f"{KIND}:{payment.payment_id}",
        debit=money_side(payment.method, shift),
        credit=debt.side,
        amount=payment.amount_fen * MICRO_YUAN_PER_FEN,
        kind=KIND,
        at_ms=payment.at_ms,
        reference=payment.payment_id,
        note=f"by {payment.cashier.get_username()}",
    )


def _same(known: Payment, account_code: str, part: Part, amount_fen: int) -> bool:
    if known.purpose != Payment.Purpose.DEBT:
        return False
    said = (known.account.code, (known.debt.share_id, known.debt.penalty_id), known.amount_fen)
    return said == (account_code, part, amount_fen)


def _write_receipt(number: int, payment: Payment, shift: Shift) -> Receipt:
    account, share, penalty = payment.account, payment.debt.share, payment.debt.penalty
    names = [share.name] if share else occupants_of_debt(account, payment.at_ms)
    names = [penalty.names] if penalty else names
    price = price_at(account.point.customer_class.tariff_id, payment.at_ms)
    return receipt_without_credit(
        number,
        payment,
        shift,
        room=account.point.room.full_label,
        occupants="、".join(names)[:200],
        class_name=account.point.customer_class.name,
        micro_yuan_per_kwh=price.micro_yuan_per_kwh if price else 0,
    )


def occupants_of_debt(account: Account, now_ms: int) -> list[str]:
    """Name who owes: the occupants of now, or of a closed account those who lived there last."""
    lasting = occupant_names(account, now_ms)
    if lasting:
        return lasting
    return occupant_names(account, account.closed_ms) if account.closed_ms else []
