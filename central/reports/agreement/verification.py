"""Prove that what was signed is as it was kept: its bytes, its figures, and the request that all signed (R-4.1.9)."""

from django.db.models import Count, Sum

from central.ledger.verification import Check
from central.office.models import Approval
from central.reports.agreement.content import content_in, digest_of, seal_of
from central.reports.agreement.models import AgreementKept, AgreementLock, OutsideList
from central.reports.books.locks import lock_of


def verify_agreements() -> Check:
    """Check all that was kept and locked; names the first that doesn't hold."""
    kept = list(AgreementKept.objects.select_related("building").order_by("pk"))
    locks = list(AgreementLock.objects.select_related("building", "kept").order_by("pk"))
    told = f"{len(locks)} locked of {len(kept)} sent to be signed"
    faults = [(f"{one.building.code} {one.period}", _fault_of_kept(one)) for one in kept]
    faults += [(f"{one.building.code} {one.period}", _fault_of_lock(one)) for one in locks]
    lists = OutsideList.objects.order_by("pk").annotate(count=Count("rows"), sum=Sum("rows__amount"))
    sums = lists.values_list("pk", "rows_read", "amount", "count", "sum")
    faults += [(f"list {number}", _fault_of_list(*said)) for number, *said in sums]
    fault = next((f"{name}: {fault}" for name, fault in faults if fault), "")
    return Check("four-way agreement", told, fault)


def _fault_of_kept(one: AgreementKept) -> str:
    content, explained = bytes(one.content), bytes(one.explained)
    if seal_of(content, explained) != one.seal:
        return "what was sent to be signed is not what is kept"
    return (
        "" if digest_of(content_in(content)) == one.digest else "its figures are not those that were signed"
    )


def _fault_of_list(read: int, amount: int, count: int, found: int | None) -> str:
    return "" if (read, amount) == (count, found or 0) else "its rows are not those that were brought in"


def _fault_of_lock(one: AgreementLock) -> str:
    request = Approval.objects.filter(pk=one.approval, state=Approval.State.APPROVED).first()
    if request is None or request.content["digest"] != one.kept.digest:
        return f"approval {one.approval} is not for these figures"
    if (one.kept.building_id, one.kept.period) != (one.building_id, one.period):
        return "it was locked with another building's figures"
    return "" if lock_of(one.building.code, one.period) else "the books do not know its lock"
