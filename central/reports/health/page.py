"""The health page's lines: each part with its state in words, since when, the next step, and the figures behind it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from central.domain.health_facts import WORST_FIRST, Facts, Finding, Gateway, Level, Part, Store
from central.office.words import Badge, name_of
from central.reports.health.told import key_of, standing_since
from central.reports.health.words import HINDRANCES, LEVELS, PARTS, in_words

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
MOST_OF_A_PART = 40
"""So many findings of one part are shown; more are counted."""
DOORS = {
    Part.GATEWAYS: "dashboard:gateways",
    Part.JOBS: "schedule:jobs",
}
"""Where more is to be seen, for all who see this page."""


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One finding in the reader's words."""

    badge: Badge
    title: str
    why: str
    next_step: str
    since_ms: int | None


@dataclass(frozen=True, slots=True)
class PartLine:
    """One part of the system."""

    code: str
    name: str
    badge: Badge
    findings: list[FindingLine]
    more: int
    figures: list[tuple[str, str]]
    door: str


def part_lines(found: list[Finding], facts: Facts, now_ms: int) -> list[PartLine]:
    """Give every part, the worst first, else in the page's order."""
    since = standing_since()
    of_part = {part: [one for one in found if one.part is part] for part in Part}
    worst_first = sorted(Part, key=lambda part: WORST_FIRST.index(of_part[part][0].level))
    return [_part(part, of_part[part], since, facts, now_ms) for part in worst_first]


def _part(
    part: Part,
    found: list[Finding],
    since: Mapping[tuple[str, str], int],
    facts: Facts,
    now_ms: int,
) -> PartLine:
    lines = [
        FindingLine(LEVELS[one.level], *in_words(one), since.get(key_of(one)))
        for one in found[:MOST_OF_A_PART]
    ]
    return PartLine(
        code=part.value,
        name=_(PARTS[part]),
        badge=lines[0].badge,
        findings=lines,
        more=max(0, len(found) - MOST_OF_A_PART),
        figures=list(_figures(part, facts, now_ms)),
        door=reverse(DOORS[part]) if part in DOORS else "",
    )


def counts(found: Iterable[Finding]) -> tuple[int, int]:
    """Count what is bad, and what is to be looked at."""
    levels = [one.level for one in found]
    return levels.count(Level.BAD), levels.count(Level.LOOK)


