"""Which of a gateway's alarms, standing for how long, mean a failed module (R-4.3.3b). Pure: alarms in, matters out.

A meter that is silent while its line's neighbours answer is a failed module. A line on which most are silent is one matter, the
line's; a building that is silent altogether is one, its concentrator's. A powerless building fills nobody's list with modules.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

HOUR_MS: Final = 3_600_000


class Sign(StrEnum):
    """What a fault was seen by."""

    SILENT = "silent"
    FAILING = "failing"
    """It fails far more often than the others of its line."""
    REGISTER = "register"
    """It counts wrong, backwards or not at all."""
    CLOCK = "clock"
    RELAY = "relay"
    COVER = "cover"
    WIRING = "wiring"
    ADDRESS = "address"
    """It was found at no address, or two answer at one."""
    LINE_DEAD = "line-dead"
    BUILDING_DEAD = "building-dead"


class Scope(StrEnum):
    """How far a matter reaches."""

    MODULE = "module"
    LINE = "line"
    CONCENTRATOR = "concentrator"


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """What an alarm is a sign of once it has stood for `after_ms`."""

    sign: Sign
    after_ms: int


ALARM_RULES: Final[Mapping[str, AlarmRule]] = {
    "meter-silent": AlarmRule(Sign.SILENT, 2 * HOUR_MS),
    "meter-failing": AlarmRule(Sign.FAILING, 6 * HOUR_MS),
    "meter-in-doubt": AlarmRule(Sign.REGISTER, HOUR_MS),
    "still-with-current": AlarmRule(Sign.REGISTER, HOUR_MS),
    "meter-counts-backwards": AlarmRule(Sign.REGISTER, 2 * HOUR_MS),
    "period-register-differs": AlarmRule(Sign.REGISTER, 24 * HOUR_MS),
    "meter-clock-off": AlarmRule(Sign.CLOCK, 24 * HOUR_MS),
    "meter-clock-not-set": AlarmRule(Sign.CLOCK, 24 * HOUR_MS),
    "relay-contradicted": AlarmRule(Sign.RELAY, HOUR_MS),
    "relay-refused": AlarmRule(Sign.RELAY, HOUR_MS),
    "cover-opened": AlarmRule(Sign.COVER, 0),
    "voltage-lost": AlarmRule(Sign.WIRING, 2 * HOUR_MS),
    "reverse-flow": AlarmRule(Sign.WIRING, 2 * HOUR_MS),
    "reverse-energy": AlarmRule(Sign.WIRING, 24 * HOUR_MS),
    "address-twice": AlarmRule(Sign.ADDRESS, HOUR_MS),
    "address-open": AlarmRule(Sign.ADDRESS, HOUR_MS),
    "meter-unusable": AlarmRule(Sign.ADDRESS, HOUR_MS),
}
"""By the gateways' own names of alarms (docs/messages.md), whose subject is a meter. What they tell of a load, of money or of
themselves is no module's fault. `meter-missing` is the list's: no module of that number hangs on a line."""
LINE_GONE: Final = "line-gone"
"""Its subject is `gateway/line`."""
SILENT_ALARM: Final = "meter-silent"
LINE_AFTER_MS: Final = HOUR_MS
"""A line or a concentrator that is gone so long is a fault: somebody may only have drawn a plug."""
LEAST_SILENT: Final = 2
"""One silent meter never makes a dead line where others hang on it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An alarm that stands. `key` is unique for each time it rises."""

    key: str
    what: str
    subject: str
    raised_ms: int


@dataclass(frozen=True, slots=True)
class BuildingNow:
    """What is known of a building. `lines`: each line's meters; where none are known, all are taken as on one line."""

    gateway: str
    lines: Mapping[str, Collection[str]]
    heard_ms: int | None
    """When its gateway was heard last; None: never."""
    silent_after_ms: int
    excused: Collection[str] = frozenset()
    """Meters with planned work on them: locked out, under software control, under a work order."""


@dataclass(frozen=True, slots=True)
class Matter:
    """One fault to be opened: of a meter's number, of a line's name or of a gateway; by which alarms, since when."""

    scope: Scope
    subject: str
    sign: Sign
    since_ms: int
    alarms: tuple[str, ...] = ()
    """Their keys, the oldest first."""


