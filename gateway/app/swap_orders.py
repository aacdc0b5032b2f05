"""The technician's order to replace a meter: ask both meters, show or do it, and let the registry follow (R-4.3.5, C-3).

The journal's transaction is the swap; the registry's row follows it, at once, at the next start, or as soon as the card lets it.
"""

from functools import partial

import msgspec
import structlog

from gateway.adapters.control_protocol import Noted, SwapReport
from gateway.adapters.control_socket import Order, Unable
from gateway.adapters.registry_store import MeterRow, Refusal, RegistryDamaged
from gateway.app.control_orders import told_lock
from gateway.app.parts import Parts
from gateway.app.read_sealed import read_sealed
from gateway.application.accounts import quarantine
from gateway.application.control_state import is_faulty
from gateway.application.lock_outs import notes_of
from gateway.application.plan_swap import (
    SwapOrder,
    SwapPlan,
    SwapRefusal,
    SwapRefused,
    done_before,
    plan_swap,
)
from gateway.application.ports import Journal, StoreFull
from gateway.application.records import MeterPlace, Swap
from gateway.application.sealed_register import Sealed
from gateway.application.site_swaps import note_registered, unregistered
from gateway.application.swap_meter import BooksInDoubt, swap_meter
from gateway.contract.facts import Instant
from gateway.contract.identifiers import MeterNo, NotAnIdentifier, checked
from gateway.contract.rules import AccountRule, CutOff
from gateway.domain.instants import elapsed_ms
from gateway.loops.fleet import FleetMeter
from gateway.words import mark

TYPE_LAST = mark(
    "{meter} can't be read: {why}; type what it shows with --last KWH --last-by NAME, "
    "or take the gateway's last good reading with --last-good"
)
TYPE_FIRST = mark(
    "{meter} can't be read: {why}; look at its wires, address {address} and speed, "
    "or type what it shows with --first KWH --first-by NAME"
)
NO_RELAY = mark("{new} has no relay that can be told: the room can't be cut by it")
BY_CONFIGURATION = mark("the room is under software control: central must end it, and agree what was used")
NO_ANSWER_YET = mark("{new} doesn't answer yet: nothing is proved before it does")
REGISTRY_WAITS = mark(
    "the swap is done, but the registry can't follow yet: {why}; it is tried again each minute, don't swap again"
)

log = structlog.get_logger("swap")


async def follow_swaps(parts: Parts) -> str:
    """Let the registry follow every swap that it hasn't yet; give why one of them waits, or an empty text.

    Never raises for a full card or a damaged registry: the log and `meter-missing` say it, `keep_addresses` tries again.
    """
    waits = ""
    try:
        for swap in await parts.store.run(unregistered):
            refusal = parts.commissioning.registry.replace_meter(swap.fact.old_meter, _row_of(swap))
            if refusal is not None:
                waits = str(refusal)
                log.error("registry-does-not-follow", swap=swap.fact.swap, why=waits)
                continue
            await parts.store.run(partial(note_registered, swap=swap.fact.swap))
    except (OSError, RegistryDamaged, StoreFull) as error:
        # The whole file, or the whole card: the swaps behind this one wait too, as their order counts.
        waits = str(error)
        log.error("registry-does-not-follow", why=waits)
    return waits


def _row_of(swap: Swap) -> MeterRow:
    place = swap.place
    return MeterRow(
        swap.fact.new_meter, place.line, place.address, place.model, place.ct_ratio, place.location
    )


