"""A folder for copies in the clear, which dies with its process: what a kill leaves of one is taken away by the next."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def held_folder(beside: Path, prefix: str) -> Iterator[Path]:
    """Give a new folder, for its owner alone, that is gone afterwards; sweep those that nobody holds any more. Raises OSError."""
    with tempfile.TemporaryDirectory(prefix=prefix, dir=beside) as name, _held(Path(name)):
        for left in beside.glob(f"{prefix}*"):
            with suppress(OSError), _held(left):
                shutil.rmtree(left)
        yield Path(name)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Show others that this folder is at work; the lock dies with the process."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
