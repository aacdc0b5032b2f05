"""A cable between two programs that each want to open a serial port: two ptys, their far ends joined."""

import asyncio
import os
import pty
import tty


class Bridge:
    """`near` is for the bus, `far` for the peer. Both stay open here, so that either side may come and go."""

    def __init__(self) -> None:
        self._pairs = [pty.openpty(), pty.openpty()]
        for master, slave in self._pairs:
            tty.setraw(slave)
            os.set_blocking(master, False)
        (near, near_slave), (far, far_slave) = self._pairs
        self.near, self.far = os.ttyname(near_slave), os.ttyname(far_slave)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(near, self._copy, near, far)
        self._loop.add_reader(far, self._copy, far, near)

    def _copy(self, source: int, target: int) -> None:
        os.write(target, os.read(source, 4096))

    def close(self) -> None:
        for master, slave in self._pairs:
            self._loop.remove_reader(master)
            os.close(master)
            os.close(slave)
