"""What was found in the audit log as a paper, to be taken away as a workbook or as CSV: whoever takes it is on record."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from central.clock import local, start_of_day_ms
from central.domain.paper import Column, Kind, Paper, Row, Table
from central.reports.audit.choice import Choice
from central.reports.audit.rows import AuditRow, audit_rows
from central.reports.audit.search import find

ROWS_AT_MOST = 20_000
ROWS_AT_ONCE = 1_000


def audit_paper(choice: Choice, now_ms: int) -> Paper:
    """Give the newest ROWS_AT_MOST rows that fit, with a note when there are more."""
    rows = list(_rows(choice))
    notes = [_("Row and hash stand in one chain: none can be removed or changed without it being seen.")]
    if len(rows) > ROWS_AT_MOST:
        notes.append(
            _("Only the newest %(count)d rows: narrow the search for the others.") % {"count": ROWS_AT_MOST}
        )
    columns = [
        Column("position", _("Row number"), Kind.COUNT, 9),
        Column("time", _("Time"), width=18),
        Column("who", _("Who"), width=12),
        Column("name", _("Full name"), width=12),
        Column("what", _("What"), width=24),
        Column("about", _("About"), width=20),
        Column("detail", _("Detail"), width=50),
        Column("hash", _("Hash"), width=66),
    ]
    return Paper(
        code="audit-log",
        document="",
        title=_("Audit log"),
        period=_days(choice),
        from_ms=start_of_day_ms(choice.first) if choice.first else 0,
        until_ms=now_ms,
        tables=[Table("", columns, [_row(row) for row in rows[:ROWS_AT_MOST]])],
        notes=notes,
    )


def _rows(choice: Choice) -> Iterator[AuditRow]:
    """Give one row more than may stand in it."""
    before: int | None = None
    count = 0
    while count <= ROWS_AT_MOST:
        found = find(choice, before, min(ROWS_AT_ONCE, ROWS_AT_MOST + 1 - count))
        yield from audit_rows(found.rows)
        count += len(found.rows)
        if found.before is None:
            return
        before = found.before


def _row(row: AuditRow) -> Row:
    at = local(row.at_ms).strftime("%Y-%m-%d %H:%M:%S")
    digits = row.chain_hash.hex()
    return Row([row.position, at, row.who, row.full_name, str(row.what), row.about, row.detail, digits])


def _days(choice: Choice) -> str:
    if not (choice.first or choice.last):
        return _("All days")
    return _("%(first)s to %(last)s") % {"first": choice.first or "…", "last": choice.last or "…"}
