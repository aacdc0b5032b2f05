"""The gateway's own command on a disk whose every sync takes 100 ms longer: `python -m tests.bench.slow_disk run --config FILE`.

Every fsync, whoever asks for it: SQLite's own (of the log at each commit, of log and database at each checkpoint), and Python's (of
the registry). SQLite's are reached by a VFS in front of its own one, made with ctypes over the very library that the
`sqlite3` module uses: each file it opens gets a copy of its method table whose xSync waits first. The wait is where a slow card's
would be, in the writer's thread; time.sleep lets the other threads run, as fsync does.
"""

import _sqlite3
import ctypes
import os
import sys
import time
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_void_p
from typing import Any

from gateway.__main__ import main

SYNC_S = 0.1
SQLITE_OK = 0
syncs = 0
"""How many were held up so far."""

XOpen = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, POINTER(c_int))
XSync = CFUNCTYPE(c_int, c_void_p, c_int)


class Vfs(ctypes.Structure):
    """`sqlite3_vfs` up to version 3 (sqlite3.h); only xOpen is looked at."""

    _fields_ = [
        ("version", c_int), ("file_bytes", c_int), ("longest_path", c_int), ("next", c_void_p),
        ("name", c_char_p), ("app_data", c_void_p), ("open", XOpen), ("others", c_void_p * 15),
    ]  # fmt: skip


class Methods(ctypes.Structure):
    """`sqlite3_io_methods` up to version 3; only xSync is looked at."""

    _fields_ = [
        ("version", c_int), ("close", c_void_p), ("read", c_void_p), ("write", c_void_p),
        ("truncate", c_void_p), ("sync", XSync), ("others", c_void_p * 13),
    ]  # fmt: skip


class File(ctypes.Structure):
    """`sqlite3_file`: a pointer to its methods, and what the real VFS keeps behind it."""

    _fields_ = [("methods", POINTER(Methods))]


def hold_up() -> None:
    """Take as long as a bad card."""
    global syncs
    syncs += 1
    time.sleep(SYNC_S)


class SlowVfs:
    """Stands in front of SQLite's default VFS until the process ends."""

    def __init__(self) -> None:
        library = ctypes.CDLL(_sqlite3.__file__)
        library.sqlite3_vfs_find.restype = POINTER(Vfs)
        self._real: Vfs = library.sqlite3_vfs_find(None).contents
        self._tables: dict[int, Methods] = {}
        self._open = XOpen(self._slow_open)
        self._slow = Vfs.from_buffer_copy(self._real)
        self._slow.name, self._slow.open = b"slow", self._open
        if library.sqlite3_vfs_register(ctypes.byref(self._slow), 1) != SQLITE_OK:
            raise RuntimeError("SQLite took no VFS: this Python's SQLite can't be slowed down")

    def _slow_open(self, _: Any, path: Any, file: int, flags: int, out_flags: Any) -> int:
        result: int = self._real.open(ctypes.addressof(self._real), path, file, flags, out_flags)
        opened = File.from_address(file)
        if opened.methods:
            opened.methods = ctypes.pointer(self._slowed(opened.methods.contents))
        return result

    def _slowed(self, real: Methods) -> Methods:
        key = ctypes.addressof(real)
        if key not in self._tables:
            table = Methods.from_buffer_copy(real)
            table.sync = XSync(lambda file, flags: hold_up() or real.sync(file, flags))
            self._tables[key] = table
        return self._tables[key]


def slow_fsync(descriptor: int, fsync: Any = os.fsync) -> None:
    hold_up()
    fsync(descriptor)


def slow_down() -> SlowVfs:
    """Make every sync of this process slow; keep what is returned as long as a database is open."""
    os.fsync = slow_fsync
    return SlowVfs()


if __name__ == "__main__":
    slow = slow_down()
    sys.exit(main())
