"""Days of a group, made once of a gateway's totals and kept, so that months are cheap; made anew when later rows or rules come.

A day's row is good while it was made of the newest version of the day's rows (`BalanceDay`, moved by ingest) and by the same rules;
once its rows lie in the archive it counts as it is.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

import msgspec

from central.clock import start_of_day_ms
from central.domain.instant_balance import (
    TOLERANCE_MS,
    Figures,
    Moment,
    Run,
    Source,
    Total,
    day_of,
    figures_of,
    meters_at,
    nearest,
    within,
)
from central.ledger.monthly_tables import month_at
from central.link.telemetry.archived import archived_months
from central.link.telemetry.models import BalanceDay, GroupDay, InstantTotal, LossBalance
from gateway.contract.facts import LossVerdict
from gateway.contract.rules import GroupRule
from gateway.domain.loss import Balance

DAY_MS = 86_400_000
LOOK_BACK_MS = 7 * DAY_MS
"""So far back the last whole moment is looked for where midnight's is not."""
BALANCE_KINDS = ("loss-balance", "instant-total")
INTERVALS = (LossVerdict.MEASURED, LossVerdict.MASTER_BELOW_SUBS)
"""Rows of a gateway that are one interval each; the others judge a period of several, or have no figures."""


def moments_of(
    gateway_id: str, from_ms: int, until_ms: int, meters: Iterable[str] | None = None
) -> list[Moment]:
    """Give the moments that stand for an interval and its ends, oldest first."""
    found = InstantTotal.objects.filter(
        gateway=gateway_id, at_ms__gte=from_ms - TOLERANCE_MS, at_ms__lte=until_ms + TOLERANCE_MS
    )
    if meters is not None:
        found = found.filter(meter__in=set(meters))
    columns = ("at_ms", "epoch", "trusted", "meter", "total_wh", "offset_wh", "step_wh", "skew_wh", "frozen")
    told: dict[tuple[int, str, bool], dict[str, Total]] = {}
    doubled: dict[tuple[int, str, bool], set[str]] = {}
    for at_ms, epoch, trusted, meter, *rest in found.order_by("at_ms", "pk").values_list(*columns).iterator():
        key, total = (at_ms, epoch, trusted), Total(*rest)
        if told.setdefault(key, {}).setdefault(meter, total) != total:
            doubled.setdefault(key, set()).add(meter)
    return [_moment(key, totals, doubled.get(key, set())) for key, totals in told.items()]


def _moment(key: tuple[int, str, bool], totals: Mapping[str, Total], doubled: set[str]) -> Moment:
    """What was told twice, and differently, is not known."""
    sure = {meter: total for meter, total in totals.items() if meter not in doubled} if doubled else totals
    return Moment(*key, sure, frozenset(doubled))


def days_of(
    gateway_id: str, rules: Sequence[GroupRule], groups: Iterable[str], days: Sequence[date]
) -> dict[str, dict[date, Figures]]:
    """Give the figures of groups by day, from what is kept where that is good."""
    groups = list(groups)
    starts = {day: start_of_day_ms(day) for day in days}
    versions = dict(
        BalanceDay.objects.filter(gateway=gateway_id, day_ms__in=starts.values()).values_list(
            "day_ms", "version"
        )
    )
    kept = _kept(gateway_id, groups, list(starts.values()))
    found: dict[str, dict[date, Figures]] = {group: {} for group in groups}
    made: list[GroupDay] = []
    gone = archived_months(BALANCE_KINDS)
    for day, day_ms in starts.items():
        until_ms = start_of_day_ms(day + timedelta(days=1))
        digest = _digest(rules, until_ms)
        mark = (versions.get(day_ms, 0), digest)
        is_gone = month_at(day_ms) in gone
        stale = [group for group in groups if not _is_good(kept.get((group, day_ms)), mark, is_gone)]
        fresh = _made(gateway_id, rules, stale, day_ms, until_ms, mark[0])
        made += [_row(gateway_id, group, day_ms, mark, one) for group, one in fresh.items()]
        for group in groups:
            found[group][day] = fresh.get(group) or msgspec.convert(kept[group, day_ms][2], Figures)
    _keep(made)
    return found


