"""Find rooms by the names that people write in lists and on pages: `1-301`, or building and room apart, wide digits too."""

from collections.abc import Iterable

from central.campus.models import MeteringPoint
from central.domain.opening_rows import plain


def points_by_name(points: Iterable[MeteringPoint]) -> dict[str, MeteringPoint]:
    """Give points by every folded name of their rooms; `room.building` is loaded."""
    return {folded(name): point for point in points for name in _names(point)}


def folded(name: str) -> str:
    """Fold a name as it is typed; building and room apart are two lines."""
    return "\n".join(plain(part) for part in name.split("\n")).casefold()


def _names(point: MeteringPoint) -> list[str]:
    room = point.room
    return [room.full_label, *(f"{b}\n{room.label}" for b in (room.building.code, room.building.name))]
