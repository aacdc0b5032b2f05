"""The technician's end of the control socket. Blocking and small: a command typed on site must start at once."""

import contextlib
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from gateway.adapters.control_protocol import MAX_LINE_BYTES, Reply, Request, decode_reply, encode_line
from gateway.adapters.unix_path import short_path
from gateway.words import say


class Trouble(StrEnum):
    """Why the daemon could not be asked."""

    NOT_RUNNING = "not-running"
    NOT_ALLOWED = "not-allowed"
    NO_ANSWER = "no-answer"
    TOO_LONG = "too-long"
    GARBLED = "garbled"


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The daemon could not be asked; `message` says what to do."""

    trouble: Trouble
    message: str


def ask(
    path: Path, do: str, arguments: dict[str, str | int | bool] | None = None, timeout_s: float = 65.0
) -> Reply | Unreachable:
    """Send one order to the daemon behind this socket and wait for its answer."""
    line = encode_line(Request(do, arguments or {}))
    if len(line) >= MAX_LINE_BYTES:
        message = say("{do}: at most {most} bytes can be handed to the daemon.", do=do, most=MAX_LINE_BYTES)
        return Unreachable(Trouble.TOO_LONG, message)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout_s)
        try:
            with short_path(path) as address:
                connection.connect(address)
            with contextlib.suppress(BrokenPipeError):  # sent away early: the reason is in the reply
                connection.sendall(line)
            answer = _read_line(connection)
        except TimeoutError:
            return _no_answer(timeout_s)
        except OSError as error:
            return _unreachable(path, error)
    reply = decode_reply(answer) if answer else None
    if reply is None:
        return _garbled(path)
    return reply


def listen(
    path: Path, do: str, arguments: dict[str, str | int | bool] | None = None, timeout_s: float = 10.0
) -> Iterator[Reply | Unreachable]:
    """Send one order and give each part of its answer as it comes, until the daemon ends it; leaving is done by not asking on.

    A part comes at least every few seconds. What can't be asked, or breaks off, is the last part.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout_s)
        try:
            with short_path(path) as address:
                connection.connect(address)
            connection.sendall(encode_line(Request(do, arguments or {})))
            with connection.makefile("rb") as lines:
                yield from _parts(path, lines)
        except TimeoutError:
            yield _no_answer(timeout_s)
        except OSError as error:
            yield _unreachable(path, error)


def _parts(path: Path, lines: Iterable[bytes]) -> Iterator[Reply | Unreachable]:
    for line in lines:
        reply = decode_reply(line)
        yield _garbled(path) if reply is None else reply
        if reply is None or reply.refusal is not None:
            return


def _unreachable(path: Path, error: OSError) -> Unreachable:
    if isinstance(error, PermissionError):
        return Unreachable(
            Trouble.NOT_ALLOWED,
            say(
                "You may not open {path}. Use sudo, or join the daemon's group: sudo usermod -aG cardroom $USER",
                path=path,
            ),
        )
    return Unreachable(
        Trouble.NOT_RUNNING,
        say(
            "The daemon is not running ({path}: {why}). Start it: sudo systemctl start cardroom-gateway "
            "(or check that --config names the same file as the daemon's).",
            path=path,
            why=error.strerror,
        ),
    )


def _no_answer(timeout_s: float) -> Unreachable:
    message = say(
        "The daemon did not answer within {seconds} s. Look at its log: journalctl -u cardroom-gateway",
        seconds=f"{timeout_s:g}",
    )
    return Unreachable(Trouble.NO_ANSWER, message)


def _garbled(path: Path) -> Unreachable:
    message = say(
        "What answers on {path} is not this version of cardroom-gateway. Restart the daemon.", path=path
    )
    return Unreachable(Trouble.GARBLED, message)


def _read_line(connection: socket.socket) -> bytes:
    answer = bytearray()
    while not answer.endswith(b"\n"):
        part = connection.recv(65_536)
        if not part:
            break
        answer += part
    return bytes(answer)
