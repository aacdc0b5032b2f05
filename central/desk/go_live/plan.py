"""Check the old system's list against itself, the campus and the meters; give a plan with every finding named. Nothing is written.

A plan with a finding that blocks can't be asked for: all or nothing. Findings that only should be known go to who signs.
"""

from dataclasses import dataclass, field
from dataclasses import replace as replaced

from central.campus.list_file import ListSheet, read_list
from central.desk.go_live.campus_rooms import CampusRoom, Known, booked_already, known_rooms, opened
from central.domain.campus_rows import Problem
from central.domain.opening_rows import (
    PAID,
    REQUIRED_BALANCES,
    Fault,
    Finding,
    OpeningRow,
    column_of,
    read_row,
)
from central.ledger import chart_of_accounts as chart
from central.office.templatetags.cardroom import unit_word
from gateway.contract.quantities import MicroYuan, Unit, WattHours, kwh_text, yuan_text

REGISTER_TOLERANCE_WH = 10
"""Lists hold two decimals of a kWh."""
ZERO, LATER = "zero", "later"
"""What is said of rooms that the list lacks: they begin with nothing, or they don't go live yet."""


@dataclass(frozen=True, slots=True)
class PlannedBalance:
    """One bucket of one room, as it would be asked for."""

    sheet_row: int
    room: CampusRoom
    bucket: str
    amount: int
    meter_no: str = ""
    register_wh: int | None = None
    reading: tuple[int, int] | None = None
    """The meter's own register and when it was read."""
    old_receipt: str = ""


@dataclass(slots=True)
class OpeningPlan:
    """What a list would do."""

    change_over_ms: int
    balances: list[PlannedBalance] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    missing: list[CampusRoom] = field(default_factory=list)
    """Prepaid rooms of the list's buildings that it does not name."""
    rooms_listed: int = 0
    other_buildings: list[str] = field(default_factory=list)
    """Buildings that the list does not name at all: they go live another day."""

    @property
    def problems(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.blocks]

    @property
    def notices(self) -> list[Finding]:
        return [finding for finding in self.findings if not finding.blocks]

    @property
    def can_be_asked(self) -> bool:
        return bool(self.balances) and not self.problems


def plan_opening(content: bytes, change_over_ms: int, missing: str, now_ms: int) -> OpeningPlan:
    """Read a file and check it whole. `missing` is ZERO or LATER, or empty while nobody has said it."""
    plan = OpeningPlan(change_over_ms)
    sheets = read_list(content)
    if isinstance(sheets, Problem):
        plan.findings.append(
            Finding(0, "", Fault(sheets.fault.value), sheets.found, sheets.expected, sheets.sheet)
        )
        return plan
    known = known_rooms(now_ms)
    for sheet, row in [(s.name, row) for s in sheets for row in _rows_of(s, plan)]:
        _place(plan, known, sheet, row)
    if not plan.rooms_listed and not plan.findings:
        plan.findings.append(Finding(0, "", Fault.NO_ROWS))
    _check_twice(plan)
    _check_missing(plan, known, missing)
    _check_books(plan)
    _check_gateways(plan, known)
    plan.findings.sort(key=lambda finding: (not finding.blocks, finding.sheet, finding.row))
    return plan


