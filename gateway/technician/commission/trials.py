"""The tests of one meter on its line, each with its verdict. Only `relay_trial` changes anything, and it puts it back."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from gateway.application.ports import Rank
from gateway.contract.facts import RelayVerdict
from gateway.loops.read_clock import has_clock, read_clock
from gateway.protocols.driver import Item, MeterClock, RelayAction
from gateway.technician.commission.job import Job
from gateway.technician.commission.standing import Meter
from gateway.technician.commission.ticks import (
    CLOCK,
    CLOSE,
    IDENTITY,
    OPEN,
    READING,
    Level,
    Verdict,
    judge_clock,
    judge_identity,
    judge_readings,
)
from gateway.technician.commission.wires import Wired
from gateway.technician.one_shot import Trouble, explain
from gateway.technician.relay import Switched, switch_once

BETWEEN_READINGS_S = 3.0
CLOSING_TRIES = 2
MS = 1000
BOTH_WAYS = frozenset({RelayAction.OPEN, RelayAction.CLOSE})

RelayMark = Callable[[bool], None]
"""Called with True before a closed relay is opened, with False once it is read back closed."""


async def identity_trial(wired: Wired, case: str) -> Verdict:
    """Compare the number on the case with the meter's own."""
    if Item.IDENTITY not in wired.driver.items:
        return judge_identity(case, "")
    values = await wired.values(Item.IDENTITY)
    if isinstance(values, Trouble):
        return not_read(IDENTITY, values)
    return judge_identity(case, values.identity or "")


async def reading_trial(wired: Wired, meter: Meter, now_ms: Callable[[], int]) -> Verdict:
    """Read the register twice, and the power between. One that stood still is compared with what the search read of it."""
    loop = asyncio.get_running_loop()
    first = await wired.values(Item.ENERGY)
    began_s = loop.time()
    if isinstance(first, Trouble) or first.energy_wh is None:
        return not_read(READING, first)
    power = await wired.values(Item.POWER) if Item.POWER in wired.driver.items else None
    await asyncio.sleep(BETWEEN_READINGS_S)
    again = await wired.values(Item.ENERGY)
    if isinstance(again, Trouble) or again.energy_wh is None:
        return not_read(READING, again)
    between_ms = round((loop.time() - began_s) * MS)
    before_wh, since_ms = meter.found.energy_wh, now_ms() - meter.found.at_ms
    power_w = None if power is None or isinstance(power, Trouble) else power.power_w
    if first.energy_wh == again.energy_wh and before_wh is not None and since_ms > between_ms:
        return judge_readings(before_wh, again.energy_wh, since_ms, power_w, meter.found.ct_ratio)
    return judge_readings(first.energy_wh, again.energy_wh, between_ms, power_w, meter.found.ct_ratio)


async def clock_trial(wired: Wired, here: Callable[[], datetime | None]) -> Verdict:
    """Compare the meter's calendar with the local time here."""
    if not has_clock(wired.driver):
        return Verdict(CLOCK, Level.SKIPPED, "no-clock")
    shown = await read_clock(wired.bus, wired.driver, Rank.READ_BACK)
    if isinstance(shown, MeterClock):
        return judge_clock(shown, here())
    trouble = explain(shown, wired.bus, wired.args)
    return not_read(CLOCK, trouble)


def relay_refusal(job: Job, wired: Wired, meter: Meter, room: str) -> Verdict | None:
    """Say why a relay is not to be tested, before anybody is asked."""
    if not room:
        return Verdict(OPEN, Level.SKIPPED, "no-room")
    if protected := job.protected_room_of(meter):
        return Verdict(OPEN, Level.SKIPPED, "protected", {"room": protected})
    if job.is_locked_out(meter.number):
        return Verdict(OPEN, Level.SKIPPED, "locked-out")
    if RelayAction.OPEN not in wired.driver.relay_actions:
        return Verdict(OPEN, Level.SKIPPED, "no-relay")
    if not wired.driver.relay_actions >= BOTH_WAYS:
        return Verdict(OPEN, Level.SKIPPED, "key-only")
    return None


async def relay_trial(wired: Wired, note: RelayMark) -> list[Verdict]:
    """Open and close with read-back and current; it is closed again however that ends. A relay that was open is left alone."""
    status = await wired.values(Item.RELAY)
    if isinstance(status, Trouble) or status.relay_closed is None:
        return [not_read(OPEN, status)]
    if not status.relay_closed:
        return [Verdict(OPEN, Level.SKIPPED, "was-open"), Verdict(CLOSE, Level.SKIPPED, "was-open")]
    opened, closed = await open_and_close(wired, note)
    return [relay_verdict(OPEN, "opened", opened), relay_verdict(CLOSE, "closed", closed)]


async def open_and_close(
    wired: Wired, note: RelayMark, dark_s: float = 0.0
) -> tuple[Switched | Trouble, Switched | Trouble]:
    """Open a closed relay, wait, close it; what came of both. It is closed again, too, when somebody leaves in the middle."""
    note(True)
    try:
        opened = await switch_once(wired.bus, wired.driver, RelayAction.OPEN, wired.args)
        await asyncio.sleep(dark_s)
    finally:
        closed = await _to_its_end(close_again(wired, note))
    return opened, closed


async def close_again(wired: Wired, note: RelayMark) -> Switched | Trouble:
    """Close a relay, once more when the first command did not do it."""
    for _ in range(CLOSING_TRIES):
        switched = await switch_once(wired.bus, wired.driver, RelayAction.CLOSE, wired.args)
        if isinstance(switched, Switched) and switched.outcome is RelayVerdict.CONFIRMED:
            note(False)
            break
    return switched


async def _to_its_end(work: Awaitable[Switched | Trouble]) -> Switched | Trouble:
    """Do this to its end although somebody wants to leave: a room must not stay dark because a connection broke."""
    task = asyncio.ensure_future(work)
    left: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            left = error
    if left is not None:
        raise left
    return task.result()


def relay_verdict(check: str, code: str, switched: Switched | Trouble) -> Verdict:
    """Judge one command by what was read back."""
    if isinstance(switched, Trouble):
        return not_read(check, switched)
    seen = switched.seen
    if switched.outcome is RelayVerdict.CONFIRMED:
        current = "-" if seen.current_ma is None else f"{seen.current_ma / MS:.2f}"
        return Verdict(check, Level.GOOD, code, {"current": current})
    return Verdict(check, Level.BAD, f"relay-{switched.outcome.value}")


def not_read(check: str, trouble: object) -> Verdict:
    """Say that a meter could not be read, and by which stable word."""
    error = trouble.error if isinstance(trouble, Trouble) else "-"
    return (
        Verdict(check, Level.BAD, "silent")
        if error == "silent"
        else Verdict(check, Level.BAD, "not-read", {"trouble": error})
    )
