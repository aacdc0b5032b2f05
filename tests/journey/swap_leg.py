"""A module replaced on the running campus, after its room was under software control: what central made of it (R-4.3.5).

Run in central's environment: `python -m tests.journey.swap_leg OLD NEW`; it prints what it saw as JSON.
"""

import json
import sys

from tests.journey.work_leg import wait_for


def replaced(old_meter: str, new_meter: str) -> dict[str, object]:
    """Wait for the gateway's word of the swap, and let the minute's look record it; the store has both modules."""
    from central import clock
    from central.link.models import MeterSwap, SoftwareControlEnd
    from central.office.models import User
    from central.workshop.replacements.minding import mind_replacements
    from central.workshop.replacements.models import Replacement, TrueUp
    from central.workshop.replacements.recording import try_devices

    devices = _store(old_meter, new_meter)
    wait_for(MeterSwap.objects.exists, "the swap told")
    wait_for(SoftwareControlEnd.objects.exists, "the software control's end told")
    mind_replacements(clock.now_ms())
    row, true_up, end = Replacement.objects.get(), TrueUp.objects.get(), SoftwareControlEnd.objects.get()
    lei = User.objects.create_user("lei", role="store")
    # The minute's own look may have been before the store's entries.
    try_devices(row.pk, actor=lei, now_ms=clock.now_ms())
    for device in devices:
        device.refresh_from_db()
    return {
        "replacement": [row.account, row.old_meter, row.new_meter, row.first_wh],
        "devices": [device.state for device in devices],
        "true-up": [true_up.account.code, true_up.kind, true_up.method, true_up.state],
        "counted": [true_up.energy_wh == end.counted_wh, true_up.energy_wh > 0],
    }


def _store(old_meter: str, new_meter: str) -> list[object]:
    """Enter both modules: the old one in use, the new one good."""
    from central.campus.models import Building
    from central.domain.device_states import DeviceAct, Holds
    from central.workshop.devices.models import DeviceType, Maker, Place
    from central.workshop.devices.operations import DeviceMove, NewDevice, step, take_in

    maker = Maker.objects.create(code="hx", name="Huaxing")
    module = DeviceType.objects.create(code="dds", kind=DeviceType.Kind.MODULE, maker=maker, name="DDS")
    places = {
        one: Place.objects.create(code=f"t-{one.value}", name=one.value, holds=one.value) for one in Holds
    }
    adopted = DeviceMove("a", DeviceAct.ADOPTED, 1, building=Building.objects.get(code="1"), where="104")
    received = DeviceMove("b", DeviceAct.RECEIVED, 1, places[Holds.ARRIVALS])
    old = NewDevice(module, "old", meter_no=old_meter, act=DeviceAct.ADOPTED)
    devices = [
        take_in(one, move, actor=None, now_ms=2)
        for one, move in ((old, adopted), (NewDevice(module, new_meter), received))
    ]
    step(devices[1].number, DeviceMove("c", DeviceAct.PASSED, 2, places[Holds.GOOD]), actor=None, now_ms=3)
    return devices


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(replaced(*sys.argv[1:])))
