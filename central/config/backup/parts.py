"""Which files make a central: everything in its data folder but the databases, which are copied by their own means."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

DATA, DATABASE, CONFIG = "data", "database", "config"
ENVIRONMENT_FILE = Path("/etc/cardroom/central.env")
LEFT_OUT_SUFFIXES = (".lock", ".part", "-wal", "-shm", "-journal", ".backup", ".sock")


@dataclass(frozen=True, slots=True)
class Part:
    """One file: its name in the backup, and where it lies."""

    name: str
    path: Path

    @property
    def mode(self) -> int:
        """Its permissions."""
        return stat.S_IMODE(self.path.stat().st_mode)

    @property
    def bytes(self) -> int:
        """Its size; 0 where it has gone meanwhile."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0


def files_of(data: Path, left_out: Sequence[Path]) -> list[Part]:
    """List the files beside the databases: keys, photographs, uploads, and the environment that the services start with.

    `left_out`: databases' files, and folders. What begins with a dot is a copy or a trial of our own; links lead elsewhere.
    """
    own = {path.resolve() for path in left_out}
    found = [Part(f"{DATA}/{path.relative_to(data)}", path) for path in _walk(data, own)]
    if os.access(ENVIRONMENT_FILE, os.R_OK):
        found.append(Part(f"{CONFIG}/{ENVIRONMENT_FILE.name}", ENVIRONMENT_FILE))
    return found


def _walk(folder: Path, left_out: set[Path]) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.is_symlink() or path.resolve() in left_out:
            continue
        if path.is_dir():
            yield from _walk(path, left_out)
        elif path.is_file() and not path.name.endswith(LEFT_OUT_SUFFIXES):
            yield path
