"""How one loop tells another that there is something to do. Events only: what there is to do stands in the journal."""

import asyncio
from collections import deque

from gateway.contract.identifiers import MeterNo


class Signals:
    """The daemon's bells. A bell rung twice is heard once; a bell missed is caught up by the loop's own period."""

    def __init__(self) -> None:
        self.relay = asyncio.Event()
        """A relay wants something else, or a command was taken."""
        self.outbox = asyncio.Event()
        """A row was committed, acknowledged or asked for again."""
        self._urgent: deque[MeterNo] = deque()

    def read_soon(self, *meters: MeterNo) -> None:
        """Have these meters read before the sweep goes on."""
        self._urgent.extend(meter for meter in meters if meter not in self._urgent)

    def take_urgent(self, mine: frozenset[MeterNo]) -> list[MeterNo]:
        """Take the urgent meters of one line."""
        taken = [meter for meter in self._urgent if meter in mine]
        for meter in taken:
            self._urgent.remove(meter)
        return taken
