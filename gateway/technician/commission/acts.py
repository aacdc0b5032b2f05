"""What a person did while commissioning, one small record per act, in order. Nothing is ever taken out: an undo is an act, too.

The acts are the whole state: `standing.py` folds them. They are written to a file, so fields are only ever added, with defaults.
"""

from collections.abc import Mapping

import msgspec


class Act(msgspec.Struct, frozen=True, tag_field="act", kw_only=True):
    """When it was done (ms UTC by this machine's clock) and by whom."""

    at_ms: int
    by: str


class Began(Act, frozen=True, tag="began"):
    """Somebody began, or went on, with his name."""

    building: str


class LineFound(Act, frozen=True, tag="line-found"):
    """A line that meters answer on; it goes into the registry."""

    name: str
    port: str
    baud: int
    parity: str
    was_there: bool = False
    """The registry had it before: an undo leaves it there."""


class MeterFound(Act, frozen=True, tag="meter-found"):
    """A meter that answered; it goes into the registry under `number`."""

    number: str
    line: str
    address: str
    model: str
    ct_ratio: int = 1
    identity: str = ""
    """The number that the meter itself answers; empty where its model has none."""
    energy_wh: int | None = None
    """What the search read."""
    duplicate: bool = False
    """More than one meter answers at this address."""
    own_prepay: bool | None = None
    """The meter's own prepayment is active; None: not known."""
    was_there: bool = False
    """The registry had it before: an undo leaves it there."""


class SeenAgain(Act, frozen=True, tag="seen-again"):
    """A later search saw something else of a meter that is entered already."""

    number: str
    duplicate: bool
    own_prepay: bool | None


class Renumbered(Act, frozen=True, tag="renumbered"):
    """The number on the case is another one than was thought."""

    number: str
    to: str


class RoomsListed(Act, frozen=True, tag="rooms-listed"):
    """The rooms of the building, from a file or from central's configuration; replaces an earlier list."""

    rooms: tuple[str, ...]
    protected: tuple[str, ...] = ()
    source: str = ""


class RoomProtected(Act, frozen=True, tag="room-protected"):
    """Somebody said that a room is never cut, or may be; it holds against every list but central's."""

    room: str
    protected: bool


class Tied(Act, frozen=True, tag="tied"):
    """A meter hangs at a room. `how`: scan, blink, load or typed."""

    number: str
    room: str
    how: str
    case: str = ""
    """The whole number that was read off the case; empty where nobody read it."""


class Ticked(Act, frozen=True, tag="ticked"):
    """One test of one meter. `level` and `code` as in `ticks.py`; `facts` are what the sentence behind the code needs."""

    number: str
    check: str
    level: str
    code: str
    facts: Mapping[str, str] = {}


class RelayMoved(Act, frozen=True, tag="relay-moved"):
    """A closed relay is about to be opened by a test. Written before the command leaves, so that a power cut hides nothing."""

    number: str


class RelayRestored(Act, frozen=True, tag="relay-restored"):
    """It was closed again and read back."""

    number: str


class Finished(Act, frozen=True, tag="finished"):
    """The report was made."""

    open_points: int


class Undone(Act, frozen=True, tag="undone"):
    """These acts (their places, from 0) don't hold any more."""

    places: tuple[int, ...]
    why: str = ""
    """The registry's refusal, where it was not a person's wish."""


AnyAct = (
    Began
    | LineFound
    | MeterFound
    | SeenAgain
    | Renumbered
    | RoomsListed
    | RoomProtected
    | Tied
    | Ticked
    | RelayMoved
    | RelayRestored
    | Finished
    | Undone
)
UNDOABLE = (LineFound, MeterFound, Renumbered, RoomsListed, RoomProtected, Tied, Ticked)
