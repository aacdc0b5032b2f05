"""How far a long copy is: a line on a terminal that is written over, nothing for a log."""

import sys

from central import clock

EVERY_S = 0.2


class Progress:
    """Counts bytes of a total that is known about."""

    def __init__(self, what: str, total: int) -> None:
        self._what, self._total, self._done, self._shown_s = what, max(1, total), 0, 0.0
        self._is_seen = sys.stderr.isatty()

    def __call__(self, more: int) -> None:
        """Note that so many more bytes are done."""
        self._done += more
        now_s = clock.monotonic_s()
        if self._is_seen and now_s - self._shown_s >= EVERY_S:
            self._shown_s = now_s
            sys.stderr.write(f"\r{self._what}: {min(100, self._done * 100 // self._total)} %\033[K")
            sys.stderr.flush()

    def end(self) -> None:
        """Take the line away."""
        if self._is_seen:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
