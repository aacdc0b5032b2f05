"""The one way back of a subsidy, on the day it was given (C-7): what is left comes back, what was used stays used.

Nothing is deleted: the subsidy stays in the books, and what came back stands beside it.
"""

from django.db import transaction

from central.campus.models import Account
from central.clock import campus_day
from central.desk.subsidies.batches import Refused, SubsidyRefusal
from central.desk.subsidies.models import SubsidyBatch, SubsidyRow, SubsidyUndo
from central.ledger import chart_of_accounts as chart
from central.ledger.one_writer import one_writer
from central.ledger.operations import Draft, book, record_audit
from central.link.many_grants import lock_buildings
from central.link.many_take_backs import ask_many_back
from central.link.models import TakeBackRequest
from central.link.taken_back import where_taken_went
from central.office.models import User

BACK = "su-"
"""How requests are named that take a subsidy back: their credit is never paid out at the desk."""


@one_writer
@transaction.atomic
def undo_subsidy(batch_id: str, *, why: str, actor: User, now_ms: int) -> SubsidyUndo | Refused:
    """Ask every room's gateway for what is left of a batch, once, on the local day it was carried out.

    Asked twice it is the same undo. A room whose account is being closed keeps what it has: its closing settles it (C-8).
    """
    if not why.strip():
        return Refused(SubsidyRefusal.NO_REASON)
    batch = SubsidyBatch.objects.select_related("done").filter(pk=batch_id).first()
    if batch is None or not hasattr(batch, "done"):
        return Refused(SubsidyRefusal.NOT_DONE)
    rows = list(batch.rows.filter(left_out=None).select_related("account"))
    gateways = lock_buildings({row.building_id for row in rows})
    known = SubsidyUndo.objects.filter(pk=batch_id).first()
    if known is not None:
        return known
    if campus_day(now_ms) != campus_day(batch.done.done_ms):
        return Refused(SubsidyRefusal.NOT_TODAY)
    restored = next((gateway.pk for gateway in gateways.values() if gateway.is_being_restored), None)
    if restored is not None:
        return Refused(SubsidyRefusal.GATEWAY_RESTORED, restored)
    states = dict(Account.objects.filter(point__room__building__in=gateways).values_list("pk", "state"))
    open_rows = [row for row in rows if states.get(row.account_id) == Account.State.OPEN]
    requests = [_request(batch, row, why, actor, now_ms) for row in open_rows]
    ask_many_back(requests, [row.building_id for row in open_rows], gateways, now_ms)
    return _note(batch, len(requests), why, actor, now_ms)


def _request(batch: SubsidyBatch, row: SubsidyRow, why: str, actor: User, now_ms: int) -> TakeBackRequest:
    return TakeBackRequest(
        request_id=row.back_id,
        account=row.account,
        bucket=batch.bucket,
        unit=batch.unit,
        asked=row.amount,
        why=why.strip()[:200],
        by=actor.get_username(),
        asked_ms=now_ms,
    )


def _note(batch: SubsidyBatch, asked: int, why: str, actor: User, now_ms: int) -> SubsidyUndo:
    undo = SubsidyUndo.objects.create(batch=batch, why=why.strip()[:300], by=actor, at_ms=now_ms)
    record_audit(
        actor=actor.get_username(),
        action="subsidy-undo",
        subject=batch.pk,
        detail=f"{asked} rooms asked: {undo.why}",
        now_ms=now_ms,
    )
    return undo


def is_ours(request_id: str) -> bool:
    """Say whether a request's credit was a subsidy: it is nobody's cash."""
    return request_id.startswith(BACK)


def settle_subsidy(request: TakeBackRequest, now_ms: int) -> None:
    """Book what came back of a subsidy, inside the transaction that settled the request; booked before, it is booked once.

    What the gateway did not find was used: it stays a subsidy.
    """
    if not is_ours(request.request_id) or request.state != TakeBackRequest.State.SETTLED or not request.taken:
        return
    back = Draft(
        id=f"subsidy-back:{request.request_id}",
        debit=where_taken_went(request.account, request.bucket, request.unit),
        credit=chart.subsidy(request.unit),
        amount=request.taken,
        kind="subsidy-back",
        at_ms=request.answered_ms or request.asked_ms,
        reference=request.request_id,
        note=request.why,
    )
    book([back], now_ms)
