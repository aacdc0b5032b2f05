"""What residents report from their own page, and what they see of it afterwards: no names, nothing of other rooms."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from central.campus.models import Account
from central.desk.resident.entering import count_tries
from central.domain.fault_clock import DAY_MS
from central.ledger.one_writer import lock_head, one_writer
from central.office.dated_settings import Where, number_at
from central.office.photos import PhotoRefusal, look_all
from central.office.photos import Seen as Picture
from central.office.words import Words
from central.workshop.faults.matters import of_room
from central.workshop.faults.models import Fault, FaultStep
from central.workshop.faults.notices import tell_opened
from central.workshop.faults.operations import Step, open_fault
from central.workshop.faults.refusals import OF_PHOTOS, FaultRefusal, Refused
from central.workshop.faults.signs import Seen, sign_words

MOST_PHOTOS = 3
MOST_TRIES_OF_PICTURES = 10
"""Reports with pictures from a room within a quarter of an hour, those that are refused included: unpacking one takes seconds."""
LONGEST_WORDS = 300
SHOWN = 5
STATE_WORDS: dict[str, Words] = {
    Fault.State.OPEN: _("Received. A technician looks at it."),
    Fault.State.ACKNOWLEDGED: _("A technician is on the way."),
    Fault.State.ON_SITE: _("A technician is there."),
    Fault.State.FOUND: _("The cause was found; it is being repaired."),
    Fault.State.SOLVED: _("Solved."),
    Fault.State.CLOSED: _("Solved."),
}
NOT_OURS: Words = _("Looked at: it is on your side of the meter. The desk tells you what to do.")


def report(
    account: Account, seen: Seen, text: str, photos: Sequence[bytes], step: str, *, now_ms: int
) -> Fault | Refused:
    """Take a resident's report of his room; the same `step` is the same report. So many a day from a room.

    His pictures are unpacked before the ledger's head is locked: a stranger must not keep the desk waiting.
    """
    if _is_too_often(account, step, now_ms):
        return Refused(FaultRefusal.TOO_OFTEN)
    if len(photos) > MOST_PHOTOS:
        return Refused(FaultRefusal.TOO_MANY_PHOTOS)
    if photos and count_tries({f"pictures:{account.code}"[:100]: MOST_TRIES_OF_PICTURES}, now_ms):
        return Refused(FaultRefusal.TOO_OFTEN)
    pictures = look_all(photos)
    if isinstance(pictures, PhotoRefusal):
        return Refused(OF_PHOTOS[pictures])
    return _report(account, seen, text, pictures, step, now_ms)


def _is_too_often(account: Account, step: str, now_ms: int) -> bool:
    mine = FaultStep.objects.filter(account=account.code)
    if mine.filter(step=step).exists():
        return False
    most = number_at("fault.resident-reports", now_ms, Where(building=account.point.room.building.code))
    return mine.filter(received_ms__gt=now_ms - DAY_MS).count() >= most


@one_writer
@transaction.atomic
def _report(
    account: Account, seen: Seen, text: str, pictures: Sequence[Picture], step: str, now_ms: int
) -> Fault | Refused:
    lock_head()
    if _is_too_often(account, step, now_ms):
        return Refused(FaultRefusal.TOO_OFTEN)
    room, words = account.point.room, text.strip()[:LONGEST_WORDS]
    said = Step(FaultStep.Kind.OPENED, step, now_ms, words, account=account.code, photos=pictures)
    fault = open_fault(of_room(room, seen), said, actor=None, now_ms=now_ms)
    if isinstance(fault, Fault) and fault.steps.count() == 1:
        tell_opened(room.building, [fault], now_ms)
    return fault


@dataclass(frozen=True, slots=True)
class Reported:
    """One report as its room sees it."""

    at_ms: int
    seen: Words
    text: str
    state: Words
    is_over: bool


def reports_of(account: Account) -> list[Reported]:
    """Give the newest reports of an account, with what became of each."""
    steps = (
        FaultStep.objects.filter(account=account.code).select_related("fault").order_by("-received_ms", "-pk")
    )
    return [
        Reported(
            one.at_ms,
            sign_words(one.facts.get("sign", "")),
            one.text,
            _state_of(one.fault),
            one.fault.is_over,
        )
        for one in steps[:SHOWN]
    ]


def _state_of(fault: Fault) -> Words:
    return NOT_OURS if fault.is_over and fault.cause == Fault.Cause.USER_SIDE else STATE_WORDS[fault.state]
