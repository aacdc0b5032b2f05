"""A backup file on its medium: written aside, made durable, then given its name; never over another file, never half of one."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from central.link.whole_files import sync_folder
from gateway.contract.backup_file.layout import Head
from gateway.contract.backup_file.reading import Damaged, read_envelope
from gateway.contract.commands import CENTRAL

PART = ".part"
SUFFIX = ".backup"


class AlreadyThere(Exception):
    """A file of that name exists: it is not written over."""


@contextmanager
def written_aside(path: Path) -> Iterator[IO[bytes]]:
    """Give a file that becomes `path` when all went well, and leaves nothing otherwise. Raises AlreadyThere or OSError."""
    if path.exists():
        raise AlreadyThere(str(path))
    aside = path.with_name(f".{path.name}.{os.getpid()}{PART}")
    aside.unlink(missing_ok=True)
    try:
        with open(os.open(aside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
            file.flush()
            os.fsync(file.fileno())
        _give_name(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    make_durable(path.parent)


def _give_name(aside: Path, path: Path) -> None:
    """By a link where the file system has them, as that never replaces anything; a stick's FAT has none."""
    try:
        os.link(aside, path)
    except FileExistsError as error:
        raise AlreadyThere(str(path)) from error
    except OSError:
        if path.exists():
            raise AlreadyThere(str(path)) from None
        aside.rename(path)


def make_durable(folder: Path) -> None:
    """Let a folder's names survive a power cut, where the file system can."""
    with suppress(OSError):
        sync_folder(folder)


def sweep_left_over(folder: Path) -> None:
    """Take away what a kill or a power cut left of a backup that was never finished; one that is being written is locked."""
    for part in folder.glob(f".*{PART}"):
        with suppress(OSError), part.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            part.unlink()


def backups_in(folder: Path) -> Iterator[tuple[Path, Head]]:
    """Give central's backups of a folder with their heads, the newest first. What can't be read is left out."""
    found = []
    for path in folder.glob(f"*{SUFFIX}"):
        with suppress(OSError, Damaged), path.open("rb") as file:
            head = read_envelope(file).head
            if head.gateway == CENTRAL:
                found.append((path, head))
    yield from sorted(found, key=lambda one: (one[1].made_ms, one[0].name), reverse=True)


def keep_newest(folder: Path, keep: int, newest: Path) -> list[Path]:
    """Delete central's older backups of a folder; give those that went."""
    old = [path for path, _ in backups_in(folder) if path != newest][max(0, keep - 1) :]
    for path in old:
        path.unlink()
    return old
