"""How one loop tells another that there is something to do. Events only: what there is to do stands in the journal."""

import asyncio
from collections import deque
from collections.abc import Iterable, Set
from weakref import WeakSet

from gateway.contract.identifiers import MeterNo


async def heard(bell: asyncio.Event, within_s: float) -> bool:
    """Wait for a bell, or for so long; say whether it rang.

    Not `asyncio.wait_for`: before Python 3.12 it swallows a cancellation that comes with the bell, and a loop that should end
    goes on.
    """
    try:
        async with asyncio.timeout(within_s):
            return await bell.wait()
    except TimeoutError:
        return False


class Signals:
    """The daemon's bells. A bell rung twice is heard once; a bell missed is caught up by the loop's own period."""

    def __init__(self) -> None:
        self.relay = asyncio.Event()
        """A relay wants something else, or a command was taken."""
        self.outbox = asyncio.Event()
        """A row was committed, acknowledged or asked for again."""
        self._urgent: deque[MeterNo] = deque()
        self._wanted: set[MeterNo] = set()
        self._together: list[MeterNo] = []
        self._line_bells: WeakSet[asyncio.Event] = WeakSet()

    def line_bell(self) -> asyncio.Event:
        """Give a line its own bell: it rings when some meter should be read soon, and the line clears it."""
        bell = asyncio.Event()
        self._line_bells.add(bell)
        return bell

    def read_soon(self, *meters: MeterNo) -> None:
        """Have these meters read before the sweep goes on; a line that rests between sweeps wakes up for them."""
        self._urgent.extend(meter for meter in meters if meter not in self._urgent)
        for bell in self._line_bells:
            bell.set()

    def take_urgent(self, mine: Set[MeterNo], at_most: int | None = None) -> list[MeterNo]:
        """Take the urgent meters of one line, the first ones first."""
        taken = [meter for meter in self._urgent if meter in mine][:at_most]
        for meter in taken:
            self._urgent.remove(meter)
        return taken

    def read_together(self, meters: Iterable[MeterNo]) -> None:
        """Have these meters read one behind the other, in this order, behind all whose credit may run out; a rest ends."""
        self._together = list(meters)
        for bell in self._line_bells:
            bell.set()

    def take_together(self, mine: Set[MeterNo]) -> list[MeterNo]:
        """Take the meters of one line that are read together, in order."""
        taken = [meter for meter in self._together if meter in mine]
        self._together = [meter for meter in self._together if meter not in mine]
        return taken

    def worth_reading(self, meter: MeterNo) -> None:
        """Have a meter read before those that nothing happened to; nobody waits for it."""
        self._wanted.add(meter)

    def take_wanted(self, mine: Set[MeterNo]) -> list[MeterNo]:
        """Take the meters of one line that are worth reading."""
        taken = [meter for meter in self._wanted if meter in mine]
        self._wanted.difference_update(taken)
        return taken
