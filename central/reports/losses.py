"""Losses of every building and group over a period: master against subs, beside the fixed ratio (R-4.2.3 = R-4.3.7)."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.campus.meter_groups import groups_of
from central.campus.models import Building
from central.domain.instant_balance import Figures, Source
from central.domain.loss_judgement import judge_day, judge_period, ratio_ppm
from central.domain.paper import Cell, Column, Kind, Paper, Row, Table
from central.domain.periods import Period, PeriodKind
from central.losses.balances.groups import groups_at
from central.losses.balances.queries import balance_of
from central.losses.balances.words import VERDICTS
from central.office.roles import SEE_REPORTS, Role
from central.papers.accounting import instants_of
from central.papers.catalogue import Report
from central.papers.words import period_words
from gateway.contract.rules import GroupRule


def build(period: Period) -> Paper:
    """Make the table of a period: a row for each group, building by building."""
    from_ms, until_ms = instants_of(period)
    rows, by_gateway = list[Row](), False
    for building in Building.objects.exclude(groups=[]).order_by("code"):
        for rule in groups_at(groups_of(building), until_ms - 1):
            figures = balance_of(building, rule.group, from_ms, until_ms)
            rows.append(_row(building, rule, figures, period))
            by_gateway |= figures.source is Source.GATEWAY and bool(figures.runs)
    return Paper(
        code="losses",
        document="",
        title=_("Losses by building and group of meters"),
        period=period_words(period),
        from_ms=from_ms,
        until_ms=until_ms,
        tables=[Table("", _columns(), rows)],
        recipients=[
            _("Card room"),
            _("Network centre"),
            _("Logistics"),
            _("Vice-president, network"),
            _("Vice-president, logistics"),
            _("Affairs centre (president)"),
        ],
        signatures=[_("Electrician"), _("Network-centre director"), _("Logistics")],
        notes=_notes(by_gateway),
    )


def _columns() -> list[Column]:
    return [
        Column("building", _("Building"), width=10),
        Column("group", _("Group of meters"), width=8),
        Column("hours", _("Hours"), width=8),
        Column("master", _("Master, kWh"), Kind.KWH, 11),
        Column("subs", _("Sum of subs, kWh"), Kind.KWH, 11),
        Column("own", _("Known own use, kWh"), Kind.KWH, 11),
        Column("technical", _("Technical loss, kWh"), Kind.KWH, 11),
        Column("unexplained", _("Unexplained, kWh"), Kind.KWH, 11),
        Column("uncertainty", _("Uncertainty, kWh"), Kind.KWH, 11),
        Column("ratio", _("Loss, %"), Kind.PERCENT, 8),
        Column("fixed", _("Fixed, %"), Kind.PERCENT, 8),
        Column("verdict", _("Verdict"), width=14),
    ]


def _row(building: Building, rule: GroupRule, figures: Figures, period: Period) -> Row:
    made = figures.balance
    known, of = figures.hours
    is_day = period.kind is PeriodKind.DAY
    verdict = judge_day(figures, rule, None) if is_day else judge_period(figures)
    energies: list[Cell] = [None] * 6
    if made is not None:
        energies = [
            made.master_wh,
            made.subs_wh,
            made.own_use_wh,
            made.technical_wh,
            made.unexplained_wh,
            made.uncertainty_wh,
        ]
    cells: list[Cell] = [
        building.name,
        rule.group,
        f"{known}/{of}",
        *energies,
        ratio_ppm(made) if made else None,
        rule.fixed_loss_ppm,
        str(VERDICTS[verdict].word),
    ]
    page = reverse("losses:balance-group", args=[building.code, rule.group]) + f"?at={period.name}"
    rows = reverse("losses:balance-rows", args=[building.code, rule.group]) + f"?at={period.name}"
    links = {"unexplained": page, "master": rows, "subs": rows} if made is not None else {}
    return Row(cells, {"group": page} | links)


def _notes(by_gateway: bool) -> list[str]:
    notes = [
        _(
            "Master = subs + own use + technical loss + unexplained, of the hours measured. A group behind another is in both."
        ),
        _(
            "Uncertainty: registers show steps, meters err within their class, readings lie apart; twice the standard one."
        ),
        _(
            "Beyond the fixed ratio by more than the uncertainty, a case is opened for the building's electrician."
        ),
    ]
    if by_gateway:
        notes.append(
            _("Some figures are those of an older gateway, which does not send the totals behind them.")
        )
    return notes


LOSSES = Report(
    code="losses",
    title=gettext_lazy("Losses by building and group of meters"),
    about=gettext_lazy("Master against the sum of subs, beside the fixed ratio: where a case opens."),
    periods=(PeriodKind.ACCOUNTING, PeriodKind.MONTH, PeriodKind.DAY, PeriodKind.YEAR),
    roles=SEE_REPORTS,
    build=build,
    told=(Role.CASHIER, Role.DIRECTOR, Role.LOGISTICS, Role.VP_NETWORK, Role.VP_LOGISTICS, Role.AFFAIRS),
)
