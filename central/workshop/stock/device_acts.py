"""What the store itself does to a device: move it, say that it is repaired and tested, scrap it. One step each."""

from dataclasses import dataclass
from enum import StrEnum

from central.domain.device_states import HELD, DeviceAct, DeviceState, state_after
from central.office.models import User
from central.workshop.devices.models import Device, DeviceStep, Place
from central.workshop.devices.operations import DeviceMove, DeviceRefusal, Refused, step
from central.workshop.stock.queries import passed_since

OWN_ACTS = (DeviceAct.MOVED, DeviceAct.REPAIRED, DeviceAct.SCRAPPED)


class ActRefusal(StrEnum):
    """Why the store's act was not done, beside what a step refuses."""

    NOT_TESTED = "not-tested"
    """No bench record passed since the device is faulty, and no reason is given."""
    SAME_PLACE = "same-place"


@dataclass(frozen=True, slots=True)
class Asked:
    """An act as the form sends it. `step` makes it the same act when it is sent again."""

    step: str
    act: DeviceAct
    place: Place | None = None
    why: str = ""


def acts_of(device: Device) -> list[DeviceAct]:
    """Give the store's acts that a device's state allows."""
    return [act for act in OWN_ACTS if state_after(act, DeviceState(device.state)) is not None]


def holds_after(device: Device, act: DeviceAct) -> str:
    """Give what the place must hold that a device is put to by an act; empty where it is put to none."""
    state = state_after(act, DeviceState(device.state))
    return HELD[state].value if state in HELD else ""


def do(device: Device, asked: Asked, *, actor: User, now_ms: int) -> Device | Refused | ActRefusal:
    """Do one of the store's acts. What was repaired has passed its test since, or somebody says why it counts as good."""
    assert asked.act in OWN_ACTS, asked.act
    source = ""
    is_sent_again = DeviceStep.objects.filter(step=asked.step).exists()
    if not is_sent_again and (refused := _refused(device, asked)) is not None:
        return refused
    if asked.act is DeviceAct.REPAIRED and (record := passed_since(device)) is not None:
        source = f"bench:{record.record_id}"
    move = DeviceMove(asked.step, asked.act, now_ms, asked.place, source=source, why=asked.why)
    return step(device.number, move, actor=actor, now_ms=now_ms)


def _refused(device: Device, asked: Asked) -> Refused | ActRefusal | None:
    if asked.act is DeviceAct.MOVED and asked.place is not None and asked.place.pk == device.place_id:
        return ActRefusal.SAME_PLACE
    is_untested = asked.act is DeviceAct.REPAIRED and device.state == DeviceState.FAULTY
    if is_untested and passed_since(device) is None and not asked.why.strip():
        return ActRefusal.NOT_TESTED
    if asked.place is None and holds_after(device, asked.act):
        return Refused(DeviceRefusal.NO_PLACE)
    return None
