"""Which price holds when, and how an interval is split at a price edge (C-9). Knows prices and time, not customers.

A list of prices is sorted by its instant; between two rules of one instant the one learnt later holds. What was used before
the first known price costs the first known price.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import msgspec

from gateway.contract.commands import PriceRule


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
    """A part of an interval under one price."""

    energy_wh: int
    span: Span
    price: PriceRule


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


def lowest_price(prices: Sequence[PriceRule]) -> PriceRule:
    """Give the lowest known price: what is billed while nobody knows what time it is (C-14)."""
    return min(prices, key=lambda price: price.micro_yuan_per_kwh)


def lowest_between(prices: Sequence[PriceRule], span: Span) -> PriceRule:
    """Give the lowest price that was in force at some time of a span."""
    inside = [price for price in prices if span.from_ms < price.from_ms <= span.to_ms]
    return lowest_price([price_at(prices, span.from_ms), *inside])


def edges_between(prices: Sequence[PriceRule], span: Span) -> list[int]:
    """Give the instants inside a span (its start excluded, its end excluded) at which the price changes, in order."""
    return sorted({price.from_ms for price in prices[1:] if span.from_ms < price.from_ms < span.to_ms})


def next_edge_ms(prices: Sequence[PriceRule], after_ms: int) -> int | None:
    """Give the first instant after `after_ms` at which the price changes, or None."""
    return min((price.from_ms for price in prices if price.from_ms > after_ms), default=None)


def segments(energy_wh: int, span: Span, prices: Sequence[PriceRule]) -> list[Segment]:
    """Split energy over the price edges of a span, in proportion to time.

    Exact: the parts are differences of the whole's rounded-down progress, so they add up to `energy_wh`, and a part split
    again at the same edges gives the same watt-hours.
    """
    bounds = [span.from_ms, *edges_between(prices, span), span.to_ms]
    length_ms = span.to_ms - span.from_ms
    if length_ms <= 0:
        return [Segment(energy_wh, span, price_at(prices, span.to_ms))]
    parts = []
    used_wh = 0
    for start_ms, end_ms in pairwise(bounds):
        until_wh = energy_wh * (end_ms - span.from_ms) // length_ms
        parts.append(Segment(until_wh - used_wh, Span(start_ms, end_ms), price_at(prices, start_ms)))
        used_wh = until_wh
    return [part for part in parts if part.energy_wh] or parts[-1:]


def cost_nano_yuan(energy_wh: int, span: Span, prices: Sequence[PriceRule]) -> int:
    """Price energy over a span exactly, in nano-yuan."""
    return sum(part.energy_wh * part.price.micro_yuan_per_kwh for part in segments(energy_wh, span, prices))
