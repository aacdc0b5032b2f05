"""Master against subs: each watt-hour is accounted for; no alarm within what the measurement can't tell (R-B2, R-4.2.3)."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contract.rules import GroupKind, GroupRule
from gateway.domain.loss import (
    MS_PER_HOUR,
    Balance,
    Seen,
    TotalAt,
    Use,
    balance,
    exceeds_fixed_rule,
    frozen_at,
    frozen_total,
    interpolate,
    is_master_below_subs,
    meters_of,
    rule_in_force,
    use_between,
)

SPAN_WH = 1_000_000_000
RULE = GroupRule("b1", GroupKind.BUILDING, "m0", ["m1", "m2"])
EXACT = msgspec.structs.replace(RULE, master_class_ppm=0, sub_class_ppm=0)
energies = st.integers(0, 10_000_000)
skews = st.tuples(st.integers(0, 5_000), st.integers(0, 5_000))
uses = st.builds(Use, energies, st.sampled_from([1, 10, 400]), skews)
rules = st.builds(
    lambda own, fixed: msgspec.structs.replace(RULE, own_use_w=own, fixed_loss_ppm=fixed),
    st.integers(0, 100_000),
    st.integers(0, 100_000),
)


def found(**figures: int) -> Balance:
    return Balance(
        **{
            "master_wh": 0, "subs_wh": 0, "own_use_wh": 0, "technical_wh": 0, "uncertainty_wh": 0, "scatter_wh": 0
        } | figures
    )  # fmt: skip


@given(rules, uses, st.lists(uses, max_size=20), st.integers(1, 100 * MS_PER_HOUR))
def test_master_is_the_sum_of_what_it_is_split_into(
    rule: GroupRule, master: Use, subs: list[Use], duration_ms: int
) -> None:
    made = balance(rule, master, subs, duration_ms)
    parts = made.subs_wh + made.own_use_wh + made.technical_wh + made.unexplained_wh
    assert made.master_wh == master.energy_wh == parts
    assert 0 <= made.scatter_wh <= made.uncertainty_wh


@pytest.mark.parametrize(
    ("rule", "master", "subs", "uncertainty_wh", "scatter_wh"),
    [
        # Steps alone: two standard deviations of a triangular error, 2 * sqrt(step^2 / 6).
        (EXACT, Use(1000, 400), [], 327, 327),
        (EXACT, Use(1000, 10), [Use(500, 10), Use(500, 10)], 15, 15),
        # A skew of 300 Wh at one end: 2 * sqrt(300^2 / 3).
        (EXACT, Use(1000, 0, (300, 0)), [], 347, 347),
        (EXACT, Use(1000, 0, (0, 300)), [], 347, 347),
        # Class 1 of 100 kWh: 2 * sqrt(1000^2 / 3); of two subs, half each: sqrt(2) less.
        (RULE, Use(100_000, 0), [], 1155, 0),
        (RULE, Use(100_000, 0), [Use(50_000, 0), Use(50_000, 0)], 1415, 0),
        (EXACT, Use(0, 0), [], 0, 0),
    ],
)
def test_the_uncertainty_of_known_causes(
    rule: GroupRule, master: Use, subs: list[Use], uncertainty_wh: int, scatter_wh: int
) -> None:
    made = balance(rule, master, subs, MS_PER_HOUR)
    assert (made.uncertainty_wh, made.scatter_wh) == (uncertainty_wh, scatter_wh)


def test_own_use_and_technical_loss_are_taken_off() -> None:
    rule = msgspec.structs.replace(RULE, own_use_w=500, fixed_loss_ppm=20_000)
    made = balance(rule, Use(100_000, 10), [Use(90_000, 10)], 2 * MS_PER_HOUR)
    assert (made.own_use_wh, made.technical_wh, made.loss_wh, made.unexplained_wh) == (
        1_000,
        2_000,
        9_000,
        7_000,
    )


@pytest.mark.parametrize(("duration_ms", "own_use_wh"), [(MS_PER_HOUR // 2, 1), (MS_PER_HOUR // 2 - 1, 0)])
def test_own_use_is_rounded_to_the_nearest_watt_hour(duration_ms: int, own_use_wh: int) -> None:
    rule = msgspec.structs.replace(RULE, own_use_w=1)
    assert balance(rule, Use(0, 0), [], duration_ms).own_use_wh == own_use_wh


@pytest.mark.parametrize(("ppm", "technical_wh"), [(500_000, 1), (499_999, 0), (1_000_000, 1)])
def test_a_share_is_rounded_to_the_nearest_watt_hour(ppm: int, technical_wh: int) -> None:
    rule = msgspec.structs.replace(RULE, fixed_loss_ppm=ppm)
    assert balance(rule, Use(1, 0), [], 1).technical_wh == technical_wh


@given(uses, st.lists(uses, min_size=1, max_size=5))
def test_one_more_meter_is_never_more_certain(master: Use, subs: list[Use]) -> None:
    assert balance(RULE, master, subs, 1).uncertainty_wh >= balance(RULE, master, subs[1:], 1).uncertainty_wh


@pytest.mark.parametrize(
    ("figures", "tolerance_ppm", "loss"),
    [
        ({"master_wh": 100_000, "subs_wh": 94_000, "uncertainty_wh": 1_000}, 50_000, True),
        ({"master_wh": 100_000, "subs_wh": 95_000, "uncertainty_wh": 1_000}, 50_000, False),
        ({"master_wh": 100_000, "subs_wh": 94_999, "uncertainty_wh": 1_000}, 50_000, True),
        ({"master_wh": 100_000, "subs_wh": 94_000, "uncertainty_wh": 6_000}, 50_000, False),
        ({"master_wh": 100_000, "subs_wh": 94_000, "uncertainty_wh": 5_999}, 50_000, True),
        ({"master_wh": 100_000, "subs_wh": 94_000, "technical_wh": 1_500}, 50_000, False),
        ({"master_wh": 100_000, "subs_wh": 94_000, "own_use_wh": 1_500}, 50_000, False),
        ({"master_wh": 0, "subs_wh": 0}, 50_000, False),
    ],
)
def test_the_fixed_rule_speaks_beyond_tolerance_and_uncertainty_only(
    figures: dict[str, int], tolerance_ppm: int, loss: bool
) -> None:
    assert exceeds_fixed_rule(found(**figures), tolerance_ppm) is loss


@pytest.mark.parametrize(
    ("master_wh", "subs_wh", "below"),
    [(180, 2_570, True), (1_000, 1_200, False), (1_000, 1_201, True), (2_000, 1_000, False)],
)
def test_a_master_smaller_than_its_subs_is_a_matter_of_commissioning(
    master_wh: int, subs_wh: int, below: bool
) -> None:
    assert is_master_below_subs(found(master_wh=master_wh, subs_wh=subs_wh, uncertainty_wh=100)) is below


# --- one instant for all meters


@pytest.mark.parametrize(
    ("before", "after", "at_ms", "total"),
    [
        (Seen(0, 100), Seen(1_000, 100), 400, TotalAt(100, 0)),
        (Seen(0, 100), Seen(0, 100), 0, TotalAt(100, 0)),
        # 1 kW for an hour, asked after a quarter: 250 Wh on, and the power may have been anything within 750 Wh.
        (Seen(0, 0), Seen(MS_PER_HOUR, 1_000), MS_PER_HOUR // 4, TotalAt(250, 251)),
        (Seen(0, 0), Seen(10 * MS_PER_HOUR, 10_000), 10 * MS_PER_HOUR // 4, TotalAt(2_500, 2_503)),
        (Seen(0, 0), Seen(MS_PER_HOUR, 1), MS_PER_HOUR // 2, TotalAt(0, 1)),
        # A minute before the later reading at 1 kW: a sixtieth of it, rounded up.
        (Seen(0, 0), Seen(MS_PER_HOUR, 1_000), MS_PER_HOUR - 60_000, TotalAt(983, 17)),
        # 6 kW were seen to flow lately: the same minute may hide 100 Wh.
        (Seen(0, 0), Seen(MS_PER_HOUR, 1_000, power_w=6_000), MS_PER_HOUR - 60_000, TotalAt(983, 100)),
        # ... but never more than the register moved.
        (Seen(0, 0), Seen(MS_PER_HOUR, 50, power_w=6_000), MS_PER_HOUR - 60_000, TotalAt(49, 49)),
    ],
)
@pytest.mark.parametrize(("ms", "wh"), [(0, 0), (7 * MS_PER_HOUR, 50_000)])
def test_interpolation_with_its_error(
    before: Seen, after: Seen, at_ms: int, total: TotalAt, ms: int, wh: int
) -> None:
    """The same wherever the clock and the registers began."""
    before, after = (Seen(seen.at_ms + ms, seen.total_wh + wh, seen.power_w) for seen in (before, after))
    assert interpolate(before, after, at_ms + ms) == TotalAt(total.total_wh + wh, total.skew_wh)


@given(st.integers(0, 10**6), st.integers(0, 10**6), energies, energies, st.integers(0, 10**5))
def test_an_interpolated_total_lies_between_its_neighbours(
    to_at_ms: int, on_ms: int, total_wh: int, grown_wh: int, power_w: int
) -> None:
    before = Seen(0, total_wh, power_w)
    after = Seen(to_at_ms + on_ms, total_wh + grown_wh)
    at = interpolate(before, after, to_at_ms)
    assert before.total_wh <= at.total_wh <= after.total_wh
    assert 0 <= at.skew_wh <= grown_wh


@pytest.mark.parametrize("at_ms", [-1, 11])
def test_an_instant_outside_the_readings_is_refused(at_ms: int) -> None:
    with pytest.raises(ValueError, match="between"):
        interpolate(Seen(0, 0), Seen(10, 5), at_ms)


@pytest.mark.parametrize(
    ("frozen_wh", "register_wh", "span_wh", "total"),
    [
        (1_050, 1_060, SPAN_WH, 5_090),  # frozen 10 Wh ago
        (1_060, 1_060, SPAN_WH, 5_100),
        (960, 1_060, SPAN_WH, 5_000),  # nothing was used since the reading before
        (950, 1_060, SPAN_WH, None),  # an older freeze: the broadcast was not heard
        (1_070, 1_060, SPAN_WH, None),  # younger than the reading that followed it: not ours
        (0, 1_060, SPAN_WH, None),  # no freeze at all
        (SPAN_WH - 20, 30, SPAN_WH, 5_050),  # the register wrapped meanwhile
        (SPAN_WH - 90, 30, SPAN_WH, None),
        (1_050, 1_060, None, 5_090),
    ],
)
def test_a_frozen_register_counts_if_it_lies_between_the_readings_around_it(
    frozen_wh: int, register_wh: int, span_wh: int | None, total: int | None
) -> None:
    assert frozen_total(Seen(0, 5_000), Seen(9, 5_100), frozen_wh, register_wh, span_wh) == total


def test_lines_that_froze_one_after_the_other_are_uncertain_by_power_times_skew() -> None:
    before, after = Seen(0, 0), Seen(MS_PER_HOUR, 3_600)
    assert frozen_at(before, after, 1_800, 0) == TotalAt(1_800, 0)
    assert frozen_at(before, after, 1_800, -500) == TotalAt(1_800, 1)
    assert frozen_at(before, Seen(MS_PER_HOUR, 3_600, 72_000), 1_800, 500) == TotalAt(1_800, 10)
    later_on = Seen(MS_PER_HOUR, 90_000), Seen(2 * MS_PER_HOUR, 93_600)
    assert frozen_at(*later_on, 91_800, 10_000) == TotalAt(91_800, 10)


def test_use_carries_the_errors_of_both_ends() -> None:
    assert use_between(TotalAt(100, 3), TotalAt(150, 4), 10) == Use(50, 10, (3, 4))


# --- topology


def dated(from_ms: int, **changes: Any) -> GroupRule:
    return msgspec.structs.replace(RULE, from_ms=from_ms, **changes)


@pytest.mark.parametrize(("at_ms", "from_ms"), [(99, None), (100, 100), (199, 100), (200, 200), (999, 200)])
def test_the_latest_rule_that_has_begun_is_in_force(at_ms: int, from_ms: int | None) -> None:
    rule = rule_in_force([dated(200), dated(100)], at_ms)
    assert (rule.from_ms if rule else None) == from_ms


def test_a_sub_group_is_counted_by_its_master() -> None:
    floor = GroupRule("f1", GroupKind.FLOOR, "m7", ["m8"])
    rule = dated(0, sub_groups=["f1", "f2"])
    assert meters_of(rule, {"f1": floor}) == ("m1", "m2", "m7")
