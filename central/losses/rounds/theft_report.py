"""A cable from the corridor, seen on a round, is reported at once: the entry's words and pictures are the report (R-4.2.4)."""

from collections.abc import Sequence

from central.campus.models import Room
from central.losses.case_models import Case
from central.losses.cases import Matter, Refused, open_case
from central.losses.rounds.round_models import Round
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
    """Open the case of a theft, or add to the one that stands; inside the caller's transaction. None where it is refused."""
    matter = Matter(
        Case.Kind.THEFT,
        f"theft:{walked.building.code}:{room.full_label}",
        walked.building,
        room.full_label,
        room,
        text,
        {"round": walked.round_id, "seen_ms": at_ms},
        photos,
    )
    done = open_case(matter, entry, actor=actor, now_ms=now_ms)
    return None if isinstance(done, Refused) else done
