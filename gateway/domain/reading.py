"""What a register value means beside the last good one (R-G2, protocols.md 9). Knows meters, not money.

Only an accepted reading moves the meter's running total, and only the running total is ever billed: a glitch, a register that
runs backwards or another meter's register can't become money. A jump that was impossible when it was first seen does not
become possible by waiting: it is held until readings agree with the last good register again, or a person decides.
"""

from dataclasses import dataclass

import msgspec

from gateway.contract.facts import Instant, ReadingOutcome
from gateway.contract.identifiers import MeterNo
from gateway.domain.instants import elapsed_ms

ACCEPTED = frozenset(
    {ReadingOutcome.FIRST, ReadingOutcome.ADVANCED, ReadingOutcome.UNCHANGED, ReadingOutcome.ROLLOVER}
)
REREADS = 3
"""How often a strange value is read again before the meter's story is in doubt (protocols.md 9)."""
DLT645_SPAN_WH = 1_000_000_000
"""999999.99 kWh and one step: where a DL/T 645 register starts again at zero."""
NEAR_THE_EDGE_PERCENT = 5
LONGEST_OUTAGE_MS = 31 * 86_400_000
"""What is assumed to have passed when the clock can't say: a month without the gateway.

Across a boot it can't for certain: a Pi without a battery clock wakes at its last shutdown, and that looks right until somebody
sets it. What is too much by the clock but not by a month counts there once it was read twice.
"""
READ_AGAIN_WITHIN_MS = 60_000
MS_PER_HOUR = 3_600_000


class MeterState(msgspec.Struct, frozen=True, array_like=True):
    """One meter's last good reading and its story. `total_wh` is what was accepted since the first reading, unwrapped."""

    meter: MeterNo
    register_wh: int | None = None
    total_wh: int = 0
    at: Instant | None = None
    raw: bytes = b""
    power_w: int | None = None
    """When it was last asked: not with every register."""
    current_ma: int | None = None
    identity: str | None = None
    bad_readings: int = 0
    """Strange values in a row since the last good one."""
    doubt: str = ""
    """Why the story is in doubt; empty while it is not."""
    jump_wh: int | None = None
    """The lowest impossible register seen since the last good one."""
    foreign_identity: str | None = None
    silent_since: Instant | None = None

    @property
    def questionable(self) -> bool:
        """Nothing is cut while this holds (C-16)."""
        return self.bad_readings > 0 or bool(self.doubt)


@dataclass(frozen=True, slots=True)
class MeterReading:
    """What one poll brought. `raw` is the frame, kept as evidence; `span_wh` is where the model's register wraps, if it does."""

    meter: MeterNo
    register_wh: int
    raw: bytes = b""
    identity: str | None = None
    power_w: int | None = None
    current_ma: int | None = None
    relay_closed: bool | None = None
    relay_commanded_closed: bool | None = None
    status_word: int | None = None
    span_wh: int | None = DLT645_SPAN_WH
    step_wh: int = 10
    """The register's resolution."""
    power_factor_milli: int | None = None
    """Of the same moment as `power_w`; asked only where a rule needs it."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """An outcome and the energy it adds to the meter's total; zero unless accepted."""

    outcome: ReadingOutcome
    delta_wh: int = 0

    @property
    def accepted(self) -> bool:
        return self.outcome in ACCEPTED


def judge(state: MeterState, reading: MeterReading, now: Instant, max_power_w: int) -> Judgement:
    """Name what a reading means. Never negative, never more than `max_power_w` could have moved since the last good one."""
    if _is_another_meter(state, reading):
        return Judgement(ReadingOutcome.REPLACED)
    if state.register_wh is None or state.at is None:
        return Judgement(ReadingOutcome.FIRST if _is_first(state, reading) else ReadingOutcome.ZERO_GLITCH)
    limit_wh = _possible_wh(elapsed_ms(state.at, now), max_power_w, reading.step_wh)
    delta_wh = reading.register_wh - state.register_wh
    if delta_wh < 0:
        return _judge_decrease(state.register_wh, reading, limit_wh)
    if delta_wh == 0:
        return Judgement(ReadingOutcome.UNCHANGED)
    if _has_jumped(state, reading, delta_wh, limit_wh) and not _is_absence(state, reading, now, max_power_w):
        return Judgement(ReadingOutcome.IMPLAUSIBLE)
    return Judgement(ReadingOutcome.ADVANCED, delta_wh)


def _is_first(state: MeterState, reading: MeterReading) -> bool:
    """A new meter stands at zero, and so does one that is starting or failing: zero is a baseline when the re-reads repeat it."""
    return reading.register_wh > 0 or state.bad_readings >= REREADS


