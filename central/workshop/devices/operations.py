"""Take a device in, and lead it from step to step: one transaction each, each step once, all on record.

Nothing else writes a device: goods-in, stock-taking, claims, faults and replacements call `take_in` and `step` inside their own
transactions.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from django.db import transaction

from central.campus.models import Building
from central.domain.device_states import DeviceAct, DeviceState, Holds, fits, state_after
from central.ledger.one_writer import lock_head, one_writer
from central.ledger.operations import record_audit
from central.office.models import User
from central.workshop.devices.models import Device, DeviceCounter, DeviceStep, DeviceType, Place

CENTRAL = "central"
LETTERS = {DeviceType.Kind.MODULE: "M", DeviceType.Kind.CONCENTRATOR: "C"}
LONGEST_WHY = 300


class DeviceRefusal(StrEnum):
    """Why a step was not taken."""

    UNKNOWN_DEVICE = "unknown-device"
    UNKNOWN_TYPE = "unknown-type"
    NO_SERIAL = "no-serial"
    SERIAL_KNOWN = "serial-known"
    """Another record has this serial number of this type: `what` is its stock number."""
    METER_KNOWN = "meter-known"
    """Another device is this meter: `what` is its stock number."""
    NOT_FROM_THIS_STATE = "not-from-this-state"
    """The act can't be done to a device in its present state, which `what` names."""
    WRONG_PLACE = "wrong-place"
    """The place holds other devices: good never lies among faulty."""
    NO_PLACE = "no-place"
    """A device in this state lies somewhere: say where."""
    NO_REASON = "no-reason"
    EXISTS_WITH_DIFFERENT = "exists-with-different"


@dataclass(frozen=True, slots=True)
class Refused:
    """An expected refusal."""

    why: DeviceRefusal
    what: str = ""


@dataclass(frozen=True, slots=True)
class NewDevice:
    """What is taken in. `act` is RECEIVED for what arrives, ADOPTED for what hangs on a wall already."""

    type: DeviceType
    serial: str
    order: str = ""
    meter_no: str = ""
    act: DeviceAct = DeviceAct.RECEIVED


@dataclass(frozen=True, slots=True)
class DeviceMove:
    """One step. `step` is its originator's id; `at_ms` when it happened."""

    step: str
    act: DeviceAct
    at_ms: int
    place: Place | None = None
    building: Building | None = None
    where: str = ""
    meter_no: str = ""
    """Named when it is installed: the campus's number of it."""
    source: str = ""
    why: str = ""


@one_writer
@transaction.atomic
def take_in(new: NewDevice, move: DeviceMove, *, actor: User | None, now_ms: int) -> Device | Refused:
    """Give a device its stock number and its first step; the same step again gives the same device."""
    lock_head()
    if (known := _known(move)) is not None:
        return known
    serial = new.serial.strip()
    if not serial:
        return Refused(DeviceRefusal.NO_SERIAL)
    if (twin := Device.objects.filter(type=new.type, serial=serial).first()) is not None:
        return Refused(DeviceRefusal.SERIAL_KNOWN, twin.number)
    state = state_after(new.act, None)
    assert state is not None, f"{new.act} begins no record"
    if (refused := _misplaced(state, move) or _meter_taken(new.meter_no, "")) is not None:
        return refused
    device = Device(
        number=_next_number(new.type),
        type=new.type,
        serial=serial,
        order=new.order.strip(),
        meter_no=new.meter_no,
        arrived_ms=move.at_ms if new.act is DeviceAct.RECEIVED else None,
    )
    _write(device, move, state, actor, now_ms)
    return device


@one_writer
@transaction.atomic
def step(number: str, move: DeviceMove, *, actor: User | None, now_ms: int) -> Device | Refused:
    """Lead a device one step further; the same step again changes nothing."""
    lock_head()
    if (known := _known(move, number)) is not None:
        return known
    device = Device.objects.select_for_update(no_key=True, of=("self",)).filter(pk=number).first()
    if device is None:
        return Refused(DeviceRefusal.UNKNOWN_DEVICE, number)
    state = state_after(move.act, DeviceState(device.state))
    if state is None:
        return Refused(DeviceRefusal.NOT_FROM_THIS_STATE, device.state)
    if move.act is DeviceAct.SCRAPPED and not move.why.strip():
        return Refused(DeviceRefusal.NO_REASON)
    if (refused := _misplaced(state, move) or _meter_taken(move.meter_no, number)) is not None:
        return refused
    device.meter_no = move.meter_no or device.meter_no
    _write(device, move, state, actor, now_ms)
    return device


