"""One connection of ingest to one broker: paho with its thread on one side, ingest's queue on the other.

Several brokers are several of these. Each gateway is at one of them; which one, nobody has to know: what is sent down goes to all,
and a broker without the gateway drops it.
"""

import contextlib
import logging
import queue
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

import paho.mqtt.client as mqtt

from gateway.contract import topics

LEAVES = (topics.STATE, topics.BIRTH, topics.UP, topics.ANSWER)
"""Births before batches: the broker hands out what it retained in this order."""
KEEPALIVE_S = 30

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and how to sign in to it."""

    host: str = "127.0.0.1"
    port: int = 1883
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message, and the place in the list of the broker that brought it."""

    broker: int
    topic: str
    payload: bytes
    retained: bool = False
    """The broker kept it: it may be old."""


class BrokerConnection:
    """Connects for ever with back-off, between `start` and `stop`. Raises OSError for certificates that can't be read."""

    def __init__(
        self,
        broker: Broker,
        place: int,
        client_id: str,
        inbox: queue.Queue[Arrived],
        is_ours: Callable[[str], bool],
    ) -> None:
        """`is_ours` says of a topic whether this process serves its gateway; what is another worker's is dropped at once."""
        self._broker, self._place, self._inbox, self._is_ours = broker, place, inbox, is_ours
        self._stopping = False
        self.connected = Event()
        self.client = self._make_client(client_id)

    def start(self) -> None:
        self._stopping = False
        self.client.connect_async(self._broker.host, self._broker.port, KEEPALIVE_S)
        self.client.loop_start()

    def stop(self) -> None:
        self._stopping = True
        self.client.disconnect()
        self.client.loop_stop()
        self.connected.clear()

    def publish(self, topic: str, payload: bytes) -> None:
        self.client.publish(topic, payload, qos=1)

    def ask_for_births(self) -> None:
        """Have the broker hand out what it retained of births again."""
        self.client.subscribe(topics.all_gateways(topics.BIRTH), 1)

    def _make_client(self, client_id: str) -> mqtt.Client:
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=True)
        if self._broker.username:
            client.username_pw_set(self._broker.username, self._broker.password)
        if self._broker.ca_file:
            client.tls_set_context(self._secured())
            client.on_pre_connect = self._renew_certificate
        client.max_inflight_messages_set(200)
        client.reconnect_delay_set(1, 30)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_socket_open = _send_at_once
        return client

    def _secured(self) -> ssl.SSLContext:
        """Believe the broker by our own authority. Raises OSError for files that can't be read."""
        self._tls = ssl.create_default_context(cafile=self._broker.ca_file)
        self._load_certificate()
        return self._tls

    def _load_certificate(self) -> None:
        if self._broker.certificate_file:
            self._tls.load_cert_chain(self._broker.certificate_file, self._broker.key_file or None)

    def _renew_certificate(self, client: mqtt.Client, userdata: object) -> None:
        """Read our certificate again before each connection: `notices` renews it while we run."""
        try:
            self._load_certificate()
        except OSError as error:
            log.error("the certificate %s can't be read: %s", self._broker.certificate_file, error)

    def _on_connect(
        self, client: mqtt.Client, userdata: object, flags: object, reason: object, properties: object
    ) -> None:
        if getattr(reason, "is_failure", False):
            log.error("the broker refused the connection: %s", reason)
            return
        client.subscribe([(topics.all_gateways(leaf), 1) for leaf in LEAVES])
        self.connected.set()
        log.info("connected to the broker at %s:%s", self._broker.host, self._broker.port)

    def _on_disconnect(
        self, client: mqtt.Client, userdata: object, flags: object, reason: object, properties: object
    ) -> None:
        self.connected.clear()
        if not self._stopping:
            log.warning(
                "the connection to the broker at %s:%s ended (%s); trying again",
                self._broker.host, self._broker.port, reason,
            )  # fmt: skip

    def _on_message(self, client: mqtt.Client, userdata: object, message: mqtt.MQTTMessage) -> None:
        if not self._is_ours(message.topic):
            return
        try:
            self._inbox.put(
                Arrived(self._place, message.topic, bytes(message.payload), message.retain),
                timeout=KEEPALIVE_S / 2,
            )  # a full queue slows the broker down; what is dropped was not acknowledged
        except queue.Full:
            log.error("the queue is full; a message of %s was dropped and will come again", message.topic)


def _send_at_once(client: mqtt.Client, userdata: object, connection: socket.socket) -> None:
    """Small messages don't wait for company: a command's few bytes are a room in the dark."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