def _figures(part: Part, facts: Facts, now_ms: int) -> Iterable[tuple[str, str]]:
    match part:
        case Part.GATEWAYS:
            heard = sum(one.heard_age_ms is not None for one in facts.gateways)
            yield _("Enrolled, heard once or more"), f"{len(facts.gateways)}, {heard}"
            yield (
                _("Meters that don't answer"),
                str(sum(line.dead for one in facts.gateways for line in one.lines)),
            )
        case Part.INGEST | Part.NOTICES | Part.WEB:
            yield from _process_figures(part.value, facts)
        case Part.COMMANDS:
            yield _("Without an answer"), str(sum(one.unanswered for one in facts.gateways))
            oldest = max((one.unanswered_oldest_ms or 0 for one in facts.gateways), default=0)
            yield _("The oldest waits for"), span(oldest)
        case Part.DATABASES:
            for store in facts.databases:
                yield _("Database %(name)s") % {"name": store.name}, _size_words(store)
            yield from _replica_figures(facts)
        case Part.DISK:
            for store in facts.disks:
                free = {"free": size(store.free_bytes), "percent": store.free_percent}
                yield _("Disk of %(name)s") % {"name": store.name}, _("%(free)s free (%(percent)s %%)") % free
        case Part.CERTIFICATES:
            for one in sorted(facts.certificates, key=lambda one: one.ends_in_ms)[:3]:
                days = max(0, one.ends_in_ms // DAY_MS)
                yield one.whose, ngettext("%(n)s day left", "%(n)s days left", days) % {"n": days}
        case Part.JOBS:
            yield _("Known"), str(facts.jobs.known)
            yield _("Last run"), ago(facts.jobs.last_run_age_ms)
        case Part.BACKUPS:
            yield _("Last backup"), ago(facts.backups.last_age_ms)
            yield _("Last rehearsal"), ago(facts.backups.rehearsal_age_ms)
        case _:
            return


def _replica_figures(facts: Facts) -> Iterable[tuple[str, str]]:
    for one in facts.replicas:
        behind = "–" if one.behind_bytes is None else f"{size(one.behind_bytes)}, {span(one.behind_ms or 0)}"
        yield _("Behind the primary: %(name)s") % {"name": one.name}, behind
    if facts.replicas:
        told = [f"{name_of(HINDRANCES, why)} {n}" for why, n in sorted(facts.reads.on_primary.items()) if n]
        yield _("Reports read from the replica"), str(facts.reads.on_replica)
        yield _("Reports read from the primary instead"), "; ".join(told) or "0"


def _process_figures(kind: str, facts: Facts) -> Iterable[tuple[str, str]]:
    for process in facts.processes:
        if process.kind != kind:
            continue
        yield _("%(name)s: last sign of life") % {"name": process.name}, ago(process.beat_age_ms)
        yield _("%(name)s: runs for") % {"name": process.name}, span(max(0, process.up_ms))
        if kind == "ingest":
            yield _("Last message"), ago(process.message_age_ms)
            yield _("Messages that wait"), str(process.queue)
    if kind == "ingest":
        lags = [one.lag_ms for one in facts.gateways if one.lag_ms is not None]
        yield _("Readings come after, at most"), span(max(lags)) if lags else "–"
        yield _("Rows in quarantine"), str(sum(one.quarantined for one in facts.gateways))
    elif kind == "notices":
        yield _("Waiting, given up lately"), f"{facts.notices.waiting}, {facts.notices.given_up}"
    elif kind == "web":
        yield _("Answered in the last hour, with errors"), f"{facts.web.requests}, {facts.web.errors}"


def _size_words(store: Store) -> str:
    if store.grows_bytes_a_day is None:
        return _("%(size)s; how fast it grows is known after a day") % {"size": size(store.used_bytes)}
    grows = {"size": size(store.used_bytes), "grows": size(max(0, store.grows_bytes_a_day))}
    if store.days_left is None:
        return _("%(size)s, grows by %(grows)s a day") % grows
    return _("%(size)s, grows by %(grows)s a day: full in %(days)s days") % {**grows, "days": store.days_left}


@dataclass(frozen=True, slots=True)
class GatewayLine:
    """A gateway's row in the table; `worst` is its worst finding's badge."""

    gateway: Gateway
    badge: Badge
    heard: str
    clock: str
    waits: str
    lag: str
    lines: list[str]


def gateway_lines(found: list[Finding], facts: Facts) -> list[GatewayLine]:
    """Give every gateway, those with something wrong first."""
    worst = {one.name: Level.GOOD for one in facts.gateways}
    for one in found:
        name = one.subject.partition("/")[0]
        if name in worst and one.part in (Part.GATEWAYS, Part.COMMANDS):
            worst[name] = min(worst[name], one.level, key=WORST_FIRST.index)
    rows = sorted(facts.gateways, key=lambda one: WORST_FIRST.index(worst[one.name]))
    return [_gateway_line(one, LEVELS[worst[one.name]]) for one in rows]


def _gateway_line(one: Gateway, badge: Badge) -> GatewayLine:
    waits = "–" if one.outbox_rows is None else str(one.outbox_rows)
    if one.outbox_oldest_ms:
        waits = _("%(rows)s, the oldest for %(time)s") % {"rows": waits, "time": span(one.outbox_oldest_ms)}
    clock = {None: "–", True: _("trusted"), False: _("not trusted")}[one.clock_trusted]
    return GatewayLine(
        gateway=one,
        badge=badge,
        heard=ago(one.heard_age_ms),
        clock=clock,
        waits=waits,
        lag="–" if one.lag_ms is None else span(one.lag_ms),
        lines=[
            f"{line.name}: {'–' if line.percent is None else f'{line.percent} %'}"
            + (_(", %(dead)s dead") % {"dead": line.dead} if line.dead else "")
            for line in one.lines
        ],
    )


def ago(age_ms: int | None) -> str:
    """Say how long ago something was; never, where it never was."""
    return _("not once yet") if age_ms is None else _("%(time)s ago") % {"time": span(max(0, age_ms))}


def span(span_ms: int) -> str:
    """Write a span of time in its largest unit that is at least two."""
    for unit_ms, one, many in (
        (DAY_MS, "%(n)s day", "%(n)s days"),
        (HOUR_MS, "%(n)s hour", "%(n)s hours"),
        (MINUTE_MS, "%(n)s minute", "%(n)s minutes"),
    ):
        if span_ms >= 2 * unit_ms:
            return ngettext(one, many, span_ms // unit_ms) % {"n": span_ms // unit_ms}
    return _("%(n)s s") % {"n": span_ms // 1000}


def size(size_bytes: int | None) -> str:
    """Write a size in its largest decimal unit."""
    if size_bytes is None:
        return "–"
    for unit, name in ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if abs(size_bytes) >= unit:
            return f"{size_bytes / unit:.1f} {name}"
    return f"{size_bytes} B"
