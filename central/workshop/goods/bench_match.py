"""Find the bench's record of a delivered device, and say where it speaks against it (R-4.3.1)."""

from collections.abc import Sequence

from central.domain.goods_in import Deviation, Finding, deviation
from central.workshop.bench.models import BenchRecord
from central.workshop.bench.queries import records_of
from central.workshop.devices.models import Device
from central.workshop.goods.models import Order
from central.workshop.goods.queries import came_of, ordered_of

MOST_RECORDS = 500


def bench_of(device: Device) -> BenchRecord | None:
    """Give the newest bench record of the device's serial number."""
    return records_of(device.serial).first()


def found_by_itself(device: Device, record: BenchRecord | None) -> Sequence[Finding]:
    """Give what order and bench record say against a device."""
    found = []
    if _is_other_than_ordered(device) or (record and _is_other_model(device, record)):
        found.append(Finding.OTHER_MODEL)
    if record and record.verdict == BenchRecord.Verdict.FAILED:
        found.append(Finding.BENCH_FAILED)
    return found


def _is_other_than_ordered(device: Device) -> bool:
    order = Order.objects.filter(number=device.order).first() if device.order else None
    return (
        order is not None
        and deviation(ordered_of(order), came_of(order), device.type.code) is Deviation.NOT_ORDERED
    )


def _is_other_model(device: Device, record: BenchRecord) -> bool:
    """A bench names models as the gateways do; a type that has no such name is not compared."""
    expected = device.type.meter_model
    return bool(expected) and record.model.casefold() not in (
        expected.casefold(),
        device.type.name.casefold(),
    )


def unknown_of(order: Order) -> list[BenchRecord]:
    """Give the bench records that name this order, and a serial number that nobody entered: entered wrongly, or not yet."""
    records = BenchRecord.objects.filter(order__iexact=order.number).order_by("-at_ms")[:MOST_RECORDS]
    serials = {
        serial.casefold()
        for serial in Device.objects.filter(type__maker=order.maker).values_list("serial", flat=True)
    }
    return [one for one in records if not serials & {one.identity.casefold(), one.address.casefold()}]
