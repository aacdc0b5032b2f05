"""The technician's end of the control socket. Blocking and small: a command typed on site must start at once."""

import contextlib
import socket
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from gateway.adapters.control_protocol import MAX_LINE_BYTES, Reply, Request, decode_reply, encode_line
from gateway.adapters.unix_path import short_path


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
        return Unreachable(
            Trouble.TOO_LONG, f"{do}: at most {MAX_LINE_BYTES} bytes can be handed to the daemon."
        )
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout_s)
        try:
            with short_path(path) as address:
                connection.connect(address)
            with contextlib.suppress(BrokenPipeError):  # sent away early: the reason is in the reply
                connection.sendall(line)
            answer = _read_line(connection)
        except TimeoutError:
            return Unreachable(
                Trouble.NO_ANSWER,
                f"The daemon did not answer within {timeout_s:g} s. Look at its log: journalctl -u cardroom-gateway",
            )
        except OSError as error:
            return _unreachable(path, error)
    reply = decode_reply(answer) if answer else None
    if reply is None:
        return Unreachable(
            Trouble.GARBLED,
            f"What answers on {path} is not this version of cardroom-gateway. Restart the daemon.",
        )
    return reply


def _unreachable(path: Path, error: OSError) -> Unreachable:
    if isinstance(error, PermissionError):
        return Unreachable(
            Trouble.NOT_ALLOWED,
            f"You may not open {path}. Use sudo, or join the daemon's group: sudo usermod -aG cardroom $USER",
        )
    return Unreachable(
        Trouble.NOT_RUNNING,
        f"The daemon is not running ({path}: {error.strerror}). Start it: sudo systemctl start cardroom-gateway "
        "(or check that --config names the same file as the daemon's).",
    )


def _read_line(connection: socket.socket) -> bytes:
    answer = bytearray()
    while not answer.endswith(b"\n"):
        part = connection.recv(65_536)
        if not part:
            break
        answer += part
    return bytes(answer)
