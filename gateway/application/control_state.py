"""Software control of rooms as the journal keeps it: which stands, how one ends, what a new epoch says and takes up (R-4.3.5).

While one stands the account's meter bills nothing: `Metered.is_unmetered` is asked wherever energy becomes money.
"""

from dataclasses import dataclass

import msgspec

from gateway.application.alarms import clear_alarm, raise_alarm
from gateway.application.loss_records import GroupState
from gateway.application.ports import Journal
from gateway.application.records import RoomControl, Tie
from gateway.application.relay_state import CENTRAL
from gateway.contract.commands import Opening
from gateway.contract.facts import Instant
from gateway.contract.identifiers import AccountId, MeterNo
from gateway.contract.meter_facts import ControlEnd, SoftwareControlBegun, SoftwareControlEnded
from gateway.contract.rules import AccountRule
from gateway.domain.ledger import AccountState
from gateway.domain.loss_calibration import Day

SOFTWARE_CONTROL = "software-control"
"""The alarm that stands while a room is under software control."""


@dataclass(frozen=True, slots=True)
class Over:
    """How a control ended. `last_wh`: what the faulty meter shows now, where that is known."""

    end: ControlEnd
    by: str
    why: str
    new_meter: MeterNo | None = None
    first_wh: int | None = None
    first_frame: bytes = b""
    first_read_by: str = ""
    last_wh: int | None = None
    last_read_by: str = ""
    swap: str = ""
    baseline_total_wh: int = 0
    at: Instant | None = None
    """When `first_wh` was so: from there on the room is metered. None: now."""


def control_of(journal: Journal, account: AccountId) -> RoomControl | None:
    """Give the control that stands on an account, or None."""
    state = journal.record(AccountState, account)
    return journal.record(RoomControl, state.control) if state and state.control else None


def control_on(journal: Journal, meter: MeterNo) -> RoomControl | None:
    """Give the control that stands on the account which a meter bills, or None."""
    tie = journal.record(Tie, meter)
    return control_of(journal, tie.account) if tie else None


def is_faulty(journal: Journal, meter: MeterNo) -> bool:
    """Say whether a meter is the faulty one of a control that stands, whatever it is tied to now."""
    control = control_on(journal, meter)
    return control is not None and control.begun.meter == meter


def begin_control(journal: Journal, begun: SoftwareControlBegun, now: Instant, *, told: bool = True) -> None:
    """Let a control stand on its account. `told` False: central told us of it, it needs no fact."""
    journal.keep(begun.control, RoomControl(begun))
    state = journal.record(AccountState, begun.account) or AccountState(begun.account)
    journal.keep(begun.account, msgspec.structs.replace(state, control=begun.control))
    raise_alarm(journal, SOFTWARE_CONTROL, begun.account, _detail(begun), now)
    if told:
        journal.append_fact(begun)


def _detail(begun: SoftwareControlBegun) -> str:
    meter = begun.meter or "no meter"
    ref = f" ({begun.ref})" if begun.ref else ""
    return f"{meter}: supplied, billed nothing, never cut for credit; {begun.by}: {begun.why}{ref}"


def end_control(
    journal: Journal, account: AccountId, over: Over, now: Instant
) -> SoftwareControlEnded | None:
    """End the control that stands on an account and tell it; None where none does. Moves no register of the account's."""
    control = control_of(journal, account)
    if control is None:
        return None
    begun = control.begun
    fact = SoftwareControlEnded(
        control=begun.control,
        account=account,
        end=over.end,
        began=begun.at,
        at=over.at or now,
        by=over.by,
        why=over.why,
        old_meter=begun.meter,
        last_good_wh=begun.last_good_wh,
        last_good_at=begun.last_good_at,
        last_wh=over.last_wh,
        last_read_by=over.last_read_by,
        counted_wh=_counted_wh(begun.last_good_wh, over.last_wh),
        new_meter=over.new_meter,
        first_wh=over.first_wh,
        first_frame=over.first_frame.hex() or None,
        first_read_by=over.first_read_by,
        swap=over.swap,
    )
    journal.keep(begun.control, RoomControl(begun, fact, over.baseline_total_wh))
    _stands_no_more(journal, account, begun.meter, now)
    journal.append_fact(fact)
    return fact


def _counted_wh(last_good_wh: int | None, last_wh: int | None) -> int | None:
    if last_good_wh is None or last_wh is None or last_wh < last_good_wh:
        return None
    return last_wh - last_good_wh


