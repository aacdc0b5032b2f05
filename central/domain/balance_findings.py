"""What is wrong with a group's figures before anybody speaks of theft: each thing by name, with its figures. Pure.

Bad input is shown and never counted as a loss. The words, and what to do next, are the page's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median

from central.domain.instant_balance import HOUR_MS, Break, Figures, Source
from gateway.contract.rules import GroupRule
from gateway.domain.loss import is_master_below_subs, rule_in_force

LEAST_NIGHTS = 7
LEAST_NIGHT_MS = 3 * HOUR_MS
LEAST_W = 20
"""A smaller load without a meter is not worth a search."""
STEADY = 0.35
"""Nights, and the days between them, differ from the load by no more than this share of it: then it is a constant one."""
PPM = 1_000_000


class FindingKind(StrEnum):
    """What was found."""

    OVERLAPPING = "overlapping"
    """Two sources tell the same meters at one time."""
    DOUBLED = "doubled"
    """A meter was told twice at one instant, differently."""
    FELL = "fell"
    """A meter's total fell: it counts backwards, or readings overlap."""
    SWAPPED = "swapped"
    BEGUN_ANEW = "begun-anew"
    UNTRUSTED = "untrusted"
    REGROUPED = "regrouped"
    MASTER_BELOW_SUBS = "master-below-subs"
    MISSING_HOURS = "missing-hours"
    LOOP = "loop"
    """Groups refer to each other in a circle."""
    COUNTED_TWICE = "counted-twice"
    """A meter is counted twice behind one master."""
    WITHOUT_GROUP = "without-group"
    """A room's meter is in no group: what it uses looks like loss of the master before it."""
    WITHOUT_ROOM = "without-room"
    """A sub belongs to no room that is known."""
    UNMETERED_LOAD = "unmetered-load"
    """A constant load without a meter; `proposed_w` as the group's own use."""
    GATEWAY_FIGURES = "gateway-figures"
    """An older gateway told balances without the totals behind them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing, with the meters or groups it is about and its figures by name."""

    kind: FindingKind
    meters: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    figures: Mapping[str, int] = field(default_factory=dict)


OF_BREAKS = {
    Break.OVERLAPPING: FindingKind.OVERLAPPING,
    Break.FELL: FindingKind.FELL,
    Break.SWAPPED: FindingKind.SWAPPED,
    Break.BEGUN_ANEW: FindingKind.BEGUN_ANEW,
    Break.UNTRUSTED: FindingKind.UNTRUSTED,
    Break.REGROUPED: FindingKind.REGROUPED,
}


def of_figures(figures: Figures) -> list[Finding]:
    """Say what is wrong with the figures of one group and interval."""
    found = [_of_break(why, figures) for why in OF_BREAKS if any(gap.why is why for gap in figures.gaps)]
    if figures.doubled:
        found.append(Finding(FindingKind.DOUBLED, figures.doubled))
    made = figures.balance
    if made is not None and is_master_below_subs(made):
        found.append(
            Finding(
                FindingKind.MASTER_BELOW_SUBS,
                figures={
                    "master_wh": made.master_wh,
                    "subs_wh": made.subs_wh,
                    "uncertainty_wh": made.uncertainty_wh,
                },
            )
        )
    if figures.unknown_hours:
        known, of = figures.hours
        worst = sorted(figures.missing, key=lambda meter: -figures.missing[meter])
        found.append(Finding(FindingKind.MISSING_HOURS, tuple(worst), figures={"known": known, "of": of}))
    if figures.source is Source.GATEWAY and figures.runs:
        found.append(Finding(FindingKind.GATEWAY_FIGURES))
    return found


def _of_break(why: Break, figures: Figures) -> Finding:
    gaps = [gap for gap in figures.gaps if gap.why is why]
    meters = tuple(dict.fromkeys(meter for gap in gaps for meter in gap.meters))
    return Finding(OF_BREAKS[why], meters, figures={"times": len(gaps), "at_ms": gaps[-1].until_ms})


