"""All facts of one look at the system, and the limits to judge them by."""

from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.db.models import Max

from central import clock, replica
from central.domain.certificates import until_ms
from central.domain.health_facts import (
    ArchiveWaits,
    Backups,
    Certificate,
    Facts,
    Jobs,
    Limits,
    Notices,
    Process,
    Reads,
    Replica,
    Web,
)
from central.domain.notice import TO_BE_SENT
from central.domain.scheduled_runs import RunState
from central.ledger.models import AuditEntry
from central.ledger.monthly_tables import month_at, month_named
from central.link.authority import AuthorityUnreadable, load_authority
from central.link.backups import backup_state
from central.link.broker_files import broker_ends_ms
from central.link.models import BackupRun, BrokerFiles, Gateway, GatewayCertificate
from central.link.pulse import beats
from central.link.pulse.models import ProcessBeat
from central.link.signing import SigningKeyMissing, public_key_hex
from central.link.signing_keys import KEY_ID
from central.office import notice_queries
from central.office.dated_settings import campus_numbers_at
from central.office.models import Delivery
from central.office.roles import SEE_HEALTH
from central.reports.archive.jobs import ARCHIVE_JOB, NEEDED
from central.reports.health import gateway_facts, places
from central.reports.schedule.every_job import every_job
from central.reports.schedule.models import JobWatch, ScheduledRun
from central.reports.schedule.queries import LATE_MS, has_missed
from central.reports.schedule.told import msgid

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
FORGOTTEN_MS = 7 * DAY_MS
SAMPLES_MS = 31 * DAY_MS
YOUNG_MS = HOUR_MS // 2
LATELY_MS = 14 * DAY_MS
OPEN_STATES = (RunState.WAITING, RunState.RUNNING, RunState.FAILED)
MONTHS_TO_LOCK = 3
LIMITS = (
    "link.silent-after",
    "health.process-still",
    "health.gateway-behind",
    "health.line-answers",
    "health.reading-late",
    "health.command-waits",
    "health.disk-free",
    "health.full-within",
    "health.certificate-days",
    "health.backup-age",
    "health.clock-off",
)
AUTHORITY, BROKER = "authority", "broker"


def gather(now_ms: int) -> Facts:
    """Look at everything."""
    samples, authority_ms = beats.samples_since(now_ms - SAMPLES_MS), _authority_ends_ms()
    return Facts(
        gateways=gateway_facts.gateways(now_ms),
        processes=tuple(_processes()),
        databases=places.databases(samples),
        waiting_commits=places.waiting_commits(),
        replicas=tuple(_replicas()),
        reads=_reads(),
        disks=places.disks(),
        certificates=tuple(_certificates(authority_ms, now_ms)),
        has_authority=not BrokerFiles.objects.exists() or authority_ms is not None,
        keys_not_believed=_unbelieving(),
        jobs=jobs(now_ms),
        backups=_backups(now_ms),
        notices=notices(now_ms),
        web=_web(samples, now_ms),
        archive_waits=_archive_waits(now_ms),
        is_bench=clock.is_bench(),
    )


def _replicas() -> Iterable[Replica]:
    return (Replica(one.name, one.hindrance or "", one.behind_bytes, one.behind_ms) for one in replica.look())


def _reads() -> Reads:
    counted = beats.counts_of(beats.REPLICA) if settings.REPLICAS else {}
    return Reads(counted.pop(replica.READ, 0), counted)


def _backups(now_ms: int) -> Backups:
    """A rehearsal that failed is a backup that failed: what can't be put back is none."""
    state = backup_state()
    begun_ms = AuditEntry.objects.order_by("position").values_list("at_ms", flat=True).first()
    return Backups(
        last_age_ms=now_ms - state.last_good.at_ms if state.last_good else None,
        rehearsal_age_ms=now_ms - state.last_rehearsed.at_ms if state.last_rehearsed else None,
        backup_failed=_why_failed(state.last),
        rehearsal_failed=_why_failed(state.last_rehearsal),
        on_books_disk=state.last_good is not None and places.is_on_books_disk(Path(state.last_good.place)),
        books_age_ms=0 if begun_ms is None else now_ms - begun_ms,
    )


