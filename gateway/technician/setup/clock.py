"""Compares this Pi's clock with central's, and sets it where the electrician agrees: certificates and prices hang on it."""

from gateway.adapters.machine_clock import set_wall_clock
from gateway.adapters.system_clock import RealTime
from gateway.technician.findings import Finding, Level
from gateway.technician.local_time import local
from gateway.technician.setup.dialogue import Dialogue
from gateway.words import say

TOLERATED_MS = 120_000
CHINA_OFFSET_MINUTES = 480


def shown(wall_ms: int) -> str:
    """Give an instant as a wall clock in China shows it."""
    return f"{local(wall_ms, CHINA_OFFSET_MINUTES):%Y-%m-%d %H:%M:%S}"


def now_shown() -> str:
    """Give what this Pi's clock shows."""
    return shown(RealTime().wall_ms())


def mend_clock(central_ms: int, dialogue: Dialogue, *, may_set: bool) -> Finding:
    """Compare; ask, and set. `may_set`: it is the machine's own clock, no rehearsal's."""
    here_ms = RealTime().wall_ms()
    if abs(here_ms - central_ms) <= TOLERATED_MS:
        return Finding("clock", Level.GOOD, "clock-agrees", say("This Pi's clock agrees with central's."))
    facts = {"here": shown(here_ms), "central": shown(central_ms)}
    what = say("This Pi's clock shows {here}; at central it is {central}.", **facts)
    how = say(
        'Set it: sudo date -u -s "{utc}"',
        utc=f"{local(central_ms, 0):%F %T}",
    )
    wrong = Finding(
        "clock",
        Level.ASK,
        "clock-differs",
        what,
        say("No certificate and no price edge can be trusted so."),
        how,
    )
    dialogue.tell(what)
    if not may_set or not dialogue.confirm(say("Set this Pi's clock by central's?")):
        return wrong
    try:
        set_wall_clock(central_ms)
    except OSError as error:
        return Finding(
            "clock", Level.ASK, "clock-not-set", what, say("It can't be set: {why}.", why=error.strerror), how
        )
    return Finding("clock", Level.GOOD, "clock-set", say("This Pi's clock was set by central's."))
