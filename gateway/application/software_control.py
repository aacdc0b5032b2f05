"""A room whose meter is faulty: put under software control, billed again by the same meter (R-4.3.5, C-3, C-16). Reads no meter.

    meter dead or talking rubbish -> begin: billed to the last good register, relay closed, nothing billed or cut from here on
    another meter put in          -> `swap_meter` ends it          a binding from central -> `bind` ends it
    the same meter is good again  -> end: a new baseline at its present register

What the faulty meter counted meanwhile is told, never billed: what is charged for that time is agreed at central (`bill_gap`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import count

import msgspec

from gateway.application.accounts import Metered, metered
from gateway.application.alarms import clear_alarm, station
from gateway.application.control_state import Over, begin_control, control_of, end_control
from gateway.application.decide import decide
from gateway.application.ports import Journal
from gateway.application.records import RoomControl
from gateway.application.sealed_register import (
    Sealed,
    begin_story,
    cant_show,
    judge_sealed,
    take_sealed,
    was_read_since,
)
from gateway.application.settle import settle
from gateway.contract.facts import EntryCause, EntryKind, Instant
from gateway.contract.identifiers import AccountId, MeterNo
from gateway.contract.meter_facts import ControlEnd, SoftwareControlBegun, SoftwareControlEnded
from gateway.contract.rules import Billing
from gateway.domain.cutoff import Basis
from gateway.domain.ledger import AccountState
from gateway.domain.reading import Judgement, MeterReading, MeterState
from gateway.words import mark, plain

ESTIMATE_MS = 14 * 86_400_000
ENTRIES_LOOKED_AT = 2_000


class ControlRefusal(StrEnum):
    """Why a control doesn't begin, or doesn't end."""

    UNKNOWN_ACCOUNT = "unknown-account"
    NOT_BOUND = "not-bound"
    ALREADY = "already"
    BY_CONFIGURATION = "by-configuration"
    CARD_METER = "card-meter"
    QUARANTINED = "quarantined"
    CLOSING = "closing"
    LAST_IMPOSSIBLE = "last-impossible"
    NOT_STANDING = "not-standing"
    NO_METER = "no-meter"
    METER_SILENT = "meter-silent"
    METER_IN_DOUBT = "meter-in-doubt"
    ANOTHER_METER = "another-meter"
    BELOW_LAST_BILLED = "below-last-billed"


@dataclass(frozen=True, slots=True)
class ControlRefused:
    """Nothing was changed: its name, and a marked sentence with what to do, its facts beside it."""

    why: ControlRefusal
    text: str
    facts: Mapping[str, object]

    @property
    def detail(self) -> str:
        """Its name and the sentence as it is in the code."""
        return f"{self.why.value}: {plain(self.text, self.facts)}"


@dataclass(frozen=True, slots=True)
class BeginOrder:
    """What is asked for. `last`: the register read or typed just now; None: the last good one. `wh_per_day` 0: by the ledger."""

    control: str
    account: AccountId
    by: str
    why: str
    ref: str = ""
    wh_per_day: int = 0
    last: Sealed | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """It stands. `relay`: meters whose relay wants work because of it."""

    fact: SoftwareControlBegun
    relay: tuple[MeterNo, ...] = ()


def site_control_id(journal: Journal) -> str:
    """Name a control that begins on site. An opening drops what central knows to have ended: a count alone comes twice."""
    here, known = station(journal), journal.records(RoomControl)
    names = (f"{here.gateway}.{here.epoch}.control{number}" for number in count(len(known) + 1))
    return next(name for name in names if name not in known)


def begin(journal: Journal, ask: BeginOrder, now: Instant) -> Begun | ControlRefused:
    """Bill an account to its meter's last good register, and no further; supply it whatever its credit."""
    gathered = metered(journal, ask.account)
    refused = _why_not_begin(journal, ask, gathered)
    if refused is not None or gathered is None:
        return refused or _unknown(ask.account)
    typed_by = _take_last(journal, ask, gathered, now)
    if isinstance(typed_by, ControlRefused):
        return typed_by
    settle(journal, ask.account, EntryCause.COMMAND, now, source=ask.control)
    gathered = metered(journal, ask.account) or gathered
    if gathered.quarantined:
        return _quarantined(gathered)
    begun = _begun(journal, ask, gathered, typed_by, now)
    begin_control(journal, begun, now)
    decided = decide(journal, ask.account, Basis.ESTIMATE, now)
    return Begun(begun, decided.woken)


@dataclass(frozen=True, slots=True)
class BeginPlan:
    """What a beginning would do: the register the account is billed to, and what of it is not billed yet."""

    account: AccountId
    room: str
    meter: MeterNo
    last_wh: int | None
    last_read_by: str
    unbilled_wh: int
    wh_per_day: int
    believed: bool
    """False: what the meter says now can't be, its last good reading counts."""


