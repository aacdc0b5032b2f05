"""The demo's MQTT broker: amqtt on loopback, with a password per client and the isolation asked of any broker in docs/messages.md.

A gateway reaches its own branch `cardroom/1/<gateway>/` only; central reaches all of it. Run as a process:
`python -m firmware_tools.campus.broker PORT PASSWORDS.json` (a JSON object: name -> password).
"""

import asyncio
import hmac
import json
import logging
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

from amqtt.broker import Broker
from amqtt.contexts import Action, BaseContext
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin
from amqtt.session import Session

ROOT = "cardroom/1"
CENTRAL = "central"
SAID_BY_GATEWAYS = {"state", "birth", "up", "answer"}
SAID_BY_CENTRAL = {"ack", "down"}


def may(name: str, topic: str, *, publish: bool) -> bool:
    """Say whether a client may publish to, or subscribe to and receive from, a topic of the link."""
    root, _, leaf = topic.rpartition("/")
    branch, _, gateway = root.rpartition("/")
    if branch != ROOT:
        return False
    if name == CENTRAL:
        return leaf in (SAID_BY_CENTRAL if publish else SAID_BY_GATEWAYS)
    return gateway == name and leaf in (SAID_BY_GATEWAYS if publish else SAID_BY_CENTRAL)


@dataclass
class Passwords:
    """The plugins' settings: every client's password by its name; empty lets anyone on this machine in."""

    passwords: dict[str, str] = field(default_factory=dict)


class Doorman(BaseAuthPlugin):  # type: ignore[misc]  # amqtt publishes no types
    """Asks each client for its password."""

    Config = Passwords

    def __init__(self, context: BaseContext) -> None:
        super().__init__(context)
        self._passwords: dict[str, str] = self._get_config_option("passwords", {})

    async def authenticate(self, *, session: Session) -> bool:
        if not self._passwords:
            return True
        expected = self._passwords.get(session.username or "")
        return expected is not None and hmac.compare_digest(expected, session.password or "")


class Isolation(BaseTopicPlugin):  # type: ignore[misc]  # amqtt publishes no types
    """Keeps each gateway in its own branch."""

    Config = Passwords

    def __init__(self, context: BaseContext) -> None:
        super().__init__(context)
        self._closed = bool(self._get_config_option("passwords", {}))

    async def topic_filtering(
        self, *, session: Session | None = None, topic: str | None = None, action: Action | None = None
    ) -> bool:
        if not self._closed:
            return True
        name = session.username if session else None
        return name is not None and topic is not None and may(name, topic, publish=action is Action.PUBLISH)


def configuration(port: int, passwords: dict[str, str]) -> dict[str, object]:
    """amqtt's settings: loopback only, nothing kept for clients that are away (the outboxes keep everything)."""
    plugins = {
        f"{__package__}.broker.{plugin.__name__}": {"passwords": passwords} for plugin in (Doorman, Isolation)
    }
    return {"listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}}, "plugins": plugins}


async def _serve(port: int, passwords: dict[str, str]) -> None:
    broker = Broker(configuration(port, passwords))
    await broker.start()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    await broker.shutdown()


def main(arguments: list[str]) -> int:
    """Serve until SIGINT or SIGTERM."""
    port, passwords_file = int(arguments[0]), Path(arguments[1])
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    asyncio.run(_serve(port, json.loads(passwords_file.read_text())))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
