"""`cardroom-gateway lines` and `meters` without more: how each line and meter is just now, what needs a person first.

The running daemon is asked; where it is stopped, the registry is shown, which knows no more than what was entered.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import msgspec

from gateway.adapters.control_client import Trouble, Unreachable, ask
from gateway.adapters.control_protocol import SOCKET_NAME, LineState, MeterState
from gateway.technician.answer import print_json
from gateway.technician.daemon import refusal_text
from gateway.technician.lock_words import lock_lines
from gateway.technician.site import Site, site_or_complain
from gateway.technician.spans import span_text
from gateway.technician.state_words import HEARING, alarm_text, reason_text, relay_text
from gateway.technician.table import table
from gateway.words import mark, say

OK, FAILED, NOT_ALLOWED = 0, 1, 3
FAULTS = {
    "missing": mark("port missing"),
    "busy": mark("port busy"),
    "forbidden": mark("port forbidden"),
    "not-serial": mark("not a serial port"),
    "unreachable": mark("serial server unreachable"),
    "bad-settings": mark("speed or parity not possible"),
    "lost": mark("adapter lost"),
}
LINE_HEADS = (
    mark("line"),
    mark("in use"),
    mark("tries"),
    mark("missed"),
    mark("damaged"),
    mark("echo"),
    mark("slowest"),
    mark("state"),
    mark("port"),
)
"""All but the port fit into 80 columns."""
METER_HEADS = (
    mark("meter"),
    mark("line"),
    mark("place"),
    mark("last seen"),
    mark("tries"),
    mark("missed"),
    mark("reply"),
    mark("FE"),
    mark("clock"),
    mark("relay"),
    mark("state"),
)


def show_lines(args: argparse.Namespace) -> int:
    """Show every line's state. Returns 0; 1 when neither daemon nor registry can be read; 3 when the daemon may not be asked."""
    return _show(args, _lines_table, lambda site: [asdict(row) for row in site.lines], "lines")


def show_meters(args: argparse.Namespace) -> int:
    """Show every meter's state. Exit codes as `show_lines`."""
    return _show(args, _meters_table, lambda site: [asdict(row) for row in site.meters], "meters")


def _show(
    args: argparse.Namespace,
    screen: Callable[[Sequence[LineState]], Iterator[str]],
    rows: Callable[[Site], list[dict[str, Any]]],
    name: str,
) -> int:
    site = site_or_complain(args)
    if isinstance(site, int):
        return site
    states = live_states(site)
    if isinstance(states, int):
        return states
    if states is None:
        return _show_registry(args, rows(site), name)
    if args.json:
        print_json({"ok": True, "live": True, "lines": msgspec.to_builtins(states)})
    else:
        print("\n".join(screen(states)))
    return OK


def live_states(site: Site) -> list[LineState] | int | None:
    """Ask the daemon. None: it is stopped; a number: the exit code, after the reason went to stderr."""
    reply = ask(site.folder / SOCKET_NAME, "lines")
    if isinstance(reply, Unreachable):
        if reply.trouble is Trouble.NOT_RUNNING:
            return None
        print(reply.message, file=sys.stderr)
        return NOT_ALLOWED
    if reply.refusal is not None:
        print(refusal_text(reply), file=sys.stderr)
        return FAILED
    return msgspec.json.decode(bytes(reply.result), type=list[LineState])


def _show_registry(args: argparse.Namespace, rows: list[dict[str, Any]], name: str) -> int:
    if args.json:
        print_json({"ok": True, "live": False, name: rows})
        return OK
    print(say("The daemon is stopped: this is what the registry has."), file=sys.stderr)
    heads = [key for key in rows[0] if key != "test"] if rows else []
    if not rows:
        print(say("Nothing is in it yet. Find the meters: cardroom-gateway commission"), file=sys.stderr)
    else:
        print("\n".join(table(heads, ([str(row[head]) for head in heads] for row in rows))))
    return OK


# ---- lines -------------------------------------------------------------------------------------------------------


