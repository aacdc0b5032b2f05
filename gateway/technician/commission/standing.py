"""Where commissioning stands: the acts folded into lines, meters, rooms and ticks; and what an undo would take back. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from gateway.technician.commission.acts import (
    UNDOABLE,
    AnyAct,
    Began,
    Finished,
    LineFound,
    MeterFound,
    RelayMoved,
    RelayRestored,
    Renumbered,
    RoomProtected,
    RoomsListed,
    SeenAgain,
    Ticked,
    Tied,
    Undone,
)
from gateway.technician.commission.ticks import CHECKS, Level


@dataclass(slots=True)
class Meter:
    """One meter, as far as it is known."""

    number: str
    found: MeterFound
    room: str = ""
    how: str = ""
    case: str = ""
    """The number on its case, as somebody read it."""
    tied_at_ms: int = 0
    ticks: dict[str, Ticked] = field(default_factory=dict)
    opened: RelayMoved | None = None
    """A test opened its relay and has not closed it again."""

    @property
    def open_checks(self) -> list[str]:
        """The tests that nobody has made or skipped."""
        return [check for check in CHECKS if check not in self.ticks]

    @property
    def level(self) -> Level | None:
        """The worst tick when all are there; a bad one at once; None while some are open."""
        levels = {Level(tick.level) for tick in self.ticks.values()}
        if Level.BAD in levels:
            return Level.BAD
        if self.open_checks:
            return None
        return next(level for level in (Level.ASK, Level.SKIPPED, Level.GOOD) if level in levels)


@dataclass(slots=True)
class Standing:
    """The whole."""

    building: str = ""
    by: str = ""
    lines: dict[str, LineFound] = field(default_factory=dict)
    meters: dict[str, Meter] = field(default_factory=dict)
    rooms: tuple[str, ...] = ()
    rooms_from: str = ""
    listed_protected: frozenset[str] = frozenset()
    said_protected: dict[str, bool] = field(default_factory=dict)
    """What somebody said of single rooms."""
    began_ms: int = 0
    finished: Finished | None = None

    @property
    def protected(self) -> frozenset[str]:
        """The rooms that are never cut, by the list and by what was said of single ones since."""
        said = self.said_protected
        listed = {room for room in self.listed_protected if said.get(room, True)}
        return frozenset(listed | {room for room, is_so in said.items() if is_so})

    def meter_of(self, room: str) -> Meter | None:
        """The first meter that is tied to a room."""
        return next((meter for meter in self.meters.values() if meter.room == room), None)

    def untied(self) -> list[Meter]:
        """The meters without a room."""
        return [meter for meter in self.meters.values() if not meter.room]

    def rooms_left(self) -> list[str]:
        """The rooms of the list that no meter is tied to."""
        taken = {meter.room for meter in self.meters.values()}
        return [room for room in self.rooms if room not in taken]

    def opened(self) -> list[Meter]:
        """The meters whose relay a test left open."""
        return [meter for meter in self.meters.values() if meter.opened is not None]

    def open_points(self) -> int:
        """How many meters are not proved: without a room, with a bad tick, or with one missing."""
        return sum(
            not meter.room or meter.level in (None, Level.BAD) or meter.opened is not None
            for meter in self.meters.values()
        )


def stands(acts: Sequence[AnyAct]) -> Standing:
    """Fold all acts. One that is undone, or whose meter is gone, says nothing."""
    undone = {place for act in acts if isinstance(act, Undone) for place in act.places}
    standing = Standing()
    for place, act in enumerate(acts):
        if place not in undone:
            _fold(standing, act)
    return standing


def _fold(standing: Standing, act: AnyAct) -> None:
    match act:
        case Began(building=building, by=by):
            standing.building, standing.by = building, by
            standing.began_ms = standing.began_ms or act.at_ms
        case LineFound(name=name):
            standing.lines[name] = act
        case MeterFound(number=number):
            standing.meters[number] = Meter(number, act)
        case RoomsListed(rooms=rooms, source=source):
            standing.rooms, standing.rooms_from = rooms, source
            standing.listed_protected = frozenset(act.protected)
        case RoomProtected(room=room, protected=protected):
            standing.said_protected[room] = protected
        case Finished():
            standing.finished = act
        case Undone():
            pass
        case _:
            _fold_meter(standing, act)


def _fold_meter(
    standing: Standing, act: SeenAgain | Renumbered | Tied | Ticked | RelayMoved | RelayRestored
) -> None:
    meter = standing.meters.get(act.number)
    if meter is None:
        return
    match act:
        case SeenAgain(duplicate=duplicate, own_prepay=own_prepay):
            meter.found = msgspec.structs.replace(meter.found, duplicate=duplicate, own_prepay=own_prepay)
        case Renumbered(to=to):
            meter.number = to
            meters = [(one.number, one) for one in standing.meters.values()]
            standing.meters = dict(meters)
        case Tied(room=room, how=how):
            meter.room, meter.how, meter.tied_at_ms = room, how, act.at_ms
            meter.case = act.case or meter.case
        case Ticked(check=check):
            meter.ticks[check] = act
        case RelayMoved():
            meter.opened = act
        case RelayRestored():
            meter.opened = None


def undo_of(acts: Sequence[AnyAct]) -> tuple[int, ...]:
    """Give the places of what one undo takes back: the last act that holds, with those of its kind that belong to it.

    The ticks of one meter go together, and so do the meters of one line. Empty when nothing can be undone.
    """
    undone = {place for act in acts if isinstance(act, Undone) for place in act.places}
    holding = [
        (place, act) for place, act in enumerate(acts) if place not in undone and isinstance(act, UNDOABLE)
    ]
    if not holding:
        return ()
    last = holding[-1][1]
    places: list[int] = []
    for place, act in reversed(holding):
        if not (act is last or _together(last, act)):
            break
        places.append(place)
    return tuple(sorted(places))


def _together(last: AnyAct, earlier: AnyAct) -> bool:
    if isinstance(last, Ticked) and isinstance(earlier, Ticked):
        return last.number == earlier.number
    if isinstance(last, MeterFound) and isinstance(earlier, MeterFound):
        return last.line == earlier.line
    return False
