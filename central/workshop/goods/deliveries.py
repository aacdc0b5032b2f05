"""Take deliveries in, device by device, by serial number. What differs from the order is told first, then kept with its reason."""

from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from central.domain.device_states import DeviceAct, Holds
from central.domain.goods_in import Deviation, deviation
from central.ledger.one_writer import lock_head, one_writer
from central.ledger.operations import record_audit
from central.office.models import User
from central.workshop.claims.models import Claim
from central.workshop.devices.models import Device, DeviceType, Place
from central.workshop.devices.operations import DeviceMove, DeviceRefusal, NewDevice, take_in
from central.workshop.devices.operations import Refused as DeviceRefused
from central.workshop.goods.models import Arrival, Delivery, Order
from central.workshop.goods.queries import came_of, ordered_of

LONGEST_SERIAL = 80


class GoodsRefusal(StrEnum):
    """Why something of a delivery was not taken in."""

    UNKNOWN_DELIVERY = "unknown-delivery"
    ORDER_CLOSED = "order-closed"
    CLAIM_CLOSED = "claim-closed"
    WRONG_PLACE = "wrong-place"
    """What was not checked lies in a place of its own."""
    FINISHED = "finished"
    NO_SERIAL = "no-serial"
    SERIAL_TOO_LONG = "serial-too-long"
    TWICE_IN_DELIVERY = "twice-in-delivery"
    """This very delivery has it already: `what` is its stock number."""
    SERIAL_KNOWN = "serial-known"
    """It came before: `what` is its stock number."""
    NOT_ORDERED = "not-ordered"
    MORE_THAN_ORDERED = "more-than-ordered"
    """Both are taken in when a person says why."""
    NOTHING_ENTERED = "nothing-entered"
    EXISTS_WITH_DIFFERENT = "exists-with-different"


DIFFERS = {
    Deviation.NOT_ORDERED: GoodsRefusal.NOT_ORDERED,
    Deviation.MORE_THAN_ORDERED: GoodsRefusal.MORE_THAN_ORDERED,
}


@dataclass(frozen=True, slots=True)
class Refused:
    """An expected refusal."""

    why: GoodsRefusal
    what: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One device as a person enters it. `remark`: why it is taken in though the order says something else."""

    step: str
    type: DeviceType
    serial: str
    remark: str = ""


@one_writer
@transaction.atomic
def begin_delivery(
    of: Order | Claim, note: str, place: Place, step: str, *, actor: User, now_ms: int
) -> Delivery | Refused:
    """Begin to enter what came for an order, or in place of claimed devices. The same step gives the same delivery."""
    lock_head()
    if (known := Delivery.objects.filter(step=step).first()) is not None:
        return known
    of.refresh_from_db()
    if place.holds != Holds.ARRIVALS:
        return Refused(GoodsRefusal.WRONG_PLACE)
    order, claim = (of, None) if isinstance(of, Order) else (None, of)
    if order is not None and order.closed_ms is not None:
        return Refused(GoodsRefusal.ORDER_CLOSED, order.number)
    if claim is not None and claim.state == Claim.State.CLOSED:
        return Refused(GoodsRefusal.CLAIM_CLOSED, str(claim.pk))
    delivery = Delivery.objects.create(
        step=step, order=order, claim=claim, note=note.strip()[:80], place=place, begun_ms=now_ms, by=actor
    )
    _on_record(delivery, "begin-delivery", f"{source_of(delivery)} {delivery.note}", actor, now_ms)
    return delivery


@one_writer
@transaction.atomic
def enter(delivery_id: int, entry: Entry, *, actor: User, now_ms: int) -> Device | Refused:
    """Take one device of a delivery in: it gets its stock number, and waits for its check."""
    delivery = _locked(delivery_id)
    if isinstance(delivery, Refused):
        return delivery
    serial = " ".join(entry.serial.split())
    if (known := _known(delivery, entry, serial)) is not None:
        return known
    if (refused := _unfit(delivery, entry, serial)) is not None:
        return refused
    move = DeviceMove(
        f"in-{entry.step}", DeviceAct.RECEIVED, now_ms, delivery.place, source=f"delivery:{delivery.pk}"
    )
    device = take_in(NewDevice(entry.type, serial, source_of(delivery)), move, actor=actor, now_ms=now_ms)
    if isinstance(device, DeviceRefused):
        return _told(delivery, device)
    Arrival.objects.create(
        step=entry.step,
        delivery=delivery,
        device=device,
        remark=entry.remark.strip()[:200],
        at_ms=now_ms,
        by=actor,
    )
    return device


@one_writer
@transaction.atomic
def finish(delivery_id: int, *, actor: User, now_ms: int) -> Delivery | Refused:
    """Say that everything of a delivery is entered. Its order stays open while something is missing."""
    delivery = _locked(delivery_id)
    if isinstance(delivery, Refused) or delivery.finished_ms is not None:
        return delivery
    if not (count := delivery.arrivals.count()):
        return Refused(GoodsRefusal.NOTHING_ENTERED)
    delivery.finished_ms = now_ms
    delivery.save(update_fields=["finished_ms"])
    _on_record(delivery, "finish-delivery", f"{source_of(delivery)}: {count} devices", actor, now_ms)
    return delivery


def source_of(delivery: Delivery) -> str:
    """Name what a delivery came for: the order's number, or the claim."""
    return delivery.order.number if delivery.order else f"claim {delivery.claim_id}"


