"""The weekly pack (R-4.2.6): what the college's weekly meeting is given.

Takings, consumption and what is left, beside the week before; at the first meeting of a month, last month's problems and measures
come first. What is to be improved always stands in it.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.campus.models import Building, CustomerClass
from central.clock import minute_text, start_of_day_ms
from central.desk.day_sums import open_days_in
from central.desk.day_table_views import report_address
from central.domain.day_totals import Totals
from central.domain.paper import Cell, Column, Kind, Paper, Row, Table
from central.domain.periods import Period, PeriodKind
from central.office.repair_lists import repair_list_at
from central.office.roles import SEE_MONEY, Role
from central.papers.accounting import instants_of
from central.papers.catalogue import Report, page_of
from central.papers.words import period_words
from central.reports.meetings import figures
from central.reports.meetings.figures import Left, Use
from central.reports.meetings.item_tables import (
    decisions_table,
    findings_table,
    measures_table,
    standing_table,
)
from central.reports.meetings.models import Meeting
from central.reports.meetings.problems import problem_sources
from central.reports.meetings.queries import (
    ended_between,
    facts_of,
    last_monthly,
    meeting_of,
    names_at,
    opened_between,
)
from central.reports.meetings.week import Week, week_with_meeting
from central.reports.takings import is_settled
from gateway.contract.quantities import MICRO_YUAN_PER_FEN

CODE = "weekly-pack"
TOLD = (Role.PRESIDENT, Role.VP_NETWORK, Role.VP_LOGISTICS, Role.DIRECTOR, Role.FINANCE, Role.CASHIER)
"""Take it to the meeting."""


def build(period: Period) -> Paper:
    """Make the pack of a week."""
    week = week_with_meeting(period)
    from_ms, until_ms = week.span
    return Paper(
        code=CODE,
        document="",
        title=_("Weekly pack"),
        period=period_words(period),
        from_ms=from_ms,
        until_ms=until_ms,
        tables=[*_month_tables(week), *_figure_tables(week), *_meeting_tables(week)],
        recipients=names_at("meeting.pack-copies", start_of_day_ms(period.after)),
        signatures=[_("Card room"), _("Network-centre director")],
        notes=_notes(week),
    )


def _notes(week: Week) -> list[str]:
    words = {"day": week.meets_on.isoformat(), "at": minute_text(week.meets_ms)}
    notes = [_("For the meeting on %(day)s; items and decisions as they stood at %(at)s.") % words]
    if week.month is not None:
        said = _("The first meeting of the month: last month's problems and measures come first.")
        notes.append(said)
    if still_open := open_days_in(week.period):
        days = ", ".join(day.isoformat() for day in still_open)
        notes.append(_("Not closed yet: %(days)s.") % {"days": days})
    return [
        *notes,
        _("Subsidies are never takings."),
        _("Week before: %(week)s.") % {"week": period_words(week.before)},
    ]


def _month_tables(week: Week) -> list[Table]:
    """At a month's first meeting: what came up last month and what was done about it."""
    if week.month is None:
        return []
    from_ms, until_ms = instants_of(week.month)
    words = {"month": week.month.name.partition(":")[2]}
    columns = [
        Column("what", _("What"), width=30),
        Column("new", _("Came up"), Kind.COUNT, 10),
        Column("ended", _("Ended"), Kind.COUNT, 10),
        Column("standing", _("Still stands"), Kind.COUNT, 10),
    ]
    rows = []
    for source in problem_sources():
        counted = source.count(from_ms, until_ms)
        links = dict.fromkeys(("what", "new", "standing"), source.link)
        rows.append(Row([str(source.words), counted.new, counted.ended, counted.standing], links))
    touched = opened_between(from_ms, until_ms) | ended_between(from_ms, until_ms)
    measures = touched.select_related("owner").order_by("pk")
    return [
        Table(_("Problems of %(month)s") % words, columns, rows),
        measures_table(_("Measures of %(month)s: opened or ended") % words, measures, week.month.last),
    ]


def _figure_tables(week: Week) -> list[Table]:
    now, before = figures.takings_of(week.period), figures.takings_of(week.before)
    use, use_before = figures.use_of(*week.span), figures.use_of(*week.span_before)
    left, left_before = figures.left_at(week.span[1]), figures.left_at(week.span[0])
    return [
        _takings_table(week, now, before),
        _method_table(week, now, before),
        _given_table(week),
        _class_table(week, use, use_before),
        _building_table(week, use, use_before),
        *(_left_table(week, unit, left, left_before) for unit in ("yuan", "kwh")),
        _behalf_table(week),
    ]


