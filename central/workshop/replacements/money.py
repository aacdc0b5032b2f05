"""What unmetered energy costs: hour by hour by the prices that were in force, with the month's steps (C-9): the gateway's rule."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Sum
from django.db.models.functions import Coalesce

from central.campus.gateway_rules import price_rule
from central.campus.models import Account, Price
from central.domain.unmetered import HOUR_MS
from central.link.models import GatewayEntry
from gateway.contract.facts import EntryKind
from gateway.contract.quantities import MICRO_YUAN_PER_FEN, Unit
from gateway.contract.rules import PriceRule
from gateway.domain.calendar import month_of, month_starts_ms
from gateway.domain.month_use import MonthUse, with_use
from gateway.domain.tariff import Span, cost_nano_yuan

NANO_PER_MICRO = 1000
BILLED = "billed_hours"
"""Under this name a true-up's figures keep what was billed in its hours."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What energy costs in an account's unit: micro-yuan, or watt-hours as they are; and its cheapest and its dearest rate."""

    amount: int
    rates: tuple[int, int] = (0, 0)


def cost_of(
    account: Account, from_ms: int, to_ms: int, hours: Sequence[int], billed: Sequence[int] = ()
) -> Cost | None:
    """Price an interval's hours; `hours` begin with the hour of `from_ms`, below zero is given back. None: no price is known.

    `billed`: what was billed in those hours; the cost is the difference that `hours` make to its bill, by the steps it reached.
    Yuan are whole fen, as the desk acts in them; what is below a fen is the customer's.
    """
    if account.point.customer_class.unit == Unit.KWH:
        return Cost(sum(hours))
    prices = _prices(account)
    if not prices:
        return None
    uses = _used_before(account, from_ms, prices[0].utc_offset_minutes)
    was = list(billed) or [0] * len(hours)
    times = Times(from_ms, to_ms, prices)
    before = _nano_of(was, times, uses)
    after = _nano_of([one + other for one, other in zip(hours, was, strict=True)], times, uses)
    parts = [one - other for one, other in zip(after, before, strict=True)]
    nano = sum(parts)
    rates = [part // hour for part, hour in zip(parts, hours, strict=True) if hour]
    fen = nano // (NANO_PER_MICRO * MICRO_YUAN_PER_FEN)
    return Cost(fen * MICRO_YUAN_PER_FEN, (min(rates, default=0), max(rates, default=0)))


@dataclass(frozen=True, slots=True)
class Times:
    """An interval, and the prices that it is billed by."""

    from_ms: int
    to_ms: int
    prices: list[PriceRule]


def _nano_of(hours: Sequence[int], times: Times, uses: tuple[MonthUse, ...]) -> list[int]:
    """Price hour by hour, in nano-yuan, from what was used before in the month on; below zero is given back."""
    found, offset_minutes = [], times.prices[0].utc_offset_minutes
    begin_ms = times.from_ms // HOUR_MS * HOUR_MS
    for number, energy_wh in enumerate(hours):
        if not energy_wh:
            found.append(0)
            continue
        start_ms = max(times.from_ms, begin_ms + number * HOUR_MS)
        span = Span(start_ms, min(times.to_ms, begin_ms + (number + 1) * HOUR_MS))
        size = abs(energy_wh)
        cost = cost_nano_yuan(size, span, times.prices, uses)
        found.append(cost if energy_wh > 0 else -cost)
        uses = with_use(uses, size, span.from_ms, span.to_ms, offset_minutes)
    return found


def _prices(account: Account) -> list[PriceRule]:
    rows = Price.objects.filter(tariff=account.point.customer_class.tariff_id).select_related("tariff")
    return [price_rule(row) for row in rows.order_by("from_ms")]


def _used_before(account: Account, at_ms: int, offset_minutes: int) -> tuple[MonthUse, ...]:
    """Give what the account had used before in the month of an instant: where the steps go on."""
    month = month_of(at_ms, offset_minutes)
    entries = GatewayEntry.objects.filter(
        kind=EntryKind.CONSUMPTION,
        booked=True,
        at_ms__gt=month_starts_ms(month, offset_minutes),
        at_ms__lte=at_ms,
    )
    mine = entries.annotate(user=Coalesce("used_by", "account")).filter(user=account.code)
    return (MonthUse(month, mine.aggregate(sum=Sum("energy_wh"))["sum"] or 0),)
