"""What was flashed from this machine: one line of JSON for each attempt, appended, so that somebody can ask later who did what."""

import json
import os
from pathlib import Path

NAME = "history.jsonl"


def note(folder: Path, **facts: str | int | None) -> bool:
    """Append a line; False when it could not be written."""
    line = json.dumps(facts, ensure_ascii=False, sort_keys=True) + "\n"
    try:
        descriptor = os.open(folder / NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(descriptor, line.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError:
        return False
    return True
