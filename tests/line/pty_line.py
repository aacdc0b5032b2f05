"""A real pty with a scripted far end: what a meter, several meters or a bad cable would do."""

import asyncio
import os
import pty
import tty
from collections.abc import Callable


class PtyLine:
    """The far end of one pty. `on_request` gets each whole request line (toy protocol) and may `send`."""

    def __init__(self) -> None:
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        self.requests: list[bytes] = []
        self.on_request: Callable[[bytes], None] = lambda request: None
        self.heard = asyncio.Event()
        self._buffer = b""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._master, self._read)

    def _read(self) -> None:
        try:
            data = os.read(self._master, 4096)
        except OSError:  # nobody holds the other side open just now
            return
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            self.requests.append(line)
            self.heard.set()
            self.on_request(line)

    def send(self, data: bytes, after_s: float = 0.0) -> None:
        """Put bytes on the line, now or later."""
        if after_s:
            self._loop.call_later(after_s, self.send, data)
        elif self._master >= 0:
            os.write(self._master, data)

    def unplug(self) -> None:
        """Close the far end, as a vanished adapter does."""
        if self._master >= 0:
            self._loop.remove_reader(self._master)
            os.close(self._master)
            os.close(self._slave)
            self._master = -1

    async def next_request(self) -> bytes:
        """Wait for one more request than there were."""
        self.heard.clear()
        await self.heard.wait()
        return self.requests[-1]


def answer(request: bytes, value: int) -> bytes:
    """The good answer to a toy request."""
    address, item = request[1:].split(b"/")
    return b"!%s/%s/%d\n" % (address, item, value)
