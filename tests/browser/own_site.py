"""A central of the browser's own: a data folder set up by the product's commands, a seeded campus, the product's own server."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from tests.free_ports import free_port

PATIENCE_S = 300
PASSWORD = "tall-lamp-quiet-42"  # a test's own
SEED = """
import django; django.setup()
from central import clock
from central.office.models import User
from central.office.people import delegate
from tests.browser import seed
from tests.open_shifts import on_shift
seed.people(); seed.campus()
on_shift(User.objects.get(username="cashier"), clock.now_ms(), float_fen=20_000)
who, now, day = {one.username: one for one in User.objects.all()}, clock.now_ms(), 86_400_000
delegate(who["director"], who["finance"], now + 30 * day, now + 37 * day, "leave", actor=who["manager"], now_ms=now)
"""


@dataclass
class Site:
    """A running server and its data."""

    url: str
    environment: dict[str, str]

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        """Run one statement in central's own database, as another process would; give its rows."""
        return self._sql("central.db", statement)

    def telemetry_sql(self, statement: str) -> list[tuple[object, ...]]:
        """Run one statement in the telemetry database."""
        return self._sql("telemetry.db", statement)

    def _sql(self, name: str, statement: str) -> list[tuple[object, ...]]:
        database = sqlite3.connect(Path(self.environment["CARDROOM_DATA"]) / name, timeout=20)
        with closing(database), database:
            return database.execute(statement).fetchall()

    def run(self, source: str) -> str:
        """Run Python code beside the server, as its other processes would; give what it printed."""
        code = f"import django; django.setup()\n{source}"
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def environment_of(folder: Path) -> dict[str, str]:
    """Give the environment of a central in a folder."""
    environment = {
        **os.environ,
        "CARDROOM_DATA": str(folder),
        "CARDROOM_SECOND_FACTOR": "0",
        "DJANGO_SETTINGS_MODULE": "central.config.settings",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    for variable in ("CARDROOM_BENCH_CLOCK", "DATABASE_URL", "TELEMETRY_DATABASE_URL"):
        environment.pop(variable, None)
    return environment


def seed_site(folder: Path) -> None:
    """Set up central by its own commands, and seed it."""
    folder.mkdir(exist_ok=True)
    for command in (["-m", "central", "init"], ["-c", SEED]):
        _run(folder, command)


def seed_whole(seeded: Path, folder: Path) -> None:
    """Make of a seeded central one in which every page has something to show."""
    shutil.copytree(seeded, folder)
    _run(
        folder,
        [
            "-c",
            "import django; django.setup()\nfrom tests.browser import seed_everything as all_of_it; all_of_it.everything()",
        ],
    )


def _run(folder: Path, command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, *command],
        env=environment_of(folder),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout


def site_at(folder: Path) -> Site:
    """Choose a free port for a central that is set up."""
    return Site(f"http://127.0.0.1:{free_port()}", environment_of(folder))


def start_server(site: Site, before: str = "") -> subprocess.Popen[str]:
    """Start the product's server, and wait for its first page, for which it loads what it is made of.

    `before` is code that runs in it first: to break it in the right place.
    """
    port = site.url.rpartition(":")[2]
    serve = f"from central.__main__ import main\nsys.exit(main(['serve', '--port', '{port}']))"
    server = subprocess.Popen(
        [sys.executable, "-c", f"import sys\n{before}\n{serve}"],
        env=site.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert server.stdout is not None
    while (line := server.stdout.readline()) and "serving on" not in line:
        pass
    assert server.poll() is None, "the server ended at once"
    with urlopen(f"{site.url}/office/sign-in/", timeout=PATIENCE_S) as page:  # loopback
        page.read()
    return server


@contextmanager
def serving(site: Site) -> Iterator[None]:
    """Serve a site until the block ends."""
    server = start_server(site)
    try:
        yield
    finally:
        server.terminate()
        server.wait(timeout=60)