def _locked(delivery_id: int) -> Delivery | Refused:
    lock_head()
    found = Delivery.objects.select_for_update(of=("self",), no_key=True).select_related(
        "order", "claim", "place"
    )
    return found.filter(pk=delivery_id).first() or Refused(GoodsRefusal.UNKNOWN_DELIVERY)


def _known(delivery: Delivery, entry: Entry, serial: str) -> Device | Refused | None:
    done = Arrival.objects.filter(step=entry.step).select_related("device").first()
    if done is None:
        return None
    is_same = (done.delivery_id, done.device.type_id, done.device.serial) == (
        delivery.pk,
        entry.type.pk,
        serial,
    )
    return done.device if is_same else Refused(GoodsRefusal.EXISTS_WITH_DIFFERENT, entry.step)


def _unfit(delivery: Delivery, entry: Entry, serial: str) -> Refused | None:
    if delivery.finished_ms is not None:
        return Refused(GoodsRefusal.FINISHED)
    if not serial:
        return Refused(GoodsRefusal.NO_SERIAL)
    if len(serial) > LONGEST_SERIAL:
        return Refused(GoodsRefusal.SERIAL_TOO_LONG)
    if (
        twin := delivery.arrivals.filter(device__serial__iexact=serial).select_related("device").first()
    ) is not None:
        return Refused(GoodsRefusal.TWICE_IN_DELIVERY, twin.device_id)
    twin = Device.objects.filter(type=entry.type, serial__iexact=serial).first()
    if twin is not None:
        return Refused(GoodsRefusal.SERIAL_KNOWN, twin.number)
    if delivery.order is None or entry.remark.strip():
        return None
    differs = deviation(ordered_of(delivery.order), came_of(delivery.order), entry.type.code)
    return Refused(DIFFERS[differs], entry.type.name) if differs else None


def _told(delivery: Delivery, refused: DeviceRefused) -> Refused:
    """Say a device's refusal as one of the delivery; others mean that the program is wrong."""
    known = {
        DeviceRefusal.NO_SERIAL: GoodsRefusal.NO_SERIAL,
        DeviceRefusal.SERIAL_KNOWN: GoodsRefusal.SERIAL_KNOWN,
        DeviceRefusal.WRONG_PLACE: GoodsRefusal.WRONG_PLACE,
        DeviceRefusal.EXISTS_WITH_DIFFERENT: GoodsRefusal.EXISTS_WITH_DIFFERENT,
    }
    return Refused(known[refused.why], refused.what)


def _on_record(delivery: Delivery, action: str, detail: str, actor: User, now_ms: int) -> None:
    record_audit(
        actor=actor.username,
        action=action,
        subject=str(delivery.pk),
        detail=detail.strip()[:200],
        now_ms=now_ms,
    )
