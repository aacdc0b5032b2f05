"""Backups as they went: kept, told of when they fail, and said to the page that judges how the server runs."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext_noop

from central.link.alarms import clear_alarm, raise_alarm
from central.link.models import BackupRun
from central.office.notices import notify
from central.office.roles import Role

TOLD = (Role.DIRECTOR, Role.ADMIN)
BACKUP_FAILED = "backup-failed"
WHAT = {
    BackupRun.Kind.BACKUP.value: gettext_noop("Backup"),
    BackupRun.Kind.REHEARSAL.value: gettext_noop("Rehearsal"),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a backup or a rehearsal ended; `detail` is what was counted, or what was in the way."""

    good: bool
    place: str
    size: int = 0
    with_telemetry: bool = True
    detail: str = ""


@dataclass(frozen=True, slots=True)
class BackupState:
    """How backups stand: the newest try, the newest good one, and the newest good rehearsal. A health page judges them."""

    last: BackupRun | None
    last_good: BackupRun | None
    last_rehearsed: BackupRun | None
    last_rehearsal: BackupRun | None


@transaction.atomic
def note_run(kind: str, outcome: Outcome, at_ms: int, took_ms: int = 0) -> BackupRun:
    """Keep how a backup or a rehearsal ended; one that failed is an alarm and a notice, a good one ends the alarm."""
    run = BackupRun.objects.create(
        kind=kind,
        at_ms=at_ms,
        took_ms=max(took_ms, 0),
        good=outcome.good,
        place=outcome.place[:400],
        size=outcome.size,
        with_telemetry=outcome.with_telemetry,
        detail=outcome.detail[:500],
    )
    if outcome.good:
        clear_alarm(BACKUP_FAILED, kind, now_ms=at_ms)
        return run
    raise_alarm(BACKUP_FAILED, kind, now_ms=at_ms, detail=outcome.detail)
    told = {"what_word": WHAT[kind], "why": outcome.detail[:200]}
    notify(BACKUP_FAILED, told, to=TOLD, key=f"{BACKUP_FAILED}-{kind}", now_ms=at_ms)
    return run


def backup_state() -> BackupState:
    """Give how backups stand, as far as they were made on this machine's books."""
    runs = BackupRun.objects.order_by("-at_ms", "-pk")
    backups, rehearsals = (
        runs.filter(kind=kind) for kind in (BackupRun.Kind.BACKUP, BackupRun.Kind.REHEARSAL)
    )
    last, last_rehearsal = backups.first(), rehearsals.first()
    return BackupState(
        last=last,
        last_good=last if last and last.good else backups.filter(good=True).first(),
        last_rehearsed=last_rehearsal
        if last_rehearsal and last_rehearsal.good
        else rehearsals.filter(good=True).first(),
        last_rehearsal=last_rehearsal,
    )
