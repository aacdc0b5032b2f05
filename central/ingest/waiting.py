"""What waits to be taken, in order: a gateway's batches that wait beside each other are given together.

A gateway has a few batches under way at once. While central keeps up, one waits and one is given; where a building drains days,
they are given together and booked at once. Nothing overtakes anything of the same gateway.
"""

import queue
from collections import deque

from central.ingest.broker_connection import Arrived
from gateway.contract import topics

TOGETHER = 8
"""As many as a gateway has under way (`gateway.loops.drain_outbox`)."""
TOGETHER_BYTES = 400_000
"""Two full ones, or eight of quiet days: a command that waits for them is still quick."""
LOOKED_AT = 200
"""How many waiting messages are looked through: each is held back by those before it for a moment only."""


class Waiting:
    """The queue from the brokers' threads, and what was taken out of it already."""

    def __init__(self, most: int) -> None:
        self.arriving: queue.Queue[Arrived] = queue.Queue(most)
        self._here: deque[Arrived] = deque()
        self._singly = 0

    def next(self, within_s: float) -> list[Arrived]:
        """Give the next message with the batches of its gateway that may go with it; empty when none came in time."""
        self._look(within_s)
        if not self._here:
            return []
        first = self._here.popleft()
        if self._singly:
            self._singly -= 1
            return [first]
        return [first, *self._companions(first)] if first.topic.endswith(f"/{topics.UP}") else [first]

    def size(self) -> int:
        """Give how many messages wait."""
        return self.arriving.qsize() + len(self._here)

    def give_back_singly(self, together: list[Arrived]) -> None:
        """These could not be taken together: give them again, each alone, so that one bad message costs the others nothing."""
        self._here.extendleft(reversed(together))
        self._singly += len(together)

    def forget(self) -> None:
        """Drop everything: nothing of it was acknowledged."""
        self._here.clear()
        self._singly = 0
        while not self.arriving.empty():
            self.arriving.get_nowait()

    def _look(self, within_s: float) -> None:
        try:
            if not self._here:
                self._here.append(self.arriving.get(timeout=within_s))
            while len(self._here) < LOOKED_AT:
                self._here.append(self.arriving.get_nowait())
        except queue.Empty:
            return

    def _companions(self, first: Arrived) -> list[Arrived]:
        """Take the next batches of the same gateway and broker out, up to whatever else that gateway says."""
        gateway, size = topics.gateway_of(first.topic), len(first.payload)
        found: list[Arrived] = []
        for one in self._here:
            if topics.gateway_of(one.topic) != gateway:
                continue
            size += len(one.payload)
            together = one.topic == first.topic and one.broker == first.broker
            if not together or len(found) + 1 >= TOGETHER or size > TOGETHER_BYTES:
                break
            found.append(one)
        for one in found:
            self._here.remove(one)
        return found