def plan_begin(journal: Journal, ask: BeginOrder, now: Instant) -> BeginPlan | ControlRefused:
    """Check a beginning and give what it would do. Writes nothing."""
    gathered = metered(journal, ask.account)
    refused = _why_not_begin(journal, ask, gathered)
    if refused is not None or gathered is None or gathered.state.meter is None:
        return refused or _unknown(ask.account)
    meter, known = gathered.state.meter, gathered.meter
    register_wh, more_wh, typed_by, believed = known.register_wh if known else None, 0, "", True
    if ask.last is not None and not was_read_since(known, ask.last):
        before, reading, judgement = judge_sealed(known, meter, ask.last, gathered.rule.max_power_w, now)
        believed = judgement.accepted
        if believed:
            register_wh, more_wh, typed_by = ask.last.register_wh, judgement.delta_wh, ask.last.read_by
        elif ask.last.read_by:
            return _cant_show(before, reading, judgement)
    return BeginPlan(
        ask.account,
        gathered.rule.room,
        meter,
        register_wh,
        typed_by,
        gathered.unsettled_wh + more_wh,
        usual_wh_per_day(journal, gathered, now),
        believed,
    )


def _why_not_begin(journal: Journal, ask: BeginOrder, gathered: Metered | None) -> ControlRefused | None:
    if gathered is None:
        return _unknown(ask.account)
    state, rule, named = gathered.state, gathered.rule, {"account": ask.account}
    if state.control:
        text = mark("{account} is under software control already; `cardroom-gateway status` shows since when")
        return ControlRefused(ControlRefusal.ALREADY, text, named)
    if rule.software is not None:
        text = mark("the configuration has {account} without a meter already; central ends that")
        return ControlRefused(ControlRefusal.BY_CONFIGURATION, text, named)
    if rule.billing is Billing.CARD:
        text = mark("{account} is billed by its own cards: its meter cuts by itself, no software keeps it on")
        return ControlRefused(ControlRefusal.CARD_METER, text, named)
    if state.closed or state.closing is not None:
        text = mark("{account} is closed or being closed")
        return ControlRefused(ControlRefusal.CLOSING, text, named)
    if state.meter is None:
        text = mark("{account} is not tied to a meter that was ever read: central ties it")
        return ControlRefused(ControlRefusal.NOT_BOUND, text, named)
    return _quarantined(gathered) if gathered.quarantined else None


def _unknown(account: str) -> ControlRefused:
    text = mark("there is no account {account}; `cardroom-gateway status` lists them")
    return ControlRefused(ControlRefusal.UNKNOWN_ACCOUNT, text, {"account": account})


def _quarantined(gathered: Metered) -> ControlRefused:
    text = mark("{account}: {why}; release it first: cardroom-gateway release")
    return ControlRefused(
        ControlRefusal.QUARANTINED, text, {"account": gathered.state.account, "why": gathered.quarantined}
    )


def _take_last(journal: Journal, ask: BeginOrder, gathered: Metered, now: Instant) -> str | ControlRefused:
    """Take the register of just now as the meter's last good one, where it can be; give who read it off the display.

    What the faulty meter says is taken only if it is possible; what a person typed must be.
    """
    meter, sealed = gathered.state.meter, ask.last
    if sealed is None or meter is None or was_read_since(gathered.meter, sealed):
        return ""
    before, reading, judgement = judge_sealed(gathered.meter, meter, sealed, gathered.rule.max_power_w, now)
    if not judgement.accepted:
        return _cant_show(before, reading, judgement) if sealed.read_by else ""
    take_sealed(journal, before, reading, judgement, bool(sealed.read_by), now)
    return sealed.read_by


def _cant_show(before: MeterState, reading: MeterReading, judgement: Judgement) -> ControlRefused:
    text = mark(
        "{meter} can't show {shown}: {outcome} after {known}; look again, or leave --last out: "
        "the gateway's last good reading counts then"
    )
    return ControlRefused(ControlRefusal.LAST_IMPOSSIBLE, text, cant_show(before, reading, judgement))


def _begun(
    journal: Journal, ask: BeginOrder, gathered: Metered, typed_by: str, now: Instant
) -> SoftwareControlBegun:
    state, meter = gathered.state, gathered.meter
    return SoftwareControlBegun(
        control=ask.control,
        account=ask.account,
        at=now,
        by=ask.by,
        why=ask.why,
        meter=state.meter,
        last_good_wh=state.settled_register_wh,
        last_good_at=state.settled_at,
        last_good_frame=None if typed_by or meter is None else meter.raw.hex() or None,
        last_read_by=typed_by,
        wh_per_day=ask.wh_per_day or usual_wh_per_day(journal, gathered, now),
        ref=ask.ref,
    )


