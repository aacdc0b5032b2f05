"""What is remembered of a transfer that has begun, by device and image: a module in its bootloader can't tell what ran in it.

The place in the image is the module's to tell; the file is for people and for the checks. It goes when the image runs.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from firmware_tools.terminal.files import safe_name, write_whole
from firmware_tools.terminal.trouble import Trouble

LARGEST_BYTES = 4096
VERSION = 1


@dataclass(frozen=True, slots=True)
class Begun:
    """A transfer that did not end."""

    device: str
    """Product and unit: a bootloader tells no serial number."""
    serial: int | None
    """The application's, when it told one."""
    image_sha256: str
    version_before: str
    blocks: int
    of_blocks: int


def state_folder() -> Path:
    """Where transfers are remembered: XDG_STATE_HOME, or ~/.local/state."""
    home = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(home) / "cardroom" / "flash"


def path_of(folder: Path, device: str, image_sha256: str) -> Path:
    """Name the file of one device and image."""
    return folder / f"{safe_name(device)}.{image_sha256[:16]}.json"


def remember(folder: Path, begun: Begun) -> Trouble | None:
    """Write it down."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        pass  # write_whole names the trouble
    content = {"version": VERSION, **asdict(begun)}
    return write_whole(path_of(folder, begun.device, begun.image_sha256), json.dumps(content).encode())


def recall(folder: Path, device: str, image_sha256: str) -> Begun | None:
    """Give what is remembered of this device and image; a file that can't be read is as none."""
    found = _read(path_of(folder, device, image_sha256))
    return found if found is not None and found.image_sha256 == image_sha256 else None


def forget(folder: Path, device: str, image_sha256: str) -> None:
    """The image runs."""
    path_of(folder, device, image_sha256).unlink(missing_ok=True)


def _read(path: Path) -> Begun | None:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            return None
        content = json.loads(path.read_bytes())
        known = {name: content[name] for name in Begun.__slots__}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    if not (known["serial"] is None or type(known["serial"]) is int):
        return None
    texts = all(isinstance(known[name], str) for name in ("device", "image_sha256", "version_before"))
    numbers = all(type(known[name]) is int for name in ("blocks", "of_blocks"))
    return Begun(**known) if texts and numbers else None
