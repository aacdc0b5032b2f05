"""Prices of the time of the week and of the month's steps: exact to the watt-hour and the nano-yuan (C-9, C-14, R-B1)."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contract.rules import PriceRule, PriceStep, PriceWindow, WeekWindow
from gateway.domain.calendar import DAY_MS, month_of
from gateway.domain.ledger import audit_charges, bill_energy
from gateway.domain.month_use import MonthUse, used_in, with_use
from gateway.domain.tariff import (
    Span,
    cost_nano_yuan,
    edges_between,
    lowest_rate,
    lowest_rate_between,
    next_edge_ms,
    position,
    rate_at,
    segments,
    step_price,
    with_prices,
)
from tests.domain.test_calendar import ms, windows

ALL_DAYS = [1, 2, 3, 4, 5, 6, 7]
VALLEY = PriceWindow(WeekWindow(ALL_DAYS, 23 * 60, 7 * 60), 300_000)
PEAK = PriceWindow(WeekWindow([1, 2, 3, 4, 5], 18 * 60, 22 * 60), 900_000)
TIMES = PriceRule("tou", "t", 0, 558_300, windows=[PEAK, VALLEY])
STEPS = [PriceStep(1_000, 50_000), PriceStep(2_500, 300_000)]
STEPPED = PriceRule("steps", "t", 0, 500_000, steps=STEPS)
BOTH = PriceRule("both", "t", 0, 558_300, windows=[PEAK, VALLEY], steps=STEPS)
NOON = ms("2026-11-27T12:00:00")
"""A Friday."""


@pytest.mark.parametrize(
    ("when", "rate"),
    [
        ("2026-11-27T17:59:59", 558_300),
        ("2026-11-27T18:00:00", 900_000),
        ("2026-11-27T22:00:00", 558_300),
        ("2026-11-27T23:00:00", 300_000),
        ("2026-11-28T06:59:59", 300_000),
        ("2026-11-28T19:00:00", 558_300),  # a Saturday has no peak
    ],
)
def test_each_time_of_the_week_has_its_price(when: str, rate: int) -> None:
    assert rate_at([TIMES], ms(when)) == rate


def test_the_first_window_that_holds_counts() -> None:
    holiday = PriceWindow(WeekWindow([5], 0, 1440), 1)
    assert rate_at([PriceRule("p", "t", 0, 5, windows=[holiday, PEAK])], ms("2026-11-27T19:00:00")) == 1


def test_an_interval_is_split_at_each_edge_of_the_week() -> None:
    parts = segments(2_400, Span(NOON, NOON + DAY_MS), [TIMES])
    assert [(part.energy_wh, part.rate) for part in parts] == [
        (600, 558_300), (400, 900_000), (100, 558_300), (800, 300_000), (500, 558_300),
    ]  # fmt: skip
    assert edges_between([TIMES], Span(NOON, NOON + DAY_MS)) == [part.span.from_ms for part in parts[1:]]


def test_a_dated_version_ends_the_windows_of_the_one_before() -> None:
    flat = PriceRule("flat", "t", ms("2026-11-27T20:00:00"), 700_000)
    parts = segments(1_200, Span(NOON, NOON + DAY_MS // 2), with_prices([TIMES], [flat]))
    assert [(part.energy_wh, part.rate, part.price.version) for part in parts] == [
        (600, 558_300, "tou"), (200, 900_000, "tou"), (400, 700_000, "flat"),
    ]  # fmt: skip


def test_the_next_edge_is_a_version_a_window_or_with_steps_a_month() -> None:
    saturday = ms("2026-11-28T12:00:00")
    assert next_edge_ms([TIMES], saturday) == ms("2026-11-28T23:00:00")
    assert next_edge_ms([TIMES, PriceRule("x", "t", saturday + 5, 1)], saturday) == saturday + 5
    assert next_edge_ms([STEPPED], saturday) == ms("2026-12-01T00:00:00")
    assert next_edge_ms([PriceRule("flat", "t", 0, 1)], saturday) is None


def test_an_unknown_time_costs_the_lowest_price_of_the_week() -> None:
    assert lowest_rate(BOTH) == 300_000
    evening = Span(ms("2026-11-27T17:00:00"), ms("2026-11-27T21:00:00"))
    assert lowest_rate_between([TIMES], evening) == 558_300
    assert lowest_rate_between([TIMES], Span(evening.from_ms, ms("2026-11-27T23:00:00"))) == 300_000
    unknown = bill_energy([], 1_000, None, [BOTH], 0, "yuan", (MonthUse(month_of(NOON, 480), 9_000),))
    assert [(c.segment.rate, c.provisional) for c in unknown.charges] == [(300_000, True)]
    assert unknown.months == (MonthUse(month_of(NOON, 480), 9_000),)


def test_consumption_is_split_where_it_crosses_a_step() -> None:
    used = (MonthUse(month_of(NOON, 480), 900),)
    parts = segments(2_000, Span(NOON, NOON + 2_000_000), [STEPPED], used)
    assert [(part.energy_wh, part.rate, part.month_wh) for part in parts] == [
        (100, 500_000, 900), (1_500, 550_000, 1_000), (400, 800_000, 2_500),
    ]  # fmt: skip
    assert [part.span.from_ms - NOON for part in parts] == [0, 100_000, 1_600_000]
    assert [step_price(STEPPED, wh) for wh in (999, 1_000, 2_499, 2_500)] == [0, 50_000, 50_000, 300_000]


def test_a_new_month_begins_below_all_steps() -> None:
    edge = ms("2026-12-01T00:00:00")
    used = (MonthUse(month_of(NOON, 480), 2_400),)
    parts = segments(400, Span(edge - 1_000, edge + 1_000), [STEPPED], used)
    assert [(part.energy_wh, part.rate) for part in parts] == [(100, 550_000), (100, 800_000), (200, 500_000)]
    bill = bill_energy([], 400, Span(edge - 1_000, edge + 1_000), [STEPPED], 0, "yuan", used)
    assert [use.used_wh for use in bill.months] == [2_600, 200]


steps = st.lists(
    st.tuples(st.integers(1, 5_000), st.integers(0, 400_000)), max_size=3, unique_by=lambda row: row[0]
).map(lambda rows: [PriceStep(*row) for row in sorted(rows)])
rules = st.builds(
    PriceRule,
    st.just("p"),
    st.just("t"),
    st.just(0),
    st.integers(0, 900_000),
    windows=st.lists(st.builds(PriceWindow, windows, st.integers(0, 900_000)), max_size=3),
    steps=steps,
    utc_offset_minutes=st.sampled_from([480, 0, -210]),
)
versions = st.lists(st.tuples(st.integers(0, 3 * DAY_MS), rules), min_size=1, max_size=3).map(
    lambda rows: with_prices(
        (),
        [
            PriceRule(f"p{n}", "t", NOON + at, r.micro_yuan_per_kwh, r.windows, r.steps, r.utc_offset_minutes)
            for n, (at, r) in enumerate(rows)
        ],
    )
)
spans = st.tuples(st.integers(0, 3 * DAY_MS), st.integers(0, 6 * DAY_MS)).map(
    lambda row: Span(NOON + row[0], NOON + row[0] + row[1])
)


@given(versions, st.integers(0, 9_000), spans, st.integers(0, 6_000), st.integers(0, 999))
def test_a_bill_of_any_times_and_steps_is_exact(
    known: tuple[PriceRule, ...], energy_wh: int, span: Span, used_wh: int, carried: int
) -> None:
    months = position(known, span.from_ms, used_wh)
    bill = bill_energy([], energy_wh, span, known, carried, "yuan", months)
    assert audit_charges(bill.charges, energy_wh, carried) == ""
    paid = -sum(bucket.balance for bucket in bill.buckets)
    assert paid * 1000 + bill.carried == cost_nano_yuan(energy_wh, span, known, months) + carried
    assert sum(use.used_wh for use in bill.months) == energy_wh + used_wh
    for charge in bill.charges:
        part = charge.segment
        assert part.rate == rate_at(
            known, part.span.from_ms, position(known, part.span.from_ms, part.month_wh)
        )
        again = cost_nano_yuan(
            part.energy_wh, part.span, known, position(known, part.span.from_ms, part.month_wh)
        )
        assert again == part.energy_wh * part.rate
    for one, next_one in pairwise(bill.charges):
        assert one.segment.span.to_ms <= next_one.segment.span.from_ms


@given(rules, st.lists(st.integers(0, 4_000), max_size=8))
def test_the_months_steps_cost_the_same_however_it_was_read(rule: PriceRule, parts: list[int]) -> None:
    """One time of the week: the oracle counts each watt-hour by itself."""
    at = Span(NOON, NOON)
    months: tuple[MonthUse, ...] = ()
    paid = 0
    for part in parts:
        paid += cost_nano_yuan(part, at, [rule], months)
        months = with_use(months, part, NOON, NOON, rule.utc_offset_minutes)
    base = rate_at([rule], NOON)
    assert paid == sum(base + step_price(rule, wh) for wh in range(sum(parts)))


@given(st.integers(0, 100_000), spans, st.sampled_from([480, 0, -210]))
def test_counting_into_months_loses_nothing(energy_wh: int, span: Span, offset: int) -> None:
    uses = with_use((), energy_wh, span.from_ms, span.to_ms, offset)
    assert sum(use.used_wh for use in uses) == energy_wh
    assert all(use.used_wh >= 0 for use in uses)


def test_only_the_latest_months_are_kept() -> None:
    uses: tuple[MonthUse, ...] = ()
    for day in ("2026-08-05", "2026-09-05", "2026-10-05", "2026-11-05"):
        uses = with_use(uses, 10, ms(f"{day}T00:00:00"), ms(f"{day}T01:00:00"), 480)
    assert [use.month % 12 + 1 for use in uses] == [9, 10, 11]
    assert used_in(uses, uses[0].month - 1) == 0


def test_a_month_gets_its_share_of_the_time() -> None:
    edge = ms("2026-12-01T00:00:00")
    for before in ((), (MonthUse(month_of(edge - 1, 480), 7),)):
        uses = with_use(before, 101, edge - 1_000, edge + 3_000, 480)
        assert [use.used_wh for use in uses] == [25 + (7 if before else 0), 76]


def test_no_energy_is_one_part_however_many_edges_lie_in_between() -> None:
    (part,) = segments(0, Span(NOON, NOON + 3 * DAY_MS), [TIMES])
    assert part.energy_wh == 0


def test_the_shortest_interval_costs_the_price_of_its_beginning() -> None:
    known = [PriceRule("low", "t", 0, 1), PriceRule("high", "t", 1_000, 9)]
    assert [part.rate for part in segments(5, Span(999, 1_000), known)] == [1]
    assert [part.rate for part in segments(5, Span(1_000, 1_000), known)] == [9]


def test_energy_before_a_windows_edge_counts_towards_the_steps_behind_it() -> None:
    """900 Wh were used, 60 more before six: the first step is reached 40 Wh into the peak."""
    six = ms("2026-11-27T18:00:00")
    used = (MonthUse(month_of(NOON, 480), 900),)
    parts = segments(120, Span(six - 60_000, six + 60_000), [BOTH], used)
    assert [(part.energy_wh, part.rate, part.month_wh) for part in parts] == [
        (60, 558_300, 900), (40, 900_000, 960), (20, 950_000, 1_000),
    ]  # fmt: skip


def test_energy_that_ends_or_begins_at_a_step_is_one_part() -> None:
    for used_wh, energy_wh in ((900, 100), (1_000, 100)):
        parts = segments(
            energy_wh, Span(NOON, NOON + 9), [STEPPED], (MonthUse(month_of(NOON, 480), used_wh),)
        )
        assert [part.energy_wh for part in parts] == [energy_wh]


def test_edges_lie_inside_and_the_nearest_version_is_the_next() -> None:
    known = [PriceRule(f"p{n}", "t", at, 5) for n, at in enumerate((0, 1_000, 2_000))]
    assert edges_between(known, Span(1_000, 2_000)) == []
    assert edges_between(known, Span(999, 2_001)) == [1_000, 2_000]
    assert next_edge_ms(known, 5) == 1_000
    friday = [TIMES, PriceRule("far", "t", NOON + 90 * DAY_MS, 1)]
    assert next_edge_ms(friday, NOON) == ms("2026-11-27T18:00:00")


def test_a_price_that_begins_with_the_spans_last_instant_was_in_force_at_no_time_before() -> None:
    known = [PriceRule("dear", "t", 0, 9), PriceRule("cheap", "t", 1_000, 1)]
    assert [lowest_rate_between(known, Span(0, to_ms)) for to_ms in (998, 999, 1_000)] == [9, 9, 1]


@pytest.mark.parametrize(
    ("from_ms", "to_ms", "used"), [(-10, 0, [17]), (-10, 1, [16, 1]), (-1, 9, [8, 9]), (0, 9, [7, 10])]
)
def test_a_month_ends_with_the_last_instant_before_the_next(
    from_ms: int, to_ms: int, used: list[int]
) -> None:
    edge = ms("2026-12-01T00:00:00")
    before = (MonthUse(month_of(edge - 1, 480), 7),)
    uses = with_use(before, 10, edge + from_ms, edge + to_ms, 480)
    assert [use.used_wh for use in uses if use.used_wh] == [wh for wh in used if wh]


def test_older_months_stay_when_the_latest_grows() -> None:
    uses = (MonthUse(month_of(NOON, 480) - 1, 3), MonthUse(month_of(NOON, 480), 7))
    assert with_use(uses, 10, NOON, NOON + 5, 480) == (uses[0], MonthUse(uses[1].month, 17))
