"""What is exposed to Prometheus, computed from the database when it is asked: pages, ingest and notices are several processes.

Names follow prometheus.io/docs/practices/naming: base units, a unit at the end, `_total` for what only grows. Labels are bounded by
gateways, lines, parts and fixed lists: no room, no meter, no person.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from central import clock
from central.domain.health_facts import LAG_EDGES_S, TOOK_EDGES_MS, Facts, Finding, Gateway, Level, Part
from central.domain.health_judgement import judge
from central.link.pulse import beats
from central.reports.health.gathering import gather, limits
from central.reports.health.link_counts import link_counts

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
Rows = Iterable[tuple[Sequence[str], float | int | None]]


def exposition(now_ms: int) -> bytes:
    """Give all metrics in Prometheus's text form."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once(families(now_ms)))
    return generate_latest(registry)


class _Once:
    """Hands over what was made: the registry asks a collector, and wants nothing computed twice."""

    def __init__(self, made: Iterable[Metric]) -> None:
        self._made = list(made)

    def describe(self) -> list[Metric]:
        """Nothing is known before it is asked for."""
        return []

    def collect(self) -> list[Metric]:
        """Give the families."""
        return self._made


def families(now_ms: int) -> Iterator[Metric]:
    """Look at everything once, and give it as metrics."""
    facts = gather(now_ms)
    yield InfoMetricFamily("cardroom_build", "This server's version.", {"version": version("cardroom")})
    yield from _of_gateways(facts.gateways, now_ms)
    yield from _of_lines(facts.gateways)
    yield from _of_messages()
    yield from _of_processes(facts)
    yield from _of_places(facts)
    yield from _of_office(facts, now_ms)
    yield from _of_web()
    yield _of_findings(judge(facts, limits(now_ms)))


def _gauge(name: str, about: str, rows: Rows, labels: Sequence[str] = ()) -> GaugeMetricFamily:
    """Make a gauge; what is not known is left out, never 0."""
    family = GaugeMetricFamily(f"cardroom_{name}", about, labels=labels)
    for values, value in rows:
        if value is not None:
            family.add_metric(values, value)
    return family


def _counter(name: str, about: str, rows: Rows, labels: Sequence[str] = ()) -> CounterMetricFamily:
    family = CounterMetricFamily(f"cardroom_{name}", about, labels=labels)
    for values, value in rows:
        if value is not None:
            family.add_metric(values, value)
    return family


def _s(span_ms: int | None) -> float | None:
    return None if span_ms is None else span_ms / 1000


def _of_gateways(gateways: Sequence[Gateway], now_ms: int) -> Iterator[Metric]:
    yield _gauge(
        "gateway_info",
        "1 for each enrolled gateway, with its software.",
        [((one.name, one.software), 1) for one in gateways],
        ("gateway", "software"),
    )
    shown = {
        "gateway_connected": (
            "Whether the broker says that the gateway is connected (unsigned).",
            lambda one: int(one.is_connected),
        ),
        "gateway_heard_timestamp_seconds": (
            "When the gateway's last batch was stored.",
            lambda one: None if one.heard_age_ms is None else (now_ms - one.heard_age_ms) / 1000,
        ),
        "gateway_clock_trusted": (
            "Whether the gateway trusts its clock.",
            lambda one: None if one.clock_trusted is None else int(one.clock_trusted),
        ),
        "gateway_clock_offset_seconds": (
            "The gateway's clock less this server's, where it was heard lately.",
            lambda one: _s(one.clock_off_ms),
        ),
        "gateway_outbox_rows": ("Rows that wait at the gateway.", lambda one: one.outbox_rows),
        "gateway_outbox_oldest_seconds": (
            "How long the oldest of them waits.",
            lambda one: _s(one.outbox_oldest_ms),
        ),
        "gateway_store_free_bytes": (
            "Room left on the gateway's card.",
            lambda one: one.store_free_bytes,
        ),
        "gateway_reading_lag_seconds": (
            "From the newest reading of the last batch to its commit here.",
            lambda one: _s(one.lag_ms),
        ),
        "gateway_commands_unanswered": ("Commands without an answer.", lambda one: one.unanswered),
        "gateway_command_oldest_seconds": (
            "How long the oldest of them waits.",
            lambda one: _s(one.unanswered_oldest_ms),
        ),
        "gateway_quarantined_rows": (
            "Rows of the gateway that could not be taken and nobody has settled.",
            lambda one: one.quarantined,
        ),
    }
    for name, (about, value) in shown.items():
        yield _gauge(name, about, [((one.name,), value(one)) for one in gateways], ("gateway",))


