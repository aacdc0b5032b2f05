"""Shifts: open with a float, hand over by a count that both confirm, end with a count by denomination (R-4.1.1a).

One transaction each. Locks in order: the numbers, the drawer, then what is booked. Whoever takes or pays cash in a drawer's shift
locks its row, so that nothing slips in between a count and its end.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Sum

from central.clock import campus_day, local
from central.desk.cash_differences import name_difference
from central.desk.day_models import DayClose
from central.desk.desk_settings import drawers_at, hours_at
from central.desk.models import Payment
from central.desk.numbering import SHIFTS, locked_series, next_number
from central.desk.refusals import ShiftRefusal
from central.desk.roster import duty_of
from central.desk.shift_models import DRAWER_LENGTH, CashDifference, CashOut, Drawer, Shift, ShiftEnd
from central.desk.stand_in import absent_cashier
from central.domain.cash_count import DrawerTie, NotACount, total_of
from central.domain.roster import is_open
from central.ledger import chart_of_accounts as chart
from central.ledger.operations import Draft, book_new, record_audit
from central.office.models import User
from central.office.people import roles_of
from central.office.roles import SELL
from central.prepared import Prepared
from gateway.contract.quantities import Fen, micro_yuan_from_fen

Where = CashDifference.Where


@dataclass(frozen=True, slots=True)
class Counted:
    """Cash that was counted: pieces by denomination (fen: number), or only a typed total."""

    total_fen: int
    pieces: Mapping[int, int] = field(default_factory=dict)

    def stored(self) -> dict[str, int]:
        """Give the pieces as they are kept."""
        return {str(fen): number for fen, number in self.pieces.items() if number}

    def holds(self) -> bool:
        """Say whether the pieces make the total."""
        try:
            return self.total_fen >= 0 and (not self.pieces or total_of(self.pieces) == self.total_fen)
        except NotACount:
            return False


@transaction.atomic
def open_shift(
    drawer_name: str, count: Counted, cashier: User, *, reason: str = "", now_ms: int
) -> Shift | ShiftRefusal:
    """Open a shift at a free drawer with the float that was counted in it.

    A float above what the shift before left is small change brought by finance; one below it is a named difference. Both want a
    reason. Outside the desk's hours or the roster it is opened all the same, and on record.
    """
    series = locked_series(SHIFTS)
    if drawer_name not in drawers_to_open(now_ms) or len(drawer_name) > DRAWER_LENGTH:
        return ShiftRefusal.UNKNOWN_DRAWER
    drawer, _made = Drawer.objects.select_for_update().get_or_create(name=drawer_name)
    if refusal := _opening_refusal(drawer, count, cashier, reason, now_ms):
        return refusal
    shift = _begin(drawer, next_number(series), count, cashier, reason, now_ms)
    _book_float(shift, now_ms)
    return shift


def drawers_to_open(now_ms: int) -> list[str]:
    """Name the drawers of now, and those given up in which cash still lies: it comes out by a shift's count, and no other way."""
    left = Drawer.objects.filter(left_fen__gt=0).order_by("name").values_list("name", flat=True)
    return list(dict.fromkeys([*drawers_at(now_ms), *left]))


def _opening_refusal(
    drawer: Drawer, count: Counted, cashier: User, reason: str, now_ms: int
) -> ShiftRefusal | None:
    if refusal := _may_begin(cashier, now_ms):
        return refusal
    if drawer.open_shift_id is not None:
        return ShiftRefusal.DRAWER_IN_USE
    if not count.holds():
        return ShiftRefusal.BAD_COUNT
    is_first_float = drawer.left_fen == 0
    if count.total_fen != drawer.left_fen and not is_first_float and not reason.strip():
        return ShiftRefusal.NO_REASON
    return None


def _may_begin(cashier: User, now_ms: int) -> ShiftRefusal | None:
    if roles_of(cashier, now_ms).isdisjoint(SELL):
        return ShiftRefusal.NOT_A_CASHIER
    return ShiftRefusal.HAS_SHIFT if open_shift_of(cashier) else None


