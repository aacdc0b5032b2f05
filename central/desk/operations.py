"""Sell credit and pay it back: each act is one transaction, and happens once however often it is asked for.

Payment, receipt, transfers, grant and command are committed together: no money without a receipt, no receipt without credit.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from central.campus.models import Account, Bucket
from central.campus.queries import occupant_names, price_at
from central.desk.models import Payment, Receipt, ReceiptSeries
from central.domain.selling import AmountRefusal, check_amount, credit_for, money_back
from central.ledger import chart_of_accounts as chart
from central.ledger.operations import Booked, BrokenInvariant, Draft, book, record_audit
from central.ledger.queries import balance
from central.link.grants import issue_grant
from central.link.models import Closing, Grant, TakeBackRequest
from central.office.models import User
from gateway.contract.identifiers import NotAnIdentifier, checked
from gateway.contract.quantities import (
    MICRO_YUAN_PER_FEN,
    Fen,
    MicroYuanPerKwh,
    Unit,
    micro_yuan_from_fen,
)

PAID = "paid"
SERIES = "main"


class DeskRefusal(StrEnum):
    """Why nothing was sold or paid out; a text key for the pages."""

    BAD_PAYMENT_ID = "bad-payment-id"
    UNKNOWN_ACCOUNT = "unknown-account"
    ACCOUNT_NOT_OPEN = "account-not-open"
    NOT_PREPAID = "not-prepaid"
    UNKNOWN_BUCKET = "unknown-bucket"
    NO_PRICE = "no-price"
    NOT_POSITIVE = "not-positive"
    BELOW_MINIMUM = "below-minimum"
    ABOVE_CEILING = "above-ceiling"
    BUYS_NOTHING = "buys-nothing"
    EXISTS_WITH_DIFFERENT = "exists-with-different"
    NOT_FINAL = "not-final"
    NOTHING_LEFT = "nothing-left"
    NO_REASON = "no-reason"
    NOT_REFUNDABLE = "not-refundable"


@dataclass(frozen=True, slots=True)
class Refused:
    """A named refusal; `limit_fen` is the limit an amount broke."""

    why: DeskRefusal
    limit_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Paid:
    """The receipt of a payment; `existed` when this payment id had been paid before: nothing was taken twice."""

    receipt: Receipt
    existed: bool


@dataclass(frozen=True, slots=True)
class PaidOut:
    """Cash that left the drawer, in whole fen; `existed` when it had left before."""

    amount_fen: int
    existed: bool


@transaction.atomic
def pay(
    payment_id: str, account_code: str, amount_fen: int, cashier: User, *, now_ms: int, bucket: str = PAID
) -> Paid | Refused:
    """Take cash for an account's bucket, once per `payment_id` (made by the page); give its receipt.

    The same id with the same account, bucket and amount gives the same receipt; with others it is refused by name.
    """
    series, _made = ReceiptSeries.objects.select_for_update().get_or_create(name=SERIES)
    known = Payment.objects.filter(pk=payment_id).select_related("receipt", "account").first()
    if known is not None:
        same = (known.account.code, known.bucket, known.amount_fen) == (account_code, bucket, amount_fen)
        return Paid(known.receipt, True) if same else Refused(DeskRefusal.EXISTS_WITH_DIFFERENT)
    sale = _sale(payment_id, account_code, amount_fen, bucket, now_ms)
    if isinstance(sale, Refused):
        return sale
    payment = Payment.objects.create(
        payment_id=payment_id,
        account=sale.account,
        bucket=bucket,
        amount_fen=amount_fen,
        cashier=cashier,
        at_ms=now_ms,
        grant=f"p-{payment_id}"[:64],
    )
    receipt = _write_receipt(series, payment, sale, cashier)
    _book_new(_payment_drafts(payment, receipt, sale), now_ms)
    issue_grant(
        grant_id=payment.grant,
        account=sale.account,
        bucket=bucket,
        unit=sale.unit,
        amount=sale.credit,
        source=Grant.Source.PAYMENT,
        note=f"receipt {receipt.number}",
        now_ms=now_ms,
    )
    return Paid(receipt, False)


@transaction.atomic
def grant_subsidy(
    grant_id: str,
    account_code: str,
    bucket: str,
    amount: int,
    *,
    actor: User,
    why: str,
    now_ms: int,
    expires_ms: int = 0,
) -> Grant | Refused:
    """Give credit without money, in the bucket's unit, once per `grant_id`. Subsidies are never takings (R-4.1.7)."""
    if not why.strip():
        return Refused(DeskRefusal.NO_REASON)
    if amount <= 0:
        return Refused(DeskRefusal.NOT_POSITIVE)
    known = Grant.objects.filter(pk=grant_id).select_related("account").first()
    if known is not None:
        same = (known.account.code, known.bucket, known.amount) == (account_code, bucket, amount)
        return known if same else Refused(DeskRefusal.EXISTS_WITH_DIFFERENT)
    found = _open_account(account_code, bucket)
    if isinstance(found, Refused):
        return found
    account, rule = found
    draft = Draft(
        id=f"subsidy:{grant_id}",
        debit=chart.subsidy(rule.unit),
        credit=chart.customer(account.code, bucket, rule.unit),
        amount=amount,
        kind="subsidy",
        at_ms=now_ms,
        reference=grant_id,
        note=why,
    )
    _book_new([draft], now_ms)
    record_audit(
        actor=actor.get_username(), action="subsidy", subject=account.code, detail=why, now_ms=now_ms
    )
    return issue_grant(
        grant_id=grant_id,
        account=account,
        bucket=bucket,
        unit=rule.unit,
        amount=amount,
        source=Grant.Source.SUBSIDY,
        note=why,
        now_ms=now_ms,
        expires_ms=expires_ms,
    )


