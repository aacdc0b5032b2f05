"""Prove that every payment has its receipt, its grant and its transfers, and every one of these its payment (R-4.1.4)."""

from django.db.models import Count, F, Max, Q

from central.desk.book_verification import verify_pages
from central.desk.charges import income_side
from central.desk.models import Payment, Receipt
from central.desk.restored_numbers import left_out
from central.ledger.models import Transfer
from central.ledger.verification import Check
from central.link.models import Grant
from gateway.contract.quantities import MICRO_YUAN_PER_FEN, Unit


def verify_sales() -> list[Check]:
    """Check receipt numbers, payments against receipts, grants and transfers, and the pages of receipt books."""
    return [_numbers(), _receipts(), _grants(), _money(), _charges(), _subsidies(), verify_pages()]


def _numbers() -> Check:
    totals = Receipt.objects.aggregate(last=Max("number"), count=Count("number"))
    last, count = totals["last"] or 0, totals["count"]
    gaps = [gap for gap in left_out() if gap[0] <= last]
    named = sum(end - first + 1 for first, end in gaps)
    seen = f"{count} receipts, the last is number {last}" + (
        f", {named} left out by a restoration" if gaps else ""
    )
    if last == count + named:
        return Check("receipt numbers", seen)
    present = set(Receipt.objects.values_list("number", flat=True))
    first_gap = next(
        number for number in range(1, last + 1) if number not in present and not _is_in(gaps, number)
    )
    return Check("receipt numbers", seen, f"number {first_gap} is missing")


def _is_in(gaps: list[tuple[int, int]], number: int) -> bool:
    return any(first <= number <= last for first, last in gaps)


def _receipts() -> Check:
    count = Payment.objects.count()
    orphan = Payment.objects.filter(receipt=None).order_by("at_ms").first()
    if orphan is not None:
        return Check("receipts", f"{count} payments", f"payment {orphan.payment_id} has no receipt")
    differing = Receipt.objects.exclude(amount_fen=F("payment__amount_fen")).order_by("number").first()
    fault = f"receipt {differing.number} differs from its payment" if differing else ""
    return Check("receipts", f"{count} payments, each with its receipt", fault)


def _grants() -> Check:
    given = {
        g.grant_id: g for g in Grant.objects.filter(source=Grant.Source.PAYMENT).select_related("account")
    }
    seen = f"{len(given)} grants of payments"
    bought = Receipt.objects.filter(payment__purpose=Payment.Purpose.ENERGY)
    for receipt in bought.order_by("number").select_related("payment"):
        grant = given.pop(receipt.payment.grant, None)
        if grant is None:
            return Check("grants", seen, f"receipt {receipt.number} has no grant")
        same = (grant.account_id, grant.bucket, grant.unit, grant.amount) == (
            receipt.payment.account_id,
            receipt.payment.bucket,
            receipt.unit,
            receipt.credited,
        )
        if not same:
            return Check("grants", seen, f"grant {grant.grant_id} differs from receipt {receipt.number}")
    return Check("grants", seen, f"grant {next(iter(given))} has no payment" if given else "")


def _money() -> Check:
    transfers = {t.id: t for t in Transfer.objects.filter(kind__in=["payment", "payment-energy"])}
    seen = f"{len(transfers)} transfers of payments"
    bought = Receipt.objects.filter(payment__purpose=Payment.Purpose.ENERGY)
    for receipt in bought.order_by("number").select_related("payment__account"):
        payment = receipt.payment
        money = transfers.pop(f"payment:{payment.payment_id}", None)
        if money is None or money.amount != payment.amount_fen * MICRO_YUAN_PER_FEN:
            return Check("takings", seen, f"receipt {receipt.number}: its transfer is missing or differs")
        credit = money
        if receipt.unit == Unit.KWH:
            credit = transfers.pop(f"payment:{payment.payment_id}:energy", None)
        customer = f"customer:{payment.account.code}:{payment.bucket}:{receipt.unit}"
        if credit is None or credit.credit_id != customer or credit.amount != receipt.credited:
            return Check("takings", seen, f"receipt {receipt.number}: its credit is missing or differs")
    return Check("takings", seen, f"transfer {next(iter(transfers))} has no payment" if transfers else "")


def _charges() -> Check:
    """Charges: the lines make the receipt, and each line is booked to whom its money belongs."""
    transfers = {t.id: t for t in Transfer.objects.filter(kind="charge")}
    seen = f"{len(transfers)} charges"
    charged = Receipt.objects.filter(payment__purpose=Payment.Purpose.CHARGES).order_by("number")
    for receipt in charged.prefetch_related("payment__lines"):
        lines = list(receipt.payment.lines.all())
        if sum(line.amount_fen for line in lines) != receipt.amount_fen:
            return Check("charges", seen, f"receipt {receipt.number}: its lines make another sum")
        for line in lines:
            booked = transfers.pop(f"charge:{receipt.payment_id}:{line.number}", None)
            wanted = (income_side(line.kind, line.code).code, line.amount_fen * MICRO_YUAN_PER_FEN)
            if booked is None or (booked.credit_id, booked.amount) != wanted:
                return Check(
                    "charges", seen, f"receipt {receipt.number}: line {line.number} is not booked so"
                )
    return Check("charges", seen, f"transfer {next(iter(transfers))} has no line" if transfers else "")


def _subsidies() -> Check:
    given = dict(Grant.objects.filter(source=Grant.Source.SUBSIDY).values_list("grant_id", "amount"))
    booked = dict(Transfer.objects.filter(Q(kind="subsidy")).values_list("reference", "amount"))
    differing = sorted(given.items() ^ booked.items())
    fault = f"subsidy {differing[0][0]}: grant and transfer differ" if differing else ""
    return Check("subsidies", f"{len(given)} subsidies", fault)
