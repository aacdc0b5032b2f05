"""A register that a person is there for: read from the meter at his word, or off its display by his name. Writes nothing."""

from dataclasses import dataclass

import msgspec

from gateway.contract.facts import Instant
from gateway.contract.identifiers import MeterNo
from gateway.domain.reading import DLT645_SPAN_WH, Judgement, MeterReading, MeterState, judge


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
    """Judge a sealed register beside the last good one; give the state it was judged by. A typed one ends a doubt, and no more."""
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
