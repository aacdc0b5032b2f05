"""Send a claim: by mail with its photographs through the notices' queue, or another way that a person says. Both on record.

The devices that lie in the store are with their maker from then on; one that is still in use follows when it is off the wall.
"""

from dataclasses import dataclass

from django.db import transaction

from central.domain.device_states import DeviceAct, DeviceState
from central.domain.notice import Kind
from central.ledger.one_writer import one_writer
from central.office.models import Channel, Delivery, MailServer, User
from central.office.notices import notify
from central.office.sealing import seal
from central.workshop.claims.letter import photos_of, text_of
from central.workshop.claims.models import Claim, ClaimDevice, ClaimStep
from central.workshop.claims.notices import CLAIM_TO_MAKER
from central.workshop.claims.operations import (
    ClaimRefusal,
    Refused,
    Said,
    known_step,
    locked_claim,
    write_step,
)
from central.workshop.devices.operations import DeviceMove, step
from central.workshop.devices.operations import Refused as DeviceRefused


@dataclass(frozen=True, slots=True)
class Mailed:
    """One mail of a claim: its step, and how far it has come. `delivery` None: nobody was there to get it."""

    step: ClaimStep
    delivery: Delivery | None


@one_writer
@transaction.atomic
def send_by_mail(number: int, step_id: str, *, actor: User, now_ms: int) -> Claim | Refused:
    """Queue the claim's mail to its maker, with its photographs. Again under another id: it is mailed again."""
    claim = locked_claim(number)
    if isinstance(claim, Refused):
        return claim
    to = claim.maker.mail
    key = f"claim-{claim.pk}-{step_id}"
    said = Said(step_id, ClaimStep.Kind.MAILED, now_ms, "", {"to": to, "notice": key})
    if (known := known_step(claim, said)) is not None:
        return known
    if (refused := _unsendable(claim)) is not None:
        return refused
    if not to:
        return Refused(ClaimRefusal.NO_MAIL_ADDRESS, claim.maker.name)
    if not MailServer.objects.filter(pk=1).exists():
        return Refused(ClaimRefusal.NO_MAIL_SERVER)
    if (refused := _gone(claim, said, actor, now_ms)) is not None:
        return refused
    params = {
        "number": claim.pk,
        "devices": _numbers(claim),
        "text": text_of(claim),
        "photos": " ".join(photos_of(claim)),
    }
    notify(CLAIM_TO_MAKER, params, to=[_channel(claim)], key=key, now_ms=now_ms)
    return claim


@one_writer
@transaction.atomic
def sent_otherwise(number: int, said: Said, *, actor: User, now_ms: int) -> Claim | Refused:
    """Keep that a person sent the claim himself (`said.text`: which way, to whom)."""
    claim = locked_claim(number)
    if isinstance(claim, Refused):
        return claim
    if (known := known_step(claim, said)) is not None:
        return known
    if (refused := _unsendable(claim)) is not None:
        return refused
    if not said.text.strip():
        return Refused(ClaimRefusal.NO_WORDS)
    return _gone(claim, said, actor, now_ms) or claim


@one_writer
@transaction.atomic
def ship(number: int, device: str, said: Said, *, actor: User, now_ms: int) -> Claim | Refused:
    """Send a device after its claim, which had been in use when the claim went."""
    claim = locked_claim(number)
    if isinstance(claim, Refused):
        return claim
    if (known := known_step(claim, said)) is not None:
        return known
    if claim.state not in (Claim.State.SENT, Claim.State.ANSWERED):
        return Refused(ClaimRefusal.NOT_SENT)
    if not claim.devices.filter(device=device, ended_ms=None).exists():
        return Refused(ClaimRefusal.DEVICE_NOT_IN_CLAIM, device)
    refused = _to_maker(claim, device, said, actor, now_ms)
    if refused is None:
        write_step(claim, said, actor, now_ms)
    return refused or claim


def mails_of(claim: Claim) -> list[Mailed]:
    """Give a claim's mails with what became of each, the newest first."""
    steps = [one for one in claim.steps.all() if one.kind == ClaimStep.Kind.MAILED]
    keys = [one.facts["notice"] for one in steps]
    found = Delivery.objects.filter(notice__key__in=keys).select_related("notice", "channel")
    by_key = {one.notice.key: one for one in found}
    return [Mailed(one, by_key.get(one.facts["notice"])) for one in reversed(steps)]


def _unsendable(claim: Claim) -> Refused | None:
    if claim.state == Claim.State.CLOSED:
        return Refused(ClaimRefusal.CLOSED)
    return None if claim.devices.filter(ended_ms=None).exists() else Refused(ClaimRefusal.NO_DEVICES)


def _gone(claim: Claim, said: Said, actor: User, now_ms: int) -> Refused | None:
    """Keep the step; with the first one, what lies in the store goes to its maker."""
    if claim.state == Claim.State.DRAFT:
        claim.state, claim.sent_ms = Claim.State.SENT, now_ms
        claim.text = text_of(claim)  # what was sent stands, whatever is found later
        claim.save(update_fields=["state", "sent_ms", "text"])
        for one in claim.devices.filter(ended_ms=None).select_related("device"):
            if one.device.state != DeviceState.FAULTY:
                continue
            if (refused := _to_maker(claim, one.device_id, said, actor, now_ms)) is not None:
                transaction.set_rollback(True)
                return refused
    write_step(claim, said, actor, now_ms)
    return None


def _to_maker(claim: Claim, device: str, said: Said, actor: User, now_ms: int) -> Refused | None:
    move = DeviceMove(f"{said.step[:40]}-{device}", DeviceAct.CLAIMED, said.at_ms, source=f"claim:{claim.pk}")
    done = step(device, move, actor=actor, now_ms=now_ms)
    return Refused(ClaimRefusal.DEVICE_REFUSED, device) if isinstance(done, DeviceRefused) else None


def _numbers(claim: Claim) -> str:
    devices = ClaimDevice.objects.filter(claim=claim, ended_ms=None).select_related("device__type")
    return ", ".join(f"{one.device.type.name} {one.device.serial}" for one in devices)[:200]


def _channel(claim: Claim) -> str:
    """Keep the maker's address as a channel of its own, one for each language that he is written to in; give its group."""
    maker = claim.maker
    group = f"maker-{maker.pk}-{claim.language}"
    Channel.objects.update_or_create(
        group=group,
        defaults={
            "name": f"maker {maker.pk}: {maker.code} ({claim.language})",
            "kind": Kind.MAIL,
            "language": claim.language,
            "sealed": seal({"to": maker.mail}),
            "shown": maker.mail,
            "is_active": True,
        },
    )
    return group
