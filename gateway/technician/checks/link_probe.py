"""Go the way to the broker step by step: name, connection, TLS, MQTT. Each step is told apart.

The last step takes the gateway's own client id, and says once more that the gateway is offline: only while no daemon runs.
"""

import asyncio
import queue
import socket
import ssl
from dataclasses import dataclass

import msgspec
from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from gateway.adapters.link_fault import LinkFault
from gateway.adapters.mqtt_session import Broker, Session
from gateway.adapters.system_clock import SystemClock
from gateway.contract.facts import State
from gateway.contract.identifiers import GatewayId
from gateway.contract.topics import STATE, topic

WAIT_S = 5.0
ALERT_WAIT_S = 1.0
"""TLS 1.3 refuses a client's certificate after the handshake: the alert is what is read next."""
EXPIRED, NOT_YET, WRONG_NAME = 10, 9, 62
"""X509_V_ERR_CERT_HAS_EXPIRED, _NOT_YET_VALID, _HOSTNAME_MISMATCH (openssl verify)."""


@dataclass(frozen=True, slots=True)
class Probe:
    """How far the way goes. `code` is empty where it goes to its end; `detail` the system's own word."""

    code: str = ""
    detail: str = ""
    fault: LinkFault | None = None
    """The MQTT session's own word."""


def probe_broker(broker: Broker) -> Probe:
    """Go as far as TLS."""
    try:
        found = socket.getaddrinfo(broker.host, broker.port, type=socket.SOCK_STREAM)
    except OSError as error:
        return Probe("name-unknown", str(error.strerror or error))
    try:
        connection = socket.create_connection((str(found[0][4][0]), broker.port), WAIT_S)
    except ConnectionRefusedError as error:
        return Probe("connection-refused", str(error.strerror))
    except OSError as error:
        return Probe("unreachable", str(error.strerror or error))
    with connection:
        return _tls(connection, broker) if broker.tls else Probe()


def _tls(connection: socket.socket, broker: Broker) -> Probe:
    try:
        context = ssl.create_default_context(cafile=broker.ca_file)
        if broker.certificate_file is not None:
            context.load_cert_chain(broker.certificate_file, broker.key_file)
    except (OSError, ssl.SSLError) as error:
        return Probe("tls-files", str(error))
    try:
        with context.wrap_socket(connection, server_hostname=broker.host) as secured:
            return _await_alert(secured)
    except ssl.SSLCertVerificationError as error:
        code = {EXPIRED: "broker-expired", NOT_YET: "broker-not-yet", WRONG_NAME: "broker-other-name"}
        return Probe(code.get(error.verify_code, "broker-untrusted"), error.verify_message)
    except TimeoutError as error:
        return Probe("hangs", str(error.strerror or error))
    except ssl.SSLError as error:
        return _alert(error)
    except OSError as error:
        return Probe("no-tls", str(error.strerror or error))


def _await_alert(secured: ssl.SSLSocket) -> Probe:
    """A broker says nothing before we do; what comes is a refusal."""
    secured.settimeout(ALERT_WAIT_S)
    try:
        said = secured.recv(1)
    except TimeoutError:
        return Probe()
    except ssl.SSLError as error:
        return _alert(error)
    except OSError as error:
        return Probe("certificate-refused", str(error.strerror or error))
    return Probe() if said else Probe("certificate-refused", "the broker hung up")


def _alert(error: ssl.SSLError) -> Probe:
    reason = str(error.reason or error).lower().replace("_", " ")
    if "alert" in reason:
        return Probe("certificate-refused", reason)
    return Probe("no-tls", reason)


async def probe_session(broker: Broker, gateway: GatewayId) -> Probe:
    """Sign in and subscribe, as the daemon would, and leave in order."""
    session = Session(broker, gateway, b"", lambda name, payload: None, lambda: None)
    try:
        fault = await session.open()
    finally:
        await session.close()
    if fault is not None:
        return Probe(fault.trouble.value, fault.message, fault)
    return await asyncio.to_thread(_probe_rights, broker, gateway)


def _probe_rights(broker: Broker, gateway: GatewayId) -> Probe:
    """Say again that this gateway is offline, which is so while no daemon runs, and see whether the broker takes it.

    By MQTT 5: a broker that speaks 3.1.1 acknowledges what its access list throws away (Mosquitto does).
    """
    codes: queue.Queue[ReasonCode] = queue.Queue()
    client = Client(CallbackAPIVersion.VERSION2, f"cardroom-{gateway}", protocol=MQTTv5)
    client.username_pw_set(broker.username, broker.password)
    if broker.tls:
        paths = (broker.ca_file, broker.certificate_file, broker.key_file)
        ca_file, certificate_file, key_file = (str(path) if path else None for path in paths)
        client.tls_set(ca_file, certificate_file, key_file)
    client.on_publish = lambda _client, _data, _mid, code, _properties: codes.put(code)
    said = msgspec.json.encode(State(online=False, boot=SystemClock().boot))
    try:
        client.connect(broker.host, broker.port)
        client.loop_start()
        client.publish(topic(gateway, STATE), said, qos=1, retain=True)
        code = codes.get(timeout=WAIT_S)
    except (OSError, queue.Empty):
        return Probe()  # a broker without MQTT 5 does not say
    finally:
        client.disconnect()
        client.loop_stop()
    return Probe("not-authorised", str(code)) if code.is_failure else Probe()
