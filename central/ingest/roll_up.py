"""What a batch's readings add up to: each meter's newest reading, and its use by the hour. Knows no database.

It runs once for every reading of the campus: one small object for each meter is changed in place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from central.ingest.write_readings import Last
from gateway.contract.facts import ReadingOutcome, ReadingRow

HOUR_MS = 3_600_000
ACCEPTED = (ReadingOutcome.UNCHANGED, ReadingOutcome.ADVANCED, ReadingOutcome.ROLLOVER)
RESTARTS = (ReadingOutcome.FIRST, ReadingOutcome.REPLACED)
Use = dict[tuple[str, int], int]
"""Wh by meter and the beginning of the hour."""


@dataclass(slots=True)
class _Meter:
    """How far a meter's readings have been added up; what no reading asked stays as it was."""

    base_wh: int
    power_w: int | None = None
    current_ma: int | None = None
    relay_closed: bool | None = None
    newest: ReadingRow | None = None

    def take(self, reading: ReadingRow) -> None:
        """Power, current and relay are read every few rounds only."""
        self.newest = reading
        if reading.power_w is not None:
            self.power_w = reading.power_w
        if reading.current_ma is not None:
            self.current_ma = reading.current_ma
        if reading.relay_closed is not None:
            self.relay_closed = reading.relay_closed


def rolled_up(
    gateway_id: str, readings: Sequence[ReadingRow], before: Mapping[str, Last]
) -> tuple[list[Last], Use]:
    """Add up readings in order on top of what was kept `before`; give what is kept now, and the use that is new."""
    meters = {
        name: _Meter(last.register_wh, last.power_w, last.current_ma, last.relay_closed)
        for name, last in before.items()
    }
    use: Use = {}
    for reading in readings:
        meter = meters.get(reading.meter)
        if meter is None:
            meter = meters[reading.meter] = _Meter(reading.register_wh)
        if reading.trusted and reading.outcome in ACCEPTED:
            key = (reading.meter, reading.wall_ms // HOUR_MS * HOUR_MS)
            use[key] = use.get(key, 0) + _advance(meter.base_wh, reading.register_wh, reading.outcome)
            meter.base_wh = reading.register_wh
        elif reading.outcome in RESTARTS:
            meter.base_wh = reading.register_wh
        meter.take(reading)
    return [_kept(gateway_id, meter, meter.newest) for meter in meters.values() if meter.newest], use


def _kept(gateway_id: str, meter: _Meter, newest: ReadingRow) -> Last:
    return Last(
        newest.meter,
        gateway_id,
        newest.wall_ms,
        meter.base_wh,
        meter.power_w,
        meter.current_ma,
        meter.relay_closed,
        newest.outcome.value,
    )


def _advance(base_wh: int, register_wh: int, outcome: ReadingOutcome) -> int:
    if register_wh < base_wh and outcome == ReadingOutcome.ROLLOVER:
        return int(10 ** len(str(base_wh))) - base_wh + register_wh
    return max(register_wh - base_wh, 0)
