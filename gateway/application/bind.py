"""Tying meters to accounts at a dated instant (C-3): the old account is settled, the new one gets its baseline."""

from dataclasses import replace

import msgspec

from gateway.application.accounts import certain_wall_ms, metered
from gateway.application.alarms import clear_alarm, raise_alarm
from gateway.application.control_state import Over, end_control
from gateway.application.ports import Journal
from gateway.application.records import Billed, MeterTies, Tie
from gateway.application.relay_state import CENTRAL, CLOSING, keep_relay, relay_of
from gateway.application.settle import Closed, last_good, settle_before_change
from gateway.contract.facts import EntryCause, Instant
from gateway.contract.identifiers import AccountId, MeterNo
from gateway.contract.meter_facts import ControlEnd, MeterBound
from gateway.contract.rules import AccountRule, BindingRule
from gateway.domain.ledger import AccountState
from gateway.domain.power_watch import PowerWatch
from gateway.domain.reading import DLT645_SPAN_WH, MS_PER_HOUR, MeterState, moved_wh
from gateway.domain.relay import RelayState


def due_binding(journal: Journal, meter: MeterNo, now: Instant) -> BindingRule | None:
    """Give the binding that should be in force on a meter by now and is not, or None."""
    listed = journal.record(MeterTies, meter)
    if listed is None:
        return None
    reached_ms = certain_wall_ms(journal, now)
    begun = [tie for tie in listed.ties if tie.from_ms <= reached_ms]
    if not begun:
        return None
    latest = max(begun, key=_newness)
    in_force = journal.record(Tie, meter)
    if (in_force is not None and in_force.binding == latest.binding) or _is_superseded(journal, latest):
        return None
    return latest


def _newness(binding: BindingRule) -> tuple[int, str]:
    return binding.from_ms, binding.binding


def _is_superseded(journal: Journal, binding: BindingRule) -> bool:
    """The account has gone on with a newer meter: an account has one, and the old one doesn't take it back."""
    state = journal.record(AccountState, binding.account)
    listed = journal.record(MeterTies, state.meter) if state and state.meter else None
    if state is None or listed is None:
        return False
    return any(tie.binding == state.binding and _newness(tie) > _newness(binding) for tie in listed.ties)


def counted_on(journal: Journal) -> list[MeterNo]:
    """List the meters that bindings count on; those whose accounts have all gone on with newer meters are left out."""
    return [
        MeterNo(meter)
        for meter, listed in sorted(journal.records(MeterTies).items())
        if journal.record(Tie, meter) is not None
        or any(not _is_superseded(journal, tie) for tie in listed.ties)
    ]


def has_binding_due(journal: Journal, meter: MeterNo, now: Instant) -> bool:
    """Say whether a person has tied this meter anew: that ends any doubt about which meter it is."""
    return due_binding(journal, meter, now) is not None


def bind_due(journal: Journal, meter: MeterState, now: Instant) -> bool:
    """Put a due binding in force on the meter's good reading of just now; say whether one was."""
    binding = due_binding(journal, meter.meter, now)
    reading = last_good(meter)
    if binding is None or reading is None:
        return False
    baseline = _baseline(journal, binding, reading, now)
    _release_old_account(journal, meter.meter, baseline, now)
    _release_old_meter(journal, binding.account, meter.meter, now)
    _begin(journal, binding, baseline, now)
    _tell(journal, binding, baseline)
    _metered_again(journal, binding, baseline, now)
    return True


def _tell(journal: Journal, binding: BindingRule, baseline: Closed) -> None:
    """Before the first entry nobody but this store would know where the account began: it would be lost with the card (C-11)."""
    if baseline.register_wh is not None:
        frame = baseline.raw.hex() or None
        journal.append_fact(
            MeterBound(
                binding.meter, binding.account, binding.binding, baseline.register_wh, baseline.at, frame
            )
        )


def _baseline(journal: Journal, binding: BindingRule, reading: Closed, now: Instant) -> Closed:
    """The recorded register when it is a possible one, else this reading; never before what was billed already."""
    recorded_wh, register_wh = binding.baseline_wh, reading.register_wh
    clear_alarm(journal, "binding-baseline", binding.account, now)
    if recorded_wh is None or register_wh is None or recorded_wh == register_wh:
        return reading
    rule = journal.record(AccountRule, binding.account)
    passed_ms = max(0, certain_wall_ms(journal, now) - binding.from_ms)
    possible_wh = (rule.max_power_w if rule else 0) * passed_ms // MS_PER_HOUR
    since_wh = moved_wh(register_wh - recorded_wh)
    if not 0 <= since_wh <= possible_wh:
        detail = f"the recorded register {recorded_wh} Wh can't have become {register_wh} Wh; the reading is taken instead"
        raise_alarm(journal, "binding-baseline", binding.account, detail, now)
        return reading
    total_wh = reading.total_wh - since_wh
    billed_wh = _billed_wh(journal, reading.meter)
    if billed_wh is not None and total_wh < billed_wh:
        recorded_wh, total_wh = recorded_wh + billed_wh - total_wh, billed_wh
    if recorded_wh > register_wh:
        recorded_wh %= DLT645_SPAN_WH  # it has rolled over since
    return Closed(reading.meter, total_wh, recorded_wh, _instant_of(binding, reading.at), reading.raw)


