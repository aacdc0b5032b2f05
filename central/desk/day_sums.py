"""Days make months, months make years (R-4.1.7): one way of summing for the desk's pages and the printed report, so that they tie.

A payment belongs to the day its shift is booked on: what came after a day's close stands on the next one. A closed day keeps the
totals it was closed with; a day that is not closed is summed as it stands, and named.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from central.clock import campus_day, start_of_day_ms
from central.desk.day_close import open_days
from central.desk.day_models import DayClose
from central.desk.day_tables import item_cells, item_columns
from central.desk.models import Payment
from central.desk.print_models import ReceiptVoid
from central.desk.taken import sums_taken, taken_by, voided_by
from central.domain.day_totals import Taken, Totals, sum_of, tally
from central.domain.paper import Cell, Column, Kind, Row, Table
from central.domain.periods import Period, PeriodKind, day_period, days_of, months_of
from central.papers.accounting import instants_of
from gateway.contract.quantities import MICRO_YUAN_PER_FEN

AddressOf = Callable[[Period], str]
"""Gives the page that shows what a figure of a day or a month is made of."""


def payments_in(period: Period) -> QuerySet[Payment]:
    """Give the payments booked on the period's days; by their instant those from before there were shifts, and all of a period
    that ends within a day (R-4.1.9).
    """
    return Payment.objects.filter(_of(period)).order_by("at_ms", "payment_id")


def voids_in(period: Period) -> QuerySet[ReceiptVoid]:
    """Give the receipts made void on the period's days (R-4.1.5)."""
    return ReceiptVoid.objects.filter(_of(period)).order_by("at_ms", "receipt")


def _of(period: Period) -> Q:
    from_ms, until_ms = instants_of(period)
    by_instant = Q(at_ms__gte=from_ms, at_ms__lt=until_ms)
    if not is_of_whole_days(period):
        return by_instant
    of_shifts = Q(shift__day__gte=period.first, shift__day__lte=period.last)
    return of_shifts | (Q(shift=None) & by_instant)


def is_of_whole_days(period: Period) -> bool:
    """Say whether a period begins and ends at midnight: then whole booked days belong to it."""
    return instants_of(period) == (start_of_day_ms(period.first), start_of_day_ms(period.after))


def days_touched(period: Period) -> list[date]:
    """Give the days of a period, and the one on which it ends when it does so after midnight (R-4.1.9)."""
    _from_ms, until_ms = instants_of(period)
    ends_later = until_ms > start_of_day_ms(period.after)
    return [*days_of(period), *([period.after] if ends_later else [])]


def open_days_in(period: Period) -> list[date]:
    """List the days of a period that have shifts and are not closed: their figures may still grow."""
    days = days_touched(period)
    return open_days(since=days[0], before=days[-1] + timedelta(days=1))


def totals_by_day(period: Period) -> dict[date, Totals]:
    """Sum the period's payments by the day they are booked on; days without any are missing.

    A closed day keeps the totals it was closed with, whatever its customers' classes have become. A period that begins or ends
    within a day goes by the instants themselves.
    """
    by_booked_day = is_of_whole_days(period)
    closes = closes_in(period) if by_booked_day else ()
    sums = {one.day: one.totals for one in closes}
    taken: dict[date, list[Taken]] = {}
    payments, voids = (
        rows.exclude(shift__day__in=list(sums)) for rows in (payments_in(period), voids_in(period))
    )
    if by_booked_day:
        for day, summed in sums_taken(payments.exclude(shift=None)):
            taken.setdefault(day, []).append(summed)
        payments = payments.filter(shift=None)
    for one in (*taken_by(payments), *voided_by(voids)):
        day = one.day if by_booked_day and one.day else campus_day(one.at_ms)
        taken.setdefault(day, []).append(one.taken)
    for day, payments in taken.items():
        sums[day] = sums.get(day, Totals()) + tally(payments)
    return sums


