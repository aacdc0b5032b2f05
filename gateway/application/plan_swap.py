"""Whether a meter may be replaced by another now, and what that will do: what the technician is shown before it is done (R-4.3.5).

Writes nothing. A sealed register is read from the meter, or typed with who read it; a typed one must be possible.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from gateway.application.accounts import certain_wall_ms, metered_by
from gateway.application.bind import due_binding
from gateway.application.control_state import control_of
from gateway.application.groups import groups_in_force
from gateway.application.ports import Journal
from gateway.application.post_reading import UNBOUND_MAX_POWER_W
from gateway.application.records import MeterPlace, MeterTies, Swap, Tie
from gateway.application.sealed_register import Sealed, cant_show, judge_sealed, was_read_since
from gateway.contract.facts import Instant
from gateway.contract.identifiers import AccountId, MeterNo
from gateway.contract.meter_facts import SoftwareControlBegun
from gateway.contract.rules import AccountRule
from gateway.domain.ledger import AccountState
from gateway.domain.reading import Judgement, MeterReading, MeterState
from gateway.domain.swapped_groups import names_meter
from gateway.words import mark, plain


class SwapRefusal(StrEnum):
    """Why a meter is not replaced."""

    SAME_METER = "same-meter"
    UNKNOWN_METER = "unknown-meter"
    BILLS_NOBODY = "bills-nobody"
    """The old meter has no account and is in no group: there is nothing that the new one could go on with."""
    NEW_METER_IN_USE = "new-meter-in-use"
    QUARANTINED = "quarantined"
    LAST_UNKNOWN = "last-unknown"
    LAST_IMPOSSIBLE = "last-impossible"
    FIRST_IMPOSSIBLE = "first-impossible"


@dataclass(frozen=True, slots=True)
class SwapRefused:
    """Nothing was changed: its name, and a marked sentence with what to do, its facts beside it."""

    why: SwapRefusal
    text: str
    facts: Mapping[str, object]

    @property
    def detail(self) -> str:
        """The sentence as it is in the code."""
        return plain(self.text, self.facts)


@dataclass(frozen=True, slots=True)
class SwapOrder:
    """What the technician asks for. `last` None: the gateway's own last good reading of the old meter is its last register."""

    old: MeterNo
    new: MeterNo
    last: Sealed | None
    first: Sealed
    place: MeterPlace
    by: str
    why: str
    old_place: MeterPlace | None = None


@dataclass(frozen=True, slots=True)
class SwapPlan:
    """What it will do. `judged`: the last register's reading and what it means, where it is a new one."""

    account: AccountId | None
    last_wh: int
    last_raw: bytes
    last_read_by: str
    last_at: Instant
    unbilled_wh: int
    """What will be billed to the account up to the last register."""
    from_ms: int
    groups: tuple[str, ...]
    judged: tuple[MeterReading, Judgement] | None = None
    control: str = ""
    """The software control that it ends: the account was billed up to the last register when that began."""
    counted_wh: int | None = None
    """What the faulty meter counted meanwhile: told, billed to nobody. None: not known."""


def done_before(journal: Journal, old: MeterNo, new: MeterNo, now: Instant) -> Swap | None:
    """Give the newest swap that did just this, if it still holds: one that was undone may be done again."""
    tie = journal.record(Tie, new)
    same = [swap for swap in journal.records(Swap).values() if _replaced(swap) == (old, new)]
    for swap in sorted(same, key=lambda one: one.fact.from_ms, reverse=True):
        holds = tie is not None and tie.binding == swap.fact.binding
        if holds or (swap.fact.account is None and not _groups_of(journal, old, now)):
            return swap
    return None


def _replaced(swap: Swap) -> tuple[MeterNo, MeterNo]:
    return swap.fact.old_meter, swap.fact.new_meter


def plan_swap(journal: Journal, ask: SwapOrder, now: Instant) -> SwapPlan | SwapRefused:
    """Check a swap; give what it would do, or its refusal by name."""
    gathered, groups = metered_by(journal, ask.old), _groups_of(journal, ask.old, now)
    refused = _refusal(journal, ask, now)
    if refused is not None:
        return refused
    if gathered is None and not groups:
        return _bills_nobody(journal, ask, now)
    if gathered is not None and gathered.quarantined:
        text = mark("{account}: {why}; release it first: cardroom-gateway release")
        return SwapRefused(
            SwapRefusal.QUARANTINED, text, {"account": gathered.state.account, "why": gathered.quarantined}
        )
    control = control_of(journal, gathered.state.account) if gathered else None
    if gathered is not None and control is not None:
        return _from_control(journal, ask, gathered.state, control.begun, groups, now)
    found = _last_register(journal, ask, gathered.rule if gathered else None, now)
    if isinstance(found, SwapRefused):
        return found
    state, judged = found
    sealed = ask.last if judged is not None else None
    unbilled_wh = 0 if gathered is None else gathered.unsettled_wh + (judged[1].delta_wh if judged else 0)
    assert state.register_wh is not None
    assert state.at is not None
    return SwapPlan(
        account=gathered.state.account if gathered else None,
        last_wh=sealed.register_wh if sealed else state.register_wh,
        last_raw=sealed.raw if sealed else state.raw,
        last_read_by=sealed.read_by if sealed else "",
        last_at=now if sealed else state.at,
        unbilled_wh=unbilled_wh,
        from_ms=_date(journal, ask, gathered.state if gathered else None, now),
        groups=groups,
        judged=judged,
    )


