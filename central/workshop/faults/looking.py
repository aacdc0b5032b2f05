"""What nobody's act does for faults, once a minute: open them from alarms, note alarms that ended, send up, close what is solved.

Each knows by itself what it has done already: a step is named after the alarm, or after the fault and its level.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from central.clock import campus_day
from central.domain.fault_clock import DAY_MS, TO_HEAD, TO_LOGISTICS, level_at
from central.domain.fault_rules import ALARM_RULES, LINE_GONE, BuildingNow, Scope, Sign, Standing, judge
from central.domain.fault_rules import Matter as Judged
from central.ledger.one_writer import lock_head, one_writer
from central.link.models import Alarm, Gateway
from central.link.registry_copy import registry_of
from central.office.dated_settings import number_at
from central.office.roles import Role
from central.workshop.devices.models import Device
from central.workshop.faults.claims import claim_module
from central.workshop.faults.excuses import excused
from central.workshop.faults.matters import Matter, of_gateway, of_line, of_module
from central.workshop.faults.models import UNSOLVED, Fault, FaultStep, FaultWatch
from central.workshop.faults.notices import tell_opened, tell_up
from central.workshop.faults.operations import Step, locked_fault, open_fault, take_step, write
from central.workshop.faults.refusals import Refused

MINUTE_MS = 60_000
GAP_MS, SETTLES_MS = 30 * MINUTE_MS, 15 * MINUTE_MS
"""Looks further apart than the first are an outage of central; for the second, nothing is judged after it."""
WHATS = (*ALARM_RULES, LINE_GONE)
OFFICES = {TO_HEAD: Role.DIRECTOR, TO_LOGISTICS: Role.LOGISTICS}
ENDS_BY_REPAIR = (Sign.SILENT, Sign.FAILING, Sign.RELAY)
"""Their alarms end within minutes of a repair; a cover is told for a week, whoever looked at it."""


def look_at_faults(now_ms: int) -> int:
    """Do all of it; give how many faults were opened."""
    opened = open_from_alarms(now_ms)
    note_ends(now_ms)
    tie_records()
    send_up(now_ms)
    close_solved(now_ms)
    return opened


def open_from_alarms(now_ms: int) -> int:
    """Open what the standing alarms mean, building by building; give how many faults are new.

    For the first minutes after a gap nothing is judged: what gateways have cleared meanwhile is still on its way.
    """
    since_ms = listening_since(now_ms)
    if now_ms - since_ms < SETTLES_MS:
        return 0
    by_gateway: dict[str, list[Standing]] = {}
    for one in Alarm.objects.filter(cleared_ms=None, what__in=WHATS, by_central=False).exclude(gateway=None):
        said = Standing(f"{one.pk}:{one.raised_ms}", one.what, one.subject, one.raised_ms)
        by_gateway.setdefault(one.gateway_id, []).append(said)
    silent_after_ms = number_at("link.silent-after", now_ms) * MINUTE_MS
    opened = 0
    for gateway in Gateway.objects.filter(revoked_ms=None).select_related("building").order_by("pk"):
        standing = by_gateway.get(gateway.pk, [])
        heard_ms = None if gateway.last_seen_ms is None else max(gateway.last_seen_ms, since_ms)
        is_quiet = heard_ms is not None and now_ms - heard_ms >= silent_after_ms
        if standing or is_quiet:
            now = BuildingNow(
                gateway.pk, lines_of(gateway), heard_ms, silent_after_ms, excused(gateway.building, now_ms)
            )
            opened += _open_of(gateway, now, standing, now_ms)
    return opened


def listening_since(now_ms: int) -> int:
    """Note this look; give since when looks came without a gap."""
    watch, _made = FaultWatch.objects.get_or_create(pk=1, defaults={"since_ms": now_ms, "last_ms": now_ms})
    if now_ms - watch.last_ms > GAP_MS:
        watch.since_ms = now_ms
    watch.last_ms = now_ms
    watch.save(update_fields=["since_ms", "last_ms"])
    return watch.since_ms


def _open_of(gateway: Gateway, now: BuildingNow, standing: Sequence[Standing], now_ms: int) -> int:
    found = {_step_of(one, now_ms): one for one in judge(now, standing, now_ms)}
    found |= _still(gateway, found.values(), now_ms)
    known = set(FaultStep.objects.filter(step__in=list(found)).values_list("step", flat=True))
    news = {name: one for name, one in found.items() if name not in known}
    if not news:
        return 0
    return _open_all(gateway, news, now_ms)


@one_writer
@transaction.atomic
def _open_all(gateway: Gateway, news: Mapping[str, Judged], now_ms: int) -> int:
    """Open what one look has found in a building, and tell of it at once."""
    lock_head()
    before = set(Fault.objects.exclude(state=Fault.State.CLOSED).values_list("pk", flat=True))
    faults = [_open(gateway, name, one, now_ms) for name, one in news.items()]
    new = [one for one in faults if one.pk not in before]
    tell_opened(gateway.building, new, now_ms)
    return len(new)


def _open(gateway: Gateway, name: str, judged: Judged, now_ms: int) -> Fault:
    facts = {"alarms": list(judged.alarms), "since_ms": judged.since_ms}
    step = Step(FaultStep.Kind.OPENED, name, now_ms, facts=facts)
    done = open_fault(_matter(gateway, judged), step, actor=None, now_ms=now_ms)
    assert isinstance(done, Fault), done
    return done


def _step_of(judged: Judged, now_ms: int) -> str:
    """Name a step after the oldest alarm, so that it opens once; a silence without one is seen again each day while it lasts."""
    of_alarm = f"alarm-{judged.alarms[0]}" if judged.alarms else ""
    return (of_alarm or f"silent-{judged.scope}-{judged.subject}-{campus_day(now_ms)}")[:80]


def _still(gateway: Gateway, found: Iterable[Judged], now_ms: int) -> dict[str, Judged]:
    """Give what was said to be solved a day ago and stands all the same, by the step that opens it again."""
    solved = Fault.objects.filter(
        building=gateway.building, state=Fault.State.SOLVED, solved_ms__lte=now_ms - DAY_MS
    )
    meters = {one.meter_no: one.solved_ms for one in solved if one.meter_no}
    return {
        f"still-{one.subject}-{meters[one.subject]}"[:80]: one
        for one in found
        if one.scope is Scope.MODULE and one.sign in ENDS_BY_REPAIR and one.subject in meters
    }


def _matter(gateway: Gateway, judged: Judged) -> Matter:
    match judged.scope:
        case Scope.MODULE:
            return of_module(judged.subject, gateway.building, judged.sign)
        case Scope.LINE:
            return of_line(gateway.building, judged.subject, judged.sign)
        case Scope.CONCENTRATOR:
            return of_gateway(gateway.pk, gateway.building, judged.sign)


def lines_of(gateway: Gateway) -> dict[str, list[str]]:
    """Give each line's meters as the gateway told last: by its registry, or by its birth."""
    told: dict[str, Any] = registry_of(gateway) or {"meters": []}
    rows: Iterable[Any] = told["meters"] or gateway.meters_seen
    lines: dict[str, list[str]] = {}
    for row in rows:
        number = row.get("meter_number") or row.get("meter") or ""
        lines.setdefault(str(row.get("line", "")), []).append(str(number))
    return lines


