"""What a line and its addresses did so far, as plain values for a person's screen. Pure; changes nothing, judges nothing."""

from dataclasses import dataclass

from gateway.adapters.serial_bus.health import MeterHealth
from gateway.adapters.serial_bus.turns import Turns

PER_MILLE = 1000


@dataclass(frozen=True, slots=True)
class AddressLook:
    """One address on the line. Milliseconds; None: never measured."""

    answered: int
    missed: int
    """Tries without an answer."""
    collisions: int
    failures: int
    """Failed calls since the last good frame."""
    ever_answered: bool
    pause_ms: int
    """How long it is not polled yet, being silent."""
    preamble: str
    """`untried`, `hears` (without FE), `needed`."""
    usual_ms: int | None
    fastest_ms: int | None
    slowest_ms: int | None
    reason: str
    """Why its last call failed; empty while it answers."""
    received: bytes
    """What its last failed try brought, without our echo."""


@dataclass(frozen=True, slots=True)
class LineLook:
    """One line since its start."""

    up_s: int
    busy_per_mille: int
    counters: dict[str, int]
    stray: bytes
    """The last bytes that came unasked."""
    addresses: dict[str, AddressLook]


def look_at(turns: Turns, up_s: float, now_s: float) -> LineLook:
    """Read off what one line has gathered. `now_s` is the loop's time."""
    return LineLook(
        up_s=int(up_s),
        busy_per_mille=min(PER_MILLE, round(turns.busy_s * PER_MILLE / up_s)) if up_s > 0 else 0,
        counters=dict(turns.counts),
        stray=turns.stray,
        addresses={address: _address(meter, now_s) for address, meter in turns.health.all().items()},
    )


def _address(meter: MeterHealth, now_s: float) -> AddressLook:
    turn_round = meter.turn_round
    is_seen = turn_round.usual_s is not None
    return AddressLook(
        answered=meter.answered,
        missed=meter.missed,
        collisions=meter.collisions,
        failures=meter.failures,
        ever_answered=meter.ever_answered,
        pause_ms=max(0, round((meter.not_before_s - now_s) * 1000)) if meter.failures else 0,
        preamble=meter.preamble.hearing.value,
        usual_ms=None if turn_round.usual_s is None else round(turn_round.usual_s * 1000),
        fastest_ms=round(turn_round.fastest_s * 1000) if is_seen else None,
        slowest_ms=round(turn_round.slowest_s * 1000) if is_seen else None,
        reason=meter.reason,
        received=meter.last_failed[-1].received if meter.last_failed else b"",
    )
