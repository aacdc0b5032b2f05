"""The tests of one meter, what each can end in, and the sentence for it. Pure: numbers in, a verdict out, no line and no clock.

A tick keeps a stable code and its facts, so that the screen may be Chinese and the report English.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gateway.contract.quantities import WH_PER_KWH
from gateway.protocols.driver import MeterClock
from gateway.technician.findings import Level
from gateway.words import mark, say

__all__ = ["CHECKS", "Level", "Verdict", "check_word", "sentence"]

IDENTITY, READING, CLOCK, DUPLICATE, OWN_PREPAY, OPEN, CLOSE = CHECKS = (
    "identity",
    "reading",
    "clock",
    "duplicate",
    "own-prepay",
    "open",
    "close",
)
WORDS = {
    IDENTITY: mark("number on the case"),
    READING: mark("reading"),
    CLOCK: mark("clock"),
    DUPLICATE: mark("alone at its address"),
    OWN_PREPAY: mark("no prepayment of its own"),
    OPEN: mark("relay opens"),
    CLOSE: mark("relay closes"),
}
SENTENCES = {
    "same-number": mark("The case and the meter say {number}."),
    "other-number": mark(
        "The case says {case}, the meter says {meter}: another meter answers, or the case was changed."
    ),
    "no-identity": mark("This model tells no number; the case says {case}."),
    "reads": mark("{energy} kWh, then {again} kWh."),
    "stands": mark("{energy} kWh twice; no load, so it could not move."),
    "too-soon": mark("{energy} kWh twice; too soon for it to move."),
    "stuck": mark(
        "{energy} kWh twice although {power} W flow: the register may not count; look again after more use."
    ),
    "backwards": mark(
        "First {energy} kWh, then {again} kWh: the register runs backwards; the wires may be reversed."
    ),
    "implausible": mark(
        "First {energy} kWh, then {again} kWh: no load moves it so fast; read again, or change the meter."
    ),
    "not-read": mark("It could not be read ({trouble}); `cardroom-gateway read` says more."),
    "silent": mark("No answer: look at its power, its wires and its address."),
    "clock-right": mark("{seconds} s off."),
    "clock-off": mark("{seconds} s off: set it with `set-clock` once the gateway runs."),
    "clock-impossible": mark("It shows {shown}, which is no date: its battery may be flat."),
    "clock-here-unknown": mark(
        "The gateway's own clock is not believed, so nothing can be compared with it."
    ),
    "no-clock": mark("This model has no clock."),
    "alone": mark("Only one meter answers here."),
    "twice": mark("More than one meter answers at {address}: take one off and give it another address."),
    "no-own-prepay": mark("The meter has no prepayment of its own at work."),
    "own-prepay-active": mark(
        "The meter's own prepayment is active: it would cut the room by itself. Have it switched off."
    ),
    "own-prepay-unknown": mark(
        "Whether the meter's own prepayment is active can't be read; look at its display."
    ),
    "opened": mark("Open, read back; {current} A."),
    "closed": mark("Closed, read back; {current} A."),
    "relay-contradicted": mark(
        "It took the command and did not move, or current flows although it says open: a welded contact or a bypass."
    ),
    "relay-refused": mark("It refused: look at its password, and whether it is told to keep power on."),
    "relay-delayed": mark("It holds the opening back, as many do above 30 A: lower the load and test again."),
    "relay-waiting-key": mark("It waits for the key on its case."),
    "relay-unknown": mark("Told, but not read back: read the relay before anything else."),
    "blinked": mark("Opened and closed twice, read back each time."),
    "was-open": mark("It was open before the test, so it was left alone."),
    "no-relay": mark("This model has no relay that can be told this."),
    "key-only": mark("Only the key on the meter can close it: not opened from here."),
    "protected": mark("Room {room} is protected: its supply is never cut."),
    "locked-out": mark("It is locked out: nothing moves it until the lock-out is released."),
    "no-room": mark("Tie it to a room first: nobody knows who would sit in the dark."),
    "not-agreed": mark("Nobody agreed to it."),
    "skipped": mark("Skipped: {why}"),
}
CLOCK_TOLERANCE_S = 60
"""The daemon sets what is further off by itself; five minutes is the most that a broadcast mends."""
MOST_PHASES_KW = 60
MOVES_ABOVE_W = 200
MS_PER_HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a test ended in."""

    check: str
    level: Level
    code: str
    facts: Mapping[str, str] = field(default_factory=dict)


