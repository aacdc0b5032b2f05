"""Central's end of the link as a test sees it: a plain paho client that collects what arrives."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from gateway.contract.topics import all_gateways


class Listener:
    """Collects (leaf, payload, retained) of every gateway; `until` waits for what a test expects."""

    def __init__(self, client: Client, loop: asyncio.AbstractEventLoop) -> None:
        self.client = client
        self.messages: list[tuple[str, bytes, bool]] = []
        self._loop = loop
        self._changed = asyncio.Event()

    def arrived(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        row = (message.topic.rpartition("/")[2], message.payload, message.retain)
        self._loop.call_soon_threadsafe(self._add, row)

    def _add(self, row: tuple[str, bytes, bool]) -> None:
        self.messages.append(row)
        self._changed.set()

    def of(self, leaf: str) -> list[bytes]:
        return [payload for name, payload, _ in self.messages if name == leaf]

    async def until(self, true: Callable[["Listener"], bool], within_s: float = 60) -> None:
        async with asyncio.timeout(within_s):
            while not true(self):
                self._changed.clear()
                await self._changed.wait()


@contextlib.asynccontextmanager
async def listen(port: int) -> AsyncIterator[Listener]:
    """Subscribe to everything of all gateways."""
    loop = asyncio.get_running_loop()
    client = Client(CallbackAPIVersion.VERSION2, clean_session=True)
    client.reconnect_delay_set(1, 1)
    listener = Listener(client, loop)
    subscribed = asyncio.Event()
    client.on_message = listener.arrived
    client.on_connect = lambda *_: client.subscribe(all_gateways("#").replace("+/#", "#"), 1)
    client.on_subscribe = lambda *_: loop.call_soon_threadsafe(subscribed.set)
    await asyncio.to_thread(client.connect, "127.0.0.1", port)
    client.loop_start()
    await asyncio.wait_for(subscribed.wait(), 60)
    try:
        yield listener
    finally:
        client.disconnect()
        await asyncio.to_thread(client.loop_stop)
