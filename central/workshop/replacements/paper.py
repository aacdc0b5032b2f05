"""The month's table of replacements (更换记录表) as a paper: page, PDF, XLSX (R-4.3.5)."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.clock import minute_text
from central.domain.paper import Column, Kind, Paper, Row, Table
from central.domain.periods import Period, PeriodKind
from central.office.roles import SEE_REPLACEMENTS
from central.papers.accounting import instants_of
from central.papers.catalogue import Report, add_reports
from central.papers.words import period_words
from central.workshop.devices.queries import of_meter
from central.workshop.replacements.models import Replacement, ReplacementStep
from central.workshop.replacements.queries import missing_of, replacements

CODE = "replacements"
Said = ReplacementStep.Kind


def build(period: Period) -> Paper:
    """List the replacements of a period with both modules and registers, how each was read, and whether it is solved."""
    from_ms, until_ms = instants_of(period)
    rows = replacements().filter(at_ms__gte=from_ms, at_ms__lt=until_ms).order_by("at_ms", "pk")
    columns = [
        Column("time", _("Time"), width=16),
        Column("room", _("Room / building"), width=14),
        Column("out", _("Module out"), width=16),
        Column("last", _("Last register, kWh"), Kind.KWH, 12),
        Column("in", _("Module in"), width=16),
        Column("first", _("First register, kWh"), Kind.KWH, 12),
        Column("how", _("How they were read"), width=22),
        Column("why", _("Cause and method"), width=26),
        Column("solved", _("Solved"), width=12),
        Column("by", _("By"), width=10),
    ]
    return Paper(
        code=CODE,
        document="",
        title=_("Record of replaced modules"),
        period=period_words(period),
        from_ms=from_ms,
        until_ms=until_ms,
        tables=[Table(_("Replacements"), columns, [_row(row) for row in rows])],
        recipients=[_("Network centre"), _("Logistics")],
        signatures=[_("Technician"), _("Store keeper"), _("Network-centre director")],
        notes=[_("A register that was typed from a display has its photograph with the record.")],
    )


def _row(row: Replacement) -> Row:
    place = row.room.full_label if row.room else row.building.name
    cells = [
        minute_text(row.at_ms),
        place,
        _module(row.old_meter),
        row.last_wh,
        _module(row.new_meter),
        row.first_wh,
        how_read(row),
        row.why,
        solved_words(row),
        row.by,
    ]
    return Row(cells, {"room": reverse("workshop:replacement", args=[row.pk])})


def _module(meter: str) -> str:
    device = of_meter(meter)
    return f"{meter} ({device.number})" if device else meter


def how_read(row: Replacement) -> str:
    """Say how both registers were read."""
    parts = [
        _("read by the gateway") if not by else _("typed by %(who)s") % {"who": by}
        for by in (row.last_read_by, row.first_read_by)
    ]
    return " / ".join(dict.fromkeys(parts))


def solved_words(row: Replacement) -> str:
    """Say whether a replacement solved it."""
    said = [step for step in row.steps.all() if step.kind in (Said.SOLVED, Said.NOT_SOLVED)]
    return str(said[-1].get_kind_display()) if said else _("not said yet")


def _is_settled(period: Period) -> bool:
    from_ms, until_ms = instants_of(period)
    rows = replacements().filter(at_ms__gte=from_ms, at_ms__lt=until_ms)
    return not any(missing_of(row).any for row in rows)


def add_paper() -> None:
    """Add the table to the list of reports."""
    add_reports(
        [
            Report(
                code=CODE,
                title=gettext_lazy("Record of replaced modules"),
                about=gettext_lazy("Modules out and in with their registers, by month (R-4.3.5)."),
                periods=(PeriodKind.MONTH, PeriodKind.ACCOUNTING),
                roles=SEE_REPLACEMENTS,
                build=build,
                is_settled=_is_settled,
            )
        ]
    )
