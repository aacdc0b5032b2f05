"""What the pages of balances show of one group: intervals to choose from, its flow as a picture, its trend, its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from central.campus.models import Building, Room
from central.clock import campus_day, start_of_day_ms
from central.domain.instant_balance import Figures, Moment, Run, meters_at
from central.domain.loss_judgement import LOSSES, LossVerdict, Usual, judge_day
from central.domain.periods import (
    Period,
    accounting_period_of,
    day_before,
    day_period,
    month_period,
    read_period,
)
from central.losses.balances.groups import groups_at, rooms_of_meters
from central.losses.balances.judgement_models import LossJudgement
from central.losses.balances.judging import Followed
from central.losses.balances.queries import totals_at
from central.losses.balances.words import VERDICTS
from central.office.words import Badge, Words, badge_of
from central.papers.accounting import first_days, instants_of
from central.papers.flow_chart import Stream, flow_chart
from central.papers.trend_chart import Step, trend_chart
from gateway.contract.quantities import WattHours, kwh_text
from gateway.contract.rules import GroupRule

TREND_DAYS = 30
STREAMS = 7
"""Subs that the picture names; the others are one stream."""
PPM_PER_PERCENT = 10_000
WHOLE_FROM_WH = 100_000


@dataclass(frozen=True, slots=True)
class SubLine:
    """One sub of a group over an interval. `used_wh` None: not known. Exactly one of `room` and `group` where either is known."""

    meter: str
    used_wh: int | None
    room: Room | None
    group: str
    share_ppm: int | None

    @property
    def name(self) -> str:
        """How people call it."""
        return self.room.full_label if self.room else self.group or self.meter


@dataclass(frozen=True, slots=True)
class DayLine:
    """One day of the trend."""

    name: str
    day: str
    figures: Figures
    usual: Usual | None
    verdict: str
    badge: Badge


def chosen(name: str, now_ms: int) -> Period:
    """Read the interval that an address asks for: the running accounting period unless it says another. Raises NotAPeriod."""
    return read_period(name, first_days) if name else accounting_period_of(campus_day(now_ms), first_days)


def choices(now_ms: int) -> list[tuple[str, Words]]:
    """Give the intervals that a page offers at once, by name."""
    today = campus_day(now_ms)
    running = accounting_period_of(today, first_days)
    return [
        (day_period(today).name, _("Today")),
        (day_period(today - timedelta(days=1)).name, _("Yesterday")),
        (running.name, _("This accounting period")),
        (accounting_period_of(day_before(running), first_days).name, _("Last accounting period")),
        (month_period(today.year, today.month).name, _("This month")),
    ]


def instants_so_far(period: Period, now_ms: int) -> tuple[int, int]:
    """Give a period's instants; of the running one as far as it has come."""
    from_ms, until_ms = instants_of(period)
    return from_ms, max(from_ms, min(until_ms, now_ms))


def percent(ppm: int | None) -> str:
    """Write parts in a million as percent with two decimals."""
    return "–" if ppm is None else f"{ppm / PPM_PER_PERCENT:.2f} %"


def chains(runs: Sequence[Run]) -> list[tuple[int, int]]:
    """Give the stretches without a gap: the instants at their ends are the rows of a figure."""
    found: list[tuple[int, int]] = []
    for run in runs:
        if found and found[-1][1] == run.from_ms:
            found[-1] = (found[-1][0], run.until_ms)
        else:
            found.append((run.from_ms, run.until_ms))
    return found


def ends_of(building: Building, meters: Sequence[str], figures: Figures) -> Mapping[int, Moment]:
    """Give the totals at both ends of each run."""
    instants = {at_ms for run in figures.inside for at_ms in (run.from_ms, run.until_ms)}
    return totals_at(building, instants, meters)


def sub_lines(building: Building, rules: Sequence[GroupRule], group: str, figures: Figures) -> list[SubLine]:
    """Give what each sub used over an interval, the largest first: the sum of its differences over the runs."""
    found = meters_at(rules, group, figures.until_ms - 1)
    if found is None:
        return []
    rule, meters = found
    ends = ends_of(building, meters, figures)
    used = {meter: _used(meter, figures.inside, ends) for meter in meters[1:]}
    rooms = rooms_of_meters(building, meters, figures.until_ms - 1)
    behind = {
        one.master: one.group
        for one in groups_at(rules, figures.until_ms - 1)
        if one.group in rule.sub_groups
    }
    whole = figures.balance.master_wh if figures.balance else 0
    lines = [
        SubLine(
            meter,
            used_wh,
            None if meter in behind else rooms.get(meter),
            behind.get(meter, ""),
            used_wh * 1_000_000 // whole if used_wh is not None and whole > 0 else None,
        )
        for meter, used_wh in used.items()
    ]
    return sorted(lines, key=lambda line: (-(line.used_wh or 0), line.name))


def _used(meter: str, runs: Sequence[Run], ends: Mapping[int, Moment]) -> int | None:
    total, is_known = 0, False
    for run in runs:
        before, after = ends.get(run.from_ms), ends.get(run.until_ms)
        if before is None or after is None or not (meter in before.totals and meter in after.totals):
            continue
        total += after.totals[meter].total_wh - before.totals[meter].total_wh
        is_known = True
    return total if is_known else None


