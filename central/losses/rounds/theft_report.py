"""A cable from the corridor, seen on a round, is reported at once: the entry's words and pictures are the report (R-4.2.4)."""

from collections.abc import Sequence

from central.campus.models import Room
from central.losses.case_models import Case
from central.losses.rounds.round_models import Round
from central.losses.theft.facts import Seen
from central.losses.theft.operations import Report, report
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
) -> Case | None:
    """Report the theft, or add to the case that stands; inside the caller's transaction. None where it is refused."""
    said = Report(walked.building, room, "", Seen.CABLE, at_ms, text, tuple(photos), of_round=walked.round_id)
    done = report(said, entry, actor=actor, now_ms=now_ms)
    return done if isinstance(done, Case) else None
