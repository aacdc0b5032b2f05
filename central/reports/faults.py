"""The table of faults by model and maker, with a chart; MTBF, forecast of spares, what the gateways told (R-4.3.3b, R-4.3.6)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from central import clock
from central.clock import minute_text
from central.domain.failure_rates import CERTAIN_PERCENT, DAYS_AHEAD, FEWEST
from central.domain.fault_clock import DAY_MS
from central.domain.paper import Bar, Cell, Chart, Column, Kind, Paper, Row, Table
from central.domain.periods import Period, PeriodKind
from central.office.roles import SEE_FAULTS, Role
from central.papers.accounting import instants_of
from central.papers.catalogue import Report
from central.papers.words import period_words
from central.reports.faults_told import notes as told_notes
from central.reports.faults_told import told_tables
from central.workshop.faults.counting import Reliability, faults_between, reliability, sums_of
from central.workshop.faults.models import Fault
from central.workshop.faults.signs import sign_words

SEEN_FOR_MS = 365 * DAY_MS
"""MTBF and forecast look at the year up to the period's end: a month alone says little."""


def build(period: Period) -> Paper:
    """Count the faults that were opened in a period, as they are now."""
    from_ms, until_ms = instants_of(period)
    now_ms = clock.now_ms()
    ends_ms = min(until_ms, now_ms)
    faults = faults_between(from_ms, until_ms)
    models = reliability(max(0, ends_ms - SEEN_FOR_MS), ends_ms)
    by_model = _by_model(faults)
    bars = [Bar(model or _("no record"), len(its)) for (_maker, model), its in by_model]
    return Paper(
        code="faults",
        document="",
        title=_("Faults of meters and gateways"),
        period=period_words(period),
        from_ms=from_ms,
        until_ms=until_ms,
        tables=[
            _model_table(by_model),
            _cause_table(faults),
            _mtbf_table(models),
            _spare_table(models),
            _fault_table(faults),
            *told_tables(from_ms, until_ms, now_ms),
        ],
        recipients=[_("Network centre"), _("Logistics")],
        signatures=[_("Technician"), _("Network-centre director")],
        notes=[*_notes(), *told_notes()],
        charts=[Chart(_("Faults by model"), _("Faults"), bars)],
    )


def _by_model(faults: Iterable[Fault]) -> list[tuple[tuple[str, str], list[Fault]]]:
    found: dict[tuple[str, str], list[Fault]] = defaultdict(list)
    for one in faults:
        kind = one.device.type if one.device else None
        found[(kind.maker.name, kind.name) if kind else ("", "")].append(one)
    return sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))


def _sum_columns() -> list[Column]:
    return [
        Column("opened", pgettext("faults", "Opened"), Kind.COUNT, 8, summed=True),
        Column("in-time", _("Solved in time"), Kind.COUNT, 8, summed=True),
        Column("up", _("Went up"), Kind.COUNT, 8, summed=True),
        Column("open", _("Still open"), Kind.COUNT, 8, summed=True),
        Column("median", _("Median to solve, h"), Kind.COUNT, 9),
    ]


def _sum_cells(faults: Sequence[Fault]) -> list[Cell]:
    sums = sums_of(faults)
    return [sums.opened, sums.in_time, sums.went_up, sums.standing, sums.median_hours]


def _model_table(by_model: Iterable[tuple[tuple[str, str], list[Fault]]]) -> Table:
    columns = [Column("maker", _("Maker"), width=18), Column("model", _("Model"), width=18), *_sum_columns()]
    rows = [
        Row([maker or _("no record"), model or _("no record"), *_sum_cells(its)])
        for (maker, model), its in by_model
    ]
    return Table(_("By model and maker"), columns, rows)


def _cause_table(faults: Sequence[Fault]) -> Table:
    columns = [Column("cause", _("What it was"), width=24), *_sum_columns()]
    words: dict[str, str] = {one.value: str(one.label) for one in Fault.Cause} | {"": _("not found yet")}
    rows = [
        Row([said, *_sum_cells(its)])
        for cause, said in words.items()
        if (its := [one for one in faults if one.cause == cause])
    ]
    return Table(_("By cause"), columns, rows)


