"""The statement that goes with the payment to the power bureau (R-4.1.9): energy, use by class, takings, credit on hand, its bill
beside them, and the problems that stand against these figures.

A building's energy is that of its outermost masters: a group that is counted behind another one is in that one already.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central import clock
from central.campus.meter_groups import groups_of
from central.campus.models import Account, Building, CustomerClass
from central.domain.day_totals import Item
from central.domain.instant_balance import HOUR_MS, Figures
from central.domain.loss_judgement import ratio_ppm
from central.domain.paper import Cell, Column, Kind, Paper, Row, Table
from central.domain.periods import Period, PeriodKind
from central.losses.balances.groups import groups_at
from central.losses.balances.queries import balance_of
from central.office.dated_settings import list_at
from central.office.roles import SEE_BUREAU_BILLS, Role
from central.papers.accounting import instants_of
from central.papers.catalogue import Report, page_of
from central.papers.words import period_words
from central.reports.books.folding import catch_up
from central.reports.books.queries import AccountPeriod, account_periods
from central.reports.bureau.models import BureauBill
from central.reports.bureau.problems import problem_table
from central.reports.bureau.queries import standing_bills
from central.reports.charged import Sums, by_building, charged_in
from central.reports.monthly_charges import building_table
from central.reports.takings import is_settled, open_notes
from gateway.contract.quantities import MICRO_YUAN_PER_FEN, Unit
from gateway.contract.rules import GroupRule

ELECTRICITY = (Item.DORMITORY, Item.MERCHANT, Item.STAFF)
Balances = dict[int, dict[str, Figures]]
"""By building and outermost group."""


@dataclass(slots=True)
class OnHand:
    """What accounts come to at the period's end: credit and what is below zero, in their unit; their use."""

    credit: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Unit, 0))
    owed: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Unit, 0))
    consumption: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Unit, 0))
    energy_wh: int = 0
    accounts: set[str] = field(default_factory=set)
    """By code: one that has money and kWh is one account."""

    def add(self, one: AccountPeriod) -> None:
        """Add an account."""
        self.credit[one.unit] += max(one.closing, 0)
        self.owed[one.unit] += min(one.closing, 0)
        self.consumption[one.unit] += one.consumption
        self.energy_wh += one.energy_wh
        self.accounts.add(one.account)


def build(period: Period) -> Paper:
    """Make the statement of an accounting period."""
    from_ms, until_ms = instants_of(period)
    buildings = list(Building.objects.order_by("code"))
    now_ms = clock.now_ms()
    measured_ms = max(from_ms, min(until_ms, now_ms - now_ms % HOUR_MS))
    balances = {one.pk: _balances(one, from_ms, measured_ms) for one in buildings}
    charged = by_building(charged_in(period))
    by_house, by_class = _on_hand(period)
    return Paper(
        code="bureau-statement",
        document="",
        title=_("Statement for the power bureau"),
        period=period_words(period),
        from_ms=from_ms,
        until_ms=until_ms,
        tables=[
            _bill_table(standing_bills(period), balances, charged),
            _energy_table(buildings, balances, by_house, period),
            _class_table(by_class),
            building_table(charged, period),
            _credit_table(buildings, by_house, period),
            problem_table(period, buildings, balances, now_ms),
        ],
        recipients=[str(one) for one in list_at("bureau.copies", until_ms - 1)],
        signatures=[_("Card room"), _("Network-centre director"), _("Vice-president"), _("Finance office")],
        notes=[*open_notes(period), *_notes()],
    )


def _notes() -> list[str]:
    return [
        _("Master: the outermost meters of each building; loss = master - sum of subs - known own use."),
        _("Used by rooms is what their accounts used; subs may also count what no account pays for."),
        _(
            "Credit on hand is what we owe the rooms at the period's end; owed: those below zero, debts and bills included."
        ),
    ]


def _balances(building: Building, from_ms: int, until_ms: int) -> dict[str, Figures]:
    rules = groups_at(groups_of(building), until_ms - 1)
    return {one.group: balance_of(building, one.group, from_ms, until_ms) for one in outermost(rules)}


def outermost(rules: Iterable[GroupRule]) -> list[GroupRule]:
    """Give the groups that no other one counts, by name or by their master's meter."""
    rules = list(rules)
    behind = {name for one in rules for name in one.sub_groups}
    meters = {meter for one in rules for meter in one.subs}
    return [one for one in rules if one.group not in behind and one.master not in meters]


def _on_hand(period: Period) -> tuple[dict[int, OnHand], dict[int, OnHand]]:
    """Give sums by building and by class."""
    columns = ("code", "point__room__building", "point__customer_class")
    places = {code: place for code, *place in Account.objects.values_list(*columns)}
    by_house: dict[int, OnHand] = {}
    by_class: dict[int, OnHand] = {}
    for one in account_periods(period):
        if (place := places.get(one.account)) is None:
            continue  # the books may know an account that no room has: it has no building
        house, kind = place
        by_house.setdefault(house, OnHand()).add(one)
        by_class.setdefault(kind, OnHand()).add(one)
    return by_house, by_class


def _bill_table(bills: list[BureauBill], balances: Balances, charged: Mapping[int, Sums]) -> Table:
    """Put the bureau's bills beside our figures; without any the table says so. A part of our masters is not the bill's whole."""
    columns = [
        Column("number", _("Number of the bill"), width=16),
        Column("day", _("Date of the bill"), width=11),
        Column("building", _("Building"), width=12),
        Column("energy", _("Bureau, kWh"), Kind.KWH, 12),
        Column("ours", _("Our masters, kWh"), Kind.KWH, 12),
        Column("apart", _("Difference, kWh"), Kind.KWH, 12),
        Column("amount", _("Bureau, yuan"), Kind.YUAN, 12),
        Column("taken", _("Takings for electricity, yuan"), Kind.YUAN, 12),
        Column("left", _("Difference, yuan"), Kind.YUAN, 12),
    ]
    return Table(
        _("The bureau's bill beside ours"), columns, [_bill_row(one, balances, charged) for one in bills]
    )


