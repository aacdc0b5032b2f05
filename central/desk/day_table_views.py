"""The desk's month and year tables (R-4.1.7): what was taken by day or by month, each figure a door to what it is made of."""

from datetime import date
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from central import clock
from central.desk.day_sums import cash_table, closes_in, is_of_whole_days, open_days_in, takings_table
from central.domain.periods import (
    NotAPeriod,
    Period,
    PeriodKind,
    accounting_period_of,
    day_before,
    month_period,
    read_period,
    year_period,
)
from central.office.access import roles
from central.office.page_table import page_tables
from central.office.roles import SEE_MONEY
from central.papers.accounting import first_days
from central.papers.catalogue import page_of
from central.papers.words import KIND_WORDS, period_words

KINDS = (PeriodKind.MONTH, PeriodKind.ACCOUNTING, PeriodKind.YEAR)


@roles(*SEE_MONEY)
@require_safe
def day_table(request: HttpRequest) -> HttpResponse:
    """Show a calendar month or an accounting period by its days, or a year by its months; this month unless asked."""
    period = _asked(request)
    address_of = _doors(period)
    tables = [takings_table(period, address_of)]
    if is_of_whole_days(period):
        tables.append(cash_table(period, address_of))
    context = {
        "period": period,
        "words": period_words(period),
        "kinds": [
            (_address(_containing(kind, period.last)), KIND_WORDS[kind], kind == period.kind)
            for kind in KINDS
        ],
        "before": _address(_containing(period.kind, day_before(period))),
        "after": _address(_containing(period.kind, period.after)),
        "open_days": open_days_in(period),
        "tables": page_tables(tables),
        "report": report_address(period),
    }
    return render(request, "desk/day_table.html", context)


def _asked(request: HttpRequest) -> Period:
    name = request.GET.get("period", "")
    try:
        period = read_period(name, first_days) if name else None
    except NotAPeriod:
        messages.error(request, _("That is no period. Here is this month."))
        period = None
    if period is None or period.kind not in KINDS:
        return _containing(PeriodKind.MONTH, clock.campus_day(clock.now_ms()))
    return period


def _containing(kind: PeriodKind, day: date) -> Period:
    match kind:
        case PeriodKind.YEAR:
            return year_period(day.year)
        case PeriodKind.ACCOUNTING:
            return accounting_period_of(day, first_days)
        case _:
            return month_period(day.year, day.month)


def _address(period: Period) -> str:
    return f"{reverse('desk:day-table')}?{urlencode({'period': period.name})}"


def report_address(period: Period) -> str:
    """Give the page of the report of takings for a period: its receipts, and the files to print."""
    return page_of("takings", period.name)


def _doors(period: Period):
    """Months lead to their own table, closed days to their close, other days to their sheet by receipt."""
    closed = dict(closes_in(period).values_list("day", "number"))

    def door(part: Period) -> str:
        if part.kind is not PeriodKind.DAY:
            return _address(part)
        if part.first in closed:
            return reverse("desk:day", args=[closed[part.first]])
        return report_address(part)

    return door
