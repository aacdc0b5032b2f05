"""Other parties' lists: read, compared with what counts, brought in whole or not at all, taken back with a reason (R-4.1.9)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

from django.db import transaction
from django.db.models import QuerySet

from central.campus.list_file import ListSheet
from central.campus.models import Building, Room
from central.desk.numbering import locked_series
from central.domain.agreement_lists import ListRow, fields_of, guessed, read_list_rows
from central.domain.agreement_rows import Grain, Row
from central.domain.campus_rows import Problem
from central.domain.four_way import Origin, Party
from central.domain.imported_rows import RowFault, RowFinding, plain
from central.domain.periods import Period
from central.ledger.one_writer import one_writer
from central.ledger.operations import record_audit
from central.office.models import User, of_served
from central.prepared import insert_many
from central.reports.agreement.given import Given, How
from central.reports.agreement.models import (
    REASON_LENGTH,
    AgreementLock,
    OutsideList,
    OutsideListEnd,
    OutsideRow,
)
from central.reports.k3.files import read_sheets

SERIES = "agreement-list"
FILE_FAULTS = {"too-long": RowFault.TOO_LONG, "no-rows": RowFault.NO_ROWS}
LINES_ABOVE = 6
"""So many lines may stand above the titles: the house's name, the month."""


class ListRefusal(StrEnum):
    """Why a sum was not taken, or a list not taken back; `words.py` says it."""

    UNKNOWN = "unknown"
    ENDED = "ended"
    NO_REASON = "no-reason"
    TOLD_BEFORE = "told-before"
    LOCKED = "locked"
    """The period is signed and locked."""


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """A row in the building and room that we know it by."""

    row: ListRow
    building: Building
    place: str


@dataclass(slots=True)
class ListPlan:
    """What bringing a list in would do."""

    party: Party
    grain: Grain
    period: Period
    digest: str
    reader: User
    header: list[str] = field(default_factory=list)
    columns: dict[str, int] = field(default_factory=dict)
    rows: list[PlacedRow] = field(default_factory=list)
    findings: list[RowFinding] = field(default_factory=list)

    @property
    def can_be_carried_out(self) -> bool:
        """Whole, or not at all."""
        return not self.findings and bool(self.rows)

    @property
    def amount(self) -> int:
        """The sum of all rows."""
        return sum(one.row.amount for one in self.rows)

    @property
    def buildings(self) -> list[Building]:
        """The buildings that it names, in order: of the others it says nothing."""
        return sorted({one.building for one in self.rows}, key=lambda one: one.code)


def plan_list(
    content: bytes,
    party: Party,
    grain: Grain,
    period: Period,
    chosen: Mapping[str, int] | None = None,
    *,
    reader: User,
) -> ListPlan:
    """Read a list and compare it with what counts already: of the buildings that its reader serves. Nothing is changed."""
    if party is not Party.K3 and grain is Grain.PLACES:
        grain = Grain.ROWS  # a room's energy is its meter's row
    plan = ListPlan(party, grain, period, sha256(content).hexdigest(), reader)
    sheets = read_sheets(content)
    if isinstance(sheets, Problem):
        fault = FILE_FAULTS.get(str(sheets.fault.value), RowFault.UNREADABLE)
        plan.findings.append(RowFinding(sheets.row, "", fault, sheets.found[:40]))
        return plan
    plan.header, rows = _best_of(party, sheets)
    plan.columns = (
        guessed(party, plan.header)
        if chosen is None
        else {name: place for name, place in chosen.items() if place in range(len(plan.header))}
    )
    if not rows:
        plan.findings.append(RowFinding(0, "", RowFault.NO_ROWS))
        return plan
    read, plan.findings = read_list_rows(party, grain, plan.columns, rows)
    _place(plan, read)
    _compare(plan)
    if not plan.rows and not plan.findings:
        plan.findings.append(RowFinding(0, "", RowFault.NO_ROWS))
    return plan


