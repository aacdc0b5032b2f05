"""Take what a gateway says of rooms under software control and of lock-outs (R-4.3.4, R-4.3.5): once, kept, and in its order.

The end of a control is whole in itself: where its beginning was lost with a card, both are written down from it.
"""

from central.ingest.book_entries import CannotTake
from central.ingest.received_rows import INT64, instant_ms
from central.ingest.take_meter_facts import bill_from
from central.link.models import Gateway, LockOut, SoftwareControl, SoftwareControlEnd
from gateway.contract import meter_facts
from gateway.contract.facts import Instant
from gateway.contract.meter_facts import ControlEnd

ID_LENGTH = 64
SHORT, LONG = 64, 500
BILLED_AGAIN = frozenset({ControlEnd.GOOD_AGAIN})
"""A swap and a binding tell the new register by their own rows."""


def take_control_begun(gateway: Gateway, fact: meter_facts.SoftwareControlBegun, now_ms: int) -> None:
    """Note that a room is under software control. Idempotent by its id. Raises CannotTake: the row is quarantined and shown."""
    _check(fact.control, fact.last_good_wh, fact.wh_per_day)
    row = SoftwareControl(
        control=fact.control,
        gateway=gateway,
        account=fact.account,
        meter=fact.meter or "",
        began_ms=instant_ms(fact.at, now_ms),
        began_trusted=fact.at.trusted,
        **_good(fact.last_good_wh, fact.last_good_at, now_ms),
        last_good_frame=fact.last_good_frame or "",
        last_read_by=fact.last_read_by[:SHORT],
        wh_per_day=fact.wh_per_day,
        by=fact.by[:SHORT],
        why=fact.why[:LONG],
        ref=fact.ref[:SHORT],
        received_ms=now_ms,
    )
    known = SoftwareControl.objects.filter(pk=fact.control).first()
    if known is None:
        row.save(force_insert=True)
    elif _whose(known) != _whose(row):
        raise CannotTake(f"software control {fact.control} exists with different content")


def take_control_ended(gateway: Gateway, fact: meter_facts.SoftwareControlEnded, now_ms: int) -> None:
    """Note that a room is metered again, and from which register on. Idempotent by its id. Raises CannotTake."""
    _check(fact.control, fact.last_good_wh, fact.last_wh, fact.counted_wh, fact.first_wh)
    control = SoftwareControl.objects.filter(pk=fact.control).select_related("ended").first()
    if control is None:
        control = _begun_by_end(gateway, fact, now_ms)
    if (control.gateway_id, control.account) != (gateway.pk, fact.account):
        raise CannotTake(f"software control {fact.control} exists with different content")
    row = SoftwareControlEnd(
        control=control,
        end=fact.end.value,
        at_ms=instant_ms(fact.at, now_ms),
        at_trusted=fact.at.trusted,
        by=fact.by[:SHORT],
        why=fact.why[:LONG],
        last_wh=fact.last_wh,
        last_read_by=fact.last_read_by[:SHORT],
        counted_wh=fact.counted_wh,
        new_meter=fact.new_meter or "",
        first_wh=fact.first_wh,
        first_frame=fact.first_frame or "",
        first_read_by=fact.first_read_by[:SHORT],
        swap=fact.swap[:150],
        received_ms=now_ms,
    )
    known = SoftwareControlEnd.objects.filter(pk=fact.control).first()
    if known is not None:
        if _end_of(known) != _end_of(row):
            raise CannotTake(f"the end of software control {fact.control} exists with different content")
        return
    row.save(force_insert=True)
    if fact.end in BILLED_AGAIN and fact.new_meter is not None and fact.first_wh is not None:
        bill_from(gateway, fact.new_meter, fact.account, fact.first_wh, fact.control, fact.at, now_ms)


def _begun_by_end(gateway: Gateway, fact: meter_facts.SoftwareControlEnded, now_ms: int) -> SoftwareControl:
    return SoftwareControl.objects.create(
        control=fact.control,
        gateway=gateway,
        account=fact.account,
        meter=fact.old_meter or "",
        began_ms=instant_ms(fact.began, now_ms),
        began_trusted=fact.began.trusted,
        **_good(fact.last_good_wh, fact.last_good_at, now_ms),
        by=fact.by[:SHORT],
        why=fact.why[:LONG],
        received_ms=now_ms,
    )


def _good(register_wh: int | None, at: Instant | None, now_ms: int) -> dict[str, object]:
    return {
        "last_good_wh": register_wh,
        "last_good_ms": None if at is None else instant_ms(at, now_ms),
        "last_good_trusted": at is not None and at.trusted,
    }


def _check(control: str, *numbers: int | None) -> None:
    if not control or len(control) > ID_LENGTH:
        raise CannotTake("a software control has no name that can be kept")
    if not all(0 <= number < INT64 for number in numbers if number is not None):
        raise CannotTake(f"software control {control} counts below zero or beyond 64 bits")


def _whose(row: SoftwareControl) -> tuple[object, ...]:
    return row.gateway_id, row.account, row.meter, row.last_good_wh


def _end_of(row: SoftwareControlEnd) -> tuple[object, ...]:
    return row.end, row.new_meter, row.first_wh, row.last_wh, row.swap


def take_lock_out(gateway: Gateway, fact: meter_facts.LockOut, now_ms: int) -> None:
    """Note a lock-out, or its end. One that stands keeps its beginning: a new epoch says it again."""
    if not fact.owner or len(fact.owner) > 16:
        raise CannotTake(f"a lock-out of meter {fact.meter} has no owner")
    standing = LockOut.objects.filter(meter=fact.meter, owner=fact.owner, ended_ms=None)
    at_ms = instant_ms(fact.at, now_ms)
    if not fact.locked:
        ended = {"ended_by": fact.by[:SHORT], "ended_why": fact.why[:LONG]}
        standing.update(ended_ms=at_ms, ended_trusted=fact.at.trusted, **ended)
    elif not standing.update(by=fact.by[:SHORT], why=fact.why[:LONG], ref=fact.ref[:SHORT]):
        LockOut.objects.create(
            gateway=gateway,
            meter=fact.meter,
            owner=fact.owner,
            by=fact.by[:SHORT],
            why=fact.why[:LONG],
            ref=fact.ref[:SHORT],
            command=(fact.command or "")[:SHORT],
            since_ms=at_ms,
            since_trusted=fact.at.trusted,
            received_ms=now_ms,
        )
