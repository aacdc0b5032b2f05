"""The ingest process: one consumer of what gateways send, one publisher of what they are sent.

What is proved is proved by our own signed acks after our own commits, not by the broker's: kill -9, a broker's restart or a lost
message only mean that something comes again. While the database can't be written nothing is acknowledged, and we try again.
"""

import contextlib
import logging
import queue
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import paho.mqtt.client as mqtt
from django.db import close_old_connections, connections, transaction
from django.db.utils import InterfaceError, OperationalError

from central import clock
from central.ingest.take_message import MessageTaker
from central.link import outbox
from central.link.configuration import ConfigurationTooBig, publish_if_changed
from central.link.models import Command, Gateway
from gateway.contract import topics

LEAVES = (topics.STATE, topics.BIRTH, topics.UP, topics.ANSWER)
"""Births before batches: the broker hands out what it retained in this order."""
POLL_OUTBOX_S = 0.03
RESEND_AFTER_MS = 5_000
HOUSEKEEPING_S = 1.0
BIRTHS_AGAIN_S = 10.0
"""Between two requests for the retained births: a broker hands out all of them."""
DATABASE_PAUSE_S = 1.0
QUEUE_MESSAGES = 2_000
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


class Ingest:
    """Joins the broker to the databases. `run` returns after `stop`."""

    def __init__(self, broker: Broker, *, now_ms: Callable[[], int] = clock.now_ms) -> None:
        self._broker, self._now_ms = broker, now_ms
        self._inbox: queue.Queue[tuple[str, bytes]] = queue.Queue(QUEUE_MESSAGES)
        self._stopping = threading.Event()
        self._taker = MessageTaker(on_bench=clock.is_bench())
        self._client = self._make_client()
        self._connected = threading.Event()
        self._births_asked_s = clock.monotonic_s()
        self._in_hand: tuple[str, bytes] | None = None

    def run(self) -> None:
        """Take and publish until `stop`. A broker that is down is tried again with back-off, for ever."""
        self._client.connect_async(self._broker.host, self._broker.port, KEEPALIVE_S)
        self._client.loop_start()
        try:
            self._work()
        finally:
            self._client.disconnect()
            self._client.loop_stop()
            connections.close_all()

    def stop(self) -> None:
        """Ask `run` to end after the message at hand."""
        self._stopping.set()

    def _work(self) -> None:
        next_housekeeping_s = next_outbox_s = clock.monotonic_s()
        while not self._stopping.is_set():
            self._guarded(self._take_one)
            if clock.monotonic_s() >= next_outbox_s:
                self._guarded(self._publish_commands)
                next_outbox_s = clock.monotonic_s() + POLL_OUTBOX_S
            if clock.monotonic_s() >= next_housekeeping_s:
                self._guarded(self._keep_house)
                next_housekeeping_s = clock.monotonic_s() + HOUSEKEEPING_S

    def _guarded(self, step: Callable[[], None]) -> None:
        """Run a step; a database that fails is waited for, a message that fails is logged and left unacknowledged.

        A database that refuses a message's content has not failed: waiting for it would stop every other building.
        """
        try:
            step()
        except (OperationalError, InterfaceError) as error:
            log.error("the database failed, nothing was acknowledged, trying again: %s", error)
            close_old_connections()
            self._stopping.wait(DATABASE_PAUSE_S)
        except Exception:
            self._in_hand = None
            log.exception("a message could not be taken; it is not acknowledged and will come again")

    def _take_one(self) -> None:
        """Take a message, or wait for one at most an outbox poll: a busy building never makes a payment wait for its rows.

        It stays in hand while the database fails: rows would come again, a birth or a state would not.
        """
        try:
            self._in_hand = self._in_hand or self._inbox.get(timeout=POLL_OUTBOX_S)
        except queue.Empty:
            return
        topic, payload = self._in_hand
        answer = self._taker.take(topic, payload, self._now_ms())
        self._in_hand = None
        if answer is not None:
            self._client.publish(answer.topic, answer.payload, qos=1)

    def _publish_commands(self) -> None:
        if not self._connected.is_set():
            return
        now_ms = self._now_ms()
        commands: list[Command] = outbox.to_send(now_ms, clock.on_bench_ms(RESEND_AFTER_MS))
        if not commands:
            return
        for command in commands:
            self._client.publish(topics.topic(command.gateway_id, topics.DOWN), bytes(command.sealed), qos=1)
        with transaction.atomic():
            outbox.mark_sent(commands, now_ms)

    def _keep_house(self) -> None:
        now_ms = self._now_ms()
        self._ask_for_births()
        self._taker.write_counts(now_ms)
        self._taker.pulse.write(
            queue=self._inbox.qsize(), is_connected=self._connected.is_set(), now_ms=now_ms
        )
        for gateway_id in Gateway.objects.values_list("pk", flat=True):
            try:
                with transaction.atomic():
                    publish_if_changed(gateway_id, now_ms)
            except ConfigurationTooBig as error:
                log.error("%s", error)

    def _ask_for_births(self) -> None:
        """Have the broker hand out the retained births again when rows came of an epoch that we know nothing of."""
        waited_s = clock.monotonic_s() - self._births_asked_s
        if self._taker.misses_a_birth and self._connected.is_set() and waited_s > BIRTHS_AGAIN_S:
            self._births_asked_s, self._taker.misses_a_birth = clock.monotonic_s(), False
            self._client.subscribe(topics.all_gateways(topics.BIRTH), 1)

    def _make_client(self) -> mqtt.Client:
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="central-ingest", clean_session=True)
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
        self._connected.set()
        log.info("connected to the broker at %s:%s", self._broker.host, self._broker.port)

    def _on_disconnect(
        self, client: mqtt.Client, userdata: object, flags: object, reason: object, properties: object
    ) -> None:
        self._connected.clear()
        if not self._stopping.is_set():
            log.warning("the connection to the broker ended (%s); trying again", reason)

    def _on_message(self, client: mqtt.Client, userdata: object, message: mqtt.MQTTMessage) -> None:
        try:
            self._inbox.put(
                (message.topic, bytes(message.payload)), timeout=KEEPALIVE_S / 2
            )  # a full queue slows the broker down; what is dropped was not acknowledged
        except queue.Full:
            log.error("the queue is full; a message of %s was dropped and will come again", message.topic)


def _send_at_once(client: mqtt.Client, userdata: object, connection: socket.socket) -> None:
    """Small messages don't wait for company: a command's few bytes are a room in the dark."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
