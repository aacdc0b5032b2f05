"""Reads balances: one group over any interval, or hour by hour and meter by meter for those who look for causes (R-4.2.3, R-B2).

A page, a report and the other rooms of this app ask here; where the totals come from is `day_rows`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise

from central.campus.meter_groups import groups_of
from central.campus.models import Building
from central.clock import campus_day, start_of_day_ms
from central.domain.group_hours import GroupHours
from central.domain.instant_balance import (
    HOUR_MS,
    TOLERANCE_MS,
    Figures,
    Moment,
    Source,
    break_between,
    figures_of,
    meters_at,
    within,
)
from central.link.models import Gateway
from central.losses.balances.day_rows import by_gateway, days_of, group_meters, moments_of
from gateway.contract.rules import GroupRule
from gateway.domain.loss import balance, use_between
from gateway.domain.loss_calibration import Day


def gateway_of(building: Building) -> str:
    """Give the id of a building's gateway; "" where none is enrolled."""
    return Gateway.objects.filter(building=building).values_list("pk", flat=True).first() or ""


def balance_of(building: Building, group: str, from_ms: int, until_ms: int) -> Figures:
    """Balance a group over an interval: whole days as they are kept, what is left of it from the totals themselves."""
    gateway_id, rules = gateway_of(building), groups_of(building)
    days = whole_days(from_ms, until_ms)
    if not days:
        return _part(gateway_id, rules, group, from_ms, until_ms)
    first_ms, last_ms = start_of_day_ms(days[0]), start_of_day_ms(days[-1] + timedelta(days=1))
    parts = list(days_of(gateway_id, rules, [group], days)[group].values())
    if from_ms < first_ms:
        parts.insert(0, _part(gateway_id, rules, group, from_ms, first_ms))
    if last_ms < until_ms:
        parts.append(_part(gateway_id, rules, group, last_ms, until_ms))
    return joined(parts, from_ms, until_ms)


def by_day(building: Building, groups: Iterable[str], days: Sequence[date]) -> dict[str, dict[date, Figures]]:
    """Balance groups day by day."""
    return days_of(gateway_of(building), groups_of(building), groups, days)


def by_hour(building: Building, group: str, from_ms: int, until_ms: int) -> list[Figures]:
    """Balance a group hour by hour."""
    gateway_id, rules = gateway_of(building), groups_of(building)
    moments = moments_of(gateway_id, from_ms, until_ms, group_meters(rules, [group], from_ms, until_ms))
    starts = range(from_ms, until_ms, HOUR_MS)
    if not moments:
        return [by_gateway(gateway_id, group, at_ms, at_ms + HOUR_MS) for at_ms in starts]
    return [
        figures_of(rules, group, _around(moments, at_ms, at_ms + HOUR_MS), at_ms, at_ms + HOUR_MS)
        for at_ms in starts
    ]


def joined(parts: Iterable[Figures], from_ms: int, until_ms: int) -> Figures:
    """Put the figures of parts together that follow each other."""
    parts = list(parts)
    runs = [run for one in parts for run in one.runs]
    missing: dict[str, int] = {}
    for one in parts:
        for meter, count in one.missing.items():
            missing[meter] = missing.get(meter, 0) + count
    return Figures(
        from_ms,
        until_ms,
        within(runs, from_ms, until_ms),
        tuple(gap for one in parts for gap in one.gaps),
        missing,
        Source.GATEWAY if any(one.runs and one.source is Source.GATEWAY for one in parts) else Source.TOTALS,
        _days_together(one.day for one in parts),
        doubled=tuple(sorted({meter for one in parts for meter in one.doubled})),
    )