def _why_failed(run: BackupRun | None) -> str | None:
    return None if run is None or run.good else run.detail


def _archive_waits(now_ms: int) -> ArchiveWaits | None:
    """Say what the last night's archive waited for, where a month has waited for longer than periods take to be locked."""
    nights = ScheduledRun.objects.filter(job=ARCHIVE_JOB.code, state=RunState.DONE)
    last = nights.values_list("code", "params").first()
    if last is None or last[0] != NEEDED:
        return None
    said, months = last[1], campus_numbers_at(("telemetry.readings-months",), now_ms)
    over = month_at(now_ms) - month_named(said["month"]) - months["telemetry.readings-months"]
    return ArchiveWaits(said["month"], said["why_word"], said["names"]) if over > MONTHS_TO_LOCK else None


def limits(now_ms: int) -> Limits:
    """Give what the settings in force say."""
    said = campus_numbers_at(LIMITS, now_ms)
    return Limits(
        silent_ms=said["link.silent-after"] * MINUTE_MS,
        process_still_ms=said["health.process-still"] * MINUTE_MS,
        gateway_behind_ms=said["health.gateway-behind"] * MINUTE_MS,
        line_answered_percent=said["health.line-answers"],
        lag_ms=said["health.reading-late"] * MINUTE_MS,
        command_oldest_ms=said["health.command-waits"] * MINUTE_MS,
        disk_free_percent=said["health.disk-free"],
        full_within_days=said["health.full-within"],
        certificate_days=said["health.certificate-days"],
        backup_age_ms=said["health.backup-age"] * HOUR_MS,
        clock_off_ms=said["health.clock-off"] * MINUTE_MS,
    )


def _processes() -> Iterable[Process]:
    real_ms = clock.real_now_ms()
    rows = list(ProcessBeat.objects.order_by("name"))
    for row in (*_receiving(rows), *_others(rows, real_ms)):
        message_ms = row.said.get("message_ms") or None
        yield Process(
            name=row.name,
            kind=row.kind,
            beat_age_ms=real_ms - row.beat_real_ms,
            up_ms=row.beat_real_ms - row.started_real_ms,
            queue=row.said.get("queue", 0),
            is_connected=row.said.get("connected", True),
            message_age_ms=None if message_ms is None else real_ms - message_ms,
        )


def _others(rows: list[ProcessBeat], real_ms: int) -> list[ProcessBeat]:
    """Give processes other than ingest's. A further one of its kind that has not beaten for long was taken away on purpose."""
    others = [row for row in rows if row.kind != beats.INGEST]
    return [row for row in others if row.name == row.kind or real_ms - row.beat_real_ms <= FORGOTTEN_MS]


def _receiving(rows: list[ProcessBeat]) -> list[ProcessBeat]:
    """Give ingest's processes. One of another number of workers than the newest has was taken away on purpose, if it is still.

    A worker of that number that was never heard stands still since the others began.
    """
    rows = [row for row in rows if row.kind == beats.INGEST]
    if not rows:
        return []
    newest = max(rows, key=lambda row: row.beat_real_ms)
    of = _workers(newest)
    alive_ms = newest.beat_real_ms - MINUTE_MS
    kept = [row for row in rows if _workers(row) == of or row.beat_real_ms >= alive_ms]
    began_ms = min(row.started_real_ms for row in rows if _workers(row) == of)
    wanted = (
        {f"{beats.INGEST}-{number}/{of}" for number in range(1, int(of) + 1)} if of.isdecimal() else set()
    )
    return kept + [
        ProcessBeat(name=name, kind=beats.INGEST, started_real_ms=began_ms, beat_real_ms=began_ms)
        for name in sorted(wanted - {row.name for row in kept})
    ]


def _workers(row: ProcessBeat) -> str:
    """Give how many workers a process of ingest is one of, as its name says (`ingest-1/3`); its name where it is the only one."""
    return row.name.rpartition("/")[2]


