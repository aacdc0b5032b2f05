"""The responder as a process beside a bench: started, told to go, asked for its counts, ended."""

import json
import subprocess
import sys
from dataclasses import asdict
from types import TracebackType
from typing import Any

from tests.bench.responder import LineSpec


class MetersProcess:
    """Use it in a `with`; `ports` are the lines' devices in the order of the specs."""

    def __init__(self, specs: list[LineSpec]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.responder"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.ports: list[str] = self._order([asdict(spec) for spec in specs])

    def _order(self, order: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def go(self) -> dict[str, Any]:
        """Start the loads' clock."""
        counts: dict[str, Any] = self._order({"do": "go"})
        return counts

    def count(self) -> dict[str, Any]:
        """What was said and done so far."""
        counts: dict[str, Any] = self._order({"do": "count"})
        return counts

    def __enter__(self) -> "MetersProcess":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()


def share_of_wire(before: dict[str, Any], after: dict[str, Any]) -> float:
    """Of the time that passed on all lines, the part in which bytes or a meter's turn-round filled the wire."""
    passed_s = after["at_s"] - before["at_s"]
    said_s = sum(b["wire_s"] - a["wire_s"] for a, b in zip(before["lines"], after["lines"], strict=True))
    return float(said_s / passed_s / len(after["lines"]))


def exchanges(before: dict[str, Any], after: dict[str, Any]) -> int:
    """Requests heard between two counts."""
    return sum(b["exchanges"] - a["exchanges"] for a, b in zip(before["lines"], after["lines"], strict=True))
