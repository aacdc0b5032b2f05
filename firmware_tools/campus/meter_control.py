"""Speaks to the virtual meters' control socket: what is true now, what changed, what shall change (docs/virtual-meter.md)."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

State = dict[str, Any]


class MeterControl:
    """One connection for orders. Orders are answered one after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._turn = asyncio.Lock()

    @classmethod
    async def connect(cls, path: Path) -> "MeterControl":
        """Connect to the virtual meters' socket. Raises OSError."""
        return cls(*await asyncio.open_unix_connection(_reachable(path)))

    async def order(self, order: Mapping[str, object]) -> State:
        """Send one order and give its answer. Raises ValueError with the reason when it is refused."""
        async with self._turn:
            self._writer.write(json.dumps(order).encode() + b"\n")
            answer: State = json.loads(await self._reader.readline())
        if not answer.get("ok"):
            raise ValueError(str(answer.get("error")))
        return answer

    async def state(self, meter: str) -> State:
        """What is true of one meter now."""
        return await self.order({"meter": meter, "get": True})

    async def states(self) -> dict[str, State]:
        """What is true of all meters now."""
        answer = await self.order({"meter": "*", "get": True})
        return {state["meter"]: state for state in answer["meters"]}

    async def set_load(self, meter: str, load: str) -> None:
        """Change what a room uses from now on."""
        await self.order({"meter": meter, "set": {"load": load}})

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


async def meter_events(path: Path) -> AsyncIterator[State]:
    """Everything that happens to any meter, as it happens."""
    reader, writer = await asyncio.open_unix_connection(_reachable(path))
    try:
        writer.write(b'{"subscribe": true}\n')
        await reader.readline()
        while line := await reader.readline():
            yield json.loads(line)
    finally:
        writer.close()


def _reachable(path: Path) -> str:
    """A socket's address holds 107 bytes: a path inside a deep folder is named from here."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
