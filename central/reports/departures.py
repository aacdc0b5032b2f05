"""Departures of a period: frozen registers and what is to be paid, for finance (C-8).

A closing belongs to the period in which its final register was read. What is paid and owed is as of now.
"""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central import clock
from central.campus.queries import occupant_names
from central.clock import local
from central.desk.departures.models import Departure
from central.desk.departures.run_lines import RunRow, rows_of
from central.desk.departures.states import cases_with_all
from central.desk.departures.words import STATES
from central.domain.paper import Column, Kind, Paper, Row, Table
from central.domain.periods import Period, PeriodKind
from central.link.models import Closing
from central.office.roles import SEE_MONEY
from central.papers.accounting import instants_of
from central.papers.catalogue import Report
from central.papers.words import period_words
from gateway.contract.quantities import MICRO_YUAN_PER_FEN


def build(period: Period) -> Paper:
    """List every account whose final register was read in the period, with its sums; and what waits for its gateway."""
    from_ms, until_ms = instants_of(period)
    finals = Closing.objects.filter(
        state=Closing.State.FINAL, answered_ms__gte=from_ms, answered_ms__lt=until_ms
    )
    asked = Departure.objects.exclude(kind=Departure.Kind.REFUND)
    ended = cases_with_all().filter(
        pk__in=asked.filter(withdrawals__request_id__in=finals.values("pk")).values("pk")
    )
    waiting = Closing.objects.filter(state__in=[Closing.State.ASKED, Closing.State.PENDING])
    silent = cases_with_all().filter(
        pk__in=asked.filter(
            withdrawals__request_id__in=waiting.values("pk"), asked_ms__gte=from_ms, asked_ms__lt=until_ms
        ).values("pk")
    )
    now_ms = clock.now_ms()
    return Paper(
        code="departures",
        document="",
        title=_("Departures: final registers and what is paid"),
        period=period_words(period),
        from_ms=from_ms,
        until_ms=until_ms,
        tables=[
            _final_table(rows_of(ended.order_by("account__code"), now_ms)),
            _waiting_table(rows_of(silent.order_by("account__code"), now_ms)),
        ],
        recipients=[_("Finance office"), _("Card room")],
        signatures=[_("Card room"), _("Finance office"), _("Network-centre director")],
        notes=[
            _("Paid and owed are as of the making of this sheet; kWh at the price of that day."),
            _("Amounts in yuan."),
        ],
    )


def _final_table(rows: list[RunRow]) -> Table:
    columns = [
        Column("room", _("Room"), width=9),
        Column("people", _("Occupants"), width=18),
        Column("at", _("Register read"), width=12),
        Column("register", _("Final register, kWh"), Kind.KWH, 11),
        Column("state", _("State"), width=12),
        Column("to_pay", _("To be paid"), Kind.YUAN, 10, summed=True),
        Column("paid", _("Paid"), Kind.YUAN, 10, summed=True),
        Column("owed", _("Owed to us"), Kind.YUAN, 10, summed=True),
        Column("bank", _("Bank account"), width=16),
    ]
    return Table(_("Final registers"), columns, [_final_row(row) for row in rows])


def _final_row(row: RunRow) -> Row:
    case, closing = row.standing.case, row.standing.closing
    at_ms = closing.answered_ms if closing else None
    cells = [
        row.room,
        _people(case),
        local(at_ms).strftime("%m-%d %H:%M") if at_ms else "",
        row.register_wh,
        str(STATES[row.standing.state].word),
        row.to_pay_fen * MICRO_YUAN_PER_FEN,
        row.paid_fen * MICRO_YUAN_PER_FEN,
        row.owed_fen * MICRO_YUAN_PER_FEN,
        case.bank_account,
    ]
    return Row(cells, {"room": reverse("desk:departure", args=[case.pk])})


def _people(case: Departure) -> str:
    return "、".join(occupant_names(case.account, case.account.closed_ms or case.asked_ms))


def _waiting_table(rows: list[RunRow]) -> Table:
    columns = [
        Column("room", _("Room"), width=9),
        Column("people", _("Occupants"), width=24),
        Column("asked", _("Asked"), width=12),
        Column("state", _("State"), width=16),
    ]
    lines = [
        Row(
            [
                row.room,
                _people(row.standing.case),
                local(row.standing.case.asked_ms).strftime("%m-%d %H:%M"),
                str(STATES[row.standing.state].word),
            ]
        )
        for row in rows
    ]
    return Table(_("Gateways that have not answered"), columns, lines)


DEPARTURES = Report(
    code="departures",
    title=gettext_lazy("Departures: final registers and what is paid"),
    about=gettext_lazy(
        "Accounts closed in the period: frozen registers, sums for finance, gateways that did not answer."
    ),
    periods=(PeriodKind.DAY, PeriodKind.MONTH, PeriodKind.ACCOUNTING, PeriodKind.YEAR),
    roles=SEE_MONEY,
    build=build,
)
