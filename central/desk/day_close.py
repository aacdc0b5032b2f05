"""The day's close (R-4.1.7): all shifts ended, payments, receipts, cash and books tied, the totals kept for good, numbered.

A shift that begins after a day was closed is booked on the next one; so what comes late is late, with both dates.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

from django.db import transaction
from django.db.models import Max, Min, Sum

from central.clock import campus_day
from central.desk.day_models import DayClose
from central.desk.models import Payment, Receipt
from central.desk.numbering import DAYS, SHIFTS, locked_series, next_number
from central.desk.print_models import ReceiptVoid
from central.desk.refusals import ShiftRefusal
from central.desk.shift_models import CashDifference, CashOut, Shift, ShiftEnd
from central.desk.taken import sums_taken, voided_by
from central.domain.day_totals import Taken, TieOut, Totals, tally
from central.ledger.models import Transfer
from central.ledger.operations import record_audit
from central.office.models import User
from gateway.contract.quantities import MICRO_YUAN_PER_FEN


@dataclass(frozen=True, slots=True)
class Day:
    """A day as it stands: its totals, the tie with receipts and cash, its receipts, its shifts."""

    day: date
    tie: TieOut
    first_receipt: int | None
    last_receipt: int | None
    shifts: int
    open_shifts: int

    @property
    def totals(self) -> Totals:
        """The day's sums."""
        return self.tie.totals


@dataclass(frozen=True, slots=True)
class _Receipts:
    """A day's receipts."""

    fen: int = 0
    first: int | None = None
    last: int | None = None


def days_as_they_stand(days: Sequence[date]) -> list[Day]:
    """Sum what was booked on each of these days, from payments, receipts, counts and the ledger, each by itself.

    Payments and receipts, which are thousands a day, are looked through once for all of the days.
    """
    rows = Receipt.objects.filter(shift__day__in=days).order_by().values_list("shift__day")
    summed = rows.annotate(Sum("amount_fen"), Min("number"), Max("number"))
    receipts = {day: _Receipts(*found) for day, *found in summed}
    taken: dict[date | None, list[Taken]] = {}
    for day, one in sums_taken(Payment.objects.filter(shift__day__in=days)):
        taken.setdefault(day, []).append(one)
    return [_day(day, taken.get(day, []), receipts.get(day, _Receipts())) for day in days]


def day_as_it_stands(day: date) -> Day:
    """Sum what was booked on a day."""
    return days_as_they_stand([day])[0]


def _day(day: date, paid: list[Taken], receipts: _Receipts) -> Day:
    voids = voided_by(ReceiptVoid.objects.filter(shift__day=day))
    voided = Receipt.objects.filter(void__shift__day=day)
    ends = ShiftEnd.objects.filter(shift__day=day)
    named = CashDifference.objects.filter(day=day, where=CashDifference.Where.ENDING)
    totals = tally(
        [*paid, *(one.taken for one in voids)],
        paid_out=_sum(CashOut.objects.filter(shift__day=day), "amount_fen"),
        difference=_sum(named, "amount_fen"),
    )
    floats = _sum(Shift.objects.filter(end__isnull=False, day=day), "float_fen")
    tie = TieOut(
        totals=totals,
        receipts_fen=receipts.fen - _sum(voided, "amount_fen"),
        moved_fen=_moved_by_ledger(ends),
        float_change_fen=_sum(ends, "left_fen") - floats,
    )
    shifts = Shift.objects.filter(day=day)
    return Day(
        day, tie, receipts.first, receipts.last, shifts.count(), shifts.filter(end__isnull=True).count()
    )


def _sum(rows, field: str) -> int:
    return rows.aggregate(sum=Sum(field))["sum"] or 0


def _moved_by_ledger(ends) -> int:
    """Give what went to the safe by the books, not by the counts."""
    ids = [f"to-safe:{number}" for number in ends.values_list("pk", flat=True)]
    return _sum(Transfer.objects.filter(pk__in=ids), "amount") // MICRO_YUAN_PER_FEN


@transaction.atomic
def close_day(day: date, by: User, *, now_ms: int) -> DayClose | ShiftRefusal:
    """Close a day for good: after its last shift ended, days in order. Refused while it does not tie."""
    locked_series(SHIFTS)
    series = locked_series(DAYS)
    stands = day_as_it_stands(day)
    if refusal := refusal_for(stands, now_ms):
        return refusal
    tie, totals = stands.tie, asdict(stands.totals)
    closed = DayClose.objects.create(
        number=next_number(series),
        day=day,
        closed_ms=now_ms,
        closed_by=by,
        shifts=stands.shifts,
        first_receipt=stands.first_receipt,
        last_receipt=stands.last_receipt,
        moved_fen=tie.moved_fen,
        float_change_fen=tie.float_change_fen,
        **totals,
    )
    detail = f"close {closed.number}: {tie.totals.receipts} receipts, {tie.totals.total} fen, to the safe {tie.moved_fen} fen"
    record_audit(
        actor=by.get_username(), action="close-day", subject=day.isoformat(), detail=detail, now_ms=now_ms
    )
    return closed


def refusal_for(stands: Day, now_ms: int) -> ShiftRefusal | None:
    """Say why a day can't be closed; None when it can."""
    if DayClose.objects.filter(day=stands.day).exists():
        return ShiftRefusal.DAY_CLOSED
    if DayClose.objects.filter(day__gt=stands.day).exists() or not stands.shifts:
        return ShiftRefusal.NOTHING_THAT_DAY
    if stands.day > campus_day(now_ms):
        return ShiftRefusal.DAY_NOT_COME
    if stands.open_shifts:
        return ShiftRefusal.SHIFT_OPEN
    if open_days(before=stands.day):
        return ShiftRefusal.EARLIER_DAY_OPEN
    return ShiftRefusal.DOES_NOT_TIE if stands.tie.mistakes() else None


def open_days(*, since: date | None = None, before: date | None = None) -> list[date]:
    """List the days with shifts that are not closed, the first first."""
    days = Shift.objects.exclude(day__in=DayClose.objects.values("day"))
    if since is not None:
        days = days.filter(day__gte=since)
    if before is not None:
        days = days.filter(day__lt=before)
    return sorted(set(days.values_list("day", flat=True)))
