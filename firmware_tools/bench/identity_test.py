"""Is it what was ordered? Model and number as the meter says them, against what the order or the delivery note says (R-4.3.1)."""

from dataclasses import dataclass

from firmware_tools.bench.station import TRIES, No, PortLost, Station
from firmware_tools.devices.meter_identity import MeterIdentity, find_meter
from firmware_tools.line.serial_line import LineGone
from gateway.contract.bench_record import BenchTest, Verdict
from gateway.protocols.driver import Item

NAME = "identity"


@dataclass(frozen=True, slots=True)
class Expected:
    """What the order says; empty: nothing is asked."""

    number: str = ""
    model: str = ""


def identify(station: Station, expected: Expected) -> tuple[BenchTest, str]:
    """Ask the meter, compare; give the test and the number it told (empty for none)."""
    if station.row.protocol != "dlt645-2007":
        return _answers_at_all(station), ""
    found = find_meter(station.line, station.driver.address, TRIES)
    if isinstance(found, LineGone):
        raise PortLost(found)
    if not isinstance(found, MeterIdentity):
        return BenchTest(NAME, Verdict.FAILED, "silent"), ""
    told = {
        name: value
        for name, value in (("number", found.number), ("model", found.model), ("software", found.software))
        if value
    }
    reason = _difference(found, expected)
    return BenchTest(NAME, Verdict.FAILED if reason else Verdict.PASSED, reason, dict(told)), found.number


def _difference(found: MeterIdentity, expected: Expected) -> str:
    if expected.number and expected.number.zfill(12) != found.number.zfill(12):
        return "other-number"
    return "other-model" if expected.model and expected.model != found.model else ""


def _answers_at_all(station: Station) -> BenchTest:
    """A Modbus or 1997 meter tells no identity: that it answers as its model does is all there is."""
    reply = station.read(Item.ENERGY)
    if isinstance(reply, No):
        return BenchTest(NAME, Verdict.FAILED, reply.reason)
    return BenchTest(NAME, Verdict.SKIPPED, "tells-none")
