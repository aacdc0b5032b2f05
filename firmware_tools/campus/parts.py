"""The processes of a campus: which command, which environment, and how each shows that it is ready."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from firmware_tools.campus.folder import Folder
from firmware_tools.campus.layout import Building, Campus
from firmware_tools.campus.supervisor import Part, Probe, all_exist, port_answers

LOOPBACK = "127.0.0.1"
MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


@dataclass(frozen=True, slots=True)
class Ports:
    """The TCP ports of one run, all on loopback."""

    web: int
    mqtt: int


@dataclass(frozen=True, slots=True)
class Parts:
    """Builds the parts of a campus in its folder. `restart_delay_s`: how long a part that died stays away."""

    campus: Campus
    folder: Folder
    ports: Ports
    restart_delay_s: float = 1.0

    def virtual_meters(self) -> Part:
        """All meters of the campus, on pseudo-terminals."""
        folder = self.folder
        links = [folder.port(building, line) for building in self.campus.buildings for line in building.lines]
        command = python(
            "firmware_tools",
            "virtual-meter",
            "--campus",
            folder.virtual_meters.name,
            "--control",
            folder.control.name,
        )
        return self._part("meters", command, ready=all_exist(folder.control, *links))

    def broker(self, kind: str) -> Part:
        """`amqtt` in a process of its own, or `mosquitto` from the system."""
        if kind == "mosquitto":
            if MOSQUITTO is None:
                raise RuntimeError(
                    "Mosquitto is not installed. Install it (apt-get install mosquitto), or use --broker amqtt."
                )
            command: tuple[str, ...] = (MOSQUITTO, "-c", str(self.folder.root / "mosquitto.conf"))
        else:
            command = python("firmware_tools.campus.broker", str(self.ports.mqtt), str(self.folder.passwords))
        return self._part("broker", command, ready=port_answers(LOOPBACK, self.ports.mqtt))

    def web(self) -> Part:
        """Central's web server."""
        command = python("central", "serve", "--host", LOOPBACK, "--port", str(self.ports.web))
        return self._part(
            "web", command, self.central_environment(), ready=port_answers(LOOPBACK, self.ports.web)
        )

    def ingest(self) -> Part:
        """Central's end of the link."""
        broker = ("--mqtt-host", LOOPBACK, "--mqtt-port", str(self.ports.mqtt))
        name = (
            "--mqtt-username",
            "central",
            "--mqtt-password-file",
            str(self.folder.password_file("central")),
        )
        return self._part("ingest", python("central", "ingest", *broker, *name), self.central_environment())

    def notices(self) -> Part:
        """Central's sender of notices."""
        return self._part("notices", python("central", "notices", "run"), self.central_environment())

    def gateway(self, building: Building) -> Part:
        """A building's gateway daemon."""
        command = python("gateway", "run", "--config", str(self.folder.gateway_config(building)))
        ready = all_exist(self.folder.gateway(building) / "data" / "control.sock")
        return self._part(f"gateway-{building.gateway}", command, ready=ready)

    def central_environment(self) -> dict[str, str]:
        """What every central command of this campus must see."""
        return {
            "CARDROOM_DATA": str(self.folder.central),
            "CARDROOM_BENCH_CLOCK": str(self.folder.clock),
            "CARDROOM_SECOND_FACTOR": "0",
        }

    def _part(
        self,
        name: str,
        command: tuple[str, ...],
        environment: Mapping[str, str] | None = None,
        ready: Probe | None = None,
    ) -> Part:
        return Part(name, command, environment or {}, ready, restart_delay_s=self.restart_delay_s)


def python(module: str, *arguments: str) -> tuple[str, ...]:
    """A command of this very installation."""
    return (sys.executable, "-m", module, *arguments)


class CommandFailed(RuntimeError):
    """A command line of the product refused; the text is its own message."""


async def run_command(
    command: tuple[str, ...], environment: Mapping[str, str], work_dir: Path, text_in: str = ""
) -> str:
    """Run one command to its end and give what it printed. Raises CommandFailed with what it said."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, **environment},
        cwd=work_dir,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        said, complaint = await process.communicate(text_in.encode())
    except asyncio.CancelledError:
        process.kill()
        raise
    if process.returncode != 0:
        words = " ".join(command[2:])
        raise CommandFailed(
            f"`{words}` ended with {process.returncode}: {(complaint or said).decode(errors='replace').strip()}"
        )
    return said.decode(errors="replace")


def mosquitto_conf(folder: Folder, port: int) -> str:
    """A Mosquitto that is as open as a bench may be: loopback, no password; retained messages survive kill -9."""
    lines = [
        f"listener {port} {LOOPBACK}",
        "allow_anonymous true",
        "persistence true",
        f"persistence_location {folder.root}/mosquitto/",
        "autosave_interval 1",
        "autosave_on_changes true",
        "set_tcp_nodelay true",
        *(["user root"] if os.geteuid() == 0 else []),
    ]
    return "\n".join(lines) + "\n"


def passwords_json(passwords: Mapping[str, str]) -> str:
    """The broker's file of clients."""
    return json.dumps(passwords)
