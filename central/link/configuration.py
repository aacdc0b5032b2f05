"""Build a building's configuration from the campus and send it when it changed (C-3): whole, signed, versioned."""

from collections.abc import Iterable

import msgspec
from django.db.models import Prefetch

from central.campus.meter_groups import groups_of
from central.campus.models import Account, Binding, Bucket, MeteringPoint, Price
from central.link.models import Command, Gateway, GatewayEpoch
from central.link.openings import opening_for
from central.link.outbox import enqueue, locked
from gateway.contract.commands import Configure, Opening, encode_command
from gateway.contract.envelope import MAX_BYTES
from gateway.contract.identifiers import AccountId, MeterNo
from gateway.contract.rules import (
    AccountRule,
    Billing,
    BindingRule,
    BucketRule,
    CutOff,
    PolicyRule,
    PriceRule,
    PriceStep,
    PriceWindow,
)

ENVELOPE_BYTES = 2_000


class ConfigurationTooBig(RuntimeError):
    """A building has more accounts than one message can carry."""


def build(gateway: Gateway, version: int, opening: Opening | None = None) -> Configure:
    """Give the whole configuration of a gateway's building as the campus is now. Closed accounts are left out."""
    accounts = list(_live_accounts(gateway.building_id))
    ended_ms = _ended_bindings(gateway.building_id)
    tariffs = {account.point.customer_class.tariff_id for account in accounts}
    return Configure(
        version=version,
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
        policy=msgspec.convert(gateway.building.policy, PolicyRule),
        opening=opening,
        groups=groups_of(gateway.building),
    )


def publish_config(gateway_id: str, now_ms: int) -> Command | None:
    """Number and store a new version of the configuration, inside the caller's transaction. Raises ConfigurationTooBig.

    Until the gateway has taken the opening of its epoch, each configuration carries it: nothing else is taken before (C-11).
    A first epoch's opening is empty; its rows are booked from the first one on.
    None while no epoch is known, or a new one was ordered: its opening carries the configuration then.
    """
    gateway = locked(gateway_id)
    epoch = GatewayEpoch.objects.filter(gateway=gateway, epoch=gateway.epoch).first()
    if gateway.awaits_epoch or epoch is None:
        return None
    gateway.building.refresh_from_db()
    version = max(gateway.config_version, gateway.applied_config_version) + 1
    is_first = gateway.applied_config_version == 0
    opening = None if epoch.opened and not is_first else opening_for(gateway)
    configure = build(gateway, version, opening)
    size = len(encode_command(configure)) + ENVELOPE_BYTES
    if size > MAX_BYTES:
        raise ConfigurationTooBig(
            f"the configuration of gateway {gateway_id} is {size} bytes, above the link's {MAX_BYTES}: "
            "split the building between two gateways"
        )
    command = enqueue(gateway_id, configure, subject=str(version), now_ms=now_ms)
    Gateway.objects.filter(pk=gateway_id).update(
        config_version=version,
        published_revision=gateway.building.revision,
        opening_number=gateway.opening_number if epoch.opened else command.number,
    )
    return command


def publish_if_changed(gateway_id: str, now_ms: int) -> Command | None:
    """Send the configuration when the building moved on since the last one; None when it didn't."""
    gateway = Gateway.objects.select_related("building").get(pk=gateway_id)
    if gateway.published_revision == gateway.building.revision:
        return None
    return publish_config(gateway_id, now_ms)


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
        warn_at=list(customer_class.warn_at),
        max_power_w=point.max_power_w,
        pays_from=AccountId(account.pays_from.code if account.pays_from else ""),
    )
    limits = {**customer_class.limits, **point.limits}
    return msgspec.convert({**msgspec.to_builtins(rule), **limits}, AccountRule) if limits else rule


def _binding_rule(binding: Binding) -> BindingRule:
    return BindingRule(
        binding=binding.code,
        meter=MeterNo(binding.meter.meter_no),
        account=AccountId(binding.account.code),
        from_ms=binding.from_ms,
        baseline_wh=binding.baseline_wh,
    )


def _price_rule(price: Price) -> PriceRule:
    return PriceRule(
        version=price.version,
        tariff=price.tariff.code,
        from_ms=price.from_ms,
        micro_yuan_per_kwh=price.micro_yuan_per_kwh,
        windows=msgspec.convert(price.windows, list[PriceWindow]),
        steps=msgspec.convert(price.steps, list[PriceStep]),
    )
