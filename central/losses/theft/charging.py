"""Ask for a penalty and charge it when it is signed (R-4.2.4): what is signed is every factor, frozen; what is booked is just that.

Between asking and the last signature nothing may have changed: then it is refused by name, and asked for anew.
"""

from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy

from central.desk.debts.penalties import Penalty, lay_penalty
from central.desk.debts.refusals import Refused as DebtRefused
from central.desk.debts.words import refusal_words as debt_words
from central.domain.approval import Step
from central.losses.case_models import Case
from central.losses.cases import locked_case
from central.losses.theft.ending import PENALTY_ACT, penalty_laid, requests_of, subject_of
from central.losses.theft.factor_tables import factor_tables
from central.losses.theft.factors import Factors, factors_of, finding_of
from central.losses.theft.refusals import Refused, refusal_words
from central.losses.theft.refusals import TheftRefusal as Why
from central.office.acts import Act, Approved, Content, register
from central.office.approvals import ApprovalRefusal, ask
from central.office.models import Approval, User
from central.office.roles import ASK_PENALTIES, Role

BESIDE = ("estimate", "missing", "photos")
"""What stands beside the penalty and may grow while it waits."""


@transaction.atomic
def ask_penalty(
    number: int, key: str, *, why: str, actor: User, now_ms: int
) -> Approval | ApprovalRefusal | Refused:
    """Ask that the penalty of a confirmed theft is charged; the same `key` is the same request."""
    case = locked_theft(number)
    if case is None:
        return Refused(Why.UNKNOWN_CASE, str(number))
    named = f"{PENALTY_ACT}:{key}"
    if (known := Approval.objects.filter(key=named).first()) is not None:
        return known if known.subject == subject_of(number) else ApprovalRefusal.EXISTS_WITH_DIFFERENT
    if fault := _fault(case):
        return Refused(fault, str(number))
    factors = factors_of(case)
    if isinstance(factors, Refused):
        return factors
    content = factors.content(case)
    return ask(
        PENALTY_ACT, content, subject=subject_of(number), why=why, actor=actor, now_ms=now_ms, key=named
    )


def locked_theft(number: int) -> Case | None:
    """Lock a theft's case."""
    case = locked_case(number)
    return case if case and case.kind == Case.Kind.THEFT else None


def _fault(case: Case) -> Why | None:
    if case.state == Case.State.CLOSED:
        return Why.NOT_OPEN
    if penalty_laid(case.pk) is not None:
        return Why.CHARGED_BEFORE
    waits = any(one.state == Approval.State.WAITING for one in requests_of(case.pk))
    return Why.ASKED_BEFORE if waits else None


def _carry_out(content: Content, approved: Approved) -> str:
    """Charge it: as owed by those who lived there, whoever lives there now and whatever became of the account."""
    case = locked_theft(content["case"])
    if case is None or case.state == Case.State.CLOSED:
        return str(refusal_words(Refused(Why.NOT_OPEN)))
    factors = factors_of(case)
    if isinstance(factors, Refused):
        return str(refusal_words(factors))
    if _signed_part(factors.content(case)) != _signed_part(content):
        return str(refusal_words(Refused(Why.OTHER_FACTORS)))
    done = lay_penalty(_penalty(factors, content), approved)
    return debt_words(done) if isinstance(done, DebtRefused) else ""


def _signed_part(content: Content) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name not in BESIDE}


def _penalty(factors: Factors, content: Content) -> Penalty:
    return Penalty(
        case=content["case"],
        account=factors.account,
        names=content["names"],
        energy_wh=content["energy_wh"],
        micro_yuan_per_kwh=content["micro_yuan_per_kwh"],
        amount_fen=content["fen"],
    )


def _barred(content: Content) -> list[int]:
    """Who judged it on site does not sign for it."""
    case = Case.objects.filter(pk=content["case"]).first()
    step = finding_of(case) if case else None
    return [step.by_id] if step and step.by_id else []


def register_act() -> None:
    """Make the act known when the app starts."""
    register(
        Act(
            code=PENALTY_ACT,
            title=gettext_lazy("Penalty for stolen power"),
            roles=ASK_PENALTIES,
            chain=(Step((Role.DIRECTOR,)), Step((Role.VP_NETWORK,))),
            show=factor_tables,
            carry_out=_carry_out,
            address=lambda content: reverse("losses:theft", args=[content["case"]]),
            about=lambda content: content["room"],
            barred=_barred,
            copies=(Role.CASHIER, Role.STUDENTS, Role.SECURITY),
        )
    )
