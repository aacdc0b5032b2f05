"""A reading arrives: judge it, pack it, bill it when it is time, decide on it. One transaction. Knows no wire.

reading -> judgement -> (binding, price edge, period's end) -> packed row -> decision -> settlement -> outbox row
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import msgspec

from gateway.application.accounts import Metered, metered_by
from gateway.application.alarms import clear_alarm, raise_alarm
from gateway.application.bind import bills_nobody, bind_due, has_binding_due
from gateway.application.close_account import finish_closing
from gateway.application.close_period import close_periods
from gateway.application.decide import decide, policy
from gateway.application.drive_relay import note_observation
from gateway.application.outlook import outlooks_of
from gateway.application.ports import Journal
from gateway.application.power import note_power, watches_power
from gateway.application.settle import settle
from gateway.contract.facts import EntryCause, Instant, ReadingOutcome, ReadingRow
from gateway.contract.identifiers import MeterNo
from gateway.domain.cutoff import Basis
from gateway.domain.instants import elapsed_ms, wall_of
from gateway.domain.poll_plan import NO_OUTLOOK, Outlook
from gateway.domain.reading import (
    ACCEPTED,
    Judgement,
    MeterReading,
    MeterState,
    advance,
    judge,
    rebased,
    wants_reread,
)
from gateway.domain.relay import ObservedStatus
from gateway.domain.tariff import Span, edges_between

UNBOUND_MAX_POWER_W = 1_000_000
"""A meter that bills no account may be a building's master."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of a reading, and what the loop should do about it at once."""

    outcome: ReadingOutcome
    delta_wh: int
    confirm: bool = False
    """Read the register again now and post it with `confirming=True`: it would cut (C-16)."""
    reread: bool = False
    """The value is strange: read it again now, up to three times."""
    relay: bool = False
    """The relay wants work: give its meter to the relay loop."""
    closed: bool = False
    """An account was closed on this reading (C-8)."""
    watch: bool = False
    """Its power is under suspicion: read it with the next register, too."""
    factor: bool = False
    """A rule wants the power factor with each power."""
    total_wh: int = 0
    """The meter's running total after it."""
    outlook: Outlook = NO_OUTLOOK
    """When the meter is next worth reading."""
    others: Mapping[MeterNo, Outlook] = field(default_factory=dict)
    """The same for the meters whose energy comes from the same credit: it was judged anew for all of them."""


def post_reading(
    journal: Journal, reading: MeterReading, now: Instant, *, confirming: bool = False
) -> Posted:
    """Take one reading of one meter. `confirming` when it is the second look that a cut needs (C-16).

    A strange value bills nothing and cuts nothing; after three re-reads the meter's story is in doubt and an alarm stands.
    """
    before = journal.record(MeterState, reading.meter) or MeterState(reading.meter)
    if before.doubt and has_binding_due(journal, reading.meter, now):
        before = rebased(before)
    gathered = metered_by(journal, reading.meter)
    judgement = judge(before, reading, now, _max_power_w(gathered))
    crosses = judgement.accepted and gathered is not None and _crosses_edge(before, gathered, now)
    if crosses and gathered is not None:
        settle(journal, gathered.state.account, EntryCause.PRICE_EDGE, now)
    after = advance(before, reading, judgement, now)
    journal.keep(reading.meter, after)
    journal.add_reading(_row(reading, judgement, now))
    _tell_story(journal, before, after, now)
    if judgement.accepted:
        close_periods(journal, before, after, reading.span_wh, now)
    if crosses and gathered is not None:
        settle(journal, gathered.state.account, EntryCause.PRICE_EDGE, now)
    if judgement.accepted:
        bind_due(journal, after, now)
    relay = _observe(journal, reading, now)
    return _act(journal, reading, judgement, after, confirming, relay, now)


def _max_power_w(gathered: Metered | None) -> int:
    return gathered.rule.max_power_w if gathered else UNBOUND_MAX_POWER_W


