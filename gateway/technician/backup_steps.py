"""Making one backup: a copy of the store, checked; everything encrypted into one file; that file read back and compared."""

import errno
import fcntl
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import IO

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from gateway.adapters.backup_file.writer import AlreadyThere, sweep_left_over, written_aside
from gateway.adapters.disk_room import free_bytes
from gateway.adapters.journal_store import JOURNAL_NAME
from gateway.adapters.journal_store.snapshot import (
    CantLook,
    LookTrouble,
    StoreFacts,
    copy_store,
    inspect_store,
)
from gateway.config import GatewayConfig
from gateway.contract.backup_file.layout import MANIFEST, VERSION, Head, Manifest, ManifestRow
from gateway.contract.backup_file.reading import Damaged, read_envelope, read_manifest, read_member
from gateway.contract.backup_file.writing import BackupWriter
from gateway.contract.envelope import KeySigner
from gateway.contract.facts import Instant
from gateway.technician.backup_parts import manifest_row, opened, parts_of
from gateway.technician.backup_progress import Progress
from gateway.words import say

COPY_PREFIX = ".backup-"
SPARE_BYTES = 8_000_000
"""Left free beside a copy: the daemon goes on writing."""
IN_MEMORY = Path("/dev/shm")  # noqa: S108  (a folder of this process's own is made in it)


class Why(StrEnum):
    """Why there is no backup."""

    EXISTS = "exists"
    NO_ROOM_FOR_COPY = "no-room-for-copy"
    NO_ROOM = "no-room"
    NOT_WRITABLE = "not-writable"
    NO_FOLDER = "no-folder"
    READ_BACK = "read-back-differs"
    STORE = "store"


class MediumFails(Exception):
    """What was read back is not what was written: the file must not get its name."""


@dataclass(frozen=True, slots=True)
class NoBackup:
    """What was in the way; `facts` for the sentence."""

    why: Why
    facts: dict[str, object] = field(default_factory=dict)
    look: CantLook | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was read back."""

    path: Path
    bytes: int
    members: int
    facts: StoreFacts


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be backed up, by whom, for which recovery key."""

    config: GatewayConfig
    config_path: Path
    signer: KeySigner
    recipient: X25519PublicKey
    software: str
    now: Instant


def make_backup(job: Job, target: Path) -> Made | NoBackup:
    """Write one backup and prove it. Nothing is left behind when it can't be done."""
    data = job.config.gateway.data
    if target.exists():
        return NoBackup(Why.EXISTS, {"path": target})
    if not target.parent.is_dir():
        return NoBackup(Why.NO_FOLDER, {"folder": target.parent})
    needed = _size(data / JOURNAL_NAME) + _size(data / f"{JOURNAL_NAME}-wal")
    try:
        sweep_left_over(target.parent)
        place = _copy_place(data, needed)
        if place is None:
            return NoBackup(Why.NO_ROOM_FOR_COPY, _room(data, needed, SPARE_BYTES))
        with tempfile.TemporaryDirectory(prefix=COPY_PREFIX, dir=place) as folder, _held(Path(folder)):
            _sweep_copies(place)
            return _from_copy(job, target, Path(folder) / JOURNAL_NAME)
    except AlreadyThere:
        return NoBackup(Why.EXISTS, {"path": target})
    except MediumFails:
        return NoBackup(Why.READ_BACK, {"path": target})
    except sqlite3.Error as error:
        return NoBackup(Why.STORE, look=_as_look(data, error))
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return NoBackup(Why.NO_ROOM, _room(target.parent, needed))
        return NoBackup(Why.NOT_WRITABLE, {"path": error.filename or target, "why": error.strerror})


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Show others that this folder is at work; the lock dies with the process."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _sweep_copies(place: Path) -> None:
    """Take away the plain copies of backups that a power cut ended."""
    for folder in place.glob(f"{COPY_PREFIX}*"):
        with suppress(OSError), _held(folder):
            shutil.rmtree(folder)


def _as_look(data: Path, error: sqlite3.Error) -> CantLook:
    return CantLook(LookTrouble.DAMAGED, data / JOURNAL_NAME, str(error))


