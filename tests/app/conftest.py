"""A broker for the daemon: Mosquitto where it is, else amqtt. What the link itself does is tested on both, in tests/uplink."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest

from tests.app.station import Central, Station, central_for, station_in
from tests.brokers import MOSQUITTO, start_amqtt, start_mosquitto
from tests.free_ports import free_port
from tests.virtual_time import PatientLoop

IN_ONE_PROCESS = {"test_doctor_lines.py"}


@pytest.hookimpl
def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Give a loop that a busy machine can't hurry where nothing runs beside it; a daemon's time is the world's."""
    return {"loop": PatientLoop if item.path.name in IN_ONE_PROCESS else asyncio.SelectorEventLoop}


@pytest.fixture
async def broker_port(tmp_path: Path) -> AsyncIterator[int]:
    port = free_port()
    if MOSQUITTO is None:
        async with start_amqtt(port):
            yield port
    else:
        folder = tmp_path / "broker"
        folder.mkdir()
        with start_mosquitto(folder, port):
            yield port


@pytest.fixture
async def station(tmp_path: Path, broker_port: int) -> AsyncIterator[Station]:
    async with station_in(tmp_path, broker_port) as station:
        yield station


@pytest.fixture
async def central(station: Station, broker_port: int) -> AsyncIterator[Central]:
    async with central_for(station, broker_port) as central:
        yield central
