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


def files_of(data: Path, databases: Sequence[Path]) -> list[Part]:
    """List the files beside the databases: keys, photographs, uploads, and the environment that the services start with.

    What begins with a dot is a copy or a trial of our own; links lead elsewhere.
    """
    own = {path.resolve() for path in databases}
    found = [
        Part(f"{DATA}/{path.relative_to(data)}", path) for path in _walk(data) if path.resolve() not in own
    ]
    if os.access(ENVIRONMENT_FILE, os.R_OK):
        found.append(Part(f"{CONFIG}/{ENVIRONMENT_FILE.name}", ENVIRONMENT_FILE))
    return found


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.is_symlink():
            continue
        if path.is_dir():
            yield from _walk(path)
        elif path.is_file() and not path.name.endswith(LEFT_OUT_SUFFIXES):
            yield path
