"""A meter replaced and told here instead of on site: the room's next binding, from now on and from the new meter's first register.

On site is better (`cardroom-gateway swap`): there the old meter's last register is billed to the watt-hour. Told here, what
the old one counted after its last billed register is no entry; it is on record, and comes as a true-up (R-4.3.5, C-3).
"""

from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from central.campus.meter_groups import put_new_meter_in_groups
from central.campus.models import Account, Binding, Building, Meter
from central.campus.operations import Refused as CampusRefused
from central.campus.operations import add_meter, bind_meter
from central.campus.site_swaps import bound_elsewhere
from central.ledger.operations import record_audit
from central.link.models import BilledRegister
from gateway.contract.identifiers import NotAnIdentifier, checked


class SwapRefusal(StrEnum):
    """Why a swap was not taken."""

    NO_REASON = "no-reason"
    NO_ACCOUNT = "no-account"
    NO_METER = "no-meter"
    OTHER_OLD = "other-old"
    """The room is billed by another meter than the one that was named."""
    BAD_NUMBER = "bad-number"
    SAME = "same"
    IN_USE = "in-use"
    OTHER_BUILDING = "other-building"
    BELOW_BILLED = "below-billed"
    """More was billed already than the old meter is said to have counted."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A named refusal, with what it is about."""

    why: SwapRefusal
    what: str = ""


@dataclass(frozen=True, slots=True)
class Swap:
    """What a technician says: both meters and both registers, in Wh."""

    point: str
    old_meter: str
    last_wh: int
    new_meter: str
    first_wh: int
    why: str


@dataclass(frozen=True, slots=True)
class Swapped:
    """It is done. `unbilled_wh` is what the old meter counted after its last billed register; None where none is known."""

    binding: Binding
    unbilled_wh: int | None


@transaction.atomic
def swap_meter(swap: Swap, *, actor: str, now_ms: int) -> Swapped | Refused:
    """Bill a room by another meter from now on; all of it or nothing."""
    building = Building.objects.select_for_update(no_key=True).filter(rooms__point__code=swap.point).first()
    account = Account.objects.filter(point__code=swap.point).exclude(state=Account.State.CLOSED).first()
    if building is None or account is None:
        return Refused(SwapRefusal.NO_ACCOUNT, swap.point)
    refused = _why_not(swap, account, building)
    if refused is not None:
        return refused
    billed = BilledRegister.objects.filter(meter=swap.old_meter).first()
    unbilled_wh = None if billed is None else swap.last_wh - billed.register_wh
    add_meter(swap.new_meter, building.code, actor=actor, now_ms=now_ms)
    binding = bind_meter(swap.new_meter, account.code, now_ms, swap.first_wh, actor=actor, now_ms=now_ms)
    if isinstance(binding, CampusRefused):
        transaction.set_rollback(True)
        return Refused(SwapRefusal.IN_USE, swap.new_meter)
    put_new_meter_in_groups(building, swap.old_meter, swap.new_meter, now_ms)
    said = f"{swap.old_meter} at {swap.last_wh} Wh, {swap.new_meter} from {swap.first_wh} Wh on, unbilled {unbilled_wh}"
    record_audit(
        actor=actor,
        action="swap-meter-here",
        subject=account.code,
        detail=f"{said}: {swap.why}"[:200],
        now_ms=now_ms,
    )
    return Swapped(binding, unbilled_wh)


def meter_now(account: Account) -> str:
    """Give the meter that an account is billed by; empty for none."""
    newest = account.bindings.select_related("meter").order_by("-from_ms").first()
    return str(newest.meter.meter_no) if newest else ""


def _why_not(swap: Swap, account: Account, building: Building) -> Refused | None:
    old = meter_now(account)
    billed = BilledRegister.objects.filter(meter=swap.old_meter).first()
    new = Meter.objects.filter(meter_no=swap.new_meter).first()
    reasons = (
        (SwapRefusal.NO_REASON, not swap.why.strip(), ""),
        (SwapRefusal.NO_METER, not old, swap.point),
        (SwapRefusal.OTHER_OLD, old != swap.old_meter, old),
        (SwapRefusal.SAME, swap.new_meter == old, old),
        (SwapRefusal.BAD_NUMBER, not _is_number(swap.new_meter), swap.new_meter),
        (SwapRefusal.IN_USE, new is not None and _bills_somebody(new, building), swap.new_meter),
        (SwapRefusal.OTHER_BUILDING, new is not None and new.building_id != building.pk, swap.new_meter),
        (SwapRefusal.BELOW_BILLED, billed is not None and swap.last_wh < billed.register_wh, swap.old_meter),
    )
    return next((Refused(why, what) for why, holds, what in reasons if holds), None)


def _is_number(text: str) -> bool:
    try:
        checked(text)
    except NotAnIdentifier:
        return False
    return True


def _bills_somebody(meter: Meter, building: Building) -> bool:
    if bound_elsewhere(building.pk, {meter.meter_no}):
        return True
    newest = meter.bindings.select_related("account").order_by("-from_ms").first()
    return (
        newest is not None
        and newest.account.state != Account.State.CLOSED
        and meter_now(newest.account) == meter.meter_no
    )
