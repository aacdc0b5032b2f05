"""Plan the import of another system's list: what of it is new, what was known, what keeps it from being imported at all.

The file is read without the database; what the database says is asked in the transaction that stores the rows, too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256

from central.campus.list_file import read_list
from central.campus.models import Account, Binding, MeteringPoint
from central.clock import CAMPUS_ZONE
from central.desk.merchants.cards import card_number
from central.desk.merchants.models import (
    CardMeterSale,
    CardTransaction,
    ColumnMap,
    ImportedList,
    PaymentCard,
)
from central.domain.campus_rows import Problem
from central.domain.imported_rows import (
    FIELDS,
    ListKind,
    ReadRow,
    RowFault,
    RowFinding,
    guessed_map,
    plain,
    read_rows,
)
from gateway.contract.quantities import Unit

ASKED_AT_ONCE = 5_000
FILE_FAULTS = {"too-long": RowFault.TOO_LONG, "no-rows": RowFault.NO_ROWS}


@dataclass(slots=True)
class ReadFile:
    """A list's first sheet as it was read: its header, the map of its columns, its rows, what is wrong with it."""

    kind: ListKind
    digest: str
    first_day: date
    last_day: date
    header: list[str] = field(default_factory=list)
    columns: dict[str, int] = field(default_factory=dict)
    rows: list[ReadRow] = field(default_factory=list)
    findings: list[RowFinding] = field(default_factory=list)


@dataclass(slots=True)
class ListPlan:
    """What an import would do; `new` are its rows with the account each belongs to (None: a card system's)."""

    file: ReadFile
    new: list[tuple[ReadRow, Account | None]] = field(default_factory=list)
    known: int = 0
    findings: list[RowFinding] = field(default_factory=list)

    @property
    def can_be_carried_out(self) -> bool:
        """Say whether it may be imported: whole, or not at all."""
        return not self.findings and bool(self.file.rows)

    @property
    def amount_fen(self) -> int:
        """The sum of the new rows."""
        return sum(row.amount_fen for row, _account in self.new)


def read_file(
    content: bytes, kind: ListKind, days: tuple[date, date], chosen: Mapping[str, int] | None = None
) -> ReadFile:
    """Read a list for the days that it is said to be of; `chosen` gives columns by field, else they are guessed."""
    file = ReadFile(kind, sha256(content).hexdigest(), *days)
    sheets = read_list(content)
    if isinstance(sheets, Problem):
        fault = FILE_FAULTS.get(str(sheets.fault.value), RowFault.UNREADABLE)
        file.findings.append(RowFinding(sheets.row, "", fault, sheets.found[:40]))
        return file
    sheet = sheets[0]
    file.header = sheet.header
    places = range(len(sheet.header))
    file.columns = (
        guessed_map(FIELDS[kind], sheet.header, remembered(kind))
        if chosen is None
        else {name: place for name, place in chosen.items() if place in places}
    )
    if not sheet.rows:
        file.findings.append(RowFinding(0, "", RowFault.NO_ROWS))
        return file
    file.rows, file.findings = read_rows(kind, file.columns, sheet.rows)
    first, last = days
    file.findings += [
        RowFinding(row.row, "time", RowFault.OTHER_PERIOD, f"{row.at:%Y-%m-%d}")
        for row in file.rows
        if not first <= row.at.date() <= last
    ]
    return file


def remembered(kind: ListKind) -> dict[str, str]:
    """Give the headers that were chosen last, by field."""
    known = ColumnMap.objects.filter(pk=kind).first()
    return dict(known.headers) if known else {}


def headers_of(file: ReadFile) -> dict[str, str]:
    """Give what to remember: the chosen headers by field."""
    return {
        one.name: file.header[file.columns[one.name]] for one in FIELDS[file.kind] if one.name in file.columns
    }


