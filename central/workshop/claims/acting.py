"""Which forms a claim's page has now, and what each of them does when it is sent."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from central.clock import CAMPUS_ZONE, campus_day, local
from central.domain.device_states import DeviceState
from central.office.models import User
from central.office.photo_keeping import keep_uploads
from central.workshop.claims import following, forms, operations, sending
from central.workshop.claims.letter import text_of
from central.workshop.claims.models import Claim, ClaimDevice, ClaimStep
from central.workshop.claims.operations import Refused, Said

Kind = ClaimStep.Kind
Done = Claim | Refused | list[str]
"""What came of it; a list says which photographs were not taken."""
Act = Callable[[Claim, Mapping[str, Any], User, int], Done]


def forms_of(claim: Claim, now_ms: int) -> dict[str, forms.ActForm]:
    """Give the forms of what can be done now, by act."""
    note = {"note": forms.NoteForm()}
    if claim.state == Claim.State.CLOSED:
        return note
    made: dict[str, forms.ActForm] = {"mail": forms.MailForm(), "handed": forms.HandedForm()}
    if claim.state == Claim.State.DRAFT:
        made["write"] = forms.WriteForm(initial={"text": text_of(claim), "language": claim.language})
    at = local(now_ms)
    made["call"] = forms.CallForm(initial={"day": campus_day(now_ms), "time": at.time()})
    if claim.state != Claim.State.DRAFT:
        made["reply"] = forms.ReplyForm()
    return made | _of_devices(claim) | note


def bound(request: HttpRequest, claim: Claim) -> forms.ActForm | None:
    """Give the form that was sent, filled in; None for an act that there isn't."""
    act = request.POST.get("act", "")
    kind = FORMS.get(act)
    if kind is None:
        return None
    if kind in (forms.DeviceForm, forms.ShipForm):
        return kind(request.POST, devices=_choices(claim))
    return kind(request.POST, request.FILES)


def carry_out(form: forms.ActForm, claim: Claim, actor: User, now_ms: int) -> Done:
    """Do what a valid form says."""
    return ACTS[form.act](claim, form.cleaned_data, actor, now_ms)


def _of_devices(claim: Claim) -> dict[str, forms.ActForm]:
    devices = _choices(claim)
    if not devices:
        return {"close": forms.CloseForm()}
    made: dict[str, forms.ActForm] = {"end": forms.DeviceForm(devices=devices)}
    follow = _choices(claim, state=DeviceState.FAULTY)
    if follow and claim.state != Claim.State.DRAFT:
        made["ship"] = forms.ShipForm(devices=follow)
    return made


def _choices(claim: Claim, state: str = "") -> list[tuple[str, str]]:
    found = claim.devices.filter(ended_ms=None).select_related("device__type")
    return [
        (one.device_id, f"{one.device_id} · {one.device.type.name} · {one.device.serial}")
        for one in found
        if not state or one.device.state == state
    ]


def _said(data: Mapping[str, Any], kind: Kind, at_ms: int, **facts: object) -> Said:
    return Said(str(data["step"]), kind, at_ms, data.get("text", ""), facts)


def _write(claim: Claim, data: Mapping[str, Any], actor: User, now_ms: int) -> Done:
    text = "" if _same(data["text"], text_of(claim)) and not claim.text else data["text"]
    return operations.write_text(
        claim.pk, text, data["language"], str(data["step"]), actor=actor, now_ms=now_ms
    )


def _same(first: str, second: str) -> bool:
    """A browser ends lines by two characters."""
    return first.split() == second.split()


def _mail(claim: Claim, data: Mapping[str, Any], actor: User, now_ms: int) -> Done:
    return sending.send_by_mail(claim.pk, str(data["step"]), actor=actor, now_ms=now_ms)


def _handed(claim: Claim, data: Mapping[str, Any], actor: User, now_ms: int) -> Done:
    return sending.sent_otherwise(claim.pk, _said(data, Kind.HANDED, now_ms), actor=actor, now_ms=now_ms)


def _call(claim: Claim, data: Mapping[str, Any], actor: User, now_ms: int) -> Done:
    at = datetime.combine(data["day"], data["time"], CAMPUS_ZONE)
    said = _said(data, Kind.CALLED, int(at.timestamp() * 1000), **{"with": data["who"]})
    return following.log_call(claim.pk, said, actor=actor, now_ms=now_ms)


def _reply(claim: Claim, data: Mapping[str, Any], actor: User, now_ms: int) -> Done:
    due = data["due"].isoformat() if data["due"] else ""
    said = _said(data, Kind.REPLIED, now_ms, promise=data["promise"], due=due)
    return following.log_reply(claim.pk, said, actor=actor, now_ms=now_ms)


def _end(claim: Claim, data: Mapping[str, Any], actor: User, now_ms: int) -> Done:
    end = ClaimDevice.End(data["end"])
    said = _said(data, Kind.DEVICE_ENDED, now_ms, device=data["device"], end=end.value)
    return following.end_device(
        claim.pk, data["device"], end, data["place"], said, actor=actor, now_ms=now_ms
    )


def _ship(claim: Claim, data: Mapping[str, Any], actor: User, now_ms: int) -> Done:
    said = _said(data, Kind.SHIPPED, now_ms, device=data["device"])
    return sending.ship(claim.pk, data["device"], said, actor=actor, now_ms=now_ms)


def _note(claim: Claim, data: Mapping[str, Any], actor: User, now_ms: int) -> Done:
    digests, troubles = keep_uploads(data["photos"], [], by=actor, now_ms=now_ms)
    if troubles:
        return troubles
    said = Said(str(data["step"]), Kind.NOTED, now_ms, data["text"], {}, digests)
    return operations.note(claim.pk, said, actor=actor, now_ms=now_ms)


def _close(claim: Claim, data: Mapping[str, Any], actor: User, now_ms: int) -> Done:
    return following.close(claim.pk, _said(data, Kind.CLOSED, now_ms), actor=actor, now_ms=now_ms)


FORMS: dict[str, type[forms.ActForm]] = {
    one.act: one
    for one in (
        *(forms.WriteForm, forms.MailForm, forms.HandedForm, forms.CallForm, forms.ReplyForm),
        *(forms.DeviceForm, forms.ShipForm, forms.NoteForm, forms.CloseForm),
    )
}
ACTS: dict[str, Act] = {
    "write": _write,
    "mail": _mail,
    "handed": _handed,
    "call": _call,
    "reply": _reply,
    "end": _end,
    "ship": _ship,
    "note": _note,
    "close": _close,
}