def of_topology(rules: Sequence[GroupRule], room_meters: Iterable[str], at_ms: int) -> list[Finding]:
    """Say what is wrong with a building's groups as they are at an instant. `room_meters` are those tied to rooms."""
    now = {
        name: rule
        for name in {one.group for one in rules}
        if (rule := rule_in_force((one for one in rules if one.group == name), at_ms))
    }
    if not now:
        return []
    found = []
    if circle := _circle(now):
        return [Finding(FindingKind.LOOP, groups=circle)]
    if twice := sorted({meter for name in now for meter in _counted_twice(name, now)}):
        found.append(Finding(FindingKind.COUNTED_TWICE, tuple(twice)))
    listed = {meter for rule in now.values() for meter in rule.subs}
    masters = {rule.master for rule in now.values()}
    rooms = set(room_meters)
    if left := sorted(rooms - listed - masters):
        found.append(Finding(FindingKind.WITHOUT_GROUP, tuple(left)))
    if strange := sorted(listed - rooms - masters):
        found.append(Finding(FindingKind.WITHOUT_ROOM, tuple(strange)))
    return found


def _circle(now: Mapping[str, GroupRule]) -> tuple[str, ...]:
    """Give the groups that are counted behind themselves."""
    return tuple(sorted(name for name in now if name in _reached(name, now)))


def _reached(name: str, now: Mapping[str, GroupRule]) -> set[str]:
    reached, ahead = set[str](), set(now[name].sub_groups)
    while ahead:
        other = ahead.pop()
        reached.add(other)
        if other in now:
            ahead |= set(now[other].sub_groups) - reached
    return reached


def _counted_twice(name: str, now: Mapping[str, GroupRule]) -> list[str]:
    """Give the meters that stand behind a group's master by two ways: itself and through a sub group, or through two of them."""
    seen: dict[str, int] = {}
    for other in (name, *_reached(name, now)):
        for meter in set(now[other].subs) if other in now else ():
            seen[meter] = seen.get(meter, 0) + 1
    masters = [now[other].master for other in now[name].sub_groups if other in now]
    for meter in set(masters):
        seen[meter] = seen.get(meter, 0) + masters.count(meter)
    return [meter for meter, count in seen.items() if count > 1]


def unmetered_load(rule: GroupRule, days: Iterable[Figures]) -> Finding | None:
    """Find a constant load without a meter: lost at night as much as by day, however much is used (R-4.2.3).

    A technical loss grows with the load, a thief sleeps or doesn't; a lamp, a pump and a router do neither.
    """
    powers = [found for one in days if (found := _powers(rule, one))]
    if len(powers) < LEAST_NIGHTS:
        return None
    nights, rests = [night for night, _rest, _errs in powers], [rest for _night, rest, _errs in powers]
    load_w, error_w = median(nights), median(errs for _night, _rest, errs in powers)
    if load_w < LEAST_W or load_w <= error_w:
        return None
    scatter_w = median(abs(night - load_w) for night in nights)
    if scatter_w > STEADY * load_w or abs(median(rests) - load_w) > STEADY * load_w + error_w:
        return None
    proposed_w = rule.own_use_w + round(load_w)
    return Finding(
        FindingKind.UNMETERED_LOAD,
        figures={
            "load_w": round(load_w),
            "nights": len(powers),
            "own_use_w": rule.own_use_w,
            "proposed_w": proposed_w,
        },
    )


def _powers(rule: GroupRule, one: Figures) -> tuple[float, float, float] | None:
    """Give the unexplained power of a day's night, of its rest, and what the meters' classes bring to the rest, in W."""
    made, night = one.balance, one.night
    rest_ms = one.known_ms - night.measured_ms
    if made is None or night.measured_ms < LEAST_NIGHT_MS or rest_ms < LEAST_NIGHT_MS:
        return None
    share = rule.fixed_loss_ppm / PPM
    night_wh = night.loss_wh - night.master_wh * share
    rest_wh = made.unexplained_wh - night_wh
    error_wh = (made.master_wh - night.master_wh) * rule.master_class_ppm / PPM
    return (
        night_wh * HOUR_MS / night.measured_ms,
        rest_wh * HOUR_MS / rest_ms,
        error_wh * HOUR_MS / rest_ms,
    )