def _copy_place(data: Path, needed: int) -> Path | None:
    """Where a plain copy of the store may lie meanwhile: its own folder, else memory; never the stick, where it could be found."""
    for folder in (data, IN_MEMORY):
        if folder.is_dir() and os.access(folder, os.W_OK) and free_bytes(folder) >= needed + SPARE_BYTES:
            return folder
    return None


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _room(folder: Path, needed: int, spare: int = 0) -> dict[str, object]:
    def megabytes(count: int) -> str:
        return f"{count / 1e6:.1f}"

    return {
        "folder": folder,
        "needed": megabytes(needed + spare),
        "free": megabytes(free_bytes(folder)),
    }


def _from_copy(job: Job, target: Path, copy: Path) -> Made | NoBackup:
    pages = Progress(say("copying the store"), 1)
    refusal = copy_store(job.config.gateway.data / JOURNAL_NAME, copy, lambda _left, _all: pages(0))
    pages.end()
    if refusal is not None:
        return NoBackup(Why.STORE, look=refusal)
    facts = inspect_store(copy)
    if isinstance(facts, CantLook):
        return NoBackup(Why.STORE, look=facts)
    if free_bytes(target.parent) < copy.stat().st_size // 2:
        return NoBackup(Why.NO_ROOM, _room(target.parent, copy.stat().st_size // 2))
    with written_aside(target) as file:
        manifest = _write(job, file, copy, facts)
    return Made(target, target.stat().st_size, len(manifest.members), facts)


def _write(job: Job, file: IO[bytes], copy: Path, facts: StoreFacts) -> Manifest:
    """Write everything, then read it from the disk with the file's own key, which dies here. Raises MediumFails, OSError."""
    with ExitStack() as endings:
        parts = parts_of(job.config, job.config_path, copy)
        contents = [endings.enter_context(opened(part)) for part in parts]
        rows = [manifest_row(part, content) for part, content in zip(parts, contents, strict=True)]
        manifest = _manifest(job, rows, facts)
        gateway, ephemeral = job.config.gateway.id, X25519PrivateKey.generate()
        writer = BackupWriter(file, gateway, job.now.wall_ms, job.software, job.recipient, ephemeral)
        writer.add(MANIFEST, BytesIO(msgspec.json.encode(manifest)))
        writing = Progress(say("encrypting"), sum(row.bytes for row in rows))
        for row, content in zip(rows, contents, strict=True):
            writer.add(row.name, content, writing)
        writer.finish(job.signer)
        writing.end()
    file.flush()
    os.fsync(file.fileno())
    if not _reads_back(file, writer, manifest):
        raise MediumFails
    return manifest


def _manifest(job: Job, rows: list[ManifestRow], facts: StoreFacts) -> Manifest:
    return Manifest(
        version=VERSION,
        gateway=job.config.gateway.id,
        made_ms=job.now.wall_ms,
        is_time_trusted=job.now.trusted,
        software=job.software,
        data=str(job.config.gateway.data.resolve()),
        config=str(job.config_path.resolve()),
        members=rows,
        facts={name: value for name, value in asdict(facts).items() if isinstance(value, int | str)},
    )


def _reads_back(file: IO[bytes], writer: BackupWriter, manifest: Manifest) -> bool:
    """The kernel is asked to forget what it has of the file, so that the medium itself is read, as far as that can be."""
    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    reading = Progress(say("reading back"), sum(row.bytes for row in manifest.members))
    try:
        envelope = read_envelope(file)
        same = read_manifest(file, envelope, writer.key) == manifest
        for row in manifest.members:
            digest = sha256()
            for piece in read_member(file, envelope, writer.key, row.name):
                digest.update(piece)
                reading(len(piece))
            same = same and digest.hexdigest() == row.sha256
    except Damaged:
        return False
    finally:
        reading.end()
    return same


def keep_newest(folder: Path, gateway: str, keep: int, newest: Path) -> list[Path]:
    """Delete this gateway's older backups in a folder; give those that went. What can't be read is left: a person decides."""
    found = [
        (head.made_ms, path)
        for path, head in backups_in(folder)
        if head.gateway == gateway and path != newest
    ]
    old = [path for _, path in sorted(found, reverse=True)[max(0, keep - 1) :]]
    for path in old:
        path.unlink()
    return old


def backups_in(folder: Path) -> Iterator[tuple[Path, Head]]:
    """Give every backup file of a folder with its head."""
    for path in sorted(folder.glob("*.backup")):
        try:
            with path.open("rb") as file:
                yield path, read_envelope(file).head
        except (OSError, Damaged):
            continue