def _best_of(party: Party, sheets: Sequence[ListSheet]) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Give titles and rows of the sheet whose titles are known best; lines above the titles are passed over."""
    known = {name.casefold() for one in fields_of(party) for name in one.aliases}
    found = []
    for place, sheet in enumerate(sheets):
        lines = [(0, sheet.header), *sheet.rows]
        for skipped in range(min(LINES_ABOVE, len(lines))):
            header = lines[skipped][1]
            score = sum(plain(title).casefold() in known for title in header)
            found.append((score, -place, -skipped, header, lines[skipped + 1 :]))
    best = max(found, key=lambda one: one[:3])
    return list(best[3]), list(best[4])


def _place(plan: ListPlan, read: Sequence[ListRow]) -> None:
    """Find each row's building, its room or meter, and whether its day is in the period."""
    served = Building.objects.filter(of_served(plan.reader, "pk"))
    buildings = {word: one for one in served for word in (one.code, one.name)}
    rooms = _rooms() if plan.party is not Party.K3 else {}
    for one in read:
        building = buildings.get(one.building)
        if building is None:
            plan.findings.append(RowFinding(one.row, "building", RowFault.NO_BUILDING, one.building[:40]))
        elif one.day is not None and not plan.period.first <= one.day <= plan.period.last:
            plan.findings.append(RowFinding(one.row, "day", RowFault.OTHER_PERIOD, f"{one.day}"))
        else:
            full = f"{building.code}-{one.place}"
            place = rooms.get(one.place) or rooms.get(full) or one.place
            plan.rows.append(PlacedRow(one, building, place))


def _rooms() -> dict[str, str]:
    """Give by room, or by the meter that hangs there, the name that our own rows have."""
    rooms = {one.full_label: one.full_label for one in Room.objects.select_related("building")}
    bound = Room.objects.exclude(point__accounts__bindings__isnull=True).select_related("building")
    for room in bound.prefetch_related("point__accounts__bindings__meter"):
        for account in room.point.accounts.all():
            rooms |= {one.meter.meter_no: room.full_label for one in account.bindings.all()}
    return rooms


def _compare(plan: ListPlan) -> None:
    """Name the same file again, and buildings of which another list tells already, or that are locked."""
    standing = OutsideList.objects.filter(party=plan.party, period=plan.period.name, end__isnull=True)
    if standing.filter(digest=plan.digest).exists():
        plan.findings.insert(0, RowFinding(0, "", RowFault.SAME_FILE))
    told = set(
        OutsideRow.objects.filter(made__in=standing).values_list("building", flat=True).order_by().distinct()
    )
    told |= set(AgreementLock.objects.filter(period=plan.period.name).values_list("building", flat=True))
    seen: set[int] = set()
    for one in plan.rows:
        if one.building.pk in told and one.building.pk not in seen:
            seen.add(one.building.pk)
            found = RowFinding(one.row.row, "building", RowFault.TOLD_BEFORE, one.building.name)
            plan.findings.append(found)


@one_writer
@transaction.atomic
def bring_in(plan: ListPlan, name: str, *, actor: User, now_ms: int) -> OutsideList | ListPlan:
    """Store the rows of a list that was read just now, whole or not at all; it is compared again with what counts now.

    It is not read again here: 100,000 rows take seconds, in which nobody could sell.
    """
    locked_series(SERIES)
    if plan.can_be_carried_out:
        _compare(plan)
    if not plan.can_be_carried_out:
        return plan
    made = OutsideList.objects.create(
        party=plan.party,
        grain=plan.grain,
        period=plan.period.name,
        file_name=name[:200],
        digest=plan.digest,
        rows_read=len(plan.rows),
        amount=plan.amount,
        by=actor,
        at_ms=now_ms,
    )
    insert_many(OutsideRow, ROW_COLUMNS, _stored(made, plan))
    detail = f"{made.file_name}: {made.rows_read} rows, {made.amount}, {made.digest[:16]}"
    _on_record("agreement-list", made, detail, actor, now_ms)
    return made


ROW_COLUMNS = ("made_id", "row", "building_id", "day", "amount", "written", "place", "document")


def _stored(made: OutsideList, plan: ListPlan) -> Iterator[tuple[object, ...]]:
    for one in plan.rows:
        day = (one.row.day or plan.period.last).isoformat()
        yield (
            *(made.pk, one.row.row, one.building.pk, day, one.row.amount, one.row.written),
            *(one.place, one.row.document),
        )


