"""A line to one virtual module without a wire: time is a number, speeds must agree, the flasher can be killed at any request."""

import random

from firmware_tools.devices.modbus_port import FIRST_BYTE_MS, Refused, Reply, Said
from firmware_tools.line.serial_line import LineGone, Silence
from firmware_tools.virtual_meter.modbus_wire import ModbusRequest
from firmware_tools.virtual_module.line import FACTORY_BAUD, Powered
from firmware_tools.virtual_module.module import EXCEPTION_BIT

MS_PER_BYTE = 1


class FlasherKilled(BaseException):
    """As KeyboardInterrupt and kill -9: nothing of the flasher's goes on."""


class SimulatedPort:
    """A `ModbusPort` to the module `powered` at `unit`; `baud` is the application's own speed."""

    def __init__(
        self, powered: Powered, unit: int, baud: int = 19_200, loss: float = 0.0, seed: str = ""
    ) -> None:
        self.at_ms = 0
        self.requests = 0
        self.kill_at: tuple[int, bool] | None = None
        """(request, after the module has acted) at which the flasher dies."""
        self._powered = powered
        self._unit = unit
        self._baud = baud
        self._speed = (baud, "N", 1)
        self._loss = loss
        self._dice = random.Random(seed)

    @property
    def speed(self) -> tuple[int, str, int]:
        return self._speed

    def use(self, baud: int, parity: str, stop_bits: int) -> LineGone | None:
        self._speed = (baud, parity, stop_bits)
        return None

    def now_ms(self) -> int:
        return self.at_ms

    def pause_ms(self, duration_ms: int) -> None:
        self.at_ms += duration_ms

    def ask(self, unit: int, function: int, body: bytes, timeout_ms: int = FIRST_BYTE_MS) -> Reply:
        self.requests += 1
        dies, after = self.kill_at or (0, False)
        if dies == self.requests and not after:
            raise FlasherKilled
        reply = self._answer(unit, function, body, timeout_ms)
        if dies == self.requests:
            raise FlasherKilled
        return reply

    def _answer(self, unit: int, function: int, body: bytes, timeout_ms: int) -> Reply:
        self.at_ms += MS_PER_BYTE * len(body)
        own = FACTORY_BAUD if self._powered.module.factory_line else self._baud
        if unit != self._unit or own != self._speed[0]:
            self.at_ms += timeout_ms
            return Silence()
        reply = self._powered.answer(ModbusRequest(unit, function, body), self.at_ms)
        if reply is None or reply.after_ms > timeout_ms or self._dice.random() < self._loss:
            self.at_ms += timeout_ms
            return Silence()
        self.at_ms += reply.after_ms + MS_PER_BYTE * len(reply.body)
        return Refused(reply.body[0]) if reply.function & EXCEPTION_BIT else Said(reply.body)