def group_hours(building: Building, group: str, from_ms: int, until_ms: int) -> GroupHours:
    """Give a group's hours meter by meter, as attribution takes them. What was not measured at both ends of an hour is None.

    The meters are those of the group at the interval's end; without a rule then, the hours are empty.
    """
    rules = groups_of(building)
    found = meters_at(rules, group, until_ms - 1)
    if found is None:
        return GroupHours(from_ms, (), {})
    rule, meters = found
    moments = moments_of(gateway_of(building), from_ms, until_ms, meters)
    grid = _on_the_hour(moments, from_ms, until_ms)
    hours = list(pairwise(grid))
    used = {meter: [_used(meter, *ends) for ends in hours] for meter in meters}
    steps = {meter: total.step_wh for one in moments[-1:] for meter, total in one.totals.items()}
    return GroupHours(
        from_ms=from_ms,
        master_wh=used[rule.master],
        subs_wh={meter: used[meter] for meter in meters[1:]},
        own_use_wh=[rule.own_use_w] * len(hours),
        scatter_wh=[_scatter_wh(rule, meters, *ends) for ends in hours],
        master_step_wh=steps.get(rule.master, 10),
        sub_step_wh=max((steps.get(meter, 10) for meter in meters[1:]), default=10),
        master_class_ppm=rule.master_class_ppm,
        sub_class_ppm=rule.sub_class_ppm,
    )


def whole_days(from_ms: int, until_ms: int) -> list[date]:
    """Give the campus's days that lie wholly in an interval."""
    first = campus_day(from_ms)
    if start_of_day_ms(first) < from_ms:
        first += timedelta(days=1)
    last = campus_day(until_ms)
    return [first + timedelta(days=n) for n in range((last - first).days)]


def _part(gateway_id: str, rules: Sequence[GroupRule], group: str, from_ms: int, until_ms: int) -> Figures:
    moments = moments_of(gateway_id, from_ms, until_ms, group_meters(rules, [group], from_ms, until_ms))
    if not moments:
        return by_gateway(gateway_id, group, from_ms, until_ms)
    return figures_of(rules, group, moments, from_ms, until_ms)


def _around(moments: Sequence[Moment], from_ms: int, until_ms: int) -> list[Moment]:
    return [one for one in moments if from_ms - TOLERANCE_MS <= one.at_ms <= until_ms + TOLERANCE_MS]


def _on_the_hour(moments: Sequence[Moment], from_ms: int, until_ms: int) -> list[Moment | None]:
    """Give the moment of each full hour of an interval, both ends with it; None where there is none."""
    near: dict[int, Moment] = {}
    for one in moments:
        place = round((one.at_ms - from_ms) / HOUR_MS)
        off_ms = abs(one.at_ms - from_ms - place * HOUR_MS)
        if off_ms <= TOLERANCE_MS and (
            place not in near or off_ms < abs(near[place].at_ms - from_ms - place * HOUR_MS)
        ):
            near[place] = one
    return [near.get(place) for place in range((until_ms - from_ms) // HOUR_MS + 1)]


def _used(meter: str, before: Moment | None, after: Moment | None) -> int | None:
    if before is None or after is None or meter not in before.totals or meter not in after.totals:
        return None
    if break_between(before, after, [meter]):
        return None
    return after.totals[meter].total_wh - before.totals[meter].total_wh


def _scatter_wh(rule: GroupRule, meters: Sequence[str], before: Moment | None, after: Moment | None) -> int:
    """Give the expanded uncertainty that steps and skews bring to an hour, of those meters that were heard."""
    if before is None or after is None:
        return 0
    uses = [
        use_between(before.totals[meter].at, after.totals[meter].at, after.totals[meter].step_wh)
        for meter in meters
        if meter in before.totals and meter in after.totals
    ]
    return balance(rule, uses[0], uses[1:], HOUR_MS).scatter_wh if uses else 0


def _days_together(days: Iterable[Day]) -> Day:
    names = Day.__struct_fields__
    found = list(days)
    return Day(**{name: sum(getattr(day, name) for day in found) for name in names})


def totals_at(building: Building, instants: Iterable[int], meters: Iterable[str]) -> Mapping[int, Moment]:
    """Give the moments of exactly these instants: the rows behind a figure."""
    found: dict[int, Moment] = {}
    wanted = list(meters)
    for at_ms in set(instants):
        for one in moments_of(gateway_of(building), at_ms + TOLERANCE_MS, at_ms - TOLERANCE_MS, wanted):
            found[one.at_ms] = one
    return found