@one_writer
@transaction.atomic
def correct(
    number: str, type_: DeviceType, serial: str, move: DeviceMove, *, actor: User, now_ms: int
) -> Device | Refused:
    """Mend what was entered wrongly, serial number or model, while a device waits for its check; `move.why` says why.

    It stays where it is: `move` is MOVED. Its stock number stays, so its kind does; the step tells what it was before.
    """
    lock_head()
    device = Device.objects.select_related("type", "place").filter(pk=number).first()
    serial = " ".join(serial.split())
    if device is None:
        return Refused(DeviceRefusal.UNKNOWN_DEVICE, number)
    if (known := _known(move, number)) is not None:
        return known
    if device.state != DeviceState.ARRIVED:
        return Refused(DeviceRefusal.NOT_FROM_THIS_STATE, device.state)
    if type_.kind != device.type.kind:
        return Refused(DeviceRefusal.UNKNOWN_TYPE)
    if not serial:
        return Refused(DeviceRefusal.NO_SERIAL)
    if not move.why.strip():
        return Refused(DeviceRefusal.NO_REASON)
    twin = Device.objects.filter(type=type_, serial__iexact=serial).exclude(pk=number).first()
    if twin is not None:
        return Refused(DeviceRefusal.SERIAL_KNOWN, twin.number)
    before = f"{device.type.code} {device.serial} -> {type_.code} {serial}"
    device.type, device.serial = type_, serial
    told = replace(move, place=device.place, why=f"{before}: {move.why.strip()}")
    _write(device, told, DeviceState.ARRIVED, actor, now_ms)
    return device


def _known(move: DeviceMove, number: str = "") -> Device | Refused | None:
    """Give what the same step did before; another act, or another device, under its id is refused."""
    done = DeviceStep.objects.select_related("device").filter(step=move.step).first()
    if done is None:
        return None
    is_same = done.act == move.act.value and number in ("", done.device_id)
    return done.device if is_same else Refused(DeviceRefusal.EXISTS_WITH_DIFFERENT, move.step)


def _misplaced(state: DeviceState, move: DeviceMove) -> Refused | None:
    holds = None if move.place is None else Holds(move.place.holds)
    if fits(state, holds):
        return None
    return Refused(DeviceRefusal.NO_PLACE if holds is None else DeviceRefusal.WRONG_PLACE, state.value)


def _meter_taken(meter_no: str, number: str) -> Refused | None:
    if not meter_no:
        return None
    other = Device.objects.filter(meter_no=meter_no).exclude(pk=number).first()
    return Refused(DeviceRefusal.METER_KNOWN, other.number) if other else None


def _next_number(type_: DeviceType) -> str:
    letter = LETTERS[DeviceType.Kind(type_.kind)]
    DeviceCounter.objects.get_or_create(letter=letter)
    counter = DeviceCounter.objects.select_for_update().get(pk=letter)
    counter.last += 1
    counter.save(update_fields=["last"])
    return f"{letter}-{counter.last:06d}"


def _write(device: Device, move: DeviceMove, state: DeviceState, actor: User | None, now_ms: int) -> None:
    is_in_use = state is DeviceState.IN_USE
    if device.state != state.value:
        device.since_ms = move.at_ms
    device.state = state.value
    device.place = move.place
    device.building = move.building if is_in_use else None
    device.where = move.where[:80] if is_in_use else ""
    device.save()
    DeviceStep.objects.create(
        step=move.step,
        device=device,
        act=move.act.value,
        state=state.value,
        place=move.place,
        building=move.building,
        where=move.where[:80],
        source=move.source,
        why=move.why.strip()[:LONGEST_WHY],
        at_ms=move.at_ms,
        received_ms=now_ms,
        by=actor,
    )
    record_audit(
        actor=actor.username if actor else CENTRAL,
        action="device-step",
        subject=device.number,
        detail=f"{move.act.value} {move.source} {move.why.strip()}".strip()[:200],
        now_ms=now_ms,
    )
