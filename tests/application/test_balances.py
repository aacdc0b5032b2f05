"""Balances of master and subs in the gateway's books: marks survive, commissioning first, alarms are states (R-B2, R-4.2.3)."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.application.alarms import standing_alarms
from gateway.application.balance import Found, take_balances
from gateway.application.group_readings import (
    TRY_AGAIN_MS,
    Frozen,
    Register,
    found_at,
    may_freeze,
    note_freeze,
)
from gateway.contract.facts import Alarm, CommandOutcome, Instant, LossBalances, LossRow, LossVerdict
from gateway.contract.rules import GroupKind, GroupRule, PolicyRule
from gateway.domain.freeze_moment import Took
from gateway.domain.loss import TotalAt
from gateway.domain.loss_calibration import LEAST_DAYS
from gateway.domain.reading import MeterState
from tests.application.site import HOUR_MS, Site

GROUP = GroupRule("g-1", GroupKind.BUILDING, "m0", ["m1", "m2"], tolerance_ppm=50_000)
MASTER_STEP_WH = 10


class Balanced:
    """A site with one group whose meters' totals the test sets."""

    def __init__(self, *groups: GroupRule, path: Path | str = ":memory:", **policy: Any) -> None:
        self.site = Site(path)
        self.policy = PolicyRule(new_account_grace_s=0, **policy)
        self.configure(*(groups or (GROUP,)))
        self.totals = {"m0": 0, "m1": 0, "m2": 0, "m7": 0}
        self.found: dict[str, Found] = {}

    def configure(self, *groups: GroupRule) -> None:
        taken = self.site.configure(policy=self.policy, groups=list(groups))
        assert taken.result.outcome is CommandOutcome.APPLIED, taken.result

    def use(self, **energies: int) -> list[LossRow]:
        """Let an hour pass in which the meters count these energies, and balance."""
        for meter, energy_wh in energies.items():
            self.totals[meter] += energy_wh
        return self.balance()

    def balance(self, hours: float = 1, **instead: Found | None) -> list[LossRow]:
        self.site.wait(int(hours * HOUR_MS))
        found = {
            meter: Found(TotalAt(total), offset_wh=0, step_wh=MASTER_STEP_WH)
            for meter, total in self.totals.items()
        }
        found |= {meter: one for meter, one in instead.items() if one is not None}
        for meter, one in instead.items():
            if one is None:
                del found[meter]
        return self.site.do(lambda journal, now: take_balances(journal, found, now))

    def day(self, **energies: int) -> list[LossRow]:
        """A day of 24 equal hours; give what the last one told."""
        rows: list[LossRow] = []
        for _ in range(24):
            rows = self.use(**energies)
        return rows

    def standing(self) -> set[tuple[str, str]]:
        return {(alarm.what, alarm.subject) for alarm in self.site.ask(standing_alarms)}

    def told(self) -> list[LossRow]:
        return [row for fact in self.site.facts(LossBalances) for row in fact.rows]


def test_the_first_instant_is_a_mark_and_the_second_a_balance() -> None:
    one = Balanced()
    assert one.use(m0=500) == []
    (row,) = one.use(m0=1_000, m1=600, m2=350)
    assert (row.group, row.verdict, row.rule, row.meters, row.missing) == (
        "g-1",
        LossVerdict.MEASURED,
        "fixed",
        3,
        [],
    )
    assert (row.master_wh, row.subs_wh, row.unexplained_wh) == (1_000, 950, 50)
    assert row.to_ms - row.from_ms == HOUR_MS
    assert one.told() == [row]


def test_the_totals_are_told_once_each_from_the_first_instant_on_and_none_that_is_in_doubt() -> None:
    floor = GroupRule("g-2", GroupKind.FLOOR, "m1", ["m2"])
    one = Balanced(GROUP, floor)
    one.use(m0=500, m1=30)
    one.balance(m2=Found(None, backwards=True))
    first, second = one.site.facts(LossBalances)
    assert [list(total.__struct_fields__) for total in first.totals[:1]] == [
        ["meter", "total_wh", "offset_wh", "step_wh", "skew_wh", "frozen"]
    ]
    assert {total.meter: total.total_wh for total in first.totals} == {"m0": 500, "m1": 30, "m2": 0}
    assert first.rows == []
    assert [total.meter for total in second.totals] == ["m0", "m1"]


