"""A PostgreSQL cluster of a test's own: made in a folder, reached by a socket in it, gone afterwards.

`python -m tests.central.private_postgresql COMMAND ...` runs a command with DATABASE_URL and TELEMETRY_DATABASE_URL set.
"""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

SERVER_USER = "postgres"


class Unavailable(RuntimeError):
    """No cluster can be made on this machine; the text says why."""


def binaries() -> Path:
    """Give the folder of the newest installed server. Raises Unavailable."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if not found:
        raise Unavailable("PostgreSQL's server is not installed (Debian: apt install postgresql)")
    return found[-1].parent


def as_server_user() -> list[str]:
    """The server refuses to run as root: root becomes the user postgres."""
    if os.getuid() != 0:
        return []
    try:
        pwd.getpwnam(SERVER_USER)
    except KeyError as error:
        raise Unavailable(f"root can't run PostgreSQL and there is no user {SERVER_USER}") from error
    runner = shutil.which("setpriv")
    if runner is None:
        raise Unavailable("root needs setpriv (util-linux) to run PostgreSQL as another user")
    return [runner, f"--reuid={SERVER_USER}", f"--regid={SERVER_USER}", "--clear-groups"]


@contextmanager
def cluster(*, durable: bool = False) -> Iterator[dict[str, str]]:
    """Run a cluster; give the variables that make central use it. `durable`: a commit is on the disk, as a bench must have it."""
    programs, prefix = binaries(), as_server_user()
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path must be short
    try:
        if prefix:
            os.chown(folder, *pwd.getpwnam(SERVER_USER)[2:4])
        data = folder / "data"
        _run(
            [
                *prefix,
                str(programs / "initdb"),
                "-D",
                str(data),
                "-U",
                SERVER_USER,
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--no-sync",
            ]
        )
        options = (
            f"-c listen_addresses='' -c unix_socket_directories={folder} -c max_connections=60 "
            f"-c fsync={'on' if durable else 'off'}"
        )
        control = [*prefix, str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log")]
        _run([*control, "-o", options, "start"])
        try:
            server = f"postgresql://{SERVER_USER}@{quote(str(folder), safe='')}"
            for name in ("central", "telemetry"):
                _run([*prefix, str(programs / "createdb"), "-h", str(folder), "-U", SERVER_USER, name])
            yield {"DATABASE_URL": f"{server}/central", "TELEMETRY_DATABASE_URL": f"{server}/telemetry"}
        finally:
            _run([*control, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[str]) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, cwd="/", check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode != 0:
        raise Unavailable(f"{Path(command[-1]).name}: {done.stderr.strip() or done.stdout.strip()}")


def main() -> int:
    """Run the command given on the line inside a cluster."""
    try:
        with cluster() as variables:
            return subprocess.run(sys.argv[1:], env={**os.environ, **variables}, check=False).returncode
    except Unavailable as error:
        print(f"no PostgreSQL: {error}", file=sys.stderr)
        return 3


if __name__ == "__main__":
    sys.exit(main())
