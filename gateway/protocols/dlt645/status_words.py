"""The running status words 04000501 to 04000507 (DL/T 645-2007, annex C; State Grid's additions included). Low byte first."""

from gateway.protocols.dlt645 import relay
from gateway.protocols.dlt645.formats import Word
from gateway.protocols.dlt645.functions import named_bits

_METER = (
    "bit-0",
    "demand-type",
    "clock-battery-low",
    "outage-battery-low",
    "reverse-active",
    "reverse-reactive",
)
_DIRECTIONS = (
    "reverse-active-A",
    "reverse-active-B",
    "reverse-active-C",
    "bit-3",
    "reverse-reactive-A",
    "reverse-reactive-B",
    "reverse-reactive-C",
)
_PHASE = (
    "loss-of-voltage",
    "under-voltage",
    "over-voltage",
    "loss-of-current",
    "over-current",
    "overload",
    "reverse-flow",
    "phase-cut",
    "current-cut",
)
_COMBINED = (
    "voltage-sequence",
    "current-sequence",
    "voltage-unbalance",
    "current-unbalance",
    "auxiliary-loss",
    "power-off",
    "demand-over",
    "power-factor-low",
    "severe-current-unbalance",
)
_NAMES = {1: _METER, 2: _DIRECTIONS, 4: _PHASE, 5: _PHASE, 6: _PHASE, 7: _COMBINED}
RELAY_WORD = 3


def form(number: int) -> Word:
    """Return the form of status word `number` (1..7): four hex digits and the names of the bits that are set."""
    if number == RELAY_WORD:
        return Word(2, relay.describe_status)
    names = _NAMES[number]
    return Word(2, lambda word: " ".join([f"{word:04X}", *named_bits(word, names)]))
