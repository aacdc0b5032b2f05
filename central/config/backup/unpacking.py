"""Unpacks a backup into a folder as a data folder is laid out; what is no part of one lies in `restored-files` beside it."""

import os
from pathlib import Path
from typing import IO

from django.utils.translation import gettext as _

from central.config.backup.databases import BOOKS, FILE_NAMES
from central.config.backup.parts import CONFIG, DATA, DATABASE
from central.config.backup.progress import Progress
from gateway.contract.backup_file.layout import FileKey, Manifest
from gateway.contract.backup_file.reading import Damage, Damaged, Envelope, checked_member, steps_of

DUMPS = ".dumps"
OTHER_FILES = "restored-files"
BOOKS_DUMP = f"{DATABASE}/{FILE_NAMES[BOOKS]}.dump"
WHERE = {DATA: "", CONFIG: OTHER_FILES}


def is_of_postgresql(manifest: Manifest) -> bool:
    """Say whether the books in it are a dump of PostgreSQL's."""
    return any(row.name == BOOKS_DUMP for row in manifest.members)


def dump_of(folder: Path, alias: str) -> Path:
    """Give where a database's dump was unpacked to."""
    return folder / DUMPS / f"{FILE_NAMES[alias]}.dump"


def unpack(file: IO[bytes], envelope: Envelope, key: FileKey, manifest: Manifest, folder: Path) -> None:
    """Write every member to its place, each checked against the manifest and made durable. Raises Damaged or OSError."""
    unpacking = Progress(_("unpacking"), sum(row.bytes for row in manifest.members))
    try:
        for row in manifest.members:
            target = folder / _place(row.name)
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                for part in checked_member(file, envelope, key, row):
                    out.write(part)
                    unpacking(len(part))
                out.flush()
                os.fchmod(out.fileno(), row.mode & 0o777 | 0o600)
                os.fsync(out.fileno())
    finally:
        unpacking.end()


def _place(name: str) -> Path:
    kind, *steps = steps_of(name)
    if not steps or kind not in (DATA, CONFIG, DATABASE) or any(step.startswith(".") for step in steps):
        raise Damaged(Damage.CONTENT, name)
    if kind == DATABASE:
        return Path(DUMPS if name.endswith(".dump") else "", *steps)
    return Path(WHERE[kind], *steps)