def _begin(
    drawer: Drawer,
    number: int,
    count: Counted,
    cashier: User,
    reason: str,
    now_ms: int,
    follows: Shift | None = None,
) -> Shift:
    at, duty = local(now_ms), duty_of(campus_day(now_ms))
    shift = Shift.objects.create(
        number=number,
        drawer=drawer.name,
        cashier=cashier,
        stands_in_for=absent_cashier(cashier, now_ms),
        day=booking_day(now_ms),
        opened_ms=now_ms,
        float_fen=count.total_fen,
        pieces=count.stored(),
        float_change_fen=count.total_fen - drawer.left_fen,
        reason=reason.strip()[:200],
        follows=follows,
        outside_hours=not is_open(hours_at(now_ms), at.hour * 60 + at.minute),
        off_roster=bool(duty.people) and cashier.pk not in duty.people,
    )
    drawer.open_shift, drawer.left_fen = shift, 0
    drawer.save(update_fields=["open_shift", "left_fen"])
    detail = f"drawer {drawer.name}: float {count.total_fen} fen; {shift.reason}"
    _on_record(cashier, "open-shift", number, detail, now_ms)
    return shift


def booking_day(now_ms: int) -> date:
    """Give the day that a shift which begins now is booked on: today, or the first day after the last closed one."""
    today = campus_day(now_ms)
    last = DayClose.objects.order_by("-day").values_list("day", flat=True).first()
    return max(today, last + timedelta(days=1)) if last else today


def _book_float(shift: Shift, now_ms: int) -> None:
    change = shift.float_change_fen
    if change > 0:
        book_new(
            [
                Draft(
                    f"float:{shift.pk}",
                    chart.cash(shift.drawer),
                    chart.desk_float(),
                    micro_yuan_from_fen(Fen(change)),
                    "float",
                    now_ms,
                    str(shift.pk),
                    shift.reason,
                )
            ],
            now_ms,
        )
    elif change < 0:
        name_difference(
            Where.OPENING, change, shift.reason, shift=shift, day=shift.day, by=shift.cashier, now_ms=now_ms
        )


@transaction.atomic
def end_shift(
    number: int, count: Counted, left_fen: int, by: User, *, reason: str = "", now_ms: int
) -> ShiftEnd | ShiftRefusal:
    """End a shift by the count of its drawer: what is not left in it goes to the safe, a difference is named and booked.

    Another one than its cashier ends it only with a reason. Nothing of it can be changed afterwards.
    """
    drawer = _locked_drawer(number)
    if drawer is None:
        return ShiftRefusal.NOT_OPEN
    return _end(drawer, count, left_fen, by, reason, now_ms)


@transaction.atomic
def hand_over(
    number: int, count: Counted, following: User, by: User, *, reason: str = "", now_ms: int
) -> Shift | ShiftRefusal:
    """End a shift and begin the next one's at the same drawer with the same count: both have confirmed it. All cash stays in it."""
    series, drawer = locked_series(SHIFTS), _locked_drawer(number)
    if drawer is None:
        return ShiftRefusal.NOT_OPEN
    if following.pk in (by.pk, drawer.open_shift.cashier_id):
        return ShiftRefusal.SAME_PERSON
    if refusal := _may_begin(following, now_ms):
        return refusal
    before = drawer.open_shift
    ended = _end(drawer, count, count.total_fen, by, reason, now_ms)
    if isinstance(ended, ShiftRefusal):
        return ended
    return _begin(drawer, next_number(series), count, following, "", now_ms, before)


def _locked_drawer(number: int) -> Drawer | None:
    return Drawer.objects.select_for_update().filter(open_shift=number).first()


