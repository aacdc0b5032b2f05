"""The campus in the gateway's words: what a building's configuration lists, from accounts to groups (C-3)."""

from collections.abc import Iterable
from typing import Any

import msgspec
from django.db.models import Prefetch

from central.campus.models import Account, Binding, Bucket, Building, MeteringPoint, Price
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


def rules_of(building: Building) -> Configure:
    """Give a building's whole configuration as the campus is now, as version 0. Closed accounts are left out.

    Raises RulesUnusable.
    """
    accounts = list(_live_accounts(building.pk))
    ended_ms = _ended_bindings(building.pk)
    tariffs = {account.point.customer_class.tariff_id for account in accounts}
    return Configure(
        version=0,
        accounts=[_account_rule(account) for account in accounts],
        bindings=[
            _binding_rule(binding)
            for account in accounts
            for binding in account.bindings.all()
            if binding.from_ms >= ended_ms.get(binding.meter.meter_no, binding.from_ms)
        ],
        prices=[
            _price_rule(price) for price in Price.objects.filter(tariff__in=tariffs).select_related("tariff")
        ],
        policy=_read(building.policy, PolicyRule, f"building {building.code}: its policy"),
        groups=_read(building.groups, list[GroupRule], f"building {building.code}: its groups"),
    )


def _read(value: Any, form: Any, where: str) -> Any:
    try:
        return msgspec.convert(value, form)
    except msgspec.ValidationError as error:
        raise RulesUnusable(
            f"{where} can't be read ({error}); set it anew with `cardroom-central rules`"
        ) from error


def _live_accounts(building_id: int) -> Iterable[Account]:
    return (
        Account.objects.exclude(state=Account.State.CLOSED)
        .filter(point__room__building=building_id)
        .select_related("point__room__building", "point__customer_class__tariff", "pays_from")
        .prefetch_related(
            Prefetch("bindings", Binding.objects.select_related("meter", "account").order_by("from_ms")),
            Prefetch("point__customer_class__buckets", Bucket.objects.order_by("order")),
        )
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


def _price_rule(price: Price) -> PriceRule:
    where = f"price {price.version}"
    return PriceRule(
        version=price.version,
        tariff=price.tariff.code,
        from_ms=price.from_ms,
        micro_yuan_per_kwh=price.micro_yuan_per_kwh,
        windows=_read(price.windows, list[PriceWindow], f"{where}: its windows"),
        steps=_read(price.steps, list[PriceStep], f"{where}: its steps"),
    )
