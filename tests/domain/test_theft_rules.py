"""The penalty of R-4.2.4 by its factors, the estimate beside it, and the electrician's minutes: rules for any numbers."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.domain.theft_clock import MINUTE_MS, clock_of, is_unheard
from central.domain.theft_penalty import days_counted, estimate_of, money_of, penalty_of

DAYS = st.dates(date(2015, 1, 1), date(2035, 1, 1))
WH = st.integers(1, 100_000)
PRICE = st.integers(0, 5_000_000)


@pytest.mark.parametrize(
    ("first", "last", "both", "days"),
    [
        ((2026, 11, 1), (2026, 11, 1), True, 1),
        ((2026, 11, 1), (2026, 11, 1), False, 0),
        ((2026, 11, 1), (2026, 11, 10), True, 10),
        ((2026, 11, 1), (2026, 11, 10), False, 9),
        ((2024, 2, 28), (2024, 3, 1), True, 3),
        ((2026, 11, 10), (2026, 11, 9), True, 0),
    ],
)
def test_r_4_2_4_days_from_the_last_payment_to_the_discovery(first, last, both, days):
    assert days_counted(date(*first), date(*last), both_days=both) == days


def test_r_4_2_4_twenty_kwh_a_day_at_the_price_in_force():
    found = penalty_of(
        date(2026, 11, 1),
        date(2026, 11, 10),
        both_days=True,
        wh_per_day=20_000,
        micro_yuan_per_kwh=558_300,
    )
    assert (found.days, found.energy_wh, found.amount_fen) == (10, 200_000, 11_166)


@given(DAYS, st.integers(0, 4_000), st.booleans(), WH, PRICE)
def test_a_penalty_is_its_days_and_each_day_more_costs_the_same_energy(first, between, both, wh, price):
    def of(days):
        last = first + timedelta(days=days)
        return penalty_of(first, last, both_days=both, wh_per_day=wh, micro_yuan_per_kwh=price)

    one, next_day = of(between), of(between + 1)
    assert (one.days, next_day.energy_wh - one.energy_wh) == (between + both, wh)
    exact = Fraction(one.energy_wh * price, 1000 * 10_000)
    assert abs(one.amount_fen - exact) <= Fraction(1, 2)
    assert next_day.amount_fen >= one.amount_fen >= 0


@given(DAYS, DAYS)
def test_a_later_payment_never_makes_a_penalty_larger(first, last):
    for both in (True, False):
        assert days_counted(first + timedelta(days=1), last, both_days=both) <= days_counted(
            first, last, both_days=both
        )


@given(st.integers(0, 10**9), PRICE)
def test_half_a_fen_goes_up(energy_wh, price):
    exact = Fraction(energy_wh * price, 10_000_000)
    assert Fraction(-1, 2) < money_of(energy_wh, price) - exact <= Fraction(1, 2)


@given(st.integers(1, 60_000), st.integers(0, 5_000), st.integers(1, 5_000), st.integers(198, 236))
def test_the_estimate_holds_what_any_such_load_took(current_ma, least, more, volt):
    found = estimate_of(current_ma, least, least + more)
    assert found is not None
    assert 0 <= found.least_wh <= found.most_wh
    for hours, factor in ((least, Fraction(8, 10)), (least + more, Fraction(1))):
        took = Fraction(current_ma * volt * hours, 1_000) * factor
        assert found.most_wh >= took
        assert hours > least or found.least_wh <= took


def test_without_a_measured_current_nothing_is_estimated():
    assert (estimate_of(0, 1, 2), estimate_of(5_000, 0, 0)) == (None, None)


@given(st.integers(0, 10**12), st.integers(1, 1440), st.integers(0, 10**8))
def test_the_clock_is_late_exactly_beyond_its_minutes(told_ms, minutes, used_ms):
    clock = clock_of(told_ms, minutes, told_ms + used_ms, told_ms + used_ms + 5)
    assert clock.is_late == (used_ms > minutes * MINUTE_MS) == (clock.minutes_late > 0)
    assert (clock.is_running, clock.used_ms) == (False, used_ms)
    running = clock_of(told_ms, minutes, None, told_ms + used_ms)
    assert running.is_running
    assert (running.seconds_left == 0) == (used_ms > minutes * MINUTE_MS - 1000)


def test_the_clock_counts_from_the_notice_and_a_phone_that_is_behind_gains_nothing():
    at = clock_of(1_000_000, 10, 1_000_000 + 10 * MINUTE_MS, 9_999_999)
    assert (at.is_late, at.minutes_late) == (False, 0)
    assert clock_of(1_000_000, 10, 1_000_000 + 10 * MINUTE_MS + 1, 9_999_999).minutes_late == 1
    before = clock_of(1_000_000, 10, 900_000, 2_000_000)
    assert (before.arrived_ms, before.used_ms) == (1_000_000, 0)


def test_a_notice_is_unheard_once_its_minutes_are_over():
    assert not is_unheard(0, 5, None, 5 * MINUTE_MS - 1)
    assert is_unheard(0, 5, None, 5 * MINUTE_MS)
    assert not is_unheard(0, 5, 4 * MINUTE_MS, 9 * MINUTE_MS)
