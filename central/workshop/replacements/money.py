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


@dataclass(frozen=True, slots=True)
class Cost:
    """What energy costs in an account's unit: micro-yuan, or watt-hours as they are; and the dearest and cheapest rate of it."""

    amount: int
    lowest_rate: int = 0
    highest_rate: int = 0


def cost_of(account: Account, from_ms: int, to_ms: int, hours: Sequence[int]) -> Cost | None:
    """Price an interval's hours; `hours` begin with the hour of `from_ms`, below zero is given back. None: no price is known.

    Yuan are whole fen, as the desk acts in them; what is below a fen is the customer's.
    """
    if account.point.customer_class.unit == Unit.KWH:
        return Cost(sum(hours))
    prices = _prices(account)
    if not prices:
        return None
    uses = _used_before(account, from_ms, prices[0].utc_offset_minutes)
    nano, rates = 0, []
    begin_ms = from_ms // HOUR_MS * HOUR_MS
    for number, energy_wh in enumerate(hours):
        if not energy_wh:
            continue
        start_ms = max(from_ms, begin_ms + number * HOUR_MS)
        span = Span(start_ms, min(to_ms, begin_ms + (number + 1) * HOUR_MS))
        size = abs(energy_wh)
        cost = cost_nano_yuan(size, span, prices, uses)
        nano += cost if energy_wh > 0 else -cost
        rates.append(cost // size)
        uses = with_use(uses, size, span.from_ms, span.to_ms, prices[0].utc_offset_minutes)
    fen = nano // (NANO_PER_MICRO * MICRO_YUAN_PER_FEN)
    return Cost(fen * MICRO_YUAN_PER_FEN, min(rates, default=0), max(rates, default=0))


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
