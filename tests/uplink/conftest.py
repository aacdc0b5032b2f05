"""The uplink's tests run on both brokers: what only one of them does is no protocol."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.brokers import start_amqtt, start_mosquitto
from tests.free_ports import free_port


@pytest.fixture(params=["mosquitto", "amqtt"])
async def broker_port(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[int]:
    """A running broker's port."""
    port = free_port()
    if request.param == "mosquitto":
        with start_mosquitto(tmp_path, port):
            yield port
    else:
        async with start_amqtt(port):
            yield port
