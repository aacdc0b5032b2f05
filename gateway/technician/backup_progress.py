"""How far a long copy is: a line on a terminal that is written over, nothing for a program or a log."""

import sys
import time

from gateway.words import say

EVERY_S = 0.2


def size_text(count: int) -> str:
    """Give bytes as a person reads them: `25 kB`, `3.1 MB`."""
    return f"{count / 1e6:.1f} MB" if count >= 1_000_000 else f"{-(-count // 1000)} kB"


class Progress:
    """Counts bytes of a known total."""

    def __init__(self, what: str, total: int) -> None:
        self._what, self._total, self._done, self._shown_s = what, max(1, total), 0, 0.0
        self._is_seen = sys.stderr.isatty()

    def __call__(self, more: int) -> None:
        """Note that so many more bytes are done."""
        self._done += more
        now_s = time.monotonic()
        if self._is_seen and now_s - self._shown_s >= EVERY_S:
            self._shown_s = now_s
            percent = min(100, self._done * 100 // self._total)
            sys.stderr.write("\r" + say("{what}: {percent} %", what=self._what, percent=percent) + "\033[K")
            sys.stderr.flush()

    def end(self) -> None:
        """Take the line away."""
        if self._is_seen:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
