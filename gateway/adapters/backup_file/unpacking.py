"""Unpacks a backup into a folder: each member under its name, checked against the manifest, made durable."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO

from gateway.contract.backup_file.layout import FileKey, Manifest
from gateway.contract.backup_file.reading import Envelope, checked_member, steps_of


def unpack(
    file: IO[bytes],
    envelope: Envelope,
    key: FileKey,
    manifest: Manifest,
    folder: Path,
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Write every member under its name into a folder. Raises Damaged or OSError."""
    for row in manifest.members:
        target = folder.joinpath(*steps_of(row.name))
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            for part in checked_member(file, envelope, key, row):
                out.write(part)
                progress(len(part))
            out.flush()
            os.fchmod(out.fileno(), row.mode & 0o777 | 0o600)
            os.fsync(out.fileno())
