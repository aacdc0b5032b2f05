"""The prices in force in a period: what is posted at the desk, and what a closed month was computed with (R-4.1.3, C-9)."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.campus.models import CustomerClass, Price
from central.clock import local
from central.domain.paper import Column, Kind, Paper, Row, Table
from central.domain.periods import Period, PeriodKind
from central.office.roles import SEE_REPORTS
from central.papers.accounting import instants_of
from central.papers.catalogue import Report
from central.papers.words import period_words


def build(period: Period) -> Paper:
    """List each class's prices that held in the period, with the instant from which each holds."""
    from_ms, until_ms = instants_of(period)
    columns = [
        Column("class", _("Class"), width=20),
        Column("group", _("Group"), width=14),
        Column("from", _("In force from"), width=16),
        Column("price", _("Price (yuan/kWh)"), Kind.PRICE, 14),
        Column("version", _("Version"), width=20),
    ]
    rows = [
        _row(customer_class, price)
        for customer_class in CustomerClass.objects.select_related("tariff")
        for price in _in_force(customer_class, from_ms, until_ms)
    ]
    return Paper(
        code="price-list",
        document="",
        title=_("Electricity prices"),
        period=period_words(period),
        from_ms=from_ms,
        until_ms=until_ms,
        tables=[Table("", columns, rows)],
        recipients=[_("Card room"), _("Finance office")],
        signatures=[_("Drawn up by"), _("Approved by")],
    )


def _in_force(customer_class: CustomerClass, from_ms: int, until_ms: int) -> list[Price]:
    """Give the prices that held at any instant of a span: the one at its beginning and those that began in it."""
    begun = list(customer_class.tariff.prices.filter(from_ms__lt=until_ms).order_by("from_ms"))
    held_before = [price for price in begun if price.from_ms <= from_ms]
    return held_before[-1:] + [price for price in begun if price.from_ms > from_ms]


def _row(customer_class: CustomerClass, price: Price) -> Row:
    since = local(price.from_ms).strftime("%Y-%m-%d %H:%M")
    group = str(customer_class.get_group_display())
    return Row([customer_class.name, group, since, price.micro_yuan_per_kwh, price.version])


PRICE_LIST = Report(
    code="price-list",
    title=gettext_lazy("Electricity prices"),
    about=gettext_lazy("The prices that held in a period, by class, each with its first instant."),
    periods=(PeriodKind.DAY, PeriodKind.MONTH, PeriodKind.ACCOUNTING, PeriodKind.YEAR),
    roles=SEE_REPORTS,
    build=build,
)
