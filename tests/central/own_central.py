"""A central of a test's own: a data folder, on PostgreSQL also two databases of its own, driven by `cardroom-central`."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg

URLS = {"DATABASE_URL": "central", "TELEMETRY_DATABASE_URL": "telemetry"}


@dataclass
class OwnCentral:
    """Runs commands against one folder."""

    folder: Path
    suffix: str = ""
    in_files: bool = False
    """SQLite, also where the tests' server is PostgreSQL."""

    @property
    def environment(self) -> dict[str, str]:
        environment = {
            **os.environ,
            "CARDROOM_DATA": str(self.folder),
            "DJANGO_SETTINGS_MODULE": "central.config.settings",
        }
        environment.pop("CARDROOM_BENCH_CLOCK", None)
        if self.in_files:
            for variable in URLS:
                environment.pop(variable, None)
        if self.suffix:
            for variable, name in URLS.items():
                server = os.environ[variable].rpartition("/")[0]
                environment[variable] = f"{server}/{name}_{self.suffix}"
        return environment

    def create_databases(self) -> None:
        """Make empty databases where the server is PostgreSQL; SQLite makes its own."""
        if "DATABASE_URL" in os.environ:
            self.suffix = uuid4().hex[:12]
            self._on_server("CREATE DATABASE {name}_{suffix}")

    def copy(self, folder: Path) -> "OwnCentral":
        """Give a central of its own with all that this one holds. Nobody may be connected to this one."""
        shutil.copytree(self.folder, folder)
        other = OwnCentral(folder)
        if self.suffix:
            other.suffix = uuid4().hex[:12]
            other._on_server("CREATE DATABASE {name}_{suffix} TEMPLATE {name}_" + self.suffix)
        return other

    def drop_databases(self) -> None:
        if self.suffix:
            self._on_server("DROP DATABASE {name}_{suffix} WITH (FORCE)")

    def run(self, *arguments: str, stdin: str = "", most_s: float = 200) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; standard output and error are text."""
        command = [sys.executable, "-m", "central", *arguments]
        return subprocess.run(
            command,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=most_s,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command that lasts."""
        command = [sys.executable, "-m", "central", *arguments]
        return subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def script(self, source: str, *arguments: str) -> subprocess.Popen[str]:
        """Start Python code inside this central (Django is set up)."""
        prelude = "import django; django.setup()\n"
        command = [sys.executable, "-c", prelude + source, *arguments]
        return subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def _on_server(self, statement: str) -> None:
        server = os.environ["DATABASE_URL"].rpartition("/")[0]
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            for name in URLS.values():
                connection.execute(statement.format(name=name, suffix=self.suffix))
