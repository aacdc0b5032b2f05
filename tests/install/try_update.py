"""`make try-update`: updates of a gateway at work on a Debian of its own, to a good version and to broken ones.

Needs root and a network. Real packages, real dpkg, the real daemon as its own user; systemd is a stand-in: the real one runs in no
folder. Each broken version must go back by itself, and the gate that it failed must be named. Prints figures with goals, and
last how many were met.
"""

import argparse
import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.bench.figures import Figures
from tests.install.root import ENVIRONMENT, Machine, machine
from tests.install.walk import METERS, Building, build, wait
from tests.update.small_packages import FAULTS

FIRST, SECOND = "1.0", "1.1"
STATE = "var/lib/cardroom-update/state.json"
BEFORE = "/var/cache/cardroom/update/before/opt/cardroom/gateway/bin/python"
BROKEN = (
    ("crashes", "restarts", 0.5),
    ("hangs", "ready", 0.4),
    ("polls-nothing", "meters", 0.5),
    ("each-20-s", "restarts", 1.0),
    ("newer-books", "restarts", 0.5),
    ("postinst-fails", "install", 0.5),
)
"""Fault, the gate it must fail, minutes to watch."""
MORE_FAULTS = {
    **FAULTS,
    "each-20-s": "import os, threading; threading.Timer(20, os._exit, (1,)).start()\n",
    "postinst-fails": "",
}


