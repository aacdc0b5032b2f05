"""Find the registers that a bill is made of: at its ends, at a meter's replacement, and between, where a price edge may lie.

What exists is taken in this order: the register told at the accounting period's closing instant (R-4.1.9), a gateway's entry of
that very instant, the last good reading before it, as old as the setting allows. Registers are the primary side's: the gateway's
driver has counted the current transformers in.
"""

from collections.abc import Sequence

import msgspec

from central.campus.models import Account, Binding, Price
from central.desk.merchants.bill_models import BillMeter, MonthlyBill
from central.domain.monthly_bill import BillFault, MeterSpan, Register, in_order
from central.link.models import Closing, GatewayEntry, MeterSwap, PeriodRegister
from central.link.telemetry.models import Reading
from central.office.dated_settings import number_at
from gateway.contract.facts import EntryKind
from gateway.contract.rules import PriceRule, PriceStep, PriceWindow
from gateway.domain.calendar import month_of, month_starts_ms
from gateway.domain.month_use import MonthUse
from gateway.domain.reading import ACCEPTED

HOUR_MS = 3_600_000
GOOD = [outcome.value for outcome in ACCEPTED]


def meter_spans(
    account: Account, from_ms: int, until_ms: int, before: MonthlyBill | None
) -> list[MeterSpan] | tuple[BillFault, str]:
    """Give each meter's registers over a bill's span, in order; or what is missing, with the meter's number.

    A bill begins where the one before ended: with its last register, as long as the meter is the same.
    """
    bindings = list(account.bindings.select_related("meter").order_by("from_ms"))
    spans: list[MeterSpan] = []
    for place, binding in enumerate(bindings):
        following = bindings[place + 1] if place + 1 < len(bindings) else None
        begins_ms = max(from_ms, binding.from_ms)
        ends_ms = min(until_ms, following.from_ms) if following else until_ms
        if begins_ms >= ends_ms:
            continue
        meter = binding.meter.meter_no
        first = _first(binding, begins_ms, from_ms, before)
        if first is None:
            return BillFault.NO_FIRST, meter
        last = _last(account, meter, following, ends_ms, until_ms)
        if last is None:
            missing = BillFault.NO_LAST if ends_ms == until_ms else BillFault.NO_SWAP_REGISTER
            return missing, meter
        ordered = in_order(first, _between(meter, begins_ms, ends_ms), last)
        if ordered is None:
            return BillFault.BACKWARDS, meter
        spans.append(MeterSpan(meter, ordered))
    return spans or (BillFault.NO_METER, "")


def begins_of(account: Account, period_from_ms: int, before: MonthlyBill | None) -> int:
    """Give where an account's next bill begins: at the last one's end, else with the period, or with its first meter in it."""
    if before is not None:
        return before.until_ms
    first = account.bindings.order_by("from_ms").values_list("from_ms", flat=True).first()
    return max(period_from_ms, first or period_from_ms)


def price_rules(tariff_id: int) -> list[PriceRule]:
    """Give a tariff's prices as the gateway's rule takes them, in order."""
    prices = Price.objects.filter(tariff=tariff_id).select_related("tariff").order_by("from_ms")
    return [
        PriceRule(
            version=price.version,
            tariff=price.tariff.code,
            from_ms=price.from_ms,
            micro_yuan_per_kwh=price.micro_yuan_per_kwh,
            windows=msgspec.convert(price.windows, list[PriceWindow]),
            steps=msgspec.convert(price.steps, list[PriceStep]),
        )
        for price in prices
    ]


def used_before(account: Account, from_ms: int, prices: Sequence[PriceRule]) -> tuple[MonthUse, ...]:
    """Give what the account had used in the month before a bill begins: a price's steps go on from there."""
    if not any(price.steps for price in prices):
        return ()
    offset = prices[-1].utc_offset_minutes
    month = month_of(from_ms, offset)
    entries = GatewayEntry.objects.filter(
        account=account.code,
        kind=EntryKind.CONSUMPTION,
        booked=True,
        from_ms__gte=month_starts_ms(month, offset),
        at_ms__lte=from_ms,
    )
    used = sum(entries.values_list("energy_wh", flat=True))
    return (MonthUse(month, used),) if used else ()


def _first(binding: Binding, begins_ms: int, from_ms: int, before: MonthlyBill | None) -> Register | None:
    meter = binding.meter.meter_no
    if before is not None and before.until_ms == begins_ms:
        billed = BillMeter.objects.filter(bill=before, meter=meter, until_ms=begins_ms).first()
        if billed is not None:
            return Register(begins_ms, billed.last_wh, "bill")
    if binding.from_ms < from_ms:
        return _register_at(meter, begins_ms)
    swap = MeterSwap.objects.filter(binding=binding.code, new_meter=meter).first()
    if swap is not None:
        return Register(begins_ms, swap.first_wh, "swap")
    if binding.baseline_wh is not None:
        return Register(begins_ms, binding.baseline_wh, "binding")
    entries = GatewayEntry.objects.filter(
        meter=meter, account=binding.account.code, from_ms__gte=begins_ms, register_from_wh__isnull=False
    )
    entry = entries.order_by("from_ms").first()
    if entry is not None:
        return Register(begins_ms, entry.register_from_wh or 0, "entry")
    return _register_at(meter, begins_ms)


def _last(
    account: Account, meter: str, following: Binding | None, ends_ms: int, until_ms: int
) -> Register | None:
    if following is not None and ends_ms < until_ms:
        swap = MeterSwap.objects.filter(binding=following.code, old_meter=meter).first()
        return Register(ends_ms, swap.last_wh, "swap") if swap else None
    if account.closed_ms is not None and ends_ms == account.closed_ms:
        closing = Closing.objects.filter(account=account, final_register_wh__isnull=False).first()
        if closing is not None:
            return Register(ends_ms, closing.final_register_wh or 0, "closing")
    return _register_at(meter, ends_ms)


def _register_at(meter: str, at_ms: int) -> Register | None:
    closed = PeriodRegister.objects.filter(meter=meter, period_ms=at_ms).first()
    if closed is not None:
        return Register(at_ms, closed.register_wh, "period")
    entry = GatewayEntry.objects.filter(meter=meter, at_ms=at_ms, register_to_wh__isnull=False).first()
    if entry is not None:
        return Register(at_ms, entry.register_to_wh or 0, "entry")
    within_ms = number_at("bill.reading-within", at_ms) * HOUR_MS
    read = Reading.objects.filter(
        meter=meter, wall_ms__lte=at_ms, wall_ms__gt=at_ms - within_ms, trusted=True, outcome__in=GOOD
    )
    last = read.order_by("-wall_ms").first()
    return Register(at_ms, last.register_wh, "reading") if last else None


def _between(meter: str, from_ms: int, until_ms: int) -> list[Register]:
    """Give the registers of the gateway's entries inside: it settles at each price edge that it knows of."""
    entries = GatewayEntry.objects.filter(
        meter=meter, at_ms__gt=from_ms, at_ms__lt=until_ms, at_trusted=True, register_to_wh__isnull=False
    )
    rows = entries.order_by("at_ms").values_list("at_ms", "register_to_wh")
    return [Register(at_ms, register_wh, "entry") for at_ms, register_wh in rows]
