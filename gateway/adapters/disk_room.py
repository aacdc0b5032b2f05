"""How much room a folder's disk has left."""

import shutil
from pathlib import Path


def free_bytes(folder: Path) -> int:
    """Give the bytes a program like ours may still write there."""
    return shutil.disk_usage(folder).free
