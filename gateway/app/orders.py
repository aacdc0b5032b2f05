"""What a technician may order of the running daemon over its control socket; each order is one use case."""

from collections.abc import Iterator

from gateway.adapters.control_protocol import ControlTold, LineStatus, RoomStatus, StatusReport
from gateway.adapters.control_socket import Handler, Order, Unable
from gateway.adapters.serial_bus import SerialBus
from gateway.app.address_orders import AddressOrders
from gateway.app.control_orders import MOST_REF, MOST_TEXT, ControlOrders, one_line, seconds_since, told_lock
from gateway.app.line_orders import LineOrders
from gateway.app.look_orders import LookOrders
from gateway.app.parts import Parts
from gateway.app.swap_orders import SwapOrders
from gateway.app.vouchers import VoucherCounter
from gateway.application.alarms import note, station
from gateway.application.bind import counted_on
from gateway.application.clock_setting import Seen, note_setting
from gateway.application.decide import approve_cuts
from gateway.application.emergency import draw_emergency
from gateway.application.lock_outs import begin_lock, end_lock
from gateway.application.ports import Journal, StoreFull
from gateway.application.records import LockNote, MeterTies
from gateway.application.relay_state import TECHNICIAN
from gateway.application.release import release_account
from gateway.application.resolve import resolve_alarm
from gateway.application.status import RoomStatus as Room
from gateway.application.status import StationStatus, room_statuses, station_status
from gateway.contract.commands import DrawEmergency
from gateway.contract.facts import CommandOutcome, Instant
from gateway.contract.identifiers import AccountId, GrantId, MeterNo
from gateway.domain.cutoff import HELD_BY_GUARD
from gateway.domain.reading import MeterState
from gateway.loops.write_clock import write_clock
from gateway.words import mark

MS_PER_MINUTE = 60_000
LOOKS = 5


