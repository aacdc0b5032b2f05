"""The monthly list of rooms with abnormal use (R-3.5): what the group's loss follows and each room's own change, put
together. Pure.

A work list for a person: it ranks, says why in numbers, and accuses nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

from central.domain.attributed import Attribution, Suspect
from central.domain.change_evidence import told_apart
from central.domain.change_of_use import ReasonKind, RoomChange

LISTED_FROM = 0.5
"""Rooms at least this probable stand on the list."""
PRIOR = 0.01
"""Of a room in a month, before looking."""
ALL_ALONG = 2.5
"""A thief who stole in the months before, too, shows no change: that is rarer, or was found then."""
LEAST_EVIDENCE, MOST_EVIDENCE, MOST_EARLIER = -5.0, 7.0, 2.5
"""No side convinces alone beyond all doubt: a model may be wrong."""
TELLS_HOW_MUCH = 0.1
"""Up to this doubt of a room's whole use, the amount that the loss tells means something."""
SILENT_WAYS = (ReasonKind.NIGHT, ReasonKind.BLOCKS, ReasonKind.NOTHING)


@dataclass(frozen=True, slots=True)
class Abnormal:
    """One room. `confidence` is the probability, 0 to 1, that its meter misses energy; `score` its log-odds; `suspect` is
    what the group's loss says of it (None: no master, or not judged), `change` what its own past says (None: nothing known of
    it)."""

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
    changes: Sequence[RoomChange], attributions: Sequence[Attribution], before: Sequence[Attribution] = ()
) -> tuple[Abnormal, ...]:
    """Rank all rooms that either side judged, the most probable first; a room of no attribution is ranked by its change alone.

    `attributions` are of the judged days, `before` of the reference days: a room that the loss follows now, though it neither
    changed nor was followed before, is followed by chance. Rooms are told by the same name everywhere (the meter's); those
    judged by neither side are left out.
    """
    followed, earlier = _by_room(attributions), _by_room(before)
    changed = {change.room: change for change in changes if change.not_judged is None}
    rooms = [
        _judged(room, followed.get(room), changed.get(room), earlier.get(room))
        for room in {**followed, **changed}
    ]
    return tuple(sorted(rooms, key=lambda one: -one.score))


def _by_room(attributions: Sequence[Attribution]) -> dict[str, Suspect]:
    """Give each room's suspect; of several attributions (a week's, a month's) the one with most evidence."""
    found: dict[str, Suspect] = {}
    for suspect in (one for attribution in attributions for one in attribution.ranked):
        if suspect.meter not in found or suspect.evidence > found[suspect.meter].evidence:
            found[suspect.meter] = suspect
    return found


def _judged(
    room: str, suspect: Suspect | None, change: RoomChange | None, earlier: Suspect | None
) -> Abnormal:
    by_loss = _within(LEAST_EVIDENCE, suspect.evidence, MOST_EVIDENCE) if suspect else 0.0
    by_change = {way.kind: way.evidence for way in change.ways} if change else {}
    all_along = -ALL_ALONG if change else 0.0
    if earlier:
        all_along += _within(LEAST_EVIDENCE, earlier.evidence, MOST_EARLIER)
    ways = [
        # A constant share is seen by the loss, if by anything; a meter that shows nothing gives it nothing to follow.
        by_loss + _less(suspect, change),
        by_loss + all_along,
        *(max(0.0, by_loss) + by_change.get(kind, -ALL_ALONG) for kind in SILENT_WAYS),
    ]
    top = max(ways)
    score = log(PRIOR / (1 - PRIOR)) + top + log(sum(exp(way - top) for way in ways) / len(ways))
    return Abnormal(room, 1 / (1 + exp(-max(-700.0, score))), score, suspect, change)


def _less(suspect: Suspect | None, change: RoomChange | None) -> float:
    """Evidence of the room's lesser use; where the loss tells how much is missing, whether that very amount restores its past."""
    less = next((way for way in change.ways if way.kind == ReasonKind.LESS), None) if change else None
    if less is None:
        return 0.0
    if suspect is None:
        return less.evidence
    shown, missing = max(1, less.now), max(0.0, suspect.missing_wh / suspect.days)
    doubt = suspect.uncertainty_wh / suspect.days / 2 / (shown + missing)
    if doubt > TELLS_HOW_MUCH:
        return less.evidence
    fall = less.z * less.spread
    return told_apart(fall, fall + log((shown + missing) / shown), less.spread, doubt)


def _within(least: float, value: float, most: float) -> float:
    return min(most, max(least, value))
