"""Where a master plugs in: a pseudo-terminal (with a stable symlink) or a TCP port.

An endpoint hands over what arrives and takes what must leave; it knows nothing of frames or speeds. It can be unplugged like a USB
adapter: the master sees a hang-up, and later a new device under the old name.
"""

import asyncio
import os
import termios
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

READ_SIZE = 4096
MAX_TCP_PORT = 65_535
SPEEDS = {getattr(termios, f"B{baud}"): baud for baud in (600, 1200, 2400, 4800, 9600, 19200, 38400, 115200)}


class Endpoint(Protocol):
    """One plug of a line."""

    async def plug(self, receive: Callable[[bytes], None]) -> None:
        """Become reachable; call `receive` with whatever the master sends."""
        ...

    async def unplug(self) -> None:
        """Hang up and become unreachable."""
        ...

    def send(self, data: bytes) -> None:
        """Hand bytes to whoever listens; with nobody there they are lost, as on a wire."""
        ...

    def address(self) -> str:
        """Return what a master opens: a path, or `socket://host:port`."""
        ...

    def master_baud(self) -> int | None:
        """Return the speed that the master has set, where that can be seen."""
        ...


class PtyEndpoint:
    """A pseudo-terminal in raw mode, without parity, kept open on this side so that masters may come and go."""

    def __init__(self, link: Path | None = None) -> None:
        """Take the path of a symlink that always leads to the present terminal."""
        self._link = link
        self._descriptors: tuple[int, int] | None = None
        self._path = ""

    async def plug(self, receive: Callable[[bytes], None]) -> None:
        master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        self._descriptors = (master, slave)
        self._path = os.ttyname(slave)
        if self._link is not None:
            self._point_link()
        asyncio.get_running_loop().add_reader(master, self._on_readable, receive)

    async def unplug(self) -> None:
        if self._descriptors is None:
            return
        asyncio.get_running_loop().remove_reader(self._descriptors[0])
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors = None
        if self._link is not None and self._link.is_symlink():
            self._link.unlink()

    def send(self, data: bytes) -> None:
        if self._descriptors is None:
            return
        try:
            os.write(self._descriptors[0], data)
        except BlockingIOError:
            pass  # nobody has read for 4 kB: a wire forgets too

    def address(self) -> str:
        return str(self._link) if self._link is not None else self._path

    def master_baud(self) -> int | None:
        if self._descriptors is None:
            return None
        speed: int = termios.tcgetattr(self._descriptors[1])[5]
        return SPEEDS.get(speed)

    def _on_readable(self, receive: Callable[[bytes], None]) -> None:
        if self._descriptors is None:
            return
        try:
            data = os.read(self._descriptors[0], READ_SIZE)
        except (BlockingIOError, OSError):
            return
        receive(data)

    def _point_link(self) -> None:
        assert self._link is not None
        if self._link.exists() and not self._link.is_symlink():
            raise ValueError(
                f"{self._link} is there already and no link: it is kept; name another path after pty:"
            )
        self._link.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._link.with_name(self._link.name + ".new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(self._path)
        fresh.replace(self._link)


class TcpEndpoint:
    """A TCP port as of a serial device server; every client hears the line."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        """Take the port; 0 lets the system choose."""
        self._host, self._port = host, port
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()

    async def plug(self, receive: Callable[[bytes], None]) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._clients.add(writer)
            try:
                while data := await reader.read(READ_SIZE):
                    receive(data)
            except ConnectionError:
                pass
            finally:
                self._clients.discard(writer)
                writer.close()

        try:
            self._server = await asyncio.start_server(serve, self._host, self._port)
        except OSError as error:
            raise ValueError(
                f"TCP port {self._port} on {self._host} can't be opened ({error.strerror}): "
                "stop what uses it, or name another; tcp:0 takes a free one"
            ) from error
        self._port = self._server.sockets[0].getsockname()[1]

    async def unplug(self) -> None:
        if self._server is None:
            return
        self._server.close()
        for client in tuple(self._clients):
            client.transport.abort()
        self._server = None

    def send(self, data: bytes) -> None:
        for client in self._clients:
            client.write(data)

    def address(self) -> str:
        return f"socket://{self._host}:{self._port}"

    def master_baud(self) -> int | None:
        return None


def open_endpoint(port: str, base: Path = Path()) -> Endpoint:
    """Turn `pty`, `pty:LINK` or `tcp:[HOST:]PORT` into an endpoint; raise ValueError on anything else."""
    kind, _, rest = port.partition(":")
    if kind == "pty":
        return PtyEndpoint(base / rest if rest else None)
    host, _, number = rest.rpartition(":")
    if kind == "tcp" and number.isdigit() and int(number) <= MAX_TCP_PORT:
        return TcpEndpoint(int(number), host or "127.0.0.1")
    raise ValueError(
        f"port {port!r} is not understood: write pty, pty:LINK or tcp:[HOST:]PORT, PORT from 0 (a free one) to 65535"
    )
