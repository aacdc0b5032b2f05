"""Virtual modules on one line: paced like a wire, with faults on it, and power that comes back after a cut."""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass

from firmware_tools.virtual_meter.endpoint import Endpoint
from firmware_tools.virtual_meter.modbus_wire import ModbusReceiver, ModbusRequest, build
from firmware_tools.virtual_module.flash_memory import Flash, Power, PowerCut
from firmware_tools.virtual_module.module import DATA, WRITE_MANY, Module, ModuleSpec, Reply

FACTORY_BAUD = 9600
BITS_PER_BYTE = 11
TURN_ROUND_MS = 4


@dataclass
class WireFaults:
    """What goes wrong, as chances per exchange."""

    lose: float = 0.0
    """The module acts, its reply is lost."""
    deaf: float = 0.0
    """The request never reaches it."""
    flip: float = 0.0
    """One bit of the reply is wrong."""
    refuse_at: int | None = None
    """This data block is always answered by exception 01."""


class Powered:
    """A module with its supply: cut, it is silent for `off_ms`, and another Module starts on the same flash."""

    def __init__(self, spec: ModuleSpec, flash: Flash, off_ms: int = 500) -> None:
        self.spec = spec
        self.flash = flash
        self.module: Module = Module(spec, flash)
        self.cuts = 0
        self.runs: list[bytes] = list(self.module.runs)
        """Everything that ever ran in it."""
        self._off_ms = off_ms
        self._off_until_ms = 0

    def answer(self, request: ModbusRequest, at_ms: int) -> Reply | None:
        """Answer as the module does; None without power."""
        if at_ms < self._off_until_ms:
            return None
        module, known = self.module, len(self.module.runs)
        try:
            reply = module.answer(request.function, request.body, at_ms)
        except PowerCut:
            reply = None
            self.cuts += 1
            self._off_until_ms = at_ms + self._off_ms
            self.flash.power = Power()
            self.module = Module(self.spec, self.flash)
        self.runs += module.runs[known:]
        if self.module is not module:
            self.runs += self.module.runs
        return reply


class ModuleLine:
    """Modules by unit on one endpoint. `await start()`, `await stop()`."""

    def __init__(
        self,
        modules: Mapping[int, Powered],
        endpoint: Endpoint,
        *,
        baud: int = FACTORY_BAUD,
        paced: bool = True,
        faults: WireFaults | None = None,
        seed: str = "",
    ) -> None:
        self.modules = dict(modules)
        self.faults = faults or WireFaults()
        self.requests = 0
        self._endpoint = endpoint
        self._baud = baud
        self._paced = paced
        self._dice = random.Random(f"modules:{seed}")  # noqa: S311 - faults must be repeatable
        self._receiver = ModbusReceiver()
        self._heard_until_s = 0.0

    async def start(self) -> None:
        """Plug in."""
        await self._endpoint.plug(self._receive)

    async def stop(self) -> None:
        """Unplug."""
        await self._endpoint.unplug()

    @property
    def address(self) -> str:
        """What a master opens."""
        return self._endpoint.address()

    def _receive(self, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        start_s = max(loop.time(), self._heard_until_s)
        if loop.time() - self._heard_until_s > self._receiver.silence_s:
            self._receiver.forget()
        self._heard_until_s = start_s + self._wire_s(len(data))
        for request, _ in self._receiver.feed(data):
            loop.call_at(self._heard_until_s, self._serve, request)

    def _serve(self, request: ModbusRequest) -> None:
        self.requests += 1
        powered = self.modules.get(request.unit)
        if powered is None or self._dice.random() < self.faults.deaf or not self._hears(powered):
            return
        if self._refuses(request):
            reply: Reply | None = Reply(request.function | 0x80, b"\x01")
        else:
            reply = powered.answer(request, round(asyncio.get_running_loop().time() * 1000))
        if reply is None or self._dice.random() < self.faults.lose:
            return
        raw = self._flipped(build(request.unit, reply.function, reply.body))
        wait_s = (reply.after_ms + TURN_ROUND_MS) / 1000 + self._wire_s(len(raw))
        asyncio.get_running_loop().call_later(wait_s, self._endpoint.send, raw)

    def _refuses(self, request: ModbusRequest) -> bool:
        at = self.faults.refuse_at
        if at is None or request.function != WRITE_MANY or request.body[:2] != DATA.to_bytes(2, "big"):
            return False
        return request.body[5:9] == at.to_bytes(4, "big")

    def _hears(self, powered: Powered) -> bool:
        """A pty shows the speed that the master has set: a module hears only its own."""
        master = self._endpoint.master_baud()
        own = FACTORY_BAUD if powered.module.factory_line else self._baud
        return master is None or master == own

    def _flipped(self, raw: bytes) -> bytes:
        if self._dice.random() >= self.faults.flip:
            return raw
        at = self._dice.randrange(len(raw))
        return raw[:at] + bytes([raw[at] ^ 1 << self._dice.randrange(8)]) + raw[at + 1 :]

    def _wire_s(self, count: int) -> float:
        return count * BITS_PER_BYTE / self._baud if self._paced else 0.0
