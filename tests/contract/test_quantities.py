"""Money and energy: exact in, exact out, and no remainder lost however a month is split."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contract.quantities import (
    NotAnAmount,
    charge,
    energy_for,
    fen_from_yuan,
    kwh_text,
    micro_yuan_from_fen,
    micro_yuan_from_yuan,
    price_from_yuan_per_kwh,
    wh_from_kwh,
    yuan_text,
)

ENERGIES = st.integers(-(10**9), 10**9)
PRICES = st.integers(0, 10_000_000)
REMAINDERS = st.integers(0, 999)


@given(ENERGIES, PRICES, REMAINDERS)
def test_a_charge_loses_nothing(energy: int, price: int, carried: int) -> None:
    money, remainder = charge(energy, price, carried)
    assert 0 <= remainder < 1000
    assert money * 1000 + remainder == energy * price + carried


@given(st.lists(ENERGIES, max_size=50), PRICES, REMAINDERS)
def test_any_split_of_a_months_energy_is_the_same_money(parts: list[int], price: int, carried: int) -> None:
    total, remainder = 0, carried
    for part in parts:
        money, remainder = charge(part, price, remainder)
        total += money
    assert (total, remainder) == charge(sum(parts), price, carried)


@given(st.lists(st.tuples(ENERGIES, PRICES), max_size=50))
def test_over_changing_prices_the_money_is_the_true_sum_rounded_once(parts: list[tuple[int, int]]) -> None:
    total, remainder = 0, 0
    for energy, price in parts:
        money, remainder = charge(energy, price, remainder)
        total += money
    exact = sum(Fraction(energy * price, 1000) for energy, price in parts)
    assert total + Fraction(remainder, 1000) == exact


@given(st.integers(0, 10**12), st.integers(1, 10_000_000))
def test_what_money_buys_never_costs_more_than_it(money: int, price: int) -> None:
    energy = energy_for(money, price)
    assert charge(energy, price, 0)[0] <= money
    assert energy * price <= money * 1000 < (energy + 1) * price


@pytest.mark.parametrize("price", [0, -1])
def test_a_price_of_nothing_buys_nothing(price: int) -> None:
    with pytest.raises(ValueError, match="above zero"):
        energy_for(1, price)


def test_the_published_example_is_exact() -> None:
    """0.5583 yuan per kWh has four decimals; ten thousand single watt-hours cost what 10 kWh cost."""
    price = price_from_yuan_per_kwh("0.5583")
    total, remainder = 0, 0
    for _ in range(10_000):
        money, remainder = charge(1, price, remainder)
        total += money
    assert (total, remainder) == (micro_yuan_from_yuan("5.583"), 0)


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (wh_from_kwh, "123456.78", 123_456_780),
        (wh_from_kwh, "0.001", 1),
        (wh_from_kwh, "-1.5", -1_500),
        (micro_yuan_from_yuan, "12.345678", 12_345_678),
        (fen_from_yuan, "30", 3_000),
        (fen_from_yuan, "0.01", 1),
        (price_from_yuan_per_kwh, "0.5583", 558_300),
        (price_from_yuan_per_kwh, "1", 1_000_000),
    ],
)
def test_text_is_read_exactly(read: object, text: str, value: int) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (wh_from_kwh, "0.0001"),
        (micro_yuan_from_yuan, "0.0000001"),
        (fen_from_yuan, "0.001"),
        (price_from_yuan_per_kwh, "0.55831"),
        *(
            (fen_from_yuan, text)
            for text in ("", "1,000", "NaN", "Infinity", "-Infinity", "12 34", "0x10", "１２元", "yuan")
        ),
    ],
)
def test_what_is_no_exact_amount_is_refused(read: object, text: str) -> None:
    with pytest.raises(NotAnAmount):
        read(text)


@given(st.integers(-(10**12), 10**12))
def test_text_and_back(amount: int) -> None:
    assert (
        wh_from_kwh(f"{Fraction(amount, 1000).numerator * 1000 // Fraction(amount, 1000).denominator}e-3")
        == amount
    )
    assert micro_yuan_from_fen(fen_from_yuan(yuan_text(micro_yuan_from_fen(amount)))) == micro_yuan_from_fen(
        amount
    )


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0.00"),
        (5_000, "0.01"),
        (4_999, "0.00"),
        (-4_999, "0.00"),
        (-5_000, "-0.01"),
        (-3_050_000, "-3.05"),
        (12_345_678_900, "12345.68"),
    ],
)
def test_money_is_shown_rounded_half_away_from_zero(amount: int, text: str) -> None:
    assert yuan_text(amount) == text


@pytest.mark.parametrize(
    ("energy", "text"),
    [(0, "0.00"), (5, "0.01"), (4, "0.00"), (-4, "0.00"), (-5, "-0.01"), (123_456, "123.46")],
)
def test_energy_is_shown_rounded_half_away_from_zero(energy: int, text: str) -> None:
    assert kwh_text(energy) == text
