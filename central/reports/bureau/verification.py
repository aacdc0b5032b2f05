"""Prove that every bill of the power bureau is as it was entered: the audit chain keeps its figures (R-4.1.9)."""

from central.ledger.models import AuditEntry
from central.ledger.verification import Check
from central.reports.bureau.models import BureauBill

ACTIONS = ("bureau-bill", "correct-bureau-bill")


def verify_bureau() -> Check:
    """Check every bill against the record; names the first that differs."""
    kept = AuditEntry.objects.filter(action__in=ACTIONS).values_list("subject", "detail")
    said = dict(kept)
    bills = list(BureauBill.objects.select_related("building").order_by("pk"))
    told = f"{len(bills)} bills of the power bureau"
    for one in bills:
        if said.get(f"bureau bill {one.pk}", "").partition(";")[0] != one.said.partition(";")[0]:
            return Check("power bureau", told, f"bill {one.pk} is not as it was entered")
    if len(said) != len(bills):
        return Check("power bureau", told, f"{len(said)} are on record")
    return Check("power bureau", f"{told}, as they were entered")