class Orders:
    """The dispatch table, over the daemon's parts."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._vouchers = VoucherCounter(parts)

    def table(self) -> dict[str, Handler]:
        """Order to handler; `cardroom-gateway --help` has a command for each."""
        return {
            "status": _unless_full(self._status),
            "voucher": _unless_full(self._vouchers.file),
            "voucher-code": _unless_full(self._vouchers.code),
            "approve-cuts": _unless_full(self._approve_cuts),
            "release": _unless_full(self._release),
            "lock-out": _unless_full(self._lock_out),
            "resolve": _unless_full(self._resolve),
            "emergency": _unless_full(self._emergency),
            "swap": _unless_full(SwapOrders(self._parts).swap),
            "software-control": _unless_full(ControlOrders(self._parts).software_control),
            "set-address": _unless_full(AddressOrders(self._parts).set_address),
            "set-clock": _unless_full(self._set_clock),
            **LookOrders(self._parts).table(),
            "lines": _unless_full(LineOrders(self._parts).lines),
            "trace": LineOrders(self._parts).trace,
        }

    async def _status(self, order: Order) -> StatusReport:
        """Look at the building. A look that shared a commit which found the disk full is taken again: it is wanted most then."""
        now = self._parts.clock.now()
        for looks_left in reversed(range(LOOKS)):
            try:
                rooms, here, bound = await self._parts.store.run(
                    lambda journal: (
                        room_statuses(journal, now),
                        station_status(journal),
                        counted_on(journal),
                    )
                )
                return _report(self._parts, rooms, here, bound, now)
            except StoreFull:
                if not looks_left:
                    raise
        raise AssertionError("the last look gives or raises")

    async def _approve_cuts(self, order: Order) -> dict[str, int]:
        now = self._parts.clock.now()
        count, minutes = order.number("count"), order.number("minutes")
        until_ms = now.wall_ms + minutes * MS_PER_MINUTE

        def approve(journal: Journal) -> int:
            held = _held(room_statuses(journal, now))
            approve_cuts(journal, count, until_ms, order.by, now)
            said = f"{order.by}: up to {count} cuts in {minutes} min; {held} were waiting"
            note(journal, "cuts-approved", station(journal).gateway, said, now)
            return held

        held = await self._parts.store.run(approve)
        self._parts.signals.read_soon(*(meter.meter for meter in self._parts.fleet.all()))
        return {"held": held, "count": count, "until_ms": until_ms}

    async def _release(self, order: Order) -> dict[str, str]:
        account, now = AccountId(order.text("account")), self._parts.clock.now()
        said = f"{order.by}: {order.text('why')}"

        def release(journal: Journal) -> dict[str, str]:
            released = release_account(journal, account, now)
            if released is None:
                raise Unable(
                    mark("there is no account {account}; `cardroom-gateway status` lists them"),
                    account=account,
                )
            note(journal, "account-released", account, said, now)
            return {"quarantine": released.quarantine, "doubt": released.doubt}

        return await self._parts.store.run(release)

    async def _resolve(self, order: Order) -> dict[str, str]:
        what, subject, now = order.text("what"), order.text("subject"), self._parts.clock.now()
        said = f"{order.by}: {order.text('why')}"
        done = await self._parts.store.run(lambda journal: resolve_alarm(journal, what, subject, said, now))
        if done.outcome is not CommandOutcome.APPLIED:
            raise Unable(mark("{why}; `cardroom-gateway status` lists the alarms"), why=done.detail)
        return {"what": what, "subject": subject}

    async def _lock_out(self, order: Order) -> dict[str, bool]:
        """A technician's lock-out is one lock, whoever set it: a colleague may end it. Who did, and why, is told to central."""
        meter, end = MeterNo(order.text("meter")), bool(order.arguments.get("end", False))
        now, line_now = self._parts.clock.now(), self._parts.clock.line_now()
        ref = one_line(str(order.arguments.get("ref", "")), MOST_REF)
        why = one_line(order.text("why"), MOST_TEXT)
        said = LockNote(meter, TECHNICIAN, order.by, why, now, ref)

        def change(journal: Journal) -> bool:
            if journal.record(MeterTies, meter) is None and journal.record(MeterState, meter) is None:
                raise Unable(
                    mark("there is no meter {meter}; `cardroom-gateway meters list` shows them"), meter=meter
                )
            act = end_lock if end else begin_lock
            return act(journal, said, now, line_now)

        changed = await self._parts.store.run(change)
        self._parts.signals.relay.set()
        return {"changed": changed}

    async def _emergency(self, order: Order) -> dict[str, str]:
        """Draw an account's emergency on site, when central can't be asked; the same rule, once in the same time."""
        account, now = AccountId(order.text("account")), self._parts.clock.now()
        draw = GrantId(f"site-{now.boot}-{now.monotonic_ms}")
        said = f"{order.by}: {order.text('why')}"

        def begin(journal: Journal) -> None:
            done = draw_emergency(journal, DrawEmergency(draw, account, order.by), now)
            if done.outcome is not CommandOutcome.APPLIED:
                raise Unable(
                    mark("{outcome} {why}"), about=account, outcome=done.outcome.value, why=done.detail
                )
            note(journal, "emergency-drawn", account, said, now)

        await self._parts.store.run(begin)
        self._parts.signals.relay.set()
        return {"account": account}

    async def _set_clock(self, order: Order) -> Seen:
        """Write one meter's clock; who, why, what it showed and shows goes to central."""
        parts, number = self._parts, MeterNo(order.text("meter"))
        said = f"{order.by}: {order.text('why')}"
        meter = parts.fleet.meter(number)
        if meter is None:
            raise Unable(
                mark("there is no meter {meter} on a line; `cardroom-gateway meters list` shows them"),
                meter=number,
            )
        password = str(order.arguments.get("password", "")) or None
        seen = await write_clock(meter, parts.clock, parts.clocks, password)
        if isinstance(seen, str):
            raise Unable(seen, about=number)
        at, zone = parts.clock.now(), parts.clocks.utc_offset_minutes
        await parts.store.run(lambda journal: note_setting(journal, number, said, seen, at, zone))
        return seen


def _unless_full(handler: Handler) -> Handler:
    """A full disk is the technician's business: the sentence goes to the terminal."""

    async def handle(order: Order) -> object:
        try:
            return await handler(order)
        except StoreFull as error:
            raise Unable(error.text, about="", **error.facts) from error

    return handle


