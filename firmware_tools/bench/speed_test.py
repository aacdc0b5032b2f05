"""Does it speak at each speed? Moves the meter by 17H, asks it there, and always brings it back (DL/T 645-2007, clause 7.7)."""

from collections.abc import Iterable

from firmware_tools.bench.station import PortLost, Station
from firmware_tools.devices.meter_identity import FIRST_BYTE_MS, GAP_MS, PREAMBLE, Dlt645Hearer
from firmware_tools.line.serial_line import LineGone, Silence
from gateway.contract.bench_record import BenchTest, Verdict
from gateway.protocols.dlt645 import functions
from gateway.protocols.driver import Item, Values

NAME = "speeds"
SETTLE_MS = 100


def check_speeds(station: Station, bauds: Iterable[int]) -> BenchTest:
    """Move to each speed and back to the first; a meter that refuses a speed has it not, one that is silent there failed."""
    if station.row.protocol != "dlt645-2007":
        return BenchTest(NAME, Verdict.SKIPPED, "set-on-the-meter")
    home = station.line.settings.baud
    measured: dict[str, int | str] = {}
    try:
        for baud in bauds:
            if baud != home:
                measured[f"baud_{baud}"] = _try(station, home, baud)
    finally:
        back = come_home(station, home, bauds)
        measured["home"] = "yes" if back else "no"
    failed = next((name for name, found in measured.items() if found in ("silent", "lost", "unanswered")), "")
    if not back:
        return BenchTest(NAME, Verdict.FAILED, "not-home", measured)
    return BenchTest(NAME, Verdict.FAILED if failed else Verdict.PASSED, failed.replace("_", "-"), measured)


def _try(station: Station, home: int, baud: int) -> str:
    """Go there and back: `ok`, `refused`, `silent` (took it and says nothing there), `lost` (did not come back), `unanswered`."""
    told = _tell(station, baud)
    if told != "ok":
        return told
    _use(station, baud)
    answers = _answers(station)
    if answers:
        _tell(station, home)
    _use(station, home)
    if not answers:
        return "silent"
    return "ok" if _answers(station) else "lost"


def come_home(station: Station, home: int, bauds: Iterable[int]) -> bool:
    """Find the meter at whatever speed it is, and bring it back to its first one."""
    for baud in dict.fromkeys((home, *bauds, *functions.BAUD_WORDS.values())):
        _use(station, baud)
        if not _answers(station):
            continue
        if baud == home:
            return True
        _tell(station, home)
        _use(station, home)
        return _answers(station)
    _use(station, home)
    return False


def _answers(station: Station) -> bool:
    return isinstance(station.read(Item.ENERGY, tries=2), Values)


def _tell(station: Station, baud: int) -> str:
    address = station.driver.address
    request = functions.change_baud(address, baud, PREAMBLE)
    hearer = Dlt645Hearer(address, functions.CHANGE_BAUD)
    reply = station.line.exchange(request, hearer, FIRST_BYTE_MS, GAP_MS)
    if isinstance(reply, LineGone):
        raise PortLost(reply)
    if isinstance(reply, Silence):
        return "unanswered"
    return "refused" if reply.is_abnormal else "ok"


def _use(station: Station, baud: int) -> None:
    settings = station.line.settings
    gone = station.line.use(baud, settings.parity, settings.stop_bits)
    if gone is not None:
        raise PortLost(gone)
    station.pause_ms(SETTLE_MS)
