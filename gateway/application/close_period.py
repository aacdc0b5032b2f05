"""The end of an accounting period: each meter's register at that instant, and the account's energy split there (R-4.1.9, C-12).

All meters are read at the instant; what lies between the readings on both sides of it is interpolated, with its error. On an
untrusted clock nothing is closed; afterwards it is told late, with both dates, between the last reading that was dated before and
the first one behind the instant.
"""

from dataclasses import dataclass

import msgspec

from gateway.application.accounts import metered_by
from gateway.application.alarms import clear_alarm, raise_alarm
from gateway.application.decide import policy
from gateway.application.ports import Journal
from gateway.application.records import PeriodAnchor, PeriodMark, Tie
from gateway.application.settle import Closed, settle_to
from gateway.contract.facts import EntryCause, Instant
from gateway.contract.identifiers import MeterNo
from gateway.contract.meter_facts import PeriodMethod, PeriodRegister
from gateway.domain.instants import wall_of
from gateway.domain.loss import Seen, interpolate
from gateway.domain.period import closings_between, most_moved_wh, next_closing_ms, settles_then
from gateway.domain.reading import MS_PER_HOUR, MeterState

DIFFERS = "period-register-differs"


@dataclass(frozen=True, slots=True)
class _Around:
    """The readings on both sides of closing instants, in wall time."""

    before: Seen
    after: Seen
    late: bool = False


def close_periods(
    journal: Journal, before: MeterState, after: MeterState, span_wh: int | None, now: Instant
) -> None:
    """Tell the register at each closing instant that lies between a meter's last good readings, and settle its account there."""
    if before.at is None or before.register_wh is None:
        return
    if not now.trusted:
        _keep_anchor(journal, before, now)
        return
    anchor = journal.record(PeriodAnchor, after.meter)
    before_ms = wall_of(before.at, now)
    began_ms = anchor.wall_ms if anchor else before_ms
    if anchor is not None:
        journal.forget(PeriodAnchor, after.meter)
    if began_ms is None or began_ms >= now.wall_ms:
        return
    mark = journal.record(PeriodMark, after.meter)
    # One told of the future was told by a clock that has been mended since: it keeps nothing from being told.
    told_ms = mark.fact.period_ms if mark and mark.fact.period_ms <= now.wall_ms else 0
    for at_ms in closings_between(max(began_ms, told_ms), now.wall_ms, policy(journal)):
        around = _around(anchor, before, before_ms, after, at_ms, now)
        _close(journal, around, after, at_ms, span_wh, now)


def _keep_anchor(journal: Journal, before: MeterState, now: Instant) -> None:
    if before.at is not None and before.at.trusted and journal.record(PeriodAnchor, before.meter) is None:
        anchor = PeriodAnchor(before.at.wall_ms, before.total_wh, abs(before.power_w or 0))
        journal.keep(before.meter, anchor)


def _around(
    anchor: PeriodAnchor | None,
    before: MeterState,
    before_ms: int | None,
    after: MeterState,
    at_ms: int,
    now: Instant,
) -> _Around:
    """Take the nearest readings whose times are known."""
    later = Seen(now.wall_ms, after.total_wh, abs(after.power_w or 0))
    known = None if before_ms is None else Seen(before_ms, before.total_wh, abs(before.power_w or 0))
    if known is not None and known.at_ms <= at_ms:
        return _Around(known, later)
    assert anchor is not None, "without one the readings begin before the instant"
    earlier = Seen(anchor.wall_ms, anchor.total_wh, anchor.power_w)
    return _Around(earlier, known if known is not None and known.at_ms >= at_ms else later, late=True)


