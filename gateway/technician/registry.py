"""`cardroom-gateway lines|meters ...`: what the electrician found, written into the registry (C-3).

The file is replaced as a whole under a lock; a running daemon sees the change by itself. Rooms, prices and money are central's.
"""

import argparse
import csv
import io
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gateway.adapters.model_files import BrokenModels, read_models
from gateway.adapters.registry_store import LineRow, MeterRow, Refusal, RegistryDamaged, RegistryStore
from gateway.technician.answer import FAILED, OK, print_json
from gateway.technician.config_check import add_config_option
from gateway.technician.line_states import show_lines, show_meters
from gateway.words import mark, say

DESCRIPTION = mark(
    "Lines and meters of this gateway: without more, how they are just now; else what the electrician found, written into "
    "the registry. A running daemon sees a change by itself. Rooms, prices and money are central's."
)
DEFAULT_FOLDER = Path("/var/lib/cardroom")
COLUMNS = ("meter_number", "line", "address", "model", "ct_ratio", "location")
REQUIRED_COLUMNS = frozenset(COLUMNS[:4])
CHINESE_COLUMNS = {
    "表号": "meter_number",
    "线路": "line",
    "地址": "address",
    "型号": "model",
    "变比": "ct_ratio",
    "位置": "location",
}

Command = Callable[[RegistryStore, argparse.Namespace], int]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `lines` and `meters`."""
    _add_lines(
        subparsers.add_parser(
            "lines", help=say("the RS-485 lines of this gateway"), description=say(DESCRIPTION)
        )
    )
    _add_meters(
        subparsers.add_parser("meters", help=say("the meters of this gateway"), description=say(DESCRIPTION))
    )


def _add_lines(parser: argparse.ArgumentParser) -> None:
    _show_by_default(parser, show_lines)
    commands = parser.add_subparsers(metavar="show|add|move|remove|list")
    _show_by_default(commands.add_parser("show", help=say("the lines as they are now")), show_lines)
    add = _command(commands, "add", add_line, say("add a line"))
    add.add_argument("name")
    add.add_argument("--port", required=True, help=say("/dev/serial/by-id/... or socket://HOST:PORT"))
    add.add_argument("--baud", type=int, default=2400)
    add.add_argument("--parity", choices=["N", "E", "O"], default="E")
    moved = _command(commands, "move", move_line, say("put a line on another port: its adapter was replaced"))
    moved.add_argument("name")
    moved.add_argument("--port", required=True, help=say("/dev/serial/by-id/... or socket://HOST:PORT"))
    _command(commands, "remove", remove_line, say("remove a line without meters")).add_argument("name")
    _command(commands, "list", list_lines, say("show all lines"))


def _add_meters(parser: argparse.ArgumentParser) -> None:
    _show_by_default(parser, show_meters)
    commands = parser.add_subparsers(metavar="show|add|import|remove|readdress|list")
    _show_by_default(commands.add_parser("show", help=say("the meters as they are now")), show_meters)
    add = _command(commands, "add", add_meter, say("add a meter"))
    add.add_argument("meter_number", help=say("its number in the campus, unique"))
    add.add_argument("--line", required=True)
    add.add_argument("--address", required=True, help=say("what it answers to on its line"))
    add.add_argument("--model", required=True)
    add.add_argument(
        "--ct-ratio", type=int, default=1, help=say("current transformer, e.g. 40 for 200/5 (default 1)")
    )
    add.add_argument("--location", default="", help=say("where it hangs"))
    many = _command(commands, "import", import_meters, say("add all meters of a CSV file, or none"))
    many.add_argument("file", type=Path, help=say("columns: {columns}", columns=", ".join(COLUMNS)))
    _command(commands, "remove", remove_meter, say("remove a meter")).add_argument("meter_number")
    moved = _command(
        commands, "readdress", readdress_meter, say("enter the address that a meter was given by hand")
    )
    moved.add_argument("meter_number")
    moved.add_argument("address", help=say("what it answers to now"))
    _command(commands, "list", list_meters, say("show all meters"))


def _show_by_default(parser: argparse.ArgumentParser, show: Callable[[argparse.Namespace], int]) -> None:
    parser.add_argument("--json", action="store_true", help=say("for programs: one JSON object"))
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help=say("the daemon's folder (default: as configured)")
    )
    add_config_option(parser)
    parser.set_defaults(run=show)


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    command: Command,
    help_text: str,
) -> argparse.ArgumentParser:
    parser = add_folder_command(commands, name, help_text)
    parser.set_defaults(run=run, command=command)
    return parser


def add_folder_command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, help_text: str
) -> argparse.ArgumentParser:
    """Add a command that works on the registry's folder without a configuration."""
    parser = commands.add_parser(name, help=help_text, description=help_text)
    parser.add_argument(
        "--data",
        type=Path,
        default=DEFAULT_FOLDER,
        metavar="DIR",
        help=say("default {value}", value=DEFAULT_FOLDER),
    )
    parser.add_argument("--json", action="store_true", help=say("print one JSON object"))
    return parser


def run(args: argparse.Namespace) -> int:
    """Do one command. Returns 0, 1 when it was refused or the file can't be used, 2 when the question makes no sense."""
    command: Command = args.command
    try:
        return command(RegistryStore(args.data, read_models()), args)
    except BrokenModels as error:
        return _fail(args, "broken-models", str(error))
    except RegistryDamaged as error:
        return _fail(args, "registry-damaged", str(error))
    except OSError as error:
        next_step = say(
            "Check that the folder exists, is yours to write (else: sudo -u cardroom ...) and has room, or give --data DIR."
        )
        place, why = error.filename or args.data, error.strerror
        what = say(
            "Nothing was changed: {place}: {why}. {next_step}", place=place, why=why, next_step=next_step
        )
        return _fail(args, "no-access", what)


