"""What a technician may order of the running daemon over its control socket; each order is one use case."""

import msgspec

from gateway.adapters.control_protocol import LineStatus, RoomStatus, StatusReport
from gateway.adapters.control_socket import Handler, Order, Unable
from gateway.adapters.voucher_file import envelopes
from gateway.app.parts import Parts
from gateway.application.decide import approve_cuts
from gateway.application.drive_relay import lock_out, release_lock
from gateway.application.grant import apply_voucher
from gateway.application.ports import Journal
from gateway.application.records import MeterTies
from gateway.application.relay_state import TECHNICIAN
from gateway.application.release import release_account
from gateway.application.status import RoomStatus as Room
from gateway.application.status import StationStatus, room_statuses, station_status
from gateway.contract.commands import CENTRAL, Grant, decode_command
from gateway.contract.envelope import Refusal, Sealed, unseal
from gateway.contract.facts import Instant
from gateway.contract.identifiers import AccountId, MeterNo
from gateway.domain.cutoff import HELD_BY_GUARD
from gateway.domain.reading import MeterState

VOUCHER = "voucher"
MS_PER_MINUTE = 60_000


class Redeemed(msgspec.Struct, frozen=True):
    """What became of one grant of a voucher file."""

    grant: str
    account: str
    outcome: str
    detail: str = ""


class Orders:
    """The dispatch table, over the daemon's parts."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def table(self) -> dict[str, Handler]:
        """Order to handler; `cardroom-gateway --help` has a command for each."""
        return {
            "status": self._status,
            "voucher": self._voucher,
            "approve-cuts": self._approve_cuts,
            "release": self._release,
            "lock-out": self._lock_out,
        }

    async def _status(self, order: Order) -> StatusReport:
        now = self._parts.clock.now()
        rooms, here, bound = await self._parts.store.run(
            lambda journal: (room_statuses(journal, now), station_status(journal), _bound(journal))
        )
        return _report(self._parts, rooms, here, bound, now)

    async def _voucher(self, order: Order) -> list[Redeemed]:
        """Credit each sealed grant of a file, once, whatever else carried it (C-6). One bad envelope spoils none of the others."""
        return [await self._redeem(sealed) for sealed in envelopes(order.text("sealed"))]

    async def _redeem(self, sealed: bytes) -> Redeemed:
        parts = self._parts
        opened = unseal(
            sealed, parts.central, kind=VOUCHER, sender=CENTRAL, recipient=parts.config.gateway.id
        )
        grant = decode_command(bytes(opened.body)) if isinstance(opened, Sealed) else None
        if isinstance(opened, Refusal):
            parts.receiver.counters[f"refused:voucher:{opened}"] += 1
            return Redeemed("?", "?", str(opened), "not credited; save the file again at central's desk")
        if not isinstance(grant, Grant):
            return Redeemed(opened.id, "?", Refusal.MALFORMED, "the file holds something else than credit")
        now = parts.clock.now()
        result = await parts.store.run(lambda journal: apply_voucher(journal, grant, now))
        parts.signals.relay.set()
        return Redeemed(grant.grant, grant.account, str(result.outcome), result.detail)

    async def _approve_cuts(self, order: Order) -> dict[str, int]:
        now = self._parts.clock.now()
        count, until_ms = order.number("count"), now.wall_ms + order.number("minutes") * MS_PER_MINUTE
        rooms = await self._parts.store.run(lambda journal: room_statuses(journal, now))
        await self._parts.store.run(lambda journal: approve_cuts(journal, count, until_ms, order.by, now))
        self._parts.signals.read_soon(*(meter.meter for meter in self._parts.fleet.all()))
        return {"held": _held(rooms), "count": count, "until_ms": until_ms}

    async def _release(self, order: Order) -> dict[str, str]:
        account, now = AccountId(order.text("account")), self._parts.clock.now()
        released = await self._parts.store.run(lambda journal: release_account(journal, account, now))
        if released is None:
            raise Unable(f"there is no account {account}; `cardroom-gateway status` lists them")
        return {"quarantine": released.quarantine, "doubt": released.doubt}

    async def _lock_out(self, order: Order) -> dict[str, bool]:
        meter, now = MeterNo(order.text("meter")), self._parts.clock.line_now()
        by = TECHNICIAN
        end = bool(order.arguments.get("end", False))

        def change(journal: Journal) -> bool:
            if journal.record(MeterTies, meter) is None and journal.record(MeterState, meter) is None:
                raise Unable(f"there is no meter {meter}; `cardroom-gateway meters list` shows them")
            return release_lock(journal, meter, by, now) if end else lock_out(journal, meter, by, now)

        changed = await self._parts.store.run(change)
        self._parts.signals.relay.set()
        return {"changed": changed}


def _bound(journal: Journal) -> list[str]:
    return sorted(journal.records(MeterTies))


def _report(
    parts: Parts, rooms: list[Room], here: StationStatus, bound: list[str], now: Instant
) -> StatusReport:
    link = parts.uplink
    return StatusReport(
        gateway=here.gateway,
        software=parts.software,
        up_s=parts.up_s(),
        rooms=[_room(room, now) for room in rooms],
        lines=_lines(parts),
        outbox_rows=here.unacked,
        oldest_outbox_s=None,
        link="connected" if link.fault is None else str(link.fault.message),
        link_connected=link.fault is None,
        clock_wall_ms=now.wall_ms,
        clock_doubt=str(parts.clock.doubt) if parts.clock.doubt else None,
        bench_rate=parts.clock.rate if parts.clock.is_bench else None,
        config_version=here.config_version,
        last_command=here.last_command,
        cuts_held=_held(rooms),
        unbound_meters=[meter for meter in bound if parts.fleet.meter(MeterNo(meter)) is None],
        stalled_loops=list(parts.progress.stalled),
        alarms=[f"{alarm.what} {alarm.subject}: {alarm.detail}" for alarm in here.alarms],
        counters=parts.counters(),
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
        last_seen_s=_seconds_since(room.last_seen, now),
        protected=room.reason.endswith("protected"),
        quarantined=bool(room.quarantined),
        closed=room.closed,
        power_w=room.power_w,
        locks=list(room.locks),
        doubt=room.doubt,
    )


def _seconds_since(then: Instant | None, now: Instant) -> int | None:
    if then is None:
        return None
    same_boot = then.boot == now.boot
    passed_ms = now.monotonic_ms - then.monotonic_ms if same_boot else now.wall_ms - then.wall_ms
    return max(0, passed_ms) // 1000


def _lines(parts: Parts) -> list[LineStatus]:
    return [
        LineStatus(
            line=row.name,
            port=row.port,
            meters=len(parts.fleet.on_line(row.name)),
            silent_meters=0,
            counters=bus.counters(),
        )
        for row, bus in parts.commissioning.lines()
    ]
