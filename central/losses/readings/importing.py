"""Bring in a sheet that was written on paper: planned and shown first, then every row or none (R-4.3.7)."""

import uuid
from dataclasses import dataclass, field
from hashlib import sha256

from django.db import transaction

from central.campus.list_file import read_list
from central.clock import CAMPUS_ZONE
from central.domain.campus_rows import Problem
from central.domain.hand_reading import DisplayFault, Doubt, read_display
from central.domain.hand_reading import doubts as asked
from central.domain.reading_rows import SheetFault, SheetFinding, SheetRow, read_sheet
from central.losses.readings.entering import Entry, Known, Refused, enter
from central.losses.readings.models import HandReading, ReadingSheet
from central.losses.readings.sheets import Line, Place, lines_of
from central.office.models import User

MOST_ROWS = 5_000
FILE_FAULTS = {"too-long": SheetFault.TOO_LONG, "no-rows": SheetFault.NO_ROWS}


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """One row with the line it belongs to, and what is asked about it."""

    row: SheetRow
    line: Line
    register_wh: int | None
    doubts: list[Doubt]


@dataclass(slots=True)
class SheetPlan:
    """What an import would do."""

    digest: str
    rows: list[PlannedRow] = field(default_factory=list)
    findings: list[SheetFinding] = field(default_factory=list)

    @property
    def can_be_carried_out(self) -> bool:
        """Say whether it may be imported: whole, or not at all."""
        return bool(self.rows) and not self.findings


def plan_sheet(content: bytes, place: Place, now_ms: int) -> SheetPlan:
    """Read a table and compare it with the sheet's lines."""
    plan = SheetPlan(sha256(content).hexdigest())
    sheets = read_list(content)
    if isinstance(sheets, Problem):
        fault = FILE_FAULTS.get(str(sheets.fault.value), SheetFault.UNREADABLE)
        plan.findings.append(SheetFinding(sheets.row, "", fault, sheets.found[:40]))
        return plan
    if len(sheets[0].rows) > MOST_ROWS:
        plan.findings.append(SheetFinding(0, "", SheetFault.TOO_LONG, str(len(sheets[0].rows))))
        return plan
    read, plan.findings = read_sheet(sheets[0].header, sheets[0].rows)
    if place.state != ReadingSheet.State.OPEN:
        plan.findings.insert(0, SheetFinding(0, "", SheetFault.CLOSED))
    lines = {one.meter.meter: one for one in lines_of(place, now_ms)}
    short = _short(lines)
    for row in read:
        line = lines.get(row.meter) or short.get(row.meter.lstrip("0"))
        if line is None:
            plan.findings.append(SheetFinding(row.row, "meter", SheetFault.UNKNOWN_METER, row.meter[:40]))
        elif instant_ms(row) > now_ms:
            plan.findings.append(
                SheetFinding(row.row, "time", SheetFault.IN_FUTURE, f"{row.at:%Y-%m-%d %H:%M}")
            )
        else:
            plan.rows.append(_planned(row, line))
    return plan


def _short(lines: dict[str, Line]) -> dict[str, Line]:
    """Give lines by number without leading zeros, as a spreadsheet leaves it; only where one meter has it."""
    found: dict[str, list[Line]] = {}
    for meter, line in lines.items():
        found.setdefault(meter.lstrip("0"), []).append(line)
    return {short: of[0] for short, of in found.items() if len(of) == 1}


def instant_ms(row: SheetRow) -> int:
    """Give the instant of a row's local time."""
    return int(row.at.replace(tzinfo=CAMPUS_ZONE).timestamp() * 1000)


def _planned(row: SheetRow, line: Line) -> PlannedRow:
    read = read_display(row.typed)
    register_wh = None if isinstance(read, DisplayFault) else read
    last = line.last
    found = (
        asked(register_wh, instant_ms(row), last.register_wh, last.at_ms, line.usual)
        if register_wh is not None and last is not None
        else []
    )
    return PlannedRow(row, line, register_wh, found)


@transaction.atomic
def import_sheet(content: bytes, place: Place, *, actor: User, now_ms: int) -> list[HandReading] | SheetPlan:
    """Enter every row, or none; the same table again enters nothing new. What can't be whole is given back as its plan."""
    plan = plan_sheet(content, place, now_ms)
    if not plan.can_be_carried_out:
        return plan
    made = []
    for one in plan.rows:
        name = f"{plan.digest}:{place.building.pk}:{place.period.name}:{one.row.row}"
        entry = Entry(
            step=str(uuid.uuid5(uuid.NAMESPACE_OID, name)),
            meter=one.line.meter.meter,
            typed=one.row.typed,
            unreadable=one.row.why or "",
            words=one.row.remark,
            at_ms=instant_ms(one.row),
            is_listed=True,
        )
        known = Known(one.line.meter, one.doubts)
        done = enter(place.building, place.period, entry, actor=actor, now_ms=now_ms, known=known)
        if isinstance(done, Refused):
            transaction.set_rollback(True)
            fault = SheetFault.CLOSED if done.why == "not-open" else SheetFault.UNKNOWN_METER
            plan.findings.append(SheetFinding(one.row.row, "meter", fault, one.row.meter))
            return plan
        made.append(done)
    return made
