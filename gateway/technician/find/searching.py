"""Search the given ports side by side and tell what happens, event by event."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

from gateway.adapters.model_files import read_models
from gateway.adapters.serial_bus import Opener, open_port
from gateway.adapters.system_clock import RealTime
from gateway.protocols.models import ModelRow
from gateway.technician.find.found import Event, FindState
from gateway.technician.find.plan import Plan
from gateway.technician.find.port_search import PortSearch

MS_PER_MINUTE = 60_000


async def find(
    ports: Sequence[str],
    state: FindState,
    plan: Plan | None = None,
    *,
    models: Mapping[str, ModelRow] | None = None,
    opener: Opener = open_port,
) -> AsyncIterator[Event]:
    """Search and tell; `state` is changed as the search goes on, so whoever keeps it after an event loses nothing.

    Close the generator (or cancel its task) to stop: the ports are closed, and the same call with this state goes on where it
    stopped. Raises BrokenModels where the shipped meter models can't be used.
    """
    plan = plan or Plan()
    rows = read_models() if models is None else models
    events: asyncio.Queue[Event | None] = asyncio.Queue()
    clock, ahead_ms = RealTime(), plan.utc_offset_min * MS_PER_MINUTE

    async def search(port: str) -> None:
        one = PortSearch(
            port, state, plan, rows, lambda: clock.wall_ms() + ahead_ms, events.put_nowait, opener
        )
        try:
            await one.run()
        finally:
            events.put_nowait(None)

    tasks = [asyncio.create_task(search(port), name=f"find {port}") for port in dict.fromkeys(ports)]
    running = len(tasks)
    try:
        while running:
            event = await events.get()
            if event is None:
                running -= 1
            else:
                yield event
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
