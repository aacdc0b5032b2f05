"""The demo's broker with real clients: the right ones in, each gateway in its own branch."""

import asyncio
import json
import sys
import threading

import paho.mqtt.client as mqtt
import pytest

from firmware_tools.campus.broker import may
from firmware_tools.campus.supervisor import Part, Supervisor, port_answers
from tests.free_ports import free_port

PASSWORDS = {"central": "c-secret", "b1": "b1-secret", "b2": "b2-secret"}


@pytest.mark.parametrize(
    ("name", "topic", "publish", "allowed"),
    [
        ("b1", "cardroom/1/b1/up", True, True),
        ("b1", "cardroom/1/b1/down", False, True),
        ("b1", "cardroom/1/b2/up", True, False),
        ("b1", "cardroom/1/b1/down", True, False),
        ("b1", "cardroom/1/+/down", False, False),
        ("b1", "#", False, False),
        ("central", "cardroom/1/+/up", False, True),
        ("central", "cardroom/1/b2/down", True, True),
        ("central", "cardroom/1/b2/up", True, False),
        ("b1", "other/1/b1/up", True, False),
    ],
)
def test_each_client_keeps_to_its_branch(name, topic, publish, allowed):
    assert may(name, topic, publish=publish) is allowed


@pytest.fixture
async def broker_port(tmp_path):
    port = free_port()
    passwords = tmp_path / "passwords.json"
    passwords.write_text(json.dumps(PASSWORDS))
    supervisor = Supervisor(tmp_path / "log", print, tmp_path)
    command = (sys.executable, "-m", "firmware_tools.campus.broker", str(port), str(passwords))
    environment = {"PYTHONPATH": ":".join(sys.path)}
    await supervisor.start(Part("broker", command, environment, ready=port_answers("127.0.0.1", port)))
    yield port
    await supervisor.stop()


class Client:
    """A paho client that remembers what it heard."""

    def __init__(self, port: int, name: str, password: str, *topics: str) -> None:
        self.heard: list[str] = []
        self.subscribed = threading.Event()
        self.connected: list[bool] = []
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv311)
        self.client.username_pw_set(name, password)
        self.client.on_connect = self._on_connect
        self.client.on_message = lambda _c, _u, message: self.heard.append(message.topic)
        self.client.on_subscribe = lambda *_: self.subscribed.set()
        self.topics = topics
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def _on_connect(self, client, _userdata, _flags, reason, _properties) -> None:
        self.connected.append(not reason.is_failure)
        for topic in self.topics:
            client.subscribe(topic, qos=1)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


async def until(condition) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_gateway_reaches_central_but_not_its_neighbour(broker_port):
    central = Client(broker_port, "central", "c-secret", "cardroom/1/+/up")
    neighbour = Client(broker_port, "b2", "b2-secret", "cardroom/1/b1/down", "cardroom/1/b2/down")
    gateway = Client(broker_port, "b1", "b1-secret")
    await until(lambda: central.subscribed.is_set() and neighbour.subscribed.is_set() and gateway.connected)
    gateway.client.publish("cardroom/1/b2/up", b"forged", qos=1)
    gateway.client.publish("cardroom/1/b1/up", b"own", qos=1)
    central.client.publish("cardroom/1/b1/down", b"for b1", qos=1)
    central.client.publish("cardroom/1/b2/down", b"for b2", qos=1)
    await until(lambda: central.heard and neighbour.heard)
    assert central.heard == ["cardroom/1/b1/up"]
    assert neighbour.heard == ["cardroom/1/b2/down"]
    for client in (central, neighbour, gateway):
        client.close()


async def test_a_wrong_password_stays_outside(broker_port):
    stranger = Client(broker_port, "b1", "guessed")
    await until(lambda: stranger.connected)
    assert stranger.connected[0] is False
    stranger.close()
