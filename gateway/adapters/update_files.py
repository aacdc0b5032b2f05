"""What an update leaves on disk, safe against a power cut at any write: its state, the copies to go back to, the record of updates.

/var/lib/cardroom-update/state.json      while an update is under way; written as a whole, before each step
/var/lib/cardroom-update/history.jsonl   one line for each update, never changed
/var/cache/cardroom/update/              the version before (files and package), the new package, the books as they were
/var/cache/cardroom/*.deb                the versions before, for a person who goes back by hand
"""

import fcntl
import json
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO

import msgspec

from gateway.adapters.journal_store import JOURNAL_NAME
from gateway.adapters.journal_store.schema import FOLDED_VERSION, SCHEMA_VERSION
from gateway.adapters.registry_store import FILE_NAME as REGISTRY_NAME
from gateway.adapters.whole_file import owned_by_folder, sync_file, sync_folder, write_whole
from gateway.domain.software_update import Sight

PACKAGES_KEPT = 2
READABLE = 0o644


class Step(StrEnum):
    """How far an update is; a step is written down before it is begun."""

    PREPARING = "preparing"
    """Nothing of the system is changed yet."""
    INSTALLING = "installing"
    WATCHING = "watching"
    GOING_BACK = "going-back"
    DONE = "done"
    BACK = "back"


class UpdateState(msgspec.Struct, frozen=True, kw_only=True):
    """One update, as far as it is."""

    step: Step
    began_ms: int
    by: str
    package: str
    was: str
    wants: str
    architecture: str
    sha256: str
    signed: bool
    data: str
    """The daemon's folder; empty where no gateway was set up: nothing is watched then."""
    watch_s: float
    before: Sight | None = None
    failed: str = ""
    """The gate that failed."""
    detail: str = ""
    store_put_back: bool = False


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """One update's line in the record."""

    began_ms: int
    ended_ms: int
    by: str
    was: str
    wants: str
    sha256: str
    signed: bool
    outcome: str
    """`done`, `back`, or `nothing-changed`."""
    failed: str = ""
    detail: str = ""
    store_put_back: bool = False


class UnreadableState(Exception):
    """The state file is no update's state; the message says which file."""


@dataclass(frozen=True, slots=True)
class UpdateFiles:
    """The files of one system; `root` is `/`, or another system's folder."""

    root: Path

    @property
    def state_file(self) -> Path:
        return self.root / "var/lib/cardroom-update/state.json"

    @property
    def history_file(self) -> Path:
        return self.root / "var/lib/cardroom-update/history.jsonl"

    @property
    def scratch(self) -> Path:
        return self.root / "var/cache/cardroom/update"

    @property
    def tree_before(self) -> Path:
        return self.scratch / "before"

    @property
    def package_before(self) -> Path:
        return self.scratch / "before.deb"

    @property
    def package_new(self) -> Path:
        return self.scratch / "new.deb"

    def lock(self) -> IO[bytes] | None:
        """Be the only update; None when another is at work. Raises OSError without the right to."""
        self.state_file.parent.mkdir(parents=True, exist_ok=True)
        handle = self.state_file.with_name("lock").open("wb")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            return None
        return handle

    def load(self) -> UpdateState | None:
        """Give the update that is under way. Raises UnreadableState."""
        try:
            return msgspec.json.decode(self.state_file.read_bytes(), type=UpdateState)
        except FileNotFoundError:
            return None
        except msgspec.DecodeError as error:
            raise UnreadableState(f"{self.state_file}: {error}") from error

    def save(self, state: UpdateState) -> None:
        """Write how far it is, durably."""
        self.state_file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self.state_file, msgspec.json.encode(state), READABLE)

    def record(self, line: Recorded) -> None:
        """Add a line to the record; the same update again adds none (it was cut between this and the end)."""
        if any(known.began_ms == line.began_ms for known in self.history()):
            return
        with self.history_file.open("ab") as file:
            file.write(msgspec.json.encode(line) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def history(self) -> list[Recorded]:
        """Give every update, the oldest first; a line that a power cut tore is left out."""
        found: list[Recorded] = []
        try:
            lines = self.history_file.read_bytes().splitlines()
        except FileNotFoundError:
            return found
        for line in lines:
            try:
                found.append(msgspec.json.decode(line, type=Recorded))
            except msgspec.DecodeError:
                continue
        return found

    def take(self, file: Path) -> None:
        """Copy the new package to where nobody else writes."""
        self.scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.scratch.chmod(0o700)
        shutil.copyfile(file, self.package_new)
        sync_file(self.package_new)

    def finish(self, state: UpdateState) -> None:
        """Forget the update: the package before is kept for a person, the rest goes. What is left of it costs only room."""
        if state.step is Step.DONE and self.package_before.exists():
            kept = self.scratch.parent / f"{state.package}_{state.was}_{state.architecture}.deb"
            os.replace(self.package_before, kept)
            others = [path for path in self.scratch.parent.glob("*.deb") if path != kept]
            by_age = sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)
            for old in by_age[PACKAGES_KEPT - 1 :]:
                old.unlink(missing_ok=True)
        self.state_file.unlink(missing_ok=True)
        sync_folder(self.state_file.parent)
        shutil.rmtree(self.scratch, ignore_errors=True)

    def room_needed(self, installed_bytes: int, data: Path | None) -> int:
        """How many bytes the copies take: the version before twice, the new one, the books."""
        books = (
            sum(
                (data / name).stat().st_size
                for name in (JOURNAL_NAME, REGISTRY_NAME)
                if (data / name).exists()
            )
            if data
            else 0
        )
        return 3 * installed_bytes + books


