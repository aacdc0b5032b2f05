"""Writes a backup file: aside, made durable, then given its name; never over another file."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from gateway.adapters.whole_file import sync_folder

PART = ".part"


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
        # New in any case: in a folder for all, such as /tmp, a link of that name could lead elsewhere.
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
        os.rename(aside, path)


def make_durable(folder: Path) -> None:
    """Let a folder's names survive a power cut, where the file system can."""
    with suppress(OSError):  # some sticks' file systems don't take it; their next write-out does
        sync_folder(folder)


def sweep_left_over(folder: Path) -> None:
    """Take away what a power cut left of a backup that was never finished; one that is being written is locked."""
    for part in folder.glob(f".*{PART}"):
        with suppress(OSError), part.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            part.unlink()
