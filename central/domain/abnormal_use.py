"""The monthly list of rooms with abnormal use (R-3.5): what the group's loss follows and each room's own change, put together. Pure.

A work list for a person: it ranks, says why in numbers, and accuses nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

from central.domain.attribution import Attribution, Suspect
from central.domain.change_of_use import ReasonKind, RoomChange

LISTED_FROM = 0.5
"""Rooms at least this probable stand on the list."""
PRIOR = 0.01
"""Of a room in a month, before looking."""
ALL_ALONG = 1.5
"""A thief who stole in the months before, too, shows no change: rarer than one who does."""
LEAST_EVIDENCE = -5.0
MOST_EVIDENCE = 12.0


@dataclass(frozen=True, slots=True)
class Abnormal:
    """One room. `confidence` is the probability, 0 to 1, that its meter misses energy; `score` its log-odds; `suspect` is what the group's
    loss says of it (None: no master, or not judged), `change` what its own past says (None: nothing known of it)."""

    room: str
    confidence: float
    score: float
    suspect: Suspect | None
    change: RoomChange | None

    @property
    def is_listed(self) -> bool:
        """Whether it stands on the monthly list."""
        return self.confidence >= LISTED_FROM


def abnormal_rooms(
    changes: Sequence[RoomChange], attributions: Sequence[Attribution]
) -> tuple[Abnormal, ...]:
    """Rank all rooms that either side judged, the most probable first; a room of no attribution is ranked by its change alone.

    Rooms are told by the same name on both sides (the meter's). Rooms not judged by either side are left out.
    """
    followed: dict[str, tuple[Suspect, float]] = {}
    for found in attributions:
        for suspect in found.ranked:
            followed[suspect.meter] = suspect, _loss_evidence(suspect)
    changed = {change.room: change for change in changes if change.not_judged is None}
    rooms = [_judged(room, followed.get(room), changed.get(room)) for room in {**followed, **changed}]
    return tuple(sorted(rooms, key=lambda one: -one.score))


def _judged(room: str, followed: tuple[Suspect, float] | None, change: RoomChange | None) -> Abnormal:
    by_loss = followed[1] if followed else 0.0
    ways = {way.kind: way.evidence for way in change.ways} if change else {}
    kinds = [
        # A constant share is seen by the loss, if by anything; a meter that shows nothing gives it nothing to follow.
        by_loss + ways.get(ReasonKind.LESS, 0.0),
        by_loss - (ALL_ALONG if change else 0.0),
        *(max(0.0, by_loss) + ways.get(kind, -ALL_ALONG) for kind in (ReasonKind.NIGHT, ReasonKind.BLOCKS, ReasonKind.NOTHING)),
    ]  # fmt: skip
    top = max(kinds)
    score = log(PRIOR / (1 - PRIOR)) + top + log(sum(exp(kind - top) for kind in kinds) / len(kinds))
    return Abnormal(
        room, 1 / (1 + exp(-max(-700.0, score))), score, followed[0] if followed else None, change
    )


def _loss_evidence(suspect: Suspect) -> float:
    return min(MOST_EVIDENCE, max(LEAST_EVIDENCE, suspect.evidence))