def _compared(first: Column, kind: Kind) -> list[Column]:
    return [
        first,
        Column("now", _("This week"), kind, 12, summed=True),
        Column("before", _("Week before"), kind, 12, summed=True),
        Column("change", _("Difference"), kind, 12, summed=True),
    ]


def _takings_table(week: Week, now: Totals, before: Totals) -> Table:
    parts = {
        _("Dormitories"): (now.dormitory, before.dormitory),
        _("Owners: merchants"): (now.merchant, before.merchant),
        _("Owners: staff"): (now.staff, before.staff),
        _("Repair fees"): (now.repair, before.repair),
        _("On behalf of others"): (now.on_behalf, before.on_behalf),
        _("Penalties"): (now.penalty, before.penalty),
    }
    title = _("Takings of the whole college, yuan; receipts: %(n)d, made void: %(voids)d")
    return _fen_table(week, title % {"n": now.receipts, "voids": now.voids}, parts)


def _method_table(week: Week, now: Totals, before: Totals) -> Table:
    parts = {_("Cash"): (now.cash, before.cash), _("Card, transfer"): (now.card, before.card)}
    return _fen_table(week, _("How it was paid, yuan"), parts)


def _fen_table(week: Week, title: str, parts: Mapping[str, tuple[int, int]]) -> Table:
    links = {"now": report_address(week.period), "before": report_address(week.before)}
    rows = []
    for words, fen in parts.items():
        now, before = (amount * MICRO_YUAN_PER_FEN for amount in fen)
        rows.append(Row([words, now, before, now - before], links))
    return Table(title, _compared(Column("what", _("What"), width=24), Kind.YUAN), rows)


def _given_table(week: Week) -> Table:
    given, given_before = figures.given_in(*week.span), figures.given_in(*week.span_before)
    paid, paid_before = figures.paid_out_in(*week.span), figures.paid_out_in(*week.span_before)
    columns = [
        Column("what", _("What"), width=24),
        Column("now", _("This week, yuan"), Kind.YUAN, 12),
        Column("before", _("Week before, yuan"), Kind.YUAN, 12),
        Column("now_kwh", _("This week, kWh"), Kind.KWH, 12),
        Column("before_kwh", _("Week before, kWh"), Kind.KWH, 12),
    ]
    month = f"month:{week.period.last:%Y-%m}"
    subsidies = page_of("subsidies", month)
    departures = page_of("departures", month)
    sums = [figure.get(unit, 0) for unit in ("yuan", "kwh") for figure in (given, given_before)]
    rows = [
        Row([_("Subsidies"), *sums], dict.fromkeys(("what", "now"), subsidies)),
        Row([_("Paid back to customers"), paid, paid_before, None, None], dict.fromkeys(("what", "now"), departures)),
    ]  # fmt: skip
    return Table(_("Not takings: given without money, and paid back"), columns, rows)


def _rows_address(week: Week, what: str, key: str, value: str) -> str:
    return f"{reverse('meetings:rows', args=[week.period.name, what])}?{urlencode({key: value})}"


def _class_table(week: Week, use: Use, before: Use) -> Table:
    names = dict(CustomerClass.objects.order_by("pk").values_list("code", "name"))
    columns = [
        *_compared(Column("class", _("Class"), width=18), Kind.KWH),
        Column("billed", _("Billed, yuan"), Kind.YUAN, 12, summed=True),
        Column("billed_before", _("Week before, yuan"), Kind.YUAN, 12, summed=True),
    ]
    rows = []
    for code in _in_order(names, use.by_class, before.by_class):
        now, then = use.by_class.get(code, 0), before.by_class.get(code, 0)
        billed = [one.billed.get((code, "yuan"), 0) for one in (use, before)]
        links = {"now": _rows_address(week, "use", "class", code)}
        rows.append(Row([names.get(code, code), now, then, now - then, *billed], links))
    return Table(_("Used by class, kWh, and what it was billed"), columns, rows)