def test_a_day_is_judged_and_an_honest_one_raises_nothing() -> None:
    one = Balanced()
    one.balance()
    rows = one.day(m0=1_000, m1=500, m2=480)
    assert [row.verdict for row in rows] == [LossVerdict.MEASURED, LossVerdict.BALANCED]
    assert (rows[1].master_wh, rows[1].to_ms - rows[1].from_ms) == (24_000, 24 * HOUR_MS)
    assert one.standing() == set()


def test_an_alarm_carries_interval_energy_and_uncertainty_and_is_one_while_it_stands() -> None:
    one = Balanced()
    one.balance()
    for _ in range(3):
        rows = one.day(m0=1_000, m1=500, m2=400)
    assert rows[1].verdict is LossVerdict.LOSS
    assert one.standing() == {("energy-loss", "g-1")}
    raised = [alarm for alarm in one.site.facts(Alarm) if alarm.raised]
    assert len(raised) == 1
    assert raised[0].detail.endswith(": 2.40 kWh of 24.00 kWh are missing, uncertainty 0.33 kWh"), raised[
        0
    ].detail
    assert "UTC to 20" in raised[0].detail
    one.day(m0=1_000, m1=500, m2=490)
    assert one.standing() == set()


def test_nothing_is_raised_within_the_uncertainty() -> None:
    coarse = msgspec.structs.replace(GROUP, master_class_ppm=100_000)
    one = Balanced(coarse)
    one.balance()
    one.day(m0=1_000, m1=500, m2=400)
    assert one.standing() == set()


def test_own_use_fixed_loss_and_a_dated_rule_explain_energy() -> None:
    fixed = msgspec.structs.replace(GROUP, own_use_w=60, fixed_loss_ppm=20_000)
    one = Balanced(fixed)
    one.balance()
    rows = one.day(m0=1_000, m1=500, m2=400)
    assert one.standing() == set()
    assert (rows[1].own_use_wh, rows[1].technical_wh, rows[1].unexplained_wh) == (1_440, 480, 480)
    later = msgspec.structs.replace(
        fixed, from_ms=one.site.wall_ms + 10 * HOUR_MS, fixed_loss_ppm=0, tolerance_ppm=30_000
    )
    one.configure(fixed, later)
    rows = one.day(m0=1_000, m1=500, m2=400)
    assert rows[1].technical_wh == 0
    assert one.standing() == {("energy-loss", "g-1")}


# --- commissioning first


def test_a_master_below_its_subs_is_said_and_no_loss_is_judged() -> None:
    one = Balanced()
    one.balance()
    (row,) = one.use(m0=180, m1=1_500, m2=1_070)
    assert row.verdict is LossVerdict.MASTER_BELOW_SUBS
    assert one.standing() == {("master-below-subs", "g-1")}
    rows = one.day(m0=180, m1=1_500, m2=1_070)
    assert [row.verdict for row in rows] == [LossVerdict.MASTER_BELOW_SUBS]
    assert len([alarm for alarm in one.site.facts(Alarm) if alarm.raised]) == 1
    for _ in range(2):
        one.day(m0=3_000, m1=1_500, m2=1_450)
    assert one.standing() == set()


def test_a_sub_that_counts_backwards_is_said_and_no_loss_is_judged() -> None:
    one = Balanced()
    one.balance()
    one.totals["m0"] += 5_000
    (row,) = one.balance(30, m1=Found(None, backwards=True))
    assert (row.verdict, row.missing) == (LossVerdict.SUB_BACKWARDS, ["m1"])
    assert one.standing() == {("meter-counts-backwards", "m1")}
    one.balance()
    assert one.standing() == {("energy-loss", "g-1")}
    """Only now, with all meters, was the day judged."""


# --- what is missing


@pytest.mark.parametrize("lost", [None, Found(None)])
def test_without_a_meter_nothing_moves_and_the_next_balance_covers_the_time(lost: Found | None) -> None:
    one = Balanced()
    one.balance()
    one.totals |= {"m0": 1_000, "m2": 400}
    (row,) = one.balance(m1=lost)
    assert (row.verdict, row.missing, row.master_wh) == (LossVerdict.INCOMPLETE, ["m1"], 0)
    (row,) = one.use(m0=1_000, m1=1_000, m2=500)
    assert (row.master_wh, row.subs_wh, row.to_ms - row.from_ms) == (2_000, 1_900, 2 * HOUR_MS)


