"""Progress of long work on one line: how much, how fast, how long still. Without a terminal: a line for each tenth."""

import sys
import time
from collections.abc import Callable
from typing import TextIO

from gateway.words import say

BAR = 20
BETWEEN_S = 0.2
"""A terminal over SSH takes five lines a second without lagging behind."""


class Progress:
    """Shows `done` of `total` units (bytes, mostly). Written to stderr, so that stdout stays for results."""

    def __init__(
        self,
        total: int,
        stream: TextIO | None = None,
        now_s: Callable[[], float] = time.monotonic,
        quiet: bool = False,
    ) -> None:
        self._total = max(1, total)
        self._stream = stream or sys.stderr
        self._now_s = now_s
        self._quiet = quiet
        self._begun: tuple[float, int] | None = None
        self._shown_s = -BETWEEN_S
        self._tenth = -1
        self._on_line = False

    def show(self, done: int) -> None:
        """Show how far the work is. The rate counts from the first call, so a resumed transfer is not called fast."""
        now_s = self._now_s()
        if self._begun is None:
            self._begun = (now_s, done)
        if self._quiet:
            return
        text = self._text(done, now_s)
        if self._stream.isatty():
            if now_s - self._shown_s >= BETWEEN_S or done >= self._total:
                self._shown_s = now_s
                self._stream.write(f"\r{text}\x1b[K")
                self._stream.flush()
                self._on_line = True
        elif (tenth := 10 * done // self._total) > self._tenth:
            self._tenth = tenth
            self._stream.write(text + "\n")

    def say(self, sentence: str) -> None:
        """Put a sentence above the progress line."""
        self.close()
        if not self._quiet:
            self._stream.write(sentence + "\n")

    def close(self) -> None:
        """End the line."""
        if self._on_line:
            self._stream.write("\n")
            self._stream.flush()
            self._on_line = False

    def _text(self, done: int, now_s: float) -> str:
        assert self._begun is not None
        share = min(done, self._total) / self._total
        bar = "#" * int(BAR * share)
        elapsed_s, moved = now_s - self._begun[0], done - self._begun[1]
        if elapsed_s <= 0 or moved <= 0:
            return say("[{bar}] {percent} %", bar=bar.ljust(BAR, "."), percent=f"{100 * share:3.0f}")
        rate = moved / elapsed_s
        left_s = (self._total - done) / rate
        return say(
            "[{bar}] {percent} %  {rate} B/s  {left} left",
            bar=bar.ljust(BAR, "."),
            percent=f"{100 * share:3.0f}",
            rate=f"{rate:.0f}",
            left=duration(left_s),
        )


class StatusLine:
    """What is being done now, on one line of stderr that the next word replaces. Nothing without a terminal, or when `quiet`."""

    def __init__(self, quiet: bool = False) -> None:
        self._shows = sys.stderr.isatty() and not quiet

    def show(self, text: str) -> None:
        """Put words in place of those before; none leave the line empty."""
        if self._shows:
            print(f"\r{text}\x1b[K", end="", file=sys.stderr, flush=True)


def duration(seconds: float) -> str:
    """Say a time as m:ss, or h:mm:ss from an hour on."""
    whole = max(0, round(seconds))
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
