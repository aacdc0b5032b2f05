"""`archive`: months of telemetry in files. Shows what is there and what is due, archives, verifies, reads, and loads back."""

import csv
import re
import sys
from argparse import Namespace

from django.conf import settings

from central import clock
from central.ledger.monthly_tables import month_name
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
from central.link.telemetry.models import ArchivedMonth
from central.link.telemetry.partitions import make_partitions, table_states
from central.reports.archive.keeping import DueMonth, archive_due, due_months
from central.reports.archive.words import need_words

CONSOLE = "console"
_STATES = {
    "written": "in the file; removing it from the tables was cut short",
    "removed": "in the file",
    "loaded": "in the file, and loaded back",
}


def show(options: Namespace) -> int:
    """Print the files, the months that are due with what still needs them, and what lies in no month."""
    for one in ArchivedMonth.objects.all():
        rows = ", ".join(f"{kind} {count}" for kind, count in one.rows.items() if count)
        print(f"{month_name(one.month)}  {one.file_name}  {one.size} bytes  {rows}  {_STATES[one.state]}")
    print(f"{ArchivedMonth.objects.count()} files in {settings.ARCHIVE_FOLDER}")
    for due in due_months(clock.now_ms()):
        _print_due(due)
    for state in table_states():
        if state.rest_rows:
            print(
                f"{state.table}: {state.rest_rows} rows belong to no month that there is (late, or a broken clock)"
            )
    return 0


def run(options: Namespace) -> int:
    """Archive every month that is due and that nothing needs, the oldest first; with --dry-run only say so."""
    now_ms, made = clock.now_ms(), 0
    if options.dry_run:
        months = due_months(now_ms)
        for due in months:
            _print_due(due)
        print(
            f"{sum(not due.needs for due in months)} of {len(months)} months would be archived; nothing was written"
        )
        return 0
    try:
        make_partitions(now_ms)
        if finished := finish_removals(now_ms):
            print(f"{finished} files: removing their rows was cut short, and is done now")
        for due in due_months(now_ms):
            if due.needs:
                _print_due(due)
            elif (archived := archive_due(due, actor=CONSOLE, now_ms=now_ms)) is not None:
                made += 1
                print(f"{month_name(due.month)}: {sum(archived.rows.values())} rows in {path_of(archived)}")
    except ArchiveDamaged as error:
        return _failed(f"{error}. Nothing of it was removed: keep the file and call the developer")
    except OSError as error:
        return _failed(
            f"the archive can't be written ({error.strerror or error}): {settings.ARCHIVE_FOLDER}. "
            "Nothing was removed: make room on the disk or mend its rights, and try again"
        )
    print(f"{made} months archived")
    return 0


def verify(options: Namespace) -> int:
    """Read every file whole and compare it with the record; exit code 1 names the first difference of each that is damaged."""
    bad = 0
    for one in ArchivedMonth.objects.all():
        try:
            sealed = check(one)
            print(f"ok   {one.file_name}: {sum(sealed.rows.values())} rows, {sealed.digest}")
        except (ArchiveDamaged, OSError) as error:
            bad += 1
            print(f"BAD  {one.file_name}: {error}")
    print(
        f"{bad} of {ArchivedMonth.objects.count()} files are damaged; fetch them from the backup"
        if bad
        else "all files hold"
    )
    return 1 if bad else 0


def read(options: Namespace) -> int:
    """Print a month's rows of one kind as CSV, of all its files; of one meter or account where it is named."""
    month = _month(options.month)
    if month is None:
        return 2
    parts = [part for part in ArchivedMonth.objects.filter(month=month) if options.kind in part.rows]
    if not parts:
        return _refused(
            f"no file holds {options.kind} of {options.month}; `cardroom-central archive list` shows what there is"
        )
    writer = csv.DictWriter(sys.stdout, KINDS[options.kind].columns, lineterminator="\n")
    writer.writeheader()
    try:
        for part in parts:
            check(part)
            for row in read_rows(path_of(part), options.kind):
                if not options.of or options.of in (row.get("meter"), row.get("account"), row.get("gateway")):
                    writer.writerow(row)
    except (ArchiveDamaged, OSError) as error:
        return _failed(f"{error}. Fetch the file from the backup")
    return 0


def load(options: Namespace) -> int:
    """Put a month back into the tables, so that pages show it, until it is put away."""
    return _back(
        options.month, load_back, "rows are back in the tables; `archive put-away` removes them again"
    )


def away(options: Namespace) -> int:
    """Remove a loaded month again."""
    return _back(options.month, put_away, "rows lie in the files alone again")


_REFUSED = {
    BackRefusal.NO_ARCHIVE: "nothing of it is in the archive, or nothing of it was loaded back",
    BackRefusal.NOT_REMOVED: "its rows are still in the tables",
}


def _back(name: str, act: object, said: str) -> int:
    month = _month(name)
    if month is None:
        return 2
    try:
        rows = act(month, actor=CONSOLE, now_ms=clock.now_ms())  # type: ignore[operator]
    except (ArchiveDamaged, OSError) as error:
        return _failed(f"{error}. Fetch the file from the backup")
    if isinstance(rows, BackRefusal):
        return _refused(f"{name}: {_REFUSED[rows]}")
    print(f"{name}: {rows} {said}")
    return 0


def _month(name: str) -> int | None:
    """Read a month as 2026-11."""
    if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", name):
        _refused(f"{name} is no month; write it as 2026-11")
        return None
    return int(name[:4]) * 12 + int(name[5:]) - 1


def _print_due(due: DueMonth) -> None:
    kinds = ", ".join(kind.name for kind in due.kinds)
    needs = "; ".join(map(need_words, due.needs))
    print(f"{month_name(due.month)}  due: {kinds}" + (f"  still needed: {needs}" if needs else ""))


def _failed(why: str) -> int:
    print(f"cardroom-central: {why}", file=sys.stderr)
    return 1


def _refused(why: str) -> int:
    print(f"cardroom-central: {why}. Nothing was changed.", file=sys.stderr)
    return 2
