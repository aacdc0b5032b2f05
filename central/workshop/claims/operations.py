"""Begin claims, add to them, write their text, log what happens: one transaction each, each step once, all on record.

draft -> sent -> answered -> closed           whoever needs a claim calls `open_claim` inside his own transaction
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import transaction

from central.domain.device_states import DeviceState
from central.ledger.one_writer import lock_head, one_writer
from central.ledger.operations import record_audit
from central.office.models import User
from central.office.photo_models import Photo
from central.workshop.claims.models import Claim, ClaimDevice, ClaimStep
from central.workshop.devices.models import Device, Maker

CENTRAL = "central"
LATEST_MS = 5 * 60_000
"""A phone's clock may be so far ahead; a step from later is taken as now."""
LONGEST_TEXT = 4000
LONGEST_STEP = 64
CLAIMABLE = (DeviceState.ARRIVED, DeviceState.GOOD, DeviceState.IN_USE, DeviceState.FAULTY)


class ClaimRefusal(StrEnum):
    """Why something about a claim was not done."""

    UNKNOWN_CLAIM = "unknown-claim"
    NO_DEVICES = "no-devices"
    SEVERAL_MAKERS = "several-makers"
    """One claim goes to one maker."""
    IN_ANOTHER_CLAIM = "in-another-claim"
    """`what` is the device's stock number and its claim's number."""
    NOT_CLAIMABLE = "not-claimable"
    """It is scrapped, missing, or with its maker: `what` is its stock number."""
    UNKNOWN_PHOTO = "unknown-photo"
    CLOSED = "closed"
    ALREADY_SENT = "already-sent"
    """What was sent is not written anew: add a note, or send a second claim."""
    NOT_SENT = "not-sent"
    NO_WORDS = "no-words"
    NO_PROMISE = "no-promise"
    NO_DUE_DAY = "no-due-day"
    NO_MAIL_ADDRESS = "no-mail-address"
    NO_MAIL_SERVER = "no-mail-server"
    DEVICE_NOT_IN_CLAIM = "device-not-in-claim"
    DEVICES_OPEN = "devices-open"
    """`what` are the stock numbers for which nothing is settled."""
    DEVICE_REFUSED = "device-refused"
    """The device's own step was refused: `what` is its stock number."""
    EXISTS_WITH_DIFFERENT = "exists-with-different"


@dataclass(frozen=True, slots=True)
class Refused:
    """An expected refusal."""

    why: ClaimRefusal
    what: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """One step of a claim. `step` is its originator's id; `at_ms` when it happened; `photos` are digests of kept pictures."""

    step: str
    kind: ClaimStep.Kind
    at_ms: int
    text: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    photos: Sequence[str] = ()


@one_writer
@transaction.atomic
def open_claim(
    devices: Sequence[Device],
    text: str,
    photos: Sequence[str] = (),
    *,
    source: str,
    actor: User | None,
    now_ms: int,
    found: Sequence[str] = (),
) -> Claim | Refused:
    """Begin a claim to the maker of these devices: what was found in words (`text`), its photographs (digests, kept already).

    `found` are codes of `goods_in.Finding`, said in the language in which the maker was written to last. A claim of the same
    `source` and maker that isn't sent yet is added to instead. The same again changes nothing. The devices stay what they are until
    the claim is sent.
    """
    lock_head()
    if (refused := _unfit(devices, source)) is not None:
        return refused
    claimed = _claimed(devices, source)
    new = [device for device in devices if device.pk not in claimed]
    if not new:
        return Claim.objects.get(pk=claimed[devices[0].pk])
    if Photo.objects.filter(digest__in=photos).count() != len(set(photos)):
        return Refused(ClaimRefusal.UNKNOWN_PHOTO)
    maker = devices[0].type.maker
    drafts = Claim.objects.filter(maker=maker, source=source, state=Claim.State.DRAFT)
    claim = drafts.first() or Claim(maker=maker, source=source, language=_language(maker), opened_ms=now_ms)
    kind = ClaimStep.Kind.ADDED if claim.pk else ClaimStep.Kind.OPENED
    claim.save()
    for device in new:
        finding = text.strip()[:LONGEST_TEXT]
        ClaimDevice.objects.create(claim=claim, device=device, found=list(found), finding=finding)
    numbers = [device.number for device in new]
    step = f"{claim.pk}-{kind}-{numbers[0]}"
    write_step(claim, Said(step, kind, now_ms, text, {"devices": numbers}, photos), actor, now_ms)
    return claim


