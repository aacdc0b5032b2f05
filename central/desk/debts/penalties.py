"""Lay a signed penalty on a room's occupants, change it after an appeal, pay back what had been paid too much (R-4.2.4).

approved      penalty owed    -> income of penalties       never takings of energy, never the gateway's balance
paid          money           -> penalty owed              `paying.pay_debt`, with a receipt
reduced       income          -> penalty owed, as far as it is unpaid
              income          -> written off before, as far as that is undone
              income          -> owed back, as far as it was paid
paid back     owed back       -> the shift's drawer
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Sum

from central.campus.models import Account
from central.desk.debts.models import DebtPayment
from central.desk.debts.penalty_models import DebtPenalty, PenaltyChange, PenaltyPaidBack
from central.desk.debts.refusals import DebtRefusal as Why
from central.desk.debts.refusals import Refused
from central.desk.refusals import DeskRefusal
from central.desk.refusals import Refused as DeskRefused
from central.desk.shifts import locked_shift_of, record_cash_out
from central.ledger import chart_of_accounts as chart
from central.ledger.operations import Draft, book_new, record_audit
from central.ledger.queries import balance
from central.link.outbox import lock_gateway_or_building
from central.office.acts import Approved
from central.office.models import User
from gateway.contract.quantities import MICRO_YUAN_PER_FEN

LAID, REVERSED, BACK = "penalty", "penalty-reversed", "pay-out"


@dataclass(frozen=True, slots=True)
class Penalty:
    """What is laid on whom: the case, the account of the discovery, who lived there, the energy, its price and the sum in fen."""

    case: int
    account: Account
    names: str
    energy_wh: int
    micro_yuan_per_kwh: int
    amount_fen: int


def lay_penalty(asked: Penalty, approved: Approved) -> DebtPenalty | Refused:
    """Book an approved penalty as owed, inside the last signature's transaction; one for each case."""
    lock_gateway_or_building(asked.account.point.room.building_id)
    if DebtPenalty.objects.filter(case=asked.case).exists():
        return Refused(Why.EXISTS_WITH_DIFFERENT, str(asked.case))
    if asked.amount_fen <= 0:
        return Refused(Why.NOT_POSITIVE)
    done = DebtPenalty.objects.create(
        approval=approved.number,
        account=asked.account,
        case=asked.case,
        names=asked.names[:200],
        energy_wh=asked.energy_wh,
        micro_yuan_per_kwh=asked.micro_yuan_per_kwh,
        amount_fen=asked.amount_fen,
        at_ms=approved.now_ms,
    )
    owed, number = chart.penalty_owed(done.case), str(approved.number)
    amount = done.amount_fen * MICRO_YUAN_PER_FEN
    note = f"case {done.case}: {done.names}"
    draft = Draft(
        f"{LAID}:{number}", owed, chart.penalties(), amount, LAID, approved.now_ms, number, note[:200]
    )
    book_new([draft], approved.now_ms)
    detail = f"case {done.case}: {done.energy_wh} Wh, {done.amount_fen} fen, approval {number}"
    _on_record(approved.asked_by, "lay-penalty", done, detail, approved.now_ms)
    return done


def change_penalty(
    penalty: DebtPenalty, energy_wh: int, amount_fen: int, approved: Approved
) -> PenaltyChange | Refused:
    """Leave so much of a penalty after an appeal, in the last signature's transaction, once. What was paid above is owed back."""
    lock_gateway_or_building(penalty.account.point.room.building_id)
    if PenaltyChange.objects.filter(penalty=penalty).exists():
        return Refused(Why.EXISTS_WITH_DIFFERENT, str(penalty.case))
    if not 0 <= amount_fen < penalty.amount_fen:
        return Refused(Why.MORE_THAN_OWED, str(penalty.amount_fen))
    off_fen = penalty.amount_fen - amount_fen
    back_fen = max(0, paid_fen(penalty) - amount_fen)
    forgiven_fen = min(due_fen(penalty), off_fen - back_fen)
    change = PenaltyChange.objects.create(
        approval=approved.number,
        penalty=penalty,
        energy_wh=energy_wh,
        amount_fen=amount_fen,
        back_fen=back_fen,
        why=approved.why[:300],
        at_ms=approved.now_ms,
    )
    parts = {
        chart.penalty_owed(penalty.case): forgiven_fen,
        chart.bad_debts(): off_fen - back_fen - forgiven_fen,
        chart.penalty_back(penalty.case): back_fen,
    }
    book_new([_reversed(change, side, fen) for side, fen in parts.items() if fen > 0], approved.now_ms)
    detail = f"case {penalty.case}: {amount_fen} of {penalty.amount_fen} fen stand, {back_fen} fen owed back"
    _on_record(approved.asked_by, "change-penalty", penalty, detail, approved.now_ms)
    return change


def _reversed(change: PenaltyChange, side: chart.Side, fen: int) -> Draft:
    name = f"{REVERSED}:{change.approval}:{side.code.partition(':')[0]}"
    amount, number = fen * MICRO_YUAN_PER_FEN, str(change.approval)
    return Draft(name, chart.penalties(), side, amount, REVERSED, change.at_ms, number, change.why[:200])


@transaction.atomic
def pay_penalty_back(case: int, cashier: User, *, now_ms: int) -> PenaltyPaidBack | Refused | DeskRefused:
    """Count out what is owed back of a penalty, from the drawer of the cashier's open shift; once, by one person."""
    shift = locked_shift_of(cashier)
    found = PenaltyChange.objects.select_related("penalty__account__point__room").filter(penalty__case=case)
    change = found.first()
    if change is None or change.back_fen <= 0:
        return Refused(Why.NOTHING_OWED, str(case))
    lock_gateway_or_building(change.penalty.account.point.room.building_id)
    if (done := PenaltyPaidBack.objects.filter(change=change).first()) is not None:
        return done if done.by_id == cashier.pk else Refused(Why.NOTHING_OWED, str(case))
    if shift is None:
        return DeskRefused(DeskRefusal.NO_SHIFT)
    done = PenaltyPaidBack.objects.create(change=change, amount_fen=change.back_fen, by=cashier, at_ms=now_ms)
    name, amount = f"penalty-back-{case}", change.back_fen * MICRO_YUAN_PER_FEN
    record_cash_out(shift, name, change.penalty.account_id, change.back_fen, now_ms)
    side, drawer = chart.penalty_back(case), chart.cash(shift.drawer)
    book_new([Draft(f"{BACK}:{name}", side, drawer, amount, BACK, now_ms, name)], now_ms)
    _on_record(cashier, "pay-penalty-back", change.penalty, f"case {case}: {change.back_fen} fen", now_ms)
    return done


def paid_fen(penalty: DebtPenalty) -> int:
    """Give what was paid of a penalty, in fen."""
    rows = DebtPayment.objects.filter(penalty=penalty)
    return rows.aggregate(sum=Sum("payment__amount_fen"))["sum"] or 0


def due_fen(penalty: DebtPenalty) -> int:
    """Give what is still owed of a penalty, in fen."""
    return balance(chart.penalty_owed(penalty.case)) // MICRO_YUAN_PER_FEN


def _on_record(by: User, action: str, penalty: DebtPenalty, detail: str, now_ms: int) -> None:
    record_audit(
        actor=by.get_username(),
        action=action,
        subject=penalty.account.code,
        detail=detail[:300],
        now_ms=now_ms,
    )
