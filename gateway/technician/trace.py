"""`cardroom-gateway trace`: the frames on a line as they go, decoded, with timing and damage. It asks no meter anything.

Through the running daemon it shows what the daemon asks and hears; on a line whose daemon is stopped it only listens. Ctrl-C ends
it with a summary. Passwords are masked, in the bytes of `--raw` too. `->` is a question of ours, `<-` its answer, `<e` our echo,
`<?` what nobody asked for, `!!` damage, `..` silence, `~~` what the end of listening cut off.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain

import msgspec

from gateway.adapters.control_client import Trouble, Unreachable, listen
from gateway.adapters.control_protocol import SOCKET_NAME, TraceBatch
from gateway.adapters.registry_store import LineRow
from gateway.adapters.serial_bus import PortSettings
from gateway.technician.answer import USAGE, print_json
from gateway.technician.config_check import add_config_option
from gateway.technician.daemon import NOT_DONE, NOT_RUNNING, refusal_text
from gateway.technician.decode import Named
from gateway.technician.site import Site, line_or_complain, site_or_complain
from gateway.technician.trace_frames import LineTrace, Traced
from gateway.technician.trace_words import Summary, line_of
from gateway.words import say

LONGEST_S = 24 * 3600


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    parser = subparsers.add_parser(
        "trace",
        help=say("the frames on a line, live and decoded"),
        description=say(
            "Watch the frames on a line, live and decoded; with a running gateway it shares the line and sends nothing."
        ),
    )
    parser.add_argument("--line", metavar="L", help=say("one line by its name (default: all)"))
    parser.add_argument("--meter", metavar="M", help=say("one meter by its number or address"))
    parser.add_argument(
        "--seconds", type=_seconds, default=0, metavar="N", help=say("end after so long (default: at Ctrl-C)")
    )
    parser.add_argument(
        "--raw", action="store_true", help=say("show the bytes of every frame, passwords masked")
    )
    parser.add_argument("--json", action="store_true", help=say("for programs: one JSON object per frame"))
    add_config_option(parser)
    parser.set_defaults(run=run)


def _seconds(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 0 < int(text[:9]) <= LONGEST_S:
        message = say(
            "must be a number of seconds from 1 to {most}, not {found}", most=LONGEST_S, found=repr(text)
        )
        raise argparse.ArgumentTypeError(message)
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Show frames until the time is over or Ctrl-C. Returns 0; 1 when nothing could be heard; 2 for a line that is not there."""
    site = site_or_complain(args)
    if isinstance(site, int):
        return site
    lines = line_or_complain(site, args.line)
    if lines is None:
        return USAGE
    if args.meter and not _known_meter(site, lines, args.meter):
        print(say("There is no meter {meter} on these lines.", meter=args.meter), file=sys.stderr)
        return USAGE
    screen = Screen(site, lines, args)
    code = 0
    try:
        code = _show(site, lines, args, screen)
    except KeyboardInterrupt:
        if sys.stdout.isatty():
            print()  # behind the terminal's own ^C
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    if code == 0:
        screen.end()
    return code


def _show(site: Site, lines: list[LineRow], args: argparse.Namespace, screen: "Screen") -> int:
    parts = listen(site.folder / SOCKET_NAME, "trace", {"line": args.line or "", "seconds": args.seconds})
    first = next(parts)
    if isinstance(first, Unreachable) and first.trouble is Trouble.NOT_RUNNING:
        from gateway.technician.listening import hear_lines

        print(say("The daemon is stopped: listening only; nothing is sent."), file=sys.stderr)
        return hear_lines(lines, args.seconds, screen.show)
    for part in chain((first,), parts):
        if isinstance(part, Unreachable):
            print(part.message, file=sys.stderr)
            return NOT_RUNNING if part.trouble is Trouble.NOT_ALLOWED else NOT_DONE
        if part.refusal is not None:
            print(refusal_text(part), file=sys.stderr)
            return NOT_DONE
        screen.show(msgspec.json.decode(bytes(part.result), type=TraceBatch))
    if not args.seconds:
        print(say("The daemon ended, and the trace with it."), file=sys.stderr)
    return 0


def _known_meter(site: Site, lines: list[LineRow], meter: str) -> bool:
    short = meter.upper().lstrip("0")
    names = {line.name for line in lines}
    return any(
        row.line in names and (row.meter_number == meter or row.address.lstrip("0") == short)
        for row in site.meters
    )


class Screen:
    """Puts batches into frames, and frames onto the screen."""

    def __init__(self, site: Site, lines: list[LineRow], args: argparse.Namespace) -> None:
        self._site = site
        self._args = args
        self._traces = {line.name: self._trace(line) for line in lines}
        self._summary = Summary()
        self._began_us: int | None = None
        self._names: dict[tuple[str, str], str] = {}

    def _trace(self, line: LineRow) -> LineTrace:
        spoken = {
            self._site.models[row.model].protocol
            for row in self._site.on_line(line.name)
            if row.model in self._site.models
        }
        only = Named(spoken.pop()) if len(spoken) == 1 else Named.AUTO
        seconds_per_byte = PortSettings(line.port, line.baud, line.parity).seconds_per_byte
        return LineTrace(line.name, seconds_per_byte, only)

    def show(self, batch: TraceBatch) -> None:
        """Show what a batch completes."""
        self._summary.lost += batch.lost
        for note in batch.notes:
            trace = self._traces.get(note.line)
            if trace is not None:
                self._print(trace.feed(note))
        for trace in self._traces.values():
            self._print(trace.quiet(batch.now_us))
        sys.stdout.flush()

    def end(self) -> None:
        """Show what is left, and the summary."""
        for trace in self._traces.values():
            self._print(trace.end())
        if self._args.json:
            print_json(self._summary.as_json())
        else:
            print("\n".join(self._summary.lines()))

    def _print(self, traced: Iterator[Traced]) -> None:
        for one in traced:
            address = str(one.fields.get("address", "")) or one.address
            name = self._name(one.line, address)
            if self._args.meter and not self._is_meant(name, address):
                continue
            if self._began_us is None:
                self._began_us = one.at_us
            self._summary.add(one, name)
            if self._args.json:
                print_json({**asdict(one), "meter": name})
            else:
                print("\n".join(line_of(one, name, self._began_us, raw=self._args.raw)))

    def _name(self, line: str, address: str) -> str:
        key = (line, address)
        if key not in self._names:
            self._names[key] = self._site.name_of(line, address) if address else ""
        return self._names[key]

    def _is_meant(self, name: str, address: str) -> bool:
        """Damage has no address: it is shown, for it may be this meter's."""
        meter = self._args.meter
        return not address or name == meter or address.lstrip("0") == meter.upper().lstrip("0")