def main() -> int:
    """Walk; 0 when every goal was met."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    figures = Figures("TRY-UPDATE")
    with tempfile.TemporaryDirectory(prefix="cardroom-try-") as folder, machine() as one:
        walk = Walk(figures, one, Path(folder))
        walk.begin()
        try:
            walk.good()
            for number, (fault, gate, minutes) in enumerate(BROKEN, start=2):
                walk.broken(f"1.{number}", fault, gate, minutes)
            for number, step in enumerate(("preparing", "installing", "watching", "going-back"), start=20):
                walk.cut(f"1.{number}", step)
            walk.record()
        finally:
            walk.building.end()
    return figures.close()


class Walk:
    """One machine and what is tried on it."""

    def __init__(self, figures: Figures, one: Machine, folder: Path) -> None:
        self.figures = figures
        self.one = one
        self.folder = folder
        self.building = Building(one)
        self.good_deb = folder
        key = Ed25519PrivateKey.generate()
        file = folder / "release.pem"
        file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        os.environ["CARDROOM_RELEASE_KEY"] = str(file)

    def begin(self) -> None:
        """Version 1.0 at work, signed as everything that comes."""
        first = build("--only", "gateway", "--version", FIRST, to=self.folder)
        self.good_deb = build("--only", "gateway", "--version", SECOND, to=self.folder)
        self.one.must("apt-get", "update", "-qq")
        self.one.run("dpkg", "-i", self.one.put(first, "/tmp/first.deb"))
        self.one.must("apt-get", "-y", "-qq", "--no-install-recommends", "-f", "install")
        self.one.boot()
        self.building.begin()
        self.one.must("systemctl", "start", "cardroom-gateway.service")
        self._is(f"{FIRST} at work, both meters answer", self._at_work(FIRST))

    def good(self) -> None:
        """Refused without its signature; taken with it."""
        name = self.one.put(self.good_deb, f"/tmp/{self.good_deb.name}")
        code, end = self.update(name, 0.3)
        self._is("without its signature: refused", (code, end.get("error")) == (1, "signature-missing"))
        self.one.put(self.good_deb.with_name(self.good_deb.name + ".sig"), name + ".sig")
        began = time.monotonic()
        code, end = self.update(name, 0.5)
        self.figures.note("a whole update, 30 s of it watched", f"{time.monotonic() - began:.0f} s")
        self._is(
            "a good version stays", (code, end.get("outcome")) == (0, "done"), str(end.get("failed", end))
        )
        self._is(f"{SECOND} at work", self._at_work(SECOND))
        self._is(
            "the version before is kept",
            bool(list(self.one.root.glob(f"var/cache/cardroom/*_{FIRST}_*.deb"))),
        )

    def broken(self, version: str, fault: str, gate: str, minutes: float) -> None:
        """It fails the gate that it should, and the version before is at work again."""
        began = time.monotonic()
        code, end = self.update(self._make(version, fault), minutes, "--unsigned", STANDIN_START_S="20")
        told = (code, end.get("outcome"), end.get("failed"))
        took = f"{time.monotonic() - began:.0f} s"
        self._is(
            f"{fault}: goes back by itself",
            told[:2] == (1, "back"),
            str(end)[:90] if told[1] != "back" else took,
        )
        self._is(
            f"{fault}: it names `{gate}`",
            told[2] == gate,
            f"{end.get('failed')} {end.get('detail', '')}"[:60],
        )
        self._is(f"{fault}: {SECOND} at work, both meters answer", self._at_work(SECOND))
        self._is(
            f"{fault}: the package is whole",
            not self.one.run("sh", "-c", "dpkg --audit; dpkg --verify cardroom-gateway").stdout,
        )
        if fault == "newer-books":
            self._is(f"{fault}: the books were put back", end.get("store_put_back") is True)

    def cut(self, version: str, step: str) -> None:
        """Everything of the update is killed at a step; at the next boot the unit ends it."""
        package = self._make(version, "crashes")
        command = [
            "chroot",
            str(self.one.root),
            "cardroom-gateway",
            "update",
            package,
            "--yes",
            "--unsigned",
            "--watch-minutes",
            "0.5",
        ]
        with subprocess.Popen(
            command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            reached = _reached(self.one.root / STATE, step, process)
            process.kill()
        self._kill_dpkg()
        self._is(f"cut while {step}", reached)
        python = (
            BEFORE if (self.one.root / BEFORE.lstrip("/")).exists() else "/opt/cardroom/gateway/bin/python"
        )
        self.one.run(python, "-P", "-m", "gateway", "update", "--resume")
        self.one.must("systemctl", "start", "cardroom-gateway.service")
        self._is(f"cut while {step}: {SECOND} at work after the boot", self._at_work(SECOND))
        whole = not self.one.run("sh", "-c", "dpkg --audit; dpkg --verify cardroom-gateway").stdout
        self._is(f"cut while {step}: nothing half is left", whole and not (self.one.root / STATE).exists())

    def record(self) -> None:
        """Each update is on record, once."""
        told = json.loads(self.one.must("cardroom-gateway", "update", "--history", "--json"))
        self.figures.at_least("updates on record", len(told), 1 + len(BROKEN) + 4)
        self._is("each once", len({line["began_ms"] for line in told}) == len(told))

    def update(self, file: str, minutes: float, *words: str, **more: str) -> tuple[int, dict[str, Any]]:
        """Run the command as root would; give its code and what it ended with."""
        asked = (
            "cardroom-gateway",
            "update",
            file,
            "--yes",
            "--json",
            "--watch-minutes",
            str(minutes),
            *words,
        )
        done = self.one.run(*asked, timeout_s=900, **more)
        last = (done.stdout.strip().splitlines() or [""])[-1]
        try:
            found: dict[str, Any] = json.loads(last)
        except ValueError:
            found = {"said": done.stdout[-300:]}
        return done.returncode, found

    def _make(self, version: str, fault: str) -> str:
        """A broken version, made of the good one."""
        tree = self.folder / f"tree-{version}"
        subprocess.run(["dpkg-deb", "-R", str(self.good_deb), str(tree)], check=True)
        for file in (
            tree / "DEBIAN/control",
            *tree.glob("opt/cardroom/gateway/lib/*/site-packages/cardroom-*.dist-info/METADATA"),
        ):
            file.write_text(file.read_text().replace(f"Version: {SECOND}\n", f"Version: {version}\n"))
        script = tree / "opt/cardroom/gateway/bin/cardroom-gateway"
        inside = "".join(f"    {line}\n" for line in MORE_FAULTS[fault].splitlines())
        guarded = f"import sys\nDATA = '/var/lib/cardroom'\nif 'run' in sys.argv:\n    pass\n{inside}"
        script.write_text(script.read_text().replace("import sys\n", guarded, 1))
        if fault == "postinst-fails":
            (tree / "DEBIAN/postinst").write_text("#!/bin/sh\nexit 1\n")
        (tree / "DEBIAN/md5sums").unlink()
        made = self.folder / f"cardroom-gateway_{version}.deb"
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", "-Znone", "--build", str(tree), str(made)],
            check=True,
            capture_output=True,
        )
        return self.one.put(made, f"/tmp/{made.name}")

    def _at_work(self, version: str) -> bool:
        def so() -> bool:
            status = self.building.status()
            answering = sum(line["answering"] for line in status.get("lines", []))
            return status.get("software") == version and answering == len(METERS)

        return wait(so, f"{version} at work")

    def _kill_dpkg(self) -> None:
        for process in Path("/proc").glob("[0-9]*"):
            try:
                inside = (process / "root").readlink() == self.one.root
                if inside and (process / "comm").read_text().strip() in (
                    "dpkg",
                    "dpkg-deb",
                    "postinst",
                    "sh",
                ):
                    os.kill(int(process.name), signal.SIGKILL)
            except OSError:
                continue

    def _is(self, what: str, so: object, beside: str = "") -> None:
        self.figures.at_least(what, int(bool(so)), 1, beside=beside)


def _reached(file: Path, step: str, process: "subprocess.Popen[bytes]") -> bool:
    """Wait until the state says so; False when the command ended before."""
    has: Callable[[], bool] = lambda: file.exists() and f'"step":"{step}"' in file.read_text()  # noqa: E731
    while process.poll() is None:
        try:
            if has():
                return True
        except OSError:
            continue
        time.sleep(0.002)
    return False


if __name__ == "__main__":
    raise SystemExit(main())
