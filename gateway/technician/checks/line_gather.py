"""Gather what is known of the lines: from the daemon where it runs, else by asking the meters ourselves. Only reads.

On a stopped line each meter is asked a few times; where nobody answers, a few of them are asked at the other usual settings, too.
"""

import asyncio
import time
from collections.abc import Callable, Sequence

from gateway.adapters.control_protocol import LineState
from gateway.adapters.registry_store import LineRow, MeterRow
from gateway.adapters.serial_bus import SerialBus, open_line
from gateway.adapters.system_clock import SystemClock
from gateway.app.line_orders import Known, line_state
from gateway.application.ports import LineGone, Rank
from gateway.contract.identifiers import MeterNo
from gateway.loops.meter_clocks import MeterClocks
from gateway.loops.read_clock import has_clock, read_clock
from gateway.protocols.driver import Answer, Driver, Item, MeterClock
from gateway.protocols.meters import address_mistake, make_driver
from gateway.technician.checks.line_adapter import read_latency_timer
from gateway.technician.checks.line_facts import LineFacts, Trial
from gateway.technician.site import Site

SETTINGS = (
    (2400, "E"),
    (9600, "N"),
    (1200, "E"),
    (9600, "E"),
    (4800, "E"),
    (2400, "N"),
    (4800, "N"),
    (19200, "N"),
)
"""What DL/T 645 and Modbus meters are mostly set to, the likeliest first."""
TRIED_METERS = 2
GIVE_UP_AFTER = 8
"""So many meters silent from the first on: the line is, and the rest would take minutes."""
SILENT = "silent"
ROUNDS = 4
ROUNDS_LAST_S = 15.0
LISTEN_S = 1.0
"""Before the first question: another master is heard then."""

Progress = Callable[[str, int, int], None]
"""Told the line, how many meters of it were asked, and how many it has."""


def live_facts(before: Sequence[LineState], after: Sequence[LineState]) -> list[LineFacts]:
    """Give what the daemon knows, from two looks: what it counted between them is of now."""
    earlier = {state.line: state.counters for state in before}
    return [
        LineFacts(
            state,
            is_live=True,
            latency_timer_ms=read_latency_timer(state.port),
            recent={
                name: count - earlier.get(state.line, {}).get(name, 0)
                for name, count in state.counters.items()
            },
        )
        for state in after
    ]


async def ask_line(site: Site, line: LineRow, utc_offset_minutes: int, progress: Progress) -> LineFacts:
    """Ask the meters of one stopped line."""
    rows = site.on_line(line.name)
    drivers = _drivers(site, line, rows)
    bus = open_line(line.name, line.port, line.baud, line.parity, reads_only=True)
    owner = bus.start()
    try:
        await asyncio.sleep(LISTEN_S)
        await _ask_all(bus, line, drivers, progress)
        known = await _clocks(bus, drivers, utc_offset_minutes)
        timer = read_latency_timer(line.port)
        state = line_state(line, bus, rows, known)
    finally:
        await bus.close()
        if not owner.cancelled():
            owner.result()
    facts = LineFacts(state, is_live=False, latency_timer_ms=timer)
    if state.fault or not facts.asked or facts.answering:
        return facts
    return LineFacts(state, False, tuple(await _try_settings(site, line, rows)), timer)


def _drivers(site: Site, line: LineRow, rows: Sequence[MeterRow]) -> dict[str, Driver]:
    usable = (row for row in rows if row.model in site.models)
    return {
        row.meter_number: make_driver(site.models[row.model], row.address, row.ct_ratio, baud=line.baud)
        for row in usable
        if address_mistake(site.models[row.model], row.address) is None
    }


async def _ask_all(bus: SerialBus, line: LineRow, drivers: dict[str, Driver], progress: Progress) -> None:
    """Ask all meters some times. The first round finds the silent, the others what is only now and then."""
    give_up_s = time.monotonic() + ROUNDS_LAST_S
    answering: dict[str, Driver] = {}
    for done, (number, driver) in enumerate(drivers.items(), start=1):
        reply = await bus.read(driver, Item.ENERGY, Rank.READ_BACK)
        if isinstance(reply, Answer):
            answering[number] = driver
        if isinstance(reply, LineGone) or (done >= GIVE_UP_AFTER and not answering):
            return
        progress(line.name, done, len(drivers))
    for number, driver in drivers.items():
        # Two meters at one address are told from noise by the neighbours, who have answered by now.
        if number not in answering and bus.look().addresses[driver.address].reason != SILENT:
            await bus.read(driver, Item.ENERGY, Rank.READ_BACK)
    for _ in range(ROUNDS - 1):
        for driver in answering.values():
            if time.monotonic() > give_up_s:
                return
            await bus.read(driver, Item.ENERGY, Rank.READ_BACK)


async def _clocks(bus: SerialBus, drivers: dict[str, Driver], utc_offset_minutes: int) -> dict[str, Known]:
    """Compare the calendars of the meters that answer with the machine's."""
    clock, clocks = SystemClock(), MeterClocks(utc_offset_minutes)
    well = {address for address, look in bus.look().addresses.items() if look.answered and not look.failures}
    known = {}
    for number, driver in drivers.items():
        if driver.address not in well or not has_clock(driver):
            continue
        shown = await read_clock(bus, driver, Rank.READ_BACK)
        if isinstance(shown, MeterClock):
            clocks.note(MeterNo(number), shown, clock.now())
            known[number] = Known(clock_off_s=clocks.off_s(MeterNo(number)))
    return known


async def _try_settings(site: Site, line: LineRow, rows: Sequence[MeterRow]) -> list[Trial]:
    """Ask a few meters at the other settings, until somebody answers."""
    trials = []
    for baud, parity in SETTINGS:
        if (baud, parity) == (line.baud, line.parity):
            continue
        trial = await _try(site, LineRow(line.name, line.port, baud, parity), rows[:TRIED_METERS])
        trials.append(trial)
        if trial.answered:
            break
    return trials


async def _try(site: Site, line: LineRow, rows: Sequence[MeterRow]) -> Trial:
    bus = open_line(line.name, line.port, line.baud, line.parity, reads_only=True)
    owner = bus.start()
    try:
        replies = [
            await bus.read(driver, Item.ENERGY, Rank.READ_BACK, tries=1)
            for driver in _drivers(site, line, rows).values()
        ]
    finally:
        await bus.close()
        if not owner.cancelled():
            owner.result()
    return Trial(line.baud, line.parity, len(replies), sum(isinstance(reply, Answer) for reply in replies))
