"""Sends batches as many buildings at once, a few of each under way, and counts central's signed acknowledgements."""

import threading
import time

import paho.mqtt.client as mqtt

from gateway.contract import topics
from gateway.contract.commands import CENTRAL, Ack
from gateway.contract.envelope import Sealed, body_of, keyring_from_hex, unseal
from gateway.loops.drain_outbox import BATCHES_UNDER_WAY
from tests.bench.ingest_messages import Building


class Publisher:
    """One client for all buildings; what is acknowledged was committed."""

    def __init__(self, port: int, buildings: list[Building], central_key: str) -> None:
        self._buildings = {building.twin.name: building for building in buildings}
        self._ring = keyring_from_hex([central_key])
        self._acked = dict.fromkeys(self._buildings, 0)
        self._bell = threading.Condition()
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="bench-buildings")
        self.client.max_inflight_messages_set(200)
        self.client.on_message = self._heard
        self.client.connect("127.0.0.1", port)
        self._commanded: set[str] = set()
        self.client.subscribe([(f"{topics.ROOT}/+/{leaf}", 1) for leaf in (topics.ACK, topics.DOWN)])
        self.client.loop_start()

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def be_born(self, within_s: float) -> None:
        """Say every birth, and wait until central answered each with a configuration: it listens."""
        for building in self._buildings.values():
            self.client.publish(building.twin.topic(topics.BIRTH), building.twin.birth(), 1, retain=True)
        with self._bell:
            assert self._bell.wait_for(lambda: self._commanded == self._buildings.keys(), within_s), (
                self._commanded
            )

    def send(
        self,
        lots: dict[str, list[bytes]],
        last: dict[str, int],
        within_s: float,
        under_way: int = BATCHES_UNDER_WAY,
    ) -> float:
        """Send every building's batches; give how many seconds passed until the last was acknowledged.

        `last` is each building's last sequence; each batch of a lot moves it on evenly enough to keep the window.
        """
        began_s, first = time.monotonic(), dict(self._acked)
        sent = dict.fromkeys(lots, 0)
        while any(self._acked[name] < last[name] for name in lots):
            assert time.monotonic() - began_s < within_s, f"acknowledged {self._acked}, wanted {last}"
            with self._bell:
                for name, lot in lots.items():
                    share = (self._acked[name] - first[name]) / (last[name] - first[name])
                    while sent[name] < len(lot) and sent[name] < share * len(lot) + under_way:
                        self.client.publish(topics.topic(name, topics.UP), lot[sent[name]], 1)
                        sent[name] += 1
                self._bell.wait(0.5)
        return time.monotonic() - began_s

    def _heard(self, client: mqtt.Client, userdata: object, message: mqtt.MQTTMessage) -> None:
        name = topics.gateway_of(message.topic)
        if message.topic.endswith(topics.DOWN):
            with self._bell:
                self._commanded.add(str(name))
                self._bell.notify()
            return
        opened = unseal(message.payload, self._ring, kind=topics.ACK, sender=CENTRAL, recipient=str(name))
        assert isinstance(opened, Sealed), opened
        ack = body_of(opened, Ack)
        with self._bell:
            self._acked[name] = max(self._acked[name], ack.seq)
            self._bell.notify()
