"""What a fault can be about: a meter's module, a room whose module nobody knows, a line, a concentrator."""

from dataclasses import dataclass

from central.campus.models import Account, Binding, Building, Room
from central.domain.fault_rules import Scope, Sign
from central.link.meter_swaps import meter_now
from central.workshop.devices.models import Device
from central.workshop.devices.queries import of_meter
from central.workshop.faults.models import Fault
from central.workshop.faults.signs import Seen


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing that may be faulty. `key` is the same while it lasts."""

    key: str
    scope: Scope
    building: Building
    about: str
    sign: Sign | Seen
    room: Room | None = None
    meter_no: str = ""
    device: Device | None = None


def of_module(meter_no: str, building: Building, sign: Sign | Seen) -> Matter:
    """Make a meter's matter, with the store's record and the room that it serves now."""
    return Matter(
        f"meter:{meter_no}",
        Scope.MODULE,
        building,
        meter_no,
        sign,
        room_of(meter_no),
        meter_no,
        of_meter(meter_no),
    )


def of_room(room: Room, sign: Sign | Seen) -> Matter:
    """Make a room's matter: its module's; where it has none, the room's own."""
    if meter := meter_of(room):
        return of_module(meter, room.building, sign)
    return Matter(f"room:{room.full_label}", Scope.MODULE, room.building, "", sign, room)


def of_line(building: Building, line: str, sign: Sign) -> Matter:
    """Make a line's matter."""
    return Matter(f"line:{building.code}/{line}", Scope.LINE, building, line, sign)


def of_gateway(gateway_id: str, building: Building, sign: Sign) -> Matter:
    """Make a concentrator's matter."""
    return Matter(f"gateway:{gateway_id}", Scope.CONCENTRATOR, building, gateway_id, sign)


def room_of(meter_no: str) -> Room | None:
    """Give the room that a meter is tied to now."""
    tie = Binding.objects.filter(meter__meter_no=meter_no).order_by("-from_ms")
    last = tie.select_related("account__point__room__building").first()
    return last.account.point.room if last else None


def find_record(fault: Fault) -> bool:
    """Tie the store's record of a fault's module, where it was made after the fault was opened; say whether it is new here."""
    if fault.device_id is not None or not fault.meter_no:
        return False
    fault.device = of_meter(fault.meter_no)
    return fault.device is not None


def meter_of(room: Room) -> str:
    """Give the meter that a room is billed by now, unless it has gone to another one since; empty where it has none."""
    account = Account.objects.filter(point__room=room).exclude(state=Account.State.CLOSED).first()
    meter = meter_now(account) if account else ""
    return meter if meter and room_of(meter) == room else ""