def move_line(registry: RegistryStore, args: argparse.Namespace) -> int:
    """Put one line on another port; its meters stay on it."""
    done = say("line {line} is on {port} now", line=args.name, port=args.port)
    return _report(args, registry.move_line(args.name, args.port), done)


def add_line(registry: RegistryStore, args: argparse.Namespace) -> int:
    """Add one line."""
    return _report(
        args,
        registry.add_line(LineRow(args.name, args.port, args.baud, args.parity)),
        say("line {line} added", line=args.name),
    )


def remove_line(registry: RegistryStore, args: argparse.Namespace) -> int:
    """Remove one line."""
    return _report(args, registry.remove_line(args.name), say("line {line} removed", line=args.name))


def list_lines(registry: RegistryStore, args: argparse.Namespace) -> int:
    """Show all lines."""
    return _list(args, "lines", [asdict(row) for row in registry.lines()], ("name", "port", "baud", "parity"))


def add_meter(registry: RegistryStore, args: argparse.Namespace) -> int:
    """Add one meter."""
    row = MeterRow(args.meter_number, args.line, args.address, args.model, args.ct_ratio, args.location)
    return _report(args, registry.add_meter(row), say("meter {meter} added", meter=args.meter_number))


def remove_meter(registry: RegistryStore, args: argparse.Namespace) -> int:
    """Remove one meter."""
    return _report(
        args, registry.remove_meter(args.meter_number), say("meter {meter} removed", meter=args.meter_number)
    )


def readdress_meter(registry: RegistryStore, args: argparse.Namespace) -> int:
    """Enter another address for a meter; its number, readings and money stay."""
    done = say(
        "meter {meter} is asked at {address} from now on", meter=args.meter_number, address=args.address
    )
    return _report(args, registry.readdress(args.meter_number, args.address), done)


def list_meters(registry: RegistryStore, args: argparse.Namespace) -> int:
    """Show all meters."""
    return _list(args, "meters", [asdict(row) for row in registry.meters()], COLUMNS)


def import_meters(registry: RegistryStore, args: argparse.Namespace) -> int:
    """Add all meters of a CSV file, or none: every bad row is named with its line in the file."""
    sheet = read_sheet(args.file.read_bytes())
    problems = list(sheet.problems)
    refusals = registry.add_meters(sheet.rows) if not problems else []
    problems += [
        say("line {place}: {why}", place=sheet.place_of(refusal), why=refusal) for refusal in refusals
    ]
    if problems:
        head = say("Nothing was imported: {count} mistakes.", count=len(problems))
        return _fail(args, "bad-rows", "\n".join([head, *problems]))
    return _report(args, None, say("{count} meters added", count=len(sheet.rows)))


@dataclass(frozen=True, slots=True)
class Sheet:
    """A CSV file read: its meters, the line each stood on, and what could not be read."""

    rows: list[MeterRow]
    places: list[int]
    problems: list[str]

    def place_of(self, refusal: Refusal) -> int:
        """The last line with this meter: the first of two equal ones is good."""
        return max(
            (
                place
                for row, place in zip(self.rows, self.places, strict=True)
                if row.meter_number == refusal.subject
            ),
            default=0,
        )


def read_sheet(content: bytes) -> Sheet:
    """Read a CSV of meters as spreadsheets write it: UTF-8 with or without mark, or GB 18030; English or Chinese heads."""
    reader = csv.DictReader(io.StringIO(_decode(content), newline=""))
    heads = [CHINESE_COLUMNS.get(head.strip(), head.strip()) for head in reader.fieldnames or []]
    if missing := sorted(REQUIRED_COLUMNS.difference(heads)):
        text = mark("line 1: columns missing: {missing} (it has: {heads})")
        found = say(text, missing=", ".join(missing), heads=", ".join(heads) or say("none"))
        return Sheet([], [], [found])
    reader.fieldnames = heads
    sheet = Sheet([], [], [])
    for cells in reader:
        _take_row(sheet, cells, reader.line_num)
    return sheet


def _take_row(sheet: Sheet, cells: dict[str, str | None], place: int) -> None:
    text = {column: (cells.get(column) or "").strip() for column in COLUMNS}
    if not any(text.values()):
        return
    ratio = text["ct_ratio"] or "1"
    if not ratio.isascii() or not ratio.isdigit():
        wrong = mark("line {place}: ct_ratio is a whole number, not {found}")
        sheet.problems.append(say(wrong, place=place, found=repr(ratio)))
        return
    sheet.rows.append(
        MeterRow(
            text["meter_number"], text["line"], text["address"], text["model"], int(ratio), text["location"]
        )
    )
    sheet.places.append(place)


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", errors="replace")


def _list(args: argparse.Namespace, name: str, rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> int:
    if args.json:
        print_json({"ok": True, name: rows})
        return OK
    table = [tuple(columns), *(tuple(str(row[column]) for column in columns) for row in rows)]
    widths = [max(len(cells[place]) for cells in table) for place in range(len(columns))]
    for cells in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())
    return OK


def _report(args: argparse.Namespace, refusal: Refusal | None, done: str) -> int:
    if refusal is not None:
        return _fail(args, refusal.reason.value, say("Nothing was changed: {why}", why=refusal))
    if args.json:
        print_json({"ok": True, "done": done})
    else:
        print(done)
    return OK


def _fail(args: argparse.Namespace, error: str, what: str) -> int:
    if args.json:
        print_json({"ok": False, "error": error, "what": what})
    else:
        print(what, file=sys.stderr)
    return FAILED