def _of_lines(gateways: Sequence[Gateway]) -> Iterator[Metric]:
    lines = [((one.name, line.name), line) for one in gateways for line in one.lines]
    labels = ("gateway", "line")
    yield _counter(
        "line_requests",
        "Questions put on the line since the gateway's start.",
        [(at, line.asked_ever) for at, line in lines],
        labels,
    )
    yield _counter(
        "line_answers",
        "Those that were answered.",
        [(at, line.answered_ever) for at, line in lines],
        labels,
    )
    yield _gauge(
        "line_silent_meters",
        "Meters on the line that don't answer.",
        [(at, line.dead) for at, line in lines],
        labels,
    )


def _of_messages() -> Iterator[Metric]:
    counted, own = link_counts(), beats.counts_of(beats.INGEST)
    yield _counter(
        "ingest_messages",
        "Messages that came, by their kind.",
        [
            ((name.removeprefix("messages-"),), n)
            for name, n in sorted(own.items())
            if name.startswith("messages-")
        ],
        ("kind",),
    )
    yield _counter(
        "ingest_messages_refused",
        "Messages that were refused, by the reason.",
        [((reason,), n) for reason, n in sorted(counted.refused.items())],
        ("reason",),
    )
    yield _counter("ingest_batches", "Batches that were committed.", [((), counted.batches)])
    yield _counter("ingest_rows", "Rows that were committed.", [((), counted.rows)])
    yield _counter("ingest_rows_repeated", "Rows that came again.", [((), counted.repeated)])
    yield _counter("ingest_rows_quarantined", "Rows that were put aside.", [((), counted.quarantined)])
    yield _histogram(
        "ingest_reading_lag_seconds",
        "From the newest reading of a batch to its commit.",
        own,
        "lag",
        LAG_EDGES_S,
        1,
    )


def _histogram(
    name: str, about: str, counts: Mapping[str, int], kind: str, edges: Sequence[int], per_s: int
) -> HistogramMetricFamily:
    """Make a histogram of counts named `KIND-EDGE` and a sum named `KIND-ms`; edges are `per_s` to the second."""
    total, buckets = 0, []
    for edge in edges:
        total += counts.get(f"{kind}-{edge}", 0)
        buckets.append((f"{edge / per_s:g}", total))
    buckets.append(("+Inf", total + counts.get(f"{kind}-inf", 0)))
    return HistogramMetricFamily(
        f"cardroom_{name}", about, buckets=buckets, sum_value=counts.get(f"{kind}-ms", 0) / 1000
    )


def _of_processes(facts: Facts) -> Iterator[Metric]:
    real_ms = clock.real_now_ms()
    yield _gauge(
        "process_beat_timestamp_seconds",
        "When the process last said that it runs.",
        [((one.name,), (real_ms - one.beat_age_ms) / 1000) for one in facts.processes],
        ("process",),
    )
    ingest = [one for one in facts.processes if one.kind == beats.INGEST]
    yield _gauge(
        "ingest_queue_messages",
        "Messages that wait to be taken.",
        [((one.name,), one.queue) for one in ingest],
        ("process",),
    )
    yield _gauge(
        "ingest_broker_connected",
        "Whether ingest is connected with the broker.",
        [((one.name,), int(one.is_connected)) for one in ingest],
        ("process",),
    )


