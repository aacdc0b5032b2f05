"""The meters' clocks set by broadcast: when a line may be told, which meters make it worthwhile, what became of it (DL/T 645, 08H).

Every setting goes to central: who set which clock, what it showed, how far off it was and is. Knows no wire and no wait.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from gateway.application.alarms import note, station
from gateway.application.decide import policy
from gateway.application.ports import Journal
from gateway.contract.facts import Instant
from gateway.contract.identifiers import MeterNo
from gateway.contract.rules import ClockRule
from gateway.domain.calendar import MINUTE_MS, local_day
from gateway.domain.clock_setting import (
    MARGIN_MS,
    ClockHabit,
    Need,
    followed,
    is_hopeful,
    learn,
    may_tell,
    need,
    rule_of,
)
from gateway.domain.tariff import Span, TariffPrices, edges_between

CLOCK_SET, CLOCK_NOT_SET, LINE_TOLD = "meter-clock-set", "meter-clock-not-set", "line-told-the-time"
BROADCAST = "broadcast"
LATE_MS = 1_000
"""A time that was written so long before it was sent is a wrong one."""


class LineTold(msgspec.Struct, frozen=True, array_like=True):
    """The local day on which a line was told last: no restart tells it twice; keyed by the line."""

    day: int


@dataclass(frozen=True, slots=True)
class Seen:
    """How far a meter's calendar was ahead of ours before and after it was told; None: not read back."""

    before_s: int
    after_s: int | None = None


def rule_now(journal: Journal, line: str, now: Instant, utc_offset_minutes: int) -> ClockRule | None:
    """Give the rule by which a line may be told the time now; None: not now."""
    rule = rule_of(policy(journal).clocks, now.wall_ms)
    told = journal.record(LineTold, line)
    may = may_tell(rule, now, told.day if told else None, _edges(journal, now), utc_offset_minutes)
    return rule if may else None


def _edges(journal: Journal, now: Instant) -> list[int]:
    span = Span(now.wall_ms - MARGIN_MS, now.wall_ms + MARGIN_MS)
    return [
        edge_ms
        for tariff in journal.records(TariffPrices).values()
        for edge_ms in edges_between(tariff.prices, span)
    ]


def worth_telling(
    journal: Journal, rule: ClockRule, off_s: Mapping[MeterNo, int], now: Instant
) -> list[MeterNo]:
    """Give the meters for which a line is told: off by enough, and not known to ignore it."""
    return [
        meter
        for meter, off in off_s.items()
        if need(rule, off) is Need.TELLING and is_hopeful(journal.record(ClockHabit, meter), now)
    ]


def begin_telling(journal: Journal, line: str, now: Instant, utc_offset_minutes: int) -> bool:
    """Use the line's day up before anything is sent; False: it may not be told any more, as reading its meters took time."""
    if rule_now(journal, line, now, utc_offset_minutes) is None:
        return False
    journal.keep(line, LineTold(local_day(now.wall_ms, utc_offset_minutes)))
    journal.must_commit()
    return True


def note_telling(
    journal: Journal,
    line: str,
    seen: Mapping[MeterNo, Seen],
    others: int,
    at: Instant,
    utc_offset_minutes: int,
    late_ms: int = 0,
) -> None:
    """Take what the meters showed before and after a line was told at an instant, learn from it, and report it.

    `late_ms`: how long the time stood written before it was sent; a meter behind by that obeyed, and nothing is learnt of it.
    """
    where = f"{station(journal).gateway}/{line}"
    detail = (
        f"{BROADCAST} at {shown(at, 0, utc_offset_minutes)}: {len(seen)} meters were off, {others} by less"
    )
    is_late = late_ms > LATE_MS
    if is_late:
        detail += f"; the line was busy, and what was sent was {late_ms / 1000:.1f} s old"
    note(journal, LINE_TOLD, where, detail, at)
    for meter, one in seen.items():
        if one.after_s is None:
            continue
        if not is_late:
            journal.keep(meter, learn(journal.record(ClockHabit, meter), one.before_s, one.after_s, at))
        note_setting(journal, meter, BROADCAST, one, at, utc_offset_minutes)


def note_setting(
    journal: Journal, meter: MeterNo, by: str, seen: Seen, at: Instant, utc_offset_minutes: int
) -> None:
    """Report one meter's setting: who, what it showed at that instant, what it shows now, the difference to ours."""
    after_s = seen.before_s if seen.after_s is None else seen.after_s
    what = CLOCK_SET if followed(seen.before_s, after_s) else CLOCK_NOT_SET
    old, new = (shown(at, off, utc_offset_minutes) for off in (seen.before_s, after_s))
    note(journal, what, meter, f"{by}: {old} ({seen.before_s:+d} s) became {new} ({after_s:+d} s)", at)


def shown(at: Instant, off_s: int, utc_offset_minutes: int) -> str:
    """Write what a calendar that is `off_s` ahead shows at an instant."""
    local_ms = at.wall_ms + utc_offset_minutes * MINUTE_MS + off_s * 1000
    return datetime.fromtimestamp(local_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
