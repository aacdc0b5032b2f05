"""Plan a month's bills: who would be billed how much, and who not, for which named reason (R-4.2.1, C-4). Changes nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

from central.campus.models import Account
from central.campus.queries import occupant_names
from central.desk.merchants.bill_models import MonthlyBill
from central.desk.merchants.bill_queries import credited_of
from central.desk.merchants.bill_registers import begins_of, meter_spans, price_rules, used_before
from central.domain.monthly_bill import BillFault, MeterSpan, PricedLine, priced
from central.domain.periods import Period
from central.papers.accounting import instants_of
from gateway.contract.rules import Billing

Content = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Draft:
    """A bill as it would be."""

    account: Account
    occupants: str
    from_ms: int
    until_ms: int
    meters: list[MeterSpan]
    lines: list[PricedLine]

    @property
    def energy_wh(self) -> int:
        """What was used."""
        return sum(line.energy_wh for line in self.lines)

    @property
    def amount_fen(self) -> int:
        """What is owed for it."""
        return sum(line.amount_fen for line in self.lines)

    def content(self) -> Content:
        """Give it as what is signed."""
        return {
            "account": self.account.code,
            "room": self.account.point.room.full_label,
            "occupants": self.occupants,
            "class": self.account.point.customer_class.name,
            "from_ms": self.from_ms,
            "until_ms": self.until_ms,
            "energy_wh": self.energy_wh,
            "amount_fen": self.amount_fen,
            "meters": [_meter_content(span) for span in self.meters],
            "lines": [[one.micro_yuan_per_kwh, one.energy_wh, one.amount_fen] for one in self.lines],
        }


def _meter_content(span: MeterSpan) -> Content:
    first, last = span.registers[0], span.registers[-1]
    return {
        "meter": span.meter,
        "first": [first.at_ms, first.register_wh, first.source],
        "last": [last.at_ms, last.register_wh, last.source],
    }


@dataclass(frozen=True, slots=True)
class Unbilled:
    """An account without a bill: why, and which meter it is about."""

    account: Account
    fault: BillFault
    meter: str = ""


@dataclass(slots=True)
class BillPlan:
    """What a run for a period would bill, and what it lacks."""

    period: Period
    drafts: list[Draft] = field(default_factory=list)
    unbilled: list[Unbilled] = field(default_factory=list)

    @property
    def amount_fen(self) -> int:
        """The sum of all bills."""
        return sum(draft.amount_fen for draft in self.drafts)

    def content(self) -> Content:
        """Give what is signed: every bill, and who gets none."""
        return {
            "period": self.period.name,
            "bills": [draft.content() for draft in self.drafts],
            "unbilled": [
                [one.account.code, one.account.point.room.full_label, one.fault.value, one.meter]
                for one in self.unbilled
            ],
        }


def plan_bills(period: Period) -> BillPlan:
    """Plan the bills of an accounting period. A month that was missed is in the next bill: it begins where the last one ended."""
    from_ms, until_ms = instants_of(period)
    plan = BillPlan(period)
    for account in _accounts(from_ms, until_ms):
        found = _draft(account, from_ms, min(until_ms, account.closed_ms or until_ms))
        if isinstance(found, Draft):
            plan.drafts.append(found)
        else:
            plan.unbilled.append(found)
    return plan


def _accounts(from_ms: int, until_ms: int) -> QuerySet[Account]:
    """Select the monthly accounts that lasted into a span, by room."""
    lasted = Q(closed_ms=None) | Q(closed_ms__gt=from_ms)
    return (
        Account.objects.filter(lasted, point__billing=Billing.MONTHLY.value, opened_ms__lt=until_ms)
        .select_related("point__room__building", "point__customer_class")
        .order_by("point__room__building__code", "point__room__label", "opened_ms")
    )


def _draft(account: Account, period_from_ms: int, until_ms: int) -> Draft | Unbilled:
    standing = [bill for bill in standing_bills(account.monthly_bills.all()) if bill.from_ms < until_ms]
    before = max(
        (bill for bill in standing if bill.until_ms <= until_ms), key=lambda bill: bill.until_ms, default=None
    )
    from_ms = begins_of(account, period_from_ms, before)
    if from_ms >= until_ms or any(bill.until_ms > from_ms for bill in standing):
        return Unbilled(account, BillFault.BILLED if standing else BillFault.NO_METER)
    meters = meter_spans(account, from_ms, until_ms, before)
    if isinstance(meters, tuple):
        return Unbilled(account, *meters)
    prices = price_rules(account.point.customer_class.tariff_id)
    if not prices:
        return Unbilled(account, BillFault.NO_PRICE)
    lines = priced(meters, prices, used_before(account, from_ms, prices))
    if sum(line.amount_fen for line in lines) <= 0:
        return Unbilled(account, BillFault.NOTHING_USED)
    names = "、".join(occupant_names(account, until_ms - 1))[:200]
    return Draft(account, names, from_ms, until_ms, meters, lines)


def standing_bills(bills: Iterable[MonthlyBill]) -> list[MonthlyBill]:
    """Leave out the bills that were taken back whole: what they were for is billed anew."""
    bills = list(bills)
    credited = credited_of([bill.pk for bill in bills])
    return [bill for bill in bills if credited.get(bill.pk, 0) < bill.amount_fen]
