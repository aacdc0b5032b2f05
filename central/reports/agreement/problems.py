"""What the month's first weekly pack counts of the agreement: buildings that their day has passed without agreement (R-4.2.6)."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from central.clock import campus_day, start_of_day_ms
from central.domain.periods import Period, accounting_period_of
from central.papers.accounting import first_days, period_before
from central.reports.agreement.models import AgreementLock, Standing
from central.reports.agreement.telling import due_day
from central.reports.meetings.problems import Counted, ProblemSource, add_problem_sources

PERIODS_BACK = 12
"""Periods looked back: what is open for longer stands in each pack before."""


def register_problems() -> None:
    """Let the weekly pack count agreements that are late."""
    add_problem_sources(
        [
            ProblemSource(
                "agreements", _("Four-way agreements that are late"), late_agreements, "agreement:board"
            )
        ]
    )


def late_agreements(from_ms: int, until_ms: int) -> Counted:
    """Count the buildings whose agreement became late in a span, was reached late in it, and is late at its end."""
    new = ended = standing = 0
    for period in _periods_before(until_ms):
        late_from_ms = start_of_day_ms(due_day(period) + timedelta(days=1))
        if late_from_ms >= until_ms:
            continue
        locked = dict(AgreementLock.objects.filter(period=period.name).values_list("building", "at_ms"))
        for one in Standing.objects.filter(period=period.name).only("building", "lines"):
            if not one.has_rows:
                continue
            reached_ms = locked.get(one.building_id)
            if reached_ms is not None and reached_ms < late_from_ms:
                continue
            new += late_from_ms >= from_ms
            ended += reached_ms is not None and from_ms <= reached_ms < until_ms
            standing += reached_ms is None or reached_ms >= until_ms
    return Counted(new, ended, standing)


def _periods_before(until_ms: int) -> list[Period]:
    found = [accounting_period_of(campus_day(until_ms - 1), first_days)]
    for _back in range(PERIODS_BACK):
        found.append(period_before(found[-1]))
    return found
