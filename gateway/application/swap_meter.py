"""Replacing a meter on site, with or without central (R-4.3.5): one transaction from the last register to the first.

The account is billed to the old meter's sealed last register and goes on at the new one's first; binding, baseline and ledger
change together (C-3). The new relay takes over what is wanted of the room, lock-outs included. What flowed between the two
registers is recorded and billed to nobody. Undone by swapping back. A software control of the room ends with it.
"""

import msgspec

from gateway.application.alarms import clear_alarm, raise_alarm, standing_alarms, station
from gateway.application.bind import begin_at
from gateway.application.control_state import Over
from gateway.application.groups import replace_in_groups
from gateway.application.lock_outs import hand_over_locks
from gateway.application.plan_swap import (
    SwapOrder,
    SwapPlan,
    SwapRefused,
    done_before,
    plan_swap,
)
from gateway.application.ports import Journal
from gateway.application.records import MeterTies, Swap
from gateway.application.relay_state import LOCKED_OUT, keep_relay, relay_of
from gateway.application.sealed_register import begin_story, take_sealed
from gateway.application.settle import Closed, settle
from gateway.contract.facts import EntryCause, Instant
from gateway.contract.identifiers import AccountId, MeterNo
from gateway.contract.meter_facts import ControlEnd, MeterSwapped
from gateway.contract.rules import BindingRule
from gateway.domain.ledger import AccountState
from gateway.domain.reading import MeterState
from gateway.domain.relay import RelayState
from gateway.words import WordedError, mark


class BooksInDoubt(WordedError):
    """The account's books don't add up to the last register: raised so that nothing of the swap stands (C-17)."""

    def __init__(self, account: AccountId, why: str) -> None:
        super().__init__(
            mark(
                "{account} could not be billed to the last register: {why}; nothing was changed; "
                "release it first: cardroom-gateway release"
            ),
            account=account,
            why=why,
        )
        self.account = account
        self.why = why


def swap_meter(journal: Journal, ask: SwapOrder, now: Instant) -> Swap | SwapRefused:
    """Replace a meter. The same again, while it holds, is what was done before; a refusal changed nothing.

    Raises BooksInDoubt, which must undo what was written; the account is then to be quarantined.
    """
    known = done_before(journal, ask.old, ask.new, now)
    if known is not None:
        return known
    plan = plan_swap(journal, ask, now)
    if isinstance(plan, SwapRefused):
        return plan
    number = len(journal.records(Swap)) + 1
    here = station(journal)
    swap = f"{here.gateway}.{here.epoch}.swap{number}"
    _seal_last(journal, ask, plan, swap, now)
    begun = begin_story(journal, ask.new, ask.first, now)
    baseline = Closed(ask.new, begun.total_wh, begun.register_wh, now, begun.raw)
    fact = _fact(ask, plan, swap, now)
    if plan.account is not None:
        _go_on(journal, plan.account, fact, baseline, _over(ask, plan, swap), now)
    replace_in_groups(journal, fact, now)
    _clear_alarms_of(journal, ask.old, now)
    done = Swap(fact, ask.place, ask.old_place)
    journal.keep(swap, done)
    journal.append_fact(fact)
    return done


def _fact(ask: SwapOrder, plan: SwapPlan, swap: str, now: Instant) -> MeterSwapped:
    return MeterSwapped(
        swap=swap,
        old_meter=ask.old,
        new_meter=ask.new,
        last_wh=plan.last_wh,
        first_wh=ask.first.register_wh,
        at=now,
        last_at=plan.last_at,
        by=ask.by,
        why=ask.why,
        account=plan.account,
        binding=swap if plan.account is not None else "",
        from_ms=plan.from_ms,
        last_frame=plan.last_raw.hex() or None,
        first_frame=ask.first.raw.hex() or None,
        last_read_by=plan.last_read_by,
        first_read_by=ask.first.read_by,
    )