def _from_control(
    journal: Journal,
    ask: SwapOrder,
    state: AccountState,
    begun: SoftwareControlBegun,
    groups: tuple[str, ...],
    now: Instant,
) -> SwapPlan | SwapRefused:
    """Under software control the last register is the last good one, whatever the faulty meter says now (R-4.3.5)."""
    if begun.last_good_wh is None:
        text = mark("{old} was never read; type what its display shows, or showed")
        return SwapRefused(SwapRefusal.LAST_UNKNOWN, text, {"old": ask.old})
    counted_wh = None if ask.last is None else ask.last.register_wh - begun.last_good_wh
    return SwapPlan(
        account=state.account,
        last_wh=begun.last_good_wh,
        last_raw=bytes.fromhex(begun.last_good_frame or ""),
        last_read_by=begun.last_read_by,
        last_at=begun.last_good_at or begun.at,
        unbilled_wh=0,
        from_ms=_date(journal, ask, state, now),
        groups=groups,
        control=begun.control,
        counted_wh=None if counted_wh is None or counted_wh < 0 else counted_wh,
    )


def _bills_nobody(journal: Journal, ask: SwapOrder, now: Instant) -> SwapRefused:
    """Say why nothing of the old meter can be sealed: it is tied to nothing, or has not given its first reading."""
    waiting = due_binding(journal, ask.old, now)
    if waiting is None:
        text = mark("{old} bills no account and is in no group; tie {new} to its room at central")
        return SwapRefused(SwapRefusal.BILLS_NOBODY, text, {"old": ask.old, "new": ask.new})
    text = mark(
        "{old} never gave a reading, so nothing was billed to {account} by it and there is nothing to seal: "
        "add {new} with `meters add` and have central tie it to the room"
    )
    facts = {"old": ask.old, "new": ask.new, "account": waiting.account}
    return SwapRefused(SwapRefusal.BILLS_NOBODY, text, facts)


def _refusal(journal: Journal, ask: SwapOrder, now: Instant) -> SwapRefused | None:
    if ask.old == ask.new:
        return SwapRefused(SwapRefusal.SAME_METER, mark("{old} can't replace itself"), {"old": ask.old})
    taken = journal.record(Tie, ask.new)
    if taken is not None:
        text = mark("{new} bills {account} now; which meter did you put in?")
        return SwapRefused(SwapRefusal.NEW_METER_IN_USE, text, {"new": ask.new, "account": taken.account})
    groups = _groups_of(journal, ask.new, now)
    if groups:
        text = mark("{new} is counted in {groups} now; which meter did you put in?")
        return SwapRefused(SwapRefusal.NEW_METER_IN_USE, text, {"new": ask.new, "groups": ", ".join(groups)})
    span_wh = ask.first.span_wh
    if ask.first.register_wh < 0 or (span_wh is not None and ask.first.register_wh >= span_wh):
        text = mark("no register of {new} shows {wh} Wh")
        return SwapRefused(SwapRefusal.FIRST_IMPOSSIBLE, text, {"new": ask.new, "wh": ask.first.register_wh})
    return None


def _groups_of(journal: Journal, meter: MeterNo, now: Instant) -> tuple[str, ...]:
    rules = groups_in_force(journal, now)
    return tuple(group for group, rule in rules.items() if names_meter(rule, meter))


Found = tuple[MeterState, tuple[MeterReading, Judgement] | None]


def _last_register(
    journal: Journal, ask: SwapOrder, rule: AccountRule | None, now: Instant
) -> Found | SwapRefused:
    """Judge the last register beside the last good reading. A person's word ends a doubt, and no more: it must be possible."""
    state = journal.record(MeterState, ask.old)
    if ask.last is None or was_read_since(state, ask.last):
        if state is None or state.at is None or state.register_wh is None:
            text = mark("{old} was never read; type what its display shows, or showed")
            return SwapRefused(SwapRefusal.LAST_UNKNOWN, text, {"old": ask.old})
        return state, None
    most_w = rule.max_power_w if rule else UNBOUND_MAX_POWER_W
    state, reading, judgement = judge_sealed(state, ask.old, ask.last, most_w, now)
    if not judgement.accepted:
        text = mark(
            "{meter} can't show {shown}: {outcome} after {known}; look again, or take the gateway's last good reading"
        )
        return SwapRefused(SwapRefusal.LAST_IMPOSSIBLE, text, cant_show(state, reading, judgement))
    if state.at is None:
        state = msgspec.structs.replace(state, register_wh=reading.register_wh, at=now)
    return state, (reading, judgement)


def _date(journal: Journal, ask: SwapOrder, state: AccountState | None, now: Instant) -> int:
    """Date the binding now, and behind those that it follows, whatever the clock says: the newest one wins."""
    ties = [tie for listed in journal.records(MeterTies).values() for tie in listed.ties]
    reached_ms = certain_wall_ms(journal, now)
    followed = [
        tie.from_ms
        for tie in ties
        if (state is not None and tie.binding == state.binding)
        or (tie.meter == ask.new and tie.from_ms <= reached_ms)
    ]
    return max([reached_ms, *(from_ms + 1 for from_ms in followed)])
