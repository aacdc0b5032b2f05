"""What is wrong with the running of central and its gateways: facts and limits in, findings out, at least one for each part.

Pure. A gateway that is silent is judged by nothing else: what it said last is old. What is good is said once for a part.
"""

from collections.abc import Iterable, Iterator

from central.domain.health_facts import WORST_FIRST, Facts, Finding, Gateway, Level, Limits, Part, Process
from central.domain.health_gateways import judge_commands, judge_gateways
from central.domain.health_places import judge_certificates, judge_databases, judge_disks, judge_replicas

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
QUEUE_LONG = 1_000
"""Half of what ingest holds."""
REHEARSAL_DAYS = 100
"""A backup that was not rehearsed for a term is a hope."""
NEVER_BACKED_UP_DAYS = 7
"""So long may books be without any backup while they are set up."""
ERROR_PERCENT = 1
FEWEST_REQUESTS = 50
FEWEST_CLOCKS = 3
"""One gateway's clock says nothing about ours; when most of three are off to one side, it is ours."""
PROCESSES = (("ingest", Part.INGEST), ("notices", Part.NOTICES), ("web", Part.WEB))


def judge(facts: Facts, limits: Limits) -> list[Finding]:
    """Judge everything; give the findings by part, in the page's order, the worst first in each part."""
    found = [
        *judge_gateways(facts.gateways, limits, hears=_hears(facts, limits)),
        *_judge_processes(facts, limits),
        *_judge_ingest(facts, limits),
        *judge_commands(facts.gateways, limits),
        *_judge_broker(facts, limits),
        *judge_databases(facts, limits),
        *judge_replicas(facts.replicas),
        *judge_disks(facts.disks, limits),
        *judge_certificates(facts, limits),
        *_judge_jobs(facts),
        *_judge_backups(facts, limits),
        *_judge_notices(facts),
        *_judge_web(facts),
        *_judge_clock(facts, limits),
    ]
    return [finding for part in Part for finding in _of_part(part, found)]


def _of_part(part: Part, found: Iterable[Finding]) -> list[Finding]:
    """Give a part's findings, the worst first; where nothing is wrong, one that says so."""
    mine = sorted((one for one in found if one.part is part), key=lambda one: WORST_FIRST.index(one.level))
    return mine or [Finding(part, Level.GOOD, f"{part.value}-good")]


def _judge_processes(facts: Facts, limits: Limits) -> Iterator[Finding]:
    for kind, part in PROCESSES:
        mine = [process for process in facts.processes if process.kind == kind]
        if not mine:
            yield Finding(part, Level.LOOK, f"{kind}-never-ran")
        yield from (_standing(process, part) for process in mine if _stands(process, limits))


def _stands(process: Process, limits: Limits) -> bool:
    return process.beat_age_ms > limits.process_still_ms