def _certificates(authority_ms: int | None, now_ms: int) -> Iterable[Certificate]:
    if authority_ms is not None:
        yield Certificate(AUTHORITY, authority_ms - now_ms)
    if (ends_ms := broker_ends_ms()) is not None:
        yield Certificate(BROKER, ends_ms - now_ms)
    valid = GatewayCertificate.objects.filter(revoked_ms=None).exclude(gateway__public_key="").order_by()
    for gateway, ends_ms in valid.values_list("gateway").annotate(Max("expires_ms")):
        yield Certificate(gateway, ends_ms - now_ms, is_gateway=True)


def _authority_ends_ms() -> int | None:
    """Give when the authority ends; None where there is none, or none that can be read."""
    try:
        found = load_authority()
    except AuthorityUnreadable:
        return None
    return until_ms(found.certificate) if found else None


def _unbelieving() -> tuple[str, ...]:
    """Name the gateways that speak of keys and haven't said that they believe the one that signs."""
    try:
        active = public_key_hex()[:KEY_ID]
    except SigningKeyMissing:
        return ()
    rows = Gateway.objects.exclude(public_key="").order_by("pk").values_list("pk", "central_keys")
    return tuple(name for name, believed in rows if believed and active not in believed)


def jobs(now_ms: int) -> Jobs:
    """Give what runs by itself: late is what should have been run long ago, or fails, or was due while nobody looked."""
    known = {job.code: job for job in every_job(now_ms)}
    runs = ScheduledRun.objects.filter(job__in=known)
    open_late = runs.filter(state__in=OPEN_STATES, due_ms__lt=now_ms - LATE_MS)
    unseen = JobWatch.objects.filter(job__in=known, seen_until_ms__lt=now_ms - LATE_MS)
    seen = unseen.values_list("job", "seen_until_ms")
    missed = {code for code, seen_ms in seen if has_missed(known[code], seen_ms, now_ms - LATE_MS)}
    late = {*open_late.values_list("job", flat=True), *missed}
    ended_ms = runs.exclude(ended_ms=None).values_list("ended_ms", flat=True).first()
    lately = runs.filter(state=RunState.GIVEN_UP, due_ms__gt=now_ms - LATELY_MS)
    return Jobs(
        known=len(known),
        late=tuple(sorted(msgid(known[code].title) for code in late)),
        given_up=lately.count(),
        last_run_age_ms=None if ended_ms is None else now_ms - ended_ms,
    )


def notices(now_ms: int) -> Notices:
    """Give what waits to be told."""
    return Notices(
        waiting=Delivery.objects.filter(state__in=TO_BE_SENT).count(),
        overdue=notice_queries.overdue(now_ms),
        given_up=notice_queries.given_up(now_ms),
        reaches_nobody=not notice_queries.can_be_told(SEE_HEALTH),
    )


def _web(samples: places.Samples, now_ms: int) -> Web:
    """Give what was answered since the last sample that isn't young: else what fails would seem mended with each new one."""
    young_ms = now_ms - YOUNG_MS
    before = {what: n for what, rows in samples.items() for at_ms, n in rows if at_ms <= young_ms}
    requests, errors = web_counts()
    return Web(max(0, requests - before.get("web:requests", 0)), max(0, errors - before.get("web:errors", 0)))


def web_counts() -> tuple[int, int]:
    """Give how many requests were answered since central was set up, and how many of them with 500 and above."""
    counted = beats.counts_of(beats.WEB)
    answered = {name: n for name, n in counted.items() if name.startswith("status-")}
    return sum(answered.values()), sum(n for name, n in answered.items() if name.startswith("status-5"))


def keep_samples(now_ms: int) -> None:
    """Keep an hour's sample of sizes and counts, so that growth can be told."""
    requests, errors = web_counts()
    sizes = {f"database:{alias}": size for alias, size in places.database_sizes().items()}
    beats.sample({**sizes, "web:requests": requests, "web:errors": errors}, now_ms)