def closes_in(period: Period) -> QuerySet[DayClose]:
    """Give the closed days of a period, in order."""
    return DayClose.objects.filter(day__gte=period.first, day__lte=period.last).order_by("day")


def takings_table(period: Period, address_of: AddressOf) -> Table:
    """Give a month by its days, or a year by its months; every figure leads to what it is made of, open days are named."""
    by_day, still_open = totals_by_day(period), set(open_days_in(period))
    columns = [
        _part_column(period),
        Column("state", _("Close"), width=9),
        Column("receipts", _("Receipts"), Kind.COUNT, 8, summed=True),
        Column("voids", _("Void receipts"), Kind.COUNT, 8, summed=True),
        *item_columns(),
    ]
    parts = _parts(period)
    closed = {one.day: one.number for one in closes_in(period)}
    return Table(
        "", columns, [_part_row(one, columns, by_day, still_open, closed, address_of) for one in parts]
    )


def _part_column(period: Period) -> Column:
    return Column("part", _("Month") if period.kind is PeriodKind.YEAR else _("Day"), width=10)


def _parts(period: Period) -> list[Period]:
    if period.kind is PeriodKind.YEAR:
        return months_of(period)
    return [day_period(day) for day in days_touched(period)]


def _part_row(
    part: Period,
    columns: list[Column],
    by_day: dict[date, Totals],
    still_open: set[date],
    closed: dict[date, int],
    address_of: AddressOf,
) -> Row:
    days = days_of(part)
    totals = sum_of(by_day[day] for day in days if day in by_day)
    cells: list[Cell] = [
        part_name(part),
        state_words(days, still_open, closed),
        totals.receipts,
        totals.voids,
        *item_cells(totals),
    ]
    is_empty = not (totals.receipts or totals.voids or still_open.intersection(days))
    leads = [] if is_empty else [column.key for column, cell in zip(columns, cells, strict=True) if cell]
    return Row(cells, dict.fromkeys(leads, address_of(part)))


def part_name(part: Period) -> str:
    """Write a day or a month as its row begins."""
    return part.name.partition(":")[2]


def state_words(days: Iterable[date], still_open: set[date], closed: dict[date, int]) -> str:
    """Say whether the days are closed; how many are not; nothing where the desk did not work."""
    days = list(days)
    waiting = sum(day in still_open for day in days)
    numbers = [closed[day] for day in days if day in closed]
    if waiting:
        return _("not closed") if len(days) == 1 else _("%(n)d not closed") % {"n": waiting}
    if not numbers:
        return ""
    return f"{numbers[0]}" if len(numbers) == 1 else f"{numbers[0]}–{numbers[-1]}"


def cash_table(period: Period, address_of: AddressOf) -> Table:
    """Give the closed days' cash: taken, less paid out, with its differences, makes what stayed and what went to the safe."""
    closes: dict[date, DayClose] = {one.day: one for one in closes_in(period)}
    columns = [
        _part_column(period),
        *(Column(key, title, Kind.YUAN, 11, summed=True) for key, title in _cash_titles()),
    ]
    rows = [
        _cash_row(part, [closes[day] for day in days_of(part) if day in closes], address_of)
        for part in _parts(period)
    ]
    return Table(_("Cash of the closed days"), columns, [row for row in rows if row is not None])


def _cash_titles() -> list[tuple[str, str]]:
    return [
        ("cash", _("Cash taken")),
        ("out", _("Paid out")),
        ("difference", _("Difference")),
        ("float", _("Change of the float")),
        ("safe", _("To the safe")),
    ]


def _cash_row(part: Period, closes: list[DayClose], address_of: AddressOf) -> Row | None:
    if not closes:
        return None
    totals = sum_of(one.totals for one in closes)
    amounts = (
        totals.cash,
        totals.paid_out,
        totals.difference,
        sum(one.float_change_fen for one in closes),
        sum(one.moved_fen for one in closes),
    )
    links = dict.fromkeys(("part", "safe"), address_of(part))
    return Row([part_name(part), *(fen * MICRO_YUAN_PER_FEN for fen in amounts)], links)
