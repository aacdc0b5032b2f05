"""Where a search is kept: one JSON file in the data folder, replaced as a whole: a power cut costs seconds of asking."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from gateway.adapters.whole_file import owned_by_folder, write_whole
from gateway.technician.find.found import STATE_VERSION, FindState

NAME = "find.json"
LOCK_NAME = "find.lock"
READABLE = 0o644


class SearchRunning(Exception):
    """Another search of this gateway is under way; both would keep only their own."""


class StateFile:
    """The state of one gateway's search."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other searches away. Raises SearchRunning where there is one, and OSError."""
        with owned_by_folder(self.path.with_name(LOCK_NAME), "ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise SearchRunning from None
            yield

    def load(self) -> tuple[FindState, Path | None]:
        """Give the kept state, a fresh one where there is none; and where a damaged one was put aside. Raises OSError."""
        try:
            raw = self.path.read_bytes()
        except FileNotFoundError:
            return FindState(), None
        try:
            state = FindState.from_json(json.loads(raw))
            if state.version == STATE_VERSION:
                return state, None
        except (ValueError, msgspec.ValidationError):
            pass
        aside = self.path.with_suffix(".json.damaged")
        os.replace(self.path, aside)
        return FindState(), aside

    def save(self, state: FindState) -> None:
        """Replace the file. Raises OSError (disk full, no rights) with the old one untouched."""
        write_whole(self.path, json.dumps(state.as_json(), ensure_ascii=False).encode(), READABLE)
