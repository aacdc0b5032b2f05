"""`cardroom-gateway status`: the building on one screen, as the daemon sees it now. It asks the daemon and nothing else."""

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from gateway.adapters.control_protocol import LineStatus, RoomStatus, StatusReport
from gateway.contract.quantities import MicroYuan, Unit, WattHours, kwh_text, yuan_text
from gateway.technician.checks.rooms import told_of
from gateway.technician.config_check import add_config_option
from gateway.technician.daemon import order
from gateway.technician.lock_words import lock_lines, owners_text
from gateway.technician.reasons import reason_text
from gateway.technician.rule_words import detail_text
from gateway.technician.spans import span_text
from gateway.technician.state_words import ALARMS, DOUBTS, VERDICTS, WHY, in_chinese
from gateway.technician.table import table
from gateway.words import mark, say

RELAY = {True: mark("closed"), False: mark("open"), None: mark("unknown")}
HOURS_LEFT_WARNED = 14 * 24
ROOM_HEADS = (
    mark("room"),
    mark("account"),
    mark("balance"),
    mark("power"),
    mark("relay"),
    mark("desired"),
    mark("why"),
    mark("last seen"),
)
LINE_HEADS = (mark("line"), mark("port"), mark("meters"), mark("silent"), mark("counters"))
UNIT_SHOWN = {Unit.YUAN: mark("yuan"), Unit.KWH: "kWh"}
FLAGS = {"protected": mark("protected"), "quarantined": mark("quarantined"), "closed": mark("account closed")}


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    parser = subparsers.add_parser(
        "status",
        help=say("rooms, lines, link and clock"),
        description=say(
            "The building on one screen, as the daemon sees it now. It asks the daemon and nothing else."
        ),
    )
    parser.add_argument("--json", action="store_true", help=say("for programs: one JSON object"))
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
    yield say(
        "{gateway}  {software}  up {span}  configuration {version}",
        gateway=report.gateway,
        software=report.software,
        span=span_text(report.up_s),
        version=report.config_version,
    )
    yield say("link: {link}", link=link_text(report))
    if report.certificate_until_ms is not None:
        yield say("certificate: holds until {until}", until=_day(report.certificate_until_ms))
    yield from _stored(report)
    yield from (f"! {warning}" for warning in warnings(report))
    yield ""
    yield from table([say(head) for head in ROOM_HEADS], (room_row(room) for room in report.rooms))
    yield ""
    yield from table([say(head) for head in LINE_HEADS], (line_row(line) for line in report.lines))


def link_text(report: StatusReport) -> str:
    """Say how the link is, in the reader's language; an older daemon knows only its own."""
    if report.link_connected:
        return say("connected")
    return say(report.link_text, **report.link_facts) if report.link_text else report.link


def _stored(report: StatusReport) -> Iterator[str]:
    oldest = (
        ""
        if report.oldest_outbox_s is None
        else say(", oldest {span}", span=span_text(report.oldest_outbox_s))
    )
    yield say(
        "outbox: {rows} rows not yet acknowledged{oldest}; last command {command}",
        rows=report.outbox_rows,
        oldest=oldest,
        command=report.last_command,
    )
    grows = report.store_grows_bytes
    pace = (
        "" if grows is None else say(", {mb} MB a day at the pace of the last one", mb=f"{grows / 1e6:+.1f}")
    )
    yield say("store: {mb} MB{pace}", mb=f"{report.store_bytes / 1e6:.1f}", pace=pace)
    if report.hours_left is not None:
        yield say(
            "disk: full in {span} at the pace of the last day", span=span_text(report.hours_left * 3600)
        )


