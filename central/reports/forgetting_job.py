"""The nightly job that forgets who has left, and old sign-ins (docs/privacy.md)."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils.translation import gettext_lazy

from central.clock import campus_day, start_of_day_ms
from central.desk.forgetting import forget_sign_ins, forget_the_departed
from central.domain.scheduled_runs import HOUR_MS
from central.office.roles import Role
from central.reports.schedule.jobs import Done, Due, Job, Late

HOUR = 4
"""Of the night: it holds the books' head for moments."""


def dues(after_ms: int, until_ms: int) -> Iterator[Due]:
    """Give four o'clock of each day in (after, until]."""
    day, last = campus_day(after_ms), campus_day(until_ms)
    while day <= last:
        at_ms = start_of_day_ms(day) + HOUR * HOUR_MS
        if after_ms < at_ms <= until_ms:
            yield Due(f"day:{day}", at_ms, period=f"day:{day}")
        day += timedelta(days=1)


def run(due: Due, now_ms: int) -> Done:
    """Forget what is due; the same again finds nothing."""
    people, rows = forget_the_departed(now_ms), forget_sign_ins(now_ms)
    return Done("forgotten", {"people": people, "rows": rows})


JOB = Job(
    code="forgetting",
    title=gettext_lazy("Forgetting who has left"),
    about=gettext_lazy(
        "Names and numbers of residents some years after their last day, and old sign-ins; what was booked stays."
    ),
    roles=(Role.DIRECTOR, Role.AUDITOR, Role.ADMIN),
    dues=dues,
    run=run,
    late=Late.NEWEST_ONLY,
)