def _close(
    journal: Journal, around: _Around, after: MeterState, at_ms: int, span_wh: int | None, now: Instant
) -> None:
    assert after.register_wh is not None
    total = interpolate(around.before, around.after, at_ms)
    register_wh = after.register_wh - (after.total_wh - total.total_wh)
    register_wh = register_wh % span_wh if span_wh else max(0, register_wh)
    at = Instant(now.boot, now.monotonic_ms - (now.wall_ms - at_ms), at_ms, True)
    _settle(journal, Closed(after.meter, total.total_wh, register_wh, at, after.raw), now)
    tie = journal.record(Tie, after.meter)
    exact = around.before.total_wh == around.after.total_wh
    method = PeriodMethod.LATE if around.late else PeriodMethod.READ if exact else PeriodMethod.INTERPOLATED
    fact = PeriodRegister(
        meter=after.meter,
        period_ms=at_ms,
        register_wh=register_wh,
        uncertainty_wh=total.skew_wh,
        method=method,
        at=now,
        account=tie.account if tie else None,
        from_ms=around.before.at_ms,
        to_ms=around.after.at_ms,
        raw_frame=after.raw.hex() or None,
    )
    journal.append_fact(fact)
    journal.keep(after.meter, PeriodMark(fact, _power_w(around)))


def _power_w(around: _Around) -> int:
    before, after = around.before, around.after
    mean_w = (after.total_wh - before.total_wh) * MS_PER_HOUR // max(1, after.at_ms - before.at_ms)
    return max(mean_w, before.power_w, after.power_w)


def _settle(journal: Journal, point: Closed, now: Instant) -> None:
    """Bill the account up to the closing instant, unless it is billed beyond it already: what is late is told, not split again."""
    gathered = metered_by(journal, point.meter)
    if gathered is None or gathered.is_barred or gathered.is_unmetered:
        return
    state = gathered.state
    settled_ms = wall_of(state.settled_at, now) if state.settled_at else None
    if state.meter != point.meter or settled_ms is None or settled_ms > point.at.wall_ms:
        return
    if state.settled_wh <= point.total_wh:
        settle_to(journal, gathered, point, EntryCause.CLOSING_INSTANT, now, None)


def next_closing(journal: Journal, now: Instant) -> int | None:
    """Give the wall time of the next closing instant: all meters are read then. None on an untrusted clock."""
    return next_closing_ms(now.wall_ms, policy(journal)) if now.trusted else None


def to_compare(journal: Journal, now: Instant, after_ms: int) -> list[MeterNo]:
    """List the meters whose own monthly register was not compared yet, `after_ms` after the closing instant."""
    return [
        MeterNo(meter)
        for meter, mark in journal.records(PeriodMark).items()
        if not mark.settled and now.trusted and now.wall_ms - mark.fact.period_ms >= after_ms
    ]


@dataclass(frozen=True, slots=True)
class OwnRegister:
    """What a meter keeps as its last settlement. `day` and `hour`: when it makes one; `off_s`: its clock less ours."""

    register_wh: int
    day: int
    hour: int
    off_s: int
    step_wh: int


def note_own_register(journal: Journal, meter: MeterNo, own: OwnRegister | None, now: Instant) -> None:
    """Compare the meter's own monthly register with what was told; None: it has none. One of another day says nothing."""
    mark = journal.record(PeriodMark, meter)
    if mark is None or mark.settled:
        return
    fact = mark.fact
    if own is None or not settles_then(own.day, own.hour, fact.period_ms, policy(journal)):
        journal.keep(meter, msgspec.structs.replace(mark, settled=True))
        return
    fact = msgspec.structs.replace(fact, own_wh=own.register_wh)
    journal.keep(meter, PeriodMark(fact, mark.power_w, settled=True))
    journal.append_fact(fact)
    apart_wh = own.register_wh - fact.register_wh
    allowed_wh = fact.uncertainty_wh + 2 * own.step_wh + most_moved_wh(mark.power_w, own.off_s)
    clear_alarm(journal, DIFFERS, meter, now)
    if abs(apart_wh) > allowed_wh:
        detail = (
            f"the meter keeps {own.register_wh} Wh of the period's end, the gateway read {fact.register_wh} Wh: "
            f"{apart_wh:+d} Wh, {allowed_wh} Wh are explained; look at its clock, and whether it is the same meter"
        )
        raise_alarm(journal, DIFFERS, meter, detail, now)
