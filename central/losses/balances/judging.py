"""Judge each group's finished days and accounting periods, and open a case where a person must look (R-4.2.3, R-B2).

A day is judged when its gateway has told something from after its end: rows come in order, nothing of it is still to come.
Missed days are caught up with, each is judged once. What says something of wires or meters opens a case of that kind, not of loss.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from central.campus.meter_groups import groups_of
from central.campus.models import Building
from central.clock import campus_day, start_of_day_ms
from central.domain.balance_findings import FindingKind, of_figures, of_topology
from central.domain.instant_balance import Figures
from central.domain.loss_judgement import (
    LOSSES,
    Learnt,
    LossVerdict,
    Usual,
    judge_day,
    judge_period,
    learn,
    ratio_ppm,
)
from central.domain.periods import Period, accounting_period_of, day_before
from central.link.gateway_queries import without_lists
from central.link.models import Alarm
from central.link.telemetry.models import BalanceDay, InstantTotal, LossBalance
from central.losses.balances.following import follow_next
from central.losses.balances.groups import groups_at, room_meters, rooms_of_meters
from central.losses.balances.judgement_models import LossJudgement
from central.losses.balances.queries import balance_of, by_day, gateway_of
from central.losses.case_models import Case, CaseStep
from central.losses.cases import Matter, open_case
from central.papers.accounting import first_days, instants_of
from gateway.contract.quantities import WattHours, kwh_text
from gateway.contract.rules import GroupRule
from gateway.domain.loss import rule_in_force

CATCH_UP_DAYS = 40
LEARNT_FROM_DAYS = 90
PERIODS, PERIODS_SHOWN = 2, 12
"""Finished accounting periods that are still judged."""
LOSS_ALARMS = ("energy-loss", "unusual-loss")
METER_ALARMS = ("master-below-subs", "meter-counts-backwards")
OF_METERS = frozenset(
    {FindingKind.FELL, FindingKind.DOUBLED, FindingKind.OVERLAPPING, FindingKind.MASTER_BELOW_SUBS}
)
OF_LISTS = frozenset({FindingKind.LOOP, FindingKind.COUNTED_TWICE})
"""While these stand, no loss of the building is believed."""


def judge_losses(now_ms: int) -> int:
    """Judge what is due in every building, and take the gateways' alarms; give how many days and periods were judged."""
    judged = 0
    for building in Building.objects.exclude(groups=[]).order_by("code"):
        judged += judge_building(building, now_ms)
    take_alarms(now_ms)
    return judged


def look_at_losses(now_ms: int) -> int:
    """Do a little of what is due, as the sender of notices asks it each minute: one building, and one group's causes at most."""
    take_alarms(now_ms)
    for building in Building.objects.exclude(groups=[]).order_by("code"):
        if judged := judge_building(building, now_ms):
            return judged
    return int(follow_next(now_ms))


def judge_building(building: Building, now_ms: int) -> int:
    """Judge the finished days and periods of one building that weren't."""
    gateway_id, rules = gateway_of(building), groups_of(building)
    told_ms = _told_until_ms(gateway_id)
    if not gateway_id or not rules or told_ms is None:
        return 0
    due = _due_days(building, gateway_id, rules, min(told_ms, now_ms))
    judged = _judge_days(building, rules, due, now_ms) if due else 0
    return judged + _judge_periods(building, rules, min(told_ms, now_ms), now_ms)


@dataclass(frozen=True, slots=True)
class Followed:
    """A group's days with what the calibrated rule says of each, and what it has learnt by now."""

    figures: dict[date, Figures]
    usual: Mapping[date, Usual | None]
    learnt: Learnt


def usual_of(building: Building, rules: Sequence[GroupRule], group: str, last: date) -> Followed:
    """Follow the calibrated rule up to a day; it begins anew where other meters, or another known load, are counted."""
    mine = [rule for rule in rules if rule.group == group]
    days = [last - timedelta(days=n) for n in range(LEARNT_FROM_DAYS - 1, -1, -1)]
    wires = [_wires(rule_in_force(mine, start_of_day_ms(day))) for day in days]
    figures = by_day(building, [group], days)[group]
    learnt = learn([figures[day] for day in days], wires)
    return Followed(figures, dict(zip(days, learnt.days, strict=True)), learnt)


def take_alarms(now_ms: int) -> int:
    """Open a case for each alarm of a gateway about loss or about meters that spoil a balance; each raising once."""
    lately = Alarm.objects.filter(
        what__in=(*LOSS_ALARMS, *METER_ALARMS),
        raised_ms__gte=now_ms - CATCH_UP_DAYS * 86_400_000,
        by_central=False,
    )
    alarms = without_lists(lately.select_related("gateway__building"))
    steps = {f"alarm-{one.pk}-{one.raised_ms}": one for one in alarms}
    known = set(CaseStep.objects.filter(step__in=steps).values_list("step", flat=True))
    for step, alarm in steps.items():
        if step not in known:
            open_case(_of_alarm(alarm), step, actor=None, now_ms=now_ms)
    return len(steps) - len(known)


