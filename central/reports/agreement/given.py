"""What parties say, by building and period: each from a list of theirs or from our own books, or not at all."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from central.domain.agreement_rows import Frame, Grain, Row
from central.domain.four_way import Origin, Party, Source


@dataclass(frozen=True, slots=True)
class How:
    """Where a party's figures of a building and period come from, and how fine they are."""

    origin: Origin
    grain: Grain = Grain.ROWS


OURS = How(Origin.OURS)


@dataclass(slots=True)
class Given:
    """One party's rows, and for which buildings and periods it said anything: no rows are then a zero, not a gap."""

    party: Party
    rows: list[Row] = field(default_factory=list)
    frames: dict[Frame, How] = field(default_factory=dict)

    def put_over(self, other: "Given") -> "Given":
        """Put another party's own word in place of what these books say, building by building."""
        kept = [row for row in self.rows if row.frame not in other.frames]
        return Given(self.party, [*kept, *other.rows], {**self.frames, **other.frames})

    def of_frame(self, frame: Frame) -> Source | None:
        """Give what it says of one building and period; None: nothing."""
        how = self.frames.get(frame)
        if how is None:
            return None
        rows = tuple(row for row in self.rows if row.frame == frame)
        return Source(self.party, how.origin, rows, frozenset({frame}), how.grain)

    def of_grain(self, grain: Grain) -> Source:
        """Give all that is as fine as this: what is searched together."""
        frames = {frame: how for frame, how in self.frames.items() if how.grain is grain}
        rows = tuple(row for row in self.rows if row.frame in frames or row.frame[0] == "")
        origin = next((how.origin for how in frames.values()), Origin.OURS)
        return Source(self.party, origin, rows, frozenset(frames), grain)


def ours(party: Party, rows: Iterable[Row], frames: Iterable[Frame]) -> Given:
    """Give what our own books say."""
    return Given(party, list(rows), dict.fromkeys(frames, OURS))
