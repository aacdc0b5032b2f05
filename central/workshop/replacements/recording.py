"""Make the record of each replacement, and lead the store's devices through it: out into a faulty place, in from the good ones.

A gateway's swap is in central's books before this looks; whatever fails here, the next look finds it again: none is lost, offline
swaps neither. Where the store's records don't fit, nothing is forced: the replacement stands in the list that the store completes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from central.campus.models import Account
from central.domain.device_states import DeviceAct, DeviceState, Holds
from central.ledger.one_writer import lock_head, one_writer
from central.ledger.operations import record_audit
from central.link.meter_swaps import Refused as SwapRefused
from central.link.meter_swaps import Swap, Swapped, swap_meter
from central.link.models import MeterSwap
from central.office.models import User
from central.office.photos import PhotoRefusal, keep_photos
from central.workshop.devices.models import Device, Place
from central.workshop.devices.operations import DeviceMove, step
from central.workshop.devices.operations import Refused as DeviceRefused
from central.workshop.devices.queries import named, of_meter
from central.workshop.replacements.models import Replacement, ReplacementStep

CENTRAL = "central"
SWAP, HERE = "swap:", "here:"
Kind = ReplacementStep.Kind


class RecordRefusal(StrEnum):
    """Why nothing was recorded; a text key for the pages."""

    UNKNOWN = "unknown"
    NO_PHOTOS = "no-photos"
    NO_WORDS = "no-words"
    DONE = "done"
    EXISTS_WITH_DIFFERENT = "exists-with-different"


@dataclass(frozen=True, slots=True)
class Refused:
    """A named refusal."""

    why: RecordRefusal


def record_new(now_ms: int) -> int:
    """Make the records of swaps that have none; give how many were made. Safe to repeat."""
    known = Replacement.objects.filter(method=Replacement.Method.ON_SITE).values_list("source", flat=True)
    done = set(known)
    swaps = MeterSwap.objects.select_related("gateway__building").order_by("received_ms", "pk")
    new = [swap for swap in swaps if f"{SWAP}{swap.swap}"[:170] not in done]
    for swap in new:
        _record(swap, now_ms)
    return len(new)


@one_writer
@transaction.atomic
def _record(swap: MeterSwap, now_ms: int) -> Replacement:
    account = Account.objects.filter(code=swap.account).select_related("point__room").first()
    row, is_new = Replacement.objects.get_or_create(
        source=f"{SWAP}{swap.swap}"[:170],
        defaults={
            "method": Replacement.Method.ON_SITE,
            "building": swap.gateway.building,
            "room": account.point.room if account else None,
            **{name: getattr(swap, name) for name in SAME},
            "made_ms": now_ms,
        },
    )
    if is_new:
        _on_record(
            None, "replacement-recorded", row, f"{row.old_meter} -> {row.new_meter}: {row.why}", now_ms
        )
        move_devices(row, None, now_ms)
    return row


SAME = (
    *(
        "account",
        "old_meter",
        "new_meter",
        "last_wh",
        "first_wh",
        "last_frame",
        "first_frame",
        "last_read_by",
    ),
    *("first_read_by", "by", "why", "at_ms", "at_trusted", "last_at_ms", "received_ms"),
)
"""What the record takes from a swap as it is."""


def move_devices(row: Replacement, actor: User | None, now_ms: int) -> None:
    """Lead the store's devices as far as its records fit: the old one to a faulty place, the new one into use."""
    lock_head()
    old, new = of_meter(row.old_meter), new_device(row)
    if old is not None and old.state == DeviceState.IN_USE and not has(row, Kind.DEVICE_OUT):
        place = Place.objects.filter(holds=Holds.FAULTY.value, is_active=True).order_by("code").first()
        if place is not None:
            move = DeviceMove(
                f"rep-{row.pk}-out",
                DeviceAct.REMOVED,
                row.at_ms,
                place,
                source=source_of(row),
                why=row.why[:300],
            )
            _moved(row, Kind.DEVICE_OUT, old, move, actor, now_ms)
    if new is not None and new.state == DeviceState.GOOD and not has(row, Kind.DEVICE_IN):
        move = DeviceMove(
            f"rep-{row.pk}-in",
            DeviceAct.INSTALLED,
            row.at_ms,
            building=row.building,
            where=row.room.label if row.room else "",
            meter_no=row.new_meter,
            source=source_of(row),
        )
        _moved(row, Kind.DEVICE_IN, new, move, actor, now_ms)