def _told_until_ms(gateway_id: str) -> int | None:
    """Give the last instant it told, by a clock that is to be trusted: one that runs ahead ends no day too early."""
    told = InstantTotal.objects.filter(gateway=gateway_id, trusted=True)
    instant = told.order_by("-at_ms").values_list("at_ms", flat=True).first()
    row = (
        LossBalance.objects.filter(gateway=gateway_id).order_by("-pk").values_list("to_ms", flat=True).first()
    )
    return max((one for one in (instant, row) if one is not None), default=None)


def _due_days(building: Building, gateway_id: str, rules: Sequence[GroupRule], told_ms: int) -> list[date]:
    last = campus_day(told_ms) - timedelta(days=1)
    days = [last - timedelta(days=n) for n in range(CATCH_UP_DAYS - 1, -1, -1)]
    starts = {start_of_day_ms(day): day for day in days}
    told = BalanceDay.objects.filter(gateway=gateway_id, day_ms__in=starts).values_list("day_ms", flat=True)
    judged = set(
        LossJudgement.objects.filter(
            building=building, kind=LossJudgement.Kind.DAY, from_ms__in=starts
        ).values_list("group", "from_ms")
    )
    return [
        starts[day_ms]
        for day_ms in sorted(told)
        if any((rule.group, day_ms) not in judged for rule in groups_at(rules, day_ms))
    ]


def _judge_days(building: Building, rules: Sequence[GroupRule], due: Sequence[date], now_ms: int) -> int:
    judged = 0
    for group in sorted({rule.group for rule in rules}):
        known = usual_of(building, rules, group, due[-1])
        for day in due:
            from_ms = start_of_day_ms(day)
            rule = rule_in_force((one for one in rules if one.group == group), from_ms)
            if rule is None:
                continue
            figures, usual = known.figures[day], known.usual[day]
            verdict = judge_day(figures, rule, usual)
            judged += _on_record(
                building, rules, rule, LossJudgement.Kind.DAY, figures, verdict, usual, now_ms
            )
    return judged


def _judge_periods(building: Building, rules: Sequence[GroupRule], told_ms: int, now_ms: int) -> int:
    judged = 0
    for period in _finished(told_ms):
        from_ms, until_ms = instants_of(period)
        if not _was_told(building, from_ms, until_ms):
            continue
        known = LossJudgement.objects.filter(
            building=building, kind=LossJudgement.Kind.PERIOD, from_ms=from_ms
        ).values_list("group", flat=True)
        for rule in groups_at(rules, until_ms - 1):
            if rule.group in known or not told_ms >= until_ms:
                continue
            figures = balance_of(building, rule.group, from_ms, until_ms)
            if figures.balance is not None:
                verdict = judge_period(figures)
                judged += _on_record(
                    building, rules, rule, LossJudgement.Kind.PERIOD, figures, verdict, None, now_ms
                )
    return judged


def _was_told(building: Building, from_ms: int, until_ms: int) -> bool:
    days = BalanceDay.objects.filter(gateway=gateway_of(building), day_ms__gte=from_ms, day_ms__lt=until_ms)
    return days.exists()


def _finished(told_ms: int) -> list[Period]:
    """Give the last accounting periods that were over when the gateway spoke last, oldest first."""
    period = accounting_period_of(campus_day(told_ms), first_days)
    found: list[Period] = []
    for _n in range(PERIODS):
        period = accounting_period_of(day_before(period), first_days)
        found.insert(0, period)
    return found


@transaction.atomic
def _on_record(
    building: Building,
    rules: Sequence[GroupRule],
    rule: GroupRule,
    kind: LossJudgement.Kind,
    figures: Figures,
    verdict: LossVerdict,
    usual: Usual | None,
    now_ms: int,
) -> bool:
    """Write the judgement and open its case; False when it was written before."""
    facts = facts_of(rule, figures, verdict, usual)
    _row, made = LossJudgement.objects.get_or_create(
        building=building,
        group=rule.group,
        kind=kind,
        from_ms=figures.from_ms,
        defaults={
            "until_ms": figures.until_ms,
            "verdict": verdict.value,
            "facts": facts,
            "judged_ms": now_ms,
        },
    )
    if not made:
        return False
    matter = _matter(building, rules, rule, kind, figures, verdict, facts)
    if matter is not None:
        step = hashlib.sha256(f"{building.code}/{rule.group}/{kind}/{figures.from_ms}".encode()).hexdigest()[
            :40
        ]
        open_case(matter, f"loss-{step}", actor=None, now_ms=now_ms)
    return True


