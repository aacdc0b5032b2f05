"""Prove that each day is in one export that stands, and that exports are as they were kept, balanced (R-4.1.9)."""

from collections import Counter

from central.ledger.verification import Check
from central.reports.k3.exports import digest_of, vouchers_of
from central.reports.k3.models import K3Export, K3ExportDay


def verify_k3() -> Check:
    """Check every export; names the first that doesn't hold."""
    standing = K3ExportDay.objects.filter(export__end__isnull=True).values_list("day", flat=True)
    twice = sorted(day for day, count in Counter(standing).items() if count > 1)
    made = list(K3Export.objects.order_by("number").prefetch_related("days"))
    told = f"{len(made)} voucher exports"
    if twice:
        return Check("K/3", told, f"{twice[0]} is in two exports that stand")
    fault = next((f"export {one.pk}: {fault}" for one in made if (fault := _fault(one))), "")
    return Check("K/3", told, fault) if fault else Check("K/3", f"{told}, balanced, each day in one")


def _fault(made: K3Export) -> str:
    days = sorted(one.day for one in made.days.all())
    if not days or (days[0], days[-1]) != (made.first_day, made.last_day):
        return "its days are not those that were exported"
    if digest_of([*days, made.vouchers]) != made.digest:
        return "its vouchers are not those that were exported"
    vouchers = vouchers_of(made)
    uneven = next((one for one in vouchers if one.debit_fen != one.credit_fen), None)
    if uneven is not None:
        return f"voucher {uneven.number} does not balance"
    return "" if sum(one.debit_fen for one in vouchers) == made.debit_fen else "its sum is another one"
