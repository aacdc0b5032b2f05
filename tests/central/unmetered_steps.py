"""Steps of tests about rooms that nobody metered: uses by hour, software controls and swaps as a gateway told them."""

from central.campus.models import Account, Meter, MeteringPoint, Room
from central.link.models import Gateway, MeterSwap, SoftwareControl, SoftwareControlEnd
from central.link.telemetry.models import HourlyUse
from tests.central.conftest import NOW_MS

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
START_MS = (NOW_MS - 60 * DAY_MS) // DAY_MS * DAY_MS - 8 * HOUR_MS
"""Midnight on the campus, 60 days before now."""
ROOM = "1-301.1"


def use_hours(meter: str, from_ms: int, until_ms: int, wh: int) -> None:
    """A meter counted so much in each hour."""
    HourlyUse.objects.bulk_create(
        HourlyUse(meter=meter, hour_ms=at_ms, energy_wh=wh) for at_ms in range(from_ms, until_ms, HOUR_MS)
    )


def peers(count: int, from_ms: int, until_ms: int, wh: int) -> None:
    """More rooms of the same class in building 1, that used so much in each hour."""
    mine = Account.objects.get(code=ROOM)
    for number in range(count):
        room = Room.objects.create(building=mine.point.room.building, floor=3, label=f"39{number}")
        point = MeteringPoint.objects.create(
            code=f"1-39{number}", room=room, customer_class=mine.point.customer_class
        )
        account = Account.objects.create(code=f"1-39{number}.1", point=point, opened_ms=START_MS)
        meter = Meter.objects.create(meter_no=f"p-{number}", building=room.building)
        account.bindings.create(code=f"pb-{number}", meter=meter, from_ms=START_MS, baseline_wh=0)
        use_hours(meter.meter_no, from_ms, until_ms, wh)


def lived_since(code: str, from_ms: int) -> Account:
    """An account whose occupancy and binding began then."""
    account = Account.objects.get(code=code)
    Account.objects.filter(pk=account.pk).update(opened_ms=from_ms)
    account.bindings.update(from_ms=from_ms)
    account.refresh_from_db()
    return account


def control(name: str, from_ms: int, to_ms: int | None = None, **end: object) -> SoftwareControl:
    """A software control on the room of tests, from its last good register on; ended when `to_ms` is given."""
    row = SoftwareControl.objects.create(
        control=name,
        gateway=Gateway.objects.get(building__code="1"),
        account=ROOM,
        meter="m-301",
        began_ms=from_ms + 60_000,
        began_trusted=True,
        last_good_wh=100_000,
        last_good_ms=from_ms,
        last_good_trusted=True,
        by="lei",
        why="display dark",
        received_ms=from_ms,
    )
    if to_ms is not None:
        said = {"end": "swapped", "at_ms": to_ms, "at_trusted": True, "by": "lei", "why": "new module"}
        SoftwareControlEnd.objects.create(control=row, received_ms=to_ms, **(said | end))
    return row


def swap(name: str, from_ms: int, to_ms: int, **more: object) -> MeterSwap:
    """A module replaced on site."""
    said = {
        "gateway": Gateway.objects.get(building__code="1"),
        "account": ROOM,
        "binding": f"b-{name}"[:64],
        "old_meter": "m-301",
        "new_meter": "n-301",
        "last_wh": 100_000,
        "first_wh": 0,
        "by": "lei",
        "why": "display dark",
        "from_ms": to_ms,
        "at_ms": to_ms,
        "at_trusted": True,
        "last_at_ms": from_ms,
        "received_ms": to_ms,
    }
    return MeterSwap.objects.create(swap=name, **(said | more))
