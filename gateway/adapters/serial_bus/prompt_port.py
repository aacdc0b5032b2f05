"""pyserial's port and transport as a polling loop needs them: no ending that blocks, no turn of the loop lost on a write.

* closing calls `tcdrain`, which can hang for ever (pyserial #625), and a TCP port sleeps 0.3 s: what is unsent is thrown away first
  and the closing itself is done in a thread;
* a device's `read` asks select() what the event loop has just told, and its `write` spins while the kernel's buffer is full: both
  go straight to the descriptor;
* the library's transport writes only when the loop comes round again, after registering and unregistering for it: a request that
  the port takes at once is sent at once.
"""

import asyncio
import os
import termios
from typing import Any

import serial
import serial_asyncio

PORT_ERRORS = (OSError, termios.error)
"""termios.error is no OSError; pyserial's own exception is one."""


class PromptPort:
    """An opened port, as the transport uses it."""

    def __init__(self, port: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._port = port
        self._loop = loop
        self._descriptor: int = port.fileno()
        self._closing: asyncio.Future[None] | None = None
        is_device = isinstance(port, serial.Serial)
        self.read = self._read if is_device else port.read
        self.write = self._write if is_device else port.write
        self.fileno = port.fileno
        self.timeout = 0.0
        self.write_timeout = 0.0

    def _read(self, size: int) -> bytes:
        """Take what is there. A device that is gone is always ready and has nothing."""
        try:
            data = os.read(self._descriptor, size)
        except (BlockingIOError, InterruptedError):
            return b""
        except OSError as error:
            raise serial.SerialException(f"read failed: {error}") from error
        if not data:
            raise serial.SerialException("the device is ready and has nothing: it is gone")
        return data

    def _write(self, data: bytes) -> int:
        """Send what the kernel takes. Raises BlockingIOError when that is nothing."""
        try:
            return os.write(self._descriptor, data)
        except (BlockingIOError, InterruptedError):
            raise
        except OSError as error:
            raise serial.SerialException(f"write failed: {error}") from error

    def flush(self) -> None:
        """Do nothing: pyserial would wait for the last byte to leave, if need be for ever."""

    def close(self) -> None:
        self._closing = self._loop.run_in_executor(None, discard_and_close, self._port)

    async def wait_closed(self, limit_s: float) -> None:
        """Wait until the thread has closed the port, and let nobody wait for ever for one that hangs."""
        if self._closing is not None:
            await asyncio.wait([self._closing], timeout=limit_s)


def discard_and_close(port: Any) -> None:
    """Close without waiting for unsent bytes. An unplugged device fails here in several ways, all of them meaning closed."""
    try:
        port.reset_output_buffer()
    except PORT_ERRORS:
        pass
    try:
        port.close()
    except PORT_ERRORS:
        pass


class PromptTransport(serial_asyncio.SerialTransport):  # type: ignore[misc]
    """The library's transport, which waits only when the port does not take a request at once."""

    def __init__(self, loop: asyncio.AbstractEventLoop, protocol: asyncio.Protocol, port: PromptPort) -> None:
        super().__init__(loop, protocol, port)
        self.wait_closed = port.wait_closed

    def get_write_buffer_size(self) -> int:
        """Give the bytes that still wait; asked before each request."""
        return sum(map(len, self._write_buffer)) if self._write_buffer else 0

    def write(self, data: bytes) -> None:
        """Send now what can be sent; the rest follows when the port takes it."""
        if self._closing or self._write_buffer:
            super().write(data)
            return
        try:
            sent = self.serial.write(data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except serial.SerialException as error:
            self._fatal_error(error, "write failed")
            return
        if sent < len(data):
            super().write(data[sent:])
