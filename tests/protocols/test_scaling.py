"""From what a meter shows to integers: exact, times the transformers' ratio, halves to even."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.protocols.driver import Item, Values
from gateway.protocols.scaling import numbers_to_values, thousandths


@pytest.mark.parametrize(
    ("scaled", "decimals", "ratio", "shown"),
    [
        (12345678, 2, 1, 123_456_780),
        (5, 0, 1, 5_000),
        (5, 1, 1, 500),
        (5, 3, 1, 5),
        (5, 3, 40, 200),
        (123456, 4, 1, 12_346),
        (123454, 4, 1, 12_345),
        (25, 4, 1, 2),
        (35, 4, 1, 4),
        (-25, 4, 1, -2),
        (-35, 4, 1, -4),
        (-26, 4, 1, -3),
        (-24, 4, 1, -2),
        (5, 4, 3, 2),
        (49, 5, 1, 0),
        (50, 5, 1, 0),
        (51, 5, 1, 1),
        (150, 5, 1, 2),
        (1_500, 6, 1, 2),
        (2_501, 6, 1, 3),
        (0, 6, 10_000, 0),
    ],
)
def test_a_number_of_so_many_decimals_in_thousandths(
    scaled: int, decimals: int, ratio: int, shown: int
) -> None:
    assert thousandths(scaled, decimals, ratio) == shown
    if ratio == 1:
        assert thousandths(scaled, decimals) == shown


@given(st.integers(-(10**10), 10**10), st.integers(0, 6), st.integers(1, 10_000))
def test_it_is_the_exact_value_rounded_to_even(scaled: int, decimals: int, ratio: int) -> None:
    assert thousandths(scaled, decimals, ratio) == round(Fraction(scaled * ratio * 1000, 10**decimals))


@pytest.mark.parametrize(
    ("item", "values"),
    [
        (Item.ENERGY, Values(energy_wh=-5_000)),
        (Item.REVERSE_ENERGY, Values(reverse_wh=-5_000)),
        (Item.FROZEN_ENERGY, Values(frozen_wh=-5_000)),
        (Item.COVER_OPENINGS, Values(cover_openings=-5)),
        (Item.POWER, Values(power_w=-5_000)),
        (Item.CURRENT, Values(current_ma=7_000)),
        (Item.VOLTAGE, Values(voltage_mv=-5_000)),
        (Item.POWER_FACTOR, Values(power_factor_milli=-5_000)),
        (Item.FREQUENCY, Values(frequency_mhz=-5_000)),
    ],
)
def test_an_items_numbers_have_their_place(item: Item, values: Values) -> None:
    """The first is the total or the first phase; of currents the largest tells, whichever way it flows."""
    assert numbers_to_values(item, [-5_000, -7_000, 6_000]) == values


@pytest.mark.parametrize(
    "item", [Item.RELAY, Item.CLOCK, Item.DATE, Item.TIME, Item.IDENTITY, Item.STATUS_WORDS]
)
def test_words_and_moments_are_no_numbers(item: Item) -> None:
    with pytest.raises(KeyError, match=item.name):
        numbers_to_values(item, [1])
