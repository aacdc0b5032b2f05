"""One MQTT connection from first byte to last: a paho client with its network thread, and the futures that its callbacks settle.

A session is used once. A paho client that is used again would resend its own leftovers beside the outbox, which is the only store;
so each connection gets a fresh client with a clean session (MQTT 3.1.1, which every broker speaks).
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from gateway.adapters.link_fault import LinkFault, Trouble
from gateway.contract.identifiers import GatewayId
from gateway.contract.topics import ACK, DOWN, STATE, topic
from gateway.words import mark

INFLIGHT = 20
"""Publishes awaiting their PUBACK at once: the broker's usual limit. More only wait their turn."""
KEEPALIVE_S = 20
GOODBYE_S = 1.0
"""How long a broker may take to hang up after our DISCONNECT."""
QOS_AT_LEAST_ONCE = 1


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and how to sign in. `password` is read from its file by app and never shown."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    tls: bool = False
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    reconnect_min_ms: int = 500
    reconnect_max_ms: int = 60_000
    connect_timeout_ms: int = 10_000
    puback_timeout_ms: int = 30_000
    spares: tuple[tuple[str, int], ...] = ()
    """Hosts and ports of other brokers that central listens at, signed in to in the same way."""

    def everywhere(self) -> "list[Broker]":
        """Give the first broker and its spares, each as a broker of its own."""
        return [self, *(replace(self, host=host, port=port) for host, port in self.spares)]

    def __repr__(self) -> str:
        return f"Broker({self.host}:{self.port}, tls={self.tls}, username={self.username!r})"


class TlsFiles(Exception):
    """The authority's, our certificate's or our key's file can't be used."""


