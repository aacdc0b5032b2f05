"""The daemon's log as systemd keeps it: `journalctl -o json` of one unit, line by line. Knows nothing of what the lines mean."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

UNIT = "cardroom-gateway"
PROGRAM = "journalctl"
LEVELS = {0: "error", 1: "error", 2: "error", 3: "error", 4: "warning", 5: "info", 6: "info", 7: "debug"}
"""syslog's numbers, for lines that are systemd's own."""


@dataclass(frozen=True, slots=True)
class NoJournal:
    """The journal can't be read: there is no journalctl (`why` empty), or it said why not."""

    why: str = ""


def journal_lines(
    since_s: int, *, newest: int | None = None, follow: bool = False
) -> Iterator[dict[str, Any]] | NoJournal:
    """Give the unit's entries since so many seconds ago, oldest first. `newest`: at most so many of them."""
    program = shutil.which(PROGRAM)
    if program is None:
        return NoJournal()
    words = [program, "--unit", UNIT, "--output", "json", "--no-pager", f"--since=-{since_s}s"]
    words += [f"--lines={newest}"] if newest else []
    words += ["--follow"] if follow else []
    if follow:
        return _following(words)
    try:
        told = subprocess.run(  # noqa: S603  (a fixed program and fixed words)
            words, capture_output=True, text=True, check=False, timeout=60, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return NoJournal(str(error))
    if not told.stdout.lstrip().startswith("{") and (told.returncode != 0 or told.stderr.strip()):
        return NoJournal(told.stderr.strip() or f"exit {told.returncode}")
    return _entries(told.stdout.splitlines())


def _following(words: list[str]) -> Iterator[dict[str, Any]]:
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, errors="replace") as process:  # noqa: S603
        assert process.stdout is not None
        try:
            yield from _entries(process.stdout)
        finally:
            process.terminate()


def _entries(lines: Iterator[str] | list[str] | Any) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            yield entry


def message_of(entry: dict[str, Any]) -> str:
    """Give an entry's text; journald gives bytes as numbers where it is no UTF-8."""
    message = entry.get("MESSAGE", "")
    if isinstance(message, list):
        return bytes(number for number in message if isinstance(number, int) and 0 <= number < 256).decode(
            errors="replace"
        )
    return str(message)
