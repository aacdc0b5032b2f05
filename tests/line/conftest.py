"""A line of ptys for each test."""

from collections.abc import AsyncIterator

import pytest

from gateway.adapters.serial_bus import SerialBus, open_line
from tests.line.pty_line import PtyLine


@pytest.fixture
async def far_end() -> AsyncIterator[PtyLine]:
    line = PtyLine()
    yield line
    line.unplug()


@pytest.fixture
async def bus(far_end: PtyLine) -> AsyncIterator[SerialBus]:
    bus = open_line("north", far_end.path, 9600, "E", latency_s=0.02)
    bus.start()
    yield bus
    await bus.close()
