"""Check a device that came: who it is, what is damaged, good or faulty; a faulty one begins a claim. One transaction, on record."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction

from central.domain.device_states import DeviceAct, DeviceState
from central.domain.goods_in import SEEN, CheckFault, Finding, check_fault
from central.ledger.one_writer import lock_head, one_writer
from central.office.models import User
from central.office.photo_models import Photo
from central.workshop.claims.models import Claim
from central.workshop.claims.operations import Refused as ClaimRefused
from central.workshop.claims.operations import open_claim
from central.workshop.devices.models import Device, Place
from central.workshop.devices.operations import DeviceMove, DeviceRefusal, step
from central.workshop.devices.operations import Refused as DeviceRefused
from central.workshop.goods.bench_match import bench_of, found_by_itself
from central.workshop.goods.models import GoodsCheck

LONGEST_TEXT = 1000


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing that a person saw, with his words and the digests of its photographs."""

    what: Finding
    text: str = ""
    photos: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """What a person says of a device. `read_plate`: he read serial number and model off its plate, and they are as entered."""

    step: str
    is_good: bool
    place: Place | None
    damages: Sequence[Damage] = ()
    read_plate: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """An expected refusal: of the check itself, of the device's step, or of its claim."""

    why: CheckFault | DeviceRefused | ClaimRefused


@one_writer
@transaction.atomic
def check_device(number: str, said: Checked, *, actor: User, now_ms: int) -> GoodsCheck | Refused:
    """Keep the check, lead the device to good or faulty, and begin a claim for a faulty one. The same again changes nothing."""
    lock_head()
    if (known := GoodsCheck.objects.filter(step=said.step).first()) is not None:
        is_same = (known.device_id, known.outcome) == (number, outcome_of(said))
        return known if is_same else _refused(DeviceRefusal.EXISTS_WITH_DIFFERENT)
    device = Device.objects.select_related("type__maker").filter(pk=number).first()
    if device is None:
        return _refused(DeviceRefusal.UNKNOWN_DEVICE, number)
    if device.state != DeviceState.ARRIVED:
        return _refused(DeviceRefusal.NOT_FROM_THIS_STATE, device.state)
    record = bench_of(device)
    found = {one: Damage(one) for one in found_by_itself(device, record)}
    found |= {one.what: one for one in said.damages if one.what in SEEN}
    if (fault := _fault(list(found.values()), said, is_read=record is not None)) is not None:
        return Refused(fault)
    moved = _move(device, said, actor, now_ms)
    if isinstance(moved, DeviceRefused):
        return Refused(moved)
    claim = None if said.is_good else _claim(moved, list(found.values()), actor, now_ms)
    if isinstance(claim, ClaimRefused):
        transaction.set_rollback(True)
        return Refused(claim)
    return GoodsCheck.objects.create(
        step=said.step,
        device=device,
        identity=GoodsCheck.Identity.BENCH if record else GoodsCheck.Identity.PLATE,
        bench=record.record_id if record else "",
        outcome=outcome_of(said),
        findings=[_kept(one) for one in found.values()],
        photos=_photos(found.values()),
        claim=claim,
        at_ms=now_ms,
        by=actor,
    )


def outcome_of(said: Checked) -> GoodsCheck.Outcome:
    """Give what a check ends with."""
    return GoodsCheck.Outcome.GOOD if said.is_good else GoodsCheck.Outcome.FAULTY


def _fault(found: Sequence[Damage], said: Checked, *, is_read: bool) -> CheckFault | None:
    kept = set(Photo.objects.filter(digest__in=_photos(found)).values_list("digest", flat=True))
    return check_fault(
        [one.what for one in found],
        [one.what for one in found if kept.intersection(one.photos)],
        [one.what for one in found if one.text.strip()],
        is_good=said.is_good,
        is_identified=is_read or said.read_plate or any(one.what is Finding.OTHER_PLATE for one in found),
    )


def _move(device: Device, said: Checked, actor: User, now_ms: int) -> Device | DeviceRefused:
    act = DeviceAct.PASSED if said.is_good else DeviceAct.FAILED
    move = DeviceMove(f"check-{said.step}", act, now_ms, said.place, source="check")
    return step(device.number, move, actor=actor, now_ms=now_ms)


def _claim(device: Device, found: Sequence[Damage], actor: User, now_ms: int) -> Claim | ClaimRefused:
    arrival = device.arrivals.order_by("-pk").first()
    source = f"delivery:{arrival.delivery_id}" if arrival else f"device:{device.number}"
    return open_claim(
        [device],
        " ".join(one.text.strip() for one in found if one.text.strip()),
        _photos(found),
        source=source,
        actor=actor,
        now_ms=now_ms,
        found=[one.what.value for one in found],
    )


def _photos(found: Iterable[Damage]) -> list[str]:
    return list(dict.fromkeys(digest for one in found for digest in one.photos))


def _kept(one: Damage) -> dict[str, object]:
    return {"what": one.what.value, "text": one.text.strip()[:LONGEST_TEXT], "photos": list(one.photos)}


def _refused(why: DeviceRefusal, what: str = "") -> Refused:
    return Refused(DeviceRefused(why, what))