class SwapOrders:
    """Plans and does swaps, over the daemon's parts."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def swap(self, order: Order) -> SwapReport:
        """Show what a swap will do, or with `commit` do it. The meters are asked anew each time: no frame comes from the client."""
        old, new = _number(order, "old"), _number(order, "new")
        at = self._parts.clock.now()
        known = await self._parts.store.run(lambda journal: done_before(journal, old, new, at))
        if known is not None:
            return _report_done(known, await self._follow(known))
        ask = await self._asked(order, old, new)
        now = self._parts.clock.now()
        planned = await self._parts.store.run(lambda journal: _planned(journal, ask, now))
        locks = await self._parts.store.run(lambda journal: notes_of(journal, old))
        if isinstance(planned, SwapRefused):
            raise Unable(planned.text, about=planned.why.value, **planned.facts)
        plan, rule = planned
        report = _report_plan(ask, plan, rule, now, self._notes(ask, plan, rule))
        report = msgspec.structs.replace(report, locks=[told_lock(note, now) for note in locks])
        if not order.arguments.get("commit", False):
            return report
        done = await self._done(ask, now)
        if isinstance(done, SwapRefused):
            raise Unable(done.text, about=done.why.value, **done.facts)
        return _report_plan(ask, plan, rule, now, report.notes + await self._follow(done), done=True)

    async def _done(self, ask: SwapOrder, now: Instant) -> Swap | SwapRefused:
        store = self._parts.store
        try:
            return await store.run(lambda journal: swap_meter(journal, ask, now))
        except BooksInDoubt as doubt:
            account, why = doubt.account, doubt.why
            await store.run(lambda journal: quarantine(journal, account, why, now))
            raise Unable(doubt.text, about=SwapRefusal.QUARANTINED.value, **doubt.facts) from doubt

    async def _follow(self, swap: Swap) -> list[Noted]:
        """Bring registry and relay behind a swap that is done; give what the technician should know of it."""
        waits = await follow_swaps(self._parts)
        self._parts.signals.relay.set()
        self._parts.signals.read_soon(swap.fact.new_meter)
        return [Noted(REGISTRY_WAITS, {"why": waits})] if waits else []

    def _notes(self, ask: SwapOrder, plan: SwapPlan, rule: AccountRule | None) -> list[Noted]:
        notes: list[Noted] = []
        new: dict[str, str] = {"new": ask.new}
        made = self._parts.commissioning.meter_at(_row(ask.new, ask.place))
        cut_here = rule is not None and rule.cut_off is CutOff.INTERNAL
        if cut_here and isinstance(made, FleetMeter) and not made.driver.relay_actions:
            notes.append(Noted(NO_RELAY, new))
        if rule is not None and rule.software is not None and not plan.control:
            notes.append(Noted(BY_CONFIGURATION))
        if ask.first.read_by:
            notes.append(Noted(NO_ANSWER_YET, new))
        return notes

    # --- what is asked for

    async def _asked(self, order: Order, old: MeterNo, new: MeterNo) -> SwapOrder:
        registry = self._parts.commissioning.registry
        known = await self._parts.store.run(lambda journal: _place_before(journal, new))
        row = _new_row(order, registry.meter(new), known, new)
        old_row = registry.meter(old)
        refusal = registry.judge_replacement(old, row)
        if isinstance(refusal, Refusal):
            raise no_row(refusal)
        meter = self._parts.commissioning.meter_at(row)
        if isinstance(meter, str):
            raise Unable(meter, about=new)
        last = await self._last(order, old_row, row, meter)
        first = await self._first(order, meter)
        place = MeterPlace(row.line, row.address, row.model, row.ct_ratio, row.location)
        hung = _place_of(old_row) if old_row else None
        return SwapOrder(old, new, last, first, place, order.by, order.text("why"), hung)

    async def _last(
        self, order: Order, old_row: MeterRow | None, row: MeterRow, new: FleetMeter
    ) -> Sealed | None:
        if order.arguments.get("last_good", False):
            return None
        old, clock = order.text("old"), self._parts.clock
        meter = self._parts.commissioning.meter_at(old_row) if old_row else mark("it is not registered here")
        if "last_wh" in order.arguments:
            kind = meter if isinstance(meter, FleetMeter) else new
            wh, by = order.number("last_wh"), order.text("last_by")
            return Sealed(wh, clock.now(), read_by=by, span_wh=kind.span_wh, step_wh=kind.step_wh)
        if old_row is not None and (old_row.line, old_row.address) == (row.line, row.address):
            meter = f"{row.meter_number} has its address"
        sealed = await read_sealed(self._parts, meter) if isinstance(meter, FleetMeter) else meter
        if not isinstance(sealed, str):
            return sealed
        if await self._parts.store.run(lambda journal: is_faulty(journal, MeterNo(old))):
            return None
        raise Unable(TYPE_LAST, meter=old, why=sealed)

    async def _first(self, order: Order, meter: FleetMeter) -> Sealed:
        sealed = await read_sealed(self._parts, meter)
        if isinstance(sealed, Sealed):
            return sealed
        if "first_wh" in order.arguments:
            by, now = order.text("first_by"), self._parts.clock.now()
            return Sealed(
                order.number("first_wh"), now, read_by=by, span_wh=meter.span_wh, step_wh=meter.step_wh
            )
        raise Unable(TYPE_FIRST, meter=meter.meter, why=sealed, address=meter.driver.address)


def _number(order: Order, name: str) -> MeterNo:
    try:
        return MeterNo(checked(order.text(name)))
    except NotAnIdentifier as error:
        raise Unable(mark("{why}"), why=error) from error


def no_row(refusal: Refusal) -> Unable:
    """Give the registry's refusal of a row as the daemon's own."""
    return Unable(refusal.text, about=f"{refusal.subject}: {refusal.reason.value}", **refusal.facts)


def _new_row(order: Order, present: MeterRow | None, before: MeterPlace | None, new: MeterNo) -> MeterRow:
    """Where the new meter is: as typed, as registered, or where it hung before it was swapped out."""
    given = {name: order.arguments[name] for name in ("line", "address", "model") if name in order.arguments}
    if not given and present is not None:
        return present
    if not given and before is not None:
        return _row(new, before)
    missing = [f"--{name}" for name in ("line", "address", "model") if name not in given]
    if missing:
        raise Unable(mark("{meter} is not registered: give {missing}"), meter=new, missing=", ".join(missing))
    ratio = order.number("ct_ratio") if "ct_ratio" in order.arguments else 1
    location = order.text("location") if "location" in order.arguments else ""
    return MeterRow(new, order.text("line"), order.text("address"), order.text("model"), ratio, location)


def _place_before(journal: Journal, meter: MeterNo) -> MeterPlace | None:
    places = [one.old_place for one in journal.records(Swap).values() if one.fact.old_meter == meter]
    return places[-1] if places else None


def _place_of(row: MeterRow) -> MeterPlace:
    return MeterPlace(row.line, row.address, row.model, row.ct_ratio, row.location)


def _row(meter: MeterNo, place: MeterPlace) -> MeterRow:
    return MeterRow(meter, place.line, place.address, place.model, place.ct_ratio, place.location)


Planned = tuple[SwapPlan, AccountRule | None]


def _planned(journal: Journal, ask: SwapOrder, now: Instant) -> Planned | SwapRefused:
    plan = plan_swap(journal, ask, now)
    if isinstance(plan, SwapRefused):
        return plan
    return plan, journal.record(AccountRule, plan.account) if plan.account else None


def _report_plan(
    ask: SwapOrder,
    plan: SwapPlan,
    rule: AccountRule | None,
    now: Instant,
    notes: list[Noted],
    *,
    done: bool = False,
) -> SwapReport:
    passed_ms = elapsed_ms(plan.last_at, now)
    return SwapReport(
        old=ask.old,
        new=ask.new,
        line=ask.place.line,
        address=ask.place.address,
        model=ask.place.model,
        account=plan.account,
        room=rule.room if rule else "",
        last_wh=plan.last_wh,
        last_by=plan.last_read_by,
        first_wh=ask.first.register_wh,
        first_by=ask.first.read_by,
        unbilled_wh=plan.unbilled_wh,
        unmetered_s=None if passed_ms is None else passed_ms // 1000,
        groups=list(plan.groups),
        notes=notes,
        done=done,
        ends_control=bool(plan.control),
        counted_wh=plan.counted_wh,
    )


def _report_done(swap: Swap, notes: list[Noted]) -> SwapReport:
    fact, place = swap.fact, swap.place
    return SwapReport(
        old=fact.old_meter,
        new=fact.new_meter,
        line=place.line,
        address=place.address,
        model=place.model,
        account=fact.account,
        room="",
        last_wh=fact.last_wh,
        last_by=fact.last_read_by,
        first_wh=fact.first_wh,
        first_by=fact.first_read_by,
        unbilled_wh=0,
        unmetered_s=None,
        notes=notes,
        done=True,
        before=True,
    )
