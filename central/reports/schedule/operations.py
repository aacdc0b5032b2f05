"""What a person does about runs: has one tried again."""

from enum import StrEnum

from django.db import transaction

from central.domain.scheduled_runs import ENDED, RunState
from central.ledger.one_writer import lock_head
from central.ledger.operations import record_audit
from central.reports.schedule.models import ScheduledRun


class AgainRefusal(StrEnum):
    """Why a run isn't tried again now."""

    WAITS = "waits"
    """It is going to be run anyway, in the next minute."""
    RUNS = "runs"


@transaction.atomic
def run_again(number: int, *, actor: str, now_ms: int) -> AgainRefusal | None:
    """Have a run tried again at once: one that ended anew, one that failed without waiting for its pause."""
    lock_head()
    run = ScheduledRun.objects.select_for_update(no_key=True).get(pk=number)
    if run.state == RunState.RUNNING and run.next_ms > now_ms:
        return AgainRefusal.RUNS
    if run.state not in (*ENDED, RunState.FAILED):
        return AgainRefusal.WAITS
    ScheduledRun.objects.filter(pk=run.pk).update(
        state=RunState.WAITING, next_ms=now_ms, failures=0, first_ms=None
    )
    record_audit(
        actor=actor, action="run-again", subject=f"run {run.pk}", detail=f"{run.job} {run.due}", now_ms=now_ms
    )
    return None
