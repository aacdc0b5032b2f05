"""What the page of a theft shows to this reader: money and names only to those who may see them."""

import uuid
from typing import Any

from django.http import HttpRequest

from central.losses.case_models import Case
from central.losses.theft.appeal_state import may_appeal
from central.losses.theft.ending import APPEAL_ACT, PENALTY_ACT, fault_of_end
from central.losses.theft.factor_tables import factor_tables
from central.losses.theft.factors import Factors, factors_of
from central.losses.theft.forms import AppealForm, fresh
from central.losses.theft.reading import Theft, finding_lines, read_theft, seen_words
from central.losses.theft.refusals import Refused, refusal_words
from central.office.access import may
from central.office.models import Approval
from central.office.page_table import page_tables
from central.office.roles import (
    ANSWER_THEFT,
    ASK_PENALTIES,
    CLOSE_THEFT,
    PAY_PENALTIES_BACK,
    RECEIVE_APPEALS,
    REPORT_THEFT,
    SEE_MONEY,
    SEE_PENALTIES,
)


def page_context(request: HttpRequest, case: Case, now_ms: int) -> dict[str, Any]:
    """Give the page's context."""
    theft, is_open = read_theft(case, now_ms), case.state != Case.State.CLOSED
    sees = may(request, SEE_PENALTIES)
    fault = fault_of_end(case, now_ms) if is_open and case.finding else None
    found = theft.finding
    return {
        "theft": theft,
        "case": case,
        "seen": seen_words(theft.facts),
        "finding_lines": finding_lines(found.facts) if found else [],
        "sees_penalty": sees and case.finding == Case.Finding.THEFT,
        "sees_evidence": sees,
        "sees_money": may(request, SEE_MONEY),
        "can_report": may(request, REPORT_THEFT),
        "can_judge": is_open and may(request, ANSWER_THEFT) and theft.money is None,
        "why_not_closed": refusal_words(Refused(fault)) if fault and may(request, CLOSE_THEFT) else "",
        **(_penalty(request, theft, is_open, now_ms) if sees else {"money_forms": {}}),
    }


def _penalty(request: HttpRequest, theft: Theft, is_open: bool, now_ms: int) -> dict[str, Any]:
    """Give the penalty: as it was signed or is asked for; before that as it would be asked for now."""
    asked, tables, refusal = theft.penalty_request, [], ""
    stands = asked is not None and asked.state in (Approval.State.APPROVED, Approval.State.WAITING)
    if stands:
        tables = page_tables(factor_tables(asked.content))
    elif theft.case.finding == Case.Finding.THEFT:
        factors = factors_of(theft.case)
        if isinstance(factors, Factors):
            tables = page_tables(factor_tables(factors.content(theft.case)))
        else:
            refusal = refusal_words(factors)
    can_ask = is_open and bool(tables) and not stands and may(request, ASK_PENALTIES)
    can_appeal = is_open and may(request, RECEIVE_APPEALS) and may_appeal(theft, now_ms)
    can_decide = _can_decide(request, theft) and is_open
    forms = {"penalty": fresh("penalty")} if can_ask else {}
    forms |= {"decision": fresh("decision")} if can_decide else {}
    if can_appeal:
        forms["appeal"] = AppealForm(initial={"appeal": uuid.uuid4()}, auto_id="id_appeal_%s")
    money = theft.money
    return {
        "tables": tables,
        "penalty_refusal": refusal,
        "money_forms": forms,
        "can_pay_back": money is not None and money.is_owed_back and may(request, PAY_PENALTIES_BACK),
        "penalty_requests": [one for one in theft.requests if one.act == PENALTY_ACT],
        "appeal_requests": [one for one in theft.requests if one.act == APPEAL_ACT],
    }


def _can_decide(request: HttpRequest, theft: Theft) -> bool:
    if theft.appeal is None or theft.appeal_end is not None or not may(request, RECEIVE_APPEALS):
        return False
    waiting = [one for one in theft.requests if one.state == Approval.State.WAITING]
    return not waiting
