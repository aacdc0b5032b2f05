"""Balance every group of the configuration at one instant: marks, rows for central, alarms about loss (R-B2, R-4.2.3).

    totals at the instant -> (backwards? missing? swapped?) -> interval row -> period: commissioning, fixed rule, calibrated rule

One transaction. A balance that lacks a meter moves no mark: the next one covers its interval, too. Knows no wire and no wait.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from gateway.application.alarms import clear_alarm, raise_alarm
from gateway.application.control_state import is_faulty
from gateway.application.decide import policy
from gateway.application.groups import (
    COUNTS_BACKWARDS,
    ENERGY_LOSS,
    MASTER_BELOW_SUBS,
    UNUSUAL_LOSS,
    begin_anew,
    groups_in_force,
    same_wires,
)
from gateway.application.loss_records import GroupState, Mark, MeterMark
from gateway.application.ports import Journal
from gateway.contract.facts import Instant, LossBalances, LossRow, LossVerdict, MeterTotal
from gateway.contract.identifiers import MeterNo
from gateway.contract.quantities import WattHours, kwh_text
from gateway.contract.rules import GroupRule
from gateway.domain.instants import elapsed_ms, wall_of
from gateway.domain.loss import (
    Balance,
    TotalAt,
    balance,
    exceeds_fixed_rule,
    is_master_below_subs,
    meters_of,
    use_between,
)
from gateway.domain.loss_calibration import Day, Stray, fit, stray, with_day, with_interval


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of one meter at the balance's instant. `total` None: not heard in time, or its story is in doubt."""

    total: TotalAt | None
    offset_wh: int = 0
    step_wh: int = 10
    frozen: bool = False
    backwards: bool = False


NOT_FOUND = Found(None)


def take_balances(journal: Journal, found: Mapping[MeterNo, Found], at: Instant) -> list[LossRow]:
    """Balance every group at an instant, report the rows in one fact, and keep the alarms true.

    What a meter under software control counts is no measure: it is missing, and its total is not told (R-4.3.5).
    """
    found = {meter: one for meter, one in found.items() if not is_faulty(journal, meter)}
    rules = groups_in_force(journal, at)
    rows: list[LossRow] = []
    meters: dict[MeterNo, None] = {}
    for rule in rules.values():
        subs = meters_of(rule, rules)
        meters |= dict.fromkeys((rule.master, *map(MeterNo, subs)))
        rows += _Balancing(journal, rule, subs, found, at).rows()
    totals = [told for meter in meters if (told := _told(meter, found.get(meter, NOT_FOUND))) is not None]
    if rows or totals:
        journal.append_fact(LossBalances(at, rows, totals))
    return rows


def _told(meter: MeterNo, one: Found) -> MeterTotal | None:
    if one.total is None:
        return None
    return MeterTotal(meter, one.total.total_wh, one.offset_wh, one.step_wh, one.total.skew_wh, one.frozen)


