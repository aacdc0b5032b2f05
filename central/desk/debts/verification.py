"""Prove that what was paid, split and written off of debts is booked once, and that no debt is below zero."""

from django.db.models import Sum

from central.desk.debts.models import DebtPayment, DebtShare, DebtSplit, DebtWriteOff
from central.desk.debts.owing import share_side
from central.desk.debts.paying import KIND
from central.desk.debts.penalty_verification import verify_penalties
from central.desk.debts.true_up_verification import verify_true_ups
from central.desk.models import Payment
from central.ledger.models import LedgerAccount, Transfer
from central.ledger.queries import balances
from central.ledger.verification import Check
from gateway.contract.quantities import MICRO_YUAN_PER_FEN


def verify_debts() -> list[Check]:
    """Check payments of debts, shares, write-offs and penalties against the ledger."""
    return [_payments(), _shares(), _written_off(), _owed(), *verify_penalties(), *verify_true_ups()]


def _payments() -> Check:
    paid = Payment.objects.filter(purpose=Payment.Purpose.DEBT, bill_payment=None).order_by(
        "at_ms", "payment_id"
    )
    booked = dict(Transfer.objects.filter(kind=KIND).values_list("reference", "amount"))
    seen = f"{len(paid)} payments of debts"
    for payment in paid.select_related("debt"):
        if booked.pop(payment.pk, None) != payment.amount_fen * MICRO_YUAN_PER_FEN:
            return Check("debts paid", seen, f"payment {payment.pk}: its transfer is missing or differs")
        if not hasattr(payment, "debt"):
            return Check("debts paid", seen, f"payment {payment.pk} names no debt")
    return Check("debts paid", seen, f"transfer of {next(iter(booked))} has no payment" if booked else "")


def _shares() -> Check:
    """A share's account holds what of it was neither paid nor written off; the shares of a split make its debt."""
    shares = list(DebtShare.objects.select_related("split").order_by("split", "number"))
    paid = _sums(DebtPayment.objects.exclude(share=None), "payment__amount_fen")
    off = _sums(DebtWriteOff.objects.exclude(share=None), "amount_fen")
    held = balances(share_side(share) for share in shares)
    seen, sums = f"{len(shares)} shares of debts", {}
    for share in shares:
        sums[share.split_id] = sums.get(share.split_id, 0) + share.amount_fen
        left = share.amount_fen - paid.get(share.pk, 0) - off.get(share.pk, 0)
        if left < 0 or held.get(share_side(share).code, 0) != left * MICRO_YUAN_PER_FEN:
            return Check("shares of debts", seen, f"share {share.pk}: the ledger holds another sum")
    differing = next((s for s in DebtSplit.objects.all() if sums.get(s.pk, 0) != s.total_fen), None)
    fault = f"split {differing.pk}: its shares make another sum" if differing else ""
    return Check("shares of debts", seen, fault)


def _sums(rows, field: str) -> dict[int, int]:
    return dict(rows.order_by().values_list("share").annotate(sum=Sum(field)))


def _written_off() -> Check:
    done = dict(DebtWriteOff.objects.values_list("approval", "amount_fen"))
    booked = dict(Transfer.objects.filter(kind="written-off").values_list("reference", "amount"))
    wanted = {str(number): fen * MICRO_YUAN_PER_FEN for number, fen in done.items()}
    differing = sorted(wanted.items() ^ booked.items())
    fault = f"approval {differing[0][0]}: write-off and transfer differ" if differing else ""
    return Check("debts written off", f"{len(done)} written off", fault)


def _owed() -> Check:
    rows = LedgerAccount.objects.filter(code__startswith="debt").order_by("code")
    bad = next((row for row in rows if row.balance < 0), None)
    fault = f"{bad.code}: more was taken than was owed" if bad else ""
    return Check("debts", f"{sum(row.balance > 0 for row in rows)} debts stand", fault)
