"""Backups as they went: kept, told of when they fail or are too old, and said to pages that look after the server."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext_noop

from central.link.alarms import clear_alarm, raise_alarm
from central.link.models import BackupRun
from central.office.dated_settings import number_at
from central.office.notices import notify, was_told
from central.office.roles import Role

TOLD = (Role.DIRECTOR, Role.ADMIN)
BACKUP_FAILED, BACKUP_OLD = "backup-failed", "backup-old"
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
SUBJECT = "central"
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
    """What a page says of backups. `too_old`: the newest good one is older than the setting, or there is none."""

    last: BackupRun | None
    last_good: BackupRun | None
    last_rehearsal: BackupRun | None
    too_old: bool
    oldest_hours: int

    @property
    def is_good(self) -> bool:
        """Whether nobody must do anything."""
        rehearsed = self.last_rehearsal is None or self.last_rehearsal.good
        return not self.too_old and rehearsed and (self.last is None or self.last.good)


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


def backup_state(now_ms: int) -> BackupState:
    """Give how backups stand."""
    runs = BackupRun.objects.order_by("-at_ms", "-pk")
    backups = runs.filter(kind=BackupRun.Kind.BACKUP)
    last_good, hours = backups.filter(good=True).first(), number_at("link.backup-oldest", now_ms)
    return BackupState(
        last=backups.first(),
        last_good=last_good,
        last_rehearsal=runs.filter(kind=BackupRun.Kind.REHEARSAL).first(),
        too_old=last_good is None or now_ms - last_good.at_ms > hours * HOUR_MS,
        oldest_hours=hours,
    )


def look_at_backups(now_ms: int) -> bool:
    """Tell once a day while the newest backup is too old; looked at each minute. Say whether it is.

    A central that never made one is told by its health page alone: whoever tries it out has nothing to lose yet.
    """
    state = backup_state(now_ms)
    if state.last is None:
        return False
    if not state.too_old:
        clear_alarm(BACKUP_OLD, SUBJECT, now_ms=now_ms)
        return False
    key = f"{BACKUP_OLD}-{now_ms // DAY_MS}"
    if was_told(key, BACKUP_OLD, now_ms):
        return True
    with transaction.atomic():
        raise_alarm(BACKUP_OLD, SUBJECT, now_ms=now_ms, detail=str(state.oldest_hours))
        notify(BACKUP_OLD, {"hours": state.oldest_hours}, to=TOLD, key=key, now_ms=now_ms)
    return True
