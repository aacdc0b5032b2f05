"""Each household's month as plain data: what the books say of its account, its registers, prices, and what must be known besides.

One question for each kind of fact, whatever the number of rooms: 20,000 rows are read in about a second.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

import msgspec
from django.db.models import Count

from central.campus.models import Account, Building, Price
from central.clock import campus_day
from central.domain.periods import Period
from central.link.models import PeriodRegister
from central.papers.accounting import instants_of
from central.reports.books.queries import AccountPeriod, account_periods
from central.reports.occupants import occupants_in
from gateway.contract.quantities import Unit
from gateway.contract.rules import Billing, PriceStep, PriceWindow


class RemarkKind(StrEnum):
    """What must be known beside the figures."""

    PAYS_FROM = "pays-from"
    PAYS_FOR = "pays-for"
    MONTHLY = "monthly"
    CARD = "card"
    ESTIMATED = "estimated"
    ARREARS = "arrears"
    NO_READINGS = "no-readings"
    METER_REPLACED = "meter-replaced"
    MOVED_IN = "moved-in"
    MOVED_OUT = "moved-out"


@dataclass(frozen=True, slots=True)
class Household:
    """One account in one unit. Registers are None where none is known; prices are micro-yuan per kWh, lowest and highest."""

    code: str
    building: int
    room_id: int
    room: str
    class_name: str
    people: str
    figures: AccountPeriod
    first_wh: int | None
    last_wh: int | None
    prices: tuple[int, ...]
    remarks: tuple[tuple[RemarkKind, str], ...]


def households(period: Period, owing: Collection[str] = ()) -> dict[int, list[Household]]:
    """Give by building the households of a period, rooms in order: those that were there, and those gone that still have a balance.

    `owing` are the accounts that have debts.
    """
    span = instants_of(period)
    figures: dict[str, list[AccountPeriod]] = {}
    for one in account_periods(period):
        figures.setdefault(one.account, []).append(one)
    beside = _beside(span, owing)
    found: dict[int, list[Household]] = {}
    for facts in _facts():
        if facts.code in figures or facts.lived_in(span):
            for one in figures.get(facts.code) or [_nothing(facts.code, facts.unit)]:
                found.setdefault(facts.building, []).append(_household(facts, one, beside))
    return found


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the campus says of an account."""

    code: str
    building: int
    room_id: int
    room: str
    class_name: str
    unit: str
    tariff: int
    billing: str
    limits: dict[str, object]
    pays_from: str | None
    opened_ms: int
    closed_ms: int | None

    def lived_in(self, span: tuple[int, int]) -> bool:
        """Say whether it was open at any time of a span."""
        return self.opened_ms < span[1] and (self.closed_ms is None or self.closed_ms > span[0])


Registers = dict[str, tuple[dict[str, int], dict[str, int]]]
"""By account: registers by meter at the period's beginning, and at its end."""


@dataclass(frozen=True, slots=True)
class _Beside:
    """What stands beside the books, by account or by tariff."""

    span: tuple[int, int]
    registers: Registers
    prices: dict[int, tuple[int, ...]]
    members: dict[str, int]
    people: dict[str, str]
    owing: Collection[str]


def _beside(span: tuple[int, int], owing: Collection[str]) -> _Beside:
    from_ms, until_ms = span
    payers = Account.objects.filter(members__isnull=False).values_list("code").annotate(Count("members"))
    people = occupants_in(campus_day(from_ms), campus_day(until_ms - 1))
    return _Beside(
        span, _registers(from_ms, until_ms), _prices(from_ms, until_ms), dict(payers), people, owing
    )


def _household(facts: _Facts, one: AccountPeriod, beside: _Beside) -> Household:
    read = beside.registers.get(facts.code, ({}, {}))
    return Household(
        facts.code,
        facts.building,
        facts.room_id,
        facts.room,
        facts.class_name,
        beside.people.get(facts.code, ""),
        one,
        _only(read[0]),
        _only(read[1]),
        beside.prices.get(facts.tariff, ()),
        tuple(_remarks(facts, one, read, beside)),
    )


