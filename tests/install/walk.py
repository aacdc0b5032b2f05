"""What both walks do in a Debian of their own: a meter on a pty, a broker, a gateway set up as the set-up would leave it."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.free_ports import free_port
from tests.install.root import PROJECT, Machine

CONFIG = "/etc/cardroom/gateway.toml"
METERS = ("202000000101", "202000000102")
PATIENCE_S = 60.0


def build(*words: str, to: Path) -> Path:
    """Build one package; give its file."""
    command = [sys.executable, str(PROJECT / "systemd/package/build.py"), "--to", str(to), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return Path(done.stdout.split("  ")[0])


class Building:
    """The things around a gateway: they run inside the machine, and end with it."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.port = free_port()
        self._running: list[subprocess.Popen[bytes]] = []

    def begin(self) -> None:
        """Start a broker and a line of two meters; write the gateway's configuration and registry."""
        self.machine.must("apt-get", "install", "-y", "-qq", "--no-install-recommends", "mosquitto")
        (self.machine.root / "etc/mosquitto/try.conf").write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\n"
        )
        self._spawn("mosquitto", "-c", "/etc/mosquitto/try.conf")
        campus = "[[line]]\nname = 'a'\nport = 'pty:/run/line-a'\nbaud = 9600\n" + "".join(
            f"[[line.meter]]\nname = '{address}'\naddress = '{address}'\nload = '500W'\nregister_kwh = '10.00'\n"
            for address in METERS
        )
        (self.machine.root / "run/campus.toml").write_text(campus)
        self._spawn("cardroom-firmware", "virtual-meter", "--campus", "/run/campus.toml")
        wait(lambda: (self.machine.root / "run/line-a").is_symlink(), "the meters' line")
        # A real adapter is dialout's by its udev rule.
        self.machine.must(
            "sh", "-c", "chgrp dialout $(readlink /run/line-a); chmod 660 $(readlink /run/line-a)"
        )
        config = self.machine.root / CONFIG.lstrip("/")
        config.write_text(
            f'[gateway]\nid = "b1"\ndata = "/var/lib/cardroom"\n[central]\npublic_keys = ["{"ab" * 32}"]\n'
            f'[mqtt]\nhost = "127.0.0.1"\nport = {self.port}\n[polling]\nreadings_commit_s = 1\npause_ms = 100\n'
        )
        self.machine.must("sh", "-c", f"chgrp cardroom {CONFIG}; chmod 640 {CONFIG}")
        self.machine.must("cardroom-gateway", "lines", "add", "a", "--port", "/run/line-a", "--baud", "9600")
        for address in METERS:
            words = ("--line", "a", "--address", address, "--model", "generic-dlt645-2007")
            self.machine.must("cardroom-gateway", "meters", "add", f"m{address}", *words)

    def status(self) -> dict[str, Any]:
        """What the daemon says; empty while it doesn't."""
        done = self.machine.run("cardroom-gateway", "status", "--json")
        try:
            found: dict[str, Any] = json.loads(done.stdout)
        except ValueError:
            return {}
        return found

    def answering(self) -> int:
        return sum(line["answering"] for line in self.status().get("lines", []))

    def end(self) -> None:
        for process in self._running:
            process.terminate()
            process.wait(20)

    def _spawn(self, *words: str) -> None:
        command = ["chroot", str(self.machine.root), *words]
        out = (self.machine.root / "run/around.log").open("ab")
        self._running.append(subprocess.Popen(command, stdout=out, stderr=out))


def wait(true: Callable[[], Any], what: str, within_s: float = PATIENCE_S) -> bool:
    """Wait for it; False and a word where it never was."""
    give_up = time.monotonic() + within_s
    while time.monotonic() < give_up:
        if true():
            return True
        time.sleep(0.5)
    print(f"       (not within {within_s:g} s: {what})")
    return False