def warnings(report: StatusReport) -> Iterator[str]:
    """What a technician should look into."""
    if report.bench_rate is not None:
        yield say(
            "BENCH CLOCK: time runs {rate} times as fast; this is no real building.",
            rate=f"{report.bench_rate:g}",
        )
    if report.clock_doubt is not None:
        text = mark("The clock is not believed ({why}): the lowest price is billed. Check NTP and the link.")
        yield say(text, why=in_chinese(report.clock_doubt, DOUBTS))
    if report.hours_left is not None and report.hours_left < HOURS_LEFT_WARNED:
        yield say(
            "The disk is full in {hours} h: bring the link back, or free some room.", hours=report.hours_left
        )
    if report.certificate_trouble:
        yield say(
            "The link's certificate was not renewed: {trouble}. By hand: cardroom-gateway renew",
            trouble=report.certificate_trouble,
        )
    if report.stalled_loops:
        yield say(
            "Stalled: {loops}. See journalctl -u cardroom-gateway.", loops=", ".join(report.stalled_loops)
        )
    if report.cuts_held:
        text = mark("{count} cuts wait for a person: cardroom-gateway approve-cuts --count {count}")
        yield say(text, count=report.cuts_held)
    if report.unbound_meters:
        yield say("Bound by central but on no line here: {meters}", meters=", ".join(report.unbound_meters))
    told = told_of(report.rooms)
    yield from (
        say("Alarm: {alarm}", alarm=_alarm(alarm))
        for alarm in report.alarms
        if alarm.partition(": ")[0] not in told
    )
    for room in report.rooms:
        yield from _locked_or_faulty(room)
        if room.quarantined:
            text = mark(
                "{room} is in quarantine and not billed: look into it, then cardroom-gateway release {account}"
            )
            yield say(text, room=room.room, account=room.account)


def _locked_or_faulty(room: RoomStatus) -> Iterator[str]:
    yield from lock_lines(f"{room.room} ({room.meter})", room.lock_notes)
    control = room.control
    if control is None:
        return
    ref = f" [{control.ref}]" if control.ref else ""
    span = "?" if control.since_s is None else span_text(control.since_s)
    used = (
        ""
        if not control.estimated_wh
        else say("; about {kwh} kWh since", kwh=kwh_text(WattHours(control.estimated_wh)))
    )
    text = mark(
        "{room}: faulty meter {meter}, supplied and billed nothing for {span}{ref}, {by}: {reason}{used}. "
        "Put another one in: cardroom-gateway swap"
    )
    yield say(
        text,
        room=room.room,
        meter=room.meter or "-",
        span=span,
        ref=ref,
        by=control.by,
        reason=control.why,
        used=used,
    )


def _alarm(alarm: str) -> str:
    """`what subject: detail`, the alarm's name in the reader's language."""
    what, space, rest = alarm.partition(" ")
    subject, colon, detail = rest.partition(": ")
    return f"{in_chinese(what, ALARMS)}{space}{subject}{colon}{detail_text(detail)}"


def _day(wall_ms: int) -> str:
    """The day in UTC; a certificate's last hour is nobody's business."""
    return datetime.fromtimestamp(wall_ms / 1000, UTC).strftime("%Y-%m-%d")


def room_row(room: RoomStatus) -> tuple[str, ...]:
    """One room's cells."""
    seen = say("never") if room.last_seen_s is None else say("{span} ago", span=span_text(room.last_seen_s))
    power = "" if room.power_w is None else f"{room.power_w} W"
    relay, desired = say(RELAY[room.observed_closed]), say(RELAY[room.desired_closed])
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
    verdict, colon, why = room.why.partition(": ")
    told = in_chinese(why, WHY) if why in WHY else reason_text(why)
    parts = [f"{in_chinese(verdict, VERDICTS)}{colon}{told}"] if room.why else []
    parts += [say("locked out by {who}", who=owners_text(room.locks))] if room.locks else []
    parts += [say("meter in doubt: {why}", why=room.doubt)] if room.doubt else []
    parts += [say("pays from {account}", account=room.pays_from)] if room.pays_from else []
    parts += [in_chinese(flag, FLAGS) for flag in FLAGS if getattr(room, flag)]
    return "; ".join(parts)


def line_row(line: LineStatus) -> tuple[str, ...]:
    """One line's cells."""
    counters = " ".join(f"{name}={count}" for name, count in sorted(line.counters.items()) if count)
    return line.line, line.port, str(line.meters), str(line.silent_meters), counters


def balance_text(balance: int, unit: str) -> str:
    """A balance with its unit: `12.34 yuan`, `-0.50 kWh`."""
    if unit == Unit.YUAN:
        return f"{yuan_text(MicroYuan(balance))} {say(UNIT_SHOWN[Unit.YUAN])}"
    return f"{kwh_text(WattHours(balance))} {UNIT_SHOWN[Unit.KWH]}"
