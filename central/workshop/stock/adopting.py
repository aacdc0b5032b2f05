"""Modules that hang on walls already get their records: one act for a building, as often as one likes (R-4.3.3a)."""

import uuid
from dataclasses import dataclass

from django.db import transaction

from central.campus.models import Binding, Building, Meter
from central.domain.device_states import DeviceAct
from central.ledger.operations import record_audit
from central.office.models import User
from central.workshop.devices.models import Device, DeviceType
from central.workshop.devices.operations import DeviceMove, NewDevice, Refused, take_in
from central.workshop.stock.meter_models import SeenMeter, seen_by


@dataclass(frozen=True, slots=True)
class Adopted:
    """What came of it: how many have records now, had them before, and which are of another model by their gateway."""

    made: int
    known: int
    other_models: tuple[tuple[str, int], ...]
    refused: tuple[str, ...]
    """Meters' numbers that a step refused: another device is that meter."""


def adopt_building(
    building: Building, type_: DeviceType, *, only: str = "", actor: User, now_ms: int
) -> Adopted:
    """Make a record for each meter that hangs in a building and has none. One of another model than the gateways' is left.

    `only` names a meter: no other one gets its record.

    Each record is a transaction of its own: hundreds of them in one would keep the desk waiting. What was broken off is done again.
    """
    hanging = _hanging(building)
    if only:
        hanging = {number: room for number, room in hanging.items() if number == only}
    known = set(Device.objects.filter(meter_no__in=hanging).values_list("meter_no", flat=True))
    gateway = getattr(building, "gateway", None)
    seen = seen_by(gateway) if gateway else {}
    taken = set(Device.objects.filter(type=type_).values_list("serial", flat=True))
    made, others, refused = 0, dict[str, int](), [only] if only and only not in hanging else []
    for number, room in hanging.items():
        meter = seen.get(number)
        if number in known:
            continue
        if meter and type_.meter_model and meter.model != type_.meter_model:
            others[meter.model] = others.get(meter.model, 0) + 1
            continue
        serial, where = _serial(number, meter, taken), room or (meter.location if meter else "")
        new = NewDevice(type_, serial, meter_no=number, act=DeviceAct.ADOPTED)
        if isinstance(_adopt(new, building, where, actor, now_ms), Device):
            made += 1
            taken.add(serial)
        else:
            refused.append(number)
    if made:
        with transaction.atomic():
            _on_record(building, type_, made, actor, now_ms)
    return Adopted(made, len(known), tuple(sorted(others.items())), tuple(refused))


def _adopt(new: NewDevice, building: Building, where: str, actor: User, now_ms: int) -> Device | Refused:
    step = uuid.uuid5(uuid.NAMESPACE_OID, f"adopted {new.meter_no}").hex
    move = DeviceMove(step, new.act, now_ms, building=building, where=where, source="adopted")
    return take_in(new, move, actor=actor, now_ms=now_ms)


def _hanging(building: Building) -> dict[str, str]:
    """Give the meters that hang in a building with their rooms' labels: bound ones, and those never bound, such as masters."""
    of_point: dict[int, Binding] = {}
    of_meter: dict[int, Binding] = {}
    ties = Binding.objects.filter(account__point__room__building=building, meter__building=building)
    for tie in ties.select_related("meter", "account__point__room").order_by("from_ms", "pk"):
        of_point[tie.account.point_id] = of_meter[tie.meter_id] = tie
    lasting = [tie for tie in of_point.values() if of_meter[tie.meter_id] is tie]
    rooms = {tie.meter.meter_no: tie.account.point.room.label for tie in lasting}
    unbound = Meter.objects.filter(building=building, bindings=None).values_list("meter_no", flat=True)
    return dict(sorted((rooms | dict.fromkeys(unbound, "")).items()))


def _serial(number: str, meter: SeenMeter | None, taken: set[str]) -> str:
    """Give the address that the gateway reads it by; the meter's number where nobody knows one, or another device has it."""
    return meter.address if meter and meter.address and meter.address not in taken else number


def _on_record(building: Building, type_: DeviceType, made: int, actor: User, now_ms: int) -> None:
    record_audit(
        actor=actor.get_username(),
        action="adopt-meters",
        subject=building.code,
        detail=f"{made} {type_.code}",
        now_ms=now_ms,
    )
