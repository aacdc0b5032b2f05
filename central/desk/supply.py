"""Whether a room is supplied, as far as is known, in one place for desk and dashboard. Pure: rows in, badge and reason out.

What is shown is what was read back, never what was wished (C-15): a relay that says one thing and does another is shown as
contradicted, a meter that does not answer as silent, a protected room as protected.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from central.link.models import RelayState
from central.office.words import (
    CUT_OFF,
    NO_METER,
    NO_RELAY,
    PROTECTED,
    QUARANTINED,
    SILENT,
    SUPPLIED,
    UNKNOWN,
    VERDICTS,
    Badge,
    Words,
    why_words,
)
from gateway.contract.facts import RelayVerdict
from gateway.contract.rules import CutOff


@dataclass(frozen=True)
class Supply:
    """What a page says of a room's supply. `kind` is a stable name for filters: the badge's own, in English."""

    kind: str
    badge: Badge
    marks: tuple[Badge, ...] = ()
    """Said besides: protected, quarantined, held."""
    why: Words = ""
    since_ms: int | None = None


WORST_FIRST = (
    *("contradicted", "silent", "refused", "unknown", "waiting-key", "delayed"),
    *("cut-off", "no-meter", "no-relay", "supplied"),
)


@dataclass(frozen=True)
class Circumstances:
    """What besides the relay decides how a room is shown."""

    has_meter: bool
    cut_off: str
    protected: bool
    silent_since_ms: int | None = None
    """When the meter was last heard, if its gateway says that it no longer answers."""
    quarantined: bool = False


def supply_of(relay: RelayState | None, room: Circumstances) -> Supply:
    """Judge one room. Silence and contradiction come before what the relay last said; marks are added to any of them."""
    marks = ((PROTECTED,) if room.protected else ()) + ((QUARANTINED,) if room.quarantined else ())
    if not room.has_meter:
        return Supply("no-meter", NO_METER, marks)
    if room.silent_since_ms is not None:
        return Supply("silent", SILENT, marks, since_ms=room.silent_since_ms)
    if relay is None:
        return (
            Supply("no-relay", NO_RELAY, marks)
            if room.cut_off == CutOff.NONE
            else Supply("unknown", UNKNOWN, marks)
        )
    kind, badge = _read_back(relay)
    if relay.verdict == RelayVerdict.HELD and not room.protected:
        marks += (VERDICTS[RelayVerdict.HELD],)
    return Supply(kind, badge, marks, why_words(relay.why), relay.at_ms)


def worst(supplies: Sequence[Supply]) -> Supply:
    """Give the one that needs a person most."""
    return min(supplies, key=lambda s: WORST_FIRST.index(s.kind) if s.kind in WORST_FIRST else 0)


def _read_back(relay: RelayState) -> tuple[str, Badge]:
    if relay.verdict in (RelayVerdict.CONFIRMED, RelayVerdict.HELD):
        return {True: ("supplied", SUPPLIED), False: ("cut-off", CUT_OFF), None: ("unknown", UNKNOWN)}[
            relay.observed_closed
        ]
    return str(relay.verdict), VERDICTS.get(relay.verdict, UNKNOWN)