def plan_list(file: ReadFile) -> ListPlan:
    """Compare a read file with what is kept: the same file, known numbers, and whose each row is."""
    plan = ListPlan(file, findings=list(file.findings))
    if ImportedList.objects.filter(kind=file.kind, digest=file.digest).exists():
        plan.findings.insert(0, RowFinding(0, "", RowFault.SAME_FILE))
    known = _known(file.kind, file.rows)
    whose = _Accounts() if file.kind is ListKind.CARD_METERS else None
    for row in file.rows:
        before = known.get(row.number)
        if before is not None:
            if before == _content(row):
                plan.known += 1
            else:
                plan.findings.append(RowFinding(row.row, "number", RowFault.DIFFERS_FROM_BEFORE, row.number))
            continue
        account = whose.of(row) if whose else None
        if isinstance(account, RowFinding):
            plan.findings.append(account)
        else:
            plan.new.append((row, account))
    return plan


def instant_ms(at: datetime) -> int:
    """Give the instant of a list's local time."""
    return int(at.replace(tzinfo=CAMPUS_ZONE).timestamp() * 1000)


def _content(row: ReadRow) -> tuple[int, int, str]:
    return instant_ms(row.at), row.amount_fen, row.texts.get("reference", "")


def _known(kind: ListKind, rows: Sequence[ReadRow]) -> dict[str, tuple[int, int, str]]:
    found: dict[str, tuple[int, int, str]] = {}
    for numbers in _in_parts([row.number for row in rows]):
        if kind is ListKind.CARD_SYSTEM:
            kept = CardTransaction.objects.filter(number__in=numbers)
            for number, at_ms, fen, reference in kept.values_list(
                "number", "at_ms", "amount_fen", "reference"
            ):
                found[number] = (at_ms, fen, reference)
        else:
            sold = CardMeterSale.objects.filter(number__in=numbers)
            for number, at_ms, fen in sold.values_list("number", "at_ms", "amount_fen"):
                found[number] = (at_ms, fen, "")
    return found


def _in_parts(numbers: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(numbers), ASKED_AT_ONCE):
        yield numbers[start : start + ASKED_AT_ONCE]


class _Accounts:
    """Whose a sale is: by room, meter or card; the account that the point had at that instant."""

    def __init__(self) -> None:
        points = MeteringPoint.objects.select_related("room__building", "customer_class")
        self.points = {point.pk: point for point in points.prefetch_related("accounts")}
        self.lasted = {
            point.pk: sorted(point.accounts.all(), key=lambda account: account.opened_ms)
            for point in self.points.values()
        }
        self.named: dict[tuple[str, ...], set[int]] = {}
        self.rooms: dict[str, int] = {}
        for point in self.points.values():
            self.rooms[point.room.full_label.casefold()] = point.pk
            if point.billing == "card":
                self.rooms.setdefault(point.room.label.casefold(), point.pk)
        bindings = Binding.objects.order_by("from_ms").values_list("meter__meter_no", "account__point")
        self.meters = {meter.casefold(): point for meter, point in bindings}
        cards = PaymentCard.objects.order_by("from_ms").values_list("number", "account__point")
        self.cards = dict(cards)

    def of(self, row: ReadRow) -> Account | RowFinding:
        """Give a sale's account; a finding when it is nobody's, two rooms', or no card meter's."""
        named = tuple(row.texts.get(name, "") for name in ("room", "meter", "card"))
        if named not in self.named:
            self.named[named] = self._points(*named)
        hits = self.named[named]
        said = " ".join(name for name in named if name)
        if len(hits) != 1:
            fault = RowFault.SEVERAL_ROOMS if hits else RowFault.NO_ROOM
            return RowFinding(row.row, "room", fault, said)
        point = self.points[next(iter(hits))]
        if point.billing != "card":
            return RowFinding(row.row, "room", RowFault.NOT_A_CARD_METER, said)
        if point.customer_class.unit == Unit.KWH and "energy" not in row.energies_wh:
            return RowFinding(row.row, "energy", RowFault.EMPTY)
        at_ms = instant_ms(row.at)
        accounts = self.lasted[point.pk]
        begun = [account for account in accounts if account.opened_ms <= at_ms]
        if not accounts:
            return RowFinding(row.row, "room", RowFault.NO_ROOM, said)
        found = begun[-1] if begun else accounts[0]
        found.point = point
        return found

    def _points(self, room: str, meter: str, card: str) -> set[int]:
        found = (
            self.rooms.get(plain(room).casefold()),
            self.meters.get(meter.casefold()),
            self.cards.get(card_number(card)),
        )
        return {point for point in found if point is not None}
