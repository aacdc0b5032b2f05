"""How long credit lasts: whole days at the average of measured days, and nothing where nothing can be said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.domain.days_left import MOST_DAYS_SHOWN, days_left, energy_left_wh

USED = st.lists(st.one_of(st.none(), st.integers(0, 50_000)), max_size=10)


@pytest.mark.parametrize(
    ("left_wh", "used", "days"),
    [
        (10_000, [1_000, 1_000, 1_000], 10),
        (10_000, [1_000, None, 1_000, None, 1_000], 10),
        (10_999, [1_000] * 7, 10),
        (0, [1_000] * 7, 0),
        (-500, [1_000] * 7, 0),
        (10_000, [1_000, 1_000], None),
        (10_000, [0, 0, 0], None),
        (10_000, [0, 0, 3_000], 10),
        (None, [1_000] * 7, None),
        (10**12, [1, 0, 0], MOST_DAYS_SHOWN),
    ],
)
def test_days(left_wh: int | None, used: list[int | None], days: int | None) -> None:
    assert days_left(left_wh, used) == days


@given(st.integers(-(10**9), 10**9), USED)
def test_it_lasts_that_long_and_not_a_day_longer(left_wh: int, used: list[int | None]) -> None:
    days = days_left(left_wh, used)
    measured = [one for one in used if one is not None]
    if days is None:
        assert len(measured) < 3 or not sum(measured)
    elif 0 < days < MOST_DAYS_SHOWN:
        assert days * sum(measured) <= left_wh * len(measured) < (days + 1) * sum(measured)


def test_yuan_are_counted_at_the_price_and_kwh_as_they_are() -> None:
    assert energy_left_wh([(5_580_000, "yuan"), (500, "kwh")], 558_000) == 10_500
    assert energy_left_wh([(5_580_000, "yuan")], None) is None
    assert energy_left_wh([(700, "kwh")], None) == 700
    assert energy_left_wh([], 558_000) == 0
