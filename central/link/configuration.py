"""Build a building's configuration from the campus and send it when it changed (C-3): whole, signed, versioned."""

import msgspec
from django.db.models import F

from central.campus.gateway_rules import RulesUnusable, rules_of
from central.link.alarms import clear_alarm, raise_alarm
from central.link.models import Command, Gateway, GatewayEpoch
from central.link.openings import opening_for
from central.link.outbox import enqueue, locked
from central.prepared import Prepared
from gateway.contract.commands import Configure, Opening, encode_command
from gateway.contract.envelope import MAX_BYTES

ENVELOPE_BYTES = 2_000
RULES_UNUSABLE = "rules-unusable"


class ConfigurationTooBig(RuntimeError):
    """A building has more accounts than one message can carry."""


def build(gateway: Gateway, version: int, opening: Opening | None = None) -> Configure:
    """Give the whole configuration of a gateway's building as the campus is now. Raises RulesUnusable."""
    rules = rules_of(gateway.building)
    return msgspec.structs.replace(rules, version=version, opening=opening)


def publish_config(gateway_id: str, now_ms: int) -> Command | None:
    """Number and store a new version of the configuration, inside the caller's transaction. Raises ConfigurationTooBig.

    Until the gateway has taken the opening of its epoch, each configuration carries it: nothing else is taken before (C-11).
    A first epoch's opening is empty; its rows are booked from the first one on.
    None while the rules stored can't be read (an alarm names them), while no epoch is known, or a new one was ordered, or the
    gateway's word is awaited: what answers carries the configuration then.
    """
    gateway = locked(gateway_id)
    epoch = GatewayEpoch.objects.filter(gateway=gateway, epoch=gateway.epoch).first()
    if epoch is None or not gateway.takes_orders:
        return None
    gateway.building.refresh_from_db()
    version = max(gateway.config_version, gateway.applied_config_version) + 1
    is_first = gateway.applied_config_version == 0
    opening = None if epoch.opened and not is_first else opening_for(gateway)
    try:
        configure = build(gateway, version, opening)
    except RulesUnusable as error:
        raise_alarm(RULES_UNUSABLE, gateway_id, now_ms=now_ms, gateway_id=gateway_id, detail=str(error))
        return None
    clear_alarm(RULES_UNUSABLE, gateway_id, now_ms=now_ms, gateway_id=gateway_id)
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


_UP_TO_DATE = Prepared(
    lambda gateway: (
        Gateway.objects.filter(pk=gateway, published_revision=F("building__revision"))
        .order_by()
        .values_list("pk", flat=True)
    ),
    str,
)
"""Ingest asks it of each gateway every second."""


def publish_if_changed(gateway_id: str, now_ms: int) -> Command | None:
    """Send the configuration when the building moved on since the last one; None when it didn't."""
    if gateway_id in _UP_TO_DATE.rows(gateway_id):
        return None
    return publish_config(gateway_id, now_ms)
