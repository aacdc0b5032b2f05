"""Does it cut and restore? Open and close, each read back from the status word and from the current; it ends as it began."""

from dataclasses import replace

from firmware_tools.bench.station import No, Station
from gateway.contract.bench_record import BenchTest, Verdict
from gateway.protocols.driver import Item, MeterClock, RelayAction, Values

NAME = "relay"
READ_BACK_MS = 10_000
LOOK_MS = 200
LOADED_MA = 100
"""From this current on the current proves the contact."""
STILL_FLOWS_MA = 50
VALID_YEARS = 1
"""The command's expiry is by the meter's own clock (C-14); a bench may be generous."""


def check_relay(station: Station) -> BenchTest:
    """Move the relay to its other position and back; whatever happens, the last command is its first position."""
    if not {RelayAction.OPEN, RelayAction.CLOSE} <= station.driver.relay_actions:
        return BenchTest(NAME, Verdict.SKIPPED, "no-relay")
    before, current = station.read(Item.RELAY), station.read(Item.CURRENT)
    if isinstance(before, No) or before.relay_closed is None:
        return BenchTest(NAME, Verdict.FAILED, before.reason if isinstance(before, No) else "not-there")
    valid_until = _valid_until(station)
    was_closed, measured = before.relay_closed, _measured(current)
    try:
        for closed in (not was_closed, was_closed):
            if reason := _move(station, closed, valid_until, measured):
                return BenchTest(NAME, Verdict.FAILED, reason, measured)
    finally:
        _restore(station, was_closed, valid_until)
    loaded = int(measured.get("closed_ma", 0)) >= LOADED_MA
    return BenchTest(NAME, Verdict.PASSED, "" if loaded else "without-load", measured)


def _measured(current: Values | No) -> dict[str, int | str]:
    known = isinstance(current, Values) and current.current_ma is not None
    return {"before_ma": current.current_ma or 0} if known and isinstance(current, Values) else {}


def _move(station: Station, closed: bool, valid_until: MeterClock, measured: dict[str, int | str]) -> str:
    """Command, read back, look at the current; a stable word says what failed. An unanswered command is read back all the same."""
    side = "closed" if closed else "open"
    action = RelayAction.CLOSE if closed else RelayAction.OPEN
    refusal = station.switch(action, valid_until)
    if refusal is not None and refusal.reason.startswith("refused"):
        return f"{side}-{refusal.reason}"
    begun_ms = station.now_ms()
    while not _stands(station, closed):
        if station.now_ms() - begun_ms > READ_BACK_MS:
            return f"{side}-not-read-back"
        station.pause_ms(LOOK_MS)
    measured[f"{side}_ms"] = station.now_ms() - begun_ms
    reply = station.read(Item.CURRENT)
    if isinstance(reply, No) or reply.current_ma is None:
        return ""
    measured[f"{side}_ma"] = reply.current_ma
    loaded = max(int(measured.get("before_ma", 0)), int(measured.get("closed_ma", 0))) >= LOADED_MA
    if not closed and reply.current_ma > STILL_FLOWS_MA:
        return "current-flows"
    return "no-current" if closed and loaded and reply.current_ma < STILL_FLOWS_MA else ""


def _stands(station: Station, closed: bool) -> bool:
    reply = station.read(Item.RELAY)
    return isinstance(reply, Values) and reply.relay_closed is closed


def _restore(station: Station, was_closed: bool, valid_until: MeterClock) -> None:
    if not _stands(station, was_closed):
        station.switch(RelayAction.CLOSE if was_closed else RelayAction.OPEN, valid_until)


def _valid_until(station: Station) -> MeterClock:
    shown = station.clock()
    if isinstance(shown, No):
        return MeterClock(2099, 12, 31, 23, 59, 59)
    return replace(shown, year=min(2099, shown.year + VALID_YEARS), day=min(shown.day, 28))