def _stands_no_more(journal: Journal, account: AccountId, meter: MeterNo | None, now: Instant) -> None:
    state = journal.record(AccountState, account)
    if state is not None:
        journal.keep(account, msgspec.structs.replace(state, control=""))
    clear_alarm(journal, SOFTWARE_CONTROL, account, now)
    for group, known in journal.records(GroupState).items():
        if known.last is not None and meter in known.last.meters:
            # Its next balance would cover the time in which this meter was no measure, and the others were.
            journal.keep(group, msgspec.structs.replace(known, last=None, period=None, day=Day()))


def end_of_gone(journal: Journal, account: AccountId, now: Instant) -> None:
    """The configuration has the account no longer: nobody will meter it."""
    why = "the configuration has the account no longer"
    end_control(journal, account, Over(ControlEnd.ACCOUNT_GONE, CENTRAL, why), now)


def flag_software_control(journal: Journal, now: Instant) -> None:
    """Raise an alarm for each room under software control, and clear it for each that is metered again."""
    for name, rule in journal.records(AccountRule).items():
        account = AccountId(name)
        control = control_of(journal, account)
        if control is not None:
            raise_alarm(journal, SOFTWARE_CONTROL, account, _detail(control.begun), now)
        elif rule.software is not None:
            detail = f"no meter: supplied, estimated at {rule.software.wh_per_day} Wh a day"
            raise_alarm(journal, SOFTWARE_CONTROL, account, detail, now)
        else:
            clear_alarm(journal, SOFTWARE_CONTROL, account, now)


def estimated_wh(rule: AccountRule, now: Instant) -> int | None:
    """Give what a room without a meter has used since, by the estimate; None where it has one, or the time isn't known."""
    if rule.software is None or not now.trusted:
        return None
    passed_ms = max(0, now.wall_ms - rule.software.from_ms)
    return rule.software.wh_per_day * passed_ms // 86_400_000


# --- across a new epoch


def say_controls(journal: Journal) -> None:
    """Report each control that stands, and the end of each other one, once more: that may not have been heard (C-11)."""
    for control in journal.records(RoomControl).values():
        journal.append_fact(control.ended or control.begun)


def adopt_controls(journal: Journal, opening: Opening, now: Instant) -> None:
    """Take up what central knows to stand, and drop what it knows to have ended, after the opening's registers were taken (C-11).

    An end that central has not heard of holds: it is told again, and the registers it ended at are put back.
    """
    for name in opening.controls_ended:
        known = journal.record(RoomControl, name)
        if known is not None and known.ended is None:
            journal.forget(RoomControl, name)
            _stands_no_more(journal, known.begun.account, known.begun.meter, now)
    for begun in opening.controls:
        here = journal.record(RoomControl, begun.control)
        known_account = journal.record(AccountRule, begun.account) is not None
        if here is None and known_account and control_of(journal, begun.account) is None:
            begin_control(journal, begun, now, told=False)
            _end_if_bound_since(journal, begun, now)
    for control in journal.records(RoomControl).values():
        if control.ended is not None and control.begun.control not in opening.controls_ended:
            _put_back(journal, control, control.ended)


def _end_if_bound_since(journal: Journal, begun: SoftwareControlBegun, now: Instant) -> None:
    """Central has tied another meter to the account since: nobody was there to say that this ended the control."""
    state = journal.record(AccountState, begun.account)
    if state is None or begun.meter is None or state.meter in (None, begun.meter):
        return
    over = Over(
        ControlEnd.BOUND,
        CENTRAL,
        f"binding {state.binding}",
        new_meter=state.meter,
        first_wh=state.settled_register_wh,
        baseline_total_wh=state.settled_wh,
        at=state.settled_at,
    )
    end_control(journal, begun.account, over, now)


def _put_back(journal: Journal, control: RoomControl, ended: SoftwareControlEnded) -> None:
    """The opening's register is that before the control: what the faulty meter counted meanwhile must not be billed after all."""
    state = journal.record(AccountState, ended.account)
    before = ended.end is ControlEnd.GOOD_AGAIN and state is not None and state.meter == ended.new_meter
    if state is None or not before or state.settled_register_wh != ended.last_good_wh:
        return
    moved = msgspec.structs.replace(
        state,
        settled_wh=control.baseline_total_wh,
        settled_register_wh=ended.first_wh,
        settled_at=ended.at,
    )
    journal.keep(state.account, moved)
