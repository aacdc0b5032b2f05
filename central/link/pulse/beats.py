"""What processes write about themselves: beats, counts, samples. Each call is a few statements."""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import F

from central import clock
from central.link.pulse.models import GatewayPulse, ProcessBeat, Sample, ServiceCount
from central.prepared import upsert

INGEST, NOTICES, WEB, REPLICA = "ingest", "notices", "web", "replica"
SAMPLE_EACH_MS = 3_600_000
SAMPLES_KEPT_MS = 31 * 86_400_000
MOST_LINES, LONGEST_LINE = 32, 32
"""No gateway has more lines, or longer names: what a broken one makes up is left out."""

Said = Mapping[str, int | str | bool]


def beat(name: str, kind: str, started_real_ms: int, said: Said | None = None) -> None:
    """Say that a process runs, now by the world's clock."""
    upsert(
        ProcessBeat(
            pk=name,
            kind=kind,
            started_real_ms=started_real_ms,
            beat_real_ms=clock.real_now_ms(),
            said=dict(said or {}),
        )
    )


def hears(still_ms: int, since_ms: int = 0) -> bool:
    """Say whether an ingest process lives, is connected and has run for so long; True where none ever ran."""
    real_ms, rows = clock.real_now_ms(), list(ProcessBeat.objects.filter(kind=INGEST))
    living = [
        row for row in rows if real_ms - row.beat_real_ms <= still_ms and row.said.get("connected", True)
    ]
    return not rows or any(real_ms - row.started_real_ms >= since_ms for row in living)


def count(kind: str, counts: Mapping[str, int]) -> None:
    """Add to what a kind of process counted."""
    for name, added in sorted(counts.items()):
        rows = ServiceCount.objects.filter(kind=kind, name=name)
        if added and not rows.update(count=F("count") + added):
            # Several workers may count something for the first time at once.
            ServiceCount.objects.bulk_create(
                [ServiceCount(kind=kind, name=name, count=0)], ignore_conflicts=True
            )
            rows.update(count=F("count") + added)


def counts_of(kind: str) -> dict[str, int]:
    """Give what a kind of process counted, by name."""
    return dict(ServiceCount.objects.filter(kind=kind).values_list("name", "count"))


def note_gateways(seen: Mapping[str, Mapping[str, int]]) -> None:
    """Note of gateways what was seen: fields of `GatewayPulse` by gateway."""
    with transaction.atomic():
        for gateway_id, fields in sorted(seen.items()):
            GatewayPulse.objects.update_or_create(pk=gateway_id, defaults=dict(fields))


def note_lines(gateway_id: str, counters: Mapping[str, int], *, trusted: bool) -> None:
    """Keep what a health row says of lines beside what the row before it said."""
    row, _made = GatewayPulse.objects.get_or_create(pk=gateway_id)
    row.lines = {
        line: [asked, answered, *_before(row.lines.get(line), asked)]
        for line, (asked, answered) in sorted(lines_in(counters).items())
    }
    row.health_trusted = trusted
    row.save(update_fields=["lines", "health_trusted"])


def lines_in(counters: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Give of each line how often meters were asked and answered since the gateway's start, by a health row's names."""
    names = {name[5:].partition(":")[0] for name in counters if name.startswith("line:")}
    names = set(sorted(name for name in names if name and len(name) <= LONGEST_LINE)[:MOST_LINES])
    return {
        line: (
            counters.get(f"line:{line}:exchanges", 0),
            sum(counters.get(f"line:{line}:{name}", 0) for name in ("answers", "refusals")),
        )
        for line in names
    }


def _before(known: object, asked: int) -> tuple[int, int]:
    """Give what was counted before; nothing where the gateway has begun to count anew."""
    if isinstance(known, list) and len(known) == 4 and known[0] <= asked:
        return known[0], known[1]
    return 0, 0


def sample(values: Mapping[str, int], now_ms: int) -> None:
    """Keep how much there is of each, unless it was kept within the hour; forget what is older than a month."""
    last = Sample.objects.order_by("-at_ms").values_list("at_ms", flat=True).first()
    if last is not None and 0 <= now_ms - last < SAMPLE_EACH_MS:
        return
    with transaction.atomic():
        rows = [Sample(what=what[:64], at_ms=now_ms, value=value) for what, value in values.items()]
        Sample.objects.bulk_create(rows, ignore_conflicts=True)
        Sample.objects.filter(at_ms__lt=now_ms - SAMPLES_KEPT_MS).delete()
        Sample.objects.filter(at_ms__gt=now_ms + SAMPLE_EACH_MS).delete()


def samples_since(since_ms: int) -> dict[str, list[tuple[int, int]]]:
    """Give the samples since an instant, by what they are of, each with its instant."""
    found: dict[str, list[tuple[int, int]]] = {}
    for what, at_ms, value in (
        Sample.objects.filter(at_ms__gte=since_ms).order_by("at_ms").values_list("what", "at_ms", "value")
    ):
        found.setdefault(what, []).append((at_ms, value))
    return found