def note_ends(now_ms: int) -> int:
    """Note in standing faults that the alarm which opened them is over; they are not closed by it. Give how many."""
    standing = FaultStep.objects.filter(
        fault__state__in=UNSOLVED, kind__in=(FaultStep.Kind.OPENED, FaultStep.Kind.SEEN_AGAIN), by=None
    )
    named = {one.step.removeprefix("alarm-"): one for one in standing if one.step.startswith("alarm-")}
    numbers = [int(name.partition(":")[0]) for name in named]
    alarms = Alarm.objects.filter(pk__in=numbers).exclude(cleared_ms=None)
    ended = {f"end-{one.pk}:{one.raised_ms}": one for one in alarms}
    known = set(FaultStep.objects.filter(step__in=list(ended)).values_list("step", flat=True))
    noted = 0
    for name, alarm in ended.items():
        opened = named.get(f"{alarm.pk}:{alarm.raised_ms}")
        if opened is None or name in known:
            continue
        step = Step(FaultStep.Kind.ENDED, name, alarm.cleared_ms, facts={"what": alarm.what})
        noted += isinstance(take_step(opened.fault_id, step, actor=None, now_ms=now_ms), Fault)
    return noted


def tie_records() -> int:
    """Tie the records that the store made after a fault was opened, so that its model is counted; give how many."""
    known = Device.objects.exclude(meter_no="").filter(meter_no=OuterRef("meter_no"))
    late = Fault.objects.filter(device=None).filter(Exists(known)).values_list("pk", flat=True)
    return _tie(late) if late else 0


@one_writer
@transaction.atomic
def _tie(numbers: Iterable[int]) -> int:
    lock_head()
    return len([number for number in numbers if locked_fault(number)])


def send_up(now_ms: int) -> int:
    """Send up what was not solved by its evening: one notice per office with the list; give how many steps were written."""
    late = Fault.objects.filter(state__in=UNSOLVED, due_ms__lte=now_ms, level__lt=TO_LOGISTICS)
    rising = {level: [one.pk for one in late if _rises(one, level, now_ms)] for level in OFFICES}
    return sum(_send(level, numbers, now_ms) for level, numbers in rising.items() if numbers)


def _rises(fault: Fault, level: int, now_ms: int) -> bool:
    return fault.level < level <= level_at(fault.due_ms, now_ms)


@one_writer
@transaction.atomic
def _send(level: int, numbers: Sequence[int], now_ms: int) -> int:
    lock_head()
    found = [fault for number in sorted(numbers) if (fault := locked_fault(number)) is not None]
    faults = [one for one in found if one.state in UNSOLVED and _rises(one, level, now_ms)]
    if not faults:
        return 0
    office = OFFICES[level]
    key = f"faults-up-{level}-{campus_day(now_ms)}-{faults[0].pk}-{len(faults)}"
    tell_up(office, faults, key, now_ms)
    for fault in faults:
        facts = {"level": level, "to": [office.value], "notice": key}
        step = Step(FaultStep.Kind.WENT_UP, f"up-{fault.pk}-{fault.due_ms}-{level}", now_ms, facts=facts)
        write(fault, step, [], None, now_ms)
        fault.level = level
        fault.save(update_fields=["level"])
        if level == TO_LOGISTICS:
            claim_module(fault.pk, actor=None, now_ms=now_ms)
    return len(faults)


def close_solved(now_ms: int) -> int:
    """Close what was solved and not seen again for the setting's days; give how many."""
    days = number_at("fault.closes-after", now_ms)
    done = Fault.objects.filter(state=Fault.State.SOLVED, solved_ms__lte=now_ms - days * DAY_MS)
    closed = 0
    for fault in done:
        step = Step(FaultStep.Kind.CLOSED, f"closed-{fault.pk}-{fault.solved_ms}", now_ms)
        closed += not isinstance(take_step(fault.pk, step, actor=None, now_ms=now_ms), Refused)
    return closed
