"""Which files make a building's gateway: what goes into a backup, under which name, and where it came from."""

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import IO

from gateway.adapters.journal_store import JOURNAL_NAME
from gateway.config import GatewayConfig
from gateway.contract.backup_file.layout import ManifestRow

DATA, CONFIG, ELSEWHERE = "data", "config", "elsewhere"
MOST_BYTES = 20_000_000
"""A file of the gateway's own beside the journal is far smaller; what a person left in its folder stays where it is."""
LEFT_OUT_SUFFIXES = (".sock", ".lock", "-wal", "-shm", "-journal", ".part", ".new", ".previous")
MODELS = "models"
LANGUAGE = "language"


@dataclass(frozen=True, slots=True)
class Part:
    """One file: its name in the backup, where its bytes are now, where it belongs."""

    name: str
    path: Path
    place: Path


def parts_of(config: GatewayConfig, config_path: Path, journal_copy: Path) -> list[Part]:
    """List every file of this gateway, the journal's copy first. A file that is named twice is taken once."""
    data = config.gateway.data
    parts = [Part(f"{DATA}/{JOURNAL_NAME}", journal_copy, data / JOURNAL_NAME)]
    parts += (Part(f"{DATA}/{path.relative_to(data)}", path, path) for path in _own_files(data))
    for path in (config_path, config_path.parent / LANGUAGE):
        if path.is_file():
            parts.append(Part(f"{CONFIG}/{path.name}", path, path))
    known = {part.place.resolve() for part in parts}
    for path in _named_in(config):
        if path.is_file() and path.resolve() not in known:
            known.add(path.resolve())
            parts.append(Part(f"{ELSEWHERE}/{len(parts)}-{path.name}", path, path))
    return parts


def _own_files(data: Path) -> Iterator[Path]:
    for path in sorted([*data.iterdir(), *(data / MODELS).glob("*.toml")]):
        is_own = path.is_file() and not path.is_symlink() and path.stat().st_size <= MOST_BYTES
        left_out = path.name.startswith((".", JOURNAL_NAME)) or ".damaged-" in path.name
        if is_own and not left_out and not path.name.endswith(LEFT_OUT_SUFFIXES):
            yield path


def _named_in(config: GatewayConfig) -> list[Path]:
    """Files that the configuration names: without them the link would not come up again."""
    mqtt = config.mqtt
    named = (mqtt.ca_file, mqtt.certificate_file, mqtt.key_file, mqtt.password_file)
    return [path for path in named if path is not None]


def opened(part: Part) -> IO[bytes]:
    """Open a file that stays as it is: the store's copy itself, of all others what is in them now. Raises OSError."""
    return part.path.open("rb") if part.path != part.place else BytesIO(part.path.read_bytes())


def manifest_row(part: Part, content: IO[bytes]) -> ManifestRow:
    """Measure one file, and turn it back to its beginning. Raises OSError."""
    digest = sha256()
    while piece := content.read(1_000_000):
        digest.update(piece)
    size = content.tell()
    content.seek(0)
    mode = stat.S_IMODE(part.place.stat().st_mode)
    return ManifestRow(part.name, size, digest.hexdigest(), str(part.place), mode)
