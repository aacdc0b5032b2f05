"""Which row of models/*.toml a Modbus meter is: the one whose registers show a mains voltage and frequency. Decides, asks nothing.

No Modbus meter of this class says what it is. A row is believed when every phase it has shows a voltage of the mains, and the
frequency too where the row has it; a three-phase row that fits says more than a single-phase one that fits the same bytes.
"""

from collections.abc import Iterable
from dataclasses import replace

from gateway.protocols.driver import Item, Values
from gateway.protocols.models import ModelRow

VOLTAGE_MV = range(90_000, 300_001)
FREQUENCY_MHZ = range(45_000, 65_001)


def phase_rows(row: ModelRow) -> list[ModelRow]:
    """Give a row for each phase whose voltage it has, so that each is judged by itself."""
    voltage = row.registers.get(Item.VOLTAGE)
    if voltage is None:
        return []
    step = voltage.registers // voltage.count
    return [
        replace(
            row,
            registers={
                **row.registers,
                Item.VOLTAGE: replace(voltage, address=voltage.address + step * phase, count=1),
            },
        )
        for phase in range(voltage.count)
    ]


def fits(voltages: Iterable[Values | None], frequency: Values | None, row: ModelRow) -> int:
    """Say how much speaks for a row; 0: it is not this meter."""
    shown = list(voltages)
    if not shown or any(one is None or one.voltage_mv not in VOLTAGE_MV for one in shown):
        return 0
    if Item.FREQUENCY in row.items:
        if frequency is None or frequency.frequency_mhz not in FREQUENCY_MHZ:
            return 0
        return len(shown) + 1
    return len(shown)
