"""The serial line's adapter: one owner per RS-485 line on pyserial-asyncio.

`port` opens the device, `wire` does one try, `bus` owns the queue, `health` paces silent meters, `diagnosis` names garbled lines.
"""

from gateway.adapters.serial_bus.bus import SerialBus, open_line
from gateway.adapters.serial_bus.port import (
    Opener,
    PortFault,
    PortSettings,
    PortTrouble,
    Transport,
    open_port,
)

__all__ = [
    "Opener",
    "PortFault",
    "PortSettings",
    "PortTrouble",
    "SerialBus",
    "Transport",
    "open_line",
    "open_port",
]
