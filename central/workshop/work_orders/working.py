"""Start, isolate, end, explain, close, cancel: one transaction each (R-4.3.4). A lock-out is asked for here, and released here.

A software lock-out is no substitute for isolating the circuit: work begins when a person says that he isolated and proved dead.
"""

from collections.abc import Callable

from django.db import transaction

from central.domain.work_lock import STANDING
from central.domain.work_order import LOCKED, OrderAct, OrderState
from central.ledger.one_writer import one_writer
from central.link.lock_outs import lock_out, release
from central.link.models import Command, RelayState
from central.link.operations import Refused as LinkRefused
from central.link.outbox import lock_gateway_of
from central.office.models import User
from central.office.people import roles_of
from central.office.photos import PhotoRefusal, keep_photos
from central.office.roles import START_WORK
from central.workshop.work_orders.affected import households
from central.workshop.work_orders.models import WorkLock, WorkOrder
from central.workshop.work_orders.notices import tell_off
from central.workshop.work_orders.reading import Point, lacks_of, meters_now, needed_elsewhere, points_of
from central.workshop.work_orders.refusals import Refused, WorkRefusal
from central.workshop.work_orders.steps import Deed, Ready, ready, rooms_of, write
from gateway.contract.facts import RelayVerdict

MEASURES = ("power_off", "proved_dead", "earthed", "tagged")
"""停电、验电、挂接地线、挂标示牌: each is ticked before work begins."""


@one_writer
@transaction.atomic
def start(number: int, deed: Deed, *, actor: User, now_ms: int) -> WorkOrder | Refused:
    """Ask for the lock-out of every affected meter; refused while anything is missing."""
    found = ready(number, OrderAct.STARTED, deed.step, actor)
    if not isinstance(found, Ready):
        return found
    order = found.order
    if lacks := lacks_of(order, now_ms):
        return Refused(WorkRefusal.LACKS, ",".join(lacks))
    lock_gateway_of(order.building_id)
    order.started_ms = now_ms
    for home in households([row.room for row in rooms_of(order)], now_ms):
        for meter in home.meters or ("",):
            _lock(order, home.room.pk, meter, actor, now_ms)
    return write(found, OrderAct.STARTED, deed, actor=actor, now_ms=now_ms)


def _lock(order: WorkOrder, room_id: int, meter: str, actor: User, now_ms: int) -> None:
    relay = RelayState.objects.filter(pk=meter).first()
    is_off = relay is not None and relay.verdict == RelayVerdict.CONFIRMED and relay.observed_closed is False
    command = _ask(lock_out, order, meter, actor, now_ms) if meter else None
    WorkLock.objects.create(order=order, room_id=room_id, meter=meter, was_off=is_off, lock=command)


def _ask(
    deed: Callable[..., Command | LinkRefused], order: WorkOrder, meter: str, actor: User, now_ms: int
) -> Command | None:
    """Ask the gateway for a lock-out or its release; None where none can be asked."""
    asked = deed(meter, actor=actor.get_username(), why=order.number, now_ms=now_ms, ref=order.number)
    return asked if isinstance(asked, Command) else None


@one_writer
@transaction.atomic
def isolated(
    number: int, measures: frozenset[str], deed: Deed, *, actor: User, now_ms: int
) -> WorkOrder | Refused:
    """Keep that a person isolated the circuit, proved it dead, earthed and tagged it: from now on work may go on."""
    found = ready(number, OrderAct.ISOLATED, deed.step, actor)
    if not isinstance(found, Ready):
        return found
    if not measures.issuperset(MEASURES):
        return Refused(WorkRefusal.NOT_ISOLATED)
    facts = {"measures": list(MEASURES)}
    return write(
        found, OrderAct.ISOLATED, Deed(deed.step, deed.text, facts=facts), actor=actor, now_ms=now_ms
    )


@one_writer
@transaction.atomic
def end_work(
    number: int, deed: Deed, *, is_solved: bool, is_clear: bool, actor: User, now_ms: int
) -> WorkOrder | Refused:
    """Say what was done, and release what was locked: earths, locks and people are off the circuit first."""
    found = ready(number, OrderAct.ENDED, deed.step, actor)
    if not isinstance(found, Ready):
        return found
    if not is_clear:
        return Refused(WorkRefusal.NOT_CLEAR)
    if not deed.text.strip():
        return Refused(WorkRefusal.NO_REASON)
    photos = keep_photos(deed.photos, by=actor, now_ms=now_ms)
    if isinstance(photos, PhotoRefusal):
        return Refused(WorkRefusal.PHOTO, photos.value)
    found.order.is_solved = is_solved
    _release(found.order, actor, now_ms)
    facts = {"is_solved": is_solved, "is_clear": is_clear}
    ended = Deed(deed.step, deed.text, facts=facts)
    return write(found, OrderAct.ENDED, ended, photos, actor=actor, now_ms=now_ms)


