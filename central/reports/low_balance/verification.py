"""Prove that low-balance lists are as they were made: what each says has the hash that the audit chain has of it (R-4.1.6)."""

from central.ledger.models import AuditEntry
from central.ledger.verification import Check
from central.reports.low_balance.lists import digest_of
from central.reports.low_balance.models import LowBalanceList


def verify_low_balances() -> Check:
    """Check every list; names the first that doesn't hold."""
    entries = AuditEntry.objects.filter(action="low-balance-list").values_list("subject", "detail")
    recorded = {subject: detail.rpartition(" ")[2] for subject, detail in entries}
    count, fault = 0, ""
    for kept in LowBalanceList.objects.order_by("pk").iterator(200):
        count += 1
        subject = f"low-balance list {kept.pk}"
        if not fault and not digest_of(kept) == kept.digest == recorded.get(subject):
            fault = f"{subject} is not the one that was made"
    return Check("low balances", f"{count} lists of low balances", fault)