def usual_wh_per_day(journal: Journal, gathered: Metered, now: Instant) -> int:
    """Give what an account used a day in the last two weeks by its own entries; 0 where the time or the use isn't known."""
    if not now.trusted:
        return 0
    since_ms = now.wall_ms - ESTIMATE_MS
    account, payer = gathered.state.account, gathered.payer.account
    entries = [
        entry
        for entry in journal.entries_of(payer, since_ms, ENTRIES_LOOKED_AT)
        if entry.entry_kind is EntryKind.CONSUMPTION
        and entry.meter is not None
        and (entry.used_by or entry.account) == account
    ]
    began_ms = min((entry.from_ms for entry in entries if entry.from_ms), default=None)
    if began_ms is None:
        return 0
    passed_ms = max(now.wall_ms - max(began_ms, since_ms), 1)
    return sum(entry.energy_wh for entry in entries) * 86_400_000 // passed_ms


@dataclass(frozen=True, slots=True)
class Ended:
    """The room is metered again."""

    fact: SoftwareControlEnded
    relay: tuple[MeterNo, ...] = ()


@dataclass(frozen=True, slots=True)
class EndPlan:
    """What an end would do: the new baseline, and what was counted since the last good register (None: unknown)."""

    begun: SoftwareControlBegun
    room: str
    meter: MeterNo
    first_wh: int
    counted_wh: int | None


def plan_end(journal: Journal, account: AccountId, first: Sealed) -> EndPlan | ControlRefused:
    """Check an end by the same meter and give what it would do. Writes nothing."""
    control, gathered = control_of(journal, account), metered(journal, account)
    refused = why_not_end(control, gathered, account, first.register_wh) or _is_another(gathered, first)
    if refused is not None or control is None or gathered is None or gathered.state.meter is None:
        return refused or not_standing(account)
    good_wh = control.begun.last_good_wh
    counted_wh = None if good_wh is None else first.register_wh - good_wh
    return EndPlan(control.begun, gathered.rule.room, gathered.state.meter, first.register_wh, counted_wh)


def _is_another(gathered: Metered | None, first: Sealed) -> ControlRefused | None:
    known = gathered.meter if gathered else None
    if known is None or not (first.identity and known.identity) or first.identity == known.identity:
        return None
    text = mark("another meter answers at the address of {meter}: put it in with `cardroom-gateway swap`")
    return ControlRefused(ControlRefusal.ANOTHER_METER, text, {"meter": known.meter})


def end_good_again(
    journal: Journal, account: AccountId, first: Sealed, by: str, why: str, now: Instant
) -> Ended | ControlRefused:
    """Bill an account by the same meter again, from the register read just now on: a person says that it is good."""
    plan = plan_end(journal, account, first)
    if isinstance(plan, ControlRefused):
        return plan
    state = begin_story(journal, plan.meter, first, now)
    clear_alarm(journal, "meter-in-doubt", plan.meter, now)
    return go_on(journal, account, state, by, why, now)


def go_on(journal: Journal, account: AccountId, meter: MeterState, by: str, why: str, now: Instant) -> Ended:
    """A watt-hour more on the running total tells its story apart from before: no balance spans the time between (R-B2)."""
    meter = msgspec.structs.replace(meter, total_wh=meter.total_wh + 1)
    journal.keep(meter.meter, meter)
    state = journal.record(AccountState, account)
    assert state is not None
    journal.keep(
        account,
        msgspec.structs.replace(
            state,
            settled_wh=meter.total_wh,
            settled_register_wh=meter.register_wh,
            settled_at=meter.at,
        ),
    )
    over = Over(
        ControlEnd.GOOD_AGAIN,
        by,
        why,
        new_meter=meter.meter,
        first_wh=meter.register_wh,
        first_frame=meter.raw,
        last_wh=meter.register_wh,
        baseline_total_wh=meter.total_wh,
        at=meter.at,
    )
    fact = end_control(journal, account, over, now)
    assert fact is not None
    return Ended(fact, decide(journal, account, Basis.ESTIMATE, now).woken)


def why_not_end(
    control: RoomControl | None, gathered: Metered | None, account: AccountId, register_wh: int
) -> ControlRefused | None:
    if control is None or gathered is None:
        return not_standing(account)
    if gathered.state.meter is None:
        text = mark("{account} has no meter now: central ties one to it, and that ends the control")
        return ControlRefused(ControlRefusal.NO_METER, text, {"account": account})
    billed_wh = gathered.state.settled_register_wh
    if billed_wh is not None and register_wh < billed_wh:
        text = mark(
            "{meter} shows {shown}, and {billed} of it is billed already: it isn't good. "
            "Put another one in with `cardroom-gateway swap`, or have central tie this one anew"
        )
        facts = {
            "meter": gathered.state.meter,
            "shown": f"{register_wh / 1000:.2f} kWh",
            "billed": f"{billed_wh / 1000:.2f} kWh",
        }
        return ControlRefused(ControlRefusal.BELOW_LAST_BILLED, text, facts)
    return None


def not_standing(account: str) -> ControlRefused:
    text = mark("{account} is not under software control; `cardroom-gateway status` shows who is")
    return ControlRefused(ControlRefusal.NOT_STANDING, text, {"account": account})
