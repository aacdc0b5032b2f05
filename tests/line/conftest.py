"""A line of ptys for each test; and time that stands still while the machine does, for tests that live by milliseconds."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest

from gateway.adapters.serial_bus import SerialBus, open_line
from tests.line.pty_line import PtyLine
from tests.virtual_time import PatientLoop

BY_THE_CLOCK = {"test_port.py", "test_bus_on_peers.py", "test_find_command.py", "test_read_and_relay.py"}
"""Their far ends are processes, sockets and threads of others, whose time nobody can hold."""


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


@pytest.hookimpl
def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Give the tests of this folder a loop that a busy machine can't hurry."""
    return {"loop": asyncio.SelectorEventLoop if item.path.name in BY_THE_CLOCK else PatientLoop}
