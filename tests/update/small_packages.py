"""Small real packages of the gateway for tests: the code is this checkout's, the version and the fault are the package's.

They go into a folder of their own by a real dpkg; each runs the real daemon, or one that is broken as a bad release might be.
"""

import subprocess
import sys
import sysconfig
from pathlib import Path

UNIT = (Path(__file__).parents[2] / "systemd/cardroom-gateway.service").read_text()
ARCHITECTURE = subprocess.run(
    ["dpkg", "--print-architecture"], capture_output=True, text=True, check=False
).stdout.strip()
FAULTS = {
    "": "",
    "crashes": "sys.exit('broken: no module named nothing')\n",
    "hangs": "import time; time.sleep(3600)\n",
    # It comes up, answers, and ends by itself before anybody would look.
    "restarts": "import os, threading; threading.Timer(4, os._exit, (1,)).start()\n",
    # It runs, and its lines never ask.
    "polls-nothing": (
        "import asyncio; from gateway.loops.poll_meters import LinePoller\n"
        "async def run(self):\n"
        "    while True:\n"
        "        self._progress(); await asyncio.sleep(1)\n"
        "LinePoller.run = run\n"
    ),
    # It writes the books in a form of its own, and then can't go on.
    "newer-books": (
        "import sqlite3; books = sqlite3.connect(DATA + '/journal.db')\n"
        "books.execute('PRAGMA user_version = 3'); books.commit(); books.close()\n"
        "sys.exit('broken')\n"
    ),
}
START = """#!{python}
import importlib.metadata, sys
importlib.metadata.version = lambda name: {version!r}
DATA = {data!r}
if "run" in sys.argv:
    pass
{fault}
from gateway.__main__ import main
sys.exit(main())
"""


def small_package(
    folder: Path, version: str, config: Path, data: Path, fault: str = "", postinst: str = ""
) -> Path:
    """Build one; `config` and `data` are the station's own."""
    tree = folder / f"tree-{version}-{fault or 'good'}"
    home = tree / "opt/cardroom/gateway/bin"
    home.mkdir(parents=True)
    # An environment as the real package's, with what this checkout's has.
    here = sys.version_info
    (home / "python").symlink_to(Path(sys.base_prefix) / "bin/python3")
    (home.parent / "pyvenv.cfg").write_text(f"home = {sys.base_prefix}/bin\n")
    site = home.parent / f"lib/python{here.major}.{here.minor}/site-packages"
    site.parent.mkdir(parents=True)
    site.symlink_to(sysconfig.get_path("purelib"))
    script = home / "cardroom-gateway"
    broken = "".join(f"    {line}\n" for line in FAULTS[fault].splitlines())
    script.write_text(START.format(python=sys.executable, version=version, data=str(data), fault=broken))
    script.chmod(0o755)
    units = tree / "usr/lib/systemd/system"
    units.mkdir(parents=True)
    unit = UNIT.replace("/etc/cardroom/gateway.toml", str(config))
    (units / "cardroom-gateway.service").write_text(unit)
    control = tree / "DEBIAN"
    control.mkdir(mode=0o755)
    (control / "control").write_text(
        f"Package: cardroom-gateway\nVersion: {version}\nArchitecture: {ARCHITECTURE}\n"
        "Maintainer: Cardroom <cardroom@example.org>\nDescription: a small one for a test\n"
    )
    if postinst:
        (control / "postinst").write_text(f"#!/bin/sh\n{postinst}\n")
        (control / "postinst").chmod(0o755)
    file = folder / f"cardroom-gateway_{version}_{ARCHITECTURE}.{fault or 'good'}.deb"
    subprocess.run(["dpkg-deb", "-Znone", "--build", str(tree), str(file)], check=True, capture_output=True)
    return file
