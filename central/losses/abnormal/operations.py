"""Review a room of the list, and send the reviewed list upwards. One transaction each, on record; nobody is accused by it.

A room that is to be looked at, or whose meter is faulty, opens a case for the building's electrician.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from central.ledger.operations import record_audit
from central.link.outbox import lock_building
from central.losses.abnormal.models import AbnormalReview, AbnormalRow
from central.losses.abnormal.queries import content_of_month, unreviewed
from central.losses.case_models import Case
from central.losses.cases import Matter, open_case
from central.losses.cases import Refused as CaseRefused
from central.office.approvals import ApprovalRefusal, ask
from central.office.models import Approval, User
from central.office.notices import notify
from central.office.photos import PhotoRefusal, keep_photos
from central.office.roles import TOLD_OF_ABNORMAL

ACT = "abnormal-users"
NOTICE = "abnormal-users-reviewed"
OPENS_CASE = (AbnormalReview.Kind.METER, AbnormalReview.Kind.LOOK)


class ReviewRefusal(StrEnum):
    """Why a review was not kept, or a list not sent."""

    NO_WORDS = "no-words"
    NOT_HIS_BUILDING = "not-his-building"
    SENT_BEFORE = "sent-before"
    """The month's list is on its way upwards: what is found now belongs to the case."""
    EXISTS_WITH_DIFFERENT = "exists-with-different"
    PHOTOS = "photos"
    NOTHING_LISTED = "nothing-listed"
    NOT_ALL_REVIEWED = "not-all-reviewed"
    CASE = "case"


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says of a room. `step` is made by the page."""

    kind: AbnormalReview.Kind
    text: str
    step: str
    photos: Sequence[bytes] = ()


@transaction.atomic
def review(row: AbnormalRow, said: Said, *, actor: User, now_ms: int) -> AbnormalReview | ReviewRefusal:
    """Keep a review; the same step again is the same one."""
    row = AbnormalRow.objects.select_related("run__building", "room__building").get(pk=row.pk)
    lock_building(row.run.building_id)  # the other half of a double click waits, and finds the first
    known = AbnormalReview.objects.filter(step=said.step).first()
    if known is not None:
        same = (known.row_id, known.kind, known.text) == (row.pk, said.kind, said.text.strip()[:1000])
        return known if same else ReviewRefusal.EXISTS_WITH_DIFFERENT
    if not actor.serves(row.run.building_id):
        return ReviewRefusal.NOT_HIS_BUILDING
    if not said.text.strip():
        return ReviewRefusal.NO_WORDS
    if request_of(row.run.month) is not None:
        return ReviewRefusal.SENT_BEFORE
    photos = keep_photos(said.photos, by=actor, now_ms=now_ms) if said.photos else []
    if isinstance(photos, PhotoRefusal):
        return ReviewRefusal.PHOTOS
    case = _case(row, said, actor, now_ms) if said.kind in OPENS_CASE else None
    if isinstance(case, CaseRefused):
        return ReviewRefusal.CASE
    kept = AbnormalReview.objects.create(
        row=row,
        step=said.step,
        kind=said.kind,
        text=said.text.strip()[:1000],
        photos=photos,
        by=actor,
        at_ms=now_ms,
        case=case,
    )
    record_audit(
        actor=actor.get_username(),
        action="abnormal-review",
        subject=f"{row.room.full_label} {row.run.month}",
        detail=f"{said.kind}: {kept.text}"[:200],
        now_ms=now_ms,
    )
    return kept


def _case(row: AbnormalRow, said: Said, actor: User, now_ms: int) -> Case | CaseRefused:
    matter = Matter(
        Case.Kind.METER,
        f"abnormal:{row.room_id}",
        row.run.building,
        f"{row.meter} {row.run.month}",
        row.room,
        said.text.strip(),
        {"row": row.pk, "month": row.run.month},
    )
    return open_case(matter, f"abnormal-{said.step}"[:64], actor=actor, now_ms=now_ms)


def request_of(month: str) -> Approval | None:
    """Give the request of a month's list that is waiting or signed."""
    running = (Approval.State.WAITING, Approval.State.APPROVED)
    return Approval.objects.filter(act=ACT, subject=month, state__in=running).order_by("-pk").first()


@transaction.atomic
def send_upwards(month: str, *, actor: User, now_ms: int) -> Approval | ApprovalRefusal | ReviewRefusal:
    """Send a month's reviewed list through its chain, and tell at once whom R-4.2.5 names; once a month.

    Refused while a room of it waits for its review: nothing goes upwards that no person has looked at.
    """
    if (before := request_of(month)) is not None:
        return before
    if unreviewed(month):
        return ReviewRefusal.NOT_ALL_REVIEWED
    content = content_of_month(month)
    if not content["rooms"]:
        return ReviewRefusal.NOTHING_LISTED
    tries = Approval.objects.filter(act=ACT, subject=month).count()
    why = f"{month}: {len(content['rooms'])}"
    request = ask(
        ACT, content, subject=month, why=why, actor=actor, now_ms=now_ms, key=f"{ACT} {month} {tries + 1}"
    )
    if isinstance(request, ApprovalRefusal):
        return request
    look = sum(one["kind"] in OPENS_CASE for one in content["rooms"])
    notify(
        NOTICE,
        {
            "month": month,
            "rooms": len(content["rooms"]),
            "look": look,
            "link": f"/office/approvals/{request.number}/",
        },
        to=TOLD_OF_ABNORMAL,
        key=f"abnormal-{month}-{tries + 1}",
        now_ms=now_ms,
    )
    return request
