"""A search on a terminal: one line of progress for all ports, and the meters above it as they are found.

On anything else than a terminal, a line now and then: logs are read, too.
"""

import shutil
import sys

from gateway.technician.find.found import FoundMeter, Progress
from gateway.technician.find.wording import found_line, progress_line
from gateway.technician.table import columns_of

LOG_EVERY = 30
"""Progress lines that a log is spared: they come once a second."""
WIPE = "\r\x1b[K"


class Screen:
    """Standard error as a place for progress."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._is_terminal = sys.stderr.isatty()
        self._seen: set[tuple[str, str, str]] = set()
        self._skipped: dict[str, int] = {}
        self._is_dirty = False

    def progress(self, progress: Progress, together: str) -> None:
        """Show how far a port is; on a terminal the line of all ports in its place."""
        if self._quiet:
            return
        if self._is_terminal:
            self._write(WIPE + _cut(together, shutil.get_terminal_size().columns - 1))
            self._is_dirty = True
            return
        skipped = self._skipped[progress.port] = self._skipped.get(progress.port, -1) + 1
        if skipped % LOG_EVERY == 0:
            self._write(progress_line(progress) + "\n")

    def found(self, meter: FoundMeter) -> None:
        """Show a meter once, when its address is known."""
        if self._quiet or meter.key in self._seen:
            return
        self._seen.add(meter.key)
        self._write((WIPE if self._is_dirty else "") + found_line(meter) + "\n")
        self._is_dirty = False

    def close(self) -> None:
        """Leave the terminal tidy."""
        if self._is_dirty:
            self._write(WIPE)

    def _write(self, text: str) -> None:
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except OSError:  # nobody reads any more; the search is worth more than its progress
            self._quiet = True


def _cut(line: str, columns: int) -> str:
    """Keep a line to one row of the terminal: what is wrapped can't be written over."""
    while columns_of(line) > columns:
        line = line[:-1]
    return line
