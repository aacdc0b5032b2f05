"""Sell credit: one transaction, and once however often it is asked for.

Payment, receipt, transfers, grant and command are committed together: no money without a receipt, no receipt without credit.
"""

from dataclasses import dataclass

from django.db import transaction

from central.campus.models import Account
from central.campus.queries import occupant_names, price_at
from central.desk.account_sold_to import is_for, lock_behind, open_account
from central.desk.books import Page, issue_page, page_for
from central.desk.limits import limits_at
from central.desk.models import Payment, Receipt, ReceiptSeries
from central.desk.money_in import CASH, HowPaid, fault_of, is_an_id, money_side
from central.desk.numbering import RECEIPTS, locked_series, next_number
from central.desk.refusals import DeskRefusal, Refused
from central.desk.shift_models import Shift
from central.desk.shifts import locked_shift_of
from central.desk.stand_in import name_at_desk
from central.domain.receipt_book import PageFault
from central.domain.selling import credit_for
from central.ledger import chart_of_accounts as chart
from central.ledger.one_writer import one_writer
from central.ledger.operations import Draft, book_new
from central.ledger.queries import balance
from central.link.grants import issue_grant
from central.link.models import Gateway, Grant
from central.office.models import User
from central.prepared import Prepared, insert
from gateway.contract.quantities import (
    Fen,
    MicroYuanPerKwh,
    Unit,
    micro_yuan_from_fen,
)

PAID = "paid"


@dataclass(frozen=True, slots=True)
class Paid:
    """The receipt of a payment; `existed` when this payment id had been paid before: nothing was taken twice."""

    receipt: Receipt
    existed: bool


@dataclass(frozen=True, slots=True)
class Written:
    """A payment that a handwritten page says was taken before: its price is that of then, and its money was taken already.

    `serial` is that of the sealed voucher that was handed out for it; 0: none.
    """

    at_ms: int
    page: Page
    serial: int = 0


@one_writer
@transaction.atomic
def pay(
    payment_id: str,
    account_code: str,
    amount_fen: int,
    cashier: User,
    *,
    now_ms: int,
    bucket: str = PAID,
    page: str = "",
    how: HowPaid = CASH,
    sale: str = "",
    written: Written | None = None,
) -> Paid | Refused:
    """Take money for an account's bucket, once per `payment_id` (made by the page); give its receipt.

    The same id with the same account, bucket and amount gives the same receipt; with others it is refused by name. For an account
    that pays from another one, it is that one that is paid for (C-4). Who takes it must have a shift open (R-4.1.1a). `page` is the
    book's, where that is the original; `sale` the sale's first payment; `written` what a page says that is entered later.
    """
    series = locked_series(RECEIPTS)
    if _IS_PAID.rows(payment_id):
        return _paid_before(payment_id, account_code, amount_fen, bucket)
    shift = locked_shift_of(cashier)
    if shift is None:
        return Refused(DeskRefusal.NO_SHIFT)
    gateway = lock_behind(account_code)
    wanted = _sale(payment_id, account_code, amount_fen, bucket, now_ms, written)
    if isinstance(wanted, Refused):
        return wanted
    if fault := fault_of(how, amount_fen, sale or payment_id):
        return fault
    original = written.page if written else original_for(page, cashier, now_ms)
    if isinstance(original, Refused):
        return original
    payment = Payment(
        payment_id=payment_id,
        account=wanted.account,
        bucket=bucket,
        amount_fen=amount_fen,
        sale=sale or payment_id,
        **how.stored(),
        cashier=cashier,
        at_ms=now_ms,
        grant=f"p-{payment_id}"[:64],
        shift=shift,
    )
    receipt = _book(series, payment, original, wanted, shift, how.without)
    _grant_what_was_paid(payment, receipt, wanted, gateway, written.serial if written else 0)
    return Paid(receipt, False)


def original_for(typed: str, cashier: User, now_ms: int) -> Page | Refused | None:
    """Give the book page that is the original; None where the system's number is."""
    found = page_for(typed, cashier, now_ms)
    if isinstance(found, PageFault):
        return Refused(DeskRefusal(found.why.value), page=found.page)
    return found


def _paid_before(payment_id: str, account_code: str, amount_fen: int, bucket: str) -> Paid | Refused:
    known = Payment.objects.select_related("receipt", "account").get(pk=payment_id)
    said = (known.purpose, known.bucket, known.amount_fen)
    same = said == (Payment.Purpose.ENERGY, bucket, amount_fen) and is_for(known, account_code)
    return Paid(known.receipt, True) if same else Refused(DeskRefusal.EXISTS_WITH_DIFFERENT)


