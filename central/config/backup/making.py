"""Making one backup: databases as they are at one instant, every other file, encrypted into one file, read back and compared.

Nothing of it is held in memory, and the desk sells meanwhile. The file's own key dies with this process; until then it may be
used to rehearse, without the paper, that what lies on the medium becomes a central again.
"""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from shutil import disk_usage
from typing import IO

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from django.conf import settings
from django.utils.translation import gettext as _

from central.config.backup.copy_folder import held_folder
from central.config.backup.databases import (
    BOOKS,
    CopyFailed,
    Database,
    copied,
    databases,
    sqlite_files,
)
from central.config.backup.measured import Measured
from central.config.backup.medium import AlreadyThere, sweep_left_over, written_aside
from central.config.backup.parts import Part, files_of
from central.config.backup.progress import Progress
from gateway.contract.backup_file.layout import MANIFEST, VERSION, FileKey, Manifest, ManifestRow
from gateway.contract.backup_file.reading import Damaged, checked_member, read_envelope, read_manifest
from gateway.contract.backup_file.writing import BackupWriter
from gateway.contract.commands import CENTRAL
from gateway.contract.envelope import KeySigner

COPY_PREFIX = ".backup-"
SPARE_BYTES = 50_000_000
"""Left free beside a copy: the desk goes on selling."""
PACKED_TO = 2
"""Databases are compressed to less than half."""


class Why(StrEnum):
    """Why there is no backup."""

    EXISTS = "exists"
    NO_FOLDER = "no-folder"
    NO_ROOM_FOR_COPY = "no-room-for-copy"
    NO_ROOM = "no-room"
    NOT_WRITABLE = "not-writable"
    READ_BACK = "read-back-differs"
    DATABASE = "database"


@dataclass(frozen=True, slots=True)
class NoBackup:
    """What was in the way; `facts` for the sentence."""

    why: Why
    facts: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was read back. `key` opens this one file, as long as this process lives."""

    path: Path
    bytes: int
    manifest: Manifest
    key: FileKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be backed up, when, for which recovery key, signed by whom."""

    data: Path
    recipient: X25519PublicKey
    signer: KeySigner
    software: str
    now_ms: int
    facts: dict[str, int | str]
    with_telemetry: bool = True

    @property
    def left_out(self) -> list[Path]:
        """What is not taken as a file: databases, and archived months where telemetry stays out."""
        return [*sqlite_files(), *([] if self.with_telemetry else [Path(settings.ARCHIVE_FOLDER)])]


class MediumFails(Exception):
    """What was read back is not what was written: the file must not get its name."""


def make_backup(job: Job, target: Path) -> Made | NoBackup:
    """Write one backup and prove it. Nothing is left behind when it can't be done."""
    if target.exists():
        return NoBackup(Why.EXISTS, {"path": target})
    if not target.parent.is_dir():
        return NoBackup(Why.NO_FOLDER, {"folder": target.parent})
    try:
        wanted = databases(with_telemetry=job.with_telemetry)
        files = _files(job)
        sweep_left_over(target.parent)
        refusal = _no_room(job, target, wanted, files)
        return refusal or _made(job, target, wanted, files)
    except AlreadyThere:
        return NoBackup(Why.EXISTS, {"path": target})
    except MediumFails:
        return NoBackup(Why.READ_BACK, {"path": target})
    except (sqlite3.Error, CopyFailed) as error:
        return NoBackup(Why.DATABASE, {"why": error})
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return NoBackup(Why.NO_ROOM, _room(target.parent, 0))
        return NoBackup(Why.NOT_WRITABLE, {"path": error.filename or target, "why": error.strerror})


