"""How a command answers: its exit codes, and the one JSON object of `--json`. It knows nothing of what is answered."""

import json
from typing import Any

OK, FAILED, USAGE = 0, 1, 2
"""Done or good; asked and not done, or a fault found; the question makes no sense. 3, no daemon runs, is daemon.NOT_RUNNING."""


def print_json(document: Any) -> None:
    """Print one document on one line."""
    print(json.dumps(document, ensure_ascii=False))