def rows_of_gateway(gateway_id: str, group: str, from_ms: int, until_ms: int) -> tuple[Run, ...]:
    """Give what an older gateway told without totals; its classes count as one with all else, so that it is never too sure."""
    rows = LossBalance.objects.filter(
        gateway=gateway_id,
        group=group,
        verdict__in=[one.value for one in INTERVALS],
        to_ms__gt=from_ms,
        to_ms__lte=until_ms + TOLERANCE_MS,
    )
    return tuple(
        Run(
            row.from_ms,
            row.to_ms,
            Balance(row.master_wh, row.subs_wh, row.own_use_wh, row.technical_wh, row.uncertainty_wh, 0),
            row.frozen,
            row.meters,
        )
        for row in rows.order_by("to_ms")
    )


def group_meters(rules: Sequence[GroupRule], groups: Iterable[str], from_ms: int, until_ms: int) -> set[str]:
    """Give every meter that groups count at any time of an interval."""
    instants = {from_ms, until_ms, *(rule.from_ms for rule in rules if from_ms < rule.from_ms < until_ms)}
    found = (meters_at(rules, group, at_ms) for group in groups for at_ms in instants)
    return {meter for one in found if one for meter in one[1]}


def _made(
    gateway_id: str,
    rules: Sequence[GroupRule],
    groups: Sequence[str],
    from_ms: int,
    until_ms: int,
    version: int,
) -> dict[str, Figures]:
    if not groups:
        return {}
    if version == 0:
        return {group: by_gateway(gateway_id, group, from_ms, until_ms) for group in groups}
    meters = group_meters(rules, groups, from_ms - LOOK_BACK_MS, until_ms)
    moments = moments_of(gateway_id, from_ms, until_ms, meters)
    if not moments:
        return {group: by_gateway(gateway_id, group, from_ms, until_ms) for group in groups}
    if not all(_begins_whole(rules, group, moments, from_ms) for group in groups):
        moments = moments_of(gateway_id, from_ms - LOOK_BACK_MS, until_ms, meters)
    return {group: figures_of(rules, group, moments, from_ms, until_ms) for group in groups}


def by_gateway(gateway_id: str, group: str, from_ms: int, until_ms: int) -> Figures:
    """Give an interval's figures from the gateway's own balances."""
    runs = rows_of_gateway(gateway_id, group, from_ms, until_ms)
    day = day_of(within(runs, from_ms, until_ms))
    return Figures(from_ms, until_ms, runs, source=Source.GATEWAY, day=day)


def _begins_whole(rules: Sequence[GroupRule], group: str, moments: Sequence[Moment], from_ms: int) -> bool:
    found = meters_at(rules, group, from_ms)
    begins = nearest(moments, from_ms)
    return found is None or (begins is not None and all(meter in begins.totals for meter in found[1]))


def _is_good(
    kept: tuple[int, str, Mapping[str, object]] | None, mark: tuple[int, str], is_gone: bool
) -> bool:
    """A kept day of which the rows lie in the archive stays as it is: nothing newer could be made of what is left."""
    return kept is not None and (is_gone or kept[:2] == mark)


def _kept(
    gateway_id: str, groups: Sequence[str], days_ms: Sequence[int]
) -> dict[tuple[str, int], tuple[int, str, Mapping[str, object]]]:
    rows = GroupDay.objects.filter(gateway=gateway_id, day_ms__in=days_ms)
    if len(groups) == 1:
        rows = rows.filter(group=groups[0])
    columns = rows.values_list("group", "day_ms", "version", "rules", "figures")
    return {(group, day_ms): (version, digest, made) for group, day_ms, version, digest, made in columns}


def _digest(rules: Sequence[GroupRule], until_ms: int) -> str:
    begun = sorted(
        (rule for rule in rules if rule.from_ms < until_ms), key=lambda one: (one.group, one.from_ms)
    )
    return hashlib.sha256(msgspec.json.encode(begun)).hexdigest()[:16]


def _row(gateway_id: str, group: str, day_ms: int, mark: tuple[int, str], made: Figures) -> GroupDay:
    return GroupDay(
        gateway=gateway_id,
        group=group,
        day_ms=day_ms,
        version=mark[0],
        rules=mark[1],
        figures=msgspec.to_builtins(made),
    )


def _keep(made: Sequence[GroupDay]) -> None:
    GroupDay.objects.bulk_create(
        made,
        update_conflicts=True,
        unique_fields=["gateway", "group", "day_ms"],
        update_fields=["version", "rules", "figures"],
    )
