"""Facts about gateways: what they said of themselves, what they owe an answer to, what could not be taken. Few statements."""

from collections import Counter
from collections.abc import Mapping, Sequence

from django.db.models import Count, Min

from central.domain.health_facts import Gateway, Line
from central.link.models import Alarm, Command, QuarantinedRow
from central.link.models import Gateway as Row
from central.link.outbox import UNANSWERED
from central.link.pulse.models import GatewayPulse

METER_SILENT, CLOCK_UNTRUSTED, REFUSED = "meter-silent", "clock-untrusted", "messages-refused"
FRESH_MS = 15 * 60_000
"""What a clock showed longer ago says nothing of now."""


def gateways(now_ms: int) -> tuple[Gateway, ...]:
    """Give every enrolled gateway, in order of the buildings."""
    alarms = _alarms()
    owed = {
        gateway: (count, oldest)
        for gateway, count, oldest in Command.objects.filter(state__in=UNANSWERED)
        .order_by()
        .values_list("gateway")
        .annotate(Count("pk"), Min("created_ms"))
    }
    unsettled = QuarantinedRow.objects.filter(resolved_ms=None).order_by()
    quarantined = dict(unsettled.values_list("gateway").annotate(Count("pk")))
    pulses = GatewayPulse.objects.in_bulk()
    rows = Row.objects.select_related("building").defer("meters_seen", "central_keys", "boots_seen")
    rows = list(rows.defer("building__policy", "building__groups").order_by("building__code"))
    dead = _dead_by_line(alarms[METER_SILENT], rows)
    return tuple(
        _gateway(
            *(row, pulses.get(row.pk), owed.get(row.pk), quarantined.get(row.pk, 0)),
            *(alarms, dead.get(row.pk, Counter()), now_ms),
        )
        for row in rows
    )


def _alarms() -> dict[str, set[tuple[str, str]]]:
    """Give the standing alarms that tell of the running of gateways: what -> gateway and subject."""
    found: dict[str, set[tuple[str, str]]] = {METER_SILENT: set(), CLOCK_UNTRUSTED: set(), REFUSED: set()}
    standing = Alarm.objects.filter(cleared_ms=None, what__in=list(found)).order_by()
    for what, gateway, subject in standing.values_list("what", "gateway_id", "subject"):
        found[what].add((gateway or "", subject))
    return found


def _gateway(
    row: Row,
    pulse: GatewayPulse | None,
    owed: tuple[int, int] | None,
    quarantined: int,
    alarms: Mapping[str, set[tuple[str, str]]],
    dead_on: Counter[str],
    now_ms: int,
) -> Gateway:
    said: dict[str, int] = row.counters
    seen = pulse or GatewayPulse()
    is_fresh = seen.clock_seen_ms is not None and now_ms - seen.clock_seen_ms < FRESH_MS
    untrusted = any(gateway == row.pk for gateway, _subject in alarms[CLOCK_UNTRUSTED])
    return Gateway(
        name=row.pk,
        building=row.building.name,
        is_revoked=not row.public_key,
        is_connected=row.online,
        enrolled_age_ms=now_ms - row.enrolled_ms,
        heard_age_ms=None if row.last_seen_ms is None else now_ms - row.last_seen_ms,
        epoch=row.epoch,
        software=row.software,
        clock_trusted=False if untrusted else seen.health_trusted,
        clock_off_ms=seen.clock_off_ms if is_fresh else None,
        outbox_rows=said.get("outbox:rows"),
        outbox_oldest_ms=said["outbox:oldest-s"] * 1000 if "outbox:oldest-s" in said else None,
        store_free_bytes=said.get("store:free-bytes"),
        store_hours_left=said.get("store:hours-left"),
        lines=_lines(seen.lines, dead_on),
        lag_ms=seen.lag_ms,
        unanswered=owed[0] if owed else 0,
        unanswered_oldest_ms=now_ms - owed[1] if owed else None,
        quarantined=quarantined,
        is_refused=any(gateway == row.pk for gateway, _subject in alarms[REFUSED]),
    )


def _lines(counts: Mapping[str, list[int]], dead_on: Counter[str]) -> tuple[Line, ...]:
    """Give the lines that the gateway counts on, or has dead meters on."""
    found = []
    for name in sorted({*counts, *dead_on}):
        asked, answered, asked_before, answered_before = counts.get(name, (0, 0, 0, 0))
        found.append(
            Line(name, asked - asked_before, answered - answered_before, asked, answered, dead_on[name])
        )
    return tuple(found)


def _dead_by_line(dead: set[tuple[str, str]], rows: Sequence[Row]) -> dict[str, Counter[str]]:
    """Count dead meters by gateway and line; only gateways that have some are asked for their long list of meters."""
    names = {gateway for gateway, _meter in dead}
    lines = _lines_told([row for row in rows if row.pk in names])
    found: dict[str, Counter[str]] = {name: Counter() for name in lines}
    for gateway, meter in dead:
        if line := lines.get(gateway, {}).get(meter):
            found[gateway][line] += 1
    return found


_told: dict[str, tuple[tuple[object, ...], dict[str, str]]] = {}
"""By gateway: which birth, and the line of each meter that it named. A scrape each few seconds reads it once."""


def _lines_told(rows: Sequence[Row]) -> dict[str, dict[str, str]]:
    """Give the line of each meter by its gateway's last birth, read again only after another birth."""
    births = {row.pk: (row.enrolled_ms, row.boot, row.birth_issued_ms) for row in rows}
    anew = [pk for pk, birth in births.items() if birth[2] is None or _told.get(pk, ((),))[0] != birth]
    for pk, seen in Row.objects.filter(pk__in=anew).values_list("pk", "meters_seen") if anew else ():
        _told[pk] = births[pk], {meter: line for meter, line, *_rest in seen}
    return {pk: _told[pk][1] for pk in births if pk in _told}
