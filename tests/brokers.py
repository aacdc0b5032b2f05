"""Real brokers for tests: Mosquitto as a process of its own (it can be killed), amqtt embedded in the test's loop.

    async with start_amqtt(port) as broker: ...
    with start_mosquitto(tmp_path, port) as broker: ... broker.kill(); broker.start() ...

Without Mosquitto on the machine its tests are skipped with a
message; in CI (CI=true) they fail, so that nobody believes they ran.
"""

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from amqtt.broker import Broker as AmqttBroker

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
READY_WITHIN_S = 60


def require_mosquitto() -> str:
    """Mosquitto's path; skips the test where there is none, fails it in CI."""
    if MOSQUITTO is None:
        message = "Mosquitto is not installed: apt-get install mosquitto"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    return MOSQUITTO


@dataclass
class Mosquitto:
    """A Mosquitto of one's own; retained messages survive `kill` because they are written at once."""

    folder: Path
    port: int
    settings: list[str] = field(default_factory=list)
    """More lines of mosquitto.conf; `allow_anonymous true` unless one of them says otherwise."""
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run it and wait until it takes connections."""
        configuration = self.folder / "mosquitto.conf"
        lines = [
            f"listener {self.port} 127.0.0.1",
            "persistence true",
            f"persistence_location {self.folder}/",
            "autosave_interval 1",
            "autosave_on_changes true",
            "max_queued_messages 100000",
            "set_tcp_nodelay true",
        ]
        if not any(line.startswith("allow_anonymous") for line in self.settings):
            lines.append("allow_anonymous true")
        configuration.write_text("\n".join(lines + self.settings) + "\n")
        with (self.folder / "mosquitto.log").open("ab") as log:
            self.process = subprocess.Popen(
                [require_mosquitto(), "-c", str(configuration)], stdout=log, stderr=log
            )
        wait_for_port(self.port, self.process)

    def __enter__(self) -> "Mosquitto":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """kill -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        """End it in order."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)
            self.process = None


def start_mosquitto(folder: Path, port: int, *settings: str) -> Mosquitto:
    """Start a Mosquitto that keeps its files in `folder`; use it in a `with`, so that no test leaves one behind."""
    # As root Mosquitto would change to its own user and lose sight of the folder.
    as_root = ["user root"] if os.geteuid() == 0 else []
    broker = Mosquitto(folder, port, [*as_root, *settings])
    broker.start()
    return broker


def wait_for_port(port: int, process: subprocess.Popen[bytes] | None = None) -> None:
    """Wait until somebody listens; fails the test when the process ended instead."""
    give_up = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < give_up:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process is not None and process.poll() is not None:
            pytest.fail(f"the broker ended with {process.returncode}; its log is in its folder")
        time.sleep(0.02)
    pytest.fail(f"nobody listens on port {port} after {READY_WITHIN_S} s")


@contextlib.asynccontextmanager
async def start_amqtt(port: int, password_file: Path | None = None) -> AsyncIterator[AmqttBroker]:
    """Run amqtt in this event loop; with a password file (user:sha512-crypt lines) it lets nobody else in."""
    anonymous = "amqtt.plugins.authentication.AnonymousAuthPlugin"
    by_file = "amqtt.plugins.authentication.FileAuthPlugin"
    plugins = (
        {by_file: {"password_file": str(password_file)}}
        if password_file
        else {anonymous: {"allow_anonymous": True}}
    )
    broker = AmqttBroker(
        {"listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}}, "plugins": plugins}
    )
    await broker.start()
    try:
        yield broker
    finally:
        with contextlib.suppress(asyncio.CancelledError):
            await broker.shutdown()
