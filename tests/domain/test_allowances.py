"""A dated bucket's last day: what lapses, what rolls over, and until when (C-4, R-B1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contract.rules import BucketRule
from gateway.domain.allowances import lapse
from gateway.domain.buckets import Bucket, balance_of, posted
from tests.domain.test_calendar import ms

NOVEMBER, DECEMBER, JANUARY = (ms(f"{month}-01T00:00:00") for month in ("2026-11", "2026-12", "2027-01"))


def subsidy(most: int = 0, until_ms: int = 0) -> BucketRule:
    return BucketRule("subsidy", "kwh", 1, False, most, until_ms)


@pytest.mark.parametrize(
    ("rule", "left", "after"),
    [
        (subsidy(), 9_000, {}),
        (subsidy(5_000), 9_000, {DECEMBER: 5_000}),
        (subsidy(5_000), 3_000, {DECEMBER: 3_000}),
        (subsidy(1), 3_000, {DECEMBER: 1}),
        (subsidy(5_000, NOVEMBER), 3_000, {}),
        (subsidy(5_000, NOVEMBER + 1), 3_000, {NOVEMBER + 1: 3_000}),
        (subsidy(5_000, JANUARY), 3_000, {DECEMBER: 3_000}),
    ],
)
def test_what_is_left_lapses_or_rolls_over(rule: BucketRule, left: int, after: dict[int, int]) -> None:
    held = [Bucket("subsidy", "kwh", NOVEMBER, left)]
    assert lapse(held, [rule], NOVEMBER - 1) == ()
    left_then = {b.expires_ms: b.balance for b in posted(held, lapse(held, [rule], NOVEMBER)) if b.balance}
    assert left_then == after


def test_a_bucket_of_one_lapses_and_an_empty_one_leaves_no_trace() -> None:
    assert lapse([Bucket("subsidy", "kwh", NOVEMBER, 0)], [subsidy(5_000)], NOVEMBER) == ()
    assert [p.amount for p in lapse([Bucket("subsidy", "kwh", NOVEMBER, 1)], [], NOVEMBER)] == [-1]


def test_it_joins_the_next_months_allowance_and_rolls_again_with_it() -> None:
    held = [Bucket("subsidy", "kwh", NOVEMBER, 2_000), Bucket("subsidy", "kwh", DECEMBER, 8_000)]
    held = posted(held, lapse(held, [subsidy(5_000)], NOVEMBER))
    assert balance_of(held, "subsidy") == 10_000
    held = posted(held, lapse(held, [subsidy(5_000)], DECEMBER))
    assert {b.expires_ms: b.balance for b in held if b.balance} == {JANUARY: 5_000}


def test_a_bucket_without_a_last_day_or_without_a_rule_is_not_rolled() -> None:
    held = [
        Bucket("paid", "yuan", 0, 5),
        Bucket("old", "yuan", NOVEMBER, 5),
        Bucket("debt", "yuan", NOVEMBER, -5),
    ]
    after = posted(held, lapse(held, [subsidy(5_000)], NOVEMBER))
    assert [b.balance for b in after] == [5, 0, -5]


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(-500, 9_000)), max_size=6, unique_by=lambda row: row[0]
    ),
    st.integers(0, 6_000),
    st.integers(0, 40),
)
def test_rolling_makes_no_credit_and_ends(rows: list[tuple[int, int]], most: int, days: int) -> None:
    now_ms = NOVEMBER + days * 86_400_000
    held = [Bucket("subsidy", "kwh", n * 86_400_000 * 20 + NOVEMBER, left) for n, left in rows]
    before = balance_of(held, "subsidy")
    for _ in range(4):
        held = posted(held, lapse(held, [subsidy(most)], now_ms))
    assert balance_of(held, "subsidy") <= before
    assert lapse(held, [subsidy(most)], now_ms) == ()