class Books:
    """The daemon's journal and registry, kept and put back while the daemon is stopped."""

    def __init__(self, data: Path, kept: Path, newer: str) -> None:
        """`newer` is the version whose books are kept as evidence where the older ones are put back."""
        self._data = data
        self._kept = kept
        self._newer = newer

    def keep(self) -> None:
        """Copy both consistently. Raises OSError or sqlite3.Error."""
        self._kept.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in (JOURNAL_NAME, REGISTRY_NAME):
            (self._kept / name).unlink(missing_ok=True)
        if (self._data / JOURNAL_NAME).exists():
            with (
                closing(_open(self._data / JOURNAL_NAME)) as source,
                closing(sqlite3.connect(self._kept / JOURNAL_NAME)) as copy,
            ):
                source.backup(copy)
            sync_file(self._kept / JOURNAL_NAME)
        if (self._data / REGISTRY_NAME).exists():
            with _plain(self._data / REGISTRY_NAME) as registry:
                write_whole(self._kept / REGISTRY_NAME, registry.read())
        sync_folder(self._kept)

    def are_readable(self) -> bool:
        """Say whether this version (the old one, when it goes back) reads what lies there now."""
        try:
            if (self._data / JOURNAL_NAME).exists():
                with closing(_open(self._data / JOURNAL_NAME)) as journal:
                    if journal.execute("PRAGMA user_version").fetchone()[0] not in (
                        SCHEMA_VERSION,
                        FOLDED_VERSION,
                    ):
                        return False
            if (self._data / REGISTRY_NAME).exists():
                return isinstance(json.loads((self._data / REGISTRY_NAME).read_bytes()), dict)
        except (sqlite3.Error, ValueError):
            return False
        return True

    def put_back(self) -> None:
        """Put the copies in place of what the new version made of them; that is kept beside them. Safe to repeat."""
        for name in (JOURNAL_NAME, REGISTRY_NAME):
            if not (self._kept / name).exists():
                continue
            place, evidence = self._data / name, self._data / f"{name}.{self._newer}"
            if place.exists() and not evidence.exists():
                _copy_durably(place, evidence)
            fresh = place.with_name(f"{name}.back")
            _copy_durably(self._kept / name, fresh)
            # A log of the newer file must never be read into the older one.
            for suffix in ("-wal", "-shm"):
                place.with_name(name + suffix).unlink(missing_ok=True)
            os.replace(fresh, place)
            sync_folder(self._data)


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=30)


def _copy_durably(source: Path, target: Path) -> None:
    """Copy whole or not at all, for the folder's owner: root puts it back, the daemon writes it.

    Never through a link: the folder is the daemon's, and root must not read or write a file elsewhere for it.
    """
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    with _plain(source) as whole, owned_by_folder(part, "xb") as file:
        shutil.copyfileobj(whole, file)
        file.flush()
        os.fchmod(file.fileno(), 0o640)
        os.fsync(file.fileno())
    os.replace(part, target)


def _plain(path: Path) -> IO[bytes]:
    return open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NOFOLLOW))