class Session:
    """One connection: a paho client with its thread, and the futures that its callbacks settle."""

    def __init__(
        self,
        broker: Broker,
        gateway: GatewayId,
        will: bytes,
        arrived: Callable[[str, bytes], None],
        when_ended: Callable[[], None],
    ) -> None:
        self._broker = broker
        self._gateway = gateway
        self._arrived = arrived
        self._when_ended = when_ended
        self._loop = asyncio.get_running_loop()
        self._accepted: asyncio.Future[LinkFault | None] = self._loop.create_future()
        self._end: asyncio.Future[LinkFault] = self._loop.create_future()
        self._unacknowledged: dict[int, asyncio.Future[bool]] = {}
        self._started = False
        client = Client(
            CallbackAPIVersion.VERSION2, f"cardroom-{gateway}", clean_session=True, reconnect_on_failure=False
        )
        client.connect_timeout = broker.connect_timeout_ms / 1000
        client.max_inflight_messages_set(INFLIGHT)
        client.max_queued_messages_set(INFLIGHT)
        client.will_set(topic(gateway, STATE), will, qos=QOS_AT_LEAST_ONCE, retain=True)
        client.username_pw_set(broker.username, broker.password)
        client.on_socket_open = _send_at_once
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        self._client = client

    @property
    def fault(self) -> LinkFault | None:
        """Why the session ended; None while it lives."""
        return self._end.result() if self._end.done() else None

    async def open(self) -> LinkFault | None:
        """Connect, sign in, subscribe. None when all three stand. DNS and the TLS handshake block, so they run in a thread."""
        fault = await asyncio.to_thread(self._dial)
        if fault is not None:
            return fault
        self._started = True
        self._client.loop_start()
        try:
            # Not wait_for: it may swallow the cancellation that ends the link.
            async with asyncio.timeout(self._broker.connect_timeout_ms / 1000):
                return await asyncio.shield(self._accepted)
        except TimeoutError:
            text = mark("{place} took the connection but does not speak MQTT. Check the port.")
            return self._fault(Trouble.NO_ANSWER, text)

    async def ended(self) -> LinkFault:
        """Wait for the connection's end."""
        return await asyncio.shield(self._end)

    async def publish(self, name: str, payload: bytes, retain: bool) -> bool:
        if self._end.done():
            return False
        information = self._client.publish(name, payload, qos=QOS_AT_LEAST_ONCE, retain=retain)
        if information.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            # paho knows before its callback has told us. Told at once: a sender in a tight loop would never let the callback in.
            text = mark("{place}: the connection is gone ({why}).")
            self._finish(self._fault(Trouble.LOST, text, why=information.rc.name))
            return False
        acknowledged: asyncio.Future[bool] = self._loop.create_future()
        # Registered before the loop can run the callback: both happen in this thread.
        self._unacknowledged[information.mid] = acknowledged
        try:
            async with asyncio.timeout(self._broker.puback_timeout_ms / 1000):
                return await acknowledged
        except TimeoutError:
            text = mark("{place} acknowledges nothing. Is its disk full?")
            self._finish(self._fault(Trouble.NO_ANSWER, text))
            return False
        finally:
            self._unacknowledged.pop(information.mid, None)

    async def close(self) -> None:
        """End the connection and its thread; every waiting publish gets its False."""
        if self._started:
            self._client.disconnect()
            await asyncio.wait([self._end], timeout=GOODBYE_S)
            await asyncio.to_thread(self._hang_up)
        self._finish(LinkFault(Trouble.STOPPED, mark("The link was closed in order.")))

    def _hang_up(self) -> None:
        """Shut the socket down under paho: a dead broker must not hold its thread until the keep-alive runs out."""
        connection = self._client.socket()
        if isinstance(connection, socket.socket):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._client.loop_stop()

    def _dial(self) -> LinkFault | None:
        try:
            self._set_tls()
            self._client.connect(self._broker.host, self._broker.port, keepalive=KEEPALIVE_S)
        except (ssl.SSLError, TlsFiles) as error:
            text = mark("{place}: {why}. Check ca_file, the certificates' dates and the clock.")
            return self._fault(Trouble.TLS_FAILED, text, why=str(error))
        except OSError as error:
            text = mark("{place}: {why}. Is the broker running, the cable in, the name right?")
            return self._fault(Trouble.UNREACHABLE, text, why=str(error))
        return None

    def _set_tls(self) -> None:
        if self._broker.tls:
            paths = (self._broker.ca_file, self._broker.certificate_file, self._broker.key_file)
            ca_file, certificate_file, key_file = (str(path) if path else None for path in paths)
            try:
                self._client.tls_set(ca_file, certificate_file, key_file)
            except (OSError, ValueError) as error:
                raise TlsFiles(f"{error} ({', '.join(str(path) for path in paths if path)})") from error

    def _fault(self, trouble: Trouble, text: str, **facts: str) -> LinkFault:
        return LinkFault(trouble, text, {"place": f"{self._broker.host}:{self._broker.port}", **facts})

    # Callbacks of paho's thread: each only hands over to the loop's.

    def _on_connect(
        self, client: Client, _data: object, _flags: object, code: ReasonCode, _properties: Properties | None
    ) -> None:
        if code.is_failure:
            self._in_loop(self._settle_accepted, self._refusal(code))
            return
        leaves = [(topic(self._gateway, leaf), QOS_AT_LEAST_ONCE) for leaf in (ACK, DOWN)]
        client.subscribe(leaves)

    def _on_subscribe(
        self,
        _client: Client,
        _data: object,
        _mid: int,
        codes: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        refused = any(code.is_failure for code in codes)
        text = mark("{place} refuses the subscription of {gateway}'s topics. Check the broker's access list.")
        fault = self._fault(Trouble.NOT_AUTHORISED, text, gateway=self._gateway)
        self._in_loop(self._settle_accepted, fault if refused else None)

    def _on_disconnect(
        self, _client: Client, _data: object, _flags: object, code: ReasonCode, _properties: Properties | None
    ) -> None:
        text = mark("{place}: the connection ended ({why}).")
        self._in_loop(self._finish, self._fault(Trouble.LOST, text, why=str(code)))

    def _on_publish(
        self, _client: Client, _data: object, mid: int, code: ReasonCode, _properties: Properties | None
    ) -> None:
        self._in_loop(self._acknowledged, mid, not code.is_failure)

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self._in_loop(self._arrived, message.topic, message.payload)

    def _in_loop(self, act: Callable[..., None], *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: the daemon is gone
            self._loop.call_soon_threadsafe(act, *arguments)

    # From here on in the loop's thread again.

    def _settle_accepted(self, fault: LinkFault | None) -> None:
        if not self._accepted.done():
            self._accepted.set_result(fault)

    def _acknowledged(self, mid: int, taken: bool) -> None:
        waiting = self._unacknowledged.get(mid)
        if waiting is not None and not waiting.done():
            waiting.set_result(taken)

    def _finish(self, fault: LinkFault) -> None:
        self._settle_accepted(fault)
        if not self._end.done():
            self._end.set_result(fault)
            self._when_ended()
        for waiting in self._unacknowledged.values():
            if not waiting.done():
                waiting.set_result(False)

    def _refusal(self, code: ReasonCode) -> LinkFault:
        name = str(code)
        if name == "Bad user name or password":
            text = mark(
                "{place} refuses user {user}: wrong user name or password. Check [mqtt] username and password_file."
            )
            return self._fault(Trouble.WRONG_PASSWORD, text, user=repr(self._broker.username))
        if name == "Not authorized":
            text = mark(
                "{place} does not let {user} in. Check [mqtt] username and password_file, and the broker's access list."
            )
            user = repr(self._broker.username or "a client without a user name")
            return self._fault(Trouble.NOT_AUTHORISED, text, user=user)
        return self._fault(Trouble.REFUSED, mark("{place} refuses the connection: {why}."), why=name)


def _send_at_once(_client: Client, _data: object, connection: object) -> None:
    """Small messages must not wait for each other's acknowledgements (Nagle): a batch of ten took 47 ms with it, 3 without."""
    if isinstance(connection, socket.socket):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
