"""Prove that counts, drawers and closed days say what payments and ledger say (R-4.1.7, R-4.1.8)."""

from django.db.models import Sum

from central.desk.day_close import day_as_it_stands
from central.desk.day_models import DayClose
from central.desk.hand_in_verification import verify_hand_ins
from central.desk.models import Payment
from central.desk.shift_models import CashDifference, Drawer, ShiftEnd
from central.desk.shifts import drawer_tie
from central.ledger import chart_of_accounts as chart
from central.ledger.models import Transfer
from central.ledger.queries import balances
from central.ledger.verification import Check
from gateway.contract.quantities import MICRO_YUAN_PER_FEN


def verify_shifts() -> list[Check]:
    """Check ended shifts against their payments, drawers and differences against the ledger, closed days against their shifts, and
    what was handed in against all of these.
    """
    return [_ends(), _drawers(), _differences(), _days(), *verify_hand_ins()]


def _ends() -> Check:
    ends = ShiftEnd.objects.select_related("shift").order_by("pk")
    seen = f"{len(ends)} ended shifts"
    for end in ends:
        tie = drawer_tie(end.shift, end.counted_fen, end.left_fen)
        if (tie.taken_fen, tie.paid_out_fen, tie.expected_fen) != (
            end.taken_fen,
            end.paid_out_fen,
            end.expected_fen,
        ):
            return Check("shifts", seen, f"shift {end.pk}: its count was made against other payments")
    return Check("shifts", seen)


def _drawers() -> Check:
    """Leave out the main drawer when cash was taken before there were shifts: that lies on its account, too."""
    drawers = list(Drawer.objects.select_related("open_shift").order_by("name"))
    held = balances(chart.cash(drawer.name) for drawer in drawers)
    before = Payment.objects.filter(shift=None).aggregate(sum=Sum("amount_fen"))["sum"] or 0
    seen = f"{len(drawers)} drawers"
    for drawer in drawers:
        said = drawer_tie(drawer.open_shift, 0).expected_fen if drawer.open_shift else drawer.left_fen
        booked = held.get(chart.cash(drawer.name).code, 0)
        has_older = before > 0 and chart.cash(drawer.name) == chart.cash()
        if booked != said * MICRO_YUAN_PER_FEN and not has_older:
            return Check(
                "drawers", seen, f"{drawer.name}: {said} fen by its shifts, {booked} micro-yuan booked"
            )
    return Check("drawers", seen)


def _differences() -> Check:
    """The account of what waits holds the differences that nobody approved and whose batch was not sent back."""
    named = CashDifference.objects.filter(needs_approval=True, approved=None)
    back = set(
        Transfer.objects.filter(id__endswith=":back", kind="cash-difference").values_list(
            "reference", flat=True
        )
    )
    waiting = [one.amount_fen for one in named if one.pk not in back]
    seen = f"{len(waiting)} wait for signatures"
    side = chart.difference_waiting()
    booked = balances([side]).get(side.code, 0)
    wanted = -sum(waiting) * MICRO_YUAN_PER_FEN
    fault = f"they make {wanted} micro-yuan, {booked} are booked" if booked != wanted else ""
    return Check("cash differences", seen, fault)


def _days() -> Check:
    closes = DayClose.objects.order_by("number")
    seen = f"{len(closes)} closed days"
    for closed in closes:
        stands = day_as_it_stands(closed.day)
        same = (
            stands.totals.total == closed.totals.total
            and stands.totals.receipts == closed.receipts
            and stands.totals.card == closed.card
            and stands.totals.voids == closed.voids
            and stands.tie.moved_fen == closed.moved_fen
        )
        if not same or stands.tie.mistakes():
            return Check(
                "closed days", seen, f"{closed.day}: its payments or counts are no longer those closed"
            )
    return Check("closed days", seen)
