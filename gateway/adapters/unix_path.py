"""A unix socket's address has 107 bytes (sun_path); a data folder may lie deeper than that."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

LONGEST_ADDRESS_BYTES = 107


@contextlib.contextmanager
def short_path(path: Path) -> Iterator[str]:
    """Give an address for bind or connect that fits, good inside the `with`: the path itself, or one through an open folder."""
    if len(os.fsencode(path)) <= LONGEST_ADDRESS_BYTES:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