def _over(ask: SwapOrder, plan: SwapPlan, swap: str) -> Over | None:
    """How the account's software control ends by it: what the old meter shows now is told, not billed (R-4.3.5)."""
    if not plan.control:
        return None
    return Over(
        ControlEnd.SWAPPED,
        ask.by,
        ask.why,
        first_read_by=ask.first.read_by,
        last_wh=ask.last.register_wh if ask.last else None,
        last_read_by=ask.last.read_by if ask.last else "",
        swap=swap,
    )


def binding_of(fact: MeterSwapped) -> BindingRule | None:
    """Give the binding that a swap made, as a configuration would list it; None where nobody is billed."""
    if fact.account is None:
        return None
    return BindingRule(fact.binding, fact.new_meter, fact.account, fact.from_ms, fact.first_wh)


def _seal_last(journal: Journal, ask: SwapOrder, plan: SwapPlan, swap: str, now: Instant) -> None:
    """Take the last register and bill the account up to it. Raises BooksInDoubt when that doesn't add up (C-17)."""
    if plan.judged is not None:
        reading, judgement = plan.judged
        before = journal.record(MeterState, ask.old) or MeterState(ask.old)
        take_sealed(journal, before, reading, judgement, bool(plan.last_read_by), now)
    if plan.account is None or plan.control:
        return
    settle(journal, plan.account, EntryCause.BINDING, now, source=swap)
    state, meter = journal.record(AccountState, plan.account), journal.record(MeterState, ask.old)
    assert state is not None
    if not (state.closed or meter is None or state.settled_wh == meter.total_wh):
        raise BooksInDoubt(plan.account, state.quarantined or "its last energy is not billed")


def _go_on(
    journal: Journal,
    account: AccountId,
    fact: MeterSwapped,
    baseline: Closed,
    over: Over | None,
    now: Instant,
) -> None:
    """Tie the new meter in the old one's place: what was decided of the room, and what its relay was told, stays."""
    room, relay = journal.record(AccountState, account), relay_of(journal, fact.old_meter)
    binding = binding_of(fact)
    assert room is not None
    assert binding is not None
    listed = journal.record(MeterTies, fact.new_meter) or MeterTies(())
    journal.keep(fact.new_meter, MeterTies((*listed.ties, binding)))
    begin_at(journal, binding, baseline, now, over)
    begun = journal.record(AccountState, account) or room
    journal.keep(
        account,
        msgspec.structs.replace(
            begun, decision=room.decision, reason=room.reason, dark=room.dark, power=room.power
        ),
    )
    _hand_over(journal, relay, fact, now)


def _hand_over(journal: Journal, old: RelayState, fact: MeterSwapped, now: Instant) -> None:
    before = relay_of(journal, fact.new_meter)
    after = msgspec.structs.replace(
        before,
        credit_closed=old.credit_closed,
        credit_why=old.credit_why,
        override=old.override,
        override_why=old.override_why,
        locks=tuple(sorted({*old.locks, *before.locks})),
        command=old.command,
        trip=old.trip,
        dark=old.dark,
    )
    keep_relay(journal, before, after, now)
    hand_over_locks(journal, fact.old_meter, fact.new_meter, fact.by, now)
    left = relay_of(journal, fact.old_meter)
    free = msgspec.structs.replace(
        left, locks=(), override=None, override_why="", command=None, close_again=False
    )
    keep_relay(journal, left, free, now)
    for alarm in standing_alarms(journal):
        if (alarm.what, alarm.subject) == (LOCKED_OUT, fact.old_meter):
            raise_alarm(journal, LOCKED_OUT, fact.new_meter, alarm.detail, now)


def _clear_alarms_of(journal: Journal, meter: MeterNo, now: Instant) -> None:
    """The old meter is gone, and with it what was wrong with it."""
    for alarm in standing_alarms(journal):
        if alarm.subject == meter:
            clear_alarm(journal, alarm.what, meter, now)
