"""What a person must know of single meters before they are tied to rooms."""

from collections.abc import Iterator

from gateway.technician.find.found import FindState, FoundMeter
from gateway.technician.find.troubles import CHECK
from gateway.technician.find.wording import offset_text
from gateway.technician.findings import Finding, Level
from gateway.words import say

CLOCK_OFF_S = 300
"""Beyond five minutes a meter takes no broadcast of the time (DL/T 645-2007, clause 7.8)."""


def meter_findings(state: FindState) -> Iterator[Finding]:
    """Give what a person must know of single meters."""
    for meter in state.meters:
        facts: dict[str, str | int] = {"address": meter.address, "port": meter.line.port}
        if meter.duplicate:
            yield _duplicate(meter, facts)
        if meter.own_prepay:
            yield _own_prepay(meter, facts)
        if meter.clock_offset_s is not None and abs(meter.clock_offset_s) > CLOCK_OFF_S:
            yield _clock_off(meter, facts)
        if "reverse-energy" in meter.notes:
            yield Finding(
                CHECK,
                Level.ASK,
                "reverse-energy",
                say("Meter {address} has counted energy backwards.", address=meter.address),
                say("Its wires in and out are swapped, or were for a time."),
                say("Look at its wiring before it is tied to a room."),
                facts,
            )
        if "no-model" in meter.notes or "silent-since" in meter.notes:
            yield _not_read(meter, facts)


def _duplicate(meter: FoundMeter, facts: dict[str, str | int]) -> Finding:
    return Finding(
        CHECK,
        Level.BAD,
        "duplicate-address",
        say("Several meters answer to {address} on {port}.", address=meter.address, port=meter.line.port),
        say("None of them can be read or switched by itself."),
        say(
            "Unplug half of the line and search again (--again) until one is left; then give it another address "
            "(cardroom-gateway set-address, or on the meter)."
        ),
        facts,
    )


def _own_prepay(meter: FoundMeter, facts: dict[str, str | int]) -> Finding:
    sources = ", ".join(note.partition(":")[2] for note in meter.notes if note.startswith("prepay-by:"))
    return Finding(
        CHECK,
        Level.BAD,
        "own-prepay",
        say("Meter {address} counts a credit of its own: it would cut by itself.", address=meter.address),
        say("It says so by {sources}.", sources=sources),
        say(
            "Have its prepayment switched off by its maker's tool, or use another meter, before the room is handed over."
        ),
        facts,
    )


def _clock_off(meter: FoundMeter, facts: dict[str, str | int]) -> Finding:
    assert meter.clock_offset_s is not None
    return Finding(
        CHECK,
        Level.ASK,
        "clock-off",
        say(
            "The clock of meter {address} is {offset} off.",
            address=meter.address,
            offset=offset_text(meter.clock_offset_s),
        ),
        say("Beyond five minutes it takes no broadcast of the time, and relay commands expire by its clock."),
        say("Set it with `cardroom-gateway set-clock` once the meter is registered and the daemon runs."),
        {**facts, "offset_s": meter.clock_offset_s},
    )


def _not_read(meter: FoundMeter, facts: dict[str, str | int]) -> Finding:
    return Finding(
        CHECK,
        Level.ASK,
        "not-identified",
        say("What meter {address} is could not be read.", address=meter.address),
        say("No model row fits its registers, or it fell silent after it was found."),
        say("Read its plate; `cardroom-gateway read` with each --model shows which one makes sense."),
        facts,
    )
