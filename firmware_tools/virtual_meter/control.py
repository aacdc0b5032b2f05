"""The control channel: JSON lines on a unix socket, for demo, journey and tests. Documented in docs/virtual-meter.md.

One line in, one line out: `{"ok": true, ...}` or `{"ok": false, "error": "..."}`. After `{"subscribe": true}` the connection also
carries events.
"""

import asyncio
import json
import socket
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from firmware_tools.virtual_meter.campus import Campus
from firmware_tools.virtual_meter.line import VirtualLine
from firmware_tools.virtual_meter.meter import MeterEvent, VirtualMeter
from firmware_tools.virtual_meter.relay import Action, Fault
from firmware_tools.virtual_meter.supply import UWS_PER_WH

Answer = dict[str, Any]
Found = TypeVar("Found", VirtualMeter, VirtualLine)


class MeterChange(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The body of `set`."""

    load_w: float | None = None
    load: str | None = None
    dead: bool | None = None
    relay_fault: Fault | None = None
    keep_power: bool | None = None
    zero_reads: int | None = None
    jump_centi_kwh: int | None = None
    clock_offset_s: int | None = None
    clock_drift_ppm: int | None = None
    cover_openings: int | None = None
    reverse_centi_kwh: int | None = None
    is_reversed: bool | None = None
    lost_phases: int | None = None


class Replacement(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The body of `replace`."""

    address: str | None = None
    meter_number: str | None = None
    register_kwh: str = "0.00"


class ControlServer:
    """Serves one campus on a socket path."""

    def __init__(self, campus: Campus, path: Path) -> None:
        self._campus = campus
        self._path = path
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.StreamWriter] = set()
        self._subscribers: set[asyncio.StreamWriter] = set()
        self._replugs: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen; raise ValueError if another process already does, or the path holds something else."""
        if _answers(self._path):
            raise ValueError(
                f"control socket {self._path} is in use: another virtual meter runs; stop it or name another path"
            )
        if self._path.exists() and not self._path.is_socket():
            raise ValueError(f"{self._path} is there already and no socket: it is kept; name another path")
        self._path.unlink(missing_ok=True)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self._path)
        self._campus.listeners.append(self._push)

    async def stop(self) -> None:
        """Hang up on everybody and remove the socket."""
        for task in self._replugs:
            task.cancel()
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)
        for connection in tuple(self._connections):
            connection.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        try:
            while line := await reader.readline():
                writer.write(json.dumps(await self._answer(line, writer)).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):
            pass  # the peer left, or sent a line beyond the reader's limit
        finally:
            self._connections.discard(writer)
            self._subscribers.discard(writer)
            writer.close()

    async def _answer(self, line: bytes, writer: asyncio.StreamWriter) -> Answer:
        try:
            order = json.loads(line)
            if not isinstance(order, dict):
                raise ValueError("an order is a JSON object")
            if order.get("subscribe"):
                self._subscribers.add(writer)
                return {"ok": True, "monotonic_s": asyncio.get_running_loop().time()}
            return {"ok": True, **await self.obey(order)}
        except (ValueError, KeyError, msgspec.ValidationError) as error:
            return {"ok": False, "error": str(error).strip("'\"")}

    async def obey(self, order: Answer) -> Answer:
        """Do one order and return its answer; raise ValueError on one that isn't understood."""
        if order.get("list"):
            lines = {line.name: {"port": line.address} for line in self._campus.lines.values()}
            return {"lines": lines, "meters": list(self._campus.meters)}
        if "meter" in order:
            if order["meter"] == "*" and order.get("get"):
                self._campus.advance()
                return {"meters": [describe(meter) for meter in self._campus.meters.values()]}
            return self._obey_meter(_find(self._campus.meters, "meter", order["meter"]), order)
        if "line" in order:
            return await self._obey_line(_find(self._campus.lines, "line", order["line"]), order)
        raise ValueError('name a "meter" or a "line", or send "list" or "subscribe"')

    def _obey_meter(self, meter: VirtualMeter, order: Answer) -> Answer:
        meter.advance(self._campus.clock.now_ms())
        if "set" in order:
            change_meter(meter, msgspec.convert(order["set"], MeterChange))
        if "weld" in order:
            change_meter(meter, MeterChange(relay_fault=Fault.WELDED if order["weld"] else Fault.NONE))
        if "replace" in order:
            new = msgspec.convert(order["replace"] if isinstance(order["replace"], dict) else {}, Replacement)
            meter.replace(new.address, new.meter_number, new.register_kwh)
        answer: Answer = {}
        if order.get("press_key"):
            answer["closing"] = meter.press_key()
        if order.get("trip"):
            answer["verdict"] = meter.command_relay(Action.TRIP)
        for line in self._campus.lines.values():
            if meter in line.meters:
                line.watch_relay(meter)
        return answer | describe(meter)

    async def _obey_line(self, line: VirtualLine, order: Answer) -> Answer:
        if "fault" in order:
            present = msgspec.structs.asdict(line.faults)
            line.faults = msgspec.convert(present | order["fault"], type(line.faults))
        if "unplug" in order:
            await line.stop()
            if order["unplug"] is not True:
                self._plug_later(line, float(order["unplug"]))
        if order.get("plug") and not line.plugged:
            await line.start()
        return {
            "line": line.name,
            "port": line.address,
            "plugged": line.plugged,
            "faults": msgspec.structs.asdict(line.faults),
            "counts": msgspec.to_builtins(line.counts),
        }

    def _plug_later(self, line: VirtualLine, wait_s: float) -> None:
        async def replug() -> None:
            await asyncio.sleep(wait_s)
            if not line.plugged:
                await line.start()

        task = asyncio.get_running_loop().create_task(replug())
        self._replugs.add(task)
        task.add_done_callback(self._replugs.discard)

    def _push(self, meter: VirtualMeter, event: MeterEvent) -> None:
        if not self._subscribers:
            return
        clock, loop = self._campus.clock, asyncio.get_running_loop()
        happened_s = loop.time() - (clock.now_ms() - event.at_ms) / 1000 / clock.rate
        body = {"event": event.kind, "monotonic_s": happened_s, **describe(meter)}
        for subscriber in tuple(self._subscribers):
            subscriber.write(json.dumps(body).encode() + b"\n")


