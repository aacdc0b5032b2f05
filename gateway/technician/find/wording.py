"""What a search shows: its progress, each meter as it is found, and a table of all."""

from collections.abc import Iterator, Sequence

from gateway.technician.find.found import FindState, FoundMeter, Progress
from gateway.technician.table import table
from gateway.words import mark, say

SHORT = {"dlt645-2007": "2007", "dlt645-1997": "1997", "modbus-rtu": "Modbus"}

DOINGS = {
    "looking-for-speed": mark("looking for the speed"),
    "searching": mark("searching"),
    "proving": mark("making sure that there are no others"),
    "reading-meter": mark("reading the meters"),
}


def progress_line(progress: Progress) -> str:
    """Give one line without its end."""
    return say(
        "{port} {baud} {parity} {protocol}: {doing}; {asked} asked, {left} to ask, about {time} left; {found} meters",
        port=progress.port.rsplit("/", 1)[-1][-24:],
        baud=progress.baud,
        parity=progress.parity,
        protocol=SHORT[progress.protocol],
        doing=say(DOINGS[progress.doing]),
        asked=progress.asked,
        left=progress.left,
        time=duration(progress.seconds_left),
        found=progress.found,
    )


def duration(seconds: int) -> str:
    """Say `45 s` or `12 min`."""
    if seconds < 120:
        return say("{seconds} s", seconds=seconds)
    return say("{minutes} min", minutes=round(seconds / 60))


def found_line(meter: FoundMeter) -> str:
    """Say that one meter was found, as soon as it is."""
    return say(
        "found: {address} ({protocol}) at {baud} {parity}",
        address=meter.address,
        protocol=SHORT[meter.protocol],
        baud=meter.line.baud,
        parity=meter.line.parity,
    )


def tables(state: FindState) -> Iterator[str]:
    """Give a table for each line."""
    head = [
        say(text)
        for text in (
            mark("address"),
            mark("kind"),
            mark("model"),
            mark("kWh"),
            mark("clock off"),
            mark("relay"),
            mark("own prepay"),
        )
    ]
    for line in state.lines():
        meters = [meter for meter in state.meters if meter.line == line.setting]
        count = len(meters)
        yield ""
        yield say(
            "{port} at {baud} {parity}: {count} meters",
            port=line.port,
            baud=line.baud,
            parity=line.parity,
            count=count,
        )
        meters.sort(key=lambda meter: (meter.protocol, meter.address.zfill(12)))
        yield from table(head, [_row(meter) for meter in meters])


def _row(meter: FoundMeter) -> Sequence[str]:
    kwh = "" if meter.energy_wh is None else f"{meter.energy_wh / 1000:.2f}"
    clock = "" if meter.clock_offset_s is None else offset_text(meter.clock_offset_s)
    prepay = {True: say("YES"), False: say("no"), None: "?"}[meter.own_prepay]
    relay = {True: say("closed"), False: say("open"), None: ""}[meter.relay_closed]
    model = (meter.model or "?") if meter.is_read else say("not read yet")
    if meter.duplicate:
        model = say("SEVERAL METERS")
    return (meter.address, SHORT[meter.protocol], model, kwh, clock, relay, prepay if meter.is_read else "")


def offset_text(seconds: int) -> str:
    """Say `+12 s`, `-9 min`, `+3 d`."""
    for size, unit in ((86_400, "d"), (3600, "h"), (120, "min")):
        if abs(seconds) >= size:
            return f"{seconds / {'min': 60}.get(unit, size):+.0f} {unit}"
    return f"{seconds:+d} s"
