"""The technician puts a room with a faulty meter under software control, or ends it: shown first, then done (R-4.3.5).

It works without central; central is told. Nothing a faulty meter says is believed that can't be.
"""

from typing import TypeVar

from gateway.adapters.control_protocol import ControlReport, LockTold
from gateway.adapters.control_socket import Order, Unable
from gateway.app.parts import Parts
from gateway.app.read_sealed import read_sealed
from gateway.application.control_state import control_of
from gateway.application.explain import accounts_named
from gateway.application.lock_outs import notes_of
from gateway.application.ports import Journal
from gateway.application.records import LockNote
from gateway.application.sealed_register import Sealed
from gateway.application.software_control import (
    BeginOrder,
    BeginPlan,
    Begun,
    ControlRefused,
    Ended,
    EndPlan,
    begin,
    end_good_again,
    plan_begin,
    plan_end,
    site_control_id,
)
from gateway.contract.facts import Instant
from gateway.contract.identifiers import AccountId, MeterNo
from gateway.domain.ledger import AccountState
from gateway.words import mark

T = TypeVar("T")
MOST_TEXT = 200
MOST_REF = 64
"""Of a work order's number."""
NO_METER = mark("it is not registered here")
SILENT = mark(
    "{meter} can't be read: {why}. A meter that doesn't answer isn't good again: look at its wires, "
    "or put another one in with `cardroom-gateway swap`"
)


class ControlOrders:
    """Plans and does it, over the daemon's parts."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def software_control(self, order: Order) -> ControlReport:
        """Show what a begin or an `end` will do, or with `commit` do it. The meter is asked anew each time."""
        account, meter, locks = await self._parts.store.run(
            lambda journal: _named(journal, order.text("name"), self._parts.clock.now())
        )
        sealed = await self._sealed(order, meter)
        if order.arguments.get("end", False):
            return await self._end(order, account, meter, sealed, locks)
        return await self._begin(order, account, sealed, locks)

    async def _begin(
        self, order: Order, account: AccountId, sealed: Sealed | str, locks: list[LockTold]
    ) -> ControlReport:
        now = self._parts.clock.now()
        last = sealed if isinstance(sealed, Sealed) else None
        ref = one_line(str(order.arguments.get("ref", "")), MOST_REF)
        why = one_line(order.text("why"), MOST_TEXT)

        def ask(journal: Journal) -> BeginOrder:
            return BeginOrder(site_control_id(journal), account, order.by, why, ref, last=last)

        planned = await self._parts.store.run(lambda journal: plan_begin(journal, ask(journal), now))
        plan = _or_unable(planned, BeginPlan)
        report = ControlReport(
            account=account,
            room=plan.room,
            meter=plan.meter,
            end=False,
            register_wh=plan.last_wh,
            register_by=plan.last_read_by,
            unbilled_wh=plan.unbilled_wh,
            wh_per_day=plan.wh_per_day,
            answers=sealed if isinstance(sealed, str) else "",
            believed=plan.believed,
            locks=locks,
            done=bool(order.arguments.get("commit", False)),
        )
        if report.done:
            done = await self._parts.store.run(lambda journal: begin(journal, ask(journal), now))
            _or_unable(done, Begun)
            self._parts.signals.relay.set()
        return report

    async def _end(
        self,
        order: Order,
        account: AccountId,
        meter: MeterNo | None,
        sealed: Sealed | str,
        locks: list[LockTold],
    ) -> ControlReport:
        now, why = self._parts.clock.now(), one_line(order.text("why"), MOST_TEXT)
        stands = await self._parts.store.run(lambda journal: control_of(journal, account) is not None)
        if isinstance(sealed, str) and stands and meter is not None:
            raise Unable(SILENT, about="meter-silent", meter=meter, why=sealed)
        first = sealed if isinstance(sealed, Sealed) else Sealed(0, now)
        planned = await self._parts.store.run(lambda journal: plan_end(journal, account, first))
        plan = _or_unable(planned, EndPlan)
        commit = bool(order.arguments.get("commit", False))
        if commit:
            done = await self._parts.store.run(
                lambda journal: end_good_again(journal, account, first, order.by, why, now)
            )
            _or_unable(done, Ended)
            self._parts.signals.relay.set()
            self._parts.signals.read_soon(plan.meter)
        return ControlReport(
            account=account,
            room=plan.room,
            meter=plan.meter,
            end=True,
            register_wh=plan.first_wh,
            counted_wh=plan.counted_wh,
            wh_per_day=plan.begun.wh_per_day,
            locks=locks,
            done=commit,
        )

    async def _sealed(self, order: Order, meter: MeterNo | None) -> Sealed | str:
        """Read the meter, or take what was typed; a text says why there is neither."""
        row = self._parts.commissioning.registry.meter(meter) if meter else None
        made = self._parts.commissioning.meter_at(row) if row else NO_METER
        if "last_wh" in order.arguments:
            wh, by, now = order.number("last_wh"), order.text("last_by"), self._parts.clock.now()
            if isinstance(made, str):
                return Sealed(wh, now, read_by=by)
            return Sealed(wh, now, read_by=by, span_wh=made.span_wh, step_wh=made.step_wh)
        return made if isinstance(made, str) else await read_sealed(self._parts, made)


def _named(journal: Journal, name: str, now: Instant) -> tuple[AccountId, MeterNo | None, list[LockTold]]:
    """Find the one account that is meant by a meter, a room or itself; its meter, and who locked the relay out."""
    found = accounts_named(journal, name)
    if not found:
        raise Unable(
            mark("there is no account, room or meter {name}; `cardroom-gateway status` lists them"),
            name=name,
        )
    if len(found) > 1:
        raise Unable(mark("{name} is several: {found}; say which"), name=name, found=", ".join(found))
    state = journal.record(AccountState, found[0])
    meter = state.meter if state else None
    return found[0], meter, [told_lock(note, now) for note in notes_of(journal, meter)] if meter else []


def _or_unable(found: object, kind: type[T]) -> T:
    """Give what was planned or done; a refusal goes to the terminal by its name."""
    if isinstance(found, ControlRefused):
        raise Unable(found.text, about=found.why.value, **found.facts)
    assert isinstance(found, kind)
    return found


def one_line(text: str, longest: int) -> str:
    """Give what a person typed on one line, not too long: in a list of lines it must not look like another one."""
    return " ".join(text.split())[:longest]


def told_lock(note: LockNote, now: Instant) -> LockTold:
    """Give a lock-out as the technician's commands show it."""
    return LockTold(note.owner, note.by, note.why, seconds_since(note.since, now), note.ref)


def seconds_since(then: Instant | None, now: Instant) -> int | None:
    """Give how long ago something was, by the clock that knows; None for what never was."""
    if then is None:
        return None
    same_boot = then.boot == now.boot
    passed_ms = now.monotonic_ms - then.monotonic_ms if same_boot else now.wall_ms - then.wall_ms
    return max(0, passed_ms) // 1000