def _unfit(devices: Sequence[Device], source: str) -> Refused | None:
    if not devices:
        return Refused(ClaimRefusal.NO_DEVICES)
    if len({device.type.maker_id for device in devices}) > 1:
        return Refused(ClaimRefusal.SEVERAL_MAKERS)
    for device in devices:
        other = ClaimDevice.objects.filter(device=device, ended_ms=None).select_related("claim").first()
        if other is not None and other.claim.source != source:
            return Refused(ClaimRefusal.IN_ANOTHER_CLAIM, f"{device.number}: {other.claim_id}")
        if other is None and device.state not in CLAIMABLE:
            return Refused(ClaimRefusal.NOT_CLAIMABLE, device.number)
    return None


def _language(maker: Maker) -> str:
    last = Claim.objects.filter(maker=maker).order_by("-pk").values_list("language", flat=True).first()
    return last or settings.LANGUAGE_CODE


def _claimed(devices: Sequence[Device], source: str) -> dict[str, int]:
    """Give stock number -> claim of those that a claim of this source has already."""
    mine = ClaimDevice.objects.filter(device__in=devices, ended_ms=None, claim__source=source)
    return dict(mine.values_list("device_id", "claim_id"))


@one_writer
@transaction.atomic
def write_text(
    number: int, text: str, language: str, step: str, *, actor: User, now_ms: int
) -> Claim | Refused:
    """Keep a claim's text and language as a person wants them; an empty text is proposed from the findings again."""
    claim = locked_claim(number)
    if isinstance(claim, Refused):
        return claim
    said = Said(step, ClaimStep.Kind.WRITTEN, now_ms, text, {"language": language})
    if (known := known_step(claim, said)) is not None:
        return known
    if claim.state != Claim.State.DRAFT:
        return Refused(ClaimRefusal.ALREADY_SENT)
    claim.text, claim.language = said.text.strip()[:LONGEST_TEXT], language
    claim.save(update_fields=["text", "language"])
    write_step(claim, said, actor, now_ms)
    return claim


@one_writer
@transaction.atomic
def note(number: int, said: Said, *, actor: User, now_ms: int) -> Claim | Refused:
    """Add words or photographs to a claim; a closed one takes them, too."""
    claim = locked_claim(number)
    if isinstance(claim, Refused):
        return claim
    if (known := known_step(claim, said)) is not None:
        return known
    if not said.text.strip() and not said.photos:
        return Refused(ClaimRefusal.NO_WORDS)
    write_step(claim, said, actor, now_ms)
    return claim


def locked_claim(number: int) -> Claim | Refused:
    """Lock the chain's head, then the claim."""
    lock_head()
    found = Claim.objects.select_for_update(of=("self",), no_key=True).select_related("maker")
    return found.filter(pk=number).first() or Refused(ClaimRefusal.UNKNOWN_CLAIM, str(number))


def known_step(claim: Claim, said: Said) -> Claim | Refused | None:
    """Give the claim when the same step is done already; another one under its id is refused."""
    done = ClaimStep.objects.filter(step=said.step).first()
    if done is None:
        return None
    is_same = (done.claim_id, done.kind, done.text) == (claim.pk, said.kind, _cut(said.text))
    return claim if is_same else Refused(ClaimRefusal.EXISTS_WITH_DIFFERENT, said.step)


def write_step(claim: Claim, said: Said, actor: User | None, now_ms: int) -> None:
    """Keep a step, and put it on record."""
    ClaimStep.objects.create(
        step=said.step[:LONGEST_STEP],
        claim=claim,
        kind=said.kind,
        at_ms=said.at_ms if said.at_ms <= now_ms + LATEST_MS else now_ms,
        received_ms=now_ms,
        by=actor,
        text=_cut(said.text),
        facts=dict(said.facts),
        photos=list(dict.fromkeys(said.photos)),
    )
    record_audit(
        actor=actor.username if actor else CENTRAL,
        action=f"claim-{said.kind}",
        subject=str(claim.pk),
        detail=f"{claim.maker.name} {_cut(said.text)}"[:200],
        now_ms=now_ms,
    )


def _cut(text: str) -> str:
    return text.strip()[:LONGEST_TEXT]
