"""Months of telemetry into files and out of the tables, and back for a dispute. What may go is decided above (`reports/archive`).

written    the file is whole, read back and under its name; its digest is in the audit chain
known      `ArchivedMonth` has it; only now anything is removed
removed    a partition that holds the file's rows alone is dropped; all else goes by the numbers in the file, in small batches

Each step finds what the one before left: a power cut anywhere is gone over again, not mended. What comes late for a month that was
written stays in the tables and becomes its next part.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections, transaction
from django.db.models import Max

from central.ledger.models import AuditEntry
from central.ledger.monthly_tables import (
    NO_ROWS,
    Span,
    drop_partition,
    make_partition,
    month_name,
    months_there,
)
from central.ledger.operations import record_audit
from central.link.telemetry.apps import TELEMETRY
from central.link.telemetry.archive_file import (
    ArchiveDamaged,
    Sealed,
    check_file,
    digest_of,
    read_rows,
    write_file,
)
from central.link.telemetry.archive_kinds import KINDS, README_TEXT, Kind
from central.link.telemetry.models import ArchivedMonth

BATCH = 1_000
"""Rows removed at once: whoever writes meanwhile waits a moment, never minutes."""
State = ArchivedMonth.State


class BackRefusal(StrEnum):
    """Why a month wasn't loaded back or put away again."""

    NO_ARCHIVE = "no-archive"
    NOT_REMOVED = "not-removed"
    """Its rows are in the tables."""


def path_of(archived: ArchivedMonth) -> Path:
    """Give where a month's file lies."""
    return Path(settings.ARCHIVE_FOLDER) / archived.file_name


def check(archived: ArchivedMonth) -> Sealed:
    """Read a month's file and compare it with the record. Raises ArchiveDamaged, OSError."""
    path = path_of(archived)
    if (digest := digest_of(path)) != archived.digest:
        raise ArchiveDamaged(
            f"{path.name}: its digest is {digest[:16]}..., on record is {archived.digest[:16]}..."
        )
    sealed = check_file(path)
    if dict(sealed.rows) != archived.rows:
        raise ArchiveDamaged(f"{path.name}: its numbers of rows aren't those on record")
    return sealed


def check_one(turn: int) -> None:
    """Check one file, another one with each turn: a disk loses what nobody reads. One that was carried away is left out.

    Raises ArchiveDamaged, OSError.
    """
    here = [one for one in ArchivedMonth.objects.order_by("pk") if path_of(one).exists()]
    if here:
        check(here[turn % len(here)])


def archive_month(month: int, kinds: Sequence[Kind], *, actor: str, now_ms: int) -> ArchivedMonth | None:
    """Write a month's rows of some kinds into a file, then remove them; None where there are none.

    Raises OSError (no room, no right: nothing was removed), ArchiveDamaged (what was read back differs), OperationalError.
    """
    archived = _write(month, kinds, actor, now_ms) if _has_rows(month, kinds) else None
    if archived is not None:
        remove_rows(archived, now_ms)
    else:
        _drop_empty(month, kinds)
    return archived


def finish_removals(now_ms: int) -> int:
    """Go on where removing was cut short; give the number of files. Raises as `archive_month`."""
    left = list(ArchivedMonth.objects.filter(state=State.WRITTEN))
    for archived in left:
        remove_rows(archived, now_ms)
    return len(left)


def remove_rows(archived: ArchivedMonth, now_ms: int) -> None:
    """Remove from the tables what lies in a month's file, after reading it once more.

    Numbers are removed from the lowest on, and what comes late has higher ones: a partition with as many rows as the file, and
    with its lowest and its highest number, holds these very rows.
    """
    check(archived)
    for name in archived.rows:
        kind = KINDS[name]
        if _dropped(kind, archived.month, _span_of(archived, name)):
            continue
        for numbers in _batches(_numbers(archived, name)):
            _remove_batch(kind, archived.month, numbers)
        _dropped(kind, archived.month, NO_ROWS)
    ArchivedMonth.objects.filter(pk=archived.pk).update(state=State.REMOVED, removed_ms=now_ms)
    archived.refresh_from_db()


def load_back(month: int, *, actor: str, now_ms: int) -> int | BackRefusal:
    """Put a month's rows back into the tables, under their numbers, until they are put away; give how many. Safe to repeat."""
    parts = list(ArchivedMonth.objects.filter(month=month))
    if not parts:
        return BackRefusal.NO_ARCHIVE
    if any(part.state == State.WRITTEN for part in parts):
        return BackRefusal.NOT_REMOVED
    loaded = 0
    for part in parts:
        check(part)
        ArchivedMonth.objects.filter(pk=part.pk).update(state=State.LOADED)
        for name in part.rows:
            kind = KINDS[name]
            _make_room(kind, month)
            for rows in _batches(kind.row_of(row) for row in read_rows(path_of(part), name)):
                kind.model._default_manager.bulk_create(rows, ignore_conflicts=True)
                loaded += len(rows)
    _on_record("load-telemetry", month_name(month), f"{loaded} rows", actor, now_ms)
    return loaded


