"""The campus of a cluster run: central set up by its own commands, and for each building a gateway's folder."""

import json
import os
import subprocess
import sys
from pathlib import Path

from gateway.adapters.key_file import load_or_create_key
from gateway.contract.envelope import KeySigner

ROOT = Path(__file__).resolve().parents[2]

PEOPLE = """
import json, sys
from central import clock
from central.link.operations import enrol_gateway
from central.office.models import User
from tests.open_shifts import have_drawers
from tests.cluster.desks import DESKS
have_drawers(*(f"desk {number}" for number in range(DESKS)))
for number in range(DESKS):
    User.objects.create_user(f"cashier-{number}")
for name, (building, key) in json.loads(sys.argv[1]).items():
    done = enrol_gateway(name, building, key, actor="cluster", now_ms=clock.now_ms())
"""


class Central:
    """Central's folder, environment and commands."""

    def __init__(self, folder: Path, addresses: dict[str, str]) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            **addresses,
            "CARDROOM_DATA": str(folder),
            "DJANGO_SETTINGS_MODULE": "central.config.settings",
            "CARDROOM_LOG_LEVEL": "INFO",
        }
        self.environment.pop("CARDROOM_BENCH_CLOCK", None)

    def run(self, *arguments: str, stdin: str = "") -> str:
        """Run a command of central's to its end; give what it printed. Raises RuntimeError when it fails."""
        return self._finish([sys.executable, "-m", "central", *arguments], stdin)

    def module(self, *arguments: str) -> str:
        return self._finish([sys.executable, "-m", *arguments], "")

    def script(self, source: str, *arguments: str) -> str:
        prelude = "import django; django.setup()\n"
        return self._finish([sys.executable, "-c", prelude + source, *arguments], "")

    def start(self, log: Path, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command that lasts; what it says goes to a file."""
        with log.open("ab") as file:
            return subprocess.Popen(
                [sys.executable, "-m", "central", *arguments],
                env=self.environment,
                cwd=ROOT,
                stdout=file,
                stderr=file,
            )

    def _finish(self, command: list[str], stdin: str) -> str:
        done = subprocess.run(
            command, env=self.environment, cwd=ROOT, input=stdin, capture_output=True, text=True, timeout=200, check=False
        )  # fmt: skip
        if done.returncode != 0:
            raise RuntimeError(f"{command[2:4]}: {done.stderr[-2000:] or done.stdout[-2000:]}")
        return done.stdout


def make(central: Central, gateways: Path, buildings: int, rooms: int, brokers: list[int]) -> None:
    """Set central up, enrol a gateway for each building, and write each one's folder. Their first brokers take turns."""
    central.run("init", "--password-stdin", stdin="a-good-long-password\n")
    rows = ["building,building_name,floor,room,class,meter,price"]
    plan = {f"b{n}": [f"m-{n}-{room}" for room in range(rooms)] for n in range(1, buildings + 1)}
    rows += [
        f"{n},B{n},1,{100 + room},dormitory,m-{n}-{room},0.558"
        for n in range(1, buildings + 1)
        for room in range(rooms)
    ]
    lists = central.folder / "campus.csv"
    lists.write_text("\n".join(rows) + "\n")
    central.run("import-campus", str(lists))
    public_key = central.run("public-key").strip()
    keys = {
        name: (name.removeprefix("b"), _gateway(gateways / name, public_key, turn, brokers))
        for turn, name in enumerate(plan)
    }
    central.script(PEOPLE, json.dumps(keys))
    (gateways / "plan.json").write_text(json.dumps(plan))


def _gateway(folder: Path, central_key: str, turn: int, brokers: list[int]) -> str:
    """Write a gateway's folder; give its public key."""
    folder.mkdir()
    signer = load_or_create_key(folder / "gateway.key")
    assert isinstance(signer, KeySigner)
    first, *spares = brokers[turn % len(brokers) :] + brokers[: turn % len(brokers)]
    spare = ", ".join(f'"127.0.0.1:{port}"' for port in spares)
    (folder / "gateway.toml").write_text(
        f'[gateway]\nid = "{folder.name}"\ndata = "{folder}"\n[central]\npublic_keys = ["{central_key}"]\n'
        f'[mqtt]\nhost = "127.0.0.1"\nport = {first}\nspare_brokers = [{spare}]\nreconnect_max_ms = 5000\n'
        "[polling]\nreadings_commit_s = 2\n[clock]\n[log]\n"
    )
    return signer.private_key.public_key().public_bytes_raw().hex()
