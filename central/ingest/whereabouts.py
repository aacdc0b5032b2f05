"""At which broker each gateway was heard last. Only for what a broker says of a gateway unsigned: whether it is up.

A broker that a gateway left goes on saying what was so then: what it retained, or a last will that comes late.
"""

from central.ingest.broker_connection import Arrived
from gateway.contract import topics

SPOKEN = (topics.BIRTH, topics.UP, topics.ANSWER)
MOST = 100_000
"""Names that are remembered; whoever makes up more at an open broker makes us forget, which costs a wrong lamp for a moment."""


class Whereabouts:
    """Learns from what gateways say now, never from what a broker retained."""

    def __init__(self) -> None:
        self._heard_at: dict[str, int] = {}
        self._states: dict[tuple[int, str], Arrived] = {}

    def now(self, arrived: Arrived) -> list[Arrived]:
        """Give what is to be taken now that this arrived: a state of a broker that the gateway left is none of it.

        Where a gateway is heard at another broker than before, what that one said of it is to be taken, too.
        """
        if len(self._states) > MOST or len(self._heard_at) > MOST:
            self._states.clear()
            self._heard_at.clear()
        name, leaf = topics.gateway_of(arrived.topic) or "", arrived.topic.rpartition("/")[2]
        if leaf == topics.STATE:
            self._states[arrived.broker, name] = arrived
            return [arrived] if self._heard_at.get(name, arrived.broker) == arrived.broker else []
        if not _is_spoken(arrived) or self._heard_at.get(name) == arrived.broker:
            return [arrived]
        state = self._states.get((arrived.broker, name))
        return [arrived] if state is None else [arrived, state]

    def took(self, arrived: Arrived) -> None:
        """Learn from what was taken; what failed is given again, with all that goes with it."""
        if _is_spoken(arrived):
            self._heard_at[topics.gateway_of(arrived.topic) or ""] = arrived.broker


def _is_spoken(arrived: Arrived) -> bool:
    return arrived.topic.rpartition("/")[2] in SPOKEN and not arrived.retained