def _grant_what_was_paid(
    payment: Payment, receipt: Receipt, sale: "_Sale", gateway: Gateway | None, serial: int
) -> None:
    issue_grant(
        grant_id=payment.grant,
        account=sale.account,
        gateway=gateway,
        bucket=payment.bucket,
        unit=sale.unit,
        amount=sale.credit,
        source=Grant.Source.PAYMENT,
        note=f"receipt {receipt.number}",
        now_ms=payment.at_ms,
        serial=serial,
    )


@dataclass(frozen=True, slots=True)
class _Sale:
    account: Account
    unit: Unit
    price: MicroYuanPerKwh
    credit: int


def _sale(
    payment_id: str, account_code: str, amount_fen: int, bucket: str, now_ms: int, written: Written | None
) -> _Sale | Refused:
    if not is_an_id(payment_id):
        return Refused(DeskRefusal.BAD_PAYMENT_ID)
    found = open_account(account_code, bucket)
    if isinstance(found, Refused):
        return found
    account, rule = found
    customer_class = account.point.customer_class
    broken = limits_at(customer_class, now_ms).broken_by(amount_fen)
    if broken is not None and (written is None or amount_fen <= 0):
        refusal, limit_fen = broken
        return Refused(DeskRefusal(refusal.value), limit_fen)
    price = price_at(customer_class.tariff_id, written.at_ms if written else now_ms)
    unit = Unit(rule.unit)
    if price is None or (unit == Unit.KWH and price.micro_yuan_per_kwh <= 0):
        return Refused(DeskRefusal.NO_PRICE)
    per_kwh = MicroYuanPerKwh(price.micro_yuan_per_kwh)
    credit = credit_for(Fen(amount_fen), unit, per_kwh)
    return _Sale(account, unit, per_kwh, credit) if credit > 0 else Refused(DeskRefusal.BUYS_NOTHING)


_IS_PAID = Prepared(lambda key: Payment.objects.filter(pk=key).values_list("pk"), str)


def _write_receipt(
    series: ReceiptSeries, payment: Payment, sale: _Sale, shift: Shift, without: int
) -> Receipt:
    before = balance(chart.customer(sale.account.code, payment.bucket, sale.unit)) - without
    receipt = Receipt(
        number=next_number(series),
        payment=payment,
        room=sale.account.point.room.full_label,
        occupants="、".join(occupant_names(sale.account, payment.at_ms))[:200],
        class_name=sale.account.point.customer_class.name,
        cashier_name=name_at_desk(payment.cashier, shift),
        amount_fen=payment.amount_fen,
        credited=sale.credit,
        unit=sale.unit.value,
        balance_before=before,
        balance_after=before + sale.credit,
        micro_yuan_per_kwh=sale.price,
        at_ms=payment.at_ms,
        shift=shift,
    )
    insert(receipt)
    return receipt


def _book(
    series: ReceiptSeries, payment: Payment, original: Page | None, sale: _Sale, shift: Shift, without: int
) -> Receipt:
    insert(payment)
    issue_page(original, payment)
    receipt = _write_receipt(series, payment, sale, shift, without)
    book_new(_payment_drafts(payment, receipt, sale, shift), payment.at_ms)
    return receipt


def _payment_drafts(payment: Payment, receipt: Receipt, sale: _Sale, shift: Shift) -> list[Draft]:
    """Money in = credit out, by construction (R-4.1.4): one transfer, or two where the credit is kept in kWh."""
    customer = chart.customer(sale.account.code, payment.bucket, sale.unit)
    class_code = sale.account.point.customer_class.code
    in_kwh = sale.unit == Unit.KWH
    money = Draft(
        id=f"payment:{payment.payment_id}",
        debit=money_side(payment.method, shift),
        credit=chart.energy_sales(class_code) if in_kwh else customer,
        amount=micro_yuan_from_fen(Fen(payment.amount_fen)),
        kind="payment",
        at_ms=payment.at_ms,
        reference=payment.payment_id,
        note=f"receipt {receipt.number} by {payment.cashier.get_username()}",
    )
    if not in_kwh:
        return [money]
    energy = Draft(
        id=f"payment:{payment.payment_id}:energy",
        debit=chart.energy_sold(class_code),
        credit=customer,
        amount=sale.credit,
        kind="payment-energy",
        at_ms=payment.at_ms,
        reference=payment.payment_id,
        note=money.note,
    )
    return [money, energy]
