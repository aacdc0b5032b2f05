"""Prove that every subsidy of a batch has its grant and its transfer, and that what came back is booked as the gateway said."""

from central.desk.subsidies.models import SubsidyRow
from central.desk.subsidies.undoing import BACK
from central.ledger.models import Transfer
from central.ledger.verification import Check
from central.link.models import Grant, TakeBackRequest

NAMED = r"^s-[0-9a-f]{32}-[0-9]+$"


def verify_subsidies() -> list[Check]:
    """Check batches against grants and transfers, and undone ones against the gateways' answers."""
    return [_given(), _back()]


def _given() -> Check:
    rows = SubsidyRow.objects.filter(batch__done__isnull=False, left_out=None).select_related(
        "batch", "account"
    )
    grants = Grant.objects.filter(source=Grant.Source.SUBSIDY, grant_id__regex=NAMED)
    given = {g.grant_id: (g.account_id, g.bucket, g.unit, g.amount) for g in grants}
    booked = dict(Transfer.objects.filter(kind="subsidy").values_list("reference", "amount"))
    seen = f"{len(given)} subsidies of batches"
    for row in rows:
        wanted = (row.account_id, row.batch.bucket, row.batch.unit, row.amount)
        if given.pop(row.grant_id, None) != wanted:
            return Check("subsidy batches", seen, f"grant {row.grant_id} is missing or differs from its row")
        if booked.get(row.grant_id) != row.amount:
            return Check("subsidy batches", seen, f"transfer of {row.grant_id} is missing or differs")
    extra = next(iter(given), None)
    return Check("subsidy batches", seen, f"grant {extra} has no row" if extra else "")


def _back() -> Check:
    settled = TakeBackRequest.objects.filter(
        request_id__startswith=BACK, state=TakeBackRequest.State.SETTLED, taken__gt=0
    )
    answered = dict(settled.values_list("request_id", "taken"))
    booked = dict(Transfer.objects.filter(kind="subsidy-back").values_list("reference", "amount"))
    differing = sorted(answered.items() ^ booked.items())
    fault = f"{differing[0][0]}: what came back and what is booked differ" if differing else ""
    return Check("subsidies taken back", f"{len(answered)} taken back", fault)