def _building_table(week: Week, use: Use, before: Use) -> Table:
    names = dict(Building.objects.order_by("code").values_list("code", "name"))
    rows = []
    for code in _in_order(names, use.by_building, before.by_building):
        now, then = use.by_building.get(code, 0), before.by_building.get(code, 0)
        links = {"now": _rows_address(week, "use", "building", code)}
        rows.append(Row([names.get(code, code), now, then, now - then], links))
    columns = _compared(Column("building", _("Building"), width=18), Kind.KWH)
    return Table(_("Used by building, kWh"), columns, rows)


def _in_order(names: Mapping[str, str], *figures_by_code: Mapping[str, object]) -> list[str]:
    """Give the codes that have figures, those with names in their order first."""
    found = {code for one in figures_by_code for code in one}
    return [*(code for code in names if code in found), *sorted(found - names.keys())]


def _left_table(
    week: Week, unit: str, left: Mapping[tuple[str, str], Left], before: Mapping[tuple[str, str], Left]
) -> Table:
    names = dict(CustomerClass.objects.order_by("pk").values_list("code", "name"))
    kind = Kind.YUAN if unit == "yuan" else Kind.KWH
    columns = [
        Column("class", _("Class"), width=18),
        Column("accounts", _("Accounts"), Kind.COUNT, 8, summed=True),
        Column("credit", _("Credit"), kind, 12, summed=True),
        Column("owed", _("Below zero"), kind, 12, summed=True),
        Column("net", _("Left"), kind, 12, summed=True),
        Column("before", _("Week before"), kind, 12, summed=True),
        Column("change", _("Difference"), kind, 12, summed=True),
    ]
    kept = {code: one for (code, of), one in left.items() if of == unit}
    then = {code: one for (code, of), one in before.items() if of == unit}
    rows = [
        _left_row(
            names.get(code, code),
            kept.get(code, Left()),
            then.get(code, Left()),
            _rows_address(week, f"left-{unit}", "class", code),
        )
        for code in _in_order(names, kept, then)
    ]
    title = (
        _("Left of customers' credit, in yuan") if unit == "yuan" else _("Left of customers' credit, in kWh")
    )
    return Table(title, columns, rows)


def _left_row(name: str, kept: Left, then: Left, address: str) -> Row:
    cells: list[Cell] = [
        name,
        kept.accounts,
        kept.credit,
        -kept.owed,
        kept.net,
        then.net,
        kept.net - then.net,
    ]
    return Row(cells, dict.fromkeys(("accounts", "credit", "owed", "net"), address))


def _behalf_table(week: Week) -> Table:
    columns = [
        Column("item", _("Item"), width=24),
        Column("taken", _("Taken"), Kind.YUAN, 12, summed=True),
        Column("passed", _("Passed on or given back"), Kind.YUAN, 12, summed=True),
        Column("standing", _("To be passed on"), Kind.YUAN, 12, summed=True),
        Column("before", _("Taken before"), Kind.YUAN, 12, summed=True),
    ]
    now, then = figures.on_behalf_in(*week.span), figures.on_behalf_in(*week.span_before)
    prices = repair_list_at(week.span[1])
    names = {item.code: item.name for item in prices.items} if prices else {}
    link = report_address(week.period)
    rows = [
        Row(
            [
                f"{code} {names.get(code, '')}".strip(),
                one.taken,
                one.passed_on,
                one.standing,
                then[code].taken if code in then else 0,
            ],
            {"taken": link},
        )
        for code, one in now.items()
    ]
    return Table(_("Taken on behalf of others, yuan"), columns, rows)


def _meeting_tables(week: Week) -> list[Table]:
    tables = [standing_table(week.meets_ms)]
    if (monthly := last_monthly(week.meets_ms)) is not None:
        title = _("Decisions of the cross-department meeting of %(month)s") % {"month": monthly.label}
        tables.append(decisions_table(title, monthly, facts_of(monthly)))
    review = meeting_of(Meeting.Kind.REVIEW, week.period.name)
    if review is not None and review.is_closed:
        title = _("Quality review of the week: what is to be improved")
        tables.append(findings_table(title, review, facts_of(review), every_cell=False))
    return tables


WEEKLY_PACK = Report(
    code=CODE,
    title=gettext_lazy("Weekly pack"),
    about=gettext_lazy(
        "For the weekly meeting: takings, consumption, what is left, improvement items; a month's problems first."
    ),
    periods=(PeriodKind.WEEK,),
    roles=SEE_MONEY,
    build=build,
    opens_over=True,
    is_settled=is_settled,
    told=TOLD,
)
