"""Prices, intervals and buckets: exact under any split, in any order (C-4, C-9)."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.contract.rules import BucketRule, PriceRule
from gateway.domain.buckets import Bucket, balance_of, in_order_of_use, posted, spendable, taken, use_energy
from gateway.domain.ledger import audit_charges, bill_energy
from gateway.domain.tariff import (
    Span,
    cost_nano_yuan,
    edges_between,
    lowest_price,
    lowest_rate_between,
    next_edge_ms,
    price_at,
    segments,
    with_prices,
)

LOW, HIGH = PriceRule("low", "t", 0, 400_000), PriceRule("high", "t", 1_000, 900_100)
PRICES = (LOW, HIGH)
RULES = [
    BucketRule("subsidy", "kwh", 1, False),
    BucketRule("gift", "yuan", 2, False),
    BucketRule("paid", "yuan", 3, True),
]

prices = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 2_000_000)), min_size=1, max_size=6).map(
    lambda rows: with_prices((), [PriceRule(f"p{n}", "t", at, price) for n, (at, price) in enumerate(rows)])
)
amounts = st.integers(0, 3_000_000)


@st.composite
def bucket_lists(draw: st.DrawFn) -> list[Bucket]:
    held = [
        Bucket("subsidy", "kwh", draw(st.integers(0, 5)), draw(st.integers(0, 3_000))),
        Bucket("subsidy", "kwh", 6, draw(st.integers(0, 3_000))),
        Bucket("gift", "yuan", draw(st.integers(0, 5)), draw(amounts)),
        Bucket("paid", "yuan", 0, draw(st.integers(-1_000_000, 3_000_000))),
    ]
    return in_order_of_use(held, RULES)


def test_a_price_holds_from_its_instant_and_the_first_also_before() -> None:
    assert [price_at(PRICES, ms).version for ms in (-5, 0, 999, 1_000)] == ["low", "low", "low", "high"]


def test_of_two_prices_for_one_instant_the_one_learnt_later_holds() -> None:
    corrected = with_prices(PRICES, [PriceRule("fixed", "t", 1_000, 5)])
    assert price_at(corrected, 1_000).version == "fixed"


def test_the_lowest_price_is_what_an_unknown_time_costs() -> None:
    assert lowest_price(PRICES).version == "low"
    assert lowest_rate_between(PRICES, Span(2_000, 3_000)) == HIGH.micro_yuan_per_kwh
    assert lowest_rate_between(PRICES, Span(500, 3_000)) == LOW.micro_yuan_per_kwh


def test_edges_are_inside_and_ahead() -> None:
    assert edges_between(PRICES, Span(0, 2_000)) == [1_000]
    assert edges_between(PRICES, Span(1_000, 2_000)) == []
    assert (next_edge_ms(PRICES, 999), next_edge_ms(PRICES, 1_000)) == (1_000, None)


@given(prices, st.integers(0, 100_000), st.integers(0, 12_000), st.integers(0, 12_000))
def test_the_parts_of_an_interval_are_the_whole(
    known: tuple[PriceRule, ...], energy_wh: int, start: int, length: int
) -> None:
    parts = segments(energy_wh, Span(start, start + length), known)
    assert sum(part.energy_wh for part in parts) == energy_wh
    assert all(part.energy_wh >= 0 for part in parts)
    for part in parts:
        again = segments(part.energy_wh, part.span, known)
        assert sum(one.energy_wh * one.rate for one in again) == (part.energy_wh * part.rate)


@given(st.lists(st.integers(0, 5_000), max_size=20), st.integers(0, 2_000_000), st.integers(0, 999))
def test_money_of_any_split_is_the_money_of_the_whole(parts: list[int], price: int, carried: int) -> None:
    paid, remainder = 0, carried
    for part in parts:
        usage = use_energy([], part, price, remainder, "yuan")
        remainder = usage.carried
        paid -= sum(posting.amount for posting in usage.postings)
    assert paid * 1000 + remainder == sum(parts) * price + carried
    assert 0 <= remainder < 1000


@given(bucket_lists(), st.integers(0, 20_000), prices, st.integers(0, 999), st.integers(0, 9_000))
def test_a_bill_is_exact_and_only_paid_goes_below_zero(
    buckets: list[Bucket], energy_wh: int, known: tuple[PriceRule, ...], carried: int, length: int
) -> None:
    span = Span(500, 500 + length)
    bill = bill_energy(buckets, energy_wh, span, known, carried, "yuan")
    assert audit_charges(bill.charges, energy_wh, carried) == ""
    kwh = sum(b.balance for b in buckets if b.unit == "kwh") - sum(
        b.balance for b in bill.buckets if b.unit == "kwh"
    )
    money = sum(b.balance for b in buckets if b.unit == "yuan") - sum(
        b.balance for b in bill.buckets if b.unit == "yuan"
    )
    if kwh == 0:
        assert money * 1000 + bill.carried == cost_nano_yuan(energy_wh, span, known) + carried
    for before in buckets:
        left = next(
            b.balance for b in bill.buckets if (b.name, b.expires_ms) == (before.name, before.expires_ms)
        )
        assert before.name == "paid" or 0 <= left <= before.balance


@given(bucket_lists(), st.integers(1, 5_000), st.integers(1, 5_000))
def test_using_energy_in_two_steps_is_using_it_in_one(
    buckets: list[Bucket], first_wh: int, second_wh: int
) -> None:
    """In energy and in money as a whole; a rounding may place a micro-yuan in the next bucket."""
    whole = bill_energy(buckets, first_wh + second_wh, Span(0, 0), PRICES, 0, "yuan")
    half = bill_energy(buckets, first_wh, Span(0, 0), PRICES, 0, "yuan")
    both = bill_energy(half.buckets, second_wh, Span(0, 0), PRICES, half.carried, "yuan")
    for unit in ("kwh", "yuan"):
        assert sum(b.balance for b in whole.buckets if b.unit == unit) == sum(
            b.balance for b in both.buckets if b.unit == unit
        )
    assert whole.carried == both.carried


@given(bucket_lists(), st.integers(1, 9_000_000))
def test_taking_back_takes_min_of_asked_and_left(buckets: list[Bucket], asked: int) -> None:
    postings = taken(buckets, "paid", asked)
    left = max(0, balance_of(buckets, "paid"))
    assert -sum(p.amount for p in postings) == min(asked, left)
    assert balance_of(posted(buckets, postings), "paid") == balance_of(buckets, "paid") - min(asked, left)


def test_a_negative_energy_is_a_broken_invariant() -> None:
    bill = bill_energy([], -5, Span(0, 1), PRICES, 0, "yuan")
    assert "negative" in audit_charges(bill.charges, -5, 0)
    assert "add up" in audit_charges(bill.charges, 5, 0)


def test_what_is_spendable_is_told_in_the_accounts_unit() -> None:
    held = [Bucket("subsidy", "kwh", 0, 2_000), Bucket("paid", "yuan", 0, -100_000)]
    assert spendable(held, "yuan", 500_000) == 2 * 500_000 - 100_000
    assert spendable(held, "kwh", 500_000) == 2_000 - 200
