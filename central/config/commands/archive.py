"""`archive`: months of telemetry in files. Shows what is there and what is due, archives, verifies, reads, and loads back."""

import csv
import re
import sys
from argparse import Namespace
from collections.abc import Callable

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from central import clock
from central.ledger.monthly_tables import month_name, month_named
from central.link.telemetry.archive_file import ArchiveDamaged, read_rows
from central.link.telemetry.archive_kinds import KINDS
from central.link.telemetry.archiving import (
    BackRefusal,
    check,
    finish_removals,
    load_back,
    path_of,
    put_away,
)
from central.link.telemetry.forgetting_digests import forget_digests
from central.link.telemetry.models import ArchivedMonth
from central.link.telemetry.partitions import make_partitions, table_states
from central.reports.archive.keeping import DueMonth, archive_due, due_months
from central.reports.archive.words import need_words

CONSOLE = "console"
_STATES = {
    "written": noop("in the file; removing it from the tables was cut short"),
    "removed": noop("in the file"),
    "loaded": noop("in the file, and loaded back"),
}
_REFUSED = {
    BackRefusal.NO_ARCHIVE: noop(
        "{month}: nothing of it is in the archive, or nothing of it was loaded back."
    ),
    BackRefusal.NOT_REMOVED: noop("{month}: its rows are still in the tables."),
}


def show(options: Namespace) -> int:
    """Print the files, the months that are due with what still needs them, and what lies in no month."""
    for one in ArchivedMonth.objects.all():
        rows = ", ".join(f"{kind} {count}" for kind, count in one.rows.items() if count)
        print(f"{month_name(one.month)}  {one.file_name}  {one.size} B  {rows}  {_(_STATES[one.state])}")
    print(_("{n} files in {folder}").format(n=ArchivedMonth.objects.count(), folder=settings.ARCHIVE_FOLDER))
    for due in due_months(clock.now_ms()):
        _print_due(due)
    for state in table_states():
        if state.rest_rows:
            said = _("{table}: {n} rows belong to no month that there is (late, or a broken clock)")
            print(said.format(table=state.table, n=state.rest_rows))
    return 0


def run(options: Namespace) -> int:
    """Archive every month that is due and that nothing needs, the oldest first; with --dry-run only say so."""
    now_ms = clock.now_ms()
    if options.dry_run:
        months = due_months(now_ms)
        for due in months:
            _print_due(due)
        said = _("{n} of {all} months would be archived; nothing was written.")
        print(said.format(n=sum(not due.needs for due in months), all=len(months)))
        return 0
    try:
        made = _run(now_ms)
    except ArchiveDamaged as error:
        return _failed(
            _("{error}. Nothing of it was removed: keep the file and call the developer."), error=error
        )
    except OSError as error:
        return _failed(
            _(
                "The archive can't be written ({error}): {folder}. Nothing was removed: make room on the disk or mend its "
                "rights, and try again."
            ),
            error=error.strerror or error,
            folder=settings.ARCHIVE_FOLDER,
        )
    print(_("{n} months archived").format(n=made))
    return 0


def _run(now_ms: int) -> int:
    made = 0
    make_partitions(now_ms)
    if gone := forget_digests(now_ms):
        print(_("{n} digests of rows that nobody can send again are removed").format(n=gone))
    if finished := finish_removals(now_ms):
        print(_("{n} files: removing their rows was cut short, and is done now").format(n=finished))
    for due in due_months(now_ms):
        if due.needs:
            _print_due(due)
        elif (archived := archive_due(due, actor=CONSOLE, now_ms=now_ms)) is not None:
            made += 1
            said = _("{month}: {n} rows in {file}")
            rows = sum(archived.rows.values())
            print(said.format(month=month_name(due.month), n=rows, file=path_of(archived)))
    return made


def verify(options: Namespace) -> int:
    """Read every file whole and compare it with the record; exit code 1 names the first difference of each that is damaged."""
    bad, files = 0, list(ArchivedMonth.objects.all())
    for one in files:
        try:
            sealed = check(one)
            print(f"ok   {one.file_name}: {sum(sealed.rows.values())}, {sealed.digest}")
        except (ArchiveDamaged, OSError) as error:
            bad += 1
            print(f"BAD  {one.file_name}: {error}")
    said = (
        _("{bad} of {n} files are damaged or missing; fetch them from the backup.")
        if bad
        else _("All {n} files hold.")
    )
    print(said.format(bad=bad, n=len(files)))
    return 1 if bad else 0


def read(options: Namespace) -> int:
    """Print a month's rows of one kind as CSV, of all its files; of one meter or account where it is named."""
    month = _month(options.month)
    if month is None:
        return 2
    parts = [part for part in ArchivedMonth.objects.filter(month=month) if options.kind in part.rows]
    if not parts:
        said = _("No file holds {kind} of {month}; `cardroom-central archive` shows what there is.")
        return _refused(said, kind=options.kind, month=options.month)
    writer = csv.DictWriter(sys.stdout, KINDS[options.kind].columns, lineterminator="\n")
    writer.writeheader()
    try:
        for part in parts:
            check(part)
            for row in read_rows(path_of(part), options.kind):
                if not options.of or options.of in (row.get("meter"), row.get("account"), row.get("gateway")):
                    writer.writerow(row)
    except BrokenPipeError:
        raise
    except (ArchiveDamaged, OSError) as error:
        return _failed(_("{error}. Fetch the file from the backup."), error=error)
    return 0


def load(options: Namespace) -> int:
    """Put a month back into the tables, so that pages show it, until it is put away."""
    said = _(
        "{month}: {n} rows are back in the tables; `cardroom-central archive put-away {month}` removes them again"
    )
    return _back(options.month, load_back, said)


def away(options: Namespace) -> int:
    """Remove a loaded month again."""
    return _back(options.month, put_away, _("{month}: {n} rows lie in the files alone again"))


def _back(name: str, act: Callable[..., int | BackRefusal], said: str) -> int:
    month = _month(name)
    if month is None:
        return 2
    try:
        rows = act(month, actor=CONSOLE, now_ms=clock.now_ms())
    except (ArchiveDamaged, OSError) as error:
        return _failed(_("{error}. Fetch the file from the backup."), error=error)
    if isinstance(rows, BackRefusal):
        return _refused(_(_REFUSED[rows]), month=name)
    print(said.format(month=name, n=rows))
    return 0


def _month(name: str) -> int | None:
    """Read a month as 2026-11."""
    if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", name):
        _refused(_("{month} is no month; write it as 2026-11."), month=name)
        return None
    return month_named(name)


def _print_due(due: DueMonth) -> None:
    kinds, needs = ", ".join(kind.name for kind in due.kinds), "; ".join(map(need_words, due.needs))
    said = _("{month}  due: {kinds}  still needed: {needs}") if needs else _("{month}  due: {kinds}")
    print(said.format(month=month_name(due.month), kinds=kinds, needs=needs))


def _failed(why: str, **facts: object) -> int:
    print(f"cardroom-central: {why.format(**facts)}", file=sys.stderr)
    return 1


def _refused(why: str, **facts: object) -> int:
    print(f"cardroom-central: {_('Nothing was changed.')} {why.format(**facts)}", file=sys.stderr)
    return 2
