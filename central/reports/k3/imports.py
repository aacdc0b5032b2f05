"""Bring in what K/3 exports, its vouchers or its totals: previewed by a column map, whole or not at all, written once
(R-4.1.9).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from hashlib import sha256

from django.db import transaction

from central.campus.list_file import ListSheet
from central.desk.numbering import locked_series
from central.domain.campus_rows import Problem
from central.domain.imported_rows import RowFault, RowFinding, guessed_map
from central.domain.k3_rows import (
    K3_FIELDS,
    K3Kind,
    K3Row,
    joined_header,
    looks_like,
    month_of,
    read_k3,
)
from central.domain.periods import month_period
from central.ledger.one_writer import one_writer
from central.ledger.operations import record_audit
from central.office.models import User
from central.prepared import insert_many
from central.reports.k3.files import read_sheets
from central.reports.k3.models import (
    K3Columns,
    K3Import,
    K3ImportEnd,
    K3TotalRow,
    K3VoucherRow,
)

SERIES = "k3-import"
FILE_FAULTS = {"too-long": RowFault.TOO_LONG, "no-rows": RowFault.NO_ROWS}
ALL_TEXTS = ("account", "name", "item")


class ImportRefusal(StrEnum):
    """Why an import was not taken back; `words.py` says it."""

    UNKNOWN = "unknown"
    ENDED = "ended"
    NO_REASON = "no-reason"


@dataclass(slots=True)
class K3File:
    """A list as it was read: the header of its best sheet, the map of its columns, its rows, what is wrong with it."""

    kind: K3Kind
    digest: str
    first_day: date
    last_day: date
    header: list[str] = field(default_factory=list)
    columns: dict[str, int] = field(default_factory=dict)
    rows: list[K3Row] = field(default_factory=list)
    findings: list[RowFinding] = field(default_factory=list)
    sums_left_out: int = 0


@dataclass(slots=True)
class ImportPlan:
    """What an import would do."""

    file: K3File
    new: list[K3Row] = field(default_factory=list)
    known: int = 0
    findings: list[RowFinding] = field(default_factory=list)

    @property
    def can_be_carried_out(self) -> bool:
        """Say whether it may be imported: whole, or not at all."""
        return not self.findings and bool(self.file.rows)

    @property
    def debit_fen(self) -> int:
        """The new rows' debits."""
        return sum(row.side("debit") for row in self.new)

    @property
    def credit_fen(self) -> int:
        """The new rows' credits."""
        return sum(row.side("credit") for row in self.new)


def read_file(
    content: bytes, kind: K3Kind, days: tuple[date, date], chosen: Mapping[str, int] | None = None
) -> K3File:
    """Read a list for the days that it is said to be of; `chosen` gives columns by field, else they are guessed."""
    file = K3File(kind, sha256(content).hexdigest(), *days)
    sheets = read_sheets(content)
    if isinstance(sheets, Problem):
        fault = FILE_FAULTS.get(str(sheets.fault.value), RowFault.UNREADABLE)
        file.findings.append(RowFinding(sheets.row, "", fault, sheets.found[:40]))
        return file
    header, rows = _best_of(kind, sheets)
    file.header = header
    file.columns = (
        guessed_map(K3_FIELDS[kind], header, remembered(kind))
        if chosen is None
        else {name: place for name, place in chosen.items() if place in range(len(header))}
    )
    if not rows:
        file.findings.append(RowFinding(0, "", RowFault.NO_ROWS))
        return file
    read = read_k3(kind, file.columns, rows)
    file.rows, file.findings, file.sums_left_out = read.rows, read.findings, read.sums_left_out
    file.findings += [
        RowFinding(row.row, "date", RowFault.OTHER_PERIOD, f"{row.day}")
        for row in file.rows
        if row.day is not None and not days[0] <= row.day <= days[1]
    ]
    if not file.rows and not file.findings:
        file.findings.append(RowFinding(0, "", RowFault.NO_ROWS))
    return file