def _facts() -> Iterable[_Facts]:
    room = "point__room__"
    columns = (
        *("code", f"{room}building", "point__room", f"{room}label"),
        *("point__customer_class__name", "point__customer_class__unit", "point__customer_class__tariff"),
        *("point__billing", "point__limits", "pays_from__code", "opened_ms", "closed_ms"),
    )
    ordered = Account.objects.order_by(f"{room}building__code", f"{room}floor", f"{room}label", "opened_ms")
    return (_Facts(*row) for row in ordered.values_list(*columns).iterator())


def _nothing(code: str, unit: str) -> AccountPeriod:
    """An account that the books don't know yet: nothing was paid, given or used."""
    return AccountPeriod(
        account=code,
        unit=unit,
        opening=0,
        takings=0,
        subsidies=0,
        refunds=0,
        consumption=0,
        other=0,
        closing=0,
        energy_wh=0,
    )


def _registers(from_ms: int, until_ms: int) -> Registers:
    found: Registers = {}
    kept = PeriodRegister.objects.filter(period_ms__in=(from_ms, until_ms)).exclude(account="")
    for account, meter, period_ms, register_wh in kept.values_list(
        "account", "meter", "period_ms", "register_wh"
    ).iterator():
        found.setdefault(account, ({}, {}))[period_ms == until_ms][meter] = register_wh
    return found


def _only(by_meter: dict[str, int]) -> int | None:
    """A register that stands for the room: none where several meters were its."""
    return next(iter(by_meter.values())) if len(by_meter) == 1 else None


def _prices(from_ms: int, until_ms: int) -> dict[int, tuple[int, ...]]:
    """Give by tariff the lowest and the highest price that a kWh had in the period; one where they are the same."""
    spans: dict[int, list[Price]] = {}
    for one in Price.objects.filter(from_ms__lt=until_ms).order_by("tariff", "from_ms"):
        of_tariff = spans.setdefault(one.tariff_id, [])
        if one.from_ms <= from_ms:
            of_tariff.clear()
        of_tariff.append(one)
    found = {}
    for tariff, several in spans.items():
        asked = [price for one in several for price in _prices_of(one)]
        found[tariff] = tuple(sorted({min(asked), max(asked)}))
    return found


def _prices_of(one: Price) -> Iterable[int]:
    base = [one.micro_yuan_per_kwh]
    base += [window.micro_yuan_per_kwh for window in msgspec.convert(one.windows, list[PriceWindow])]
    more = [step.add_micro_yuan_per_kwh for step in msgspec.convert(one.steps, list[PriceStep])]
    return [price + add for price in base for add in (0, *more)]


def _remarks(
    facts: _Facts, one: AccountPeriod, read: tuple[dict[str, int], dict[str, int]], beside: _Beside
) -> Iterable[tuple[RemarkKind, str]]:
    """Name what is not as usual; the text beside it is a name, a number or a day."""
    if facts.pays_from:
        yield RemarkKind.PAYS_FROM, facts.pays_from
    if members := beside.members.get(facts.code):
        yield RemarkKind.PAYS_FOR, str(members)
    if facts.billing == Billing.MONTHLY:
        yield RemarkKind.MONTHLY, ""
    if facts.billing == Billing.CARD:
        yield RemarkKind.CARD, ""
    if facts.limits.get("software"):
        yield RemarkKind.ESTIMATED, ""
    if facts.code in beside.owing or (one.closing < 0 and facts.billing == Billing.PREPAID):
        yield RemarkKind.ARREARS, ""
    if read[0] and read[1] and set(read[0]) != set(read[1]):
        yield RemarkKind.METER_REPLACED, ""
    if facts.lived_in(beside.span) and not (one.energy_wh or read[1]):
        yield RemarkKind.NO_READINGS, ""
    if beside.span[0] < facts.opened_ms:
        yield RemarkKind.MOVED_IN, _day(facts.opened_ms)
    if facts.closed_ms is not None and facts.closed_ms < beside.span[1]:
        yield RemarkKind.MOVED_OUT, _day(facts.closed_ms)


def _day(at_ms: int) -> str:
    return f"{campus_day(at_ms):%m-%d}"


def buildings_in_order(found: Iterable[int]) -> list[Building]:
    """Give the buildings by their codes."""
    return list(Building.objects.filter(pk__in=list(found)).order_by("code"))


def in_unit(rows: Iterable[Household], unit: Unit) -> list[Household]:
    """Give the households whose balance is kept in a unit."""
    return [one for one in rows if one.figures.unit == unit]