def _end(
    drawer: Drawer, count: Counted, left_fen: int, by: User, reason: str, now_ms: int
) -> ShiftEnd | ShiftRefusal:
    shift, reason = drawer.open_shift, reason.strip()[:200]
    tie = drawer_tie(shift, count.total_fen, left_fen)
    if not count.holds():
        return ShiftRefusal.BAD_COUNT
    if not 0 <= left_fen <= count.total_fen:
        return ShiftRefusal.LEFT_ABOVE_COUNTED
    if not reason and (tie.difference_fen or by.pk != shift.cashier_id):
        return ShiftRefusal.NO_REASON
    end = ShiftEnd.objects.create(
        shift=shift,
        ended_ms=now_ms,
        ended_by=by,
        pieces=count.stored(),
        counted_fen=count.total_fen,
        taken_fen=tie.taken_fen,
        paid_out_fen=tie.paid_out_fen,
        expected_fen=tie.expected_fen,
        left_fen=left_fen,
        receipts=shift.payments.count(),
        reason=reason,
    )
    drawer.open_shift, drawer.left_fen = None, left_fen
    drawer.save(update_fields=["open_shift", "left_fen"])
    _book_end(shift, tie, reason, by, now_ms)
    return end


def _book_end(shift: Shift, tie: DrawerTie, reason: str, by: User, now_ms: int) -> None:
    if tie.difference_fen:
        name_difference(
            Where.ENDING, tie.difference_fen, reason, shift=shift, day=shift.day, by=by, now_ms=now_ms
        )
    if tie.moved_fen:
        amount = micro_yuan_from_fen(Fen(tie.moved_fen))
        sides = chart.safe(), chart.cash(shift.drawer)
        book_new(
            [Draft(f"to-safe:{shift.pk}", *sides, amount, "to-safe", now_ms, str(shift.pk))],
            now_ms,
        )
    detail = f"counted {tie.counted_fen}, expected {tie.expected_fen}, left {tie.left_fen} fen; {reason}"
    _on_record(by, "end-shift", shift.pk, detail, now_ms)


def drawer_tie(shift: Shift, counted_fen: int, left_fen: int = 0) -> DrawerTie:
    """Tie a shift's drawer: its float, what was taken in cash (less void receipts) and paid out in it, against a count."""
    cash = Payment.Method.CASH
    taken = shift.payments.filter(method=cash).aggregate(sum=Sum("amount_fen"))["sum"] or 0
    voids = shift.voids.filter(receipt__payment__method=cash)
    taken -= voids.aggregate(sum=Sum("receipt__amount_fen"))["sum"] or 0
    paid_out = shift.cash_outs.aggregate(sum=Sum("amount_fen"))["sum"] or 0
    return DrawerTie(shift.float_fen, taken, paid_out, counted_fen, left_fen)


def open_shift_of(cashier: User) -> Shift | None:
    """Give a person's open shift."""
    return Shift.objects.filter(cashier=cashier, open_at__isnull=False).first()


_DRAWER_OF = Prepared(
    lambda cashier: (
        Drawer.objects.select_for_update(of=("self",))
        .filter(open_shift__cashier=cashier)
        .select_related("open_shift")
    ),
    int,
)


def locked_shift_of(cashier: User) -> Shift | None:
    """Give a person's open shift, and keep it open until the transaction ends; before the gateway's row is locked."""
    drawer = _DRAWER_OF.first(cashier.pk)
    return drawer.open_shift if drawer else None


def record_cash_out(shift: Shift, request_id: str, account_id: int, fen: int, now_ms: int) -> CashOut:
    """Keep that cash left a shift's drawer."""
    return CashOut.objects.create(
        request_id=request_id,
        account_id=account_id,
        shift=shift,
        cashier=shift.cashier,
        amount_fen=fen,
        at_ms=now_ms,
    )


def _on_record(by: User, action: str, number: int, detail: str, now_ms: int) -> None:
    record_audit(
        actor=by.get_username(), action=action, subject=f"shift {number}", detail=detail, now_ms=now_ms
    )
