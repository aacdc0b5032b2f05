"""Balances of groups at central: exact, never a loss where nobody measured, cheap by kept days (R-4.2.3, R-B2)."""

import pytest

from central.domain.instant_balance import Break, Source
from central.link.telemetry.models import GroupDay, InstantTotal
from central.losses.balances.fixed_loss import with_ratio
from central.losses.balances.queries import balance_of, by_hour, group_hours
from gateway.contract.facts import LossRow, LossVerdict
from tests.central.balance_steps import (
    DAY_MS,
    FLOOR,
    HOUR_MS,
    MIDNIGHT_MS,
    building,
    rules_set,
    tell,
    tell_hours,
)

pytestmark = pytest.mark.usefixtures("twin")
LOADS = {"m-300": 2_100, "m-301": 1_000, "m-302": 1_000}


def test_a_day_balances_to_the_watt_hour_and_says_how_sure_it_is() -> None:
    rules_set(FLOOR)
    tell_hours(MIDNIGHT_MS, 24, LOADS)
    found = balance_of(building(), "f3", MIDNIGHT_MS, MIDNIGHT_MS + DAY_MS)
    made = found.balance
    assert made is not None
    assert (made.master_wh, made.subs_wh, made.technical_wh, made.unexplained_wh) == (
        50_400,
        48_000,
        756,
        1_644,
    )
    assert made.master_wh == made.subs_wh + made.own_use_wh + made.technical_wh + made.unexplained_wh
    assert found.hours == (24, 24)
    assert len(found.runs) == 1
    assert found.runs[0].frozen == found.runs[0].meters == 3
    assert 600 < made.uncertainty_wh < 800, (
        "class 1 of 50 kWh and of twice 24 kWh, nearly nothing of 24 steps"
    )
    assert made.scatter_wh < 20


def test_a_month_is_its_kept_days_and_rows_that_come_late_make_them_anew(
    django_assert_max_num_queries,
) -> None:
    rules_set(FLOOR)
    ends = tell_hours(MIDNIGHT_MS, 24, LOADS)
    until_ms = MIDNIGHT_MS + 3 * DAY_MS
    first = balance_of(building(), "f3", MIDNIGHT_MS, until_ms)
    assert first.hours == (24, 72)
    tell_hours(MIDNIGHT_MS + DAY_MS + HOUR_MS, 47, LOADS, start_wh={m: ends[m] + LOADS[m] for m in ends})
    found = balance_of(building(), "f3", MIDNIGHT_MS, until_ms)
    assert found.hours == (72, 72)
    assert found.balance is not None
    assert found.balance.unexplained_wh == 3 * 1_644
    InstantTotal.objects.all().delete()
    assert balance_of(building(), "f3", MIDNIGHT_MS, until_ms) == found, "kept"
    assert GroupDay.objects.count() == 3
    rules_set(FLOOR, _dated(MIDNIGHT_MS + 9 * DAY_MS, fixed_loss_ppm=90_000))
    assert balance_of(building(), "f3", MIDNIGHT_MS, until_ms) == found, (
        "a later rule changes no day before it"
    )


def _dated(from_ms: int, **changes: object):
    import msgspec

    return msgspec.structs.replace(FLOOR, from_ms=from_ms, **changes)


