"""The job that archives one month of telemetry a night, where one is due: the first nights after an upgrade catch up quietly."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils.translation import gettext_lazy

from central.clock import campus_day, start_of_day_ms
from central.domain.scheduled_runs import HOUR_MS
from central.ledger.monthly_tables import month_name
from central.link.telemetry.archive_file import ArchiveDamaged
from central.link.telemetry.archiving import check_one, finish_removals
from central.link.telemetry.forgetting_digests import forget_digests
from central.link.telemetry.partitions import make_partitions
from central.office.roles import SEE_GATEWAYS
from central.reports.archive.keeping import archive_due, due_months
from central.reports.archive.words import MOST_NAMES, NEED_MSGIDS
from central.reports.schedule.jobs import Done, Due, Job, Late
from central.reports.schedule.making import SCHEDULE

NEEDED = "telemetry-needed"
HOUR = 3
"""Of the night: nobody sells, and the day's reports come later."""


def dues(after_ms: int, until_ms: int) -> Iterator[Due]:
    """Give each night's hour in (after, until]."""
    day, last = campus_day(after_ms), campus_day(until_ms)
    while day <= last:
        at_ms = start_of_day_ms(day) + HOUR * HOUR_MS
        if after_ms < at_ms <= until_ms:
            yield Due(f"day:{day}", at_ms, period=f"day:{day}")
        day += timedelta(days=1)


def run(due: Due, now_ms: int) -> Done:
    """Finish what was cut short, archive the oldest month that nothing needs, read one file again. What fails is tried again."""
    try:
        make_partitions(now_ms)
        forget_digests(now_ms)
        finish_removals(now_ms)
        done = _archive_one(now_ms)
        check_one(campus_day(now_ms).toordinal())
        return done
    except ArchiveDamaged as error:
        return Done("telemetry-damaged", {"error": str(error)}, failed=True)
    except OSError as error:
        return Done("telemetry-no-room", {"error": error.strerror or str(error)}, failed=True)


def _archive_one(now_ms: int) -> Done:
    months = due_months(now_ms)
    for one in months:
        if not one.needs:
            made = archive_due(one, actor=SCHEDULE, now_ms=now_ms)
            if made is not None:
                words = {
                    "month": month_name(one.month),
                    "rows": sum(made.rows.values()),
                    "file": made.file_name,
                }
                return Done("telemetry-archived", words)
    needed = next((one for one in months if one.needs), None)
    if needed is None:
        return Done("telemetry-nothing")
    need = needed.needs[0]
    names = ", ".join(need.names[:MOST_NAMES])
    return Done(
        NEEDED,
        {"month": month_name(needed.month), "why_word": NEED_MSGIDS[need.why], "names": names},
    )


ARCHIVE_JOB = Job(
    code="telemetry-archive",
    title=gettext_lazy("Archives of telemetry"),
    about=gettext_lazy("Each night at 3:00 the oldest month whose time is over goes into a sealed file."),
    roles=SEE_GATEWAYS,
    dues=dues,
    run=run,
    late=Late.NEWEST_ONLY,
)
