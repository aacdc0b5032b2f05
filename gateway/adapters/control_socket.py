"""The daemon's control socket: technicians' orders, one JSON line each way, on a unix socket that only root and the group may open.

It knows who asked (the kernel says so) and how much may be asked at once. It never knows what an order does: app gives it a
dispatch table. Whatever a client sends, or leaves unsent, costs that client its connection and nobody else anything.
"""

import asyncio
import contextlib
import os
import pwd
import socket
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import structlog

from gateway.adapters.control_protocol import (
    MAX_LINE_BYTES,
    ControlRefusal,
    Reply,
    decode_request,
    encode_line,
)
from gateway.adapters.unix_path import short_path
from gateway.words import WordedError, mark

MODE = 0o660
MAX_CLIENTS = 16
REQUEST_TIMEOUT_S = 10.0
"""A client that connects and says nothing is sent away."""
ORDER_TIMEOUT_S = 60.0

log = structlog.get_logger("control")


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked, and by whom: `by` is the login name that the kernel vouches for, not what the client claims."""

    do: str
    arguments: Mapping[str, str | int | bool]
    by: str

    def text(self, name: str) -> str:
        """One argument as text. Raises Unable when it is missing: the client learns which."""
        value = self.arguments.get(name)
        if not isinstance(value, str) or not value:
            raise Unable(mark("{do} needs {name} as text"), do=self.do, name=repr(name))
        return value

    def number(self, name: str) -> int:
        """One argument as a whole number. Raises Unable when it is missing or something else."""
        value = self.arguments.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise Unable(mark("{do} needs {name} as a whole number"), do=self.do, name=repr(name))
        return value


class Unable(WordedError):
    """Raised by a handler that can't do what was asked; the command says it in its reader's language.

    `about`: names and stable words that stand before the sentence.
    """

    def __init__(self, text: str, about: str = "", **facts: object) -> None:
        super().__init__(text, **facts)
        self.about = about

    def __str__(self) -> str:
        return f"{self.about}: {super().__str__()}" if self.about else super().__str__()


class AlreadyRunning(Exception):
    """Another daemon answers on this socket."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A reply without an end of its own: each part goes as a line of its own until the client leaves or the parts end.

    A part must come at least every few seconds, be it empty: only a line that can't be sent tells that nobody listens any more.
    """

    parts: AsyncGenerator[object, None]


Handler = Callable[[Order], Awaitable[object]]
"""Does one order; what it returns (structs, dicts, lists) is encoded as the reply's result. A `Stream` is sent part by part."""


class ControlServer:
    """Serves a dispatch table on a unix socket."""

    def __init__(self, path: Path, handlers: Mapping[str, Handler]) -> None:
        self._path = path
        self._handlers = handlers
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen. Raises AlreadyRunning when a daemon answers there, OSError when the folder can't take a socket."""
        with short_path(self._path) as address:
            if _answers(address):
                raise AlreadyRunning(f"another cardroom-gateway answers on {self._path}; stop it first")
            self._path.unlink(missing_ok=True)
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listener.bind(address)
        # Between bind and listen nobody can connect: the mode is right before the first client.
        os.chmod(self._path, MODE)
        self._server = await asyncio.start_unix_server(self._serve, sock=listener, limit=MAX_LINE_BYTES)

    async def stop(self) -> None:
        """Send the clients away and remove the socket."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        for client in list(self._clients):
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        try:
            if self._server is None:
                return  # accepted while the daemon stopped
            reply = await self._answer(reader, _peer_name(writer))
            if isinstance(reply, Stream):
                await _send_parts(writer, reply)
            elif reply is not None:
                await _send(writer, reply)
        except (OSError, TimeoutError, asyncio.CancelledError):
            pass  # A client that went away or the daemon's own stop: nobody is left to tell.
        finally:
            self._clients.discard(task)
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, by: str) -> Reply | Stream | None:
        if len(self._clients) > MAX_CLIENTS:
            return _refused(ControlRefusal.BUSY, Unable(mark("too many technicians at once; try again")))
        try:
            line = await asyncio.wait_for(reader.readuntil(b"\n"), REQUEST_TIMEOUT_S)
        except asyncio.LimitOverrunError:
            long = Unable(mark("an order has at most {most} bytes"), most=MAX_LINE_BYTES)
            return _refused(ControlRefusal.TOO_LONG, long)
        except (asyncio.IncompleteReadError, TimeoutError):
            return None
        request = decode_request(line)
        if request is None:
            return _refused(ControlRefusal.MALFORMED, Unable(mark("not an order of this protocol")))
        return await self._perform(Order(request.do, request.arguments, by))

    async def _perform(self, order: Order) -> Reply | Stream:
        handler = self._handlers.get(order.do)
        if handler is None:
            known = ", ".join(sorted(self._handlers))
            unknown = Unable(mark("{do} is not one of: {known}"), do=repr(order.do), known=known)
            return _refused(ControlRefusal.UNKNOWN_ORDER, unknown)
        try:
            result = await asyncio.wait_for(handler(order), ORDER_TIMEOUT_S)
        except Unable as error:
            return _refused(ControlRefusal.REFUSED, error)
        except TimeoutError:
            slow = mark("{do} took longer than {seconds} s; see `cardroom-gateway status`")
            late = Unable(slow, do=order.do, seconds=f"{ORDER_TIMEOUT_S:.0f}")
            return _refused(ControlRefusal.FAILED, late)
        except Exception:
            # A bug in one order must not take the building's meters down with it; the log has the trace.
            log.exception("order-failed", do=order.do, by=order.by)
            bug = mark("{do} failed inside the daemon; its log says why (journalctl -u cardroom-gateway)")
            return _refused(ControlRefusal.FAILED, Unable(bug, do=order.do))
        return result if isinstance(result, Stream) else _done(result)


def _refused(refusal: ControlRefusal, why: Unable) -> Reply:
    facts = {name: str(fact) for name, fact in why.facts.items()}
    return Reply(refusal=refusal, message=str(why), about=why.about, text=why.text, facts=facts)


def _done(result: object) -> Reply:
    return Reply(result=msgspec.Raw(msgspec.json.encode(result)))


async def _send(writer: asyncio.StreamWriter, reply: Reply) -> None:
    writer.write(encode_line(reply))
    await asyncio.wait_for(writer.drain(), REQUEST_TIMEOUT_S)


async def _send_parts(writer: asyncio.StreamWriter, stream: Stream) -> None:
    """Send until the parts end; their generator is closed here, whoever left first."""
    async with contextlib.aclosing(stream.parts) as parts:
        try:
            async for part in parts:
                await _send(writer, _done(part))
        except (OSError, TimeoutError):
            raise
        except Exception:
            log.exception("stream-failed")


def _answers(address: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(address)
        except OSError:
            return False
        return True


def _peer_name(writer: asyncio.StreamWriter) -> str:
    credentials = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    _pid, uid, _gid = struct.unpack("3i", credentials)
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid-{uid}"