def _is_another_meter(state: MeterState, reading: MeterReading) -> bool:
    """An identity that changed proves a replacement; until it is read again, what comes without one is not trusted either."""
    if reading.identity is None:
        return state.foreign_identity is not None
    return state.identity is not None and reading.identity != state.identity


def _possible_wh(elapsed: int | None, max_power_w: int, step_wh: int) -> int:
    """A step of margin at each end: the register shows whole steps."""
    passed_ms = LONGEST_OUTAGE_MS if elapsed is None else elapsed
    return max_power_w * passed_ms // MS_PER_HOUR + 2 * step_wh


def _has_jumped(state: MeterState, reading: MeterReading, delta_wh: int, limit_wh: int) -> bool:
    return delta_wh > limit_wh or (state.jump_wh is not None and reading.register_wh >= state.jump_wh)


def _is_absence(state: MeterState, reading: MeterReading, now: Instant, max_power_w: int) -> bool:
    """Say whether a jump since another boot, read twice alike, is what was used while a clock stood still."""
    if state.jump_wh is None or state.register_wh is None or state.at is None or state.at.boot == now.boot:
        return False
    since_seen_wh = reading.register_wh - state.jump_wh
    if not 0 <= since_seen_wh <= _possible_wh(READ_AGAIN_WITHIN_MS, max_power_w, reading.step_wh):
        return False
    return reading.register_wh - state.register_wh <= _possible_wh(None, max_power_w, reading.step_wh)


def _judge_decrease(last_wh: int, reading: MeterReading, limit_wh: int) -> Judgement:
    """Only a register above zero proves a rollover: a bare zero is what a meter shows that is starting or failing."""
    span_wh = reading.span_wh
    if reading.register_wh == 0:
        return Judgement(ReadingOutcome.ZERO_GLITCH)
    if span_wh is not None:
        edge_wh = span_wh * NEAR_THE_EDGE_PERCENT // 100
        wrapped_wh = reading.register_wh + span_wh - last_wh
        if last_wh >= span_wh - edge_wh and reading.register_wh <= edge_wh and wrapped_wh <= limit_wh:
            return Judgement(ReadingOutcome.ROLLOVER, wrapped_wh)
    return Judgement(ReadingOutcome.BACKWARDS)


def moved_wh(difference_wh: int) -> int:
    """Give what lies between two registers that no reading links, in Wh; negative when the later one came first (C-12).

    Half a span or more between them is a rollover: no meter moves so far while nobody reads it.
    """
    if abs(difference_wh) <= DLT645_SPAN_WH // 2:
        return difference_wh
    return difference_wh + (DLT645_SPAN_WH if difference_wh < 0 else -DLT645_SPAN_WH)


def advance(state: MeterState, reading: MeterReading, judgement: Judgement, now: Instant) -> MeterState:
    """Give the meter's state after a judged reading."""
    if judgement.accepted:
        return MeterState(
            meter=state.meter,
            register_wh=reading.register_wh,
            total_wh=state.total_wh + judgement.delta_wh,
            at=now,
            raw=reading.raw,
            power_w=state.power_w if reading.power_w is None else reading.power_w,
            current_ma=state.current_ma if reading.current_ma is None else reading.current_ma,
            identity=reading.identity or state.identity,
        )
    return _questioned(state, reading, judgement.outcome)


def _questioned(state: MeterState, reading: MeterReading, outcome: ReadingOutcome) -> MeterState:
    bad_readings = state.bad_readings + 1
    replaced = outcome is ReadingOutcome.REPLACED
    jump_wh = state.jump_wh
    if outcome is ReadingOutcome.IMPLAUSIBLE:
        jump_wh = reading.register_wh if jump_wh is None else min(jump_wh, reading.register_wh)
    return msgspec.structs.replace(
        state,
        bad_readings=bad_readings,
        doubt=state.doubt or (outcome.value if replaced or bad_readings > REREADS else ""),
        jump_wh=jump_wh,
        foreign_identity=(reading.identity or state.foreign_identity) if replaced else state.foreign_identity,
        silent_since=None,
    )


def wants_reread(state: MeterState) -> bool:
    """Say whether a strange value should be read again at once."""
    return 0 < state.bad_readings <= REREADS and state.foreign_identity is None


def rebased(state: MeterState) -> MeterState:
    """Forget the last register on a person's word: the next good reading is a new baseline, and nothing in between is billed."""
    return MeterState(meter=state.meter, total_wh=state.total_wh)
