"""A building whose gateway is an installed package: what the tests of updates are written in."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.debian_package import DebianPackages
from gateway.adapters.update_files import Step, UpdateFiles
from tests.app.station import Station, central_for, rooms, station_in, until
from tests.brokers import start_amqtt
from tests.free_ports import free_port
from tests.update.small_packages import ARCHITECTURE, small_package

STANDIN = Path(__file__).with_name("service_standin.py")
WATCH_MINUTES = "0.2"
KILLER = """
import os, signal, sys
from gateway.adapters import update_files
at = sys.argv[1]
sys.argv[:2] = ["cardroom-gateway"]
def save(self, state, real=update_files.UpdateFiles.save):
    real(self, state)
    if state.step == at:
        os.kill(os.getpid(), signal.SIGKILL)
update_files.UpdateFiles.save = save
from gateway.technician import update
update.interpreter_before = lambda files: None  # one process from first to last, so that it can be killed anywhere
from gateway.__main__ import main
sys.exit(main())
"""


def require_dpkg() -> None:
    """Skip where dpkg can't be had as root; fail in CI."""
    if shutil.which("dpkg") is None or os.geteuid() != 0:
        message = "dpkg as root is needed (a folder is its root; nothing outside is touched)"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)


def bare_root(root: Path) -> Path:
    """Make what dpkg needs to take a folder for a machine without any package."""
    for place in ("updates", "info", "triggers"):
        (root / "var/lib/dpkg" / place).mkdir(parents=True)
    for name in ("status", "available"):
        (root / "var/lib/dpkg" / name).touch()
    return root


class Stand:
    """A folder that stands for a machine: dpkg's root, the stand-in for systemd, the station beside it."""

    def __init__(self, folder: Path, station: Station) -> None:
        self.folder = folder
        self.station = station
        self.root = folder / "root"
        self.files = UpdateFiles(self.root)
        self.packages = DebianPackages(self.root)
        self.architecture = ARCHITECTURE
        programs = folder / "bin"
        programs.mkdir()
        shim = programs / "systemctl"
        shim.write_text(f'#!/bin/sh\nexec {sys.executable} {STANDIN} ask {folder} "$@"\n')
        shim.chmod(0o755)
        self.environment = {
            **os.environ,
            "PATH": f"{programs}:{os.environ['PATH']}:/usr/sbin:/sbin",
            "STANDIN_RESTART_S": "0.5",
        }
        bare_root(self.root)

    def package(self, version: str, fault: str = "") -> Path:
        return small_package(self.folder, version, self.station.config, self.station.data, fault)

    async def command(self, *words: str) -> tuple[int, str]:
        """Run a command of the installed version; give its code and what it printed."""
        return await self.run(sys.executable, "-m", "gateway", *words)

    async def run(self, *command: str) -> tuple[int, str]:
        shared = ["--root", str(self.root), "--config", str(self.station.config)]
        process = await asyncio.create_subprocess_exec(
            *command, *shared, env=self.environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )  # fmt: skip
        out, err = await process.communicate()
        assert "Traceback" not in err.decode(), err.decode()
        self.said = err.decode()
        return process.returncode or 0, out.decode()

    async def update(self, version: str, *words: str, fault: str = "") -> tuple[int, dict[str, Any]]:
        """Build a version and update to it; give the code and the end as JSON."""
        file = self.package(version, fault)
        code, out = await self.command(
            "update", str(file), "--yes", "--json", "--watch-minutes", WATCH_MINUTES, *words
        )
        return code, json.loads(out)

    async def update_and_be_killed(self, version: str, at: Step, fault: str = "") -> None:
        """Be killed right after a step was written down."""
        file = str(self.package(version, fault))
        code, _ = await self.run(
            sys.executable, "-c", KILLER, at.value, "update", file, "--yes", "--watch-minutes", WATCH_MINUTES
        )
        assert code == -signal.SIGKILL

    async def resume(self) -> tuple[int, dict[str, Any]]:
        """What the unit does at boot: by the copy of the version before, where there is one."""
        copy = self.files.tree_before / "opt/cardroom/gateway/bin/python"
        python = str(copy) if copy.exists() else sys.executable
        code, out = await self.run(python, "-P", "-m", "gateway", "update", "--resume", "--json")
        return code, json.loads(out)

    def installed(self) -> str:
        found = self.packages.installed("cardroom-gateway")
        return found.version if found else ""

    def schema(self) -> int:
        with closing(sqlite3.connect(self.station.data / "journal.db")) as journal:
            return int(journal.execute("PRAGMA user_version").fetchone()[0])

    async def until_up(self, software: str) -> dict[str, Any]:
        """Wait until this version answers for both meters."""
        found: dict[str, Any] = {}

        async def so() -> bool:
            with contextlib.suppress(AssertionError):
                found.update(await self.station.status())
                return found["software"] == software and found["lines"][0]["answering"] == 2
            return False

        await until(so, f"{software} up")
        return found


@contextlib.asynccontextmanager
async def stand_in(folder: Path) -> AsyncIterator[Stand]:
    """Version 0.1.0 installed and at work: two meters answer, central has acknowledged everything."""
    require_dpkg()
    port = free_port()
    async with start_amqtt(port), station_in(folder, port) as station, central_for(station, port) as central:
        stand = Stand(folder, station)
        await station.wire("a", "1", "2")
        stand.packages.put_in(stand.package("0.1.0"))
        service = subprocess.Popen(
            [sys.executable, str(STANDIN), "serve", str(folder), str(stand.root)], env=stand.environment
        )
        try:
            await until((folder / "systemd.sock").exists, "the stand-in listens")
            subprocess.run(
                ["systemctl", "start", "cardroom-gateway.service"], env=stand.environment, check=True
            )
            await stand.until_up("0.1.0")
            await central.configure(*rooms("1", "2"))
            await station.until_status(lambda status: status["outbox_rows"] == 0, "all acknowledged")
            yield stand
        finally:
            service.terminate()
            service.wait(40)