def change_meter(meter: VirtualMeter, change: MeterChange) -> None:
    """Apply a `set` to a meter that stands at the present; raise ValueError on a load that isn't understood."""
    if change.load is not None or change.load_w is not None:
        meter.set_load(change.load if change.load is not None else f"{change.load_w}W")
    if change.dead is not None:
        meter.glitches.dead = change.dead
    if change.zero_reads is not None:
        meter.glitches.zero_reads = change.zero_reads
    for name in ("cover_openings", "reverse_centi_kwh", "is_reversed", "lost_phases"):
        if (value := getattr(change, name)) is not None:
            setattr(meter.tamper, name, value)
    if change.relay_fault is not None:
        meter.break_relay(change.relay_fault)
    if change.keep_power is not None:
        meter.relay.keep_power = change.keep_power
    if change.jump_centi_kwh is not None:
        meter.jump_register(change.jump_centi_kwh)
    if change.clock_drift_ppm is not None:
        meter.set_drift(change.clock_drift_ppm)
    if change.clock_offset_s is not None:
        meter.set_clock(meter.at_ms + meter.utc_offset_ms + change.clock_offset_s * 1000)
    meter.announce("set")


def describe(meter: VirtualMeter) -> Answer:
    """Return what is true of a meter, and what it shows, at its present instant."""
    relay, register = meter.relay, meter.register_centi_kwh()
    energy_wh, rest_uws = divmod(meter.energy.total_uws, UWS_PER_WH)
    return {
        "meter": meter.name,
        "at_ms": meter.at_ms,
        "address": meter.identity.address,
        "meter_number": meter.identity.meter_number,
        "install": meter.identity.install,
        "energy_wh": energy_wh,
        "energy_rest_uws": rest_uws,
        "register_kwh": f"{register // 100}.{register % 100:02d}",
        "power_w": meter.supply_mw() / 1000,
        "load": meter.load_text,
        "contact_closed": relay.contact_closed,
        "reported_closed": relay.reported_closed,
        "commanded_closed": relay.commanded_closed,
        "permit_waiting": relay.permit_waiting,
        "relay_since_ms": relay.moved_at_ms,
        "relay_fault": relay.fault.value,
        "keep_power": relay.keep_power,
        "dead": meter.glitches.dead,
    }


def _find(table: dict[str, Found], kind: str, name: object) -> Found:
    if not isinstance(name, str) or name not in table:
        raise ValueError(f'there is no {kind} {name!r}; send {{"list": true}} for the names')
    return table[name]


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True
