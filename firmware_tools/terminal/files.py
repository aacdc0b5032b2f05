"""Files that people name: read with a bound, written whole or not at all; what goes wrong is a trouble with its remedy."""

import os
import re
import tempfile
from pathlib import Path

from firmware_tools.terminal.trouble import FAILED, USAGE, Trouble
from gateway.words import say

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def safe_name(text: str) -> str:
    """Give a text as a part of a file's name, `_` for all that means something there."""
    return _UNSAFE.sub("_", text)


def read_bounded(path: Path, limit: int) -> bytes | Trouble:
    """Read a file of at most `limit` bytes; a device, a folder, a missing or a larger one is a trouble."""
    try:
        if path.exists() and not path.is_file():
            return unreadable(path, say("It is no file."))
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        return unreadable(path, error.strerror or str(error))
    if len(content) > limit:
        return Trouble(
            "file-too-large",
            say("{path} is larger than {limit} bytes.", path=path, limit=limit),
            say("No file of this kind is so large."),
            say("Check that it is the file you mean."),
            USAGE,
        )
    return content


def unreadable(path: Path, why: str) -> Trouble:
    """Say that a file can't be read."""
    return Trouble(
        "file-unreadable",
        say("{path} can't be read.", path=path),
        why,
        say("Check its name and your rights: ls -l {path}", path=path),
        USAGE,
    )


def write_whole(path: Path, content: bytes, mode: int = 0o644) -> Trouble | None:
    """Write a file aside, make it durable, then give it its name; an older one of that name is replaced in one step."""
    aside = ""
    if path.exists() and not path.is_file():
        return _unwritable(path, say("It is no file."))  # a device would be replaced by a file
    try:
        descriptor, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(aside).replace(path)
    except OSError as error:
        if aside:
            Path(aside).unlink(missing_ok=True)
        return _unwritable(path, error.strerror or str(error))
    return None


def _unwritable(path: Path, why: str) -> Trouble:
    return Trouble(
        "file-unwritable",
        say("{path} can't be written.", path=path),
        why,
        say("Check the folder, your rights and the room on the disk: df -h {folder}", folder=path.parent),
        FAILED,
    )


def refuse_existing(path: Path) -> Trouble | None:
    """Never write over what is there already."""
    if not path.exists():
        return None
    return Trouble(
        "file-exists",
        say("{path} is there already; it is kept.", path=path),
        next_step=say("Name another file, or remove that one first."),
        exit_code=USAGE,
    )