@transaction.atomic
def pay_out_closed_account(request_id: str, cashier: User, *, now_ms: int) -> PaidOut | Refused:
    """Pay out what was left of a closed account, after its final register and lock-out came back (C-8); once.

    Only refundable buckets are paid out; what is below a fen stays.
    """
    closing = Closing.objects.select_for_update().filter(pk=request_id).select_related("account").first()
    if closing is None:
        return Refused(DeskRefusal.UNKNOWN_ACCOUNT)
    if closing.state != Closing.State.FINAL:
        return Refused(DeskRefusal.NOT_FINAL)
    if closing.paid_out_ms is not None:
        return PaidOut(closing.paid_out_micro_yuan // MICRO_YUAN_PER_FEN, True)
    buckets = closing.account.point.customer_class.buckets.filter(refundable=True)
    sides = [chart.customer(closing.account.code, b.name, b.unit) for b in buckets]
    sides += [chart.taken_back(closing.account.code, unit.value) for unit in Unit]
    paid_fen = _pay_out(request_id, closing.account, sides, now_ms)
    if isinstance(paid_fen, Refused):
        return paid_fen
    closing.paid_out_ms, closing.paid_out_micro_yuan = now_ms, micro_yuan_from_fen(paid_fen)
    closing.save(update_fields=["paid_out_ms", "paid_out_micro_yuan"])
    _audit_pay_out(cashier, closing.account, request_id, paid_fen, now_ms)
    return PaidOut(paid_fen, False)


@transaction.atomic
def pay_out_credit_back(request_id: str, cashier: User, *, now_ms: int) -> PaidOut | Refused:
    """Pay out what the gateway took back for a request, after its answer (C-7); once."""
    request = (
        TakeBackRequest.objects.select_for_update().filter(pk=request_id).select_related("account").first()
    )
    if request is None:
        return Refused(DeskRefusal.UNKNOWN_ACCOUNT)
    if request.state != TakeBackRequest.State.SETTLED:
        return Refused(DeskRefusal.NOT_FINAL)
    if request.paid_out_ms is not None:
        return PaidOut(request.paid_out_fen, True)
    if not request.account.point.customer_class.buckets.filter(name=request.bucket, refundable=True).exists():
        return Refused(DeskRefusal.NOT_REFUNDABLE)
    paid_fen = _pay_out(
        request_id,
        request.account,
        [chart.taken_back(request.account.code, request.unit)],
        now_ms,
        request.taken,
    )
    if isinstance(paid_fen, Refused):
        return paid_fen
    request.paid_out_ms, request.paid_out_fen = now_ms, paid_fen
    request.save(update_fields=["paid_out_ms", "paid_out_fen"])
    _audit_pay_out(cashier, request.account, request_id, paid_fen, now_ms)
    return PaidOut(paid_fen, False)


@dataclass(frozen=True, slots=True)
class _Sale:
    account: Account
    unit: Unit
    price: MicroYuanPerKwh
    credit: int


def _sale(payment_id: str, account_code: str, amount_fen: int, bucket: str, now_ms: int) -> _Sale | Refused:
    try:
        checked(payment_id)
        checked(f"p-{payment_id}")
    except NotAnIdentifier:
        return Refused(DeskRefusal.BAD_PAYMENT_ID)
    found = _open_account(account_code, bucket)
    if isinstance(found, Refused):
        return found
    account, rule = found
    customer_class = account.point.customer_class
    broken = check_amount(amount_fen, customer_class.minimum_fen, customer_class.ceiling_fen)
    if broken is not None:
        limits = {
            AmountRefusal.BELOW_MINIMUM: customer_class.minimum_fen,
            AmountRefusal.ABOVE_CEILING: customer_class.ceiling_fen,
        }
        return Refused(DeskRefusal(broken.value), limits.get(broken))
    price = price_at(customer_class.tariff_id, now_ms)
    unit = Unit(rule.unit)
    if price is None or (unit == Unit.KWH and price.micro_yuan_per_kwh <= 0):
        return Refused(DeskRefusal.NO_PRICE)
    per_kwh = MicroYuanPerKwh(price.micro_yuan_per_kwh)
    credit = credit_for(Fen(amount_fen), unit, per_kwh)
    return _Sale(account, unit, per_kwh, credit) if credit > 0 else Refused(DeskRefusal.BUYS_NOTHING)


def _open_account(account_code: str, bucket: str) -> tuple[Account, Bucket] | Refused:
    account = (
        Account.objects.filter(code=account_code)
        .select_related("point__room__building", "point__customer_class")
        .first()
    )
    if account is None:
        return Refused(DeskRefusal.UNKNOWN_ACCOUNT)
    if account.state != Account.State.OPEN:
        return Refused(DeskRefusal.ACCOUNT_NOT_OPEN)
    if account.point.billing != "prepaid":
        return Refused(DeskRefusal.NOT_PREPAID)
    rule = account.point.customer_class.buckets.filter(name=bucket).first()
    return (account, rule) if rule is not None else Refused(DeskRefusal.UNKNOWN_BUCKET)


def _write_receipt(series: ReceiptSeries, payment: Payment, sale: _Sale, cashier: User) -> Receipt:
    series.last_number += 1
    series.save(update_fields=["last_number"])
    before = balance(chart.customer(sale.account.code, payment.bucket, sale.unit))
    return Receipt.objects.create(
        number=series.last_number,
        payment=payment,
        room=sale.account.point.room.full_label,
        occupants="、".join(occupant_names(sale.account, payment.at_ms))[:200],
        class_name=sale.account.point.customer_class.name,
        cashier_name=cashier.get_full_name() or cashier.get_username(),
        amount_fen=payment.amount_fen,
        credited=sale.credit,
        unit=sale.unit.value,
        balance_before=before,
        balance_after=before + sale.credit,
        micro_yuan_per_kwh=sale.price,
        at_ms=payment.at_ms,
    )


def _payment_drafts(payment: Payment, receipt: Receipt, sale: _Sale) -> list[Draft]:
    """Money in = credit out, by construction (R-4.1.4): one transfer, or two where the credit is kept in kWh."""
    customer = chart.customer(sale.account.code, payment.bucket, sale.unit)
    class_code = sale.account.point.customer_class.code
    in_kwh = sale.unit == Unit.KWH
    money = Draft(
        id=f"payment:{payment.payment_id}",
        debit=chart.cash(),
        credit=chart.energy_sales(class_code) if in_kwh else customer,
        amount=micro_yuan_from_fen(Fen(payment.amount_fen)),
        kind="payment",
        at_ms=payment.at_ms,
        reference=payment.payment_id,
        note=f"receipt {receipt.number}",
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


def _pay_out(
    reference: str, account: Account, sides: list[chart.Side], now_ms: int, at_most: int | None = None
) -> Fen | Refused:
    """Empty these liabilities into cash, less what is owed in the same unit; yuan as it is, kWh at the price of the day."""
    price = price_at(account.point.customer_class.tariff_id, now_ms)
    left = {side: balance(side) if at_most is None else min(balance(side), at_most) for side in sides}
    drafts = _offsets(reference, left, now_ms)
    paid_fen = 0
    for index, (side, amount) in enumerate(left.items()):
        if amount <= 0:
            continue
        if side.unit == Unit.KWH and price is None:
            return Refused(DeskRefusal.NO_PRICE)
        per_kwh = MicroYuanPerKwh(price.micro_yuan_per_kwh if price else 0)
        fen, rest = money_back(amount, Unit(side.unit), per_kwh)
        paid_fen += fen
        draft_id = f"pay-out:{reference}:{index}"
        drafts += _pay_out_drafts(draft_id, reference, account, side, amount, fen, rest, now_ms)
    if paid_fen <= 0:
        return Refused(DeskRefusal.NOTHING_LEFT)
    _book_new(drafts, now_ms)
    return Fen(paid_fen)


def _offsets(reference: str, left: dict[chart.Side, int], now_ms: int) -> list[Draft]:
    """Settle what is owed from what is left in the same unit; `left` is changed to what remains."""
    drafts = []
    for debtor in [side for side, amount in left.items() if amount < 0]:
        for giver in [side for side, amount in left.items() if amount > 0 and side.unit == debtor.unit]:
            amount = min(-left[debtor], left[giver])
            if amount > 0:
                left[debtor] += amount
                left[giver] -= amount
                draft_id = f"offset:{reference}:{len(drafts)}"
                drafts.append(Draft(draft_id, giver, debtor, amount, "offset", now_ms, reference))
    return drafts


def _pay_out_drafts(
    draft_id: str,
    reference: str,
    account: Account,
    side: chart.Side,
    left: int,
    fen: int,
    rest: int,
    now_ms: int,
) -> list[Draft]:
    class_code = account.point.customer_class.code
    money = micro_yuan_from_fen(Fen(fen))
    if side.unit == Unit.YUAN:
        moves = [("", side, chart.cash(), money), (":rest", side, chart.rounding(), rest)]
    else:
        moves = [
            (":energy", side, chart.energy_sold(class_code), left),
            ("", chart.energy_sales(class_code), chart.cash(), money),
        ]
    return [
        Draft(draft_id + end, debit, credit, amount, "pay-out", now_ms, reference)
        for end, debit, credit, amount in moves
        if amount > 0
    ]


def _book_new(drafts: list[Draft], now_ms: int) -> None:
    if any(outcome != Booked.NEW for outcome in book(drafts, now_ms)):
        raise BrokenInvariant(f"transfer {drafts[0].id} was booked before without its cause")


def _audit_pay_out(cashier: User, account: Account, request_id: str, paid_fen: int, now_ms: int) -> None:
    detail = f"{request_id}: {paid_fen} fen"
    record_audit(
        actor=cashier.get_username(), action="pay-out", subject=account.code, detail=detail, now_ms=now_ms
    )
