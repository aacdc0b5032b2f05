"""Prove that each penalty was booked as it was signed, and that what is owed of it and owed back is what the entries say."""

from django.db.models import Sum

from central.desk.debts.models import DebtWriteOff
from central.desk.debts.penalties import LAID, REVERSED, paid_fen
from central.desk.debts.penalty_models import DebtPenalty, PenaltyChange
from central.ledger import chart_of_accounts as chart
from central.ledger.models import Transfer
from central.ledger.queries import balances
from central.ledger.verification import Check
from gateway.contract.quantities import MICRO_YUAN_PER_FEN

NAME = "penalties"


def verify_penalties() -> list[Check]:
    """Check penalties and what appeals left of them against the ledger."""
    found = list(DebtPenalty.objects.select_related("change__paid_back").order_by("approval"))
    laid = dict(Transfer.objects.filter(kind=LAID).values_list("reference", "amount"))
    rows = Transfer.objects.filter(kind=REVERSED).values_list("reference", "credit", "amount")
    reversed_of: dict[str, dict[str, int]] = {}
    for reference, credit, amount in rows:
        reversed_of.setdefault(reference, {})[credit] = amount
    held = balances(
        side for one in found for side in (chart.penalty_owed(one.case), chart.penalty_back(one.case))
    )
    seen = f"{len(found)} penalties"
    for one in found:
        change = getattr(one, "change", None)
        off = reversed_of.pop(str(change.approval), {}) if change else {}
        if fault := _fault(one, change, laid.pop(str(one.approval), None), off, held):
            return [Check(NAME, seen, f"case {one.case}: {fault}")]
    strange = next(iter([*laid, *reversed_of]), None)
    return [Check(NAME, seen, f"transfers of approval {strange} have no penalty" if strange else "")]


def _fault(
    one: DebtPenalty,
    change: PenaltyChange | None,
    booked: int | None,
    off: dict[str, int],
    held: dict[str, int],
) -> str:
    if booked != one.amount_fen * MICRO_YUAN_PER_FEN:
        return "its transfer is missing or differs"
    owed, back = chart.penalty_owed(one.case).code, chart.penalty_back(one.case).code
    off_fen = one.amount_fen - change.amount_fen if change else 0
    if sum(off.values()) != off_fen * MICRO_YUAN_PER_FEN:
        return "its change and the transfers differ"
    written = DebtWriteOff.objects.filter(penalty=one).aggregate(sum=Sum("amount_fen"))["sum"] or 0
    left_fen = one.amount_fen - paid_fen(one) - written
    if held.get(owed, 0) != left_fen * MICRO_YUAN_PER_FEN - off.get(owed, 0):
        return "the ledger holds another sum as owed"
    back_fen = change.back_fen if change and not hasattr(change, "paid_back") else 0
    if held.get(back, 0) != back_fen * MICRO_YUAN_PER_FEN:
        return "the ledger holds another sum as owed back"
    return ""