def _lines_table(states: Sequence[LineState]) -> Iterator[str]:
    ordered = sorted(states, key=lambda line: (-_line_need(line), line.line))
    yield from table([say(head) for head in LINE_HEADS], map(_line_cells, ordered))


def _line_need(line: LineState) -> int:
    """How much a line needs a person: its port first, then its silent meters, then damage in per mille."""
    if line.fault:
        return 1_000_000
    return 1_000 * len(silent_of(line)) + damage_of(line) * 1_000 // max(1, tries_of(line))


def _line_cells(line: LineState) -> tuple[str, ...]:
    slowest = max(line.meters, key=lambda meter: meter.slowest_ms or -1, default=None)
    counted = line.counters
    return (
        line.line,
        f"{line.busy_per_mille / 10:.1f} %",
        str(tries_of(line)),
        str(sum(meter.missed for meter in line.meters)),
        str(damage_of(line)),
        say("yes") if counted.get("echoes") else say("no"),
        f"{slowest.meter} {slowest.slowest_ms} ms" if slowest and slowest.slowest_ms is not None else "-",
        _line_state(line),
        line.port,
    )


def _line_state(line: LineState) -> str:
    if line.fault:
        return say(FAULTS.get(line.fault, line.fault))
    silent = silent_of(line)
    if silent:
        return say("{count} of {all} silent", count=len(silent), all=len(line.meters))
    answering = sum(bool(meter.answered) for meter in line.meters)
    return say("{count} answer", count=answering) if answering else say("nothing asked yet")


def silent_of(line: LineState) -> list[MeterState]:
    """Give the meters that don't answer now."""
    return [meter for meter in line.meters if meter.failures]


def tries_of(line: LineState) -> int:
    """How often the line was spoken on."""
    return line.counters.get("exchanges", 0)


def damage_of(line: LineState) -> int:
    """How often bytes came damaged."""
    return sum(count for name, count in line.counters.items() if name.startswith("damage:"))


# ---- meters ------------------------------------------------------------------------------------------------------


def _meters_table(states: Sequence[LineState]) -> Iterator[str]:
    rows = [(line.line, meter) for line in states for meter in line.meters]
    ordered = sorted(rows, key=lambda row: (-meter_need(row[1]), row[0], row[1].meter))
    yield from table([say(head) for head in METER_HEADS], (_meter_cells(*row) for row in ordered))


def meter_need(meter: MeterState) -> int:
    """How much a meter needs a person."""
    if meter.unusable:
        return 1_000_000
    tries = max(1, meter.answered + meter.missed)
    return (
        10_000 * bool(meter.alarms or meter.doubt or meter.locks or meter.is_faulty)
        + 5_000 * bool(meter.failures)
        + meter.missed * 1_000 // tries
    )


def _meter_cells(line: str, meter: MeterState) -> tuple[str, ...]:
    seen = meter.last_seen_s
    return (
        meter.meter,
        line,
        meter.location,
        say("never") if seen is None else say("{span} ago", span=span_text(seen)),
        str(meter.answered + meter.missed),
        str(meter.missed),
        "-" if meter.usual_ms is None else f"{meter.usual_ms} ms",
        say(HEARING[meter.preamble]) if meter.preamble in HEARING else "-",
        "-" if meter.clock_off_s is None else f"{meter.clock_off_s:+d} s",
        relay_text(meter.relay) or "-",
        "; ".join(_meter_state(meter)) or say("good"),
    )


def _meter_state(meter: MeterState) -> Iterator[str]:
    if meter.unusable:
        yield say("can't be used: {why}", why=meter.unusable)
    if meter.failures and meter.reason:
        yield reason_text(meter.reason)
    yield from lock_lines(meter.meter, meter.locks)
    if meter.is_faulty:
        yield say("faulty: its room is supplied and billed nothing from it")
    if meter.doubt:
        yield say("meter in doubt: {why}", why=meter.doubt)
    told = {"meter-silent"} if meter.failures else set()
    told |= {"locked-out"} if meter.locks else set()
    yield from (alarm_text(alarm) for alarm in meter.alarms if alarm not in told)
