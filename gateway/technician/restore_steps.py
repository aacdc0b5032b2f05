"""Putting a backup back: unpacked beside, checked, given a new epoch, then exchanged for what is there in one step (C-11).

The folder that was there is kept aside as it is. Where a folder can't be exchanged (it is a mount point), its files are replaced
one by one, the store last, and the old ones are kept in a folder inside.
"""

import ctypes
import os
import pwd
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from gateway.adapters.backup_file.writer import make_durable
from gateway.adapters.journal_store import JOURNAL_NAME, SqliteJournal
from gateway.application.new_epoch import renew_epoch
from gateway.application.ports import Journal
from gateway.contract.backup_file.layout import Manifest
from gateway.technician.backup_parts import CONFIG, DATA, ELSEWHERE
from gateway.technician.looking import now_for

USER = "cardroom"
"""The daemon's, as the package makes it."""
DISTURBING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_EXCHANGE = 2
"""RENAME_EXCHANGE of renameat2(2)."""
_AT_FDCWD = -100
PERMISSIONS = 0o777
"""A backup makes no file that runs as root for others, whoever wrote it."""
STORE_FILES = (f"{JOURNAL_NAME}-wal", f"{JOURNAL_NAME}-shm", JOURNAL_NAME)


@dataclass(frozen=True, slots=True)
class PutBack:
    """What was done: the new epoch, where the old folder is kept, and what a person must still put in its place."""

    epoch: str
    kept: Path | None
    by_hand: list[tuple[Path, Path]]
    """Where a file lies now, and where it belonged."""


def begin_new_life(staged: Path) -> str:
    """Let the unpacked store begin a new epoch, so that nothing of its old life is sent, billed or taken twice. Give its name."""
    journal = SqliteJournal(staged / DATA / JOURNAL_NAME)
    try:

        def renew(open_: Journal) -> str:
            open_.must_commit()
            return renew_epoch(open_, now_for(open_))

        epoch = journal.perform(renew)
        journal.commit()
        return epoch
    finally:
        journal.close()


def put_back(staged: Path, manifest: Manifest, data: Path, config: Path, stamp: str, epoch: str) -> PutBack:
    """Exchange the gateway's folder for the unpacked one, then the configuration. Raises OSError; then what was there still is.

    All that needs room or rights is done before the exchange; after it, files only change their names.
    """
    fresh = staged / DATA
    by_hand = list(_elsewhere(staged, manifest, config))
    _own_like(fresh, data)
    modes = {row.name: row.mode for row in manifest.members}
    ready = []
    for path in sorted((staged / CONFIG).glob("*")):
        target = config if path.suffix == ".toml" else config.parent / path.name
        ready += _made_ready(path, target, stamp, modes[f"{CONFIG}/{path.name}"])
    try:
        with _undisturbed():
            kept = _exchange_folders(fresh, data, stamp)
            for aside, target in ready:
                os.replace(aside, target)
            make_durable(config.parent)
    finally:
        for aside, _ in ready:
            aside.unlink(missing_ok=True)
    return PutBack(epoch, kept, [(_found_at(path, staged, data), place) for path, place in by_hand])


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Neither Ctrl-C nor a closed terminal may end it half done: what was there would be swept away with the unpacked files."""
    before = {one: signal.signal(one, signal.SIG_IGN) for one in DISTURBING}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _exchange_folders(fresh: Path, data: Path, stamp: str) -> Path | None:
    """Let the fresh folder take the place; give where the old one is kept, None where there was none."""
    kept = data.with_name(f"{data.name}.before-restore-{stamp}")
    there = data.exists()
    if not there:
        os.rename(fresh, data)
    elif _exchange(fresh, data):
        _set_aside(fresh, kept, data)
    else:
        kept = data / f"before-restore-{stamp}"
        _replace_inside(fresh, data, kept)
    make_durable(data.parent)
    return kept if there else None


def _found_at(path: Path, staged: Path, data: Path) -> Path:
    return data / path.relative_to(staged / DATA)


def _elsewhere(staged: Path, manifest: Manifest, config: Path) -> Iterator[tuple[Path, Path]]:
    """Files of other folders: beside the configuration they go to their place, anywhere else a person puts them."""
    for row in manifest.members:
        if not row.name.startswith(f"{ELSEWHERE}/"):
            continue
        path, place = staged / row.name, Path(row.place)
        if place.parent == Path(manifest.config).parent:
            target = config.parent / place.name
            if not os.path.lexists(target):
                _copied(path, target, row.mode)
            continue
        aside = staged / DATA / "restored" / place.name
        aside.parent.mkdir(mode=0o700, exist_ok=True)
        os.rename(path, aside)
        yield aside, place


def _set_aside(old: Path, kept: Path, data: Path) -> None:
    """Give the old folder its name; where that can't be done, all goes back to its place: what was there is never lost."""
    try:
        os.rename(old, kept)
    except OSError:
        _exchange(old, data)
        raise


