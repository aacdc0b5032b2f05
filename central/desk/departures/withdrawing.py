"""Ask the gateway for what was approved: a sum (C-7), or the final register and the lock-out (C-8). Once, and anew when refused.

The money of a room is the gateway's until it answers; ingest settles the answer, offline for days or not.
"""

from django.db import transaction

from central.campus.models import Account
from central.desk.departures.asking import BUCKET, approval_of
from central.desk.departures.models import Departure, Withdrawal
from central.desk.departures.refusals import DepartureRefusal as Why
from central.desk.departures.refusals import Refused
from central.desk.departures.states import State, cases_with_all, open_case_of, standing_of
from central.link.models import Closing, TakeBackRequest
from central.link.operations import LinkRefusal, ask_closing, ask_credit_back
from central.link.operations import Refused as LinkRefused
from central.link.outbox import lock_gateway_or_building
from central.office.models import Approval, User

SAME = {
    LinkRefusal.NO_GATEWAY: Why.NO_GATEWAY,
    LinkRefusal.GATEWAY_BEING_RESTORED: Why.GATEWAY_BEING_RESTORED,
    LinkRefusal.ACCOUNT_NOT_OPEN: Why.ACCOUNT_NOT_OPEN,
    LinkRefusal.PAYS_FOR_OTHERS: Why.PAYS_FOR_OTHERS,
    LinkRefusal.UNKNOWN_BUCKET: Why.OTHER_UNIT,
}


@transaction.atomic
def withdraw(case_id: str, actor: User, *, now_ms: int) -> Withdrawal | Refused:
    """Ask the gateway for an approved case; asked before and not refused, it is that one."""
    case = locked_case(case_id)
    if case is None:
        return Refused(Why.UNKNOWN_CASE, case_id)
    approval = approval_of(case)
    if approval is None or approval.state != Approval.State.APPROVED:
        return Refused(Why.NOT_APPROVED, case_id)
    return ask_gateway(case, actor.get_username(), now_ms)


def ask_gateway(case: Departure, by: str, now_ms: int) -> Withdrawal | Refused:
    """Ask the gateway for a case whose last signature was given, inside the caller's transaction; the gateway is locked."""
    last = case.withdrawals.order_by("number").last()
    if last is not None and standing_of(case, now_ms).state != State.GATEWAY_REFUSED:
        return last
    if case.account.pays_from_id is not None:
        return Refused(Why.PAYS_ELSEWHERE, case.account.pays_from.code)
    if other := open_case_of(case.account, now_ms, besides=case.pk):
        return Refused(Why.ALREADY_ASKED, other.pk)
    number = last.number + 1 if last else 1
    asked = _ask(case, number, by, now_ms)
    if isinstance(asked, LinkRefused):
        return Refused(SAME.get(asked.why, Why.ACCOUNT_NOT_OPEN), asked.what or case.account.code)
    if Withdrawal.objects.filter(request_id=asked.request_id).exists():
        return Refused(Why.CLOSED_BY_OTHER, case.account.code)
    return Withdrawal.objects.create(departure=case, number=number, request_id=asked.request_id, at_ms=now_ms)


def _ask(case: Departure, number: int, by: str, now_ms: int) -> Closing | TakeBackRequest | LinkRefused:
    if case.closes:
        return ask_closing(case.account.code, actor=by, why=case.why, now_ms=now_ms)
    request_id = f"dr-{case.pk}-{number}"
    return ask_credit_back(
        request_id, case.account.code, BUCKET, case.asked, actor=by, why=case.why, now_ms=now_ms
    )


def locked_case(case_id: str) -> Departure | None:
    """Give a case; its gateway is locked first, and with it whatever of it may change."""
    where = Departure.objects.filter(pk=case_id).values_list("account__point__room__building", flat=True)
    building = where.first()
    if building is None:
        return None
    lock_gateway_or_building(building)
    return cases_with_all().get(pk=case_id)


def is_closed(account: Account) -> bool:
    """Say whether an account's final register was read."""
    return account.state == Account.State.CLOSED
