"""A disk that writes down what SQLite asks of it, and rebuilds what a power cut could have left. Knows bytes, no table and no rule.

`RecordingVfs` sits between SQLite and the file system: each write, truncation, sync and deletion is logged in order, beside the
marks of whoever uses the store ("this was acknowledged now"). `Platter` replays the log: what was synced is on it, of what was not,
each 512-byte sector is kept or lost by the dice, whatever came before or after it. That is harsher than a disk: pieces of one
sector are torn, too, and a hole that a lost write leaves beyond the old end holds zeros or old rubbish.

A new file is there for certain from its first sync on: SQLite syncs the folder with it, which makes earlier deletions certain, too.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

SECTOR_BYTES = 512
KEPT_SHARES = (0.0, 0.1, 0.5, 0.9, 1.0)
"""How likely an unsynced sector is kept; drawn once per image, so that both tidy and torn images come up."""


@dataclass(frozen=True, slots=True)
class Op:
    """One thing that happened to a file (its name without the folder), or a mark of the store's user (no file)."""

    kind: str
    file: str = ""
    offset: int = 0
    data: bytes = b""
    mark: Any = None


class Log:
    """All that happened, in order."""

    def __init__(self) -> None:
        self.ops: list[Op] = []

    def mark(self, mark: Any) -> None:
        """Note what the store's user knows from now on."""
        self.ops.append(Op("mark", mark=mark))


class RecordingVfs(apsw.VFS):  # type: ignore[misc]
    """Passes everything on to the system's own VFS and logs what changes files."""

    def __init__(self, name: str, log: Log) -> None:
        self._log = log
        super().__init__(name, base="")

    def xOpen(self, name: Any, flags: list[int]) -> "RecordingFile":
        return RecordingFile(name, flags, self._log)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        super().xDelete(filename, syncdir)
        self._log.ops.append(Op("delete" if syncdir else "delete-unsynced", Path(filename).name))


class RecordingFile(apsw.VFSFile):  # type: ignore[misc]
    """One open file. It has no shared memory, so WAL needs the exclusive mode that `thin_connection` sets."""

    def __init__(self, name: Any, flags: list[int], log: Log) -> None:
        self._file = Path(name.filename() if isinstance(name, apsw.URIFilename) else name).name
        self._log = log
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        super().xWrite(data, offset)
        self._log.ops.append(Op("write", self._file, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:
        super().xTruncate(newsize)
        self._log.ops.append(Op("truncate", self._file, newsize))

    def xSync(self, flags: int) -> None:
        self._log.ops.append(Op("sync", self._file))


@dataclass(slots=True)
class _File:
    """What of a file is on the platter, and what is only on its way there."""

    durable: bytearray = field(default_factory=bytearray)
    is_there: bool = False
    on_its_way: list[Op] = field(default_factory=list)


class Platter:
    """The disk at one point of the log."""

    def __init__(self) -> None:
        self._files: dict[str, _File] = {}

    def take(self, op: Op) -> None:
        """Go on by one operation."""
        if op.kind == "mark":
            return
        if op.kind == "delete":
            self._files.pop(op.file, None)
            return
        file = self._files.setdefault(op.file, _File())
        if op.kind != "sync":
            file.on_its_way.append(op)
            return
        for waiting in file.on_its_way:
            _lay(file.durable, waiting, lambda: True, b"\0")
        file.on_its_way.clear()
        if not file.is_there:
            file.is_there = True
            self._sync_folder()

    def _sync_folder(self) -> None:
        for name in [name for name, file in self._files.items() if _is_deleted(file)]:
            del self._files[name]

    def after_power_cut(self, dice: random.Random) -> dict[str, bytes]:
        """Give the files as they may be found."""
        found = {}
        for name, file in self._files.items():
            share = dice.choice(KEPT_SHARES)
            if not file.is_there and dice.random() >= share:
                continue
            content = bytearray(file.durable)
            rubbish = b"\0" if dice.random() < 0.5 else bytes([dice.randrange(256)])
            deleted = False
            for op in file.on_its_way:
                if op.kind == "delete-unsynced":
                    deleted = dice.random() < share
                else:
                    _lay(content, op, lambda share=share: dice.random() < share, rubbish)  # type: ignore[misc]
            if not deleted:
                found[name] = bytes(content)
        return found


def _is_deleted(file: _File) -> bool:
    return any(op.kind == "delete-unsynced" for op in file.on_its_way)


def _lay(content: bytearray, op: Op, is_kept: Callable[[], bool], rubbish: bytes) -> None:
    """Apply a write or truncation to a file's content, sector by sector."""
    if op.kind == "truncate":
        if is_kept():
            del content[op.offset :]
        return
    for start, piece in _sectors(op):
        if is_kept():
            if start > len(content):
                content += rubbish * (start - len(content))
            content[start : start + len(piece)] = piece


def _sectors(op: Op) -> Iterator[tuple[int, bytes]]:
    at, end = op.offset, op.offset + len(op.data)
    while at < end:
        following = min(end, (at // SECTOR_BYTES + 1) * SECTOR_BYTES)
        yield at, op.data[at - op.offset : following - op.offset]
        at = following
