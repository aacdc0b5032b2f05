"""Duty meals: one for each shift worked, at the price of its day; the canteen's bill is checked against it (R-4.1.1a)."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.desk.desk_settings import meal_fen_at
from central.desk.shift_models import Shift
from central.domain.paper import Column, Kind, Paper, Row, Table
from central.domain.periods import Period, PeriodKind
from central.office.models import User
from central.office.roles import SEE_MONEY
from central.papers.accounting import instants_of
from central.papers.catalogue import Report
from central.papers.words import period_words
from gateway.contract.quantities import MICRO_YUAN_PER_FEN


def build(period: Period) -> Paper:
    """List who worked how many shifts, and what their meals cost."""
    from_ms, until_ms = instants_of(period)
    columns = [
        Column("who", _("Cashier"), width=20),
        Column("days", _("Days"), Kind.COUNT, 10),
        Column("meals", _("Meals"), Kind.COUNT, 10, summed=True),
        Column("amount", _("Amount"), Kind.YUAN, 14, summed=True),
    ]
    return Paper(
        code="duty-meals",
        document="",
        title=_("Duty meals of the card room"),
        period=period_words(period),
        from_ms=from_ms,
        until_ms=until_ms,
        tables=[Table("", columns, _rows(period))],
        recipients=[_("Card room"), _("Finance office")],
        signatures=[_("Drawn up by"), _("Checked by")],
        notes=[_("One meal for each shift worked, at the price of its day.")],
    )


def _rows(period: Period) -> list[Row]:
    by_person: dict[User, list[Shift]] = {}
    shifts = Shift.objects.filter(day__gte=period.first, day__lte=period.last).select_related("cashier")
    for shift in shifts.order_by("cashier__username", "number"):
        by_person.setdefault(shift.cashier, []).append(shift)
    return [_row(person, worked) for person, worked in by_person.items()]


def _row(person: User, worked: list[Shift]) -> Row:
    cost_fen = sum(meal_fen_at(shift.opened_ms) for shift in worked)
    days = len({shift.day for shift in worked})
    return Row([person.spoken_name, days, len(worked), cost_fen * MICRO_YUAN_PER_FEN])


DUTY_MEALS = Report(
    code="duty-meals",
    title=gettext_lazy("Duty meals of the card room"),
    about=gettext_lazy("Meals of the shifts worked, by person."),
    periods=(PeriodKind.MONTH, PeriodKind.ACCOUNTING),
    roles=SEE_MONEY,
    build=build,
)
