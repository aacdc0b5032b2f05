"""The register of work orders as a report: each with its times, its rooms' answers, who decided, how it ended (R-4.3.4)."""

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.clock import minute_text
from central.domain.paper import Column, Kind, Paper, Row, Table
from central.domain.periods import Period, PeriodKind
from central.domain.work_agreement import Says
from central.domain.work_order import LIVE, OrderAct
from central.office.roles import OPEN_REPORTS, SEE_WORK
from central.papers.accounting import instants_of
from central.papers.catalogue import Report, add_reports
from central.papers.words import period_words
from central.workshop.work_orders.models import STATES, WorkOrder, WorkRoom
from central.workshop.work_orders.notices import where_of

CODE = "work-orders"


def add_register() -> None:
    """Put the report into the catalogue when the app starts."""
    add_reports(
        [
            Report(
                code=CODE,
                title=gettext_lazy("Register of work orders"),
                about=gettext_lazy(
                    "Work that needed the power off: rooms, answers, times, how it ended (R-4.3.4)."
                ),
                periods=(PeriodKind.MONTH, PeriodKind.ACCOUNTING, PeriodKind.YEAR),
                roles=tuple(role for role in SEE_WORK if role in OPEN_REPORTS),
                build=build,
                is_settled=_is_settled,
            )
        ]
    )


def build(period: Period) -> Paper:
    """Make the paper of the orders whose time began in a period."""
    from_ms, until_ms = instants_of(period)
    columns = [
        Column("number", _("Number"), width=8),
        Column("where", _("Where"), width=14),
        Column("task", _("Task"), width=22),
        Column("person", _("In charge"), width=10),
        Column("window", _("Agreed time"), width=20),
        Column("started", _("Isolated"), width=13),
        Column("ended", _("Work ended"), width=13),
        Column("rooms", _("Rooms"), Kind.COUNT, 6, summed=True),
        Column("agrees", _("Yes"), Kind.COUNT, 5, summed=True),
        Column("refuses", _("No"), Kind.COUNT, 5, summed=True),
        Column("decided", _("Decided"), width=8),
        Column("state", _("State"), width=12),
    ]
    orders = _orders(from_ms, until_ms)
    return Paper(
        code=CODE,
        document="",
        title=_("Register of work orders"),
        period=period_words(period),
        from_ms=from_ms,
        until_ms=until_ms,
        tables=[Table(_("Work orders"), columns, [_row(order) for order in orders])],
        signatures=[_("Electrician"), _("Network-centre director")],
    )


def _orders(from_ms: int, until_ms: int) -> list[WorkOrder]:
    found = WorkOrder.objects.filter(from_ms__gte=from_ms, from_ms__lt=until_ms)
    return list(found.select_related("building", "person").order_by("pk"))


def _is_settled(period: Period) -> bool:
    from_ms, until_ms = instants_of(period)
    live = [one.value for one in LIVE]
    return not WorkOrder.objects.filter(from_ms__gte=from_ms, from_ms__lt=until_ms, state__in=live).exists()


def _row(order: WorkOrder) -> Row:
    latest = {
        one.room_id: one.says for one in order.answers.filter(asking=order.asking).order_by("at_ms", "pk")
    }
    says = list(latest.values())
    rooms = order.rooms.exclude(origin=WorkRoom.Origin.LEFT_OUT).aggregate(n=Count("pk"))["n"]
    isolated = order.steps.filter(act=OrderAct.ISOLATED.value).first()
    state = _("cancelled") if order.is_cancelled else str(dict(STATES)[order.state])
    solved = {True: _("solved"), False: _("not solved"), None: ""}[order.is_solved]
    return Row(
        [
            order.number,
            where_of(order),
            order.task,
            order.person.spoken_name if order.person else "",
            f"{minute_text(order.from_ms)} – {minute_text(order.until_ms)}",
            minute_text(isolated.at_ms) if isolated else "",
            minute_text(order.ended_ms) if order.ended_ms else "",
            rooms,
            says.count(Says.AGREES),
            says.count(Says.REFUSES),
            f"№ {order.override}" if order.override else "",
            f"{state} {solved}".strip(),
        ],
        {"number": reverse("workshop:work-order", args=[order.pk])},
    )
