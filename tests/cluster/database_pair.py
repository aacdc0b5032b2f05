"""A PostgreSQL primary and its streaming replica, as two servers that can each be stopped: the second may become the first.

A commit is acknowledged when both have it on disk (`synchronous_standby_names`), so that nothing that anybody was told is lost
with the primary. While the replica is away, commits wait; who runs the pair lets it go on alone by `alone`.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

import psycopg

from tests.central.private_postgresql import SERVER_USER, Unavailable, as_server_user, binaries

NAMES = ("central", "telemetry")
CONNECTIONS = 60


class Server:
    """One PostgreSQL server: its folder holds data, socket and log."""

    def __init__(self, name: str, root: Path, port: int, options: str = "") -> None:
        self.name, self.port, self._options = name, port, options
        self.folder = root / name
        self.data = self.folder / "data"
        self._programs, self._prefix = binaries(), as_server_user()
        self.folder.mkdir()
        self._own(self.folder)

    def make(self) -> None:
        self._run("initdb", "-D", str(self.data), "-U", SERVER_USER, "-A", "trust", "-E", "UTF8", "--no-sync")

    def copy_of(self, other: "Server") -> None:
        """Become a replica of another one, from the beginning: pg_basebackup."""
        shutil.rmtree(self.data, ignore_errors=True)
        self._run(
            "pg_basebackup", "-h", str(other.folder), "-p", str(other.port), "-U", SERVER_USER,
            "-D", str(self.data), "-X", "stream", "-R", "--no-sync", "-c", "fast",
            "-d", f"application_name={self.name}",
        )  # fmt: skip

    def start(self) -> None:
        options = (
            f"-c listen_addresses='' -c port={self.port} -c unix_socket_directories={self.folder} "
            f"-c max_connections={CONNECTIONS} -c cluster_name={self.name} -c hot_standby=on {self._options}"
        )
        self._control("-o", options, "start")

    def stop_at_once(self) -> None:
        """As when its power is cut: nothing is finished."""
        self._control("-m", "immediate", "stop")

    def promote(self) -> None:
        self._control("promote")

    def is_running(self) -> bool:
        return (self.data / "postmaster.pid").exists()

    def say(self, statement: str, database: str = "postgres") -> list[tuple]:
        """Run one statement outside any transaction."""
        where = f"host={self.folder} port={self.port} user={SERVER_USER} dbname={database}"
        with psycopg.connect(where, autocommit=True) as connection:
            found = connection.execute(statement)
            return found.fetchall() if found.description else []

    def wait_for(self, replica: "Server | None") -> None:
        """Acknowledge commits when the replica has them, too; with None, alone."""
        names = "" if replica is None else replica.name
        self.say(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
        self.say("SELECT pg_reload_conf()")

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", str(self.data), "-w", "-l", str(self.folder / "log"), *arguments)

    def _own(self, folder: Path) -> None:
        if self._prefix:
            os.chown(folder, *pwd.getpwnam(SERVER_USER)[2:4])

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*self._prefix, str(self._programs / program), *arguments],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd="/", check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if done.returncode != 0:
            raise Unavailable(f"{program}: {done.stderr.strip()}")


class DatabasePair:
    """Both servers, and the addresses by which programs find whichever takes writes."""

    def __init__(self, options: str = "") -> None:
        self.root = Path(tempfile.mkdtemp(prefix="pair-", dir="/tmp"))  # a socket's path must be short
        self.root.chmod(0o755)
        self.primary, self.replica = (
            Server(name, self.root, port, options) for name, port in (("a", 5501), ("b", 5502))
        )
        self.primary.make()
        self.primary.start()
        for name in NAMES:
            self.primary.say(f"CREATE DATABASE {name}")

    def addresses(self) -> dict[str, str]:
        """Every host is named; libpq takes the first that accepts writes."""
        servers = sorted((self.primary, self.replica), key=lambda server: server.name)
        hosts = ",".join(quote(str(server.folder), safe="") for server in servers)
        ports = ",".join(str(server.port) for server in servers)
        tail = f"?host={hosts}&port={ports}&target_session_attrs=read-write&connect_timeout=2"
        return {
            variable: f"postgresql://{SERVER_USER}@/{name}{tail}"
            for variable, name in zip(("DATABASE_URL", "TELEMETRY_DATABASE_URL"), NAMES, strict=True)
        }

    def begin_replica(self) -> None:
        """Copy the primary, follow it, and let commits wait for it from then on."""
        self.replica.copy_of(self.primary)
        self.replica.start()
        self.primary.wait_for(self.replica)

    def replica_takes_over(self) -> None:
        """The primary is gone: the replica takes writes, alone until the other one comes back as its replica."""
        self.replica.promote()
        self.replica.wait_for(None)
        self.primary, self.replica = self.replica, self.primary

    def close(self) -> None:
        for server in (self.replica, self.primary):
            if server.is_running():
                server.stop_at_once()
        shutil.rmtree(self.root, ignore_errors=True)
