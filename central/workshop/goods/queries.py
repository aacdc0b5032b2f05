"""Orders, deliveries and checks for pages: what was ordered, what came, what is missing, what waits."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from central.domain.device_states import DeviceState
from central.domain.goods_in import missing
from central.domain.notice import DAY_MS
from central.office.dated_settings import number_at
from central.workshop.devices.models import Device, DeviceType
from central.workshop.goods.models import Arrival, Delivery, Order

MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class LineRow:
    """One model of an order: ordered, come, still missing."""

    type: DeviceType
    ordered: int
    came: int
    missing: int


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order with its lines."""

    order: Order
    lines: tuple[LineRow, ...]

    @property
    def missing(self) -> int:
        """How many devices have not come."""
        return sum(line.missing for line in self.lines)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One device that waits for its check, since when, and whether that is too long."""

    device: Device
    since_ms: int
    is_late: bool


def ordered_of(order: Order) -> dict[str, int]:
    """Give type's code -> how many were ordered."""
    return {line.type.code: line.quantity for line in order.lines.select_related("type")}


def came_of(order: Order) -> dict[str, int]:
    """Give type's code -> how many came in all deliveries of an order."""
    codes = Arrival.objects.filter(delivery__order=order).values_list("device__type__code", flat=True)
    return Counter(codes)


def order_row(order: Order) -> OrderRow:
    """Give an order with what is missing of it; what came without being ordered stands below, ordered 0."""
    ordered, came = ordered_of(order), came_of(order)
    lacks = missing(ordered, came)
    types = {one.code: one for one in DeviceType.objects.filter(code__in=[*ordered, *came])}
    codes = [*ordered, *(code for code in came if code not in ordered)]
    return OrderRow(
        order,
        tuple(
            LineRow(types[code], ordered.get(code, 0), came.get(code, 0), lacks.get(code, 0))
            for code in codes
        ),
    )


def open_orders() -> list[OrderRow]:
    """Give the orders that are not closed, the oldest first."""
    found = Order.objects.filter(closed_ms=None).select_related("maker").order_by("day", "number")
    return [order_row(one) for one in found[:MOST_ROWS]]


def still_to_come() -> dict[int, int]:
    """Give type's key -> how many of open orders have not come."""
    found = Counter[int]()
    for order in Order.objects.filter(closed_ms=None):
        found.update({line.type.pk: line.missing for line in order_row(order).lines})
    return found


def deliveries() -> QuerySet[Delivery]:
    """Give the deliveries with how many devices each has, the newest first."""
    found = Delivery.objects.select_related("order__maker", "claim__maker", "place", "by")
    return found.annotate(count=Count("arrivals"))


def arrivals_of(delivery: Delivery) -> QuerySet[Arrival]:
    """Give what is entered of a delivery, in order."""
    return delivery.arrivals.select_related("device__type", "by")


def waiting(now_ms: int) -> list[Waiting]:
    """Give the devices that wait for their check, the oldest first; late after `goods.check-within` days."""
    late_ms = number_at("goods.check-within", now_ms) * DAY_MS
    found = Device.objects.filter(state=DeviceState.ARRIVED).select_related("type__maker", "place")
    return [
        Waiting(one, one.since_ms, now_ms - one.since_ms > late_ms)
        for one in found.order_by("since_ms", "number")[:MOST_ROWS]
    ]
