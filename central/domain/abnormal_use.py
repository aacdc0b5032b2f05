"""The monthly list of rooms with abnormal use (R-3.5): what the group's loss follows and each room's own change, put together. Pure.

A work list for a person: it ranks, says why in numbers, and accuses nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from central.domain.attribution import Attribution, Suspect
from central.domain.change_of_use import RoomChange

LISTED_FROM = 0.5
"""Rooms at least this probable stand on the list."""


@dataclass(frozen=True, slots=True)
class Abnormal:
    """One room. `confidence` is the probability, 0 to 1, that its meter misses energy; `suspect` is what the group's loss says of it (None:
    no master, or not judged), `change` what its own past says (None: nothing known of it)."""

    room: str
    confidence: float
    suspect: Suspect | None
    change: RoomChange | None

    @property
    def is_listed(self) -> bool:
        """Whether it stands on the monthly list."""
        return self.confidence >= LISTED_FROM


def abnormal_rooms(changes: Sequence[RoomChange], attributions: Sequence[Attribution]) -> tuple[Abnormal, ...]:
    """Rank all rooms that either side judged, the most probable first; a room of no attribution is ranked by its change alone.

    Rooms are told by the same name on both sides (the meter's). Rooms not judged by either side are left out.
    """
    raise NotImplementedError