def _rows_of(sheet: ListSheet, plan: OpeningPlan) -> list[OpeningRow]:
    columns = [column_of(header) for header in sheet.header]
    named = [column for column in columns if column]
    if "room" not in named or not REQUIRED_BALANCES & set(named):
        found = ", ".join(header for header in sheet.header if header.strip())[:200]
        plan.findings.append(Finding(1, "", Fault.NO_HEADER, found, "room, balance", sheet.name))
        return []
    for column in sorted({column for column in named if named.count(column) > 1}):
        plan.findings.append(Finding(1, column, Fault.COLUMN_TWICE, column, sheet=sheet.name))
    ignored = [header.strip() for header, column in zip(sheet.header, columns, strict=True) if not column]
    if ignored := [header for header in ignored if header]:
        plan.findings.append(Finding(1, "", Fault.UNKNOWN_COLUMN, ", ".join(ignored)[:200], sheet=sheet.name))
    rows = []
    for number, cells in sheet.rows:
        texts = {column: text for column, text in zip(columns, cells, strict=False) if column}
        row, findings = read_row(number, texts)
        if extra := [text for text in cells[len(columns) :] if text.strip()]:
            findings.append(Finding(number, "", Fault.EXTRA_CELLS, extra[0][:40], str(len(columns))))
        plan.findings += [replaced(finding, sheet=sheet.name) for finding in findings]
        plan.rooms_listed += 1
        rows.append(row)
    return rows


def _place(plan: OpeningPlan, known: Known, sheet: str, row: OpeningRow) -> None:
    """Find a row's room, check the two against each other, and plan its buckets."""
    room = known.room_of(row.building, row.room) if row.room else None
    findings: list[Finding] = []

    def blame(column: str, fault: Fault, found: str = "", expected: str = "") -> None:
        findings.append(Finding(row.row, column, fault, found, expected, sheet))

    if room is None:
        if row.room:
            blame("room", Fault.UNKNOWN_ROOM, f"{row.building}-{row.room}" if row.building else row.room)
    else:
        _check_room(room, row, known, blame)
        meter, reading = _check_meter(plan.change_over_ms, room, row, known, blame)
        for bucket, amount in row.by_bucket:
            _check_bucket(room, row, bucket, blame)
            planned = PlannedBalance(
                row.row, room, bucket, amount, meter, row.register_wh, reading, row.old_receipt
            )
            plan.balances.append(planned)
    plan.findings += findings


def _check_room(room: CampusRoom, row: OpeningRow, known: Known, blame: object) -> None:
    assert callable(blame)
    if room.account_id is None or not room.is_open:
        blame("room", Fault.NO_LIVE_ACCOUNT, room.label)
        return
    if room.billing != "prepaid":
        blame("room", Fault.NOT_PREPAID, room.label)
    if room.pays_from:
        blame("room", Fault.PAYS_ELSEWHERE, room.label, room.pays_from)
    if room.account_id not in known.occupied:
        blame("room", Fault.NOBODY, room.label, _amount(row.balance, room.unit))
    if row.unit is not None and row.unit != room.unit:
        blame("unit", Fault.WRONG_UNIT, _amount(row.balance, row.unit), unit_word(room.unit))
    elif row.balance < 0:
        blame("balance", Fault.DEBT, _amount(-row.balance, room.unit))


def _check_meter(
    change_over_ms: int, room: CampusRoom, row: OpeningRow, known: Known, blame: object
) -> tuple[str, tuple[int, int] | None]:
    """Compare meter and register with the room's own; give its meter and what it was read at last."""
    assert callable(blame)
    ours = known.meters.get(room.account_id or 0, ())
    if not ours:
        blame("meter", Fault.NO_METER, room.label)
        return row.meter, None
    meter = next((m for m in ours if _same_number(m, row.meter)), "") if row.meter else ours[0]
    if not meter:
        blame("meter", Fault.METER_DIFFERS, row.meter, ", ".join(ours))
        return row.meter, None
    reading = known.readings.get(meter)
    if row.register_wh is None:
        return meter, reading
    if reading is None:
        blame("register", Fault.NO_READING, meter)
        return meter, None
    used_wh, when_ms = reading[0] - row.register_wh, reading[1]
    read = kwh_text(WattHours(row.register_wh)), kwh_text(WattHours(reading[0]))
    if used_wh < -REGISTER_TOLERANCE_WH and when_ms >= change_over_ms:
        blame("register", Fault.REGISTER_AHEAD, *read)
    elif abs(used_wh) > REGISTER_TOLERANCE_WH:
        blame("register", Fault.REGISTER_DIFFERS, *read)
    return meter, reading


