"""What a module or a concentrator is from delivery to scrap, and what may be done with it (R-4.3.1, R-4.3.3a, R-4.3.5). Pure.

nothing -> arrived -> good -> in use -> faulty -> claimed -> arrived ...      scrapped is for good
What comes off a wall or back from its maker is never good before it was tested again.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class DeviceState(StrEnum):
    """What a device is to the store."""

    ARRIVED = "arrived"
    """Here, and not yet checked."""
    GOOD = "good"
    IN_USE = "in-use"
    FAULTY = "faulty"
    """Waits for its repair, its claim or its end."""
    CLAIMED = "claimed"
    """At its maker, or on its way there."""
    MISSING = "missing"
    SCRAPPED = "scrapped"


class DeviceAct(StrEnum):
    """What changes a device's state or place."""

    RECEIVED = "received"
    ADOPTED = "adopted"
    """It was in use already when the store's record began."""
    PASSED = "passed"
    """Checked, and good."""
    FAILED = "failed"
    REPAIRED = "repaired"
    INSTALLED = "installed"
    REMOVED = "removed"
    CLAIMED = "claimed"
    RETURNED = "returned"
    """Came back from its maker."""
    SCRAPPED = "scrapped"
    MOVED = "moved"
    """To another place, as it is."""
    LOST = "lost"
    """Not there when stock was taken."""
    FOUND = "found"


class Holds(StrEnum):
    """What a place holds: one kind only, so that good devices never lie among faulty ones (R-4.3.3a)."""

    ARRIVALS = "arrivals"
    GOOD = "good"
    FAULTY = "faulty"


HELD: Final[Mapping[DeviceState, Holds]] = {
    DeviceState.ARRIVED: Holds.ARRIVALS,
    DeviceState.GOOD: Holds.GOOD,
    DeviceState.FAULTY: Holds.FAULTY,
}
"""Devices of the other states lie in no place."""

_S = DeviceState
TABLE: Final[Mapping[DeviceAct, Mapping[DeviceState | None, DeviceState]]] = {
    DeviceAct.RECEIVED: {None: _S.ARRIVED},
    DeviceAct.ADOPTED: {None: _S.IN_USE},
    DeviceAct.PASSED: {_S.ARRIVED: _S.GOOD},
    DeviceAct.FAILED: {_S.ARRIVED: _S.FAULTY, _S.GOOD: _S.FAULTY},
    DeviceAct.REPAIRED: {_S.FAULTY: _S.GOOD},
    DeviceAct.INSTALLED: {_S.GOOD: _S.IN_USE},
    DeviceAct.REMOVED: {_S.IN_USE: _S.FAULTY},
    DeviceAct.CLAIMED: {_S.FAULTY: _S.CLAIMED},
    DeviceAct.RETURNED: {_S.CLAIMED: _S.ARRIVED},
    DeviceAct.SCRAPPED: {_S.FAULTY: _S.SCRAPPED, _S.CLAIMED: _S.SCRAPPED, _S.MISSING: _S.SCRAPPED},
    DeviceAct.MOVED: {state: state for state in HELD},
    DeviceAct.LOST: {_S.ARRIVED: _S.MISSING, _S.GOOD: _S.MISSING, _S.FAULTY: _S.MISSING},
    DeviceAct.FOUND: {_S.MISSING: _S.ARRIVED},
}


def state_after(act: DeviceAct, state: DeviceState | None) -> DeviceState | None:
    """Give the state that an act leads to; None: it can't be done to a device in this state (None: one that isn't there yet)."""
    return TABLE[act].get(state)


def fits(state: DeviceState, holds: Holds | None) -> bool:
    """Say whether a device may lie in such a place; None is no place at all."""
    return HELD.get(state) == holds