def _standing(process: Process, part: Part) -> Finding:
    params: dict[str, int | str] = {"minutes": process.beat_age_ms // MINUTE_MS}
    return Finding(part, Level.BAD, f"{process.kind}-stands", process.name, params)


def _running(facts: Facts, kind: str, limits: Limits) -> list[Process]:
    return [one for one in facts.processes if one.kind == kind and not _stands(one, limits)]


def _hears(facts: Facts, limits: Limits) -> bool:
    """Say whether any receiving process can hear gateways; nothing is known against it where none ever ran."""
    ever = any(one.kind == "ingest" for one in facts.processes)
    return not ever or any(one.is_connected for one in _running(facts, "ingest", limits))


def _judge_ingest(facts: Facts, limits: Limits) -> Iterator[Finding]:
    for process in _running(facts, "ingest", limits):
        if process.queue >= QUEUE_LONG:
            yield Finding(Part.INGEST, Level.BAD, "ingest-queue", process.name, {"messages": process.queue})
    late = [one.lag_ms for one in facts.gateways if not one.outbox_rows and (one.lag_ms or 0) > limits.lag_ms]
    if late:
        # A gateway that drains a backlog is late by right; many that have none waiting are late because of us.
        minutes = max(lag for lag in late if lag is not None) // MINUTE_MS
        level = Level.BAD if len(late) * 2 > len(facts.gateways) else Level.LOOK
        yield Finding(Part.INGEST, level, "ingest-lag", "", {"gateways": len(late), "minutes": minutes})
    quarantined = sum(one.quarantined for one in facts.gateways)
    if quarantined:
        yield Finding(Part.INGEST, Level.LOOK, "rows-quarantined", "", {"rows": quarantined})
    for one in facts.gateways:
        if one.is_refused:
            yield Finding(Part.INGEST, Level.LOOK, "messages-refused", one.name, {"building": one.building})


def _judge_broker(facts: Facts, limits: Limits) -> Iterator[Finding]:
    running = _running(facts, "ingest", limits)
    for process in running:
        if not process.is_connected:
            yield Finding(Part.BROKER, Level.BAD, "broker-gone", process.name)
    if not running:
        yield Finding(Part.BROKER, Level.LOOK, "broker-unknown")


def _judge_jobs(facts: Facts) -> Iterator[Finding]:
    for title in facts.jobs.late:
        yield Finding(Part.JOBS, Level.BAD, "job-late", title, {"job_word": title})
    if facts.jobs.given_up:
        yield Finding(
            Part.JOBS, Level.LOOK, "jobs-given-up", "", {"runs": facts.jobs.given_up}, told_elsewhere=True
        )


def _judge_backups(facts: Facts, limits: Limits) -> Iterator[Finding]:
    backups = facts.backups
    if backups.backup_failed is not None:
        yield Finding(Part.BACKUPS, Level.BAD, "backup-failed", "", {"why": backups.backup_failed})
    if backups.rehearsal_failed is not None:
        yield Finding(Part.BACKUPS, Level.BAD, "rehearsal-failed", "", {"why": backups.rehearsal_failed})
    if backups.last_age_ms is None:
        level = Level.BAD if backups.books_age_ms > NEVER_BACKED_UP_DAYS * DAY_MS else Level.LOOK
        yield Finding(Part.BACKUPS, level, "backup-never")
        return
    if backups.on_books_disk:
        yield Finding(Part.BACKUPS, Level.LOOK, "backup-same-disk")
    if backups.last_age_ms > limits.backup_age_ms:
        yield Finding(Part.BACKUPS, Level.BAD, "backup-old", "", {"hours": backups.last_age_ms // HOUR_MS})
    if backups.rehearsal_age_ms is None or backups.rehearsal_age_ms > REHEARSAL_DAYS * DAY_MS:
        yield Finding(Part.BACKUPS, Level.LOOK, "backup-not-rehearsed", "", {"days": REHEARSAL_DAYS})


def _judge_notices(facts: Facts) -> Iterator[Finding]:
    notices = facts.notices
    if notices.overdue:
        yield Finding(Part.NOTICES, Level.BAD, "notices-overdue", "", {"messages": notices.overdue})
    if notices.reaches_nobody:
        yield Finding(Part.NOTICES, Level.LOOK, "notices-reach-nobody")
    if notices.given_up:
        yield Finding(Part.NOTICES, Level.LOOK, "notices-given-up", "", {"messages": notices.given_up})


def _judge_web(facts: Facts) -> Iterator[Finding]:
    web = facts.web
    if web.errors and web.errors * 100 >= web.requests * ERROR_PERCENT and web.requests >= FEWEST_REQUESTS:
        params: dict[str, int | str] = {"errors": web.errors, "requests": web.requests}
        yield Finding(Part.WEB, Level.BAD, "web-errors", "", params)


def _judge_clocks_apart(gateways: Iterable[Gateway], middle_ms: int, limits: Limits) -> Iterator[Finding]:
    """Name gateways whose clock is apart from the others', or from ours where there are too few."""
    for one in gateways:
        off_ms = one.clock_off_ms if one.clock_trusted and not one.is_revoked else None
        if off_ms is not None and abs(off_ms - middle_ms) > limits.clock_off_ms:
            minutes = abs(off_ms - middle_ms) // MINUTE_MS
            params: dict[str, int | str] = {"building": one.building, "minutes": minutes}
            yield Finding(Part.GATEWAYS, Level.LOOK, "gateway-clock-off", one.name, params)


def _judge_clock(facts: Facts, limits: Limits) -> Iterator[Finding]:
    """Our clock beside the gateways' trusted ones, and beside our own processes' beats."""
    ahead = min((one.beat_age_ms for one in facts.processes), default=0)
    if ahead < -limits.clock_off_ms:
        yield Finding(Part.CLOCK, Level.BAD, "clock-went-back", "", {"minutes": -ahead // MINUTE_MS})
    offs = sorted(
        one.clock_off_ms for one in facts.gateways if one.clock_trusted and one.clock_off_ms is not None
    )
    if facts.is_bench:
        return
    middle = offs[len(offs) // 2] if len(offs) >= FEWEST_CLOCKS else 0
    yield from _judge_clocks_apart(facts.gateways, middle, limits)
    if abs(middle) > limits.clock_off_ms:
        code = "clock-slow" if middle > 0 else "clock-fast"
        params: dict[str, int | str] = {"minutes": abs(middle) // MINUTE_MS, "gateways": len(offs)}
        yield Finding(Part.CLOCK, Level.BAD, code, "", params)