def check_word(check: str) -> str:
    """Name a test for a person."""
    return say(WORDS[check])


def sentence(code: str, facts: Mapping[str, str]) -> str:
    """Say what a tick's code means, with its facts."""
    return say(SENTENCES[code], **facts)


def kwh(wh: int) -> str:
    """Show a register as a meter's display does."""
    return f"{wh // WH_PER_KWH}.{wh % WH_PER_KWH // 10:02}"


def wh_of(shown: str) -> int:
    """Give the register behind what `kwh` showed."""
    whole, _, hundredths = shown.partition(".")
    return int(whole) * WH_PER_KWH + int(hundredths) * 10


def judge_identity(case: str, identity: str) -> Verdict:
    """Compare the number on the case with the one that the meter tells; leading zeros are no difference."""
    if not identity:
        return Verdict(IDENTITY, Level.ASK, "no-identity", {"case": case})
    if case.lstrip("0") == identity.lstrip("0"):
        return Verdict(IDENTITY, Level.GOOD, "same-number", {"number": identity})
    return Verdict(IDENTITY, Level.BAD, "other-number", {"case": case, "meter": identity})


def judge_readings(
    first_wh: int, again_wh: int, between_ms: int, power_w: int | None, ct_ratio: int
) -> Verdict:
    """Judge two readings of one register: forwards, no faster than any load, and moving where power flows."""
    facts = {"energy": kwh(first_wh), "again": kwh(again_wh)}
    step_wh = 10 * ct_ratio
    most_wh = MOST_PHASES_KW * WH_PER_KWH * ct_ratio * between_ms // MS_PER_HOUR + step_wh
    if again_wh < first_wh:
        return Verdict(READING, Level.BAD, "backwards", facts)
    if again_wh - first_wh > most_wh:
        return Verdict(READING, Level.BAD, "implausible", facts)
    if again_wh > first_wh:
        return Verdict(READING, Level.GOOD, "reads", facts)
    due_wh = (power_w or 0) * between_ms // MS_PER_HOUR
    if due_wh >= 2 * step_wh:
        return Verdict(READING, Level.ASK, "stuck", {**facts, "power": str(power_w)})
    code = "stands" if power_w is not None and power_w < MOVES_ABOVE_W else "too-soon"
    return Verdict(READING, Level.GOOD, code, facts)


def judge_clock(shown: MeterClock, here: datetime | None) -> Verdict:
    """Compare the meter's calendar with local time here (naive, as the meter's is); `here` None: the clock here is not believed."""
    try:
        meter = datetime(shown.year, shown.month, shown.day, shown.hour, shown.minute, shown.second)  # noqa: DTZ001 - no zone
    except ValueError:
        return Verdict(CLOCK, Level.BAD, "clock-impossible", {"shown": str(shown)})
    if here is None:
        return Verdict(CLOCK, Level.ASK, "clock-here-unknown")
    off_s = round((meter - here).total_seconds())
    good = abs(off_s) <= CLOCK_TOLERANCE_S
    facts = {"seconds": f"{off_s:+}"}
    return Verdict(CLOCK, Level.GOOD if good else Level.ASK, "clock-right" if good else "clock-off", facts)


def judge_duplicate(duplicate: bool, address: str) -> Verdict:
    """Say what the search found at this address."""
    if duplicate:
        return Verdict(DUPLICATE, Level.BAD, "twice", {"address": address})
    return Verdict(DUPLICATE, Level.GOOD, "alone")


def judge_own_prepay(own_prepay: bool | None) -> Verdict:
    """Say what the search read of the meter's own prepayment."""
    if own_prepay is None:
        return Verdict(OWN_PREPAY, Level.ASK, "own-prepay-unknown")
    if own_prepay:
        return Verdict(OWN_PREPAY, Level.BAD, "own-prepay-active")
    return Verdict(OWN_PREPAY, Level.GOOD, "no-own-prepay")