def new_device(row: Replacement) -> Device | None:
    """Give the store's record of the new module: by its number as a meter, else by the one good serial number that is the same."""
    known = of_meter(row.new_meter)
    if known is not None:
        return known
    alike = [one for one in named(row.new_meter) if one.state == DeviceState.GOOD and not one.meter_no]
    return alike[0] if len(alike) == 1 else None


def _moved(
    row: Replacement,
    kind: ReplacementStep.Kind,
    device: Device,
    move: DeviceMove,
    actor: User | None,
    now_ms: int,
) -> None:
    done = step(device.number, move, actor=actor, now_ms=now_ms)
    if not isinstance(done, DeviceRefused):
        _write(row, kind, move.step, actor, now_ms, ref=device.number)


def source_of(row: Replacement) -> str:
    """Name a replacement in a device's history."""
    return f"replacement:{row.pk}"


def has(row: Replacement, kind: ReplacementStep.Kind) -> bool:
    """Say whether a replacement has a step of a kind."""
    return row.steps.filter(kind=kind).exists()


def is_typed(row: Replacement) -> bool:
    """Say whether a register was typed from a display: then a photograph must show it (R-4.3.5)."""
    return bool(row.last_read_by or row.first_read_by) or row.method == Replacement.Method.HERE


@dataclass(frozen=True, slots=True)
class Said:
    """What is said about a replacement: solved or not, photographs, a note, a fault or work order."""

    kind: ReplacementStep.Kind
    text: str = ""
    ref: str = ""
    photos: Sequence[bytes] = ()


@one_writer
@transaction.atomic
def say(
    number: int, step_id: str, said: Said, *, actor: User, now_ms: int
) -> ReplacementStep | Refused | PhotoRefusal:
    """Add what is said about a replacement, once for each step id."""
    lock_head()
    row = Replacement.objects.filter(pk=number).first()
    known = ReplacementStep.objects.filter(step=step_id).first()
    if row is None:
        return Refused(RecordRefusal.UNKNOWN)
    if known is not None:
        same = known.replacement_id == row.pk and known.kind == said.kind
        return known if same else Refused(RecordRefusal.EXISTS_WITH_DIFFERENT)
    if said.kind == Kind.PHOTOS and not said.photos:
        return Refused(RecordRefusal.NO_PHOTOS)
    if said.kind not in (Kind.PHOTOS, Kind.SOLVED) and not (said.text.strip() or said.ref.strip()):
        return Refused(RecordRefusal.NO_WORDS)
    kept = keep_photos(said.photos, by=actor, now_ms=now_ms)
    if isinstance(kept, PhotoRefusal):
        return kept
    done = _write(row, said.kind, step_id, actor, now_ms, text=said.text, ref=said.ref, photos=kept)
    _on_record(actor, "replacement-said", row, f"{said.kind.value} {said.ref} {said.text}", now_ms)
    return done


@one_writer
@transaction.atomic
def try_devices(number: int, *, actor: User, now_ms: int) -> Replacement | Refused:
    """Try the store's devices of a replacement again, after the store has put its records right."""
    row = Replacement.objects.select_related("building", "room").filter(pk=number).first()
    if row is None:
        return Refused(RecordRefusal.UNKNOWN)
    move_devices(row, actor, now_ms)
    return row