def facts_of(
    rule: GroupRule, figures: Figures, verdict: LossVerdict, usual: Usual | None
) -> dict[str, int | str]:
    """Give the figures of a judgement by name, as a case keeps them."""
    made, (known, of) = figures.balance, figures.hours
    facts: dict[str, int | str] = {
        "group": rule.group,
        "from_ms": figures.from_ms,
        "until_ms": figures.until_ms,
        "verdict": verdict.value,
        "fixed_loss_ppm": rule.fixed_loss_ppm,
        "tolerance_ppm": rule.tolerance_ppm,
        "known_hours": known,
        "hours": of,
    }
    if made is not None:
        facts |= {
            "master_wh": made.master_wh,
            "subs_wh": made.subs_wh,
            "own_use_wh": made.own_use_wh,
            "technical_wh": made.technical_wh,
            "unexplained_wh": made.unexplained_wh,
            "uncertainty_wh": made.uncertainty_wh,
            "ratio_ppm": ratio_ppm(made) or 0,
        }
    if usual is not None:
        facts |= {
            "usual_wh": usual.expected_wh,
            "usual_band_wh": usual.band_wh,
            "z_milli": usual.z_milli,
        }
    return facts


def _matter(
    building: Building,
    rules: Sequence[GroupRule],
    rule: GroupRule,
    kind: LossJudgement.Kind,
    figures: Figures,
    verdict: LossVerdict,
    facts: Mapping[str, Any],
) -> Matter | None:
    """Say what a case is opened for; None where nobody needs to look."""
    wrong = {one.kind for one in of_figures(figures)} & OF_METERS
    lists = {
        one.kind
        for one in of_topology(rules, room_meters(building, figures.until_ms - 1), figures.until_ms - 1)
    }
    if wrong or (lists & OF_LISTS and verdict in LOSSES):
        said = dict(facts) | {"findings": sorted(wrong | (lists & OF_LISTS))}
        return Matter(
            Case.Kind.METER,
            f"meter:{building.code}:{rule.group}",
            building,
            rule.group,
            text=_text(facts),
            facts=said,
        )
    if verdict not in LOSSES:
        return None
    return Matter(
        Case.Kind.LOSS,
        f"loss:{building.code}:{rule.group}",
        building,
        rule.group,
        text=_text(facts),
        facts={**facts, "kind": kind.value},
    )


def _text(facts: Mapping[str, Any]) -> str:
    """Dates and figures, without a word of a language: `2026-11-18 · 4.10 kWh ± 1.20 kWh · 6.5 % (1.5 %)`."""
    days = f"{campus_day(facts['from_ms'])}"
    if facts["until_ms"] - facts["from_ms"] > 90_000_000:
        days += f" – {campus_day(facts['until_ms'] - 1)}"
    if "unexplained_wh" not in facts:
        return days
    lost, off = (kwh_text(WattHours(facts[name])) for name in ("unexplained_wh", "uncertainty_wh"))
    shares = f"{facts['ratio_ppm'] / 10_000:.2f} % ({facts['fixed_loss_ppm'] / 10_000:.2f} %)"
    return f"{days} · {lost} kWh ± {off} kWh · {shares}"


def _of_alarm(alarm: Alarm) -> Matter:
    assert alarm.gateway is not None, "a gateway's own alarm"
    building = alarm.gateway.building
    is_loss = alarm.what in LOSS_ALARMS
    room = rooms_of_meters(building, [alarm.subject], alarm.raised_ms).get(alarm.subject)
    return Matter(
        Case.Kind.LOSS if is_loss else Case.Kind.METER,
        f"{'loss' if is_loss else 'meter'}:{building.code}:{alarm.subject}",
        building,
        alarm.subject,
        room=room,
        text=alarm.detail,
        facts={"alarm": alarm.what, "subject": alarm.subject, "raised_ms": alarm.raised_ms},
    )


def _wires(rule: GroupRule | None) -> object:
    return rule and (rule.master, sorted(rule.subs), sorted(rule.sub_groups), rule.own_use_w)


def judged_periods(building: Building, group: str) -> list[LossJudgement]:
    """Give a group's accounting periods as they were judged, newest first."""
    rows = LossJudgement.objects.filter(building=building, group=group, kind=LossJudgement.Kind.PERIOD)
    return list(rows.order_by("-from_ms")[:PERIODS_SHOWN])


def judged_of(
    building: Building, groups: Iterable[str], from_ms: int
) -> dict[tuple[str, int], LossJudgement]:
    """Give the days of groups that were judged since an instant, by group and beginning."""
    rows = LossJudgement.objects.filter(
        building=building, group__in=list(groups), kind=LossJudgement.Kind.DAY, from_ms__gte=from_ms
    )
    return {(row.group, row.from_ms): row for row in rows}
