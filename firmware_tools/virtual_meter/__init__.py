"""The virtual meter: DL/T 645-2007 and Modbus meters on a pseudo-terminal or TCP port, written from the standard.

It imports nothing of the gateway, so that each checks the other. In a test:

    meter = VirtualMeter(MeterSpec(name="r1", address="1", load="500W"), clock.now_ms())
    line = VirtualLine([meter], PtyEndpoint(), clock, baud=9600)
    await line.start()          # then open line.address
"""

from firmware_tools.virtual_meter.endpoint import PtyEndpoint, TcpEndpoint
from firmware_tools.virtual_meter.faults import LineFaults
from firmware_tools.virtual_meter.line import VirtualLine
from firmware_tools.virtual_meter.meter import MeterEvent, VirtualMeter
from firmware_tools.virtual_meter.meter_spec import MeterSpec
from firmware_tools.virtual_meter.relay import Fault
from firmware_tools.virtual_meter.wall_clock import ManualClock, WallClock

__all__ = [
    "Fault",
    "LineFaults",
    "ManualClock",
    "MeterEvent",
    "MeterSpec",
    "PtyEndpoint",
    "TcpEndpoint",
    "VirtualLine",
    "VirtualMeter",
    "WallClock",
]
