"""One way to log: events with fields. JSON lines for journald and files, plain text on a terminal. Never a secret.

Rule: a log line says what happened (`event`), to whom (ids), and how much (numbers with units in their names). Bytes are shown as
their length, exceptions as a trace without local variables: variables hold keys.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import msgspec
import structlog

Event = MutableMapping[str, Any]

SECRET_WORDS = ("password", "secret", "private", "token", "signature", "seed")
HIDDEN = "***"
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class PresentStderr:
    """Standard error as it is when a line is written: loggers live on where it is exchanged, as the tests do for each command."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()

    def isatty(self) -> bool:
        return sys.stderr.isatty()


Stream = TextIO | PresentStderr


def configure_log(level: str = "info", form: str = "auto", stream: Stream | None = None) -> None:
    """Set up logging once per process. `form`: `json`, `human`, or `auto` (human on a terminal)."""
    stream = stream or PresentStderr()
    human = is_for_people(form, stream)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _name_logger,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            hide_secrets,
            *(_human(stream) if human else _json()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=lambda *names: _NamedPrinter(stream, names[0] if names else ""),
        cache_logger_on_first_use=True,
    )


def is_for_people(form: str, stream: Stream | None = None) -> bool:
    """Say whether lines go to a terminal, not to a program that reads JSON."""
    return form == "human" or (form == "auto" and (stream or sys.stderr).isatty())


def hide_secrets(_logger: object, _method: str, event: Event) -> Event:
    """Blank what is named like a secret; show bytes as their length."""
    for name, value in event.items():
        if any(word in name.lower() for word in SECRET_WORDS):
            event[name] = HIDDEN
        elif isinstance(value, bytes | bytearray | memoryview):
            event[name] = f"<{len(value)} bytes>"
    return event


class _NamedPrinter(structlog.PrintLogger):
    """Writes lines; remembers which part of the daemon speaks."""

    def __init__(self, stream: Stream, name: str) -> None:
        super().__init__(stream)  # type: ignore[arg-type]
        self.name = name


def _name_logger(logger: _NamedPrinter, _method: str, event: Event) -> Event:
    if logger.name:
        event.setdefault("part", logger.name)
    return event


def _json() -> list[Any]:
    encode = msgspec.json.Encoder(enc_hook=repr).encode
    return [
        structlog.processors.ExceptionRenderer(),
        structlog.processors.JSONRenderer(serializer=lambda event, **_: encode(event).decode()),
    ]


def _human(stream: Stream) -> list[Any]:
    return [
        structlog.dev.ConsoleRenderer(
            colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    ]
