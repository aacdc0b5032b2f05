"""A register that a person is there for: read from the meter at his word, or off its display by his name."""

from dataclasses import dataclass

import msgspec

from gateway.application.close_period import close_periods
from gateway.application.ports import Journal
from gateway.contract.facts import Instant, ReadingOutcome, ReadingRow
from gateway.contract.identifiers import MeterNo
from gateway.domain.reading import (
    DLT645_SPAN_WH,
    Judgement,
    MeterReading,
    MeterState,
    advance,
    judge,
    rebased,
)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A register as it was read: from the meter (`raw`, maybe `identity`), or off its display by `read_by`."""

    register_wh: int
    asked_at: Instant
    raw: bytes = b""
    identity: str | None = None
    read_by: str = ""
    span_wh: int | None = DLT645_SPAN_WH
    step_wh: int = 10


def was_read_since(state: MeterState | None, last: Sealed) -> bool:
    """The poller came between: its reading is the later one."""
    if state is None or state.at is None or last.read_by or state.at.boot != last.asked_at.boot:
        return False
    return state.at.monotonic_ms >= last.asked_at.monotonic_ms and not state.questionable


def judge_sealed(
    state: MeterState | None, meter: MeterNo, sealed: Sealed, max_power_w: int, now: Instant
) -> tuple[MeterState, MeterReading, Judgement]:
    """Judge a sealed register beside the last good one; give the state it was judged by. A typed one ends a doubt, and no more.

    Writes nothing.
    """
    state = state or MeterState(meter)
    if sealed.read_by:
        state = msgspec.structs.replace(state, bad_readings=0, doubt="", jump_wh=None, foreign_identity=None)
    reading = MeterReading(
        meter,
        sealed.register_wh,
        raw=sealed.raw,
        identity=sealed.identity,
        span_wh=sealed.span_wh,
        step_wh=sealed.step_wh,
    )
    return state, reading, judge(state, reading, now, max_power_w)


def cant_show(before: MeterState, reading: MeterReading, judgement: Judgement) -> dict[str, object]:
    """Give the facts of the sentence that refuses a register: `meter`, what is `shown`, its `outcome` and what is `known`."""
    known_wh = before.register_wh
    return {
        "meter": before.meter,
        "shown": f"{reading.register_wh / 1000:.2f} kWh",
        "outcome": judgement.outcome.value,
        "known": "-" if known_wh is None else f"{known_wh / 1000:.2f} kWh",
    }


def take_sealed(
    journal: Journal,
    before: MeterState,
    reading: MeterReading,
    judgement: Judgement,
    typed: bool,
    now: Instant,
) -> None:
    """Take a register that was judged possible as the meter's last good one. A typed one is no reading."""
    after = advance(before, reading, judgement, now)
    journal.keep(before.meter, after)
    close_periods(journal, before, after, reading.span_wh, now)
    if not typed:
        journal.add_reading(_row(reading, judgement.outcome, now))


def begin_story(journal: Journal, meter: MeterNo, first: Sealed, now: Instant) -> MeterState:
    """Begin a meter's story at its first register, whatever was known of it: a person says that it is this one, or good again."""
    known = journal.record(MeterState, meter) or MeterState(meter)
    reading = MeterReading(meter, first.register_wh, raw=first.raw, identity=first.identity)
    state = advance(rebased(known), reading, Judgement(ReadingOutcome.FIRST), now)
    journal.keep(meter, state)
    if not first.read_by:
        journal.add_reading(_row(reading, ReadingOutcome.FIRST, now))
    return state


def _row(reading: MeterReading, outcome: ReadingOutcome, now: Instant) -> ReadingRow:
    return ReadingRow(reading.meter, now.wall_ms, reading.register_wh, None, None, None, outcome, now.trusted)