class _Balancing:
    """One group at one instant."""

    def __init__(
        self,
        journal: Journal,
        rule: GroupRule,
        subs: Sequence[str],
        found: Mapping[MeterNo, Found],
        at: Instant,
    ) -> None:
        self._journal = journal
        self._rule = rule
        self._subs = [MeterNo(sub) for sub in subs]
        self._meters = [rule.master, *self._subs]
        self._found = {meter: found.get(meter, NOT_FOUND) for meter in self._meters}
        self._at = at
        known = journal.record(GroupState, rule.group)
        if known is not None and not same_wires(known.rule, rule):
            begin_anew(journal, rule.group, at)
            known = None
        self._state = known or GroupState(rule)

    def rows(self) -> list[LossRow]:
        """Balance, and give what is to be told."""
        backwards = self._note_backwards()
        missing = [meter for meter in self._meters if self._found[meter].total is None]
        if self._state.last is None:
            if not missing:
                self._start()
            return []
        if missing:
            verdict = LossVerdict.SUB_BACKWARDS if backwards else LossVerdict.INCOMPLETE
            return [self._row(self._state.last, verdict, missing=backwards or missing)]
        swapped = self._swapped(self._state.last)
        if swapped or elapsed_ms(self._state.last.at, self._at) is None:
            row = self._row(self._state.last, LossVerdict.INCOMPLETE, missing=swapped)
            self._start()
            return [row]
        return self._balance(self._state.last, self._state.period or self._state.last)

    def _note_backwards(self) -> list[MeterNo]:
        backwards = [meter for meter in self._meters if self._found[meter].backwards]
        for meter in self._meters:
            if meter in backwards:
                detail = "its register counts backwards: check its wires before any loss is judged"
                raise_alarm(self._journal, COUNTS_BACKWARDS, meter, detail, self._at)
            elif self._found[meter].total is not None:
                clear_alarm(self._journal, COUNTS_BACKWARDS, meter, self._at)
        return backwards

    def _swapped(self, mark: Mark) -> list[MeterNo]:
        """Meters whose totals don't go on from the mark."""
        return [
            meter
            for meter in self._meters
            if meter not in mark.meters or mark.meters[meter].offset_wh != self._found[meter].offset_wh
        ]

    def _mark(self) -> Mark:
        marks = {}
        for meter, one in self._found.items():
            assert one.total is not None, "a mark has every meter"
            marks[meter] = MeterMark(one.total.total_wh, one.total.skew_wh, one.offset_wh)
        return Mark(self._at, marks)

    def _start(self) -> None:
        mark = self._mark()
        self._keep(last=mark, period=mark, day=Day())

    def _keep(self, **changes: object) -> None:
        self._state = msgspec.structs.replace(self._state, rule=self._rule, **changes)
        self._journal.keep(self._rule.group, self._state)

    def _since(self, mark: Mark) -> tuple[Balance, int]:
        """The group's balance since a mark, and how long that was."""
        mine = self._mark().meters
        uses = [
            use_between(mark.meters[meter].total, mine[meter].total, self._found[meter].step_wh)
            for meter in self._meters
        ]
        duration_ms = max(1, elapsed_ms(mark.at, self._at) or 0)
        return balance(self._rule, uses[0], uses[1:], duration_ms), duration_ms

    def _balance(self, last: Mark, period: Mark) -> list[LossRow]:
        interval, duration_ms = self._since(last)
        whole, whole_ms = self._since(period)
        day = with_interval(self._state.day, interval.master_wh, interval.loss_wh, duration_ms)
        below = self._check_master(whole)
        verdict = LossVerdict.MASTER_BELOW_SUBS if below else LossVerdict.MEASURED
        rows = [self._row(last, verdict, interval)]
        self._keep(last=self._mark(), day=day)
        limits = policy(self._journal)
        if whole_ms + limits.balance_every_s * 500 < limits.loss_judged_every_s * 1000:
            return rows
        if not below:
            scattered = msgspec.structs.replace(day, scatter=whole.scatter_wh / 2000)
            rows += [self._judge_fixed(period, whole), *self._judge_calibrated(period, whole, scattered)]
        self._keep(period=self._state.last, day=Day())
        return rows

    def _check_master(self, whole: Balance) -> bool:
        """Commissioning comes first: a master below its subs says nothing about theft."""
        below = is_master_below_subs(whole)
        if below:
            detail = (
                f"the master counted {_kwh(whole.master_wh)} kWh, its subs {_kwh(whole.subs_wh)} kWh: "
                "check the list of subs, the phases and the transformer ratio"
            )
            raise_alarm(self._journal, MASTER_BELOW_SUBS, self._rule.group, detail, self._at)
            for what in (ENERGY_LOSS, UNUSUAL_LOSS):
                clear_alarm(self._journal, what, self._rule.group, self._at)
        else:
            clear_alarm(self._journal, MASTER_BELOW_SUBS, self._rule.group, self._at)
        return below

    def _judge_fixed(self, period: Mark, whole: Balance) -> LossRow:
        lost = exceeds_fixed_rule(whole, self._rule.tolerance_ppm)
        detail = (
            f"{self._span(period)}: {_kwh(whole.unexplained_wh)} kWh of {_kwh(whole.master_wh)} kWh are missing, "
            f"uncertainty {_kwh(whole.uncertainty_wh)} kWh"
        )
        self._tell(ENERGY_LOSS, lost, detail)
        return self._row(period, LossVerdict.LOSS if lost else LossVerdict.BALANCED, whole)

    def _judge_calibrated(self, period: Mark, whole: Balance, day: Day) -> list[LossRow]:
        usual = fit(self._state.calibration.quiet)
        calibration, found = with_day(self._state.calibration, day)
        self._keep(calibration=calibration)
        if usual is None or found is None:
            return []
        today = stray(usual, [day])
        self._tell(UNUSUAL_LOSS, calibration.alarmed, self._unusual(found))
        verdict = LossVerdict.LOSS if calibration.alarmed else LossVerdict.BALANCED
        row = self._row(period, verdict, whole)
        return [
            msgspec.structs.replace(
                row,
                technical_wh=whole.loss_wh - today.stray_wh,
                unexplained_wh=today.stray_wh,
                uncertainty_wh=today.uncertainty_wh,
                rule="calibrated",
                z_milli=round(found.z * 1000),
            )
        ]

    def _unusual(self, found: Stray) -> str:
        return (
            f"to {_utc(self._at.wall_ms)}, {found.days} periods: {_kwh(found.stray_wh)} kWh more than usual are missing, "
            f"uncertainty {_kwh(found.uncertainty_wh)} kWh, z {found.z:.1f}"
        )

    def _tell(self, what: str, stands: bool, detail: str) -> None:
        if stands:
            raise_alarm(self._journal, what, self._rule.group, detail, self._at)
        else:
            clear_alarm(self._journal, what, self._rule.group, self._at)

    def _span(self, mark: Mark) -> str:
        return f"{_utc(self._wall_ms(mark))} to {_utc(self._at.wall_ms)}"

    def _wall_ms(self, mark: Mark) -> int:
        known_ms = wall_of(mark.at, self._at)
        return mark.at.wall_ms if known_ms is None else known_ms

    def _row(
        self,
        mark: Mark,
        verdict: LossVerdict,
        made: Balance | None = None,
        missing: Sequence[MeterNo] = (),
    ) -> LossRow:
        row = LossRow(
            self._rule.group,
            self._wall_ms(mark),
            self._at.wall_ms,
            verdict,
            frozen=sum(one.frozen for one in self._found.values()),
            meters=len(self._meters),
            missing=list(missing),
        )
        if made is None:
            return row
        return msgspec.structs.replace(
            row,
            master_wh=made.master_wh,
            subs_wh=made.subs_wh,
            own_use_wh=made.own_use_wh,
            technical_wh=made.technical_wh,
            unexplained_wh=made.unexplained_wh,
            uncertainty_wh=made.uncertainty_wh,
        )


def _kwh(energy_wh: int) -> str:
    return kwh_text(WattHours(energy_wh))


def _utc(wall_ms: int) -> str:
    return datetime.fromtimestamp(wall_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