def _best_of(kind: K3Kind, sheets: Sequence[ListSheet]) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Give titles and rows of the sheet whose titles are known best; lines above the titles (company, period) are passed over."""
    found = []
    for place, sheet in enumerate(sheets):
        lines = [(0, sheet.header), *sheet.rows]
        for skipped in range(min(6, len(lines))):
            header, rows = joined_header(lines[skipped][1], lines[skipped + 1 :])
            found.append((looks_like(kind, header), -place, -skipped, header, rows))
    best = max(found, key=lambda one: one[:3])
    return best[3], best[4]


def remembered(kind: K3Kind) -> dict[str, str]:
    """Give the titles that were chosen last, by field."""
    known = K3Columns.objects.filter(pk=kind).first()
    return dict(known.headers) if known else {}


def plan_import(file: K3File) -> ImportPlan:
    """Compare a read file with what counts already: the same file, entries that are known, entries that differ."""
    plan = ImportPlan(file, findings=list(file.findings))
    standing = K3Import.objects.filter(kind=file.kind, end__isnull=True)
    if standing.filter(digest=file.digest).exists():
        plan.findings.insert(0, RowFinding(0, "", RowFault.SAME_FILE))
    known = _known_entries(file) if file.kind is K3Kind.VOUCHERS else _known_totals(file)
    for row in file.rows:
        before = known.get(row.key)
        if before is None:
            plan.new.append(row)
        elif before == _content(row):
            plan.known += 1
        else:
            field_name = "number" if row.day else "account"
            plan.findings.append(
                RowFinding(row.row, field_name, RowFault.DIFFERS_FROM_BEFORE, " ".join(row.key))
            )
    return plan


def _content(row: K3Row) -> tuple[str, int, int]:
    return row.texts["account"], row.side("debit"), row.side("credit")


def _known_entries(file: K3File) -> dict[tuple[str, ...], tuple[str, int, int]]:
    months = (
        month_period(file.first_day.year, file.first_day.month),
        month_period(file.last_day.year, file.last_day.month),
    )
    rows = K3VoucherRow.objects.filter(
        made__end__isnull=True, day__gte=months[0].first, day__lte=months[1].last
    ).values_list("day", "word", "number", "entry", "account", "debit_fen", "credit_fen")
    return {
        (month_of(day), word, number, str(entry)): (account, debit, credit)
        for day, word, number, entry, account, debit, credit in rows
    }


def _known_totals(file: K3File) -> dict[tuple[str, ...], tuple[str, int, int]]:
    rows = K3TotalRow.objects.filter(
        made__end__isnull=True, made__first_day=file.first_day, made__last_day=file.last_day
    ).values_list("account", "item", "debit_fen", "credit_fen")
    return {(account, item): (account, debit, credit) for account, item, debit, credit in rows}


@one_writer
@transaction.atomic
def import_file(file: K3File, name: str, *, actor: User, now_ms: int) -> K3Import | ImportPlan:
    """Store a list's new rows and remember the column map. What can't be whole is given back as plan."""
    locked_series(SERIES)
    plan = plan_import(file)
    if not plan.can_be_carried_out:
        return plan
    made = K3Import.objects.create(
        kind=file.kind,
        file_name=name[:200],
        digest=file.digest,
        first_day=file.first_day,
        last_day=file.last_day,
        rows=len(plan.new),
        known=plan.known,
        debit_fen=plan.debit_fen,
        credit_fen=plan.credit_fen,
        by=actor,
        at_ms=now_ms,
    )
    if file.kind is K3Kind.VOUCHERS:
        insert_many(K3VoucherRow, ENTRY_COLUMNS, _entry_rows(made, plan.new))
    else:
        insert_many(K3TotalRow, TOTAL_COLUMNS, _total_rows(made, plan.new))
    headers = {
        one.name: file.header[file.columns[one.name]]
        for one in K3_FIELDS[file.kind]
        if one.name in file.columns
    }
    K3Columns.objects.update_or_create(kind=file.kind, defaults={"headers": headers})
    detail = (
        f"{made.file_name}: {made.rows} new, {made.known} known, {made.debit_fen} fen, {made.digest[:16]}"
    )
    _on_record("k3-import", made, detail, actor, now_ms)
    return made


ENTRY_COLUMNS = (
    *("made_id", "row", "day", "word", "number", "entry", "account", "account_name", "item", "summary"),
    *("debit_fen", "credit_fen"),
)
TOTAL_COLUMNS = (
    *("made_id", "row", "account", "account_name", "item"),
    *("opening_fen", "debit_fen", "credit_fen", "closing_fen"),
)


def _entry_rows(made: K3Import, rows: Sequence[K3Row]) -> Iterator[tuple[object, ...]]:
    for row in rows:
        assert row.day is not None, "an entry has its day"
        texts = (row.texts.get(name, "") for name in (*ALL_TEXTS, "summary"))
        head = (made.pk, row.row, row.day.isoformat(), row.word, row.number, row.entry)
        yield (*head, *texts, row.side("debit"), row.side("credit"))


def _total_rows(made: K3Import, rows: Sequence[K3Row]) -> Iterator[tuple[object, ...]]:
    for row in rows:
        texts = (row.texts.get(name, "") for name in ALL_TEXTS)
        opening, closing = (
            row.side(f"{name}_debit") - row.side(f"{name}_credit") for name in ("opening", "closing")
        )
        yield (made.pk, row.row, *texts, opening, row.side("debit"), row.side("credit"), closing)


@one_writer
@transaction.atomic
def end_import(number: int, *, why: str, actor: User, now_ms: int) -> K3ImportEnd | ImportRefusal:
    """Say that an import no longer counts: its rows stay, and another list of the same days may be brought in."""
    locked_series(SERIES)
    made = K3Import.objects.filter(pk=number).first()
    if made is None:
        return ImportRefusal.UNKNOWN
    if K3ImportEnd.objects.filter(pk=number).exists():
        return ImportRefusal.ENDED
    if not why.strip():
        return ImportRefusal.NO_REASON
    end = K3ImportEnd.objects.create(made=made, why=why.strip()[:300], by=actor, at_ms=now_ms)
    _on_record("k3-import-back", made, end.why, actor, now_ms)
    return end


def _on_record(action: str, made: K3Import, detail: str, actor: User, now_ms: int) -> None:
    record_audit(
        actor=actor.get_username(),
        action=action,
        subject=f"k3 import {made.pk}",
        detail=detail[:400],
        now_ms=now_ms,
    )
