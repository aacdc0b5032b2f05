"""A line without queue, ranks and retries: one question, all of what comes back, the next question. For searches on site.

The daemon's bus hears one meter; this hears everybody, and for how long they spoke. It must never know what the bytes mean.
"""

import asyncio
from dataclasses import dataclass

from gateway.adapters.serial_bus.port import (
    Opener,
    PortFault,
    PortSettings,
    PortTrouble,
    Transport,
    open_port,
)
from gateway.adapters.serial_bus.wire import Heard, Wire, abort
from gateway.protocols.driver import Exchange, Listener

ADAPTER_LATENCY_S = 0.05
"""USB polling, an FTDI's 16 ms and a busy loop: what a full wait is longer than the protocol's."""
LONGEST_QUIET_S = 1.0


@dataclass(frozen=True, slots=True)
class Asked:
    """One try. `last_byte_ms`: how long after the question's last byte the line fell silent; None: nothing came."""

    heard: Heard
    last_byte_ms: int | None


class BareLine:
    """One port at one setting (a `wire.Speaker`). `open`, then `ask` one question after the other, then `close`."""

    def __init__(self, settings: PortSettings, opener: Opener = open_port) -> None:
        self.settings = settings
        self._opener = opener
        self._wire: Wire | None = None
        self._transport: Transport | None = None
        self._answer: asyncio.Future[Heard] | None = None

    async def open(self) -> PortTrouble | None:
        """Open the port, or say why not."""
        wire = Wire(asyncio.get_running_loop(), self.settings.seconds_per_byte, self)
        opened = await self._opener(self.settings, wire)
        if isinstance(opened, PortTrouble):
            return opened
        self._wire, self._transport = wire, opened
        await wire.made
        return None

    async def close(self) -> None:
        """Close without waiting for unsent bytes."""
        wire, transport = self._wire, self._transport
        self._wire = self._transport = None
        if transport is not None and wire is not None:
            await abort(transport, wire)

    async def ask(self, exchange: Exchange, listener: Listener, latency_s: float) -> Asked | PortTrouble:
        """Ask once and hear it to its end. Raises RuntimeError on a line that is not open."""
        if self._wire is None or self._transport is None:
            raise RuntimeError("open the line first")
        wire, loop = self._wire, asyncio.get_running_loop()
        if (wait_s := wire.quiet_in_s(exchange.silence_before_ms / 1000)) > 0:
            await asyncio.sleep(min(wait_s, LONGEST_QUIET_S))
        if wire.lost_why is not None:
            return self._lost(wire)
        self._answer = loop.create_future()
        sent_by = loop.time() + len(exchange.request) * self.settings.seconds_per_byte
        wire.converse(self._transport, exchange.request, exchange, listener, latency_s)
        heard = await self._answer
        if heard.gone:
            return self._lost(wire)
        silent = not heard.received
        return Asked(heard, None if silent else max(0, round((wire.busy_until - sent_by) * 1000)))

    def _lost(self, wire: Wire) -> PortTrouble:
        return PortTrouble(PortFault.LOST, self.settings.path, wire.lost_why or "closed")

    # ---- the wire's speaker ------------------------------------------------------------------------------------------

    def take_heard(self, heard: Heard) -> None:
        """A try is over."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(heard)

    def note_stray(self, data: bytes) -> None:
        """Bytes came unasked: a late answer, another master. A search asks again where it matters."""

    def note_lost(self) -> None:
        """The port went away; the try under way has been told by `take_heard`."""

    def note_bug(self, error: Exception) -> None:
        """A listener raised: the asker hears of it."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
