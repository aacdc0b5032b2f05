"""Makes a central of an unpacked backup: its books begin a new incarnation and are proved, by `cardroom-central` itself.

In processes of their own, for this one serves another central: the commands are those that a person would type.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from central.config.backup.counted import missing
from central.config.backup.databases import (
    BOOKS,
    PUBLIC,
    TELEMETRY,
    Database,
    databases,
    put_dump_back,
)
from central.config.backup.unpacking import DUMPS, dump_of, is_of_postgresql
from gateway.contract.backup_file.layout import Manifest

URLS = {BOOKS: "DATABASE_URL", TELEMETRY: "TELEMETRY_DATABASE_URL"}


class NotBecome(Exception):
    """An unpacked backup is no central; the text is what the command said."""


@dataclass(frozen=True, slots=True)
class Become:
    """A central that was made: what was counted in it, what it has less of than its backup said, and what `verify` said."""

    counted: Mapping[str, int | str]
    missing: list[str]
    first_receipt: int
    proved: bool
    said: list[str]


def become(folder: Path, manifest: Manifest, environment: Mapping[str, str]) -> Become:
    """Begin the incarnation and prove the books. Raises NotBecome."""
    begun = _run(
        folder,
        environment,
        *("restored", "begin", "--incarnation", uuid4().hex),
        *("--backup-ms", str(manifest.made_ms), "--software", manifest.software),
    )
    if begun.returncode:
        raise NotBecome(begun.stderr.strip()[-400:] or f"exit code {begun.returncode}")
    told = json.loads(begun.stdout.splitlines()[-1])
    proof = _run(folder, environment, "verify")
    lines = [line for line in proof.stdout.splitlines() if not line.startswith("ok ")]
    return Become(
        counted=told["counted"],
        missing=missing(manifest.facts, told["counted"]),
        first_receipt=told["first_receipt"],
        proved=proof.returncode == 0,
        said=lines or [proof.stderr.strip()[-400:]],
    )


def _run(folder: Path, environment: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  (our own command, no shell)
        [sys.executable, "-m", "central", "--data", str(folder), *words],
        env={**environment, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def plain_environment() -> dict[str, str]:
    """Give this process's environment without databases elsewhere: the folder's own files are meant."""
    return {
        name: value for name, value in os.environ.items() if name not in (*URLS.values(), "CARDROOM_DATA")
    }


@contextmanager
def trial_environment(folder: Path, manifest: Manifest) -> Iterator[dict[str, str]]:
    """Give an environment in which the unpacked backup is a central of its own; PostgreSQL's databases are made and dropped.

    The role must be allowed to make databases (ALTER ROLE ... CREATEDB). Raises CopyFailed.
    """
    if not is_of_postgresql(manifest):
        yield plain_environment()
        return
    environment, made, name = plain_environment(), [], ""
    try:
        for database in databases():
            if database.path is not None:
                continue
            if database.schema == PUBLIC:
                name = f"cardroom_rehearsal_{uuid4().hex[:12]}"
                database.asked(f'CREATE DATABASE "{name}"')
                made.append((database, name))
                environment[URLS[database.alias]] = renamed(os.environ[URLS[database.alias]], name)
            if dump_of(folder, database.alias).exists():
                there = Database(database.alias, database.engine, None, {**database.settings, "NAME": name})
                put_dump_back(dump_of(folder, database.alias), there)
        yield environment
    finally:
        for database, name in made:
            database.asked(f'DROP DATABASE "{name}" WITH (FORCE)')


def renamed(url: str, name: str) -> str:
    """Give the same server's address with another database."""
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def forget_dumps(folder: Path) -> None:
    """Take the dumps away that were put back."""
    if (folder / DUMPS).exists():
        shutil.rmtree(folder / DUMPS)
