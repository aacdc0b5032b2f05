"""What a technician asks of the running lines: how each line and meter is, and what goes over the wire just now."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import msgspec

from gateway.adapters.control_protocol import LineState, LockTold, MeterState, TraceBatch, TraceNote
from gateway.adapters.control_socket import Order, Stream, Unable
from gateway.adapters.registry_store import LineRow, MeterRow
from gateway.adapters.serial_bus import SerialBus
from gateway.adapters.serial_bus.look import AddressLook
from gateway.adapters.serial_bus.tap import Note, Tap
from gateway.app.control_orders import told_lock
from gateway.app.parts import Parts
from gateway.application.alarms import standing_alarms
from gateway.application.control_state import is_faulty
from gateway.application.lock_outs import notes_of
from gateway.application.ports import Journal
from gateway.contract.facts import Instant
from gateway.contract.identifiers import MeterNo
from gateway.domain.reading import MeterState as Reading
from gateway.domain.relay import RelayState
from gateway.words import mark

PART_EVERY_S = 0.2
LONGEST_TRACE_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Known:
    """What the daemon knows of a meter beside the wire."""

    last_seen_s: int | None = None
    clock_off_s: int | None = None
    relay: str = ""
    doubt: str = ""
    alarms: tuple[str, ...] = ()
    unusable: str = ""
    locks: tuple[LockTold, ...] = ()
    is_faulty: bool = False


NOTHING = Known()


class LineOrders:
    """Orders about lines, over the daemon's parts."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def lines(self, order: Order) -> list[LineState]:
        """Tell the state of every line with its meters."""
        parts, now = self._parts, self._parts.clock.now()
        rows = parts.commissioning.registry.meters()
        known = await parts.store.run(lambda journal: self._known(journal, rows, now))
        return [
            line_state(line, bus, [row for row in rows if row.line == line.name], known)
            for line, bus in parts.commissioning.lines()
        ]

    def _known(self, journal: Journal, rows: Sequence[MeterRow], now: Instant) -> dict[str, Known]:
        alarms: dict[str, list[str]] = {}
        for alarm in standing_alarms(journal):
            alarms.setdefault(alarm.subject, []).append(alarm.what)
        return {
            row.meter_number: self._one(
                journal, MeterNo(row.meter_number), tuple(alarms.get(row.meter_number, ())), now
            )
            for row in rows
        }

    def _one(self, journal: Journal, meter: MeterNo, alarms: tuple[str, ...], now: Instant) -> Known:
        reading = journal.record(Reading, meter)
        relay = journal.record(RelayState, meter)
        return Known(
            last_seen_s=_seconds_since(reading.at if reading else None, now),
            clock_off_s=self._parts.clocks.off_s(meter),
            relay=_relay_text(relay) if relay else "",
            doubt=reading.doubt if reading else "",
            alarms=alarms,
            unusable=self._parts.commissioning.unusable.get(meter, ""),
            locks=tuple(told_lock(note, now) for note in notes_of(journal, meter)),
            is_faulty=is_faulty(journal, meter),
        )

    async def trace(self, order: Order) -> Stream:
        """Tell what goes over one line, or over all, as it goes."""
        name = str(order.arguments.get("line", ""))
        seconds = order.number("seconds")
        lines = [bus for row, bus in self._parts.commissioning.lines() if name in ("", row.name)]
        if not lines:
            raise Unable(
                mark("there is no line {line} here; `cardroom-gateway lines` shows them"), line=repr(name)
            )
        return Stream(_batches(lines, min(seconds or LONGEST_TRACE_S, LONGEST_TRACE_S)))


def line_state(
    line: LineRow, bus: SerialBus, meters: Sequence[MeterRow], known: Mapping[str, Known] | None = None
) -> LineState:
    """Put together what is seen of one line, whoever owns its bus."""
    look = bus.look()
    trouble = bus.trouble
    return LineState(
        line=line.name,
        port=line.port,
        baud=line.baud,
        parity=line.parity,
        up_s=look.up_s,
        busy_per_mille=look.busy_per_mille,
        counters=look.counters,
        stray=look.stray.hex(),
        fault=trouble.fault.value if trouble else "",
        fault_detail=trouble.detail if trouble else "",
        meters=[
            _meter_state(row, _look_of(look.addresses, row.address), (known or {}).get(row.meter_number))
            for row in meters
        ],
    )


def _look_of(addresses: Mapping[str, AddressLook], address: str) -> AddressLook | None:
    """Drivers fill an address with zeros; a row has it as it was typed."""
    found = addresses.get(address)
    if found is not None:
        return found
    short = address.lstrip("0")
    return next((look for known, look in addresses.items() if known.lstrip("0") == short), None)


def _meter_state(row: MeterRow, look: AddressLook | None, known: Known | None) -> MeterState:
    said = known or NOTHING
    state = MeterState(
        meter=row.meter_number,
        address=row.address,
        model=row.model,
        location=row.location,
        last_seen_s=said.last_seen_s,
        clock_off_s=said.clock_off_s,
        relay=said.relay,
        doubt=said.doubt,
        alarms=list(said.alarms),
        unusable=said.unusable,
        locks=list(said.locks),
        is_faulty=said.is_faulty,
    )
    if look is None:
        return state
    return msgspec.structs.replace(
        state,
        answered=look.answered,
        missed=look.missed,
        collisions=look.collisions,
        failures=look.failures,
        ever_answered=look.ever_answered,
        reason=look.reason,
        received=look.received.hex(),
        pause_ms=look.pause_ms,
        preamble=look.preamble,
        usual_ms=look.usual_ms,
        fastest_ms=look.fastest_ms,
        slowest_ms=look.slowest_ms,
    )


def _relay_text(relay: RelayState) -> str:
    position = {True: "closed", False: "open", None: "unknown"}[relay.observed_closed]
    return f"{position} {relay.verdict.value}"


def _seconds_since(then: Instant | None, now: Instant) -> int | None:
    if then is None:
        return None
    passed_ms = now.monotonic_ms - then.monotonic_ms if then.boot == now.boot else now.wall_ms - then.wall_ms
    return max(0, passed_ms) // 1000


async def _batches(lines: Sequence[SerialBus], seconds: float) -> AsyncGenerator[TraceBatch, None]:
    """Listen to these lines; give what was heard every moment, be it nothing, so that a listener who left is noticed."""
    loop = asyncio.get_running_loop()
    end_s = loop.time() + seconds
    with ExitStack() as taps:
        ears = [(bus.name, taps.enter_context(bus.tapped())) for bus in lines]
        while loop.time() < end_s:
            await asyncio.sleep(min(PART_EVERY_S, max(0.0, end_s - loop.time())))
            yield heard_by(ears, loop.time())


def heard_by(ears: Sequence[tuple[str, Tap]], now_s: float) -> TraceBatch:
    """Put what several taps heard into one batch, in the order of time."""
    notes: list[tuple[str, Note]] = []
    lost = 0
    for name, tap in ears:
        heard, missed = tap.take()
        notes += [(name, note) for note in heard]
        lost += missed
    notes.sort(key=lambda named: named[1].at_s)
    return TraceBatch([_note(name, note) for name, note in notes], lost, round(now_s * 1e6))


def _note(line: str, note: Note) -> TraceNote:
    return TraceNote(
        line=line,
        at_us=round(note.at_s * 1e6),
        kind=note.kind.value,
        data=note.data.hex(),
        address=note.address,
        outcome=note.outcome,
    )
