"""Digests of received rows, kept only as long as anybody honest may send a row again (C-11).

A gateway keeps what was acknowledged for days (`keep_acked_days` of its policy, 35), and sends again what it has no acknowledgement
for: of that no more is under way than a few thousand rows. Each night the position of every epoch is marked; digests up to the mark
of so many days ago go. A store that went back is noticed by its birth; a row below the mark in a newer batch tells it, too.
"""

from django.db import transaction

from central.link.telemetry.apps import TELEMETRY
from central.link.telemetry.models import ReceivedRow, TelemetryPosition
from central.office.dated_settings import number_at

DAY_MS = 86_400_000
UNDER_WAY = 20_000
"""More rows than a gateway has sent and not seen acknowledged: eight batches of 200 kB."""
BATCH = 5_000
"""Removed at once: ingest waits a moment, never minutes."""


def forget_digests(now_ms: int) -> int:
    """Mark every epoch's position, and remove digests that are older than their days; give how many. Safe to repeat."""
    before_ms = now_ms - number_at("telemetry.digests-days", now_ms) * DAY_MS
    removed = 0
    for pk in TelemetryPosition.objects.order_by("pk").values_list("pk", flat=True):
        _mark(pk, before_ms, now_ms)
        removed += _remove(TelemetryPosition.objects.get(pk=pk))
    return removed


def _mark(pk: int, before_ms: int, now_ms: int) -> None:
    """Note where the epoch stands, and up to where its digests may go: on record before the first one goes."""
    with transaction.atomic(using=TELEMETRY):
        position = TelemetryPosition.objects.select_for_update().get(pk=pk)
        marks = position.marks
        if not marks or marks[-1][1] != position.seq:
            marks = [*marks, [now_ms, position.seq]]
        old = [mark for mark in marks if mark[0] <= before_ms]
        position.marks = marks[max(len(old) - 1, 0) :]
        until = min(old[-1][1], position.seq - UNDER_WAY) if old else 0
        if until > position.forgotten_seq:
            position.forgotten_seq, position.forgotten_ms = until, old[-1][0]
        position.save(update_fields=["marks", "forgotten_seq", "forgotten_ms"])


def _remove(position: TelemetryPosition) -> int:
    gone = ReceivedRow.objects.filter(
        gateway=position.gateway, epoch=position.epoch, seq__lte=position.forgotten_seq
    )
    removed = 0
    while rows := list(gone.order_by("seq").values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic(using=TELEMETRY):
            removed += ReceivedRow.objects.filter(pk__in=rows).delete()[0]
    return removed