def test_a_ratio_that_was_set_for_later_stays_when_one_before_it_is_changed() -> None:
    """15000 now, 30000 from the 20th day, 15000 again from the 30th: each was signed."""
    signed = [(0, 15_000), (10, 15_000), (20, 30_000), (30, 15_000)]
    rules = [_dated(MIDNIGHT_MS + day * DAY_MS, fixed_loss_ppm=ppm) for day, ppm in signed]
    changed = with_ratio(rules, "f3", 18_000, MIDNIGHT_MS + 5 * DAY_MS)
    ratios = sorted(((rule.from_ms - MIDNIGHT_MS) // DAY_MS, rule.fixed_loss_ppm) for rule in changed)
    assert ratios == [(0, 15_000), (5, 18_000), (10, 18_000), (20, 30_000), (30, 15_000)]


def test_a_swapped_meter_is_a_gap_and_no_loss() -> None:
    rules_set(FLOOR)
    ends = tell_hours(MIDNIGHT_MS, 10, LOADS)
    after = {"m-300": ends["m-300"] + 2_100, "m-301": (5_000, 5_000), "m-302": ends["m-302"] + 1_000}
    tell(MIDNIGHT_MS + 11 * HOUR_MS + 2_000, after)
    after = {"m-300": ends["m-300"] + 4_200, "m-301": (6_000, 5_000), "m-302": ends["m-302"] + 2_000}
    tell(MIDNIGHT_MS + 12 * HOUR_MS + 2_000, after)
    found = balance_of(building(), "f3", MIDNIGHT_MS, MIDNIGHT_MS + 12 * HOUR_MS)
    assert found.hours == (11, 12)
    assert [(gap.why, gap.meters) for gap in found.gaps] == [(Break.SWAPPED, ("m-301",))]
    assert found.balance is not None
    assert (found.balance.master_wh, found.balance.subs_wh) == (11 * 2_100, 11 * 2_000)


@pytest.mark.parametrize(
    ("change", "why"), [({"epoch": "e2"}, Break.BEGUN_ANEW), ({"trusted": False}, Break.UNTRUSTED)]
)
def test_totals_of_two_lives_or_of_an_untrusted_clock_are_not_compared(change: dict, why: Break) -> None:
    rules_set(FLOOR)
    tell(MIDNIGHT_MS, dict.fromkeys(LOADS, 1_000))
    tell(MIDNIGHT_MS + HOUR_MS, dict.fromkeys(LOADS, 9_000), **change)
    (hour,) = by_hour(building(), "f3", MIDNIGHT_MS, MIDNIGHT_MS + HOUR_MS)
    assert hour.balance is None
    assert [gap.why for gap in hour.gaps] == [why]


def test_a_sub_that_was_not_heard_at_midnight_costs_the_day_an_hour_and_the_month_nothing() -> None:
    rules_set(FLOOR)
    ends = tell_hours(MIDNIGHT_MS - 5 * HOUR_MS, 4, LOADS)
    later = {meter: total + LOADS[meter] for meter, total in ends.items()}
    tell(MIDNIGHT_MS + 2_000, {meter: total for meter, total in later.items() if meter != "m-302"})
    later = {meter: total + LOADS[meter] for meter, total in later.items()}
    tell_hours(MIDNIGHT_MS + HOUR_MS, 23, LOADS, start_wh=later)
    day = balance_of(building(), "f3", MIDNIGHT_MS, MIDNIGHT_MS + DAY_MS)
    assert day.hours == (23, 24)
    assert day.missing == {"m-302": 1}
    both = balance_of(building(), "f3", MIDNIGHT_MS - DAY_MS, MIDNIGHT_MS + DAY_MS)
    assert both.hours == (29, 48)
    assert both.balance is not None
    assert both.balance.master_wh == 29 * 2_100


def test_an_older_gateways_own_balances_stand_where_there_are_no_totals() -> None:
    rules_set(FLOOR)
    rows = [
        LossRow(
            "f3",
            MIDNIGHT_MS + n * HOUR_MS,
            MIDNIGHT_MS + (n + 1) * HOUR_MS,
            LossVerdict.MEASURED,
            2_100,
            2_000,
            0,
            30,
            70,
            25,
        )
        for n in range(3)
    ]
    judged = LossRow(
        "f3", MIDNIGHT_MS, MIDNIGHT_MS + 3 * HOUR_MS, LossVerdict.BALANCED, 6_300, 6_000, 0, 90, 210, 75
    )
    tell(MIDNIGHT_MS + 3 * HOUR_MS, {}, rows=[*rows, judged])
    found = balance_of(building(), "f3", MIDNIGHT_MS, MIDNIGHT_MS + DAY_MS)
    assert found.source is Source.GATEWAY
    assert found.balance is not None
    assert (found.balance.unexplained_wh, found.balance.uncertainty_wh) == (210, 75), (
        "not told surer than it was"
    )
    assert found.hours == (3, 24)


def test_hours_meter_by_meter_know_what_they_do_not_know() -> None:
    rules_set(FLOOR)
    totals = tell_hours(MIDNIGHT_MS, 3, LOADS)
    tell(MIDNIGHT_MS + 4 * HOUR_MS, {"m-300": totals["m-300"] + 2_100, "m-301": totals["m-301"] + 1_000})
    hours = group_hours(building(), "f3", MIDNIGHT_MS, MIDNIGHT_MS + 5 * HOUR_MS)
    assert hours.master_wh == [2_100, 2_100, 2_100, 2_100, None]
    assert hours.subs_wh == {"m-301": [1_000] * 4 + [None], "m-302": [1_000] * 3 + [None] * 2}
    assert len(hours.scatter_wh) == 5
    assert group_hours(building(), "none", MIDNIGHT_MS, MIDNIGHT_MS + HOUR_MS).subs_wh == {}
