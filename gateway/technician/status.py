"""`cardroom-gateway status`: the building on one screen, as the daemon sees it now. It asks the daemon and nothing else."""

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from gateway.adapters.control_protocol import LineStatus, RoomStatus, StatusReport
from gateway.contract.quantities import MicroYuan, Unit, WattHours, kwh_text, yuan_text
from gateway.technician.config_check import add_config_option
from gateway.technician.daemon import order
from gateway.technician.table import table
from gateway.words import say

RELAY = {True: "closed", False: "open", None: "unknown"}
HOURS_LEFT_WARNED = 14 * 24
UNIT_SHOWN = {Unit.YUAN: "yuan", Unit.KWH: "kWh"}


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    parser = subparsers.add_parser("status", help="rooms, lines, link and clock", description=__doc__)
    parser.add_argument("--json", action="store_true", help="for programs: one JSON object")
    add_config_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print what the daemon reports."""
    answer = order(args, "status")
    if isinstance(answer, int):
        return answer
    if args.json:
        print(answer.decode())
        return 0
    print("\n".join(screen(msgspec.json.decode(answer, type=StatusReport))))
    return 0


def screen(report: StatusReport) -> Iterator[str]:
    """The report's lines: what needs a person first, then rooms, then lines."""
    yield f"{report.gateway}  {report.software}  up {span_text(report.up_s)}  configuration {report.config_version}"
    yield f"link: {report.link}"
    oldest = f", oldest {span_text(report.oldest_outbox_s)}" if report.oldest_outbox_s is not None else ""
    if report.certificate_until_ms is not None:
        yield say("certificate: holds until {until}", until=_day(report.certificate_until_ms))
    yield f"outbox: {report.outbox_rows} rows not yet acknowledged{oldest}; last command {report.last_command}"
    grows = report.store_grows_bytes
    pace = "" if grows is None else f", {grows / 1e6:+.1f} MB a day at the pace of the last one"
    yield f"store: {report.store_bytes / 1e6:.1f} MB{pace}"
    if report.hours_left is not None:
        yield f"disk: full in {span_text(report.hours_left * 3600)} at the pace of the last day"
    yield from (f"! {warning}" for warning in warnings(report))
    yield ""
    yield from table(
        ("room", "account", "balance", "power", "relay", "desired", "why", "last seen"),
        (room_row(room) for room in report.rooms),
    )
    yield ""
    yield from table(
        ("line", "port", "meters", "silent", "counters"), (line_row(line) for line in report.lines)
    )


def warnings(report: StatusReport) -> Iterator[str]:
    """What a technician should look into."""
    if report.bench_rate is not None:
        yield f"BENCH CLOCK: time runs {report.bench_rate:g} times as fast; this is no real building."
    if report.clock_doubt is not None:
        yield f"The clock is not believed ({report.clock_doubt}): the lowest price is billed. Check NTP and the link."
    if report.hours_left is not None and report.hours_left < HOURS_LEFT_WARNED:
        yield f"The disk is full in {report.hours_left} h: bring the link back, or free some room."
    if report.certificate_trouble:
        trouble = report.certificate_trouble
        yield say(
            "The link's certificate was not renewed: {trouble}. By hand: cardroom-gateway renew",
            trouble=trouble,
        )
    if report.stalled_loops:
        yield f"Stalled: {', '.join(report.stalled_loops)}. See journalctl -u cardroom-gateway."
    if report.cuts_held:
        yield f"{report.cuts_held} cuts wait for a person: cardroom-gateway approve-cuts --count {report.cuts_held}"
    if report.unbound_meters:
        yield f"Bound by central but on no line here: {', '.join(report.unbound_meters)}"
    yield from (f"Alarm: {alarm}" for alarm in report.alarms)
    for room in report.rooms:
        if room.quarantined:
            yield f"{room.room} is in quarantine and not billed: look into it, then cardroom-gateway release {room.account}"


def _day(wall_ms: int) -> str:
    """The day in UTC; a certificate's last hour is nobody's business."""
    return datetime.fromtimestamp(wall_ms / 1000, UTC).strftime("%Y-%m-%d")


def room_row(room: RoomStatus) -> tuple[str, ...]:
    """One room's cells."""
    seen = "never" if room.last_seen_s is None else f"{span_text(room.last_seen_s)} ago"
    power = "" if room.power_w is None else f"{room.power_w} W"
    relay, desired = RELAY[room.observed_closed], RELAY[room.desired_closed]
    return (
        room.room,
        room.account,
        balance_text(room.balance, room.unit),
        power,
        relay,
        desired,
        _why(room),
        seen,
    )


def _why(room: RoomStatus) -> str:
    parts = [room.why] if room.why else []
    parts += [f"locked out by {', '.join(room.locks)}"] if room.locks else []
    parts += [f"meter in doubt: {room.doubt}"] if room.doubt else []
    parts += [f"pays from {room.pays_from}"] if room.pays_from else []
    parts += [mark for mark in ("protected", "quarantined", "closed") if getattr(room, mark)]
    return "; ".join(parts)


def line_row(line: LineStatus) -> tuple[str, ...]:
    """One line's cells."""
    counters = " ".join(f"{name}={count}" for name, count in sorted(line.counters.items()) if count)
    return line.line, line.port, str(line.meters), str(line.silent_meters), counters


def balance_text(balance: int, unit: str) -> str:
    """A balance with its unit: `12.34 yuan`, `-0.50 kWh`."""
    if unit == Unit.YUAN:
        return f"{yuan_text(MicroYuan(balance))} {UNIT_SHOWN[Unit.YUAN]}"
    return f"{kwh_text(WattHours(balance))} {UNIT_SHOWN[Unit.KWH]}"


def span_text(seconds: int) -> str:
    """A length of time in its two largest units: `3 d 4 h`, `5 min 7 s`."""
    parts: list[str] = []
    for name, length in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "0 s"
