"""The folder for journal, registry, key and socket: it must be there and take a file. Asked by trying, not by reading rights."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from gateway.config.rules import Wrong, shown


@dataclass(frozen=True, slots=True)
class WritableFolder:
    """A folder in which a file can be made."""

    example: str = '"/var/lib/cardroom"'

    def read(self, value: object, folder: Path) -> Path | Wrong:
        if not isinstance(value, str) or not value:
            return Wrong("not-text", {"found": shown(value)})
        path = folder / value
        if path.exists() and not path.is_dir():
            return Wrong("not-a-folder", {"found": str(path)})
        if not path.exists():
            return Wrong("no-such-folder", {"found": str(path)})
        try:
            with tempfile.TemporaryFile(dir=path) as probe:
                probe.write(b"a full disk says so here")
        except OSError as error:
            return Wrong("not-writable", {"found": str(path), "why": str(error.strerror)})
        return path