def _same_number(ours: str, listed: str) -> bool:
    """A spreadsheet drops the zeros before a meter's number."""
    return ours.lstrip("0").casefold() == listed.lstrip("0").casefold()


def _check_bucket(room: CampusRoom, row: OpeningRow, bucket: str, blame: object) -> None:
    assert callable(blame)
    if bucket not in room.buckets:
        blame(bucket, Fault.UNKNOWN_BUCKET, bucket, ", ".join(room.buckets))
    elif row.unit == room.unit and room.buckets[bucket] != room.unit:
        blame(bucket, Fault.BUCKET_OTHER_UNIT, bucket, unit_word(room.buckets[bucket]))


def _check_twice(plan: OpeningPlan) -> None:
    """A room, and a meter, belong to one row of one sheet."""
    rooms: dict[str, PlannedBalance] = {}
    meters: dict[str, PlannedBalance] = {}
    for balance in plan.balances:
        if balance.bucket != PAID:
            continue
        row, room, meter = balance.sheet_row, balance.room.label, balance.meter_no
        if (first := rooms.setdefault(room, balance)) is not balance:
            plan.findings.append(Finding(row, "room", Fault.ROOM_TWICE, room, str(first.sheet_row)))
        elif meter and (first := meters.setdefault(meter, balance)) is not balance:
            plan.findings.append(Finding(row, "meter", Fault.METER_TWICE, meter, str(first.sheet_row)))


def _check_missing(plan: OpeningPlan, known: Known, missing: str) -> None:
    """Name the rooms that the list's buildings have and it lacks; somebody must say what becomes of them."""
    listed = {balance.room.label for balance in plan.balances}
    buildings = {balance.room.building for balance in plan.balances}
    live = opened()
    plan.other_buildings = sorted({room.building for room in known.rooms} - buildings)
    for room in known.rooms:
        takes_credit = room.is_open and room.billing == "prepaid" and not room.pays_from
        is_live = room.account_id is not None and live.get((room.account_id, PAID), (0, False))[1]
        if room.building in buildings and room.label not in listed and takes_credit and not is_live:
            plan.missing.append(room)
    for balance in plan.balances:
        if live.get((balance.room.account_id or 0, balance.bucket), (0, False))[1]:
            plan.findings.append(Finding(balance.sheet_row, "room", Fault.ALREADY_LIVE, balance.room.label))
    if plan.missing and missing == ZERO:
        plan.balances += [PlannedBalance(0, room, PAID, 0) for room in plan.missing]
    elif plan.missing and missing != LATER:
        first = ", ".join(room.label for room in plan.missing[:5])
        plan.findings.append(Finding(0, "", Fault.MISSING_UNDECIDED, str(len(plan.missing)), first))


def _check_books(plan: OpeningPlan) -> None:
    """Say where our books hold something already: consumption that both systems billed, or a payment taken here."""
    sides = {
        chart.customer(b.room.account, b.bucket, b.room.unit).code: b for b in plan.balances if b.room.account
    }
    for code, held in booked_already(sides).items():
        balance = sides[code]
        plan.findings.append(
            Finding(
                balance.sheet_row,
                "balance",
                Fault.BILLED_BEFORE,
                balance.room.label,
                _amount(held, balance.room.unit),
            )
        )


def _check_gateways(plan: OpeningPlan, known: Known) -> None:
    for building, key in sorted({(b.room.building, b.room.building_id) for b in plan.balances}):
        if key not in known.with_gateway:
            plan.findings.append(Finding(0, "", Fault.NO_GATEWAY, building))


def _amount(amount: int, unit: str) -> str:
    text = kwh_text(WattHours(amount)) if unit == Unit.KWH else yuan_text(MicroYuan(amount))
    return f"{text} {unit_word(unit)}"