def _report(
    parts: Parts, rooms: list[Room], here: StationStatus, bound: list[MeterNo], now: Instant
) -> StatusReport:
    link, certificate = parts.uplink, parts.certificate
    return StatusReport(
        gateway=here.gateway,
        software=parts.software,
        up_s=parts.up_s(),
        rooms=[_room(room, now) for room in rooms],
        lines=_lines(parts, here.silent_meters),
        outbox_rows=here.unacked,
        oldest_outbox_s=_age_s(here.oldest_unacked_ms, now),
        hours_left=parts.room.hours_left,
        store_bytes=parts.room.used_bytes,
        store_grows_bytes=parts.room.grows_bytes_a_day,
        link="connected" if link.fault is None else str(link.fault.message),
        link_connected=link.fault is None,
        link_trouble=link.fault.trouble.value if link.fault else "",
        link_text=link.fault.text if link.fault else "",
        link_facts=dict(link.fault.facts) if link.fault else {},
        clock_wall_ms=now.wall_ms,
        clock_doubt=str(parts.clock.doubt) if parts.clock.doubt else None,
        bench_rate=parts.clock.rate if parts.clock.is_bench else None,
        config_version=here.config_version,
        last_command=here.last_command,
        cuts_held=_held(rooms),
        unbound_meters=[meter for meter in bound if parts.fleet.meter(meter) is None],
        stalled_loops=list(parts.progress.stalled),
        alarms=list(_alarms(parts, here)),
        counters=parts.counters(),
        certificate_until_ms=certificate.validity.until_ms if certificate and certificate.validity else None,
        certificate_trouble=(certificate.trouble if certificate else None) or "",
    )


def _held(rooms: list[Room]) -> int:
    """Count the rooms that the cut guard keeps on (C-10)."""
    return sum(room.reason == HELD_BY_GUARD.reason for room in rooms)


def _room(room: Room, now: Instant) -> RoomStatus:
    return RoomStatus(
        account=room.account,
        room=room.room,
        unit=room.unit,
        balance=room.balance,
        meter=room.meter,
        desired_closed=room.relay_desired_closed,
        observed_closed=room.relay_observed_closed,
        why=f"{room.relay_verdict}: {room.relay_why or room.reason}",
        last_seen_s=seconds_since(room.last_seen, now),
        protected=room.protected,
        pays_from=room.pays_from,
        quarantined=bool(room.quarantined),
        closed=room.closed,
        power_w=room.power_w,
        locks=list(room.locks),
        doubt=room.doubt,
        lock_notes=[told_lock(one, now) for one in room.lock_notes],
        control=_control(room, now),
    )


def _control(room: Room, now: Instant) -> ControlTold | None:
    begun = room.control
    if begun is None:
        return None
    return ControlTold(
        by=begun.by,
        why=begun.why,
        since_s=seconds_since(begun.last_good_at or begun.at, now),
        wh_per_day=begun.wh_per_day,
        estimated_wh=room.estimated_wh,
        last_good_wh=begun.last_good_wh,
        ref=begun.ref,
    )


def _alarms(parts: Parts, here: StationStatus) -> Iterator[str]:
    """Those that stand, and what can't be written down because nothing can."""
    if parts.store.trouble is not None:
        yield f"store-full {here.gateway}: {parts.store.trouble}"
    yield from (f"{alarm.what} {alarm.subject}: {alarm.detail}" for alarm in here.alarms)


def _age_s(written_ms: int | None, now: Instant) -> int | None:
    """How old a row is; not known while the clock isn't."""
    return None if written_ms is None or not now.trusted else max(0, now.wall_ms - written_ms) // 1000


def _lines(parts: Parts, silent: frozenset[MeterNo]) -> list[LineStatus]:
    return [
        LineStatus(
            line=row.name,
            port=row.port,
            meters=len(parts.fleet.on_line(row.name)),
            silent_meters=sum(meter in silent for meter in parts.fleet.on_line(row.name)),
            counters=bus.counters(),
            answering=_answering(parts, bus, silent),
        )
        for row, bus in parts.commissioning.lines()
    ]


def _answering(parts: Parts, bus: SerialBus, silent: frozenset[MeterNo]) -> int:
    counts = bus.meter_counts()
    answered = {address for address, count in counts.items() if count.answered}
    meters = parts.fleet.on_line(bus.name).items()
    return sum(meter.driver.address in answered and number not in silent for number, meter in meters)
