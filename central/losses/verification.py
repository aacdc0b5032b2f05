"""Prove that each penalty has its case and approval and is what was signed, and that photographs are as they were received."""

from central.desk.debts.penalty_models import DebtPenalty
from central.ledger.verification import Check
from central.losses.abnormal.models import AbnormalReview
from central.losses.case_models import Case, CaseStep
from central.losses.checks.check_models import DailyCheck
from central.losses.readings.models import HandReading
from central.losses.rounds.round_models import RoundEntry
from central.losses.theft.ending import APPEAL_ACT, PENALTY_ACT
from central.losses.theft.models import TheftAppeal, TheftAppealEnd
from central.office.approvals import content_hash
from central.office.models import Approval
from central.office.photo_models import Photo
from central.office.photo_proof import named_photos
from central.office.photos import content_of

WITH_PHOTOS = (CaseStep, TheftAppeal, RoundEntry, DailyCheck, HandReading, AbnormalReview)
"""What names photographs as its evidence."""


def verify_losses() -> list[Check]:
    """Check penalties against cases and approvals, ends of appeals, photographs against their files."""
    return [_penalties(), _appeals(), named_photos("photographs that are named", WITH_PHOTOS), _photos()]


def _approved(act: str) -> dict[int, Approval]:
    found = Approval.objects.filter(act=act, state=Approval.State.APPROVED)
    return {one.number: one for one in found}


def _penalties() -> Check:
    """Each penalty is what its approval says, of a confirmed theft; each approved request has its penalty."""
    asked, laid = (
        _approved(PENALTY_ACT),
        list(DebtPenalty.objects.select_related("account").order_by("approval")),
    )
    thefts = set(
        Case.objects.filter(kind=Case.Kind.THEFT, finding=Case.Finding.THEFT).values_list("pk", flat=True)
    )
    name, seen = "penalties and what was signed", f"{len(laid)} penalties"
    for one in laid:
        request = asked.pop(one.approval, None)
        if request is None or content_hash(request.act, request.content) != request.content_hash:
            return Check(name, seen, f"case {one.case}: no approval of this content")
        said = tuple(request.content[key] for key in ("case", "account", "energy_wh", "fen"))
        if said != (one.case, one.account.code, one.energy_wh, one.amount_fen):
            return Check(name, seen, f"case {one.case}: the penalty is not what was signed")
        if one.case not in thefts:
            return Check(name, seen, f"case {one.case}: no confirmed theft")
    strange = next(iter(asked), None)
    return Check(name, seen, f"approval {strange} has no penalty" if strange else "")


def _appeals() -> Check:
    """Each decided appeal is what its approval says, and its penalty was changed so."""
    asked = _approved(APPEAL_ACT)
    ends = list(TheftAppealEnd.objects.select_related("appeal").order_by("approval"))
    changes = {one.case: getattr(one, "change", None) for one in DebtPenalty.objects.select_related("change")}
    name, seen = "appeals", f"{len(ends)} decided"
    for end in ends:
        request = asked.pop(end.approval, None)
        said = request and (request.content["outcome"], request.content["energy_wh"], request.content["fen"])
        change = changes.get(end.appeal.case_id)
        stands = change.amount_fen if change else end.amount_fen
        is_changed = end.outcome != TheftAppealEnd.Outcome.UPHELD
        if said != (end.outcome, end.energy_wh, end.amount_fen) or is_changed != (change is not None):
            return Check(name, seen, f"case {end.appeal.case_id}: the decision is not what was signed")
        if stands != end.amount_fen:
            return Check(name, seen, f"case {end.appeal.case_id}: another sum stands of the penalty")
    strange = next(iter(asked), None)
    return Check(name, seen, f"approval {strange} decided no appeal" if strange else "")


def _photos() -> Check:
    """Every kept picture's file is there, and is what was received."""
    seen = 0
    for photo in Photo.objects.order_by("digest").iterator(chunk_size=200):
        seen += 1
        if content_of(photo) is None:
            return Check("files of photographs", f"{seen} looked at", f"{photo.digest}: missing or changed")
    return Check("files of photographs", f"{seen} looked at")