def _release(order: WorkOrder, actor: User, now_ms: int) -> None:
    """Ask for the release of each lock that was asked for, at the meter that hangs there now; not where others work on."""
    lock_gateway_of(order.building_id)
    order.ended_ms = now_ms
    locks = list(order.locks.exclude(lock=None))
    now_there, elsewhere = meters_now(order, locks), needed_elsewhere(order)
    for lock in locks:
        meter = now_there[lock.pk]
        lock.handed_to = elsewhere.get(meter)
        if lock.handed_to is None:
            lock.release = _ask(release, order, meter, actor, now_ms)
        lock.save(update_fields=["release", "handed_to"])


@one_writer
@transaction.atomic
def release_again(number: int, deed: Deed, *, actor: User, now_ms: int) -> WorkOrder | Refused:
    """Ask again for what no gateway could be asked when the work ended, or what it refused then."""
    found = ready(number, OrderAct.EXPLAINED, deed.step, actor)
    if not isinstance(found, Ready):
        return found
    order = found.order
    lock_gateway_of(order.building_id)
    standing = [point for point in _points(order, now_ms) if point.returns in STANDING and point.lock.lock_id]
    for point in standing:
        if point.lock.release is None or point.lock.release.outcome:
            point.lock.release = _ask(release, order, point.meter, actor, now_ms)
            point.lock.save(update_fields=["release"])
    facts = {"again": [point.meter for point in standing]}
    return write(
        found, OrderAct.EXPLAINED, Deed(deed.step, deed.text, facts=facts), actor=actor, now_ms=now_ms
    )


@one_writer
@transaction.atomic
def explain(number: int, lock: int, deed: Deed, *, actor: User, now_ms: int) -> WorkOrder | Refused:
    """Say why one supply is not read back; a lock-out that stands is explained away by nobody."""
    found = ready(number, OrderAct.EXPLAINED, deed.step, actor)
    if not isinstance(found, Ready):
        return found
    if not deed.text.strip():
        return Refused(WorkRefusal.NO_REASON)
    row = found.order.locks.filter(pk=lock).first()
    if row is None:
        return Refused(WorkRefusal.UNKNOWN_ROOM)
    facts = {"lock": row.pk, "meter": row.meter}
    return write(
        found, OrderAct.EXPLAINED, Deed(deed.step, deed.text, facts=facts), actor=actor, now_ms=now_ms
    )


@one_writer
@transaction.atomic
def close(number: int, deed: Deed, *, actor: User, now_ms: int) -> WorkOrder | Refused:
    """Close an order: no lock stands, and each supply is read back or explained."""
    found = ready(number, OrderAct.CLOSED, deed.step, actor)
    if not isinstance(found, Ready):
        return found
    holding = [point for point in _points(found.order, now_ms) if point.holds_order_open]
    standing = [point for point in holding if point.returns in STANDING]
    if standing or holding:
        why = WorkRefusal.LOCK_STANDS if standing else WorkRefusal.NOT_BACK
        return Refused(why, "、".join(sorted({one.lock.room.label for one in standing or holding})))
    found.order.closed_ms = now_ms
    return write(found, OrderAct.CLOSED, deed, actor=actor, now_ms=now_ms)


@one_writer
@transaction.atomic
def cancel(number: int, deed: Deed, *, is_clear: bool, actor: User, now_ms: int) -> WorkOrder | Refused:
    """Call an order off; what it has locked is released, and read back like after any work.

    Once something is locked, only who works at circuits does it: an office must not give power back to people it doesn't see.
    """
    found = ready(number, OrderAct.CANCELLED, deed.step, actor)
    if not isinstance(found, Ready):
        return found
    order, was_locked = found.order, OrderState(found.order.state) in LOCKED
    if not deed.text.strip():
        return Refused(WorkRefusal.NO_REASON)
    if was_locked and not roles_of(actor, now_ms) & set(START_WORK):
        return Refused(WorkRefusal.NOT_AT_CIRCUIT)
    if was_locked and not is_clear:
        return Refused(WorkRefusal.NOT_CLEAR)
    order.is_cancelled = True
    if was_locked:
        _release(order, actor, now_ms)
    else:
        order.closed_ms = now_ms
        tell_off(order, now_ms)
    return write(found, OrderAct.CANCELLED, Deed(deed.step, deed.text), actor=actor, now_ms=now_ms)


def _points(order: WorkOrder, now_ms: int) -> list[Point]:
    return [point for several in points_of(order, now_ms).values() for point in several]
