"""Go-lives whose change-over lies in the period: the old list, row by row, beside what the gateways say.

Sealed, it is the paper of what two people accepted: figures as they were then.
"""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.clock import local
from central.desk.go_live.comparison import SUMMED, Compared, compare, summaries
from central.desk.go_live.models import OpeningBatch
from central.desk.go_live.signers_view import bucket_words, kind_of, state_words
from central.domain.paper import Column, Paper, Row, Table
from central.domain.periods import Period, PeriodKind
from central.office.roles import SEE_MONEY
from central.office.templatetags.cardroom import unit_word
from central.papers.accounting import instants_of
from central.papers.catalogue import Report
from central.papers.words import period_words
from gateway.contract.quantities import Unit


def build(period: Period) -> Paper:
    """Make the sums by building and the rows, apart by unit; they tie."""
    from_ms, until_ms = instants_of(period)
    batches = OpeningBatch.objects.filter(
        kind=OpeningBatch.Kind.OPEN,
        done__isnull=False,
        change_over_ms__gte=from_ms,
        change_over_ms__lt=until_ms,
    )
    compared = [one for batch in batches.order_by("done").select_related("done") for one in compare(batch)]
    units = [unit.value for unit in Unit if any(one.row.unit == unit for one in compared)]
    tables = [_sums(compared, unit) for unit in units] + [_rows(compared, unit) for unit in units]
    return Paper(
        code="go-live",
        document="",
        title=_("Go-live: the old system's list beside the gateways"),
        period=period_words(period),
        from_ms=from_ms,
        until_ms=until_ms,
        tables=tables or [Table("", _columns(Unit.YUAN), [])],
        recipients=[_("Card room"), _("Finance office"), _("Network centre")],
        signatures=[_("Card room"), _("Finance office"), _("Network-centre director")],
        notes=[
            _(
                "The list = credited - owed to us. Credited + before + paid + subsidies - used + other = must be there."
            ),
            _("Opening balances are neither takings nor subsidies."),
        ],
    )


def _amounts(unit: str) -> list[Column]:
    titles = {
        "listed": _("The list"),
        "owed": _("Owed to us"),
        "credited": _("Credited"),
        "before": _("In our books before"),
        "paid": _("Paid since"),
        "subsidies": _("Subsidies since"),
        "used": _("Used since"),
        "other": _("Other"),
        "expected": _("Must be there now"),
        "unreported": _("Not yet reported"),
        "difference": _("Difference"),
    }
    columns = [Column(name, titles[name], kind_of(unit), 11, summed=True) for name in SUMMED]
    reported = Column("reported", _("Gateways say"), kind_of(unit), 11, summed=True)
    return [*columns[:-1], reported, columns[-1]]


def _columns(unit: str) -> list[Column]:
    return [
        Column("room", _("Room"), width=9),
        Column("kind", _("Kind"), width=8),
        *_amounts(unit),
        Column("state", _("State"), width=12),
        Column("watermark", _("As of"), width=12),
        Column("receipt", _("Last old receipt"), width=11),
    ]


def _sums(compared: list[Compared], unit: str) -> Table:
    columns = [Column("building", _("Building"), width=9), *_amounts(unit)]
    rows = [
        Row([total.building, *(_figure(total, column.key) for column in columns[1:])])
        for total in summaries(compared)
        if total.unit == unit
    ]
    return Table(_("Sums in %(unit)s") % {"unit": unit_word(unit)}, columns, rows)


def _rows(compared: list[Compared], unit: str) -> Table:
    columns, amounts = _columns(unit), _amounts(unit)
    rows = []
    for one in compared:
        if one.row.unit != unit:
            continue
        at = local(one.watermark_ms).strftime("%m-%d %H:%M:%S") if one.watermark_ms else ""
        address = f"{reverse('desk:go-live-batch', args=[one.row.batch.of_id or one.row.batch_id])}"
        cells = [one.row.room, bucket_words(one.row.bucket)]
        figures = [_figure(one, column.key) for column in amounts]
        rows.append(
            Row([*cells, *figures, state_words(one.state), at, one.row.old_receipt], {"room": address})
        )
    return Table(_("Rows in %(unit)s") % {"unit": unit_word(unit)}, columns, rows)


def _figure(one: object, name: str) -> int | None:
    value: int | None = getattr(one, name)
    return value


GO_LIVE = Report(
    code="go-live",
    title=gettext_lazy("Go-live: the old system's list beside the gateways"),
    about=gettext_lazy("Every room's old balance, what happened since, and what its gateway says now."),
    periods=(PeriodKind.DAY, PeriodKind.MONTH),
    roles=SEE_MONEY,
    build=build,
)
