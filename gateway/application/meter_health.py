"""Tamper and health of single meters: each finding is one alarm with a state. Knows no wire; one look, one transaction.

A look judges only what it saw: an alarm of another kind, or of a meter that was not looked at, stays as it is.
"""

from collections.abc import Mapping

from gateway.application.alarms import clear_alarm, raise_alarm
from gateway.application.decide import policy
from gateway.application.ports import Journal, MeterCounts
from gateway.contract.facts import Instant
from gateway.contract.identifiers import MeterNo
from gateway.domain.clock_setting import MOST_OFF_S, ClockHabit, Need, is_hopeful, need, rule_of
from gateway.domain.meter_health import (
    LEAST_ASKED,
    MOST_COLLISIONS,
    MeterWatch,
    Still,
    Tries,
    fails_more,
    is_cover_told,
    look_at_cover,
    look_at_reverse,
    look_at_still,
    lost_phases,
    says_reverse,
    still_ms,
)
from gateway.domain.reading import MeterState
from gateway.protocols.driver import Values


def note_look(journal: Journal, meter: MeterNo, values: Values, step_wh: int, now: Instant) -> None:
    """Take what a meter answered to one of the rare questions."""
    watch = journal.record(MeterWatch, meter) or MeterWatch()
    if values.cover_openings is not None:
        watch, more = look_at_cover(watch, values.cover_openings, now)
        detail = f"the cover was opened {values.cover_openings} times, {more} since the last look"
        _tell(journal, "cover-opened", meter, is_cover_told(watch, now), detail, now)
    if values.reverse_wh is not None:
        watch, back_wh = look_at_reverse(watch, values.reverse_wh, step_wh)
        detail = f"{back_wh} Wh flowed backwards since the last look: check its wires"
        _tell(journal, "reverse-energy", meter, back_wh > 0, detail, now)
    if values.status_words is not None:
        _note_words(journal, meter, values.status_words, now)
    journal.keep(meter, watch)


def _note_words(journal: Journal, meter: MeterNo, words: tuple[int, ...], now: Instant) -> None:
    detail = "the meter says that energy flows backwards: check its wires"
    _tell(journal, "reverse-flow", meter, says_reverse(words), detail, now)
    phases = lost_phases(words)
    _tell(journal, "voltage-lost", meter, bool(phases), f"phase {phases}: no voltage at the meter", now)


def note_still(
    journal: Journal, meter: MeterNo, before: Still | None, step_wh: int, now: Instant
) -> Still | None:
    """Compare the polls' current with their register; give what the next look goes on from.

    It is not kept in the journal: a restart costs an alarm some hours, a record for every look would wear the card.
    """
    state = journal.record(MeterState, meter)
    if state is None:
        return None
    still = look_at_still(before, state.total_wh, state.current_ma, now)
    stood_ms = still_ms(still, step_wh, now)
    detail = ""
    if still is not None:
        detail = f"at least {still.least_ma} mA for {stood_ms // 1000} s, and not one step of the register: look for a bypass"
    _tell(journal, "still-with-current", meter, stood_ms > 0, detail, now)
    return still


def note_clock(journal: Journal, meter: MeterNo, off_s: int, now: Instant) -> None:
    """Take how far a meter's calendar was from ours, when ours could be trusted.

    A person is needed beyond what the broadcast mends, and for a meter that does not follow it.
    """
    rule = rule_of(policy(journal).clocks, now.wall_ms)
    wanted, hopeful = need(rule, off_s), is_hopeful(journal.record(ClockHabit, meter), now)
    why = f"the broadcast only mends {MOST_OFF_S} s" if hopeful else "it does not follow the broadcast"
    detail = f"its clock is {off_s} s off: set it by hand, {why}"
    stands = wanted is Need.PERSON or (wanted is Need.TELLING and not hopeful)
    _tell(journal, "meter-clock-off", meter, stands, detail, now)


def note_line(journal: Journal, counts: Mapping[MeterNo, MeterCounts], now: Instant) -> frozenset[MeterNo]:
    """Compare each meter of a line with the others, by what it did since it was judged last; give those that were judged now."""
    return frozenset(meter for meter in counts if _note_module(journal, meter, counts, now))


def _note_module(
    journal: Journal, meter: MeterNo, counts: Mapping[MeterNo, MeterCounts], now: Instant
) -> bool:
    mine = counts[meter]
    if mine.collisions >= MOST_COLLISIONS:
        detail = f"{mine.collisions} answers ran into each other: look for a second meter with this address"
        raise_alarm(journal, "address-twice", meter, detail, now)
        return True
    if mine.answered + mine.missed < LEAST_ASKED:
        return False
    if mine.collisions == 0 and mine.answered:
        clear_alarm(journal, "address-twice", meter, now)
    others = [other for name, other in counts.items() if name != meter and other.answered]
    rest = Tries(sum(one.answered for one in others), sum(one.missed for one in others))
    own = Tries(mine.answered, mine.missed)
    detail = f"{own.missed} of {own.asked} questions failed, of the others' {rest.missed} of {rest.asked}: look at its module"
    _tell(journal, "meter-failing", meter, fails_more(own, rest), detail, now)
    return True


def _tell(journal: Journal, what: str, meter: MeterNo, stands: bool, detail: str, now: Instant) -> None:
    if stands:
        raise_alarm(journal, what, meter, detail, now)
    else:
        clear_alarm(journal, what, meter, now)
