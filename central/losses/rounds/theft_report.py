"""A cable from the corridor, seen on a round, is reported at once: the entry's words and pictures are the report (R-4.2.4)."""

from collections.abc import Sequence

from central.campus.models import Room
from central.losses.case_models import Case
from central.losses.cases import Refused as CaseRefused
from central.losses.rounds.round_models import Round
from central.losses.theft import facts as f
from central.losses.theft.operations import Report, report
from central.losses.theft.refusals import Refused
from central.office.models import User


def report_theft(
    walked: Round,
    room: Room,
    entry: str,
    text: str,
    photos: Sequence[bytes],
    at_ms: int,
    actor: User,
    now_ms: int,
) -> Case | Refused | CaseRefused:
    """Report as anybody does, inside the caller's transaction: all offices are told, or what stands already is added to."""
    said = Report(
        building=walked.building,
        room=room,
        place="",
        seen=f.Seen.CABLE,
        seen_ms=at_ms,
        text=text,
        photos=photos,
        of_round=walked.round_id,
    )
    return report(said, entry, actor=actor, now_ms=now_ms)