@one_writer
@transaction.atomic
def type_sum(
    party: Party, building: Building, period: Period, amount: int, words: str, *, actor: User, now_ms: int
) -> OutsideList | ListRefusal:
    """Take one building's sum as a person read it from another party's books (fen, or Wh)."""
    locked_series(SERIES)
    if not words.strip():
        return ListRefusal.NO_REASON
    if AgreementLock.objects.filter(building=building, period=period.name).exists():
        return ListRefusal.LOCKED
    standing = OutsideList.objects.filter(party=party, period=period.name, end__isnull=True)
    if OutsideRow.objects.filter(made__in=standing, building=building).exists():
        return ListRefusal.TOLD_BEFORE
    made = OutsideList.objects.create(
        party=party,
        grain=Grain.PERIOD,
        period=period.name,
        digest=sha256(f"{party}:{building.code}:{period.name}:{amount}:{now_ms}".encode()).hexdigest(),
        words=words.strip()[:REASON_LENGTH],
        rows_read=1,
        amount=amount,
        by=actor,
        at_ms=now_ms,
    )
    OutsideRow.objects.create(made=made, row=1, building=building, day=period.last, amount=amount)
    _on_record("agreement-sum", made, f"{building.code} {amount}: {made.words}", actor, now_ms)
    return made


@one_writer
@transaction.atomic
def end_list(number: int, *, why: str, actor: User, now_ms: int) -> OutsideListEnd | ListRefusal:
    """Say that a list no longer counts. One that a locked page rests on stays."""
    locked_series(SERIES)
    made = OutsideList.objects.filter(pk=number).first()
    if made is None or not _serves_all(actor, made):
        return ListRefusal.UNKNOWN
    if OutsideListEnd.objects.filter(pk=number).exists():
        return ListRefusal.ENDED
    if not why.strip():
        return ListRefusal.NO_REASON
    locked = AgreementLock.objects.filter(period=made.period, building__in=made.rows.values("building"))
    if locked.exists():
        return ListRefusal.LOCKED
    end = OutsideListEnd.objects.create(made=made, why=why.strip()[:REASON_LENGTH], by=actor, at_ms=now_ms)
    _on_record("agreement-list-back", made, end.why, actor, now_ms)
    return end


def lists_of(reader: User) -> QuerySet[OutsideList]:
    """Give the lists that tell of the buildings that a person serves and of no other, the newest first."""
    found = OutsideList.objects.select_related("by", "end__by").order_by("-at_ms", "-pk")
    if reader.served is None:
        return found
    others = OutsideRow.objects.exclude(of_served(reader, "building"))
    return found.exclude(pk__in=others.values("made"))


def _serves_all(actor: User, made: OutsideList) -> bool:
    return lists_of(actor).filter(pk=made.pk).exists()


def outside(party: Party, periods: Sequence[Period], buildings: Sequence[Building]) -> Given:
    """Give what a party's lists that count say; a list tells of the buildings that it names, and of no other."""
    given = Given(party)
    rows = OutsideRow.objects.filter(
        made__party=party,
        made__period__in=[one.name for one in periods],
        made__end__isnull=True,
        building__in=buildings,
    )
    for one in rows.select_related("made", "building").order_by("made", "row", "pk"):
        frame = (one.building.code, one.made.period)
        given.frames[frame] = How(Origin.IMPORTED, Grain(one.made.grain))
        given.rows.append(
            Row(
                id=f"{one.made_id}/{one.row}",
                building=frame[0],
                period=frame[1],
                day=one.day,
                amount=one.amount,
                place=one.place,
                document=one.document,
                written=one.written,
                origin=f"list:{one.made_id}",
            )
        )
    return given


def _on_record(action: str, made: OutsideList, detail: str, actor: User, now_ms: int) -> None:
    record_audit(
        actor=actor.get_username(),
        action=action,
        subject=f"agreement list {made.pk}",
        detail=detail[:400],
        now_ms=now_ms,
    )