@one_writer
@transaction.atomic
def close_without_device(
    number: int, step_id: str, kind: ReplacementStep.Kind, why: str, *, actor: User, now_ms: int
) -> ReplacementStep | Refused:
    """Say why the store has no record of a device, so that the replacement is complete without it."""
    lock_head()
    row = Replacement.objects.filter(pk=number).first()
    if row is None or kind not in (Kind.DEVICE_OUT, Kind.DEVICE_IN):
        return Refused(RecordRefusal.UNKNOWN)
    known = ReplacementStep.objects.filter(step=step_id).first()
    if known is not None:
        return known if known.replacement_id == row.pk else Refused(RecordRefusal.EXISTS_WITH_DIFFERENT)
    if has(row, kind):
        return Refused(RecordRefusal.DONE)
    if not why.strip():
        return Refused(RecordRefusal.NO_WORDS)
    done = _write(row, kind, step_id, actor, now_ms, text=why)
    _on_record(actor, "replacement-said", row, f"{kind.value}: {why}", now_ms)
    return done


@one_writer
@transaction.atomic
def swap_here(
    key: str, swap: Swap, photos: Sequence[str], *, actor: User, now_ms: int
) -> tuple[Replacement, int | None] | SwapRefused | Refused:
    """Say on this server that a meter was replaced. Gives the record and what stays unbilled.

    `photos`: digests of kept photographs of both displays.
    """
    source = f"{HERE}{key}"
    if (known := _told_before(source, swap)) is not None:
        return known
    if not photos:
        return Refused(RecordRefusal.NO_PHOTOS)
    done = swap_meter(swap, actor=actor.get_username(), now_ms=now_ms)
    if not isinstance(done, Swapped):
        before = _told_before(source, swap)  # the same form, sent at once, had the building first
        transaction.set_rollback(True)
        return before or done
    account = Account.objects.select_related("point__room__building").get(pk=done.binding.account_id)
    who = actor.get_username()[:64]
    row = Replacement.objects.create(
        source=source,
        method=Replacement.Method.HERE,
        building=account.point.room.building,
        room=account.point.room,
        account=account.code,
        old_meter=swap.old_meter,
        new_meter=swap.new_meter,
        last_wh=swap.last_wh,
        first_wh=swap.first_wh,
        last_read_by=who,
        first_read_by=who,
        by=who,
        why=swap.why[:500],
        at_ms=now_ms,
        last_at_ms=now_ms,
        received_ms=now_ms,
        made_ms=now_ms,
    )
    _write(row, Kind.PHOTOS, f"rep-{row.pk}-photos", actor, now_ms, photos=photos)
    move_devices(row, actor, now_ms)
    return row, done.unbilled_wh


def _told_before(source: str, swap: Swap) -> tuple[Replacement, int | None] | Refused | None:
    known = Replacement.objects.filter(source=source).first()
    if known is None:
        return None
    same = (known.old_meter, known.new_meter) == (swap.old_meter, swap.new_meter)
    return (known, None) if same else Refused(RecordRefusal.EXISTS_WITH_DIFFERENT)


def _write(
    row: Replacement,
    kind: ReplacementStep.Kind,
    step_id: str,
    actor: User | None,
    now_ms: int,
    *,
    text: str = "",
    ref: str = "",
    photos: Sequence[str] = (),
) -> ReplacementStep:
    return ReplacementStep.objects.create(
        step=step_id,
        replacement=row,
        kind=kind,
        text=text.strip()[:500],
        ref=ref.strip()[:80],
        photos=list(photos),
        by=actor,
        at_ms=now_ms,
    )


def _on_record(by: User | None, action: str, row: Replacement, detail: str, now_ms: int) -> None:
    record_audit(
        actor=by.get_username() if by else CENTRAL,
        action=action,
        subject=row.account or row.old_meter,
        detail=detail[:200],
        now_ms=now_ms,
    )
