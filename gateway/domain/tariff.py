"""Which price holds when, and how an interval is split at a price edge (C-9). Knows prices and time, not customers.

A list of prices is sorted by its instant; between two rules of one instant the one learnt later holds. What was used before
the first known price costs the first known price. Within a rule the time of the week may have its own price, and what a month used
before may raise it by a step: the step is added to the price of the time, so that a month's steps cost the same in any order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import msgspec

from gateway.contract.rules import PriceRule, WeekWindow
from gateway.domain.calendar import DAY_MS, edges_of, month_of, months_begin_between, place_at
from gateway.domain.month_use import MonthUse, used_in

LOOK_AHEAD_MS = 32 * DAY_MS
"""Every window comes within a week, every month's beginning within this."""


class TariffPrices(msgspec.Struct, frozen=True):
    """Every price a tariff ever had here, sorted; a price once known is never forgotten."""

    tariff: str
    prices: tuple[PriceRule, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """An interval of wall time."""

    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of an interval under one price. `rate` is what it costs there, in micro-yuan per kWh."""

    energy_wh: int
    span: Span
    price: PriceRule
    rate: int
    month_wh: int = 0
    """What the account had used before it in its calendar month."""


def with_prices(known: Sequence[PriceRule], learnt: Iterable[PriceRule]) -> tuple[PriceRule, ...]:
    """Add what is new; the sort is stable, so that of two rules for one instant the one learnt later stands later."""
    versions = {price.version for price in known}
    return tuple(sorted([*known, *(p for p in learnt if p.version not in versions)], key=lambda p: p.from_ms))


def price_at(prices: Sequence[PriceRule], at_ms: int) -> PriceRule:
    """Give the price in force at an instant. Raises IndexError when the tariff has no price (a configuration refuses that)."""
    in_force = prices[0]
    for price in prices:
        if price.from_ms <= at_ms:
            in_force = price
    return in_force


def time_price(rule: PriceRule, at_ms: int) -> int:
    """Give a rule's price of the time, without any step, in micro-yuan per kWh."""
    if not rule.windows:
        return rule.micro_yuan_per_kwh
    place = place_at(_windows(rule), at_ms, rule.utc_offset_minutes)
    return rule.micro_yuan_per_kwh if place is None else rule.windows[place].micro_yuan_per_kwh


def _windows(rule: PriceRule) -> list[WeekWindow]:
    return [priced.window for priced in rule.windows]


def step_price(rule: PriceRule, month_wh: int) -> int:
    """Give what a rule adds once so much was used in the month, in micro-yuan per kWh."""
    reached = [step.add_micro_yuan_per_kwh for step in rule.steps if step.above_wh <= month_wh]
    return reached[-1] if reached else 0


def rate_at(prices: Sequence[PriceRule], at_ms: int, uses: Iterable[MonthUse] = ()) -> int:
    """Give what the next watt-hour costs at an instant, in micro-yuan per kWh."""
    rule = price_at(prices, at_ms)
    month_wh = used_in(uses, month_of(at_ms, rule.utc_offset_minutes)) if rule.steps else 0
    return time_price(rule, at_ms) + step_price(rule, month_wh)


def lowest_rate(rule: PriceRule) -> int:
    """Give the lowest price of a rule's week, on no step."""
    return min([rule.micro_yuan_per_kwh, *(priced.micro_yuan_per_kwh for priced in rule.windows)])


def lowest_price(prices: Sequence[PriceRule]) -> PriceRule:
    """Give the rule with the lowest known price: what is billed while nobody knows what time it is (C-14)."""
    return min(prices, key=lowest_rate)


def lowest_rate_between(prices: Sequence[PriceRule], span: Span) -> int:
    """Give the lowest price that was in force at some time of a span, on no step."""
    begins = [span.from_ms, *edges_between(prices, Span(span.from_ms, span.to_ms + 1))]
    return min(time_price(price_at(prices, at_ms), at_ms) for at_ms in begins)


def edges_between(prices: Sequence[PriceRule], span: Span) -> list[int]:
    """Give the instants inside a span, its ends excluded, at which the price may change, in order.

    They are the instants of the rules, the edges of their weekly windows, and, where a rule has steps, the month's beginning.
    """
    versions = sorted({price.from_ms for price in prices[1:] if span.from_ms < price.from_ms < span.to_ms})
    if not versions:
        return sorted(set(_inner_edges(price_at(prices, span.from_ms), span.from_ms, span.to_ms)))
    edges = set(versions)
    for start_ms, end_ms in pairwise([span.from_ms, *versions, span.to_ms]):
        edges.update(_inner_edges(price_at(prices, start_ms), start_ms, end_ms))
    return sorted(edges)


def _inner_edges(rule: PriceRule, from_ms: int, to_ms: int) -> list[int]:
    if not rule.windows and not rule.steps:
        return []
    months = months_begin_between(from_ms, to_ms, rule.utc_offset_minutes) if rule.steps else []
    return [*months, *edges_of(_windows(rule), from_ms, to_ms, rule.utc_offset_minutes)]


def next_edge_ms(prices: Sequence[PriceRule], after_ms: int) -> int | None:
    """Give the first instant after `after_ms` at which the price may change, or None."""
    version_ms = min((price.from_ms for price in prices if price.from_ms > after_ms), default=None)
    until_ms = after_ms + LOOK_AHEAD_MS if version_ms is None else min(version_ms, after_ms + LOOK_AHEAD_MS)
    inner = _inner_edges(price_at(prices, after_ms), after_ms, until_ms)
    return min(inner, default=version_ms)


def segments(
    energy_wh: int, span: Span, prices: Sequence[PriceRule], uses: Sequence[MonthUse] = ()
) -> list[Segment]:
    """Split energy over the price edges of a span, in proportion to time, and over the month's steps, to the watt-hour.

    `uses` is what the account had used in its months before the span. Exact: the parts are differences of the whole's rounded-down
    progress, so they add up to `energy_wh`, and a part split again at the same edges gives the same watt-hours.
    """
    length_ms = span.to_ms - span.from_ms
    if length_ms <= 0:
        return _stepped(energy_wh, span, price_at(prices, span.to_ms), {}, uses)
    parts = []
    used_wh = 0
    counted: dict[int, int] = {}
    for start_ms, end_ms in pairwise([span.from_ms, *edges_between(prices, span), span.to_ms]):
        until_wh = energy_wh * (end_ms - span.from_ms) // length_ms
        rule = price_at(prices, start_ms)
        parts += _stepped(until_wh - used_wh, Span(start_ms, end_ms), rule, counted, uses)
        used_wh = until_wh
    return [part for part in parts if part.energy_wh] or parts[-1:]


def _stepped(
    energy_wh: int, span: Span, rule: PriceRule, counted: dict[int, int], uses: Sequence[MonthUse]
) -> list[Segment]:
    """Split energy of one time price at the steps that the month reaches; `counted` is what this interval gave each month."""
    month = month_of(span.from_ms, rule.utc_offset_minutes)
    before_wh = used_in(uses, month) + counted.get(month, 0)
    after_wh = before_wh + energy_wh
    counted[month] = counted.get(month, 0) + energy_wh
    price = time_price(rule, span.from_ms)
    if not rule.steps:
        return [Segment(energy_wh, span, rule, price, before_wh)]
    reached = sorted({step.above_wh for step in rule.steps if before_wh < step.above_wh < after_wh})
    if not reached:
        return [Segment(energy_wh, span, rule, price + step_price(rule, before_wh), before_wh)]
    bounds = [(wh, _instant_of(wh - before_wh, energy_wh, span)) for wh in [before_wh, *reached, after_wh]]
    return [
        Segment(end_wh - wh, Span(from_ms, to_ms), rule, price + step_price(rule, wh), wh)
        for (wh, from_ms), (end_wh, to_ms) in pairwise(bounds)
    ]


def _instant_of(part_wh: int, energy_wh: int, span: Span) -> int:
    """When a part of an interval's energy was used, if it was used evenly."""
    return span.from_ms + (span.to_ms - span.from_ms) * part_wh // energy_wh


def cost_nano_yuan(
    energy_wh: int, span: Span, prices: Sequence[PriceRule], uses: Sequence[MonthUse] = ()
) -> int:
    """Price energy over a span exactly, in nano-yuan."""
    return sum(part.energy_wh * part.rate for part in segments(energy_wh, span, prices, uses))


def position(prices: Sequence[PriceRule], at_ms: int, month_wh: int) -> tuple[MonthUse, ...]:
    """Give the use of the month of an instant when so much had been used in it before, as `segments` takes it."""
    return (MonthUse(month_of(at_ms, price_at(prices, at_ms).utc_offset_minutes), month_wh),)