def test_a_meter_that_was_swapped_begins_a_new_period() -> None:
    one = Balanced()
    one.balance()
    one.totals |= {"m0": 1_000, "m1": 0, "m2": 400}
    swapped = Found(TotalAt(0), offset_wh=77)
    (row,) = one.balance(m1=swapped)
    assert (row.verdict, row.missing) == (LossVerdict.INCOMPLETE, ["m1"])
    one.totals |= {"m0": 2_000, "m2": 900}
    (row,) = one.balance(m1=Found(TotalAt(480), offset_wh=77))
    assert (row.verdict, row.master_wh, row.subs_wh) == (LossVerdict.MEASURED, 1_000, 980)


def test_marks_survive_a_restart(tmp_path: Path) -> None:
    one = Balanced(path=tmp_path / "journal.db")
    one.balance()
    one.use(m0=1_000, m1=600, m2=350)
    one.site.reopen()
    (row,) = one.use(m0=1_000, m1=600, m2=390)
    assert (row.master_wh, row.subs_wh, row.to_ms - row.from_ms) == (1_000, 990, HOUR_MS)


def test_a_restart_without_a_trusted_clock_begins_a_new_period() -> None:
    one = Balanced()
    one.balance()
    one.site.trusted = False
    one.site.restart_clock()
    (row,) = one.use(m0=1_000, m1=600, m2=350)
    assert (row.verdict, row.missing) == (LossVerdict.INCOMPLETE, [])
    (row,) = one.use(m0=1_000, m1=600, m2=390)
    assert (row.verdict, row.master_wh) == (LossVerdict.MEASURED, 1_000)


# --- calibrated