def _of_places(facts: Facts) -> Iterator[Metric]:
    yield _gauge(
        "database_size_bytes",
        "The database's size on disk.",
        [((one.name,), one.used_bytes) for one in facts.databases],
        ("database",),
    )
    yield from _of_replicas(facts)
    for name, about, value in (
        ("disk_size_bytes", "The disk's size.", lambda one: one.total_bytes),
        ("disk_free_bytes", "What is free on it.", lambda one: one.free_bytes),
    ):
        yield _gauge(name, about, [((one.name,), value(one)) for one in facts.disks], ("disk",))
    yield _gauge(
        "certificate_remaining_seconds",
        "Until a certificate ends; negative when it has ended.",
        [((one.whose,), _s(one.ends_in_ms)) for one in facts.certificates],
        ("holder",),
    )


def _of_replicas(facts: Facts) -> Iterator[Metric]:
    rows = facts.replicas
    yield _gauge(
        "replica_usable",
        "Whether reports can be read on the replica.",
        [((one.name,), int(not one.hindrance)) for one in rows],
        ("database",),
    )
    yield _gauge(
        "replica_behind_bytes",
        "Bytes of the primary's log that the replica has not replayed.",
        [((one.name,), one.behind_bytes) for one in rows],
        ("database",),
    )
    yield _gauge(
        "replica_behind_seconds",
        "Age of the last commit that the replica has, where it lacks any.",
        [((one.name,), _s(one.behind_ms)) for one in rows],
        ("database",),
    )
    yield _counter(
        "replica_reports",
        "Reports that were read on the replica.",
        [((), facts.reads.on_replica)] if rows else [],
    )
    yield _counter(
        "replica_reports_passed_over",
        "Reports that were read on the primary instead, by what was in the way.",
        [((why,), n) for why, n in sorted(facts.reads.on_primary.items())],
        ("reason",),
    )


def _of_office(facts: Facts, now_ms: int) -> Iterator[Metric]:
    yield _gauge("notices_waiting", "Messages to be sent.", [((), facts.notices.waiting)])
    yield _gauge("notices_overdue", "Messages that should have gone out.", [((), facts.notices.overdue)])
    yield _gauge("jobs_late", "Jobs that should have been run.", [((), len(facts.jobs.late))])
    for name, about, age_ms in (
        ("backup_timestamp_seconds", "When the last backup was made.", facts.backups.last_age_ms),
        (
            "backup_rehearsal_timestamp_seconds",
            "When a backup was last rehearsed.",
            facts.backups.rehearsal_age_ms,
        ),
    ):
        yield _gauge(name, about, [((), None if age_ms is None else (now_ms - age_ms) / 1000)])


def _of_web() -> Iterator[Metric]:
    counted = beats.counts_of(beats.WEB)
    by_class: dict[str, int] = {}
    for name, n in counted.items():
        if name.startswith("status-"):
            code = f"{name.removeprefix('status-')[:1]}xx"
            by_class[code] = by_class.get(code, 0) + n
    yield _counter(
        "web_requests",
        "Requests that were answered, by the class of the answer.",
        [((code,), n) for code, n in sorted(by_class.items())],
        ("code",),
    )
    yield _histogram(
        "web_request_duration_seconds",
        "The server's time to an answer.",
        counted,
        "took",
        TOOK_EDGES_MS,
        1000,
    )


def _of_findings(found: Iterable[Finding]) -> Metric:
    levels = {(part, level): 0 for part in Part for level in (Level.BAD, Level.LOOK)}
    for one in found:
        if (one.part, one.level) in levels:
            levels[one.part, one.level] += 1
    return _gauge(
        "findings",
        "What the health page finds, by part and level.",
        [((part.value, level.value), n) for (part, level), n in levels.items()],
        ("part", "level"),
    )