def judge(building: BuildingNow, standing: Iterable[Standing], now_ms: int) -> list[Matter]:
    """Give a building's matters, each subject once. While its gateway is not heard, its alarms say nothing about now.

    Meters at work say nothing of their line either; a line, and a building, of which all are at work opens nothing.
    """
    alarms = sorted(standing, key=lambda one: (one.raised_ms, one.key))
    if building.heard_ms is None:
        return []
    lines = _not_at_work(building)
    if building.lines and not lines:
        return []
    if now_ms - building.heard_ms >= building.silent_after_ms:
        quiet = now_ms - building.heard_ms >= max(building.silent_after_ms, LINE_AFTER_MS)
        gone = Matter(Scope.CONCENTRATOR, building.gateway, Sign.BUILDING_DEAD, building.heard_ms)
        return [gone] if quiet else []
    off = building.lines.keys() - lines.keys()
    silent = {one.subject: one for one in alarms if one.what == SILENT_ALARM}
    dead = {name: since for name, meters in lines.items() if (since := _dead_since(meters, silent))}
    gone_lines = {
        name: one
        for one in alarms
        if one.what == LINE_GONE and (name := one.subject.rpartition("/")[2]) not in off
    }
    every = {name for name, meters in lines.items() if meters}
    is_all_dead = not off and len(every) > 1 and every <= dead.keys() | gone_lines.keys()
    if is_all_dead:
        return _of_building(
            building, [*dead.values(), *(one.raised_ms for one in gone_lines.values())], now_ms
        )
    covered = {meter for name in (*dead, *gone_lines) for meter in lines.get(name, ())}
    return [
        *_of_lines(dead, gone_lines, now_ms),
        *_of_modules(alarms, covered, building.excused, now_ms),
    ]


def _not_at_work(building: BuildingNow) -> dict[str, list[str]]:
    """Give each line's meters that are to be judged; a line of which all are at work is left out."""
    judged = {
        name: [one for one in its if one not in building.excused] for name, its in building.lines.items()
    }
    return {name: its for name, its in judged.items() if its or not building.lines[name]}


def _dead_since(meters: Collection[str], silent: Mapping[str, Standing]) -> int:
    """Give since when a line is dead: when the one fell silent with which most were; 0 while it isn't."""
    quiet = sorted(silent[meter].raised_ms for meter in meters if meter in silent)
    most = max(LEAST_SILENT, len(meters) // 2 + 1)
    return max(quiet[most - 1], 1) if len(quiet) >= most else 0


def _of_building(building: BuildingNow, since: Sequence[int], now_ms: int) -> list[Matter]:
    began_ms = max(since)
    if now_ms - began_ms < LINE_AFTER_MS:
        return []
    return [Matter(Scope.CONCENTRATOR, building.gateway, Sign.BUILDING_DEAD, began_ms)]


def _of_lines(dead: Mapping[str, int], gone: Mapping[str, Standing], now_ms: int) -> list[Matter]:
    found = []
    for name in sorted({*dead, *gone}):
        began_ms = min(
            one for one in (dead.get(name), gone[name].raised_ms if name in gone else None) if one is not None
        )
        keys = (gone[name].key,) if name in gone else ()
        if now_ms - began_ms >= LINE_AFTER_MS:
            found.append(Matter(Scope.LINE, name, Sign.LINE_DEAD, began_ms, keys))
    return found


def _of_modules(
    alarms: Iterable[Standing], covered: Collection[str], excused: Collection[str], now_ms: int
) -> list[Matter]:
    """Give each meter's matter; its oldest alarm says the sign. A dead line's meters say nothing of themselves."""
    ripe: dict[str, list[Standing]] = defaultdict(list)
    for one in alarms:
        rule = ALARM_RULES.get(one.what)
        if rule is None or one.subject in excused or one.subject in covered:
            continue
        if now_ms - one.raised_ms >= rule.after_ms:
            ripe[one.subject].append(one)
    return [
        Matter(
            Scope.MODULE,
            meter,
            ALARM_RULES[its[0].what].sign,
            its[0].raised_ms,
            tuple(one.key for one in its),
        )
        for meter, its in ripe.items()
    ]
