"""What stands in the way of a case's end: a request that waits, a penalty owed, an appeal, the days left for one."""

from datetime import date, timedelta

from central.clock import campus_day
from central.desk.debts.penalties import due_fen
from central.desk.debts.penalty_models import DebtPenalty
from central.losses.case_models import Case
from central.losses.theft.models import TheftAppeal
from central.losses.theft.refusals import TheftRefusal as Why
from central.office.dated_settings import number_at
from central.office.models import Approval

PENALTY_ACT, APPEAL_ACT = "theft-penalty", "theft-appeal"


def subject_of(number: int) -> str:
    """Give how requests about a case are named."""
    return f"theft case {number}"


def requests_of(number: int) -> list[Approval]:
    """Give the requests about a case, in order: penalties and decisions of its appeal."""
    asked = Approval.objects.filter(act__in=(PENALTY_ACT, APPEAL_ACT), subject=subject_of(number))
    return list(asked.select_related("asked_by").order_by("number"))


def penalty_laid(number: int) -> DebtPenalty | None:
    """Give the penalty that was charged in a case."""
    found = DebtPenalty.objects.select_related("change__paid_back", "account__point__room__building")
    return found.filter(case=number).first()


def last_day_of_appeal(penalty: DebtPenalty) -> date:
    """Give the last day on which a penalty may be appealed, by the setting of the day it was charged."""
    return campus_day(penalty.at_ms) + timedelta(days=number_at("theft.appeal-days", penalty.at_ms))


def fault_of_end(case: Case, now_ms: int) -> Why | None:
    """Say why a case can't be closed yet; None when it can."""
    if case.state == Case.State.CLOSED:
        return Why.NOT_OPEN
    if not case.finding:
        return Why.NO_FINDING
    if any(one.state == Approval.State.WAITING for one in requests_of(case.pk)):
        return Why.WAITS
    penalty = penalty_laid(case.pk)
    return None if penalty is None else _fault_of_penalty(case, penalty, now_ms)


def _fault_of_penalty(case: Case, penalty: DebtPenalty, now_ms: int) -> Why | None:
    appeal = TheftAppeal.objects.filter(case=case).first()
    if appeal is not None and not hasattr(appeal, "end"):
        return Why.WAITS
    if due_fen(penalty) > 0:
        return Why.STILL_OWED
    change = getattr(penalty, "change", None)
    if change is not None and change.back_fen > 0 and not hasattr(change, "paid_back"):
        return Why.OWED_BACK
    if appeal is None and campus_day(now_ms) <= last_day_of_appeal(penalty):
        return Why.MAY_BE_APPEALED
    return None
