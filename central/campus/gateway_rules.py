"""The campus in the gateway's words: what a building's configuration lists, from accounts to groups (C-3)."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db.models import Prefetch

from central.campus.models import Account, Binding, Bucket, Building, CustomerClass, MeteringPoint, Price
from gateway.contract.commands import Configure
from gateway.contract.identifiers import AccountId, MeterNo
from gateway.contract.rules import (
    AccountRule,
    Billing,
    BindingRule,
    BucketRule,
    CutOff,
    GroupRule,
    PolicyRule,
    PriceRule,
    PriceStep,
    PriceWindow,
)


class RulesUnusable(RuntimeError):
    """Something stored can't be read as a gateway's rule; the message names what and where, and what to do."""


@dataclass(frozen=True, slots=True)
class Instead:
    """A value in place of a stored one, for as long as someone asks what would follow from it."""

    holder: Building | CustomerClass | MeteringPoint
    field: str
    value: Any


def rules_of(building: Building) -> Configure:
    """Give a building's whole configuration as the campus is now, as version 0. Closed accounts are left out.

    Raises RulesUnusable.
    """
    return _Stored(building).rules()


Readable = Configure | RulesUnusable


def rules_before_and_after(building: Building, changed: Sequence[Instead]) -> tuple[Readable, Readable]:
    """Give a building's configuration as it is and as it would be with some values changed; without bindings: no rule reads them.

    The campus is read once, and nothing is saved. What can't be read stands there as its error.
    """
    stored = _Stored(building, with_bindings=False)
    before = _readable(stored)
    stored.put(changed)
    return before, _readable(stored)


def _readable(stored: "_Stored") -> Readable:
    try:
        return stored.rules()
    except RulesUnusable as error:
        return error


class _Stored:
    """What a building's configuration is made of, read once."""

    def __init__(self, building: Building, *, with_bindings: bool = True) -> None:
        self.building, self.with_bindings = building, with_bindings
        accounts = _live_accounts(building.pk)
        self.accounts = list(accounts.prefetch_related(_BINDINGS) if with_bindings else accounts)
        self.ended_ms = _ended_bindings(building.pk) if with_bindings else {}
        tariffs = {account.point.customer_class.tariff_id for account in self.accounts}
        self.prices = list(Price.objects.filter(tariff__in=tariffs).select_related("tariff"))

    def put(self, changed: Sequence[Instead]) -> None:
        """Change values in memory, wherever their holder stands; the holders of the caller stay as they are."""
        self.building = copy(self.building)
        points = [account.point for account in self.accounts]
        holders = [self.building, *points, *(point.customer_class for point in points)]
        for one in changed:
            for holder in holders:
                if holder == one.holder:
                    setattr(holder, one.field, one.value)

    def rules(self) -> Configure:
        """Give the configuration, as version 0. Raises RulesUnusable."""
        where = f"building {self.building.code}"
        return Configure(
            version=0,
            accounts=[_account_rule(account) for account in self.accounts],
            bindings=[
                _binding_rule(binding)
                for account in (self.accounts if self.with_bindings else ())
                for binding in account.bindings.all()
                if binding.from_ms >= self.ended_ms.get(binding.meter.meter_no, binding.from_ms)
            ],
            prices=[price_rule(price) for price in self.prices],
            policy=_read(self.building.policy, PolicyRule, f"{where}: its policy"),
            groups=_read(self.building.groups, list[GroupRule], f"{where}: its groups"),
        )


def _read(value: Any, form: Any, where: str) -> Any:
    try:
        return msgspec.convert(value, form)
    except msgspec.ValidationError as error:
        raise RulesUnusable(
            f"{where} can't be read ({error}); set it anew with `cardroom-central rules`"
        ) from error


_BINDINGS = Prefetch("bindings", Binding.objects.select_related("meter", "account").order_by("from_ms"))


def _live_accounts(building_id: int) -> Any:
    return (
        Account.objects.exclude(state=Account.State.CLOSED)
        .filter(point__room__building=building_id)
        .select_related("point__room__building", "point__customer_class__tariff", "pays_from")
        .prefetch_related(Prefetch("point__customer_class__buckets", Bucket.objects.order_by("order")))
        .order_by("code")
    )


def _ended_bindings(building_id: int) -> dict[str, int]:
    """Give by meter when a closed account last took it: earlier bindings don't come back with that account's end (C-3)."""
    ended = Binding.objects.filter(
        account__state=Account.State.CLOSED, account__point__room__building=building_id
    ).order_by("from_ms")
    return dict(ended.values_list("meter__meter_no", "from_ms"))


def _account_rule(account: Account) -> AccountRule:
    point: MeteringPoint = account.point
    customer_class = point.customer_class
    where = f"point {point.code} of class {customer_class.code}"
    rule = AccountRule(
        account=AccountId(account.code),
        room=point.room.full_label,
        tariff=customer_class.tariff.code,
        unit=customer_class.unit,
        buckets=[
            BucketRule(b.name, b.unit, b.order, b.refundable, b.rollover_max, b.rollover_until_ms)
            for b in customer_class.buckets.all()
        ],
        billing=Billing(point.billing),
        cut_off=CutOff(point.cut_off),
        protected=point.protected,
        overdraft=customer_class.overdraft,
        warn_at=_read(customer_class.warn_at, list[int], f"class {customer_class.code}: its warnings"),
        max_power_w=point.max_power_w,
        pays_from=AccountId(account.pays_from.code if account.pays_from else ""),
    )
    of_class = _read(customer_class.limits, dict[str, Any], f"class {customer_class.code}: its limits")
    limits = {**of_class, **_read(point.limits, dict[str, Any], f"point {point.code}: its limits")}
    if not limits:
        return rule
    whole: AccountRule = _read({**msgspec.to_builtins(rule), **limits}, AccountRule, f"{where}: its limits")
    return whole


def _binding_rule(binding: Binding) -> BindingRule:
    return BindingRule(
        binding=binding.code,
        meter=MeterNo(binding.meter.meter_no),
        account=AccountId(binding.account.code),
        from_ms=binding.from_ms,
        baseline_wh=binding.baseline_wh,
    )


def price_rule(price: Price) -> PriceRule:
    """Give a stored price as gateways have it. Raises RulesUnusable."""
    where = f"price {price.version}"
    return PriceRule(
        version=price.version,
        tariff=price.tariff.code,
        from_ms=price.from_ms,
        micro_yuan_per_kwh=price.micro_yuan_per_kwh,
        windows=_read(price.windows, list[PriceWindow], f"{where}: its windows"),
        steps=_read(price.steps, list[PriceStep], f"{where}: its steps"),
    )