def _instant_of(binding: BindingRule, at: Instant) -> Instant:
    """The binding's own instant, told by the clock of the reading; the reading's while that is not trusted."""
    early_ms = at.wall_ms - binding.from_ms
    if not at.trusted or early_ms < 0:
        return at
    return Instant(at.boot, at.monotonic_ms - early_ms, binding.from_ms, True)


def _billed_wh(journal: Journal, meter: MeterNo) -> int | None:
    """Up to where the meter's running total was billed to anyone: by the binding in force, else by those before it."""
    tie = journal.record(Tie, meter)
    state = journal.record(AccountState, tie.account) if tie else None
    if state and state.meter == meter:
        return state.settled_wh
    ended = journal.record(Billed, meter)
    return ended.total_wh if ended else None


def _note_billed(journal: Journal, meter: MeterNo, state: AccountState) -> None:
    if state.meter == meter:
        journal.keep(meter, Billed(state.settled_wh))


def untie(journal: Journal, meter: MeterNo, now: Instant) -> None:
    """End a meter's binding at its last good reading: nobody pays for it any more, and its relay is left as it is."""
    state = journal.record(MeterState, meter)
    end = last_good(state) if state else None
    _release_old_account(journal, meter, end, now)
    _want_nothing(journal, meter, now)


def begin_at(
    journal: Journal, binding: BindingRule, baseline: Closed, now: Instant, over: Over | None = None
) -> None:
    """Put a binding in force at a register that central billed last: a new epoch goes on where the old one ended (C-11).

    `over`: how a software control of the account ends by it; by default through the binding alone.
    """
    _release_old_account(journal, baseline.meter, None, now)
    _release_old_meter(journal, binding.account, baseline.meter, now)
    _begin(journal, binding, baseline, now)
    _metered_again(journal, binding, baseline, now, over)


def _metered_again(
    journal: Journal, binding: BindingRule, baseline: Closed, now: Instant, over: Over | None = None
) -> None:
    """Another meter, or the same one anew, measures the room from here on: that ends its software control (R-4.3.5)."""
    over = over or Over(ControlEnd.BOUND, CENTRAL, f"binding {binding.binding}")
    over = replace(
        over,
        new_meter=baseline.meter,
        first_wh=baseline.register_wh,
        first_frame=baseline.raw,
        baseline_total_wh=baseline.total_wh,
        at=baseline.at,
    )
    end_control(journal, binding.account, over, now)


def _release_old_account(journal: Journal, meter: MeterNo, end: Closed | None, now: Instant) -> None:
    tie = journal.record(Tie, meter)
    gathered = metered(journal, tie.account) if tie else None
    if gathered is None:
        journal.forget(Tie, meter)
        return
    if end is not None:
        settle_before_change(journal, gathered.state.account, EntryCause.BINDING, now, end)
    state = journal.record(AccountState, gathered.state.account) or gathered.state
    _note_billed(journal, meter, state)
    journal.keep(state.account, msgspec.structs.replace(state, meter=None, binding=""))
    journal.forget(Tie, meter)


def _release_old_meter(journal: Journal, account: AccountId, new_meter: MeterNo, now: Instant) -> None:
    """The account had another meter: bill it to its last good reading, and want nothing of its relay any more."""
    state = journal.record(AccountState, account)
    if state is None or state.meter is None or state.meter == new_meter:
        return
    settle_before_change(journal, account, EntryCause.BINDING, now)
    _note_billed(journal, state.meter, journal.record(AccountState, account) or state)
    journal.forget(Tie, state.meter)
    _want_nothing(journal, state.meter, now)


def _want_nothing(journal: Journal, meter: MeterNo, now: Instant) -> None:
    before = journal.record(RelayState, meter)
    if before is not None:
        keep_relay(
            journal,
            before,
            msgspec.structs.replace(
                before, account=None, credit_closed=None, trip="", dark=False, close_again=False
            ),
            now,
        )
    for what in ("meter-silent", "relay-contradicted", "relay-refused"):
        clear_alarm(journal, what, meter, now)


def bills_nobody(journal: Journal, meter: MeterNo, now: Instant) -> bool:
    """Say whether no account has or awaits this meter: it was replaced, or its binding was taken away."""
    return journal.record(Tie, meter) is None and due_binding(journal, meter, now) is None


def _begin(journal: Journal, binding: BindingRule, baseline: Closed, now: Instant) -> None:
    state = journal.record(AccountState, binding.account) or AccountState(binding.account)
    journal.keep(baseline.meter, Tie(binding.account, binding.binding))
    journal.keep(
        binding.account,
        msgspec.structs.replace(
            state,
            meter=baseline.meter,
            binding=binding.binding,
            settled_wh=baseline.total_wh,
            settled_register_wh=baseline.register_wh,
            settled_at=baseline.at,
            decision=None,
            reason="",
            bound_at=now,
            dark=None,
            power=PowerWatch(),
        ),
    )
    before = relay_of(journal, baseline.meter)
    locks = tuple(lock for lock in before.locks if lock != CLOSING)
    after = msgspec.structs.replace(
        before,
        account=binding.account,
        credit_closed=None,
        credit_why="",
        locks=locks,
        trip="",
        dark=False,
        close_again=False,
    )
    keep_relay(journal, before, after, now)
    journal.must_commit()
