"""Prove that every void receipt's money and credit went back as booked, and that no reclaim lost or made an amount (R-4.1.5)."""

from django.db.models import Q, Sum

from central.desk.corrections.models import Adjustment, Correction, Reclaim, ReclaimEnd
from central.desk.corrections.reversal import VOID, reversal_drafts
from central.desk.print_models import ReceiptVoid
from central.ledger.models import LedgerAccount, Transfer
from central.ledger.verification import Check
from central.link.models import Grant


def verify_corrections() -> list[Check]:
    """Check void receipts against their reversals, reclaims against their ends and the ledger, adjustments against grants."""
    return [_voids(), _ends(), _open(), _adjustments()]


def _voids() -> Check:
    """Each void receipt is a correction's, and has exactly the reverse of its transfers."""
    booked = {t.id: t for t in Transfer.objects.filter(kind=VOID)}
    voids = ReceiptVoid.objects.select_related("receipt__payment__account", "shift")
    seen = f"{len(voids)} void receipts"
    corrected = dict(Correction.objects.values_list("void", "reclaim__amount"))
    for void in voids.order_by("pk"):
        wanted = void.receipt.credited or None
        if void.pk not in corrected or corrected[void.pk] != wanted:
            return Check(
                "corrections", seen, f"receipt {void.pk} is void, and no correction reclaims its credit"
            )
        for draft in reversal_drafts(void):
            row = booked.pop(draft.id, None)
            if row is None or (row.debit_id, row.credit_id, row.amount) != (
                draft.debit.code,
                draft.credit.code,
                draft.amount,
            ):
                return Check("corrections", seen, f"receipt {void.pk}: its reversal is missing or differs")
    return Check("corrections", seen, f"transfer {next(iter(booked))} has no void receipt" if booked else "")


def _ends() -> Check:
    """What was taken and what is owed make the reclaim, and are booked so."""
    ends = ReclaimEnd.objects.select_related("reclaim").order_by("pk")
    seen = f"{len(ends)} reclaims ended"
    transfers = Transfer.objects.filter(kind__in=("reclaim-taken", "reclaim-owed"))
    booked = dict(transfers.values_list("id", "amount"))
    for end in ends:
        if end.taken + end.owed != end.reclaim.amount:
            return Check("reclaims", seen, f"{end.pk}: taken and owed are not what was reclaimed")
        for name, amount in (("reclaim-taken", end.taken), ("reclaim-owed", end.owed)):
            if booked.pop(f"{name}:{end.pk}", 0) != amount:
                return Check("reclaims", seen, f"{end.pk}: {name} is not booked so")
    return Check("reclaims", seen, f"transfer {next(iter(booked))} has no reclaim" if booked else "")


def _open() -> Check:
    """On each reclaim's side of the ledger lies what has no end yet, no more and no less."""
    rows = Reclaim.objects.filter(end=None).values("account__code", "unit").annotate(sum=Sum("amount"))
    waiting = {f"reclaim:{row['account__code']}:{row['unit']}": row["sum"] for row in rows.order_by()}
    held = {one.code: one.balance for one in LedgerAccount.objects.filter(code__startswith="reclaim:")}
    seen = f"{len(waiting)} accounts with reclaims that wait"
    for code in sorted(waiting.keys() | held.keys()):
        if waiting.get(code, 0) != held.get(code, 0):
            fault = f"{code}: {waiting.get(code, 0)} wait, {held.get(code, 0)} are booked"
            return Check("reclaims that wait", seen, fault)
    return Check("reclaims that wait", seen)


def _adjustments() -> Check:
    """Each adjustment has its grant or its reclaim, and its transfer; and none of these stands alone."""
    granted = dict(Grant.objects.filter(source=Grant.Source.ADJUSTMENT).values_list("grant_id", "amount"))
    booked = dict(Transfer.objects.filter(Q(kind="college-error")).values_list("id", "amount"))
    adjusted = Adjustment.objects.select_related("reclaim").order_by("pk")
    seen = f"{len(adjusted)} adjustments"
    for one in adjusted:
        moved = granted.pop(one.grant, 0) if one.grant else one.reclaim.amount
        if not booked.pop(f"adjustment:{one.pk}", 0) == moved == abs(one.amount):
            return Check("adjustments", seen, f"adjustment {one.pk}: its grant, reclaim or transfer differs")
    extra = next(iter([*granted, *booked]), None)
    return Check("adjustments", seen, f"{extra} has no adjustment" if extra else "")
