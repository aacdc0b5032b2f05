"""A file that is written whole or not at all, whatever is switched off meanwhile: aside, made durable, then put in its place.

Also its parts, for files that are written in a way of their own: whose they are, and what makes them last.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


def write_whole(path: Path, data: bytes, mode: int = 0o640) -> bool:
    """Put a file in its place, for the folder's owner; False when it says so already. Raises OSError with the old one untouched.

    `mode` also of a file that is there: what holds a secret must not stay open because it was.
    """
    if says(path, data):
        own(path, mode)
        return False
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    aside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            _own(file.fileno(), path.parent, mode)
            os.fsync(file.fileno())
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    sync_folder(path.parent)
    return True


def says(path: Path, data: bytes) -> bool:
    """Say whether a file holds this very content."""
    try:
        return path.read_bytes() == data
    except OSError:
        return False


def own(path: Path, mode: int) -> None:
    """Give a file to its folder's owner and set who may read it: what root wrote must not lock the daemon out.

    Never through a link: the folder is the daemon's, and root must not give it a file elsewhere. Raises OSError.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        _own(descriptor, path.parent, mode)
    finally:
        os.close(descriptor)


def _own(descriptor: int, folder: Path, mode: int) -> None:
    _give_to_owner(descriptor, folder)
    os.fchmod(descriptor, mode)


def _give_to_owner(descriptor: int, folder: Path) -> None:
    if os.geteuid() == 0:
        owner = folder.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


@contextmanager
def owned_by_folder(path: Path, mode: str) -> Iterator[IO[bytes]]:
    """Open a file for the folder's owner: a technician's `sudo` must not lock the daemon out of its own registry.

    Never through a link: the folder is the daemon's, and root must not write, or give it, a file elsewhere. Raises OSError.
    """
    with open(path, mode, opener=lambda name, flags: os.open(name, flags | os.O_NOFOLLOW, 0o666)) as file:
        _give_to_owner(file.fileno(), path.parent)
        yield file


def sync_file(path: Path) -> None:
    """Make a file's content durable."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