def _no_room(job: Job, target: Path, wanted: list[Database], files: list[Part]) -> NoBackup | None:
    """Say before anything is written that a disk is too full: a plain copy of one database at a time, and the file itself."""
    sizes = {one.alias: one.bytes for one in wanted}
    copy = max((sizes[one.alias] for one in wanted if one.path is not None), default=0)
    if disk_usage(job.data).free < copy + SPARE_BYTES:
        return NoBackup(Why.NO_ROOM_FOR_COPY, _room(job.data, copy + SPARE_BYTES))
    packed = sum(sizes.values()) // PACKED_TO + sum(part.bytes for part in files)
    same_disk = os.stat(job.data).st_dev == os.stat(target.parent).st_dev
    needed = packed + (copy + SPARE_BYTES if same_disk else 0)
    return (
        None
        if disk_usage(target.parent).free >= needed
        else NoBackup(Why.NO_ROOM, _room(target.parent, needed))
    )


def _room(folder: Path, needed: int) -> dict[str, object]:
    return {"folder": folder, "needed": f"{needed / 1e6:.1f}", "free": f"{disk_usage(folder).free / 1e6:.1f}"}


def _made(job: Job, target: Path, wanted: list[Database], files: list[Part]) -> Made:
    with held_folder(job.data, COPY_PREFIX) as place, written_aside(target) as file:
        writer = BackupWriter(
            file, CENTRAL, job.now_ms, job.software, job.recipient, X25519PrivateKey.generate()
        )
        total = sum(one.bytes for one in wanted) + sum(part.bytes for part in files)
        encrypting = Progress(_("encrypting"), total)
        rows = list(_written(job, writer, wanted, place, encrypting))
        encrypting.end()
        manifest = Manifest(
            VERSION, CENTRAL, job.now_ms, True, job.software, str(job.data), "", rows, job.facts
        )
        writer.add(MANIFEST, BytesIO(msgspec.json.encode(manifest)))
        writer.finish(job.signer)
        file.flush()
        os.fsync(file.fileno())
        if not _reads_back(file, writer.key, manifest):
            raise MediumFails
    return Made(target, target.stat().st_size, manifest, writer.key)


def _written(
    job: Job, writer: BackupWriter, wanted: list[Database], place: Path, progress: Progress
) -> Iterator[ManifestRow]:
    """What a copy names is in what is copied after it: books, then files; telemetry, then the archive, which only grows.

    A month that is archived meanwhile is in the file, in telemetry, or in both.
    """
    for database in wanted:
        if database.alias == BOOKS:
            yield _add_database(writer, database, place, progress)
    yield from _add_files(writer, [part for part in _files(job) if not _is_archived(part)], progress)
    for database in wanted:
        if database.alias != BOOKS:
            yield _add_database(writer, database, place, progress)
    yield from _add_files(writer, [part for part in _files(job) if _is_archived(part)], progress)


def _files(job: Job) -> list[Part]:
    return files_of(job.data, job.left_out)


def _is_archived(part: Part) -> bool:
    return Path(settings.ARCHIVE_FOLDER) in part.path.parents


def _add_files(writer: BackupWriter, parts: list[Part], progress: Progress) -> Iterator[ManifestRow]:
    for part in parts:
        with suppress(FileNotFoundError), part.path.open("rb") as content:
            measured = Measured(content)
            writer.add(part.name, measured, progress)
            yield measured.row(part.name, part.path, part.mode)


def _add_database(writer: BackupWriter, database: Database, place: Path, progress: Progress) -> ManifestRow:
    with copied(database, place, progress) as content:
        measured = Measured(content)
        writer.add(database.member, measured, progress)
    return measured.row(database.member, database.path or "", 0o600)


def _reads_back(file: IO[bytes], key: FileKey, manifest: Manifest) -> bool:
    """The kernel is asked to forget what it has of the file, so that the medium itself is read, as far as that can be."""
    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    reading = Progress(_("reading back"), sum(row.bytes for row in manifest.members))
    try:
        envelope = read_envelope(file)
        same = read_manifest(file, envelope, key) == manifest
        for row in manifest.members:
            for piece in checked_member(file, envelope, key, row):
                reading(len(piece))
    except Damaged:
        return False
    finally:
        reading.end()
    return same
