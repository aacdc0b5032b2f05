"""Check a campus list against itself and against the campus; give a plan with every bad row named. Nothing is written here.

A plan with problems can't be carried out: all or nothing (`operations.carry_out`).
"""

from dataclasses import dataclass, field
from dataclasses import replace as replaced

from central.campus.list_file import ListSheet, read_list
from central.campus.models import Account, Binding, Customer, CustomerClass, MeteringPoint, Price
from central.domain.campus_rows import (
    ClassRow,
    Fault,
    PriceRow,
    Problem,
    RoomRow,
    column_of,
    read_class,
    read_price,
    read_room,
)


@dataclass(slots=True)
class ImportPlan:
    """What a list would do: rows read, how many are new, and all problems in order of sheet and row."""

    rooms: list[RoomRow] = field(default_factory=list)
    classes: list[ClassRow] = field(default_factory=list)
    prices: list[PriceRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    new_rooms: int = 0
    new_meters: int = 0

    @property
    def can_be_carried_out(self) -> bool:
        return not self.problems


READERS = {"rooms": read_room, "classes": read_class, "prices": read_price}
REQUIRED = {
    "rooms": ("building", "room", "class"),
    "prices": ("class", "price", "from"),
    "classes": ("class", "group"),
}
"""The columns that tell what a table is, tried in this order."""


def plan_import(content: bytes) -> ImportPlan:
    """Read a file and check it whole; a preview shows the plan, its problems name row, column, what and what to do."""
    plan = ImportPlan()
    sheets = read_list(content)
    if isinstance(sheets, Problem):
        plan.problems.append(sheets)
        return plan
    for sheet in sheets:
        _read_sheet(sheet, plan)
    if not plan.problems and not (plan.rooms or plan.classes or plan.prices):
        plan.problems.append(Problem(0, "", Fault.NO_ROWS))
    _check_twice(plan)
    _check_classes(plan)
    _check_units(plan)
    _check_prices(plan)
    _check_meters(plan)
    _check_customers(plan)
    plan.problems.sort(key=lambda p: (p.sheet, p.row))
    return plan


def _read_sheet(sheet: ListSheet, plan: ImportPlan) -> None:
    columns = [column_of(header) for header in sheet.header]
    kind = next((k for k, required in REQUIRED.items() if set(required) <= set(columns)), None)
    if kind is None:
        expected = " | ".join(", ".join(required) for required in REQUIRED.values())
        found = ", ".join(header for header in sheet.header if header.strip())[:200]
        plan.problems.append(Problem(1, "", Fault.NO_HEADER, found, expected, sheet.name))
        return
    for number, cells in sheet.rows:
        texts = {column: text for column, text in zip(columns, cells, strict=False) if column}
        extra = [text for text in cells[len(columns) :] if text.strip()]
        row, problems = READERS[kind](number, texts)
        if extra:
            problems.append(Problem(number, "", Fault.EXTRA_CELLS, extra[0], str(len(columns))))
        plan.problems += [replaced(problem, sheet=sheet.name) for problem in problems]
        getattr(plan, kind).append(row)


def _check_twice(plan: ImportPlan) -> None:
    rooms: dict[tuple[str, str], int] = {}
    meters: dict[str, int] = {}
    names: dict[str, str] = {}
    for row in plan.rooms:
        first = rooms.setdefault((row.building, row.room), row.row)
        if first != row.row:
            _blame(plan, row.row, "room", Fault.ROOM_TWICE, f"{row.building}-{row.room}", str(first))
        if row.meter and (first := meters.setdefault(row.meter, row.row)) != row.row:
            _blame(plan, row.row, "meter", Fault.METER_TWICE, row.meter, str(first))
        if row.building_name != row.building:
            name = names.setdefault(row.building, row.building_name)
            if name != row.building_name:
                _blame(plan, row.row, "building_name", Fault.NAME_DIFFERS, row.building_name, name)
    classes: dict[str, int] = {}
    for klass in plan.classes:
        if (first := classes.setdefault(klass.code, klass.row)) != klass.row:
            _blame(plan, klass.row, "class", Fault.CLASS_TWICE, klass.code, str(first))


def _check_classes(plan: ImportPlan) -> None:
    existing = {c.code: c for c in CustomerClass.objects.all()}
    known = existing.keys() | {row.code for row in plan.classes}
    expected = ", ".join(sorted(known))[:200]
    for row in [*plan.rooms, *plan.prices]:
        if row.customer_class and row.customer_class not in known:
            _blame(plan, row.row, "class", Fault.UNKNOWN_CLASS, row.customer_class, expected)
    in_use = set(Account.objects.values_list("point__customer_class__code", flat=True).distinct())
    for klass in plan.classes:
        before = existing.get(klass.code)
        if before is not None and before.unit != klass.unit and klass.code in in_use:
            _blame(plan, klass.row, "unit", Fault.UNIT_FIXED, klass.unit.value, before.unit)


def _check_units(plan: ImportPlan) -> None:
    """A room's credit stays in its unit as long as its account lives."""
    live = Account.objects.exclude(state=Account.State.CLOSED)
    kept = dict(live.values_list("point__code", "point__customer_class__unit"))
    units = dict(CustomerClass.objects.values_list("code", "unit"))
    units = {klass.code: klass.unit.value for klass in plan.classes} | units
    for row in plan.rooms:
        unit, asked = kept.get(point_code(row)), units.get(row.customer_class)
        if unit and asked and unit != asked:
            _blame(plan, row.row, "class", Fault.ROOM_UNIT_FIXED, row.customer_class, unit)


def _check_prices(plan: ImportPlan) -> None:
    """A list may give a class its first prices, and say again what is so; anything else needs a signed list (R-4.1.3)."""
    stored: dict[str, dict[int, int]] = {}
    for code, from_ms, micro_yuan in Price.objects.order_by("from_ms").values_list(
        "tariff__code", "from_ms", "micro_yuan_per_kwh"
    ):
        stored.setdefault(code, {})[from_ms] = micro_yuan
    dated: dict[tuple[str, int], PriceRow] = {}
    for price in plan.prices:
        first = dated.setdefault((price.customer_class, price.from_ms), price)
        if first is not price:
            _blame(plan, price.row, "from", Fault.PRICE_TWICE, price.customer_class, str(first.row))
        had = stored.get(price.customer_class, {})
        if had and had.get(price.from_ms) != price.micro_yuan_per_kwh:
            _needs_a_list(plan, price.row, price.customer_class, had)
    stated: dict[str, int] = {}
    for row in plan.rooms:
        if row.micro_yuan_per_kwh is None:
            continue
        said = stated.setdefault(row.customer_class, row.micro_yuan_per_kwh)
        had = stored.get(row.customer_class, {})
        if said != row.micro_yuan_per_kwh:
            _blame(plan, row.row, "price", Fault.PRICE_DIFFERS, _yuan(row.micro_yuan_per_kwh), _yuan(said))
        elif had and said not in had.values():
            _needs_a_list(plan, row.row, row.customer_class, had)


def _needs_a_list(plan: ImportPlan, row: int, class_code: str, had: dict[int, int]) -> None:
    _blame(plan, row, "price", Fault.PRICE_NEEDS_A_LIST, class_code, _yuan(list(had.values())[-1]))


def _check_meters(plan: ImportPlan) -> None:
    points = set(MeteringPoint.objects.values_list("code", flat=True))
    bound: dict[str, str] = {}
    of_point: dict[str, str] = {}
    for binding in Binding.objects.order_by("from_ms").select_related("meter", "account__point"):
        bound[binding.meter.meter_no] = binding.account.point.code
        if binding.account.state != Account.State.CLOSED:
            of_point[binding.account.point.code] = binding.meter.meter_no
    for row in plan.rooms:
        point = point_code(row)
        plan.new_rooms += point not in points
        plan.new_meters += bool(row.meter) and row.meter not in bound
        if not row.meter:
            continue
        if bound.get(row.meter, point) != point:
            _blame(plan, row.row, "meter", Fault.METER_ELSEWHERE, row.meter, bound[row.meter])
        elif of_point.get(point, row.meter) != row.meter:
            _blame(plan, row.row, "meter", Fault.ROOM_HAS_METER, row.meter, of_point[point])


def _check_customers(plan: ImportPlan) -> None:
    names = dict(Customer.objects.values_list("number", "name"))
    for row in plan.rooms:
        for number, name in row.occupants:
            if names.setdefault(number, name) != name:
                _blame(
                    plan, row.row, "customer_no", Fault.CUSTOMER_DIFFERS, f"{number} {name}", names[number]
                )


def point_code(row: RoomRow) -> str:
    """Name a room's metering point: `1-301`."""
    return f"{row.building}-{row.room}"


def _yuan(micro_yuan: int) -> str:
    return f"{micro_yuan // 1_000_000}.{micro_yuan % 1_000_000 // 100:04d}"


def _blame(plan: ImportPlan, row: int, column: str, fault: Fault, found: str, expected: str) -> None:
    plan.problems.append(Problem(row, column, fault, found, expected))