def put_away(month: int, *, actor: str, now_ms: int) -> int | BackRefusal:
    """Remove again what was loaded back; give the number of rows in its files. What came late stays. Safe to repeat."""
    parts = list(ArchivedMonth.objects.filter(month=month, state__in=(State.LOADED, State.WRITTEN)))
    if not parts:
        return BackRefusal.NO_ARCHIVE
    rows = sum(sum(part.rows.values()) for part in parts)
    ArchivedMonth.objects.filter(pk__in=[part.pk for part in parts]).update(state=State.WRITTEN)
    for part in parts:
        remove_rows(part, now_ms)
    _on_record("put-away-telemetry", month_name(month), f"{rows} rows", actor, now_ms)
    return rows


def _numbers(archived: ArchivedMonth, name: str) -> Iterator[int]:
    return (int(row["id"]) for row in read_rows(path_of(archived), name))


def _span_of(archived: ArchivedMonth, name: str) -> Span:
    """Say of a kind's rows in a file what a drop asks; they lie by number."""
    first = last = None
    for number in _numbers(archived, name):
        first, last = first or number, number
    return archived.rows[name], first, last


def _has_rows(month: int, kinds: Sequence[Kind]) -> bool:
    return any(kind.in_month(month).exists() for kind in kinds)


def _write(month: int, kinds: Sequence[Kind], actor: str, now_ms: int) -> ArchivedMonth:
    known = ArchivedMonth.objects.filter(month=month).aggregate(last=Max("part"))["last"] or 0
    part = known + 1
    while (sealed := _file_of(month, part, kinds)) is None:
        part += 1
    sum_file = sealed.path.with_name(f"{sealed.path.name}.sha256")
    sum_file.write_text(f"{sealed.digest}  {sealed.path.name}\n", encoding="ascii")
    detail = f"{sealed.digest} {sum(sealed.rows.values())} rows"
    _on_record("archive-telemetry", sealed.path.name, detail, actor, now_ms, once=True)
    return ArchivedMonth.objects.create(
        month=month,
        part=part,
        file_name=sealed.path.name,
        digest=sealed.digest,
        size=sealed.size,
        rows=dict(sealed.rows),
        written_ms=now_ms,
    )


def _file_of(month: int, part: int, kinds: Sequence[Kind]) -> Sealed | None:
    """Write a part; None where another file has its name, as after a restored backup: that one stays."""
    path = Path(settings.ARCHIVE_FOLDER) / f"telemetry-{month_name(month)}-{part}.zip"
    about = {"month": month_name(month), "part": str(part), "utc_offset": "+08:00"}
    try:
        return write_file(
            path, about, README_TEXT, {kind.name: (kind.columns, kind.rows(month)) for kind in kinds}
        )
    except FileExistsError:
        return None


def _on_record(
    action: str, subject: str, detail: str, actor: str, now_ms: int, *, once: bool = False
) -> None:
    """Put an act on record; `once`: not again where it is gone over after a power cut."""
    with transaction.atomic():
        same = AuditEntry.objects.filter(action=action, subject=subject, detail=detail)
        if not (once and same.exists()):
            record_audit(actor=actor, action=action, subject=subject, detail=detail, now_ms=now_ms)


def _dropped(kind: Kind, month: int, rows: Span) -> bool:
    """Drop a month's partition where it holds these rows; False also where there is none."""
    connection, table = connections[TELEMETRY], kind.model._meta.db_table
    if connection.vendor != "postgresql" or month not in months_there(connection, table):
        return False
    with transaction.atomic(using=TELEMETRY):
        return drop_partition(connection, table, month, rows)


def _drop_empty(month: int, kinds: Sequence[Kind]) -> None:
    for kind in kinds:
        _dropped(kind, month, NO_ROWS)


def _make_room(kind: Kind, month: int) -> None:
    connection = connections[TELEMETRY]
    if connection.vendor == "postgresql":
        make_partition(connection, kind.model._meta.db_table, kind.model.month_by, month)


def _remove_batch(kind: Kind, month: int, numbers: Sequence[int]) -> None:
    with transaction.atomic(using=TELEMETRY):
        kind.in_month(month).filter(pk__in=numbers).delete()


def _batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    each = iter(items)
    while batch := list(islice(each, BATCH)):
        yield batch