def _own_like(fresh: Path, data: Path) -> None:
    """The daemon's user owns what it had; the folder's mode stays. On a fresh card it is the package's user."""
    if data.exists():
        os.chmod(fresh, data.stat().st_mode & 0o7777)
    if os.geteuid() != 0:
        return
    owner = _owner(data)
    for path in (fresh, *fresh.rglob("*")):
        os.chown(path, *owner, follow_symlinks=False)


def _owner(data: Path) -> tuple[int, int]:
    if not data.exists():
        with suppress(KeyError):
            user = pwd.getpwnam(USER)
            return user.pw_uid, user.pw_gid
    state = (data if data.exists() else data.parent).stat()
    return state.st_uid, state.st_gid


def _exchange(fresh: Path, data: Path) -> bool:
    """Let two folders change places in one step; False where the system can't, or one is a mount point."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    done = renameat2(_AT_FDCWD, os.fsencode(fresh), _AT_FDCWD, os.fsencode(data), _EXCHANGE)
    return int(done) == 0


def _replace_inside(fresh: Path, data: Path, kept: Path) -> None:
    """File by file: each is replaced in one step. The old store leaves with its log before the new one takes its name."""
    kept.mkdir(mode=0o700)
    _empty_log(data / JOURNAL_NAME)
    fresh_files = sorted(path for path in fresh.rglob("*") if path.is_file())
    fresh_files.sort(key=lambda path: path.name == JOURNAL_NAME)
    ready = []
    for path in fresh_files:
        target, old = data / path.relative_to(fresh), kept / path.relative_to(fresh)
        target.parent.mkdir(mode=0o700, exist_ok=True)
        old.parent.mkdir(mode=0o700, exist_ok=True)
        if target.exists():
            shutil.copy2(target, old)
        moved = target.with_name(f".{target.name}.restored")
        shutil.move(path, moved)
        ready.append((moved, target))
    for name in STORE_FILES[:2]:
        if (data / name).exists():
            os.rename(data / name, kept / name)
    for moved, target in ready:
        os.replace(moved, target)
    make_durable(kept)
    make_durable(data)


def _empty_log(journal: Path) -> None:
    """Bring a store's log into its file: a power cut between the two renames must leave no older store. A damaged one stays."""
    if journal.exists():
        with suppress(sqlite3.Error), closing(sqlite3.connect(journal)) as store:
            store.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _made_ready(path: Path, target: Path, stamp: str, mode: int) -> list[tuple[Path, Path]]:
    """Lay a file beside its place, and keep what is there; give both names, nothing where it is the same."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        if target.read_bytes() == path.read_bytes():
            return []
        shutil.copy2(target, target.with_name(f"{target.name}.before-restore-{stamp}"))
    aside = target.with_name(f".{target.name}.restored")
    aside.unlink(missing_ok=True)
    _copied(path, aside, mode, target if target.exists() else target.parent)
    return [(aside, target)]


def _copied(path: Path, target: Path, mode: int, owned_as: Path | None = None) -> None:
    """Copy into a new file, through no link: the folder is the daemon's, and root must not write elsewhere for it."""
    with path.open("rb") as whole, target.open("xb") as file:
        shutil.copyfileobj(whole, file)
        if owned_as is not None and os.geteuid() == 0:
            owner = owned_as.stat()
            os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
        os.fchmod(file.fileno(), mode & PERMISSIONS)
        file.flush()
        os.fsync(file.fileno())
