"""Tells systemd that the daemon is up and alive. Alive means that every loop got somewhere, not that a timer ran.

Without systemd (no NOTIFY_SOCKET) the same watch runs and only logs: `status` shows loops that stall either way.
"""

import asyncio
import os
import socket
from collections.abc import Mapping

import structlog

log = structlog.get_logger("watchdog")

CHECK_EVERY_S = 5.0


class Notifier:
    """Speaks sd_notify's datagrams; silent where nobody listens."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        environment = os.environ if environment is None else environment
        self._address = environment.get("NOTIFY_SOCKET", "")
        usec = environment.get("WATCHDOG_USEC", "")
        self.watchdog_s: float | None = int(usec) / 1_000_000 if usec.isdigit() and int(usec) > 0 else None

    def ready(self, status: str) -> None:
        """The daemon serves: meters are polled from here on."""
        self._send(f"READY=1\nSTATUS={_one_line(status)}")

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._send(f"STATUS={_one_line(text)}")

    def stopping(self) -> None:
        """An orderly end has begun."""
        self._send("STOPPING=1")

    def alive(self) -> None:
        """Feed the watchdog."""
        self._send("WATCHDOG=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as channel:
            try:
                channel.sendto(message.encode(), address)
            except OSError as error:
                log.warning("systemd-not-told", message=message, why=error.strerror)


class Progress:
    """Who must get somewhere, and how long each may take. A loop calls `progress(name)` after work done, not before."""

    def __init__(self, patience_s: Mapping[str, float]) -> None:
        self._patience_s = dict(patience_s)
        self._moved = set(patience_s)
        self._seen_s: dict[str, float] = {}
        self.stalled: list[str] = []
        """The loops that overran their patience at the last check."""

    def progress(self, name: str) -> None:
        """Note that this loop finished a round. Raises KeyError for a name nobody watches: a typo must not hide a stall."""
        self._patience_s[name]
        self._moved.add(name)

    def watch(self, name: str, patience_s: float) -> None:
        """Watch one more loop, from now on (a line that was added while running)."""
        self._patience_s[name] = patience_s
        self._moved.add(name)

    def forget(self, name: str) -> None:
        """Watch a loop no more: its line was taken out of the registry."""
        self._patience_s.pop(name, None)
        self._moved.discard(name)

    def check(self, now_s: float) -> list[str]:
        """Name the loops that did not move within their patience; `now_s` is any clock that never steps."""
        for name in self._moved:
            self._seen_s[name] = now_s
        self._moved.clear()
        self.stalled = [
            name for name, limit in self._patience_s.items() if now_s - self._seen_s[name] > limit
        ]
        return self.stalled


async def keep_fed(notifier: Notifier, progress: Progress) -> None:
    """Feed the watchdog while all loops progress. A stalled one is named in the log; systemd restarts the daemon in time."""
    every_s = min(CHECK_EVERY_S, (notifier.watchdog_s or CHECK_EVERY_S * 4) / 4)
    clock = asyncio.get_running_loop()
    named: list[str] = []
    while True:
        stalled = progress.check(clock.time())
        if not stalled:
            notifier.alive()
        if stalled != named:
            log.error("loops-stalled", loops=stalled) if stalled else log.info(
                "loops-move-again", loops=named
            )
            named = list(stalled)
        await asyncio.sleep(every_s)


def _one_line(text: str) -> str:
    return text.replace("\n", " ")
