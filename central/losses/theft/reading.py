"""A theft's whole story as plain data: for its page, its evidence and the list. Money only for who may see it."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from central.desk.debts.models import DebtWriteOff
from central.desk.debts.penalties import due_fen, paid_fen
from central.desk.debts.penalty_models import DebtPenalty
from central.desk.models import Payment
from central.domain.theft_clock import Clock, clock_of
from central.losses.case_models import Case, CaseStep
from central.losses.theft import facts as f
from central.losses.theft.ending import PENALTY_ACT, last_day_of_appeal, penalty_laid, requests_of
from central.losses.theft.models import TheftAppeal
from central.losses.theft.notices import Told, told_of
from central.office.dated_settings import Where, number_at
from central.office.models import Approval


@dataclass(frozen=True, slots=True)
class Money:
    """A penalty's money: what was charged, paid by which payments, changed, written off; what is owed now."""

    penalty: DebtPenalty
    paid: tuple[Payment, ...]
    paid_fen: int
    due_fen: int
    written_off: tuple[DebtWriteOff, ...]
    appeal_until: str

    @property
    def change(self) -> Any:
        """What an appeal left of it; None where none did."""
        return getattr(self.penalty, "change", None)

    @property
    def is_owed_back(self) -> bool:
        """Whether what was paid too much has not been counted out."""
        change = self.change
        return change is not None and change.back_fen > 0 and not hasattr(change, "paid_back")


@dataclass(frozen=True, slots=True)
class Theft:
    """One case."""

    case: Case
    steps: tuple[CaseStep, ...]
    clock: Clock
    minutes: int
    told: tuple[Told, ...]
    requests: tuple[Approval, ...] = ()
    money: Money | None = None
    appeal: TheftAppeal | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    """Of the report."""

    @property
    def opened(self) -> CaseStep:
        """The report."""
        return next(step for step in self.steps if step.kind == CaseStep.Kind.OPENED)

    @property
    def finding(self) -> CaseStep | None:
        """The last finding."""
        found = [step for step in self.steps if step.kind == CaseStep.Kind.FOUND]
        return found[-1] if found else None

    @property
    def penalty_request(self) -> Approval | None:
        """The request that the penalty stands on, or the last one."""
        asked = [one for one in self.requests if one.act == PENALTY_ACT]
        approved = [one for one in asked if one.state == Approval.State.APPROVED]
        return (approved or asked or [None])[-1]

    @property
    def appeal_end(self) -> Any:
        """The appeal's decision; None while there is none."""
        return getattr(self.appeal, "end", None)


def clock_of_case(case: Case, now_ms: int) -> Clock:
    """Give how the electrician's minutes stand; a case that ended without an arrival stands still at its end."""
    steps = [step for step in case.steps.all() if step.kind in (CaseStep.Kind.ARRIVED, CaseStep.Kind.FOUND)]
    arrived_ms = min((step.at_ms for step in steps), default=None)
    if arrived_ms is None:
        arrived_ms = case.closed_ms
    return clock_of(case.opened_ms, minutes_of(case), arrived_ms, now_ms)


def minutes_of(case: Case) -> int:
    """Give the minutes that the setting of the report's instant allows."""
    return number_at("theft.arrival", case.opened_ms, Where(building=case.building.code))


def read_theft(case: Case, now_ms: int) -> Theft:
    """Read a case with all that belongs to it."""
    steps = tuple(case.steps.all())
    opened = next(step for step in steps if step.kind == CaseStep.Kind.OPENED)
    penalty = penalty_laid(case.pk)
    return Theft(
        case=case,
        steps=steps,
        clock=clock_of_case(case, now_ms),
        minutes=minutes_of(case),
        told=tuple(told_of(case)),
        requests=tuple(requests_of(case.pk)),
        money=_money(penalty) if penalty else None,
        appeal=TheftAppeal.objects.select_related("end", "by").filter(case=case).first(),
        facts=opened.facts,
    )


def _money(penalty: DebtPenalty) -> Money:
    paid = (
        Payment.objects.filter(debt__penalty=penalty).select_related("receipt", "cashier").order_by("at_ms")
    )
    return Money(
        penalty=penalty,
        paid=tuple(paid),
        paid_fen=paid_fen(penalty),
        due_fen=due_fen(penalty),
        written_off=tuple(DebtWriteOff.objects.filter(penalty=penalty).order_by("at_ms")),
        appeal_until=last_day_of_appeal(penalty).isoformat(),
    )


def seen_words(facts: dict[str, Any]) -> str:
    """Say what the reporter saw."""
    return str(f.SEEN_WORDS.get(facts.get(f.SEEN, ""), ""))


def finding_lines(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """Give what is known of a finding, as names and words."""
    said = [
        (_("What it is"), str(f.VERDICT_WORDS.get(facts.get(f.VERDICT, ""), ""))),
        (_("Room it leads to"), facts.get("room", "")),
        (_("Device"), facts.get(f.DEVICE, "")),
        (_("Cable"), facts.get(f.CABLE, "")),
        (_("Measured current, A"), f"{facts[f.CURRENT_MA] / 1000:.3f}" if f.CURRENT_MA in facts else ""),
        (_("Believed to run for, days"), str(facts.get(f.DAYS, ""))),
        (_("Hours a day"), _hours(facts)),
        (_("Meter's seal"), str(f.SEAL_WORDS.get(facts.get(f.SEAL, ""), ""))),
    ]
    return [(name, words) for name, words in said if words]


def _hours(facts: dict[str, Any]) -> str:
    if f.MOST_HOURS not in facts:
        return ""
    return f"{facts.get(f.LEAST_HOURS, 0)} – {facts[f.MOST_HOURS]}"
