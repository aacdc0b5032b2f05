"""The broker and the wires to it: messages are delayed, lost, repeated and overtake each other; links split, brokers forget.

Harsher than MQTT at QoS 1 on purpose: what both ends prove by signatures and acknowledgements of their own must not need it.
Births are retained, as the real ones are.
"""

import random
from collections import Counter
from collections.abc import Callable

from gateway.contract import topics
from tests.sim.timeline import MINUTE_MS, Timeline

COPIES, WEIGHTS = (0, 1, 2), (3, 90, 7)
LATE_SHARE = 0.02
UP = (topics.UP, topics.BIRTH, topics.ANSWER, topics.STATE)
Receiver = Callable[[str, bytes], None]


class Broker:
    """Carries messages between gateways and central."""

    def __init__(self, timeline: Timeline, dice: random.Random) -> None:
        self._timeline, self._dice = timeline, dice
        self._receivers: dict[str, Receiver] = {}
        self.split: set[str] = set()
        """Gateways whose link is down."""
        self.retained: dict[str, tuple[str, bytes]] = {}
        self.captured: list[tuple[str, bytes]] = []
        """Some of what went by: an attacker keeps it and plays it again."""
        self.counts: Counter[str] = Counter()

    def subscribe(self, name: str, receiver: Receiver) -> None:
        """Hand over what comes for a gateway, or for `central`."""
        self._receivers[name] = receiver

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Carry a message; each copy takes its own time, so that the order changes."""
        name, leaf = topics.gateway_of(topic) or "", topic.rpartition("/")[2]
        if retain:
            self.retained[topic] = (topic, payload)
        self.counts["messages"] += 1
        if self._dice.random() < 0.05:
            self.captured.append((topic, payload))
        copies = self._dice.choices(COPIES, WEIGHTS)[0]
        self.counts["messages lost"] += copies == 0
        self.counts["messages repeated"] += copies == 2
        to = "central" if leaf in UP else name
        for _ in range(copies):
            late = self._dice.random() < LATE_SHARE
            delay_ms = self._dice.randrange(20, 10 * MINUTE_MS if late else 2_000)
            self._timeline.after(delay_ms, lambda: self._arrive(name, to, topic, payload))

    def inject(self, topic: str, payload: bytes) -> None:
        """Somebody else writes to the broker: it arrives at once."""
        name, leaf = topics.gateway_of(topic) or "", topic.rpartition("/")[2]
        self._arrive(name, "central" if leaf in UP else name, topic, payload)

    def hand_out_births(self) -> None:
        """Send what is retained again, as to a new subscriber."""
        for topic, payload in list(self.retained.values()):
            self.publish(topic, payload)

    def _arrive(self, gateway: str, to: str, topic: str, payload: bytes) -> None:
        if gateway not in self.split and to in self._receivers:
            self._receivers[to](topic, payload)