def _mtbf_table(models: Iterable[Reliability]) -> Table:
    columns = [
        Column("maker", _("Maker"), width=16),
        Column("model", _("Model"), width=16),
        Column("days", _("Device-days in use"), Kind.COUNT, 12),
        Column("failures", _("Failures"), Kind.COUNT, 8),
        Column("mtbf", _("MTBF, days"), Kind.COUNT, 10),
        Column("interval", _("95 % interval, days"), width=18),
        Column("said", _("Remark"), width=12),
    ]
    return Table(_("Mean time between failures, last 12 months"), columns, [_mtbf_row(one) for one in models])


def _mtbf_row(one: Reliability) -> Row:
    found, interval, remark = one.mtbf, "", _("not in use")
    if found is not None:
        interval = f"{found.least_days} – {found.most_days if found.most_days is not None else '∞'}"
        remark = _("too few") if found.is_too_few else ""
    days = None if found is None else found.days
    cells: list[Cell] = [
        one.type.maker.name,
        one.type.name,
        one.device_days,
        one.failures,
        days,
        interval,
        remark,
    ]
    return Row(cells)


def _spare_table(models: Iterable[Reliability]) -> Table:
    columns = [
        Column("maker", _("Maker"), width=16),
        Column("model", _("Model"), width=16),
        Column("in-use", _("In use"), Kind.COUNT, 8),
        Column("expected", _("Failures expected"), width=10),
        Column("spares", _("Spares needed"), Kind.COUNT, 8),
        Column("good", _("Good in stock"), Kind.COUNT, 8),
        Column("coming", _("Ordered, unchecked or with the maker"), Kind.COUNT, 10),
        Column("lacking", _("To be ordered"), Kind.COUNT, 8),
    ]
    return Table(_("Spares for the next 3 months"), columns, [_spare_row(one) for one in models])


def _spare_row(one: Reliability) -> Row:
    expected = f"{one.expected_hundredths // 100}.{one.expected_hundredths % 100:02d}"
    cells: list[Cell] = [
        *(one.type.maker.name, one.type.name, one.in_use),
        expected if one.spares is not None else _("too few"),
        *(one.spares, one.good, one.coming, one.lacking),
    ]
    return Row(cells)


def _fault_table(faults: Iterable[Fault]) -> Table:
    columns = [
        Column("number", _("Fault"), Kind.COUNT, 7),
        Column("where", _("Where"), width=14),
        Column("about", _("About"), width=14),
        Column("what", _("What"), width=24),
        Column("cause", _("What it was"), width=14),
        Column("opened", pgettext("fault", "Opened"), width=16),
        Column("solved", pgettext("fault", "Solved at"), width=16),
        Column("up", _("Went up to"), width=12),
    ]
    return Table(_("Faults"), columns, [_fault_row(one) for one in faults])


def _fault_row(one: Fault) -> Row:
    offices = (Role.DIRECTOR.label, Role.LOGISTICS.label)
    cells: list[Cell] = [
        one.pk,
        one.room.full_label if one.room else one.building.name,
        one.about,
        str(sign_words(one.sign)),
        one.get_cause_display() if one.cause else "",
        minute_text(one.opened_ms),
        minute_text(one.solved_ms) if one.solved_ms is not None else _("still open"),
        str(offices[one.level - 1]) if one.level else "",
    ]
    return Row(cells, {"number": reverse("workshop:fault", args=[one.pk])})


def _notes() -> list[str]:
    return [
        _(
            "Faults that were opened in this period, as they stand when this sheet is made. In time: by their evening."
        ),
        _(
            "MTBF = device-days in use / failures; failures are the module's own: dead, counts wrong, relay, display, adapter."
        ),
        _(
            "Its interval is the exact one of a Poisson count (95 %%). With fewer than %(n)s failures it is too few to compare."
        )
        % {"n": FEWEST},
        _(
            "Spares: the smallest n with P(X <= n) >= %(percent)s %%; X negative binomial of F + 1/2 failures in T device-days, "
            "ahead: in use x %(days)s days."
        )
        % {"percent": CERTAIN_PERCENT, "days": DAYS_AHEAD},
    ]


FAULTS = Report(
    code="faults",
    title=gettext_lazy("Faults of meters and gateways"),
    about=gettext_lazy(
        "By model and cause: solved in time, gone up; mean time between failures, spares to order; what the gateways told."
    ),
    periods=(PeriodKind.DAY, PeriodKind.WEEK, PeriodKind.MONTH, PeriodKind.YEAR),
    roles=SEE_FAULTS,
    build=build,
    told=(Role.DIRECTOR, Role.LOGISTICS),
)