def _bill_row(one: BureauBill, balances: Balances, charged: Mapping[int, Sums]) -> Row:
    whole_campus = one.building_id is None
    houses = list(balances) if whole_campus else [one.building_id]
    made = [figures.balance for pk in houses for figures in balances[pk].values()]
    known = [balance for balance in made if balance]
    ours = sum(balance.master_wh for balance in known) if known and len(known) == len(made) else None
    sums = [charged[pk] for pk in (charged if whole_campus else houses) if pk in charged]
    taken = sum(of.items[item] for of in sums for item in ELECTRICITY) * MICRO_YUAN_PER_FEN
    amount = one.amount_fen * MICRO_YUAN_PER_FEN
    cells: list[Cell] = [
        one.number,
        one.day.isoformat(),
        _("the whole campus") if one.building is None else one.building.name,
        one.energy_wh,
        ours,
        None if ours is None else one.energy_wh - ours,
        amount,
        taken,
        amount - taken,
    ]
    return Row(cells, {"number": reverse("bureau:bills")})


def _energy_table(
    buildings: Iterable[Building], balances: Balances, by_house: Mapping[int, OnHand], period: Period
) -> Table:
    columns = [
        Column("building", _("Building"), width=14),
        Column("hours", _("Hours measured"), width=10),
        Column("master", _("Master, kWh"), Kind.KWH, 12, summed=True),
        Column("subs", _("Sum of subs, kWh"), Kind.KWH, 12, summed=True),
        Column("own", _("Known own use, kWh"), Kind.KWH, 11, summed=True),
        Column("loss", _("Loss, kWh"), Kind.KWH, 11, summed=True),
        Column("ratio", _("Loss, %"), Kind.PERCENT, 8),
        Column("rooms", _("Used by rooms, kWh"), Kind.KWH, 12, summed=True),
    ]
    page = page_of("losses", period.name)
    rows = [_energy_row(one, balances[one.pk], by_house.get(one.pk, OnHand()), page) for one in buildings]
    return Table(_("Energy by building"), columns, rows)


def _energy_row(building: Building, groups: Mapping[str, Figures], hand: OnHand, page: str) -> Row:
    known = [made for figures in groups.values() if (made := figures.balance)]
    hours = ", ".join("{}/{}".format(*figures.hours) for figures in groups.values())
    cells: list[Cell] = [building.name, hours]
    if known:
        cells += [
            sum(made.master_wh for made in known),
            sum(made.subs_wh for made in known),
            sum(made.own_use_wh for made in known),
            sum(made.loss_wh for made in known),
            ratio_ppm(known[0]) if len(known) == 1 else None,
        ]
    else:
        cells += [None] * 5
    links = {"building": reverse("losses:balance-building", args=[building.code]), "loss": page}
    return Row([*cells, hand.energy_wh], links)


def _class_table(by_class: Mapping[int, OnHand]) -> Table:
    columns = [
        Column("class", _("Class"), width=18),
        Column("group", _("Group"), width=16),
        Column("accounts", _("Accounts"), Kind.COUNT, 9, summed=True),
        Column("energy", _("Used, kWh"), Kind.KWH, 13, summed=True),
        Column("yuan", _("Billed to accounts in yuan, yuan"), Kind.YUAN, 14, summed=True),
        Column("kwh", _("Billed to accounts in kWh, kWh"), Kind.KWH, 14, summed=True),
    ]
    rows = [
        Row([one.name, str(one.get_group_display()), *_class_cells(by_class[one.pk])])
        for one in CustomerClass.objects.filter(pk__in=by_class).order_by("group", "code")
    ]
    return Table(_("Consumption by class"), columns, rows)


def _class_cells(hand: OnHand) -> list[Cell]:
    return [len(hand.accounts), hand.energy_wh, hand.consumption[Unit.YUAN], hand.consumption[Unit.KWH]]


def _credit_table(buildings: Iterable[Building], by_house: Mapping[int, OnHand], period: Period) -> Table:
    columns = [
        Column("building", _("Building"), width=14),
        Column("yuan", _("Credit on hand, yuan"), Kind.YUAN, 14, summed=True),
        Column("yuan_owed", _("Owed, yuan"), Kind.YUAN, 14, summed=True),
        Column("kwh", _("Credit on hand, kWh"), Kind.KWH, 14, summed=True),
        Column("kwh_owed", _("Owed, kWh"), Kind.KWH, 14, summed=True),
    ]
    page = page_of("household-detail", period.name)
    rows = []
    for one in buildings:
        if hand := by_house.get(one.pk):
            cells = [part[unit] for unit in (Unit.YUAN, Unit.KWH) for part in (hand.credit, hand.owed)]
            rows.append(Row([one.name, *cells], {"building": page}))
    return Table(_("Credit on hand at the period's end"), columns, rows)


BUREAU_STATEMENT = Report(
    code="bureau-statement",
    title=gettext_lazy("Statement for the power bureau"),
    about=gettext_lazy(
        "Energy, use by class, takings and credit on hand beside the bureau's own bill; with the table of problems."
    ),
    periods=(PeriodKind.ACCOUNTING,),
    roles=SEE_BUREAU_BILLS,
    build=build,
    is_settled=is_settled,
    before=catch_up,
    told=(Role.CASHIER, Role.FINANCE, Role.DIRECTOR, Role.VP_LOGISTICS),
    opens_over=True,
)
