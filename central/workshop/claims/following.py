"""Follow a claim after it was sent: calls, the maker's answers, what became of each device, its end."""

from datetime import date

from django.db import transaction

from central.domain.device_states import DeviceAct, DeviceState
from central.ledger.one_writer import one_writer
from central.office.models import User
from central.workshop.claims.models import Claim, ClaimDevice, ClaimStep
from central.workshop.claims.operations import (
    ClaimRefusal,
    Refused,
    Said,
    known_step,
    locked_claim,
    write_step,
)
from central.workshop.devices.models import Place
from central.workshop.devices.operations import DeviceMove, step
from central.workshop.devices.operations import Refused as DeviceRefused

ENDS_BY_ACT = {
    ClaimDevice.End.RETURNED: DeviceAct.RETURNED,
    ClaimDevice.End.REPLACED: DeviceAct.SCRAPPED,
    ClaimDevice.End.CREDITED: DeviceAct.SCRAPPED,
}
"""What an end does to a device that is with its maker: it comes back to be checked, or never comes back."""
PROMISES_WITH_DAY = (Claim.Promise.REPLACE, Claim.Promise.REPAIR, Claim.Promise.CREDIT, Claim.Promise.LATER)


@one_writer
@transaction.atomic
def log_call(number: int, said: Said, *, actor: User, now_ms: int) -> Claim | Refused:
    """Log a telephone call to the maker: `facts["with"]` who it was, `text` what he said (R-4.3.1). Before the mail, too."""
    claim = _open_claim(number, said)
    if isinstance(claim, Refused) or _is_done(claim, said):
        return claim
    if not said.text.strip() or not str(said.facts.get("with", "")).strip():
        return Refused(ClaimRefusal.NO_WORDS)
    write_step(claim, said, actor, now_ms)
    if claim.called_ms is None:
        claim.called_ms = min(said.at_ms, now_ms)
        claim.save(update_fields=["called_ms"])
    return claim


@one_writer
@transaction.atomic
def log_reply(number: int, said: Said, *, actor: User, now_ms: int) -> Claim | Refused:
    """Keep the maker's answer: `facts["promise"]`, and `facts["due"]` (ISO day) unless he refuses."""
    claim = _open_claim(number, said)
    if isinstance(claim, Refused) or _is_done(claim, said):
        return claim
    promise, due = str(said.facts.get("promise", "")), str(said.facts.get("due") or "")
    if claim.state == Claim.State.DRAFT:
        return Refused(ClaimRefusal.NOT_SENT)
    if promise not in Claim.Promise.values:
        return Refused(ClaimRefusal.NO_PROMISE)
    if promise in PROMISES_WITH_DAY and not due:
        return Refused(ClaimRefusal.NO_DUE_DAY)
    if not said.text.strip():
        return Refused(ClaimRefusal.NO_WORDS)
    write_step(claim, said, actor, now_ms)
    is_answer = promise != Claim.Promise.LATER
    claim.state = Claim.State.ANSWERED if is_answer else claim.state
    claim.promise, claim.due_day = promise, date.fromisoformat(due) if due else None
    claim.save(update_fields=["state", "promise", "due_day"])
    return claim


@one_writer
@transaction.atomic
def end_device(
    number: int,
    device: str,
    end: ClaimDevice.End,
    place: Place | None,
    said: Said,
    *,
    actor: User,
    now_ms: int,
) -> Claim | Refused:
    """Say what became of one device. Back: to `place`, to be checked again. Replaced or paid back: it is scrapped for the store.

    A device that never went to its maker (KEPT, or the claim ends before) stays what it is.
    """
    claim = _open_claim(number, said)
    if isinstance(claim, Refused) or _is_done(claim, said):
        return claim
    one = claim.devices.filter(device=device, ended_ms=None).select_related("device").first()
    if one is None:
        return Refused(ClaimRefusal.DEVICE_NOT_IN_CLAIM, device)
    if not said.text.strip():
        return Refused(ClaimRefusal.NO_WORDS)
    if (refused := _move(claim, one, end, place, said, actor, now_ms)) is not None:
        return refused
    one.end, one.ended_ms = end, now_ms
    one.save(update_fields=["end", "ended_ms"])
    write_step(claim, said, actor, now_ms)
    return claim


@one_writer
@transaction.atomic
def close(number: int, said: Said, *, actor: User, now_ms: int) -> Claim | Refused:
    """Close a claim once something is settled for each of its devices."""
    claim = _open_claim(number, said)
    if isinstance(claim, Refused) or _is_done(claim, said):
        return claim
    if open_ones := list(claim.devices.filter(ended_ms=None).values_list("device_id", flat=True)):
        return Refused(ClaimRefusal.DEVICES_OPEN, ", ".join(open_ones))
    if not said.text.strip():
        return Refused(ClaimRefusal.NO_WORDS)
    write_step(claim, said, actor, now_ms)
    claim.state, claim.closed_ms = Claim.State.CLOSED, now_ms
    claim.save(update_fields=["state", "closed_ms"])
    return claim


def _open_claim(number: int, said: Said) -> Claim | Refused:
    """Lock a claim that isn't closed; one that this very step closed or changed before is given as well."""
    claim = locked_claim(number)
    if isinstance(claim, Refused):
        return claim
    known = known_step(claim, said)
    if isinstance(known, Refused):
        return known
    return Refused(ClaimRefusal.CLOSED) if known is None and claim.state == Claim.State.CLOSED else claim


def _is_done(claim: Claim, said: Said) -> bool:
    return ClaimStep.objects.filter(step=said.step, claim=claim).exists()


def _move(
    claim: Claim,
    one: ClaimDevice,
    end: ClaimDevice.End,
    place: Place | None,
    said: Said,
    actor: User,
    now_ms: int,
) -> Refused | None:
    """Lead the device where its end leads it; one that isn't with its maker stays."""
    at_maker = one.device.state == DeviceState.CLAIMED
    if end is ClaimDevice.End.RETURNED and not at_maker:
        return Refused(ClaimRefusal.DEVICE_REFUSED, one.device_id)
    if not at_maker:
        return None
    act = ENDS_BY_ACT.get(end, DeviceAct.SCRAPPED)
    move = DeviceMove(
        f"{said.step[:40]}-end",
        act,
        said.at_ms,
        place if act is DeviceAct.RETURNED else None,
        source=f"claim:{claim.pk}",
        why=said.text,
    )
    done = step(one.device_id, move, actor=actor, now_ms=now_ms)
    return Refused(ClaimRefusal.DEVICE_REFUSED, one.device_id) if isinstance(done, DeviceRefused) else None