def test_half_a_percent_is_unusual_where_the_fixed_rule_is_blind() -> None:
    one = Balanced()
    one.balance()
    for number in range(LEAST_DAYS + 5):
        load = 50_000 + 5_000 * (number % 3)
        rows = one.day(m0=load, m1=load // 2, m2=load * 97 // 200)
    assert [row.rule for row in rows] == ["fixed", "fixed", "calibrated"]
    calibrated = rows[2]
    assert calibrated.verdict is LossVerdict.BALANCED
    whole = calibrated.subs_wh + calibrated.own_use_wh + calibrated.technical_wh + calibrated.unexplained_wh
    assert calibrated.master_wh == whole
    for _ in range(3):
        rows = one.day(m0=50_250, m1=25_000, m2=24_250)
    assert one.standing() == {("unusual-loss", "g-1")}
    assert rows[2].verdict is LossVerdict.LOSS
    assert rows[2].z_milli is not None
    assert rows[2].z_milli > 3_600
    assert 5_000 < rows[2].unexplained_wh < 7_000
    (raised,) = [alarm for alarm in one.site.facts(Alarm) if alarm.raised]
    assert "periods:" in raised.detail
    assert "kWh more than usual are missing, uncertainty" in raised.detail


# --- topology


def test_a_floor_is_counted_by_its_master_in_the_building() -> None:
    floor = GroupRule("f-1", GroupKind.FLOOR, "m7", ["m2"])
    building = msgspec.structs.replace(GROUP, subs=["m1"], sub_groups=["f-1"])
    one = Balanced(building, floor)
    one.balance()
    rows = {row.group: row for row in one.use(m0=1_000, m1=300, m2=580, m7=600)}
    assert (rows["g-1"].subs_wh, rows["f-1"].master_wh, rows["f-1"].subs_wh) == (900, 600, 580)


def test_other_wires_begin_anew_and_a_group_that_is_gone_leaves_no_alarm() -> None:
    one = Balanced()
    one.balance()
    one.day(m0=1_000, m1=500, m2=400)
    assert one.standing() == {("energy-loss", "g-1")}
    one.configure(msgspec.structs.replace(GROUP, tolerance_ppm=60_000))
    assert one.use(m0=10, m1=5, m2=5) != []
    one.configure(msgspec.structs.replace(GROUP, subs=["m1"]))
    assert one.use(m0=10, m1=5) == []
    assert one.standing() == set()
    one.use(m0=10_000)
    one.configure(GroupRule("g-2", GroupKind.RISER, "m1", ["m2"]))
    assert one.balance() == []
    assert one.standing() == set()


@pytest.mark.parametrize(
    ("groups", "mistake"),
    [
        ([GroupRule("g 1", GroupKind.FLOOR, "m0", ["m1"])], "group g 1"),
        ([GroupRule("g", GroupKind.FLOOR, "m0", ["m0"])], "a meter is listed twice"),
        ([GroupRule("g", GroupKind.FLOOR, "m0", ["m1", "m1"])], "a meter is listed twice"),
        ([GroupRule("g", GroupKind.FLOOR, "m0", [])], "nothing is counted behind the master"),
        ([GroupRule("g", GroupKind.FLOOR, "m0", [], ["h"])], "there is no group h"),
        ([GroupRule("g", GroupKind.FLOOR, "m0", ["m1"], own_use_w=-1)], "below zero"),
        (
            [GroupRule("g", GroupKind.FLOOR, "m0", [], ["h"]), GroupRule("h", GroupKind.FLOOR, "m1", [], ["g"])],
            "group g is counted behind itself",
        ),
    ],
)  # fmt: skip
def test_a_topology_that_can_not_be_balanced_is_refused(groups: list[GroupRule], mistake: str) -> None:
    site = Site()
    taken = site.configure(groups=groups)
    assert taken.result.outcome is CommandOutcome.REFUSED
    assert mistake in taken.result.detail


# --- readings around the instant


def at(ms: int) -> Instant:
    return Instant("b", 1_000_000 + ms, 0, False)


def state(ms: int, total_wh: int, register_wh: int, **changes: Any) -> MeterState:
    return msgspec.structs.replace(MeterState("m", register_wh, total_wh, at(ms)), **changes)


REGISTER = Register("m", 1_000_000_000, 10)


def test_a_meter_is_frozen_if_it_can_and_interpolated_if_not() -> None:
    before, after = state(-60_000, 1_000, 51_000), state(60_000, 1_100, 51_100)
    by_hand = found_at(REGISTER, before, after, at(0), None)
    assert (by_hand.total, by_hand.frozen) == (TotalAt(1_050, 50), False)
    frozen = found_at(REGISTER, before, after, at(0), Frozen(51_040, at(0), Took.THIS))
    assert (frozen.total, frozen.frozen) == (TotalAt(1_040, 0), True)
    no_moment = found_at(REGISTER, before, after, at(0), Frozen(51_040, at(0)))
    assert (no_moment.total, no_moment.frozen) == (TotalAt(1_040, 10), True)
    others = found_at(REGISTER, before, after, at(0), Frozen(51_040, at(0), Took.OTHER))
    assert (others.total, others.frozen) == (by_hand.total, False)
    assert by_hand.offset_wh == frozen.offset_wh
    stale = found_at(REGISTER, before, after, at(0), Frozen(50_000, at(0)))
    assert (stale.total, stale.frozen) == (by_hand.total, False)


@pytest.mark.parametrize(
    ("before", "after", "backwards"),
    [
        (None, state(5, 10, 10), False),
        (state(-5, 0, 0), None, False),
        (state(-5, 0, 0), state(5, 0, 0, doubt="replaced", bad_readings=4), False),
        (state(-5, 0, 0), state(5, 0, 0, doubt="backwards", bad_readings=4), True),
        (state(-5, 0, 0, at=Instant("other", 1, 0, False)), state(5, 0, 0), False),
    ],
)
def test_a_meter_without_readings_around_the_instant_is_not_found(
    before: MeterState | None, after: MeterState | None, backwards: bool
) -> None:
    assert found_at(REGISTER, before, after, at(0), None) == Found(None, backwards=backwards)


def test_who_freezes_is_learnt_and_asked_again_after_a_month(site: Site) -> None:
    def learn(matched: bool, refused: bool = False) -> bool:
        site.do(lambda journal, now: note_freeze(journal, "m1", matched, refused, now))
        return site.do(lambda journal, now: may_freeze(journal, "m1", now))

    assert site.do(lambda journal, now: may_freeze(journal, "m1", now))
    assert [learn(False), learn(False), learn(True), learn(False), learn(False), learn(False)] == [
        True, True, True, True, True, False,
    ]  # fmt: skip
    site.wait(TRY_AGAIN_MS)
    assert site.do(lambda journal, now: may_freeze(journal, "m1", now))
    assert learn(True)
    assert not learn(False, refused=True)