def flow_of(rule: GroupRule, figures: Figures, lines: Sequence[SubLine]) -> SafeString:
    """Draw where the master's energy went."""
    made = figures.balance
    if made is None:
        return SafeString("")
    named = [line for line in lines if line.used_wh][:STREAMS]
    streams = [Stream("subs", line.name, line.used_wh or 0, _kwh(line.used_wh or 0)) for line in named]
    rest = made.subs_wh - sum(line.used_wh or 0 for line in named)
    if rest > 0:
        count = len([line for line in lines if line.used_wh]) - len(named)
        name = _("%(n)s other meters") % {"n": count} if named else _("All subs together")
        streams.append(Stream("subs", name, rest, _kwh(rest)))
    if made.own_use_wh:
        streams.append(Stream("own", _("Known own use"), made.own_use_wh, _kwh(made.own_use_wh)))
    streams.append(Stream("tech", _("Technical loss"), made.technical_wh, _kwh(made.technical_wh)))
    off = f"{_short(made.unexplained_wh)} ± {_kwh(made.uncertainty_wh)}"
    streams.append(Stream("lost", _("Unexplained"), made.unexplained_wh, off))
    description = _("Of %(master)s the subs counted %(subs)s; unexplained %(lost)s.") % {
        "master": _kwh(made.master_wh),
        "subs": _kwh(made.subs_wh),
        "lost": off,
    }
    source = Stream("subs", pgettext("meter", "Master"), made.master_wh, _kwh(made.master_wh))
    return flow_chart("flow", _("Where the energy went"), description, source, streams)


def day_lines(
    rules: Sequence[GroupRule],
    group: str,
    known: Followed,
    judged: Mapping[tuple[str, int], LossJudgement],
) -> list[DayLine]:
    """Give the last days, oldest first: what was judged then, or what would be said now."""
    lines = []
    for day in sorted(known.figures)[-TREND_DAYS:]:
        figures, day_ms = known.figures[day], start_of_day_ms(day)
        found = meters_at(rules, group, day_ms)
        row = judged.get((group, day_ms))
        now = judge_day(figures, found[0], known.usual.get(day)) if found else LossVerdict.NOTHING
        verdict = row.verdict if row else now.value
        lines.append(
            DayLine(
                day_period(day).name,
                f"{day}",
                figures,
                known.usual.get(day),
                verdict,
                badge_of(VERDICTS, verdict),
            )
        )
    return lines


def trend_of(lines: Sequence[DayLine]) -> SafeString:
    """Draw the loss of each day beside the fixed ratio and the usual with its band."""
    steps = []
    for line in lines:
        made, usual = line.figures.balance, line.usual
        hint = f"{line.day}  {_kwh(made.loss_wh) if made else '–'}  {line.badge.word}"
        steps.append(
            Step(
                line.day[5:],
                hint,
                made.loss_wh if made else None,
                made.technical_wh if made else None,
                usual.expected_wh if usual else None,
                usual.band_wh if usual else 0,
                line.verdict in {one.value for one in LOSSES},
            )
        )
    known = [line.figures.balance.loss_wh for line in lines if line.figures.balance]
    description = _("%(days)s days; the loss lay between %(least)s and %(most)s.") % {
        "days": len(known),
        "least": _kwh(min(known, default=0)),
        "most": _kwh(max(known, default=0)),
    }
    return trend_chart("trend", _("Loss day by day"), description, steps, _("kWh lost"), 1000)


def _kwh(energy_wh: int) -> str:
    return f"{_short(energy_wh)} {pgettext('unit', 'kWh')}"


def _short(energy_wh: int) -> str:
    """Write kWh for a picture: whole ones from a hundred on; the exact figures stand beside it."""
    return kwh_text(WattHours(energy_wh)) if abs(energy_wh) < WHOLE_FROM_WH else str(round(energy_wh / 1000))


@dataclass(frozen=True, slots=True)
class MeterRow:
    """One meter at both ends of a stretch."""

    meter: str
    name: str
    is_master: bool
    before_wh: int | None
    after_wh: int | None
    used_wh: int | None
    frozen: bool
    skew_wh: int
    """What the instants make uncertain, both ends together."""


def meter_rows(
    building: Building, meters: Sequence[str], stretch: tuple[int, int] | None, names: Mapping[str, str]
) -> list[MeterRow]:
    """Give a stretch's totals meter by meter, the master first."""
    if stretch is None:
        return []
    moments = totals_at(building, stretch, meters)
    ends = [moments[at_ms].totals if at_ms in moments else {} for at_ms in stretch]
    rows = []
    for place, meter in enumerate(meters):
        before, after = (end.get(meter) for end in ends)
        rows.append(
            MeterRow(
                meter,
                names.get(meter, ""),
                place == 0,
                before.total_wh if before else None,
                after.total_wh if after else None,
                after.total_wh - before.total_wh if before and after else None,
                bool(before and after and before.frozen and after.frozen),
                (before.skew_wh if before else 0) + (after.skew_wh if after else 0),
            )
        )
    return rows