def _crosses_edge(before: MeterState, gathered: Metered, now: Instant) -> bool:
    """Say whether a price edge lies between the last good reading and this one (C-9); never on an untrusted clock (C-14)."""
    last_ms = None if before.at is None else wall_of(before.at, now)
    if last_ms is None or not now.trusted:
        return False
    edges = edges_between(gathered.prices, Span(last_ms - 1, now.wall_ms + 1))
    return bool(edges)


def _row(reading: MeterReading, judgement: Judgement, now: Instant) -> ReadingRow:
    return ReadingRow(
        meter=reading.meter,
        wall_ms=now.wall_ms,
        register_wh=reading.register_wh,
        power_w=reading.power_w,
        current_ma=reading.current_ma,
        relay_closed=reading.relay_closed,
        outcome=judgement.outcome,
        trusted=now.trusted,
    )


def _tell_story(journal: Journal, before: MeterState, after: MeterState, now: Instant) -> None:
    """Raise what came into doubt, clear what is settled again."""
    if after.doubt and not before.doubt:
        detail = f"register {before.register_wh} Wh was followed by {after.doubt} values; nothing is billed or cut on it"
        raise_alarm(journal, "meter-in-doubt", after.meter, detail, now)
    if not after.questionable:
        clear_alarm(journal, "meter-in-doubt", after.meter, now)
    clear_alarm(journal, "meter-silent", after.meter, now)


def _observe(journal: Journal, reading: MeterReading, now: Instant) -> bool:
    """Pass on what the poll saw of the relay; an open status word without a current says nothing."""
    if reading.relay_closed is None or (not reading.relay_closed and reading.current_ma is None):
        return False
    status = ObservedStatus(
        closed=reading.relay_closed,
        current_ma=reading.current_ma,
        commanded_closed=reading.relay_commanded_closed,
        status_word=reading.status_word,
    )
    return note_observation(journal, reading.meter, status, now)


def _act(
    journal: Journal,
    reading: MeterReading,
    judgement: Judgement,
    after: MeterState,
    confirming: bool,
    relay: bool,
    now: Instant,
) -> Posted:
    meter = reading.meter
    posted = Posted(
        judgement.outcome,
        judgement.delta_wh,
        reread=wants_reread(after),
        relay=relay,
        total_wh=after.total_wh,
    )
    gathered = metered_by(journal, meter)
    if gathered is None or not (judgement.accepted or after.doubt):
        return posted
    if judgement.accepted and finish_closing(journal, gathered, now):
        return replace(posted, closed=True)
    basis = Basis.CONFIRMED if confirming and judgement.accepted else Basis.READ
    decided = decide(journal, gathered.state.account, basis, now)
    outlooks = outlooks_of(journal, gathered.state.account, decided, now)
    posted = replace(
        posted,
        confirm=decided.confirm,
        relay=posted.relay or bool(decided.woken),
        outlook=outlooks.pop(meter, NO_OUTLOOK),
        others=outlooks,
    )
    return _watch_power(journal, reading, gathered, posted, now) if watches_power(gathered.rule) else posted


def _watch_power(
    journal: Journal, reading: MeterReading, gathered: Metered, posted: Posted, now: Instant
) -> Posted:
    """Let the account's rules on power see the reading."""
    noted = posted.outcome in ACCEPTED and note_power(journal, reading, now)
    power = (metered_by(journal, reading.meter) or gathered).state.power
    return replace(
        posted,
        relay=posted.relay or noted,
        watch=power.over > 0 or power.steps > 0,
        factor=gathered.rule.high_power is not None,
    )


def note_silence(journal: Journal, meter: MeterNo, now: Instant) -> bool:
    """A meter did not answer. Raise `meter-silent` after the building's limit; say whether it stands. Silence decides nothing."""
    state = journal.record(MeterState, meter) or MeterState(meter)
    silent_ms = elapsed_ms(state.silent_since, now) if state.silent_since else None
    if silent_ms is None:
        journal.keep(meter, msgspec.structs.replace(state, silent_since=now))
        return False
    limit_s = policy(journal).silent_alarm_after_s
    if silent_ms < limit_s * 1000 or bills_nobody(journal, meter, now):
        return False
    raise_alarm(
        journal, "meter-silent", meter, f"no answer for {limit_s} s; look at the meter and its line", now
    )
    return True
