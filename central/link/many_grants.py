"""Give credit to many rooms at once: what `issue_grant` does for one, in a few statements per building (C-1, C-5).

A go-live credits a whole campus in one transaction; nobody at the desk may wait for it longer than need be.
"""

from collections.abc import Iterable, Sequence

from central.campus.models import Building
from central.link.configuration import publish_if_changed
from central.link.grants import give_serials, order_of
from central.link.models import Delivery, Gateway, Grant
from central.link.outbox import enqueue_many

ROWS_AT_ONCE = 500


def lock_buildings(building_ids: Iterable[int]) -> dict[int, Gateway]:
    """Lock the gateways of buildings, then the buildings, each in the order of their keys; give the gateways by building."""
    wanted = sorted(set(building_ids))
    gateways = Gateway.objects.select_for_update().filter(building__in=wanted).order_by("pk")
    by_building = {gateway.building_id: gateway for gateway in gateways}
    list(Building.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk"))
    return by_building


def issue_grants(grants: Sequence[Grant], gateways: dict[int, Gateway], now_ms: int) -> None:
    """Store grants that are not stored yet, with their deliveries and commands; their buildings are locked (`lock_buildings`).

    `grants` carry their accounts with `point.room` loaded. Without a gateway, or while one is being restored, the command
    follows later. The building's configuration goes first when it changed, so that the gateway knows the accounts.
    """
    Grant.objects.bulk_create(grants, batch_size=ROWS_AT_ONCE)
    by_building: dict[int, list[Delivery]] = {}
    for grant in grants:
        by_building.setdefault(grant.account.point.room.building_id, []).append(Delivery(grant=grant))
    for building_id, deliveries in sorted(by_building.items()):
        if building_id in gateways:
            _deliver(gateways[building_id].pk, deliveries, now_ms)
        Delivery.objects.bulk_create(deliveries, batch_size=ROWS_AT_ONCE)


def _deliver(gateway_id: str, deliveries: list[Delivery], now_ms: int) -> None:
    publish_if_changed(gateway_id, now_ms)
    gateway = give_serials(gateway_id, deliveries, now_ms)
    if not gateway.takes_orders:
        return
    orders = [(order_of(delivery), delivery.grant_id) for delivery in deliveries]
    for delivery, command in zip(deliveries, enqueue_many(gateway_id, orders, now_ms=now_ms), strict=True):
        delivery.command = command
