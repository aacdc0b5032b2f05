"""Find devices: by what a label, a plate or a meter says, and by state."""

from django.db.models import Count, Q, QuerySet

from central.domain.device_states import DeviceState
from central.workshop.devices.models import Device, DeviceType

HOW_MANY = 200


def named(text: str) -> list[Device]:
    """Give the devices that a text names: a stock, serial or meter's number, whole; blanks around it don't count."""
    text = text.strip()
    if not text:
        return []
    is_it = Q(number__iexact=text) | Q(serial__iexact=text) | Q(meter_no=text)
    return list(Device.objects.filter(is_it).select_related("type__maker", "place", "building")[:HOW_MANY])


def of_meter(meter_no: str) -> Device | None:
    """Give the device that is this meter, if the store has a record of it."""
    return Device.objects.filter(meter_no=meter_no).select_related("type__maker", "building").first()


def good_by_type() -> QuerySet[DeviceType]:
    """Give the active types, each with `good`: how many good ones lie in stock."""
    good = Count("devices", filter=Q(devices__state=DeviceState.GOOD.value))
    return DeviceType.objects.filter(is_active=True).annotate(good=good).select_related("maker")
