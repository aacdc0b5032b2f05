"""Arrears, for student affairs and finance: everything that is owed, of whatever kind, since when (R-4.2.5)."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central import clock
from central.clock import campus_day
from central.domain.paper import Column, Kind, Paper, Row, Table
from central.domain.periods import Period, PeriodKind
from central.office.roles import SEE_DEBTS, Role
from central.papers.accounting import instants_of
from central.papers.catalogue import Report
from central.papers.words import period_words
from central.reports.owed import Owed, OwedKind, owed_now
from gateway.contract.quantities import MICRO_YUAN_PER_FEN


def build(period: Period) -> Paper:
    """List what is owed now by debts that began in the period or before it."""
    from_ms, until_ms = instants_of(period)
    found = owed_now(clock.now_ms(), until_ms)
    return Paper(
        code="arrears",
        document="",
        title=_("Arrears, for student affairs"),
        period=period_words(period),
        from_ms=from_ms,
        until_ms=until_ms,
        tables=[sum_table(found), owed_table("", found)],
        recipients=[_("Student affairs"), _("Finance office"), _("Card room")],
        signatures=[_("Card room"), _("Student affairs")],
        notes=[
            _("As of the making of this sheet: debts that began before the period's end and still stand."),
            _(
                "What is kept in kWh stands at the price of that day. What a monthly bill will ask for is no arrears yet."
            ),
        ],
    )


def kind_words() -> dict[OwedKind, str]:
    """Say what a sum is owed for."""
    return {
        OwedKind.ENERGY: _("electricity"),
        OwedKind.SHARE: _("a person's share"),
        OwedKind.PENALTY: _("penalty"),
        OwedKind.OPENING: _("from the former system"),
        OwedKind.BILL: _("monthly bill"),
        OwedKind.BELOW_ZERO: _("balance below zero"),
    }


def sum_table(found: Iterable[Owed]) -> Table:
    """Sum what is owed by kind."""
    columns = [
        Column("kind", _("Owed for"), width=24),
        Column("count", _("Number of debts"), Kind.COUNT, 10, summed=True),
        Column("owed", _("Owed, yuan"), Kind.YUAN, 14, summed=True),
    ]
    sums: dict[OwedKind, list[int]] = {}
    for one in found:
        mine = sums.setdefault(one.kind, [0, 0])
        mine[0] += 1
        mine[1] += one.due_fen * MICRO_YUAN_PER_FEN
    rows = [Row([words, *sums[kind]]) for kind, words in kind_words().items() if kind in sums]
    return Table(_("Arrears by kind"), columns, rows)


def owed_table(title: str, found: Iterable[Owed], *, with_names: bool = True) -> Table:
    """List what is owed."""
    columns = [
        Column("building", _("Building"), width=12),
        Column("room", _("Room"), width=9),
        *([Column("who", _("Who owes"), width=22)] if with_names else []),
        Column("kind", _("Owed for"), width=14),
        Column("left", _("Departed"), width=11),
        Column("since", _("Owed since"), width=11),
        Column("energy", _("Of this kept in kWh"), Kind.KWH, 10, summed=True),
        Column("owed", _("Owed, yuan"), Kind.YUAN, 12, summed=True),
    ]
    words = kind_words()
    return Table(title, columns, [_row(one, words, with_names) for one in found])


def _row(one: Owed, words: dict[OwedKind, str], with_names: bool) -> Row:
    room = one.account.point.room
    cells = [
        room.building.name,
        room.full_label,
        *([one.people] if with_names else []),
        words[one.kind],
        _day(one.account.closed_ms),
        _day(one.since_ms),
        one.energy_wh,
        one.due_fen * MICRO_YUAN_PER_FEN,
    ]
    return Row(cells, {"room": one.page, "owed": one.page})


def _day(at_ms: int | None) -> str:
    return campus_day(at_ms).isoformat() if at_ms else ""


ARREARS = Report(
    code="arrears",
    title=gettext_lazy("Arrears, for student affairs"),
    about=gettext_lazy(
        "Who owes what since when: departed rooms, shares, penalties, bills, the former system's, balances below zero."
    ),
    periods=(PeriodKind.MONTH, PeriodKind.ACCOUNTING, PeriodKind.YEAR),
    roles=SEE_DEBTS,
    build=build,
    told=(Role.STUDENTS, Role.FINANCE, Role.CASHIER, Role.DIRECTOR),
)
